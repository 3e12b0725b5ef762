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
        jina: "objects called `-aux-…` for executors with `method: inspect`, and the label `a/b` for a Deployment of that name"
        why: "the API server refuses names that begin with a dash, and labels with a slash"
        ours: "`aux-…` and `a-b`"

    InspectionChains "inspection-chains" Kept
        jina: "where `inspect: REMOVE` takes executors away, a graph in which one that comes after two of them, `gather_inspect` and `needs_all` still wait for them"
        why: "nobody calls it"
        ours: "a graph in which it waits for those that are there"

    MappingsInLists "mappings-in-lists" Kept
        jina: "a mapping in a list of `key=value` words as Python prints it: the variable `{'A'` with the value `'b'}`"
        why: "whoever writes `env: [{A: b}]` means the variable A"
        ours: "the mapping"

    PortOfExternal "port-of-external" Kept
        jina: "a random port for an external executor without one"
        why: "nobody listens there, and no two exports are the same"
        ours: "443 for https and grpcs, 80 for http, else 8080, with a warning"

    NoShell "no-shell" Kept
        jina: "variables of the exporting shell in the objects: any `$NAME`, JINA_LOG_LEVEL, JINA_DEFAULT_HOST, JINA_DEFAULT_TIMEOUT_CTRL"
        why: "the same Flow gives other objects on another machine; JINA_DEFAULT_HOST=127.0.0.1 makes executors unreachable"
        ours: "`spec.context`, `--context K=V`, and the environment only with `--context-env`"

    EmptySections "empty-sections" Accepted
        jina: "a crash for an empty `with:`, `executors:`, `method:` or `deployment_role:`, and for an empty list of volumes, pull secrets, hosts or ports"
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

    InlineDeployments "inline-deployments" Accepted
        jina: "a crash for a `jtype: Deployment` among the executors"
        why: "Jina takes it when Python loads the same Flow"
        ours: "an executor with the options below its `with`"

    HubSchemes "hub-schemes" Accepted
        jina: "a refusal of `jinahub://NAME` and `jinaai+sandbox://OWNER/NAME`, which run without an image of one's own elsewhere"
        why: "the Hub built an image of every executor, under the same name"
        ours: "the image that spec.images or spec.imagePattern says"

    FilesInTheImage "files-in-the-image" Accepted
        jina: "a crash where the exporting machine has no file of the name in `log_config` or `py_modules`; a module that it has is run there"
        why: "the files are in the image"
        ours: "the paths as written"

    FewStatefulReplicas "few-stateful-replicas" Accepted
        jina: "a crash for `stateful: true` with one or two replicas"
        why: "it has a hint to log, and no logger yet"
        ours: "the manifests"

    ProviderPort "provider-port" Accepted
        jina: "a refusal of `port: 8080` for a Deployment with a provider"
        why: "the provider's container listens there, as every container does on Kubernetes; Jina thinks of the gateway that it starts beside it on one machine"
        ours: "the manifests, in which that port is 8080"

    OtherYaml "other-yaml" Accepted
        jina: "syntax errors for `!!str 5` and for a `jtype` that is not the first key"
        why: "they are YAML; Jina replaces tags in the text of the file"
        ours: "what YAML says"

    NeedsThatExist "needs-that-exist" Refused
        jina: "manifests for `needs` that name nobody, and for executors that wait for each other in a circle"
        why: "the executor is never called; clients get their own input back"
        ours: "an error with the name, and the nearest one that exists"

    GrpcInside "grpc-inside" Refused
        jina: "manifests for executors of a Flow with `protocol: http`"
        why: "the gateway calls them by gRPC and never gets ready"
        ours: "an error"

    ObjectNames "object-names" Refused
        jina: "names and namespaces of more than 63 characters, with letters beyond ASCII, with a leading or trailing `_`; two executors whose objects have one name; a Deployment called `Gateway`; nothing for an executor called `gateway`"
        why: "the API server refuses the first; of the second one object overwrites the other; the third is probed as a gateway; the last is lost"
        ours: "an error that shows the name"

    EnvironmentNames "environment-names" Refused
        jina: "keys of `env` and `env_from_secret` with blanks and `$`"
        why: "the API server refuses the objects"
        ours: "an error with the key"

    KubernetesTakes "what-kubernetes-takes" Refused
        jina: "`docker://` without an image, a Secret without a name or a key, volumes and pull secrets without a text, access modes that are no list"
        why: "the API server refuses the objects"
        ours: "an error with the field"

    WholeAddresses "whole-addresses" Refused
        jina: "`grpc://h:x` and `grpc://h:None` for external executors at `h:x` and `grpc://h`, and an empty `--host` for one at `:1`"
        why: "nobody can connect to them"
        ours: "an error, but for the second, which gets a port"

    NumbersInRange "numbers-in-range" Refused
        jina: "ports such as 70000, -1 and `x`; no replicas of a gateway, or fewer; numbers of more than 64 bits; any number of shards"
        why: "they are slips; Kubernetes has its own port in the place of each, so that nobody sees them"
        ours: "an error with the number"

    DashedValues "dashed-values" Refused
        jina: "entries of lists that begin with a dash dropped, with all behind them"
        why: "argparse takes them for options; for an option with one value the export ends there"
        ours: "an error with the entry"

    BooleansForFlags "booleans-for-flags" Refused
        jina: "any text, number or list for a flag as true, `off` and `[false]` too, and `false` for any other option as nothing"
        why: "a flag has no value on the command line, and what follows it is dropped"
        ours: "an error with the value"

    OneValue "one-value-each" Refused
        jina: "the first of a list for an option with one value; a mapping for a text or for a list of texts, as JSON"
        why: "the others are dropped"
        ours: "an error; a list of one is its entry, and under compat any list its first entry, with a warning"

    MisplacedValues "misplaced-values" Refused
        jina: "a value that an option cannot have, where the option has no place: `shards: x` below `gateway`"
        why: "it drops the option unseen, and only sometimes"
        ours: "an error with the value; under compat a warning below `gateway`"

    SectionShapes "section-shapes" Refused
        jina: "`gateway: false`, `version: 0`, `needs: 0` and a key that is a list taken for nothing, a name for a list of letters"
        why: "whoever writes something there means something"
        ours: "an error that says what belongs there"

    WaysToAdd "ways-to-add" Refused
        jina: "any method of its Python class as `method`: `build`, `start`, `post`"
        why: "none of them adds an executor; some start servers or call them"
        ours: "an error with the five that do"

    PythonArguments "python-arguments" Refused
        jina: "arguments of its Python methods among the options: `include_last_deployment`, `copy_flow`"
        why: "nearly all of them crash it; the first leaves the last executor without anybody who waits for it"
        ours: "an error"

    InternalRoles "internal-roles" Refused
        jina: "an executor with `deployment_role: INSPECT` as one with `method: inspect`, by half"
        why: "nobody passes on what is inspected; `deployment_role` and `pod_role` are for Jina itself, and with other methods they crash it"
        ours: "an error"

    References "references-to-values" Refused
        jina: "`${{root.with}}` as Python prints an object (`namespace(…)`), and references that lead back to themselves as they are"
        why: "neither is a value"
        ours: "an error with the reference"

    NestedFiles "nested-files" Refused
        jina: "the Deployment in another file for an executor that is the name of that file"
        why: "a function reads no files"
        ours: "an error that asks for its contents"

    Bounds "bounds" Refused
        jina: "more than 128 levels, and halves of surrogate pairs"
        why: "the first are never meant, the second are no characters"
        ours: "an error with the place"

    BuiltInClasses "built-in-classes" Refused
        jina: "a class of gateway as executor, `uses_before` or `uses_after`, BaseExecutor as gateway"
        why: "Jina's own image runs it with `--uses config.yml`, a file that it does not have, and ends at once"
        ours: "an error; under compat a warning"

    WholeOptions "whole-options" Refused
        jina: "the beginning of an option for the option: `image:` for `image_pull_secrets:`"
        why: "whoever writes `image` means an image"
        ours: "an error with the full name"

    KnownOptions "known-options" Refused
        jina: "options that it does not know dropped, with a crash where ports stand beside them as one text; keys that stand twice overwritten, unset variables left as `$NAME`"
        why: "a slip in a name costs the setting, silently"
        ours: "an error with the nearest name; under compat a warning"
}
