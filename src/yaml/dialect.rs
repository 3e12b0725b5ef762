//! The dialects of YAML: the rules in which go-yaml and PyYAML differ.

/// The YAML reader whose rules apply.
///
/// | | go-yaml | PyYAML |
/// | --- | --- | --- |
/// | tabs between tokens | allowed, but not before a block key or dash | refused |
/// | `{a:}`, `[a:, b]` | the string `a:` | the key `a` |
/// | `[? : b]` | refused | an empty key |
/// | `\|# comment`, `>-<tab># comment` | allowed | refused |
/// | a duplicate anchor in a document | the nearer one counts | refused |
/// | escapes in double quotes | `\'` | `\/` |
/// | `! "5"` | a string | a number |
/// | unknown directives | refused | ignored |
/// | a comment that is indented with a tab, below another comment | allowed | refused |
///
/// Both dialects also accept some text that go-yaml refuses:
///
/// - `\/`, and a pair of escapes for a character above U+FFFF. JSON allows both, and kubectl reads JSON as JSON.
/// - `%YAML 1.2`, which PyYAML accepts.
/// - U+007F to U+009F, which go-yaml writes unescaped but does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// go-yaml 3: manifests, and the input that orchestrators send.
    Kubernetes,
    /// PyYAML 6: a Flow.
    Jina,
}
