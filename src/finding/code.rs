//! The stable codes of findings.
//!
//! A code names a kind of finding, so that tests, `results`, documentation and scripts do not depend on the wording of a
//! message. `functions/jinaflow/codes.md` documents the cause and the fix of each code, with an example;
//! `jinaflow explain CODE` prints that section.

use std::fmt;

/// Defines the codes and their names.
macro_rules! codes {
    ($($code:ident = $name:literal,)*) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "functions/jinaflow/codes.md documents each code, and a test checks that")]
        pub enum Code {
            $($code,)*
        }

        impl Code {
            /// All codes, in the order of their documentation.
            pub const ALL: &[Code] = &[$(Code::$code,)*];

            /// The name of the code, such as `unknown-field`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$code => $name,)*
                }
            }
        }
    };
}

codes! {
    // Any field: codes that every module may use.
    UnknownField = "unknown-field",
    MissingField = "missing-field",
    WrongType = "wrong-type",
    ValueNotAllowed = "value-not-allowed",
    ValueOutOfRange = "value-out-of-range",
    InvalidName = "invalid-name",
    DuplicateName = "duplicate-name",
    FieldWithoutEffect = "field-without-effect",
    TooLarge = "too-large",

    // Text: YAML and ResourceLists.
    InvalidYaml = "invalid-yaml",
    DuplicateKey = "duplicate-key",
    NotAResourceList = "not-a-resource-list",

    // The Flow language.
    RenamedOption = "renamed-option",
    RemovedOption = "removed-option",
    AbbreviatedOption = "abbreviated-option",
    DuplicateOption = "duplicate-option",
    MisplacedOption = "misplaced-option",
    InternalOption = "internal-option",
    OptionTooNew = "option-too-new",
    ConflictingOptions = "conflicting-options",
    PythonArgument = "python-argument",
    QuotedFalse = "quoted-false",
    LeadingDash = "leading-dash",
    TagNotAllowed = "tag-not-allowed",
    ReservedName = "reserved-name",
    ExecutorFromFile = "executor-from-file",
    ImageWithoutClass = "image-without-class",
    UndefinedVariable = "undefined-variable",
    UndefinedReference = "undefined-reference",
    TemplateExpression = "template-expression",
    OlderLanguage = "older-language",
    ReferenceCycle = "reference-cycle",
    UnknownExecutor = "unknown-executor",
    NeedsCycle = "needs-cycle",
    NeedsNotAllowed = "needs-not-allowed",
    TooFewNeeds = "too-few-needs",
    ResultsLost = "results-lost",

    // Fields of a JinaFlow.
    UnsupportedApiVersion = "unsupported-api-version",
    UnknownKind = "unknown-kind",
    MisplacedField = "misplaced-field",
    UnsupportedJinaVersion = "unsupported-jina-version",
    UnsupportedKubernetesVersion = "unsupported-kubernetes-version",
    FieldTooNew = "field-too-new",
    KubernetesOutOfSupport = "kubernetes-out-of-support",
    InvalidImagePattern = "invalid-image-pattern",
    InvalidQuantity = "invalid-quantity",
    UnknownResource = "unknown-resource",
    UnlikelyQuantity = "unlikely-quantity",
    InvalidLabel = "invalid-label",
    ReservedLabel = "reserved-label",
    ConflictingFields = "conflicting-fields",
    UnusedSource = "unused-source",
    InvalidMountPath = "invalid-mount-path",
    MountPathAlreadyUsed = "mount-path-already-used",
    LimitBelowRequest = "limit-below-request",
    LimitNotEqual = "limit-not-equal",
    AutoscaleWithoutRequest = "autoscale-without-request",
    AutoscaleWithoutMetrics = "autoscale-without-metrics",
    ScaleToZero = "scale-to-zero",
    QueryWithoutNamespace = "query-without-namespace",
    SurgeWithStorage = "surge-with-storage",
    InvalidPatchDirective = "invalid-patch-directive",
    MergeKeyMissing = "merge-key-missing",
    ExecutorNameFromVariable = "executor-name-from-variable",
    InvalidShardNumber = "invalid-shard-number",
    UnknownShard = "unknown-shard",
    JcloudTranslated = "jcloud-translated",
    JcloudNotTranslated = "jcloud-not-translated",
    UsesMissing = "uses-missing",
    ImageNotSet = "image-not-set",
    AmbiguousImageKey = "ambiguous-image-key",

    // The plan: ports, names, shards, arguments.
    KubernetesNameCollision = "kubernetes-name-collision",
    NameTooLong = "name-too-long",
    InvalidImage = "invalid-image",
    WrongExecutorClass = "wrong-executor-class",
    ProtocolNotSupported = "protocol-not-supported",
    PortCountMismatch = "port-count-mismatch",
    InvalidAddress = "invalid-address",
    AddressCountMismatch = "address-count-mismatch",
    PortAssumed = "port-assumed",
    ExternalDeployment = "external-deployment",
    StatefulGateway = "stateful-gateway",
    StatefulReplicas = "stateful-replicas",
    PeerPortsMismatch = "peer-ports-mismatch",
    SharedClaim = "shared-claim",
    GpuDevices = "gpu-devices",
    SurgeNeedsGpu = "surge-needs-gpu",
    CudaRoundRobin = "cuda-round-robin",
    CudaDeviceMissing = "cuda-device-missing",
    DuplicateVariable = "duplicate-variable",
    InvalidContextVariable = "invalid-context-variable",
    EndlessTimeout = "endless-timeout",
    RetriesMultiply = "retries-multiply",
    RetriesMissing = "retries-missing",
    ReplicasNotBalanced = "replicas-not-balanced",

    // Manifests and patches.
    PatchNotApplicable = "patch-not-applicable",
    PatchWithoutContent = "patch-without-content",
    PatchWithoutTarget = "patch-without-target",
    PatchWithoutEffect = "patch-without-effect",
    PatchChangesKind = "patch-changes-kind",
    JinaContainerRemoved = "jina-container-removed",
    ContainerWithoutImage = "container-without-image",

    // Rendering: conflicts with objects that exist already.
    NamespaceWithoutName = "namespace-without-name",
    ProtocolNotServed = "protocol-not-served",
    UnusedImage = "unused-image",
    ObjectAlreadyExists = "object-already-exists",
    ObjectOfTwoFlows = "object-of-two-flows",

    // Adoption: objects that Jina has exported become objects of a JinaFlow.
    ObjectAdopted = "object-adopted",
    AdoptionNeedsDelete = "adoption-needs-delete",
    ExportOfAnotherFlow = "export-of-another-flow",
    ExportBroken = "export-broken",

    // Reconciling: edits, conflicts, ownership.
    EditConflict = "edit-conflict",
    EditLost = "edit-lost",
    EditCarriedOver = "edit-carried-over",
    EditKept = "edit-kept",
    FieldOverwritten = "field-overwritten",
    RenderedRecordMissing = "rendered-record-missing",
    RecordOfTwoBranches = "record-of-two-branches",
    ObjectOfAnotherKind = "object-of-another-kind",
    CopiedObject = "copied-object",
    RenamedObjectLeft = "renamed-object-left",
    FlowRemoved = "flow-removed",
    FlowMayBeRenamed = "flow-may-be-renamed",

    // What a render did.
    ObjectAdded = "object-added",
    ObjectChanged = "object-changed",
    ObjectRemoved = "object-removed",

    // The function.
    FlowMissing = "flow-missing",
    FunctionConfigKind = "function-config-kind",
    PathOutsidePackage = "path-outside-package",
    GeneratedObjectsHidden = "generated-objects-hidden",
    GeneratedObjectStale = "generated-object-stale",
    GeneratedObjectMissing = "generated-object-missing",
    GeneratedObjectLeftOver = "generated-object-left-over",
    NotUtf8 = "not-utf8",

    // The command line.
    UnknownCommand = "unknown-command",
    UnknownFlag = "unknown-flag",
    MisplacedFlag = "misplaced-flag",
    MissingArgument = "missing-argument",
    UnexpectedArgument = "unexpected-argument",
    MalformedArgument = "malformed-argument",
    InvalidEnvFile = "invalid-env-file",
    UnknownTopic = "unknown-topic",
    FileUnreadable = "file-unreadable",
    FileUnwritable = "file-unwritable",
    WrongFileType = "wrong-file-type",
    FileExists = "file-exists",
    OutputInSource = "output-in-source",
    FlowExpected = "flow-expected",
    SymbolicLink = "symbolic-link",
    SeveralDocuments = "several-documents",
    OutputCollision = "output-collision",
    FileNotFromExport = "file-not-from-export",
    InvalidExportRecord = "invalid-export-record",
    ListInExport = "list-in-export",
    FlowReplaced = "flow-replaced",
    WorkloadNotFromFlow = "workload-not-from-flow",
    KustomizationNotBuilt = "kustomization-not-built",
    LiveObjects = "live-objects",
    ExportExpected = "export-expected",
    IncompleteExport = "incomplete-export",
    ChangedWorkload = "changed-workload",
    SeveralFlows = "several-flows",
    BrokenAddress = "broken-address",
    ExportTooOld = "export-too-old",
    ExportNotBuildable = "export-not-buildable",
    NothingRunsJina = "nothing-runs-jina",
    FlowNotRendered = "flow-not-rendered",
    LocalConfigMissing = "local-config-missing",

    // Checking manifests.
    InvalidExternal = "invalid-external",
    ReferenceNotFound = "reference-not-found",
    WrongNamespace = "wrong-namespace",
    SelectorMatchesNothing = "selector-matches-nothing",
    SelectorMissesOwnPods = "selector-misses-own-pods",
    ServiceSelectsSeveral = "service-selects-several",
    UnknownPort = "unknown-port",
    PortNotServed = "port-not-served",
    ContainersSharePort = "containers-share-port",
    ProtocolMismatch = "protocol-mismatch",
    InvalidArgument = "invalid-argument",
    GraphAndAddressesDiffer = "graph-and-addresses-differ",
    GraphCycle = "graph-cycle",
    GraphIncomplete = "graph-incomplete",
    ShardsIncomplete = "shards-incomplete",
    WrongExecutorReached = "wrong-executor-reached",
    VariableWithoutValue = "variable-without-value",
    AddressWithoutJina = "address-without-jina",
    WorkloadWithoutJina = "workload-without-jina",
    ExecutorNotCalled = "executor-not-called",
    GatewayWithoutService = "gateway-without-service",
    JinaVersionsDiffer = "jina-versions-differ",
    CallsNotBalanced = "calls-not-balanced",
    ShardLeftOut = "shard-left-out",
    DnsPolicyMismatch = "dns-policy-mismatch",
    NetworkPolicyBlocks = "network-policy-blocks",
    AutoscalerConflict = "autoscaler-conflict",
    UtilizationWithoutRequest = "utilization-without-request",
    ReplicasZero = "replicas-zero",
    GracePeriodTooShort = "grace-period-too-short",
    PodSecurityViolated = "pod-security-violated",
    EvictionForbidden = "eviction-forbidden",
    ImageNotPullable = "image-not-pullable",
    ImageTagMoves = "image-tag-moves",
    LiteralSecret = "literal-secret",
    DuplicateObject = "duplicate-object",
    DuplicateEntry = "duplicate-entry",
    ExclusiveFields = "exclusive-fields",
    CheckIncomplete = "check-incomplete",
}

impl Code {
    /// The code with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
