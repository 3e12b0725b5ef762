//! Rendered Flows of every kind, with the objects that surround them in a repository.

use jinaflow::internals::cli::input::{self, FlowOfFile};
use jinaflow::internals::config::Overrides;
use jinaflow::internals::finding::Path;
use jinaflow::internals::plan::Budget;
use jinaflow::internals::render::Rendering;
use jinaflow::internals::report::Subject;
use jinaflow::internals::yaml::kubernetes_value;
use serde_json::Value;

use crate::support::documents;

/// A Flow and its surroundings.
pub struct Recipe {
    pub name: &'static str,
    pub flow: &'static str,
    /// The fields of its JinaFlow.
    pub fields: &'static str,
    /// The other objects in the repository.
    pub around: &'static str,
}

const fn recipe(name: &'static str, flow: &'static str) -> Recipe {
    Recipe { name, flow, fields: "", around: "" }
}

impl Recipe {
    const fn fields(self, fields: &'static str) -> Self {
        Self { fields, ..self }
    }

    const fn around(self, around: &'static str) -> Self {
        Self { around, ..self }
    }
}

const TWO: &str = "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n- {name: indexer, uses: docker://acme/indexer:1}\n";
const SHARDED: &str =
    "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n- {name: indexer, uses: docker://acme/indexer:1, shards: 3}\n";
const AROUND: &str = "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n- {name: indexer, uses: docker://acme/indexer:1, shards: 2, uses_before: docker://acme/before:1, uses_after: docker://acme/after:1}\n";
const MONITORED: &str = "with: {monitoring: true}\nexecutors:\n- {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n- {name: indexer, uses: docker://acme/indexer:1, shards: 2, uses_before: docker://acme/before:1}\n";
const PROTOCOLS: &str =
    "with: {protocol: [grpc, http, websocket]}\nexecutors:\n- {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n";
const DIAMOND: &str = "executors:\n- {name: first, uses: docker://acme/first:1}\n- {name: left, uses: docker://acme/left:1, needs: first}\n- {name: right, uses: docker://acme/right:1, needs: first, replicas: 2}\n- {name: join, uses: docker://acme/join:1, needs: [left, right]}\n";
const SECRETS: &str = "executors:\n- {name: encoder, uses: docker://acme/encoder:1, env: {MODEL: small}, env_from_secret: {TOKEN: {name: keys, key: api}}, image_pull_secrets: [registry]}\n";
const KEYS: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: search}\nstringData: {api: x}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: registry, namespace: search}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{}'}\n";
const CERTIFICATE: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: certificate, namespace: search}\ntype: kubernetes.io/tls\nstringData: {tls.crt: x, tls.key: x}\n";
const MODELS: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: models, namespace: search}\nspec: {accessModes: [ReadOnlyMany], resources: {requests: {storage: 1Gi}}}\n";
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot, namespace: search}\n";
const EGRESS: &str = "networkPolicy: {egress: {enabled: true, allowTo: {store: {cidr: 10.0.0.0/8, port: 443}}}}";

pub const RECIPES: &[Recipe] = &[
    recipe("one executor", "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n"),
    recipe("two executors", TWO),
    recipe("three replicas", "executors:\n- {name: encoder, uses: docker://acme/encoder:1, replicas: 3}\n"),
    recipe("a diamond", DIAMOND),
    recipe("shards", SHARDED),
    recipe("shards with replicas", "executors:\n- {name: indexer, uses: docker://acme/indexer:1, shards: 2, replicas: 2}\n"),
    recipe("before and after shards", AROUND),
    recipe("linkerd", TWO).fields("mesh: linkerd"),
    recipe("linkerd with replicas", MONITORED).fields("mesh: linkerd"),
    recipe("istio", TWO).fields("mesh: istio"),
    recipe("istio with shards", AROUND).fields("mesh: istio"),
    recipe("policies", TWO).fields("networkPolicy: {}"),
    recipe("policies with egress", TWO).fields(EGRESS),
    recipe("policies with egress, shards", AROUND).fields(EGRESS),
    recipe("policies with egress in istio", TWO).fields("mesh: istio\nnetworkPolicy: {egress: {enabled: true}}"),
    recipe("policies with egress in linkerd", SHARDED).fields("mesh: linkerd\nnetworkPolicy: {egress: {enabled: true}}"),
    recipe("service monitors", MONITORED).fields("monitoring: {labels: {release: kps}}"),
    recipe("pod monitors", MONITORED).fields("monitoring: {kind: PodMonitor}"),
    recipe("pod monitors with policies", MONITORED).fields("monitoring: {kind: PodMonitor}\nnetworkPolicy: {egress: {enabled: true}}"),
    recipe("protocols", PROTOCOLS),
    recipe("a load balancer", TWO).fields("gateway: {expose: {type: LoadBalancer, port: 80}}"),
    recipe("node ports", PROTOCOLS).fields("gateway: {expose: {type: NodePort, port: 80, nodePort: 30080, protocol: http}}"),
    recipe("an ingress", TWO).fields("gateway: {ingress: {className: nginx, hosts: {search.example.com: {tls: certificate}}}}").around(CERTIFICATE),
    recipe("a declared certificate", TWO).fields("external: {secrets: {certificate: {}}}\ngateway: {ingress: {hosts: {search.example.com: {tls: certificate}}}}"),
    recipe("routes", PROTOCOLS).fields("gateway: {httpRoute: {gateways: {web: {namespace: infra}}, hostnames: {x.example.com: {}}}, grpcRoute: {gateways: {web: {namespace: infra}}}}"),
    recipe("storage", TWO).fields("executors: {indexer: {storage: {size: 5Gi, mountPath: /data}}}"),
    recipe("volumes", "executors:\n- {name: indexer, uses: docker://acme/indexer:1, volumes: /data, shards: 2}\n"),
    recipe("a claim", TWO).fields("executors: {encoder: {podTemplate: {spec: {volumes: [{name: models, persistentVolumeClaim: {claimName: models}}]}}}}").around(MODELS),
    recipe("autoscale", TWO).fields("executors: {encoder: {resources: {requests: {cpu: 1, memory: 1Gi}}, autoscale: {min: 2, max: 9, cpu: 70, memory: 60}}}"),
    recipe("autoscale a gateway", TWO).fields("gateway: {resources: {requests: {cpu: 500m}}, autoscale: {min: 2, max: 4, cpu: 70}}\nmesh: linkerd"),
    recipe("keda", TWO).fields("executors: {encoder: {autoscale: {min: 0, max: 9, keda: {triggers: {load: {type: prometheus, metadata: {query: up}}}}}}}"),
    recipe("restricted", AROUND).fields("defaults: {securityProfile: restricted}"),
    recipe("secrets", SECRETS).around(KEYS),
    recipe("declared secrets", SECRETS).fields("external: {secrets: {keys: {}, registry: {}}}"),
    recipe("an account", TWO).fields("defaults: {serviceAccountName: robot}").around(ACCOUNT),
    recipe("an external executor", "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n- {name: ranker, external: true, host: ranker.example.com, port: 443, tls: true}\n- {name: near, external: true, host: near.other.svc, port: 8080}\n"),
    recipe("a floating executor", "executors:\n- {name: encoder, uses: docker://acme/encoder:1}\n- {name: audit, uses: docker://acme/audit:1, floating: true, needs: encoder}\n"),
    recipe("everything", MONITORED).fields("mesh: istio\nmonitoring: {kind: PodMonitor}\nnetworkPolicy: {egress: {enabled: true}}\ngateway: {ingress: {hosts: {search.example.com: {tls: certificate}}}, flow: {replicas: 2}}\nexecutors: {encoder: {resources: {requests: {cpu: 1}}, autoscale: {min: 2, max: 9, cpu: 70}}, indexer: {storage: {size: 5Gi}}}").around(CERTIFICATE),
    recipe("as jina exports", TWO).fields("compat: jina-3.34"),
    recipe("as jina exports, shards", SHARDED).fields("compat: jina-3.34"),
    recipe("as jina exports, replicas", PROTOCOLS).fields("compat: jina-3.34"),
];

/// A rendered Flow.
pub struct Base {
    pub name: &'static str,
    pub objects: Vec<Value>,
}

/// All bases.
pub fn bases() -> Vec<Base> {
    RECIPES.iter().map(|recipe| Base { name: recipe.name, objects: rendered(recipe) }).collect()
}

fn rendered(recipe: &Recipe) -> Vec<Value> {
    let Recipe { name, flow, fields, around } = recipe;
    let spec: String = fields.lines().map(|line| format!("  {line}\n")).collect();
    let flow: String = flow.lines().map(|line| format!("    {line}\n")).collect();
    let text = format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: search, namespace: search}}\nspec:\n{spec}  flow: |\n    jtype: Flow\n{flow}"
    );
    let mut findings = Vec::new();
    let subject = Subject::File("jinaflow.yaml".to_owned());
    let mut objects = Vec::new();
    let mut budget = Budget::default();
    for FlowOfFile { config, findings: mut own, path, .. } in input::flows(&text, &subject, &Overrides::default(), &mut findings) {
        let rendering = Rendering::of(&config, &Path::root(path), &mut budget, &mut own);
        let rendering = rendering.unwrap_or_else(|| panic!("{name}: {own:?}\n{text}"));
        objects.extend(rendering.objects().flat_map(|(_, objects)| objects).map(|object| kubernetes_value(&object.node)));
    }
    assert!(findings.is_empty() && !objects.is_empty(), "{name}: {findings:?}");
    objects.extend(documents(around));
    objects
}
