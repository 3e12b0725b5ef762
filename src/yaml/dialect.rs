//! Whose YAML a text is.

/// Whose YAML it is.
///
/// | | go-yaml | PyYAML |
/// | --- | --- | --- |
/// | tabs between tokens | allowed, but not before a block key or dash | refused |
/// | `{a:}`, `[a:, b]` | the text `a:` | the key `a` |
/// | `[? : b]` | refused | an empty key |
/// | `\|# comment`, `>-<tab># comment` | allowed | refused |
/// | an anchor twice in a document | the nearer one counts | refused |
/// | escapes in double quotes | `\'` | `\/` |
/// | `! "5"` | a text | a number |
/// | unknown directives | refused | ignored |
/// | a comment that a tab indents, below another comment | allowed | refused |
///
/// What go-yaml refuses and JSON has is accepted all the same, since kubectl reads JSON as JSON: `\/`, and a pair of
/// escapes for a character beyond the first plane. So is `%YAML 1.2`, which PyYAML accepts, and U+007F to U+009F, which
/// go-yaml writes as they are and does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As go-yaml 3 reads it: manifests, and what orchestrators send.
    Kubernetes,
    /// As PyYAML 6 reads it: a Flow.
    Jina,
}
