//! Overlays on a Flow: every feature of kustomize on a Flow with every feature, and the same overlays on Jina's export.
//!
//! A case is a folder of kustomizations over `overlays/base`. It passes when nothing is broken and the overlay has had
//! its effect. An overlay without effect fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::around::{containers, faults};
use crate::kustomize::{kubectl, write};
use crate::plugin::{build as by_plugin, plugins};
use crate::support::wiring::{called_addresses, contains, host_and_port, namespace, strings};
use crate::support::{documents, label, root, run, scratch, tree};
use crate::tools::{copy, edit, kustomize, must, static_binary};

/// Files by name.
type Files = [(&'static str, &'static str)];

struct Case {
    name: &'static str,
    /// Files beside `base`. The folder `over` is built.
    files: &'static Files,
    /// `Kind/name`, the path of a field, and its expected value; `null` means that the field must not exist. A `*` at
    /// the end of a name or of a value matches any rest (a hash, or every object of that kind).
    effects: &'static [Effect],
}

type Effect = (&'static str, &'static str, &'static str);

const OVER: &str = "over/kustomization.yaml";
const CONTAINERS: &str = "spec/template/spec/containers";

/// The base a second time. Only a prefix distinguishes the two. The objects beside the Flow are selected by labels that
/// kustomize does not change, so they exist once.
macro_rules! without_front {
    () => {
        "resources: [../base]\nnamePrefix: b-\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: front}\n    $patch: delete\n- patch: |\n    apiVersion: apps/v1\n    kind: StatefulSet\n    metadata: {name: front}\n    $patch: delete\n"
    };
}

const CASES: &[Case] = &[
    Case {
        name: "namespace",
        files: &[(OVER, "resources: [../base]\nnamespace: prod\n")],
        effects: &[
            ("Deployment/*", "metadata/namespace", "prod"),
            ("Service/*", "metadata/namespace", "prod"),
            ("NetworkPolicy/*", "metadata/namespace", "prod"),
            ("Deployment/gateway", "CONTAINERS/gateway/env/K8S_NAMESPACE_NAME/valueFrom/fieldRef/fieldPath", "metadata.namespace"),
        ],
    },
    Case {
        name: "namePrefix",
        files: &[(OVER, "resources: [../base]\nnamePrefix: prod-\n")],
        effects: &[
            ("Service/prod-gateway-1-http", "spec/selector/flow.jina.ai~1component", "prod-gateway"),
            ("Deployment/prod-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "prod-encoder"),
            ("Deployment/prod-gateway", "CONTAINERS/gateway/env/JINA_ADDR_INDEXER_HEAD/value", "prod-indexer-head"),
            ("Deployment/prod-indexer-head", "CONTAINERS/executor/env/JINA_ADDR_INDEXER_1/value", "prod-indexer-1"),
            ("Deployment/prod-encoder", "CONTAINERS/executor/envFrom/0/configMapRef/name", "prod-encoder-configmap-*"),
            (
                "Deployment/prod-encoder",
                "spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels/flow.jina.ai~1component",
                "prod-encoder",
            ),
            ("Deployment/prod-encoder", "spec/template/spec/serviceAccountName", "prod-runner"),
            ("Deployment/prod-encoder", "spec/template/spec/imagePullSecrets/0/name", "registry"),
            ("StatefulSet/prod-indexer-0", "spec/serviceName", "prod-indexer-0"),
            ("HorizontalPodAutoscaler/prod-gateway", "spec/scaleTargetRef/name", "prod-gateway"),
            ("ScaledObject/prod-ranker", "spec/scaleTargetRef/name", "prod-ranker"),
            ("PodDisruptionBudget/prod-encoder", "spec/selector/matchLabels/flow.jina.ai~1component", "prod-encoder"),
            ("Ingress/prod-gateway", "spec/rules/0/http/paths/0/backend/service/name", "prod-gateway-1-http"),
            ("GRPCRoute/prod-gateway", "spec/rules/0/backendRefs/0/name", "prod-gateway"),
            ("NetworkPolicy/prod-gateway", "spec/ingress/0/from/0/podSelector/matchLabels/app", "front"),
            ("StatefulSet/prod-front", "CONTAINERS/front/env/SEARCH/value", "prod-gateway"),
            // Pods of another namespace that have the same name by chance.
            ("NetworkPolicy/prod-encoder", "spec/ingress/1/from/0/podSelector/matchExpressions/0/values/0", "ranker"),
            // Variables of the user stay unchanged, even if they contain the old name of a Service.
            ("ConfigMap/prod-encoder-configmap-*", "data/PEER", "ranker"),
        ],
    },
    Case {
        name: "nameSuffix",
        files: &[(OVER, "resources: [../base]\nnameSuffix: -eu\n")],
        effects: &[
            ("Deployment/gateway-eu", "CONTAINERS/gateway/env/JINA_ADDR_RANKER/value", "ranker-eu"),
            ("PodMonitor/indexer-1-eu", "spec/selector/matchLabels/flow.jina.ai~1component", "indexer-1-eu"),
            ("NetworkPolicy/indexer-0-eu", "spec/ingress/0/from/0/podSelector/matchLabels/flow.jina.ai~1component", "indexer-head-eu"),
            ("NetworkPolicy/gateway-eu", "spec/egress/1/to/0/podSelector/matchLabels/flow.jina.ai~1component", "encoder-eu"),
        ],
    },
    Case {
        name: "labels on objects",
        files: &[(OVER, "resources: [../base]\nlabels:\n- pairs: {team: search}\n")],
        effects: &[
            ("Service/*", "metadata/labels/team", "search"),
            ("Deployment/*", "metadata/labels/team", "search"),
            ("Deployment/*", "spec/template/metadata/labels/team", "null"),
        ],
    },
    Case {
        name: "labels on pods",
        files: &[(OVER, "resources: [../base]\nlabels:\n- pairs: {team: search}\n  includeTemplates: true\n")],
        effects: &[
            ("Deployment/*", "spec/template/metadata/labels/team", "search"),
            ("StatefulSet/*", "spec/template/metadata/labels/team", "search"),
            ("Deployment/*", "spec/selector/matchLabels/team", "null"),
        ],
    },
    Case {
        name: "labels in selectors",
        files: &[(OVER, "resources: [../base]\nlabels:\n- pairs: {team: search}\n  includeSelectors: true\n")],
        effects: &[
            ("Service/*", "spec/selector/team", "search"),
            ("Deployment/*", "spec/selector/matchLabels/team", "search"),
            ("StatefulSet/*", "spec/selector/matchLabels/team", "search"),
            ("PodDisruptionBudget/*", "spec/selector/matchLabels/team", "search"),
            ("NetworkPolicy/*", "spec/podSelector/matchLabels/team", "search"),
        ],
    },
    Case {
        name: "labels over jinaflow's labels",
        files: &[(OVER, "resources: [../base]\nlabels:\n- pairs: {app.kubernetes.io/instance: search-eu}\n  includeSelectors: true\n")],
        effects: &[("Service/*", "spec/selector/app.kubernetes.io~1instance", "search-eu")],
    },
    Case {
        name: "commonLabels",
        files: &[(OVER, "resources: [../base]\ncommonLabels: {team: search}\n")],
        effects: &[
            ("Service/*", "spec/selector/team", "search"),
            ("StatefulSet/*", "spec/template/metadata/labels/team", "search"),
            ("NetworkPolicy/encoder", "spec/ingress/0/from/0/podSelector/matchLabels/team", "search"),
            ("NetworkPolicy/gateway", "spec/ingress/0/from/0/podSelector/matchLabels/team", "search"),
            ("NetworkPolicy/encoder", "spec/ingress/1/from/0/podSelector/matchLabels", "null"),
            ("NetworkPolicy/encoder", "spec/ingress/1/from/0/podSelector/matchExpressions/0/key", "app"),
        ],
    },
    Case {
        name: "commonLabels over app",
        files: &[(OVER, "resources: [../base]\ncommonLabels: {app: shop}\n")],
        effects: &[
            ("Service/*", "spec/selector/app", "shop"),
            ("Deployment/*", "spec/template/metadata/labels/app", "shop"),
            ("Service/encoder", "spec/selector/flow.jina.ai~1component", "encoder"),
            ("NetworkPolicy/*", "spec/podSelector/matchLabels/app", "shop"),
        ],
    },
    Case {
        name: "labels over all labels that Kubernetes recommends",
        files: &[(
            OVER,
            "resources: [../base]\nnamePrefix: prod-\nlabels:\n- includeSelectors: true\n  pairs:\n    app: shop\n    app.kubernetes.io/name: shop\n    app.kubernetes.io/instance: shop-eu\n    app.kubernetes.io/version: \"2\"\n    app.kubernetes.io/component: search\n    app.kubernetes.io/part-of: shop\n    app.kubernetes.io/managed-by: argocd\n",
        )],
        effects: &[
            ("Deployment/*", "spec/selector/matchLabels/app.kubernetes.io~1component", "search"),
            ("StatefulSet/*", "spec/selector/matchLabels/app", "shop"),
            ("Service/prod-encoder", "spec/selector/flow.jina.ai~1component", "prod-encoder"),
            ("PodMonitor/*", "metadata/labels/app.kubernetes.io~1managed-by", "argocd"),
        ],
    },
    Case {
        name: "labels over app and recommended labels, three levels deep",
        files: &[
            ("one/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\ncommonLabels: {app: one, app.kubernetes.io/name: one}\n"),
            (
                "two/kustomization.yaml",
                "resources: [../one]\nnameSuffix: -s\nlabels:\n- pairs: {app: two, app.kubernetes.io/component: two}\n  includeSelectors: true\n",
            ),
            (OVER, "resources: [../two]\nnamePrefix: q-\nnamespace: prod\ncommonLabels: {app: three, app.kubernetes.io/instance: three}\n"),
        ],
        effects: &[
            ("Service/*", "spec/selector/app", "three"),
            ("Service/*", "spec/selector/app.kubernetes.io~1name", "one"),
            ("Deployment/*", "spec/selector/matchLabels/app.kubernetes.io~1component", "two"),
            ("Service/q-p-encoder-s", "spec/selector/flow.jina.ai~1component", "q-p-encoder-s"),
            ("Deployment/q-p-gateway-s", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "q-p-encoder-s"),
        ],
    },
    Case {
        name: "twice in one namespace, each with its own labels over app",
        files: &[
            ("a/kustomization.yaml", "resources: [../base]\nnamePrefix: a-\ncommonLabels: {app: shop}\n"),
            ("b/kustomization.yaml", concat!(without_front!(), "commonLabels: {app: news}\n")),
            (OVER, "resources: [../a, ../b]\nnamespace: shared\n"),
        ],
        effects: &[
            ("Service/a-encoder", "spec/selector/app", "shop"),
            ("Service/b-encoder", "spec/selector/app", "news"),
            ("Service/b-encoder", "spec/selector/flow.jina.ai~1component", "b-encoder"),
        ],
    },
    Case {
        name: "commonAnnotations",
        files: &[(OVER, "resources: [../base]\ncommonAnnotations: {owner: search@example.com}\n")],
        effects: &[
            ("Deployment/*", "metadata/annotations/owner", "search@example.com"),
            ("Deployment/*", "spec/template/metadata/annotations/owner", "search@example.com"),
        ],
    },
    Case {
        name: "images by tag",
        files: &[(OVER, "resources: [../base]\nimages:\n- {name: acme/indexer, newTag: \"2.0\"}\n")],
        effects: &[
            ("StatefulSet/indexer-0", "CONTAINERS/executor/image", "acme/indexer:2.0"),
            ("StatefulSet/indexer-1", "CONTAINERS/executor/image", "acme/indexer:2.0"),
            ("Deployment/indexer-head", "spec/template/spec/initContainers/uses-before/image", "acme/before:1.0"),
        ],
    },
    Case {
        name: "images by name and digest",
        files: &[(
            OVER,
            "resources: [../base]\nimages:\n- {name: acme/jina, newName: mirror.example.com/jina, newTag: 3.34.0}\n- {name: acme/before, newName: mirror.example.com/before, digest: \"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\"}\n- {name: acme/clip, newName: mirror.example.com/clip, newTag: \"2.0\"}\n",
        )],
        effects: &[
            ("Deployment/gateway", "CONTAINERS/gateway/image", "mirror.example.com/jina:3.34.0"),
            ("Deployment/indexer-head", "CONTAINERS/executor/image", "mirror.example.com/jina:3.34.0"),
            ("Deployment/indexer-head", "spec/template/spec/initContainers/uses-before/image", "mirror.example.com/before@sha256:3e23*"),
            ("Deployment/encoder", "spec/template/spec/volumes/model-clip/image/reference", "mirror.example.com/clip:2.0"),
        ],
    },
    Case {
        name: "replicas",
        files: &[(
            OVER,
            "resources: [../base]\nreplicas:\n- {name: encoder, count: 6}\n- {name: indexer-0, count: 1}\n- {name: indexer-head, count: 3}\n",
        )],
        effects: &[("Deployment/encoder", "spec/replicas", "6"), ("Deployment/indexer-head", "spec/replicas", "3")],
    },
    Case {
        name: "a strategic-merge patch by name",
        files: &[
            (OVER, "resources: [../base]\npatches:\n- path: encoder.yaml\n"),
            (
                "over/encoder.yaml",
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: encoder}\nspec:\n  template:\n    spec:\n      containers:\n      - name: executor\n        resources: {limits: {memory: 8Gi}}\n        env:\n        - {name: OMP_NUM_THREADS, value: \"4\"}\n",
            ),
        ],
        effects: &[
            ("Deployment/encoder", "CONTAINERS/executor/resources/limits/memory", "8Gi"),
            ("Deployment/encoder", "CONTAINERS/executor/env/OMP_NUM_THREADS/value", "\"4\""),
            ("Deployment/encoder", "CONTAINERS/executor/image", "acme/encoder:1.0"),
        ],
    },
    Case {
        name: "a JSON patch by name",
        files: &[(
            OVER,
            "resources: [../base]\npatches:\n- target: {kind: Deployment, name: encoder}\n  patch: |\n    - {op: replace, path: /spec/replicas, value: 6}\n    - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: A, value: b}}\n",
        )],
        effects: &[("Deployment/encoder", "spec/replicas", "6"), ("Deployment/encoder", "CONTAINERS/executor/env/A/value", "b")],
    },
    Case {
        name: "a strategic-merge patch by kind",
        files: &[(
            OVER,
            "resources: [../base]\npatches:\n- target: {kind: Deployment}\n  patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: any}\n    spec: {revisionHistoryLimit: 3, template: {spec: {priorityClassName: high}}}\n",
        )],
        effects: &[
            ("Deployment/*", "spec/revisionHistoryLimit", "3"),
            ("Deployment/*", "spec/template/spec/priorityClassName", "high"),
            ("StatefulSet/*", "spec/revisionHistoryLimit", "null"),
        ],
    },
    Case {
        name: "a JSON patch by kind",
        files: &[(
            OVER,
            "resources: [../base]\npatches:\n- target: {kind: Deployment|StatefulSet}\n  patch: |\n    - {op: add, path: /spec/minReadySeconds, value: 5}\n",
        )],
        effects: &[("Deployment/*", "spec/minReadySeconds", "5"), ("StatefulSet/*", "spec/minReadySeconds", "5")],
    },
    Case {
        name: "a strategic-merge patch by labels: the shards, and not their head",
        files: &[(
            OVER,
            "resources: [../base]\npatches:\n- target: {kind: StatefulSet, labelSelector: \"flow.jina.ai/executor=indexer,flow.jina.ai/role=worker\"}\n  patch: |\n    apiVersion: apps/v1\n    kind: StatefulSet\n    metadata: {name: any}\n    spec: {template: {spec: {nodeSelector: {pool: large}}}}\n",
        )],
        effects: &[
            ("StatefulSet/indexer-0", "spec/template/spec/nodeSelector/pool", "large"),
            ("StatefulSet/indexer-1", "spec/template/spec/nodeSelector/pool", "large"),
            ("StatefulSet/ranker", "spec/template/spec/nodeSelector", "null"),
            ("Deployment/indexer-head", "spec/template/spec/nodeSelector", "null"),
        ],
    },
    Case {
        name: "a JSON patch by labels: everything of one executor",
        files: &[(
            OVER,
            "resources: [../base]\npatches:\n- target: {labelSelector: flow.jina.ai/executor=indexer}\n  patch: |\n    - {op: add, path: /metadata/labels/tier, value: index}\n- target: {labelSelector: \"flow.jina.ai/executor=indexer,flow.jina.ai/shard=1\", kind: StatefulSet}\n  patch: |\n    - {op: replace, path: /spec/volumeClaimTemplates/0/spec/resources/requests/storage, value: 100Gi}\n",
        )],
        effects: &[
            ("Deployment/indexer-head", "metadata/labels/tier", "index"),
            ("Service/indexer-0", "metadata/labels/tier", "index"),
            ("Deployment/encoder", "metadata/labels/tier", "null"),
            ("StatefulSet/indexer-0", "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "10Gi"),
            ("StatefulSet/indexer-1", "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "100Gi"),
        ],
    },
    Case {
        name: "patches in the older fields, and one that removes an object",
        files: &[(
            OVER,
            "resources: [../base]\npatchesStrategicMerge:\n- |\n  apiVersion: autoscaling/v2\n  kind: HorizontalPodAutoscaler\n  metadata: {name: gateway}\n  spec: {maxReplicas: 20}\n- |\n  apiVersion: v1\n  kind: Service\n  metadata: {name: gateway-exposed}\n  $patch: delete\npatchesJson6902:\n- target: {group: keda.sh, version: v1alpha1, kind: ScaledObject, name: ranker}\n  patch: |\n    - {op: replace, path: /spec/maxReplicaCount, value: 9}\n",
        )],
        effects: &[
            ("HorizontalPodAutoscaler/gateway", "spec/maxReplicas", "20"),
            ("ScaledObject/ranker", "spec/maxReplicaCount", "9"),
            ("Service/gateway-exposed", "", "null"),
        ],
    },
    Case {
        name: "configMapGenerator merges",
        files: &[(
            OVER,
            "resources: [../base]\nconfigMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [MODEL=large]}\n- {name: settings, behavior: merge, literals: [more=yes]}\n",
        )],
        effects: &[
            ("ConfigMap/encoder-configmap-*", "data/MODEL", "large"),
            ("ConfigMap/encoder-configmap-*", "data/LOG_LEVEL", "info"),
            ("ConfigMap/settings-*", "data/more", "yes"),
            ("ConfigMap/settings-*", "data/mode", "strict"),
            ("Deployment/encoder", "CONTAINERS/executor/envFrom/0/configMapRef/name", "encoder-configmap-*"),
            ("Deployment/encoder", "CONTAINERS/executor/envFrom/1/configMapRef/name", "settings-*"),
        ],
    },
    Case {
        name: "configMapGenerator replaces, and a patch of a ConfigMap",
        files: &[(
            OVER,
            "resources: [../base]\nconfigMapGenerator:\n- {name: settings, behavior: replace, literals: [only=this]}\npatches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: encoder-configmap}\n    data: {MODEL: large}\n",
        )],
        effects: &[
            ("ConfigMap/settings-*", "data/only", "this"),
            ("ConfigMap/settings-*", "data/mode", "null"),
            ("ConfigMap/encoder-configmap-*", "data/MODEL", "large"),
        ],
    },
    Case {
        name: "secretGenerator merges the Secret of a variable",
        files: &[(OVER, "resources: [../base]\nsecretGenerator:\n- {name: credentials, behavior: merge, literals: [api-key=secret]}\n")],
        effects: &[
            ("Secret/credentials-*", "data/api-key", "c2VjcmV0"),
            ("Secret/credentials-*", "data/token", "dHdv"),
            ("StatefulSet/indexer-0", "CONTAINERS/executor/env/API_KEY/valueFrom/secretKeyRef/name", "credentials-*"),
            (
                "Deployment/indexer-head",
                "spec/template/spec/initContainers/uses-after/env/API_KEY/valueFrom/secretKeyRef/name",
                "credentials-*",
            ),
            ("Deployment/encoder", "spec/template/spec/volumes/secret-credentials/secret/secretName", "credentials-*"),
        ],
    },
    Case {
        name: "secretGenerator adds external Secrets",
        files: &[(
            OVER,
            "resources: [../base]\nnamePrefix: prod-\nnamespace: prod\nsecretGenerator:\n- {name: registry, type: kubernetes.io/dockerconfigjson, literals: [\".dockerconfigjson={}\"]}\n- {name: certificate, type: kubernetes.io/tls, literals: [tls.crt=a, tls.key=b]}\n",
        )],
        effects: &[
            ("Deployment/*", "spec/template/spec/imagePullSecrets/0/name", "prod-registry-*"),
            ("Ingress/prod-gateway", "spec/tls/0/secretName", "prod-certificate-*"),
        ],
    },
    Case {
        name: "a component",
        files: &[
            (OVER, "resources: [../base]\nnamePrefix: prod-\ncomponents: [../tuned]\n"),
            (
                "tuned/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [MODEL=large]}\nreplicas:\n- {name: encoder, count: 6}\npatches:\n- target: {labelSelector: flow.jina.ai/role=worker, kind: Deployment|StatefulSet}\n  patch: |\n    - {op: add, path: /spec/template/spec/priorityClassName, value: high}\n",
            ),
        ],
        effects: &[
            ("Deployment/prod-encoder", "spec/replicas", "6"),
            ("ConfigMap/prod-encoder-configmap-*", "data/MODEL", "large"),
            ("StatefulSet/prod-indexer-1", "spec/template/spec/priorityClassName", "high"),
            ("Deployment/prod-gateway", "spec/template/spec/priorityClassName", "null"),
        ],
    },
    Case {
        name: "a component with the configuration",
        files: &[
            (
                OVER,
                "generators: [../base/flow]\nresources: [../base/around]\ncomponents: [../wiring]\nnamespace: prod\nnamePrefix: prod-\n",
            ),
            (
                "wiring/kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigurations: [kustomizeconfig.yaml]\n",
            ),
            ("wiring/kustomizeconfig.yaml", CONFIGURATION),
        ],
        effects: &[
            ("Deployment/prod-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "prod-encoder"),
            ("HTTPRoute/prod-gateway", "spec/parentRefs/0/name", "prod-public"),
        ],
    },
    Case {
        name: "a prefix over a prefix, and a namespace over a namespace",
        files: &[
            ("one/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\nnamespace: one\nreplicas:\n- {name: encoder, count: 3}\n"),
            (OVER, "resources: [../one]\nnamePrefix: q-\nnamespace: prod\nreplicas:\n- {name: encoder, count: 6}\n"),
        ],
        effects: &[
            ("Deployment/*", "metadata/namespace", "prod"),
            ("Deployment/q-p-encoder", "spec/replicas", "6"),
            ("Deployment/q-p-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "q-p-encoder"),
            ("ScaledObject/q-p-ranker", "spec/triggers/0/authenticationRef/name", "q-p-queue"),
            ("GRPCRoute/q-p-gateway", "spec/parentRefs/0/name", "q-p-public"),
        ],
    },
    Case {
        name: "three levels, with prefix, suffix and labels in selectors",
        files: &[
            ("one/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\n"),
            ("two/kustomization.yaml", "resources: [../one]\nnameSuffix: -s\nlabels:\n- pairs: {team: search}\n  includeSelectors: true\n"),
            (
                OVER,
                "resources: [../two]\nnamePrefix: q-\nnamespace: prod\nsecretGenerator:\n- {name: credentials, behavior: merge, literals: [token=new]}\n",
            ),
        ],
        effects: &[
            ("Service/q-p-encoder-s", "spec/selector/team", "search"),
            ("Deployment/q-p-indexer-head-s", "CONTAINERS/executor/env/JINA_ADDR_INDEXER_0/value", "q-p-indexer-0-s"),
            ("Secret/q-p-credentials-s-*", "data/token", "bmV3"),
        ],
    },
    Case {
        name: "twice in one namespace",
        files: &[
            ("a/kustomization.yaml", "resources: [../base]\nnamePrefix: a-\nreplicas:\n- {name: encoder, count: 6}\n"),
            ("b/kustomization.yaml", without_front!()),
            (OVER, "resources: [../a, ../b]\nnamespace: shared\n"),
        ],
        effects: &[
            ("Deployment/a-encoder", "spec/replicas", "6"),
            ("Deployment/b-encoder", "spec/replicas", "2"),
            ("Deployment/a-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "a-encoder"),
            ("Deployment/b-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "b-encoder"),
            ("NetworkPolicy/b-indexer-0", "spec/ingress/0/from/0/podSelector/matchLabels/flow.jina.ai~1component", "b-indexer-head"),
        ],
    },
    Case {
        name: "the Flow is patched before it is rendered",
        files: &[
            ("over/flow/kustomization.yaml", "resources: [../../base/flow]\npatches:\n- path: search.yaml\n"),
            (
                "over/flow/search.yaml",
                "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: search}\nspec:\n  mesh: istio\n  defaults:\n    topologySpread: null\n    resources: {requests: {memory: 2Gi}}\n  gateway: {autoscale: null, flow: {replicas: 3}}\n  executors:\n    encoder:\n      flow: {replicas: 6, uses_with: {batch_size: 32}}\n      env: {MODEL: large}\n      pdb: null\n    indexer: {shards: {\"1\": {storage: {size: 100Gi}}}}\n",
            ),
            ("over/render/kustomization.yaml", RENDERED_ABOVE),
            ("over/render/kustomizeconfig.yaml", CONFIGURATION),
            (OVER, "resources: [render]\nnamespace: prod\nnamePrefix: prod-\n"),
        ],
        effects: &[
            ("Deployment/prod-encoder", "spec/replicas", "6"),
            ("Deployment/prod-encoder", "CONTAINERS/executor/resources/requests/memory", "2Gi"),
            ("Deployment/prod-encoder", "CONTAINERS/executor/resources/requests/cpu", "500m"),
            ("Deployment/prod-encoder", "spec/template/spec/topologySpreadConstraints", "null"),
            ("Deployment/prod-gateway", "spec/replicas", "3"),
            ("HorizontalPodAutoscaler/prod-gateway", "", "null"),
            ("Service/prod-encoder", "spec/ports/0/appProtocol", "grpc"),
            ("Service/prod-encoder", "spec/clusterIP", "null"),
            ("PodDisruptionBudget/prod-encoder", "spec/maxUnavailable", "1"),
            ("StatefulSet/prod-indexer-1", "spec/volumeClaimTemplates/0/spec/resources/requests/storage", "100Gi"),
            ("ConfigMap/prod-encoder-configmap-*", "data/MODEL", "large"),
        ],
    },
    Case {
        // kustomize drops a `null` of a merge patch where the Flow has nothing to remove; the `null` of a JSON patch is
        // kept.
        name: "a JSON patch of the Flow resets a field of a layer",
        files: &[
            (
                "over/flow/kustomization.yaml",
                "resources: [../../base/flow]\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: add, path: /spec/executors/encoder/resources, value: null}\n    - {op: add, path: /spec/executors/indexer/serviceAccountName, value: null}\n    - {op: replace, path: /spec/mesh, value: linkerd}\n    - {op: replace, path: /spec/monitoring/kind, value: ServiceMonitor}\n",
            ),
            ("over/render/kustomization.yaml", RENDERED_ABOVE),
            ("over/render/kustomizeconfig.yaml", CONFIGURATION),
            (OVER, "resources: [render]\nnamespace: prod\nnameSuffix: -eu\n"),
        ],
        effects: &[
            ("Deployment/encoder-eu", "CONTAINERS/executor/resources", "null"),
            ("Deployment/gateway-eu", "CONTAINERS/gateway/resources/requests/memory", "1Gi"),
            ("StatefulSet/indexer-0-eu", "spec/template/spec/serviceAccountName", "null"),
            ("Deployment/encoder-eu", "spec/template/metadata/annotations/linkerd.io~1inject", "enabled"),
            ("ServiceMonitor/encoder-eu", "spec/selector/matchLabels/flow.jina.ai~1component", "encoder-eu"),
        ],
    },
    Case {
        name: "a Flow with its Namespace",
        files: &[
            (
                "over/flow/kustomization.yaml",
                "resources: [../../base/flow]\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: add, path: /metadata/namespace, value: search}\n    - {op: add, path: /spec/namespace, value: {labels: {team: search}}}\n",
            ),
            ("over/render/kustomization.yaml", RENDERED_ABOVE),
            ("over/render/kustomizeconfig.yaml", CONFIGURATION),
            (OVER, "resources: [render]\nnamespace: prod\nnamePrefix: prod-\nreplicas:\n- {name: encoder, count: 6}\n"),
        ],
        effects: &[
            ("Namespace/prod", "metadata/labels/team", "search"),
            ("Deployment/*", "metadata/namespace", "prod"),
            ("Deployment/prod-encoder", "spec/replicas", "6"),
        ],
    },
    Case {
        name: "the function as a transformer",
        files: &[
            ("over/render.yaml", TRANSFORMER),
            ("over/kustomizeconfig.yaml", CONFIGURATION),
            (
                OVER,
                "resources: [../base/flow, ../base/around]\nnamespace: prod\ntransformers: [render.yaml]\nconfigurations: [kustomizeconfig.yaml]\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: add, path: /spec/executors/encoder/flow, value: {replicas: 6}}\n    - {op: add, path: /metadata/annotations/config.kubernetes.io~1local-config, value: \"true\"}\n",
            ),
        ],
        effects: &[
            ("Deployment/encoder", "spec/replicas", "6"),
            ("Deployment/*", "metadata/namespace", "prod"),
            ("Deployment/encoder", "CONTAINERS/executor/envFrom/1/configMapRef/name", "settings-*"),
            ("JinaFlow/search", "", "null"),
        ],
    },
    Case {
        name: "overlays over a transformer",
        files: &[
            ("one/render.yaml", TRANSFORMER),
            ("one/kustomizeconfig.yaml", CONFIGURATION),
            (
                "one/kustomization.yaml",
                "resources: [../base/flow, ../base/around]\ntransformers: [render.yaml]\nconfigurations: [kustomizeconfig.yaml]\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: add, path: /metadata/annotations/config.kubernetes.io~1local-config, value: \"true\"}\n",
            ),
            (
                OVER,
                "resources: [../one]\nnamespace: prod\nnamePrefix: prod-\nconfigMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [MODEL=large]}\nreplicas:\n- {name: encoder, count: 6}\n",
            ),
        ],
        effects: &[
            ("Deployment/prod-encoder", "spec/replicas", "6"),
            ("Deployment/prod-gateway", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "prod-encoder"),
            ("ConfigMap/prod-encoder-configmap*", "data/MODEL", "large"),
        ],
    },
    Case {
        name: "everything at once",
        files: EVERYTHING,
        effects: &[
            ("Deployment/*", "metadata/namespace", "prod-eu"),
            ("Deployment/eu-prod-encoder-x", "spec/replicas", "8"),
            ("Deployment/eu-prod-encoder-x", "CONTAINERS/executor/image", "mirror.example.com/encoder@sha256:3e23*"),
            ("Deployment/eu-prod-encoder-x", "CONTAINERS/executor/resources/limits/memory", "8Gi"),
            ("Deployment/eu-prod-encoder-x", "spec/selector/matchLabels/team", "search"),
            ("Deployment/eu-prod-encoder-x", "spec/template/metadata/labels/region", "eu"),
            ("Deployment/eu-prod-encoder-x", "spec/selector/matchLabels/region", "null"),
            ("Deployment/eu-prod-encoder-x", "metadata/annotations/owner", "search@example.com"),
            ("ConfigMap/eu-prod-encoder-configmap-x-*", "data/MODEL", "large"),
            ("ConfigMap/eu-prod-encoder-configmap-x-*", "data/PEER", "ranker"),
            ("Secret/eu-prod-credentials-x-*", "data/api-key", "c2VjcmV0"),
            ("StatefulSet/eu-prod-indexer-0-x", "spec/template/spec/nodeSelector/pool", "large"),
            ("StatefulSet/eu-prod-indexer-1-x", "spec/template/spec/nodeSelector/pool", "large"),
            ("Deployment/eu-prod-indexer-head-x", "spec/template/spec/nodeSelector", "null"),
            ("StatefulSet/eu-prod-indexer-2-x", "spec/serviceName", "eu-prod-indexer-2-x"),
            ("Deployment/eu-prod-gateway-x", "CONTAINERS/gateway/env/JINA_ADDR_ENCODER/value", "eu-prod-encoder-x"),
            ("Deployment/eu-prod-indexer-head-x", "CONTAINERS/executor/env/JINA_ADDR_INDEXER_2/value", "eu-prod-indexer-2-x"),
            ("StatefulSet/eu-prod-ranker-x", "spec/template/spec/priorityClassName", "high"),
        ],
    },
];

/// Layers of overlays with different features: the Flow, a component, patches, generators, names, and a region above.
const EVERYTHING: &Files = &[
    ("prod/flow/kustomization.yaml", "resources: [../../base/flow]\npatches:\n- path: search.yaml\n"),
    (
        "prod/flow/search.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: search}\nspec:\n  executors:\n    encoder: {flow: {replicas: 6}}\n    indexer: {flow: {shards: 3}}\n",
    ),
    ("prod/render/kustomization.yaml", RENDERED_ABOVE),
    ("prod/render/kustomizeconfig.yaml", CONFIGURATION),
    (
        "tuned/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {labelSelector: flow.jina.ai/role=worker, kind: Deployment|StatefulSet}\n  patch: |\n    - {op: add, path: /spec/template/spec/priorityClassName, value: high}\n",
    ),
    (
        "prod/kustomization.yaml",
        "resources: [render]\ncomponents: [../tuned]\nnamespace: prod\nnamePrefix: prod-\nlabels:\n- pairs: {team: search}\n  includeSelectors: true\ncommonAnnotations: {owner: search@example.com}\nimages:\n- {name: acme/encoder, newName: mirror.example.com/encoder, digest: \"sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d\"}\nconfigMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [MODEL=large]}\nsecretGenerator:\n- {name: credentials, behavior: merge, literals: [api-key=secret]}\npatches:\n- target: {kind: StatefulSet, labelSelector: \"flow.jina.ai/executor=indexer,flow.jina.ai/role=worker\"}\n  patch: |\n    apiVersion: apps/v1\n    kind: StatefulSet\n    metadata: {name: any}\n    spec: {template: {spec: {nodeSelector: {pool: large}}}}\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: encoder}\n    spec: {template: {spec: {containers: [{name: executor, resources: {limits: {memory: 8Gi}}}]}}}\n",
    ),
    (
        OVER,
        "resources: [../prod]\nnamespace: prod-eu\nnamePrefix: eu-\nnameSuffix: -x\nreplicas:\n- {name: encoder, count: 8}\nlabels:\n- pairs: {region: eu}\n  includeTemplates: true\n",
    ),
];

const CONFIGURATION: &str = include_str!("../../functions/jinaflow/kustomizeconfig.yaml");

/// The kustomization of the base, with the Flow of the overlay.
const RENDERED_ABOVE: &str = "generators: [../flow]\nresources: [../../base/around]\nconfigurations: [kustomizeconfig.yaml]\n";

const TRANSFORMER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: render\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\n";

/// Writes the base and the files of a case into a folder.
fn laid_out(files: &[(&str, &str)]) -> PathBuf {
    let folder = scratch("overlay");
    fs::rename(copy("tests/conformance/overlays/base"), folder.join("base")).unwrap();
    write(&folder, "base/kustomizeconfig.yaml", CONFIGURATION);
    for (name, text) in files {
        write(&folder, name, text);
    }
    folder
}

/// The field at a path. Entries of lists are found by name or index.
fn at<'o>(object: &'o Value, path: &str) -> &'o Value {
    let path = path.replace("CONTAINERS", CONTAINERS);
    path.split('/').filter(|step| !step.is_empty()).fold(object, |value, step| match value {
        Value::Array(entries) => {
            let named = entries.iter().find(|entry| entry["name"] == step);
            named.or_else(|| entries.get(step.parse::<usize>().ok()?)).unwrap_or(&Value::Null)
        }
        _ => &value[step.replace("~1", "/")],
    })
}

fn fits(text: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').map_or(text == pattern, |start| text.starts_with(start))
}

/// The effects of a case that are missing.
fn missing(effects: &[Effect], objects: &[Value]) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, path, wanted) in effects {
        let found: Vec<&Value> = objects.iter().filter(|object| fits(&label(object), name)).collect();
        if found.is_empty() != (path.is_empty() && *wanted == "null") {
            missing.push(format!("{} objects are {name}", found.len()));
        }
        for object in found {
            let value = at(object, path);
            let as_wanted = match serde_json::from_str::<Value>(wanted) {
                Ok(wanted) => *value == wanted,
                Err(_) => value.as_str().is_some_and(|text| fits(text, wanted)),
            };
            if !as_wanted {
                missing.push(format!("{} {path}: {value} instead of {wanted}", label(object)));
            }
        }
    }
    missing
}

fn built(folder: &Path) -> Vec<Value> {
    must(kustomize(folder)).documents()
}

/// The findings of `jinaflow check`, including warnings.
fn checked(manifests: &str) -> Vec<String> {
    let mut check = Command::new(static_binary());
    check.args(["check", "--strict", "-"]);
    let answer = run(check, manifests.as_bytes());
    let findings: Vec<String> = answer.findings().into_iter().map(str::to_owned).collect();
    assert_eq!(answer.code != 0, !findings.is_empty(), "{}", answer.stderr);
    findings
}

/// The errors of a case: broken references, and missing effects of its overlay.
fn wrong(case: &Case, build: Command) -> Vec<String> {
    let build = run(build, b"");
    let objects = if build.code == 0 { build.documents() } else { Vec::new() };
    let mut wrong = if build.code == 0 { faults(&objects) } else { vec![build.stderr] };
    wrong.extend(checked(&build.stdout));
    wrong.extend(missing(case.effects, &objects));
    wrong.into_iter().map(|wrong| format!("{}: {wrong}", case.name)).collect()
}

fn by_kustomize(case: &Case) -> Vec<String> {
    wrong(case, kustomize(&laid_out(case.files).join("over")))
}

#[test]
fn the_flow_stays_wired_under_every_overlay() {
    let base = built(&laid_out(&[]).join("base"));
    assert_eq!(faults(&base), Vec::<String>::new());
    let wrong: Vec<String> = CASES.iter().flat_map(by_kustomize).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for case in CASES {
        assert!(!missing(case.effects, &base).is_empty(), "{}: the base already has the effect of the case", case.name);
    }
}

/// kubectl contains another version of kustomize, which runs no executables; the plugin gives the same result.
#[test]
fn the_flow_stays_wired_under_every_overlay_in_kubectl() {
    let home = plugins();
    let annotation = "  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\n";
    let by_transformer = |case: &&Case| case.files.iter().any(|(_, text)| *text == TRANSFORMER);
    let (left, cases): (Vec<&Case>, Vec<&Case>) = CASES.iter().partition(by_transformer);
    assert_eq!(left.len(), 2);
    let by_kubectl = |case: &Case| {
        let folder = laid_out(case.files);
        edit(&folder.join("base/flow/jinaflow.yaml"), annotation, "");
        wrong(case, by_plugin(kubectl(&folder.join("over")), &home))
    };
    let wrong: Vec<String> = cases.into_iter().flat_map(by_kubectl).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The effect of the configuration on other objects in the same build: a variable that holds the name of a Service
/// follows that Service, and everything else stays unchanged. The manual says so.
#[test]
fn other_objects_beside_a_flow_stay_unchanged() {
    const BESIDE: &str = r#"
apiVersion: v1
kind: Service
metadata: {name: agent}
spec: {selector: {app: agent}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, labels: {app: agent}}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: agent, image: agent, env: [{name: A, value: encoder}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: shop, tier: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: shop, tier: web}}
  template:
    metadata: {labels: {app: shop, tier: web}}
    spec:
      containers:
      - name: web
        image: web
        args: [encoder]
        env:
        - {name: SEARCH, value: gateway}
        - {name: SEARCH_URL, value: "http://gateway:8080"}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: agent}
spec:
  schedule: "@daily"
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: agent}}
        spec: {restartPolicy: Never, containers: [{name: job, image: job}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {WORD: encoder}
"#;
    let folder = laid_out(&[
        ("beside/kustomization.yaml", "resources: [objects.yaml]\n"),
        ("beside/objects.yaml", BESIDE),
        (OVER, "resources: [../base, ../beside]\nnamePrefix: p-\n"),
    ]);
    let objects = built(&folder.join("over"));
    let effects: &[Effect] = &[
        ("Service/p-agent", "spec/selector/app", "agent"),
        ("DaemonSet/p-agent", "spec/selector/matchLabels/app", "agent"),
        ("DaemonSet/p-agent", "spec/template/metadata/labels/app", "agent"),
        ("CronJob/p-agent", "spec/jobTemplate/spec/template/metadata/labels/app", "agent"),
        ("Service/p-web", "spec/selector/app", "shop"),
        ("Deployment/p-web", "spec/selector/matchLabels/app", "shop"),
        ("Deployment/p-web", "spec/template/metadata/labels/app", "shop"),
        ("Deployment/p-web", "CONTAINERS/web/args/0", "encoder"),
        // The address of the gateway, which other objects contain.
        ("Deployment/p-web", "CONTAINERS/web/env/SEARCH/value", "p-gateway"),
        ("Deployment/p-web", "CONTAINERS/web/env/SEARCH_URL/value", "http://gateway:8080"),
        ("DaemonSet/p-agent", "CONTAINERS/agent/env/A/value", "encoder"),
        ("ConfigMap/p-words", "data/WORD", "encoder"),
        ("ConfigMap/p-encoder-configmap-*", "data/PEER", "ranker"),
    ];
    assert_eq!(missing(effects, &objects), Vec::<String>::new());
}

/// Without the configuration, renamed Services are lost. The checkers find that.
#[test]
fn a_flow_without_the_configuration_is_reported() {
    let folder = laid_out(&[(OVER, "resources: [../base]\nnamePrefix: prod-\n")]);
    write(&folder, "base/kustomizeconfig.yaml", "nameReference: []\n");
    let found = faults(&built(&folder.join("over")));
    for fault in [
        "Deployment/prod-gateway gateway: calls grpc://encoder:8080, whose Service does not exist",
        "Deployment/prod-indexer-head executor: calls indexer-1:8080, whose Service does not exist",
        "ScaledObject/prod-ranker: scales \"ranker\", which does not exist",
        "HTTPRoute/prod-gateway: leads to \"gateway-1-http\":8081, which does not exist",
        "GRPCRoute/prod-gateway: no Gateway \"public\"",
    ] {
        assert!(found.iter().any(|line| line == fault), "{fault}\n{}", found.join("\n"));
    }
    let nothing = Case { name: "nothing", files: &[(OVER, "resources: [../base]\n")], effects: CASES[0].effects };
    assert!(
        by_kustomize(&nothing).iter().any(|line| line.starts_with("nothing: Deployment/encoder metadata/namespace: null instead of prod"))
    );
}

/// A JSON patch of an object of the gateway, and the fault that it causes.
struct Planted {
    kind: &'static str,
    op: &'static str,
    path: &'static str,
    value: &'static str,
    fault: &'static str,
}

fn replace(kind: &'static str, path: &'static str, value: &'static str) -> Planted {
    Planted { kind, op: "replace", path, value, fault: "" }
}

fn add(kind: &'static str, path: &'static str, value: &'static str) -> Planted {
    Planted { kind, op: "add", path, value, fault: "" }
}

impl Planted {
    fn gives(self, fault: &'static str) -> Self {
        Self { fault, ..self }
    }
}

/// Every kind of fault that the second opinion can find, planted in the base.
#[test]
fn every_patch_that_breaks_something_is_found() {
    let planted = [
        replace("HorizontalPodAutoscaler", "/spec/scaleTargetRef/name", "\"gate\"")
            .gives("HorizontalPodAutoscaler/gateway: scales \"gate\""),
        add("Deployment", "/spec/replicas", "3").gives("HorizontalPodAutoscaler/gateway: scales a workload with fixed replicas"),
        replace("PodDisruptionBudget", "/spec/selector/matchLabels/flow.jina.ai~1component", "x")
            .gives("PodDisruptionBudget/gateway: selects the pods of 0"),
        replace("NetworkPolicy", "/spec/podSelector/matchLabels/flow.jina.ai~1component", "x")
            .gives("NetworkPolicy/gateway: selects the pods of 0 workloads"),
        replace("NetworkPolicy", "/spec/egress/1/ports/0/port", "81").gives("Deployment/gateway: may not call Deployment/encoder at 8080"),
        replace("NetworkPolicy", "/spec/egress/1/to", "[{podSelector: {matchLabels: {flow.jina.ai/component: encoder}}}]")
            .gives("Deployment/gateway: may not call StatefulSet/ranker at 8080"),
        replace("NetworkPolicy", "/spec/egress", "[]").gives("Deployment/gateway: may not call Deployment/indexer-head at 8080"),
        replace("PodMonitor", "/spec/podMetricsEndpoints/0/port", "x").gives("PodMonitor/gateway: reads port \"x\", which no pod has"),
        replace("Ingress", "/spec/rules/0/http/paths/0/backend/service/port/number", "80")
            .gives("Ingress/gateway: leads to \"gateway-1-http\":80"),
        replace("HTTPRoute", "/spec/rules/0/backendRefs/0/name", "x").gives("HTTPRoute/gateway: leads to \"x\":8081, which does not exist"),
        replace("GRPCRoute", "/spec/parentRefs/0/name", "x").gives("GRPCRoute/gateway: no Gateway \"x\""),
        replace("Deployment", "/spec/template/spec/topologySpreadConstraints/0/labelSelector/matchLabels/flow.jina.ai~1component", "x")
            .gives("Deployment/gateway: is not spread"),
        replace("Deployment", "/spec/template/spec/imagePullSecrets/0/name", "x").gives("Deployment/gateway: no Secret \"x\""),
        replace("Deployment", "/spec/template/spec/serviceAccountName", "x").gives("Deployment/gateway: no ServiceAccount \"x\""),
        add("Deployment", "/spec/template/spec/containers/0/envFrom/-", "{configMapRef: {name: x}}")
            .gives("Deployment/gateway: no ConfigMap \"x\""),
        add("Deployment", "/spec/template/spec/containers/0/volumeMounts", "[{name: x, mountPath: /x}]")
            .gives("Deployment/gateway: mounts \"x\", which is not a volume"),
        replace("Deployment", "/spec/template/spec/containers/0/startupProbe/grpc/port", "1")
            .gives("Deployment/gateway: a probe uses port 1"),
    ];
    let folder = laid_out(&[]);
    for Planted { kind, op, path, value, fault } in planted {
        let patch = format!(
            "resources: [../base]\npatches:\n- target: {{kind: {kind}, name: gateway}}\n  patch: |\n    - {{op: {op}, path: {path}, value: {value}}}\n"
        );
        write(&folder, OVER, &patch);
        let found = faults(&built(&folder.join("over")));
        assert!(found.iter().any(|line| line.starts_with(fault)), "{fault}\n{}", found.join("\n"));
    }
}

/// The number of things in a Flow that an overlay may break, and how many of them are broken.
#[derive(Debug, PartialEq)]
struct Broken {
    /// Addresses: all, those of missing Services, and those of Services in another namespace.
    addresses: [usize; 3],
    /// Services: all, and those that select the pods of several workloads.
    services: [usize; 2],
    /// Monitors: all, and those that find no Service in their namespace.
    monitors: [usize; 2],
}

impl Broken {
    /// The numbers in the words of examples/kustomize/README.md.
    fn words(&self) -> String {
        let [addresses, nowhere, elsewhere] = self.addresses;
        let counts = [
            (nowhere, addresses, "addresses lead nowhere"),
            (elsewhere, addresses, "addresses lead to the other namespace"),
            (self.services[1], self.services[0], "Services also send to pods of others"),
            (self.monitors[1], self.monitors[0], "monitors find no Service"),
        ];
        let words: Vec<String> =
            counts.iter().filter(|(broken, _, _)| *broken > 0).map(|(broken, all, what)| format!("{broken} of {all} {what}")).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }
}

fn broken(objects: &[Value]) -> Broken {
    let of_kind = |kinds: &'static [&str]| objects.iter().filter(move |o| kinds.iter().any(|kind| o["kind"] == *kind));
    let workloads = || of_kind(&["Deployment", "StatefulSet"]);
    let services = || of_kind(&["Service"]);
    let mut broken = Broken { addresses: [0; 3], services: [0; 2], monitors: [0; 2] };
    for workload in workloads() {
        for address in containers(workload).flat_map(called_addresses) {
            let (name, space) = match host_and_port(&address).0.split('.').collect::<Vec<_>>()[..] {
                [name] => (name, namespace(workload)),
                [name, space, "svc"] => (name, space),
                _ => continue,
            };
            let is_there = services().any(|service| service["metadata"]["name"] == name && namespace(service) == space);
            broken.addresses[0] += 1;
            broken.addresses[1] += usize::from(!is_there);
            broken.addresses[2] += usize::from(is_there && space != namespace(workload));
        }
    }
    for service in services() {
        let selects = |w: &&Value| {
            namespace(w) == namespace(service) && contains(&w["spec"]["template"]["metadata"]["labels"], &service["spec"]["selector"])
        };
        broken.services[0] += 1;
        broken.services[1] += usize::from(workloads().filter(selects).count() > 1);
    }
    for monitor in of_kind(&["ServiceMonitor"]) {
        let spaces = strings(&monitor["spec"]["namespaceSelector"]["matchNames"]);
        let looks_here = spaces.is_empty() || spaces.contains(&namespace(monitor));
        let finds = services().any(|service| {
            namespace(service) == namespace(monitor)
                && contains(&service["metadata"]["labels"], &monitor["spec"]["selector"]["matchLabels"])
        });
        broken.monitors[0] += 1;
        broken.monitors[1] += usize::from(!(looks_here && finds));
    }
    broken
}

/// The Flow of `overlays/base`, as a document.
fn flow() -> String {
    let base = fs::read_to_string(root().join("tests/conformance/overlays/base/flow/jinaflow.yaml")).unwrap();
    documents(&base)[0]["spec"]["flow"].as_str().unwrap().to_owned()
}

/// Writes Jina's export as a kustomization.
fn by_jina(folder: &Path) {
    write(folder, "flow.yml", &flow());
    let mut jina = Command::new(crate::tools::folder().join("jina/bin/jina"));
    jina.current_dir(folder).args(["export", "kubernetes", "flow.yml", "base", "--k8s-namespace", "search"]);
    jina.env("JINA_GATEWAY_IMAGE", "acme/jina:3.34.0").env("JINA_OPTOUT_TELEMETRY", "1");
    must(jina);
    let files: Vec<String> = tree(&folder.join("base")).into_keys().collect();
    assert_eq!(files.len(), 6, "{files:?}");
    write(folder, "base/kustomization.yaml", &format!("resources: [{}]\n", files.join(", ")));
}

/// Writes jinaflow's export of the same Flow, without other objects.
fn by_jinaflow(folder: &Path) {
    let flow: String = flow().lines().map(|line| format!("    {line}\n")).collect();
    let config = format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {{path: jinaflow}}\nspec:\n  external: {{secrets: {{credentials: {{}}}}}}\n  images: {{gateway: \"acme/jina:3.34.0\"}}\n  flow: |\n{flow}"
    );
    write(folder, "base/jinaflow.yaml", &config);
    write(folder, "base/kustomizeconfig.yaml", CONFIGURATION);
    write(folder, "base/kustomization.yaml", "generators: [jinaflow.yaml]\nconfigurations: [kustomizeconfig.yaml]\nnamespace: search\n");
}

/// The same Flow with the same overlay: Jina's export breaks as examples/kustomize/README.md says.
#[test]
fn jinas_own_export_breaks_under_the_same_overlays() {
    const SHARDS: &str = "resources: [../base]\npatches:\n- target: {kind: Deployment, labelSelector: \"flow.jina.ai/executor=indexer,flow.jina.ai/role=worker\"}\n  patch: |\n    - {op: add, path: /spec/template/spec/priorityClassName, value: high}\n";
    let twice: &Files = &[
        ("a/kustomization.yaml", "resources: [../base]\nnamePrefix: a-\n"),
        ("b/kustomization.yaml", "resources: [../base]\nnamePrefix: b-\n"),
        (OVER, "resources: [../a, ../b]\n"),
    ];
    let beside: &Files =
        &[("prod/kustomization.yaml", "resources: [../base]\nnamespace: prod\n"), (OVER, "resources: [../base, ../prod]\n")];
    let overlays: [(&str, &Files, &str); 7] = [
        ("none", &[(OVER, "resources: [../base]\n")], "nothing"),
        (
            "`namespace: prod`",
            &[(OVER, "resources: [../base]\nnamespace: prod\n")],
            "5 of 5 addresses lead nowhere, 6 of 6 monitors find no Service",
        ),
        (
            "`namespace: prod`, in a cluster that also has the first Flow",
            beside,
            "5 of 10 addresses lead to the other namespace, 6 of 12 monitors find no Service",
        ),
        ("`namePrefix: prod-`", &[(OVER, "resources: [../base]\nnamePrefix: prod-\n")], "5 of 5 addresses lead nowhere"),
        ("`nameSuffix: -eu`", &[(OVER, "resources: [../base]\nnameSuffix: -eu\n")], "5 of 5 addresses lead nowhere"),
        (
            "`commonLabels: {app: search}`",
            &[(OVER, "resources: [../base]\ncommonLabels: {app: search}\n")],
            "7 of 7 Services also send to pods of others, 6 of 6 monitors find no Service",
        ),
        (
            "two of them, `namePrefix: a-` and `b-`, in one namespace",
            twice,
            "10 of 10 addresses lead nowhere, 14 of 14 Services also send to pods of others",
        ),
    ];
    let (theirs, ours) = (scratch("by-jina"), scratch("by-jinaflow"));
    by_jina(&theirs);
    by_jinaflow(&ours);
    let text_after = |folder: &Path, files: &[(&str, &str)]| {
        for (file, text) in files {
            write(folder, file, text);
        }
        must(kustomize(&folder.join("over"))).stdout
    };
    let after = |folder: &Path, files: &[(&str, &str)]| documents(&text_after(folder, files));
    let readme = fs::read_to_string(root().join("examples/kustomize/README.md")).unwrap();
    for (name, files, wanted) in overlays {
        let found = broken(&after(&theirs, files));
        assert_eq!(found.words(), wanted, "{name}");
        assert_eq!(broken(&after(&ours, files)).words(), "nothing", "{name}");
        // The check reports each of these addresses in Jina's export, and nothing in jinaflow's.
        let lost = checked(&text_after(&theirs, files)).iter().filter(|line| line.contains(": calls `")).count();
        assert_eq!(lost, found.addresses[1], "{name}");
        assert_eq!(checked(&text_after(&ours, files)), Vec::<String>::new(), "{name}");
        assert!(wanted == "nothing" || readme.contains(&format!("| {name} | {wanted} |\n")), "the README of the example: {name}");
    }
    // A patch by labels finds no labels there, and kustomize reports nothing.
    let high = |folder: &Path| {
        let objects = after(folder, &[(OVER, SHARDS)]);
        objects.iter().filter(|object| at(object, "spec/template/spec/priorityClassName") == "high").count()
    };
    assert_eq!((high(&theirs), high(&ours)), (0, 2));
    assert!(readme.contains("| a patch by labels, of all shards | it changes 0 of 2 shards, without an error |\n"));
}
