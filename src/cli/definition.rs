//! `jinaflow definition`: what catalogs of functions read about this one, a `KRMFunctionDefinition` for each kind of
//! functionConfig (kubernetes-sigs/kustomize, `kyaml/fn/framework/function_definition.go`).

use anyhow::Result;

use crate::check::external::External;
use crate::config::{self, openapi, schema};
use crate::yaml::{self, Node};

const FRAME: &str = "\
apiVersion: config.kubernetes.io/v1alpha1
kind: KRMFunctionDefinition
metadata:
  name: NAME.GROUP
spec:
  group: GROUP
  names:
    kind: KIND
  description: DESCRIPTION
  tags: TAGS
  versions:
  - name: VERSION
    idempotent: true
    usage: README.md
    examples: EXAMPLES
    license: Apache-2.0
    runtime:
      container:
        image: localhost/jinaflow:vRELEASE
      exec:
        path: jinaflow
    schema:
      openAPIV3Schema:
";

const CHECK: &str = r#"{
  "description": "Every JinaFlow among the items is checked, and that all items are wired.",
  "type": "object",
  "required": ["apiVersion", "kind", "metadata"],
  "additionalProperties": false,
  "properties": {"apiVersion": {"const": "API_VERSION"}, "kind": {"const": "KIND"}, "metadata": {"type": "object"},
    "spec": {"type": "object", "additionalProperties": false, "properties": {"external": EXTERNAL}}}
}"#;

struct Kind {
    name: &'static str,
    description: &'static str,
    tags: &'static str,
    examples: &'static str,
}

/// Both definitions, as documents.
pub fn text() -> Result<String> {
    let check =
        CHECK.replace("API_VERSION", config::API_VERSION).replace("KIND", config::CHECK_KIND).replace("EXTERNAL", &External::schema());
    let mut out = "# Written by `jinaflow definition`. The function has no public home yet: paths are relative to this file.\n".to_owned();
    define(
        &Kind {
            name: config::KIND,
            description: "Turn a Jina Flow or Deployment into the Kubernetes manifests that run it.",
            tags: "[generator, mutator, jina]",
            examples: "[../../examples/jinaflow-render/README.md, ../../examples/jinaflow-eval/README.md]",
        },
        &schema::text(),
        &mut out,
    )?;
    out.push_str("---\n");
    define(
        &Kind {
            name: config::CHECK_KIND,
            description: "Check every JinaFlow of a package, that what was generated from it is current, and that all of it is wired.",
            tags: "[validator, jina]",
            examples: "[../../examples/jinaflow-check/README.md]",
        },
        &check,
        &mut out,
    )?;
    Ok(out)
}

fn define(kind: &Kind, schema: &str, out: &mut String) -> Result<()> {
    let (group, version) = config::API_VERSION.split_once('/').unwrap_or_default();
    let frame = FRAME
        .replace("NAME", &kind.name.to_lowercase())
        .replace("GROUP", group)
        .replace("KIND", kind.name)
        .replace("VERSION", version)
        .replace("RELEASE", env!("CARGO_PKG_VERSION"))
        .replace("DESCRIPTION", kind.description)
        .replace("TAGS", kind.tags)
        .replace("EXAMPLES", kind.examples);
    out.push_str(&frame);
    let schema: Node<'_> = serde_json::from_str(schema)?;
    let mut text = String::new();
    yaml::write(&openapi::structural(&schema), &mut text);
    for line in text.lines() {
        for part in ["        ", line, "\n"] {
            out.push_str(part);
        }
    }
    Ok(())
}
