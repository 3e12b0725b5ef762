//! Deliberate differences from Jina 3.34.0 that apply in every mode, also under `compat: jina-3.34`.
//!
//! Jina loses what the user wrote, refuses or crashes on what makes sense, or takes what can never run. Nobody wants
//! that back, so that there is nothing to switch.

use super::corrections::Difference;

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Jina corrupts the user's data; we keep it.
    Kept,
    /// Jina fails; we go on.
    Accepted,
    /// Jina goes on; we say why it cannot work, and stop.
    Refused,
}

/// One deliberate difference of every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub always: Always,
    /// Its kind.
    pub kind: Kind,
    /// What it is.
    pub difference: Difference,
}

macro_rules! always {
    ($($variant:ident $name:literal $kind:ident jina: $jina:literal why: $why:literal ours: $ours:literal)*) => {
        /// The differences by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Always { $(#[doc = $ours] $variant,)* }

        /// The table.
        pub static TABLE: &[Row] = &[$(Row {
            always: Always::$variant,
            kind: Kind::$kind,
            difference: Difference { name: $name, jina: $jina, why: $why, ours: $ours },
        },)*];
    };
}

always! {
    ExactArguments "exact-arguments" Kept
        jina: "arguments pasted into YAML as Python prints a list"
        why: "a backslash doubles, a line break arrives as `\\n`, `ü` in JSON as the six characters of its escape; an apostrophe beside a double quote crashes the export; executors parse such a `--uses-with` to nothing"
        ours: "the arguments themselves"

    BracesInText "braces-in-text" Kept
        jina: "`{port}`, `{shard_id}`, `{protocol}` and other words in braces replaced inside the user's texts"
        why: "they are the placeholders of Jina's own templates; prompts and paths lose them"
        ours: "the texts as written"

    QuotedText "quoted-text" Kept
        jina: "quoted scalars typed again: `\"0123\"` becomes 123, `\"true\"` a boolean, `\"\"` nothing, `\"[a, b]\"` a list"
        why: "whoever quotes a value means a text; versions, identifiers and passwords change silently"
        ours: "what is quoted is a text"

    BlockText "block-text" Kept
        jina: "an extra line break after every line of block scalars and of scalars over several lines"
        why: "the file's lines, which still have their ends, are joined with line breaks"
        ours: "the text as YAML defines it"

    BangsInText "bangs-in-text" Kept
        jina: "`jtype: Word` inside texts becomes `!Word`, and `!word` sometimes `jtype: word`"
        why: "tags are replaced in the text of the file, strings included"
        ours: "the texts as written"

    NamesAsText "names-as-text" Kept
        jina: "names, namespaces and images read once more as YAML: `no` becomes false, `123` a number, `null` nothing"
        why: "the API server refuses a name that is no string"
        ours: "strings"

    QuotedOutput "quoted-output" Kept
        jina: "the strings `on`, `off`, `y`, `n`, `1e3` and the like without quotes"
        why: "kubectl takes them for booleans and numbers: `ConfigMap cannot be handled`"
        ours: "quotes wherever any reader would see another type"

    RelativeWorkspace "relative-workspace" Kept
        jina: "a relative `workspace` made absolute with the folder in which the export runs"
        why: "that folder is on the machine of whoever exports, not in the container"
        ours: "the path as written"

    InspectionNames "inspection-names" Kept
        jina: "objects called `-aux-…` for executors with `method: inspect`"
        why: "the API server refuses names that begin with a dash"
        ours: "`aux-…`"

    PortOfExternal "port-of-external" Kept
        jina: "a random port for an external executor without one"
        why: "nobody listens there, and no two exports are the same"
        ours: "443 for https and grpcs, 80 for http, else 8080, with a warning"

    NoShell "no-shell" Kept
        jina: "variables of the exporting shell in the objects: any `$NAME`, JINA_LOG_LEVEL, JINA_DEFAULT_HOST, JINA_DEFAULT_TIMEOUT_CTRL"
        why: "the same Flow gives other objects on another machine; JINA_DEFAULT_HOST=127.0.0.1 makes executors unreachable"
        ours: "`spec.context`, `--context K=V`, and the environment only with `--context-env`"

    EmptySections "empty-sections" Accepted
        jina: "a crash for an empty `with:`, an empty `executors:` or an empty list of volumes or pull secrets"
        why: "an empty section says that there is nothing in it"
        ours: "the same as without it"

    OrdinaryNames "ordinary-names" Accepted
        jina: "a refusal of names with a dash, and a crash for the names `123` and `no`"
        why: "Python has nothing to do with them in Kubernetes, where a dash is the usual separator"
        ours: "letters, digits, `_` and `-`"

    DeploymentVersion "deployment-version" Accepted
        jina: "a crash for a Deployment with `version`, or with options beside `with`, as its own documentation has it"
        why: "the examples of Jina's documentation do not load"
        ours: "both are read"

    TextualDates "textual-dates" Accepted
        jina: "a crash for a date such as 2024-01-01 among the values, and for a lone `=`"
        why: "Jina writes JSON, which has no dates"
        ours: "the text as written"

    InlineClasses "inline-classes" Accepted
        jina: "a refusal of classes with an inline configuration"
        why: "an image that holds the class needs nothing but that configuration"
        ours: "`image:` beside `uses`, and the configuration mounted from a ConfigMap; not under compat"

    NeedsThatExist "needs-that-exist" Refused
        jina: "manifests for `needs` that name nobody, and for executors that wait for each other in a circle"
        why: "the executor is never called; clients get their own input back"
        ours: "an error with the name, and the nearest one that exists"

    GrpcInside "grpc-inside" Refused
        jina: "manifests for executors of a Flow with `protocol: http`"
        why: "the gateway calls them by gRPC and never gets ready"
        ours: "an error"

    ObjectNames "object-names" Refused
        jina: "names of more than 63 characters, with letters beyond ASCII, with a leading or trailing `_`, and two executors under one name"
        why: "the API server refuses the first, and of the second one object overwrites the other"
        ours: "an error that shows the name"

    EnvironmentNames "environment-names" Refused
        jina: "keys of `env` with blanks and `$` in a ConfigMap"
        why: "the API server refuses the ConfigMap"
        ours: "an error with the key"

    WholeOptions "whole-options" Refused
        jina: "the beginning of an option for the option: `image:` for `image_pull_secrets:`"
        why: "whoever writes `image` means an image"
        ours: "an error with the full name"

    KnownOptions "known-options" Refused
        jina: "options that it does not know dropped, keys that stand twice overwritten, unset variables left as `$NAME`"
        why: "a slip in a name costs the setting, silently"
        ours: "an error with the nearest name; under compat a warning"
}
