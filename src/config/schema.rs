//! The JSON Schema of a `JinaFlow`, from the table of options, for editors (draft 7, which yaml-language-server reads).
//! [`super::openapi`] makes the other form of it.
//!
//! It is no stricter than reading is: a value may be a variable that is filled in later, and Jina takes many a value in
//! several spellings. What it adds in an editor are names, descriptions, defaults and words to choose from.

use super::field::{self, Whose};
use super::fields::{LAYER, SPEC};
use super::{API_VERSION, Compat, KIND, OnConflict};
use crate::jina::options::{DefaultValue, Kind, Row, TABLE};
use crate::jina::section::Section;
use crate::jina::value::Value;

const FRAME: &str = r##"{
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "KIND",
  "description": "A Jina Flow or Deployment that becomes Kubernetes manifests.",
  "type": "object",
  "required": ["apiVersion", "kind", "metadata", "spec"],
  "additionalProperties": false,
  "properties": {
    "apiVersion": {"const": "API_VERSION"},
    "kind": {"const": "KIND"},
    "metadata": {"type": "object", "required": ["name"]},
    "spec": {
      "description": "What runs, and how.",
      "type": "object",
      "required": ["flow"],
      "additionalProperties": false,
      "properties": {
        "flow": {"description": "The Flow or Deployment, as text or as a mapping.", "anyOf": [{"type": "string"}, {"$ref": "#/definitions/flow"}]},
        "compat": {"description": "jina-3.34: exactly what Jina 3.34 exports, defects included.", "enum": [COMPAT], "default": "none"},
        "jinaVersion": {"description": "Version of Jina's own image and of the containers.", "type": "string", "pattern": "^3\\.[0-9]+\\.[0-9]+$"},
        "images": {"description": "From `uses`, or `gateway`, to an image.", "$ref": "#/definitions/texts"},
        "imagePattern": {"description": "Where the images of names on the Jina Hub are, such as registry.example.com/{owner}/{name}:{tag}.", "type": "string"},
        "context": {"description": "Values of the Flow's variables.", "$ref": "#/definitions/texts"},
        "defaults": {"description": "For all pods.", "$ref": "#/definitions/defaults"},
        "roles": {
          "description": "For all pods of a role, over `defaults`.",
          "type": ["object", "null"],
          "additionalProperties": false,
          "properties": {
            "gateway": {"$ref": "#/definitions/gateways"},
            "head": {"$ref": "#/definitions/heads"},
            "worker": {"$ref": "#/definitions/workers"}
          }
        },
        "gateway": {"description": "For the gateway, over its role.", "$ref": "#/definitions/gateways"},
        "executors": {"description": "For the executor of that name in the Flow, over its role.", "type": ["object", "null"], "additionalProperties": {"$ref": "#/definitions/executors"}},
SPEC,
        "output": {
          "description": "What becomes of generated files.",
          "type": ["object", "null"],
          "additionalProperties": false,
          "properties": {
            "onConflict": {"description": "What becomes of a field that both you, in a generated file, and the Flow have changed: your value stays, the Flow's comes, or nothing is changed and the run fails.", "enum": [ON_CONFLICT], "default": "keep"}
          }
        }
      }
    },
    "status": {"type": "object"}
  },
  "definitions": {
    "defaults": {"type": ["object", "null"], "additionalProperties": false, "properties": {
DEFAULTS
    }},
    "gateways": {"type": ["object", "null"], "additionalProperties": false, "properties": {
GATEWAYS
    }},
    "heads": {"type": ["object", "null"], "additionalProperties": false, "properties": {
HEADS
    }},
    "workers": {"type": ["object", "null"], "additionalProperties": false, "properties": {
WORKERS
    }},
    "executors": {"type": ["object", "null"], "additionalProperties": false, "properties": {
"head": {"description": "For its head alone.", "$ref": "#/definitions/heads"},
"shards": {"description": "For one shard alone, by its number.", "type": ["object", "null"], "additionalProperties": {"$ref": "#/definitions/workers"}},
ENTRIES
    }},
    "texts": {"type": ["object", "null"], "additionalProperties": {"type": ["string", "number", "boolean"]}},
    "flow": {
      "type": "object",
      "required": ["jtype"],
      "properties": {
        "jtype": {"enum": ["Flow", "Deployment"]},
        "version": {"description": "Version of the Flow language: 1."},
        "with": {"description": "Options of the Flow, or of the Deployment.", "anyOf": [{"$ref": "#/definitions/with"}, {"$ref": "#/definitions/executor"}, {"type": "null"}]},
        "gateway": {"description": "Options of the gateway.", "anyOf": [{"$ref": "#/definitions/gateway"}, {"type": "null"}]},
        "executors": {"description": "The executors.", "type": ["array", "null"], "items": {"$ref": "#/definitions/executor"}},
        "deployments": {"description": "Another name of `executors`.", "type": ["array", "null"], "items": {"$ref": "#/definitions/executor"}}
      }
    },
    "with": {
      "type": "object",
      "properties": {
WITH
      }
    },
    "gateway": {
      "type": "object",
      "properties": {
        "image": {"description": "The image of the class in `uses`, whose configuration is mounted.", "type": "string"},
GATEWAY
      }
    },
    "executor": {
      "type": "object",
      "properties": {
        "needs": {"description": "The executors whose results this one waits for; `gateway` for none.", "type": ["array", "string", "null"]},
        "method": {"description": "How it joins the Flow.", "enum": ["add", "needs", "needs_all", "inspect", "gather_inspect", null]},
        "jtype": {"const": "Deployment"},
        "with": {"description": "Options, where `jtype: Deployment` stands beside it.", "type": "object"},
        "image": {"description": "The image of the class in `uses`, whose configuration is mounted.", "type": "string"},
EXECUTOR
      }
    }
  }
}
"##;

/// The schema as text.
pub fn text() -> String {
    let listed = |words: &[&str]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", ");
    FRAME
        .replace("SPEC,\n", &(field::properties(SPEC, Whose::EVERYWHERE) + ",\n"))
        .replace("DEFAULTS\n", &(field::properties(LAYER, Whose::ALL | Whose::DEFAULTS) + "\n"))
        .replace("GATEWAYS\n", &(field::properties(LAYER, Whose::GATEWAY | Whose::GATEWAY_ENTRY) + "\n"))
        .replace("HEADS\n", &(field::properties(LAYER, Whose::HEAD) + "\n"))
        .replace("WORKERS\n", &(field::properties(LAYER, Whose::WORKER) + "\n"))
        .replace("ENTRIES\n", &(field::properties(&LAYER[..LAYER.len() - 2], Whose::HEAD | Whose::WORKER | Whose::EXECUTOR) + "\n"))
        .replace("API_VERSION", API_VERSION)
        .replace("KIND", KIND)
        .replace("COMPAT", &listed(Compat::words()))
        .replace("ON_CONFLICT", &listed(OnConflict::words()))
        .replace("WITH\n", &properties(Section::With))
        .replace("GATEWAY\n", &properties(Section::Gateway))
        .replace("EXECUTOR\n", &properties(Section::Executor))
}

/// The options of a section under all their names.
fn properties(section: Section) -> String {
    let named = TABLE.iter().filter(|row| section.allows(row)).flat_map(|row| {
        let names = [row.name].into_iter().chain(row.aliases.iter().copied());
        names.map(move |name| format!("        {}: {}", quoted(name), option(row)))
    });
    named.collect::<Vec<_>>().join(",\n") + "\n"
}

fn option(row: &Row) -> String {
    let words = |words: &[&str], both_cases: bool| {
        let lower = words.iter().filter(|_| both_cases).map(|word| quoted(&word.to_lowercase()));
        let words: Vec<String> = words.iter().map(|word| quoted(word)).chain(lower).collect();
        format!(r#", "anyOf": [{{"enum": [{}]}}, {{"type": ["string", "array", "boolean", "null"]}}]"#, words.join(", "))
    };
    let kind = match row.kind {
        Kind::Flag => r#", "type": ["boolean", "integer", "string", "null"]"#.to_owned(),
        Kind::Int => r#", "type": ["integer", "string", "array", "null"]"#.to_owned(),
        Kind::Text => String::new(),
        Kind::Texts | Kind::Hosts => r#", "type": ["array", "string", "number", "boolean", "null"]"#.to_owned(),
        Kind::Ports => r#", "type": ["integer", "array", "string", "null"]"#.to_owned(),
        Kind::Pairs => r#", "type": ["object", "array", "string", "null"]"#.to_owned(),
        Kind::PeerPorts => r#", "type": ["object", "array", "integer", "string", "null"]"#.to_owned(),
        Kind::Choice(choice) => words(choice, false),
        Kind::Enum(choice) => words(choice, true),
        Kind::Protocols => words(&["GRPC", "HTTP", "WEBSOCKET"], true),
    };
    let default = match row.default {
        DefaultValue::Int(number) => format!(r#", "default": {number}"#),
        DefaultValue::Text(text) => format!(r#", "default": {}"#, quoted(text)),
        DefaultValue::Unset | DefaultValue::Empty => String::new(),
    };
    let note = row.effect.reason().map(|reason| format!(" No effect on Kubernetes: {reason}.")).unwrap_or_default();
    format!(r#"{{"description": {}{kind}{default}}}"#, quoted(&format!("{}{note}", row.doc)))
}

fn quoted(text: &str) -> String {
    Value::Str(text.to_owned()).to_json()
}
