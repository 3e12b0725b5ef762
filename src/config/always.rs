//! Deliberate differences from Jina 3.34.0 that apply in every mode, also under `compat: jina-3.34`.
//!
//! In these cases Jina loses values of the user, fails on valid Flows, or accepts Flows that can never run. `compat` does
//! not reproduce these defects.

use super::corrections::Difference;

/// The kind of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Jina corrupts the user's data; jinaflow keeps it.
    Kept,
    /// Jina fails; jinaflow continues.
    Accepted,
    /// Jina continues; jinaflow reports why the Flow cannot work, and stops.
    Refused,
}

/// One deliberate difference of every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The variant of the difference.
    pub always: Always,
    /// The kind of the difference.
    pub mode: Mode,
    /// The description of the difference.
    pub difference: Difference,
}

macro_rules! always {
    ($($variant:ident $name:literal $mode:ident jina: $jina:literal why: $why:literal ours: $ours:literal)*) => {
        /// The differences by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Always { $(#[doc = $ours] $variant,)* }

        /// The differences, one row for each variant.
        pub static TABLE: &[Row] = &[$(Row {
            always: Always::$variant,
            mode: Mode::$mode,
            difference: Difference { name: $name, jina: $jina, why: $why, ours: $ours },
        },)*];
    };
}

always! {
    ExactArguments "exact-arguments" Kept
        jina: "arguments inserted into YAML in the form in which Python prints a list"
        why: "a backslash doubles, a line break arrives as `\\n`, and `ü` in JSON as the six characters of its escape; an apostrophe next to a double quote crashes the export; executors read such a `--uses-with` as empty"
        ours: "the arguments themselves"

    BracesInText "braces-in-text" Kept
        jina: "`{port}`, `{shard_id}`, `{protocol}` and other names in braces replaced inside the user's strings"
        why: "they are the placeholders of Jina's own templates; prompts and paths lose them"
        ours: "the strings as the user wrote them"

    QuotedText "quoted-text" Kept
        jina: "quoted scalars with a new type: `\"0123\"` becomes 123, `\"true\"` a boolean, `\"\"` nothing, `\"[a, b]\"` a list"
        why: "quotes say that a value is a string; versions, identifiers and passwords change silently"
        ours: "quoted values are strings"

    BlockText "block-text" Kept
        jina: "an additional line break after every line of block scalars and of scalars over several lines"
        why: "Jina joins the lines of the file, which still have their ends, with line breaks"
        ours: "the string that YAML defines"

    BangsInText "bangs-in-text" Kept
        jina: "`jtype: Word` inside strings becomes `!Word`, and `!word` sometimes `jtype: word`"
        why: "Jina replaces tags in the text of the file, including strings"
        ours: "the strings as the user wrote them"

    NamesAsText "names-as-text" Kept
        jina: "names, namespaces and images read again as YAML: `no` becomes false, `123` a number, `null` nothing"
        why: "the API server refuses a name that is not a string"
        ours: "strings"

    QuotedOutput "quoted-output" Kept
        jina: "the strings `on`, `off`, `y`, `n`, `1e3` and similar ones without quotes"
        why: "kubectl reads them as booleans and numbers: `ConfigMap cannot be handled`"
        ours: "quotes wherever a reader could see another type"

    RelativeWorkspace "relative-workspace" Kept
        jina: "a relative `workspace` made absolute with the folder in which the export runs"
        why: "that folder is on the exporting machine, not in the container"
        ours: "the path as the user wrote it"

    InspectionNames "inspection-names" Kept
        jina: "objects called `-aux-…` for executors with `method: inspect`, and the label `a/b` for a Deployment of that name"
        why: "the API server refuses names that begin with a dash, and labels with a slash"
        ours: "`aux-…` and `a-b`"

    InspectionChains "inspection-chains" Kept
        jina: "a graph in which an executor after two removed ones, `gather_inspect` and `needs_all` still wait for them, where `inspect: REMOVE` removes executors"
        why: "the gateway never calls the waiting executor"
        ours: "a graph in which it waits for the remaining executors"

    MappingsInLists "mappings-in-lists" Kept
        jina: "a mapping in a list of `key=value` strings as Python prints it: the variable `{'A'` with the value `'b'}`"
        why: "`env: [{A: b}]` sets the variable A"
        ours: "the mapping"

    PortOfExternal "port-of-external" Kept
        jina: "a random port for an external executor without a port"
        why: "no server listens there, and every export is different"
        ours: "443 for https and grpcs, 80 for http, otherwise 8080, with a warning"

    OlderLanguages "older-languages" Kept
        jina: "only a gateway for a Flow with the list `pods`, and without the options that Jina 1 and 2 had"
        why: "the executors are lost"
        ours: "the executors of the Flow, with a warning that lists the changes; not under compat"

    NoShell "no-shell" Kept
        jina: "variables of the exporting shell in the objects: any `$NAME`, JINA_LOG_LEVEL, JINA_DEFAULT_HOST, JINA_DEFAULT_TIMEOUT_CTRL"
        why: "the same Flow gives other objects on another machine; JINA_DEFAULT_HOST=127.0.0.1 makes executors unreachable"
        ours: "`spec.context`, `--context K=V`, and the environment only with `--context-env`"

    EmptySections "empty-sections" Accepted
        jina: "a crash for an empty `with:`, `executors:`, `method:` or `deployment_role:`, and for an empty list of volumes, pull secrets, hosts or ports"
        why: "an empty section means that there is nothing in it"
        ours: "the same objects as without the section"

    OrdinaryNames "ordinary-names" Accepted
        jina: "an error for names with a dash, and a crash for the names `123` and `no`"
        why: "the rules of Python do not matter in Kubernetes, where a dash is the usual separator"
        ours: "letters, digits, `_` and `-`"

    DeploymentVersion "deployment-version" Accepted
        jina: "a crash for a Deployment with `version`, or with options beside `with`, as in Jina's own documentation"
        why: "the examples of Jina's documentation do not load"
        ours: "both are read"

    TextualDates "textual-dates" Accepted
        jina: "a crash for a date such as 2024-01-01 among the values, and for a single `=`"
        why: "Jina writes JSON, which has no dates"
        ours: "the text as the user wrote it"

    InlineClasses "inline-classes" Accepted
        jina: "an error for classes with an inline configuration"
        why: "an image that has the class needs only that configuration"
        ours: "`image:` next to `uses`, and the configuration mounted from a ConfigMap; not under compat"

    InlineDeployments "inline-deployments" Accepted
        jina: "a crash for a `jtype: Deployment` among the executors"
        why: "Jina accepts it when Python loads the same Flow"
        ours: "an executor with the options below its `with`"

    HubSchemes "hub-schemes" Accepted
        jina: "an error for `jinahub://NAME` and `jinaai+sandbox://OWNER/NAME`, which run elsewhere without an image of the user"
        why: "the Hub built an image of every executor, under the same name"
        ours: "the image from spec.images or spec.imagePattern"

    FilesInTheImage "files-in-the-image" Accepted
        jina: "a crash if the exporting machine has no file of the name in `log_config` or `py_modules`; if it has the module, Jina runs it there"
        why: "the files are in the image"
        ours: "the paths as the user wrote them"

    FewStatefulReplicas "few-stateful-replicas" Accepted
        jina: "a crash for `stateful: true` with one or two replicas"
        why: "Jina logs a hint before it has a logger"
        ours: "the manifests"

    ProviderPort "provider-port" Accepted
        jina: "an error for `port: 8080` of a Deployment with a provider"
        why: "the container of the provider listens there, as every container does on Kubernetes; Jina avoids the port of the gateway that it starts next to it on one machine"
        ours: "the manifests, in which that port is 8080"

    ValuesWithoutEffect "values-without-effect" Accepted
        jina: "an error for a value that is not valid for an option without effect: `docker_kwargs: x`, `port_monitoring: x`"
        why: "the value does not matter on Kubernetes"
        ours: "a warning that the option has no effect; not under compat"

    OtherYaml "other-yaml" Accepted
        jina: "syntax errors for `!!str 5` and for a `jtype` that is not the first key"
        why: "both are valid YAML; Jina replaces tags in the text of the file"
        ours: "the meaning that YAML defines"

    NeedsThatExist "needs-that-exist" Refused
        jina: "manifests for `needs` of unknown executors, and for executors that wait for each other in a cycle"
        why: "the gateway never calls the executor; clients get their own input back"
        ours: "an error with the name, and the nearest known name"

    GrpcInside "grpc-inside" Refused
        jina: "manifests for executors of a Flow with `protocol: http`"
        why: "the gateway calls them with gRPC and never gets ready"
        ours: "an error"

    ObjectNames "object-names" Refused
        jina: "names and namespaces of more than 63 characters, with letters beyond ASCII, or with `_` first or last; two executors whose objects have the same name; a Deployment called `Gateway`; nothing for an executor called `gateway`"
        why: "the API server refuses the first; of two objects with one name, one overwrites the other; the third has the probes of a gateway; the last is lost"
        ours: "an error that shows the name"

    EnvironmentNames "environment-names" Refused
        jina: "keys of `env` and `env_from_secret` with spaces and `$`"
        why: "the API server refuses the objects"
        ours: "an error with the key"

    KubernetesTakes "what-kubernetes-takes" Refused
        jina: "`docker://` without an image, a Secret without a name or a key, volumes and pull secrets without a value, access modes that are not a list"
        why: "the API server refuses the objects"
        ours: "an error with the field"

    WholeAddresses "whole-addresses" Refused
        jina: "`grpc://h:x` and `grpc://h:None` for external executors at `h:x` and `grpc://h`, and an empty `--host` for one at `:1`"
        why: "clients cannot connect to these addresses"
        ours: "an error for the first and the last; the second gets a port"

    NumbersInRange "numbers-in-range" Refused
        jina: "a gateway with 0 or fewer replicas; numbers of more than 64 bits; any number of shards"
        why: "they are typing errors"
        ours: "an error with the number"

    DashedValues "dashed-values" Refused
        jina: "list entries that begin with a dash, and all entries behind them, dropped"
        why: "argparse reads them as options; for an option with one value the export stops"
        ours: "an error with the entry"

    BooleansForFlags "booleans-for-flags" Refused
        jina: "any string, number or list for a flag as true, including `off` and `[false]`, and `false` for any other option as nothing"
        why: "a flag has no value on the command line, and Jina drops the value"
        ours: "an error with the value"

    OneValue "one-value-each" Refused
        jina: "the first of a list for an option with one value; a mapping for a string or for a list of strings, as JSON"
        why: "Jina drops the other values"
        ours: "an error; a list with one entry is that entry, and under compat any list is its first entry, with a warning"

    SectionShapes "section-shapes" Refused
        jina: "`gateway: false`, `version: 0`, `needs: 0` and a key that is a list read as nothing, and a name as a list of letters"
        why: "the user had a reason to write the value"
        ours: "an error with the expected form"

    WaysToAdd "ways-to-add" Refused
        jina: "any method of its Python class as `method`: `build`, `start`, `post`"
        why: "none of them adds an executor; some start servers or call them"
        ours: "an error with the five methods that do"

    PythonArguments "python-arguments" Refused
        jina: "arguments of its Python methods among the options: `include_last_deployment`, `copy_flow`"
        why: "nearly all of them crash it; with the first, no executor waits for the last one"
        ours: "an error"

    InternalRoles "internal-roles" Refused
        jina: "an executor with `deployment_role: INSPECT` treated partly as one with `method: inspect`"
        why: "the inspected results are not passed on; `deployment_role` and `pod_role` are internal to Jina, and with other methods they crash it"
        ours: "an error"

    References "references-to-values" Refused
        jina: "`${{root.with}}` as Python prints an object (`namespace(…)`), and references in a cycle without replacement"
        why: "neither is a value"
        ours: "an error with the reference"

    NestedFiles "nested-files" Refused
        jina: "the Deployment in another file for an executor that is the name of that file"
        why: "a function reads no files"
        ours: "an error that requests the contents of the file; without compat, `jinaflow export FILE` reads it"

    Bounds "bounds" Refused
        jina: "more than 128 levels, and halves of surrogate pairs"
        why: "so many levels are a mistake, and halves of surrogate pairs are not characters"
        ours: "an error with the place"

    BuiltInClasses "built-in-classes" Refused
        jina: "a class of gateway as executor, `uses_before` or `uses_after`, and BaseExecutor as gateway"
        why: "Jina's own image runs it with `--uses config.yml`, a file that the image does not have, and exits at once"
        ours: "an error; under compat a warning"

    WholeOptions "whole-options" Refused
        jina: "the beginning of an option that Jina sets itself for the option: `pod_ro:` for `pod_role:`"
        why: "it is rather a typing error"
        ours: "an error with the full name; a warning for the beginning of another option, which is that option"

    KnownOptions "known-options" Refused
        jina: "options with a typing error dropped, as all unknown options are, with a crash if ports are next to them as one string; duplicate keys overwritten; unset variables left as `$NAME`"
        why: "a typing error in a name silently removes the setting"
        ours: "an error with the nearest name; under compat, and for names that are not near, a warning"
}
