//! `jinaflow definition`: a `KRMFunctionDefinition` for each kind of functionConfig, which catalogs of functions read
//! (kubernetes-sigs/kustomize, `kyaml/fn/framework/function_definition.go`).

use crate::check::external::External;
use crate::config::json_schema::{boolean, object, of_type, strings, with};
use crate::config::{self, openapi, schema};
use crate::yaml::{self, Node};

struct Definition {
    kind: &'static str,
    description: &'static str,
    tags: &'static [&'static str],
    examples: &'static [&'static str],
    schema: Node<'static>,
}

/// Both definitions, as YAML documents.
pub fn text() -> String {
    let mut out =
        "# Written by `jinaflow definition`. The function has no public registry yet: paths are relative to this file.\n".to_owned();
    let render = Definition {
        kind: config::KIND,
        description: "Turn a Jina Flow or Deployment into the Kubernetes manifests that run it.",
        tags: &["generator", "mutator", "jina"],
        examples: &["../../examples/jinaflow-render/README.md", "../../examples/jinaflow-eval/README.md"],
        schema: schema::schema(),
    };
    let check = Definition {
        kind: config::CHECK_KIND,
        description: "Check the JinaFlows of a package, that generated objects are up to date, and that all objects form a working Flow.",
        tags: &["validator", "jina"],
        examples: &["../../examples/jinaflow-check/README.md"],
        schema: schema_of_check(),
    };
    yaml::write(&render.node(), &mut out);
    out.push_str("---\n");
    yaml::write(&check.node(), &mut out);
    out
}

/// The JSON Schema of a JinaFlowCheck as text.
pub fn schema_of_check_as_text() -> String {
    let schema = with(object([("$schema", schema::DRAFT.into()), ("title", config::CHECK_KIND.into())]), schema_of_check());
    schema::published(schema, "check.schema.json")
}

/// CustomResourceDefinitions of both kinds, as YAML documents.
pub fn resources() -> String {
    let mut out = "# Written by `jinaflow schema crd`, for sites and programs that read CustomResourceDefinitions, such as kubeconform.\n\
                   # A cluster needs none of them: jinaflow runs before an apply.\n"
        .to_owned();
    for (kind, plural, schema) in [(config::KIND, "jinaflows", schema::schema()), (config::CHECK_KIND, "jinaflowchecks", schema_of_check())]
    {
        if !out.ends_with("apply.\n") {
            out.push_str("---\n");
        }
        yaml::write(&resource(kind, plural, &schema), &mut out);
    }
    out
}

fn resource(kind: &'static str, plural: &'static str, schema: &Node<'static>) -> Node<'static> {
    let (group, version) = config::API_VERSION.split_once('/').unwrap_or_default();
    let names = [
        ("kind", kind.into()),
        ("plural", plural.into()),
        ("singular", kind.to_lowercase().into()),
        ("listKind", format!("{kind}List").into()),
    ];
    let version = object([
        ("name", version.into()),
        ("served", boolean(true)),
        ("storage", boolean(true)),
        ("schema", object([("openAPIV3Schema", openapi::structural(schema))])),
    ]);
    let spec =
        object([("group", group.into()), ("names", object(names)), ("scope", "Namespaced".into()), ("versions", vec![version].into())]);
    object([
        ("apiVersion", "apiextensions.k8s.io/v1".into()),
        ("kind", "CustomResourceDefinition".into()),
        ("metadata", object([("name", format!("{plural}.{group}").into())])),
        ("spec", spec),
    ])
}

/// The schema of a JinaFlowCheck.
fn schema_of_check() -> Node<'static> {
    let closed = |properties| with(of_type("object"), object([("additionalProperties", boolean(false)), ("properties", properties)]));
    let properties = object([
        ("apiVersion", object([("const", config::API_VERSION.into())])),
        ("kind", object([("const", config::CHECK_KIND.into())])),
        ("metadata", of_type("object")),
        ("spec", closed(object([("external", External::schema())]))),
    ]);
    let description = "Checks every JinaFlow among the items, and that all items form a working Flow.";
    let required = object([("description", description.into()), ("required", strings(["apiVersion", "kind", "metadata"]))]);
    with(required, closed(properties))
}

impl Definition {
    fn node(&self) -> Node<'static> {
        let (group, version) = config::API_VERSION.split_once('/').unwrap_or_default();
        let name = format!("{}.{group}", self.kind.to_lowercase());
        let container = object([("image", format!("localhost/jinaflow:v{}", env!("CARGO_PKG_VERSION")).into())]);
        let version = object([
            ("name", version.into()),
            ("idempotent", boolean(true)),
            ("usage", "README.md".into()),
            ("examples", strings(self.examples.iter().copied())),
            ("license", "Apache-2.0".into()),
            ("runtime", object([("container", container), ("exec", object([("path", "jinaflow".into())]))])),
            ("schema", object([("openAPIV3Schema", openapi::structural(&self.schema))])),
        ]);
        let spec = object([
            ("group", group.into()),
            ("names", object([("kind", self.kind.into())])),
            ("description", self.description.into()),
            ("tags", strings(self.tags.iter().copied())),
            ("versions", vec![version].into()),
        ]);
        object([
            ("apiVersion", "config.kubernetes.io/v1alpha1".into()),
            ("kind", "KRMFunctionDefinition".into()),
            ("metadata", object([("name", name.into())])),
            ("spec", spec),
        ])
    }
}
