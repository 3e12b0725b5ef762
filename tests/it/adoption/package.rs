//! A kpt package with an export of Jina and a JinaFlow.

use std::collections::BTreeMap;
use std::fs;

use jinaflow::internals::function;
use serde_json::{Value, json};

use crate::support::{Recorded, documents, is_record};

/// Objects by kind and name.
pub type Objects = BTreeMap<(String, String), Value>;

/// A package before its first render.
#[derive(Clone)]
pub struct Package {
    /// The files of the export.
    pub files: BTreeMap<String, String>,
    /// `spec` of the JinaFlow.
    pub spec: Value,
    /// The namespace of the JinaFlow.
    pub namespace: String,
}

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

impl Package {
    /// The export of a recorded Flow; `None` if Jina exports no object.
    pub fn of_recorded(case: &Recorded) -> Option<Self> {
        let files = case.expected().filter(|files| !files.is_empty())?;
        let first = files.values().next()?;
        let namespace = first.split("\n  namespace: ").nth(1)?.lines().next()?.trim_matches(['\'', '"']).to_owned();
        let flow = fs::read_to_string(case.folder.join("flow.yml")).ok()?;
        let is_image = |(name, _): &&(String, String)| name == "JINA_GATEWAY_IMAGE";
        let images = case.env.iter().filter(is_image).map(|(_, image)| ("gateway".to_owned(), image.clone())).chain(case.images.clone());
        let context = case.env.iter().filter(|pair| !is_image(pair)).cloned();
        let map = |pairs: Vec<(String, String)>| pairs.into_iter().collect::<BTreeMap<String, String>>();
        let spec = json!({"flow": flow, "images": map(images.collect()), "context": map(context.collect())});
        Some(Self { files, spec, namespace })
    }

    fn jina_flow(&self) -> String {
        let annotations = json!({"config.kubernetes.io/local-config": "true", "internal.config.kubernetes.io/path": "jinaflow.yaml"});
        let metadata = json!({"name": "search", "namespace": self.namespace, "annotations": annotations});
        let flow = json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": metadata, "spec": self.spec});
        format!("- {flow}\n")
    }

    /// The list that kpt sends.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned() + &self.jina_flow();
        for (file, content) in &self.files {
            for (index, document) in content.split("\n---\n").enumerate() {
                let place = format!(
                    "metadata:\n  annotations:\n    internal.config.kubernetes.io/path: '{file}'\n    internal.config.kubernetes.io/index: '{index}'\n"
                );
                let document = match document.split_once("metadata:\n  annotations:\n") {
                    Some((head, rest)) if !head.contains("metadata:") => format!("{head}{place}{rest}"),
                    _ => document.replacen("metadata:\n", &place, 1),
                };
                for (line, content) in document.trim_end_matches('\n').split('\n').enumerate() {
                    text.push_str(if line == 0 {
                        "- "
                    } else if content.is_empty() {
                        ""
                    } else {
                        "  "
                    });
                    text.push_str(content);
                    text.push('\n');
                }
            }
        }
        text
    }

    pub fn list(&self) -> Value {
        documents(&self.text()).remove(0)
    }

    /// Renders the package.
    pub fn adopt(&self) -> Adopted {
        Adopted::of(&self.text())
    }

    fn without_export(&self) -> Adopted {
        Adopted::of(&(HEAD.to_owned() + &self.jina_flow()))
    }

    /// Whether the Flow renders without the export.
    pub fn renders(&self) -> bool {
        self.without_export().is_success
    }

    /// The objects of a render without the export.
    pub fn fresh(&self) -> Objects {
        let fresh = self.without_export();
        assert!(fresh.is_success, "{}", fresh.stderr);
        fresh.objects
    }

    /// The objects of the export by file.
    pub fn edited(&self) -> Vec<(String, Vec<Value>)> {
        self.files.iter().map(|(file, text)| (file.clone(), documents(text))).collect()
    }

    /// The package with other objects.
    pub fn with(&self, files: &[(String, Vec<Value>)]) -> Self {
        let text = |objects: &[Value]| objects.iter().map(written).collect::<Vec<_>>().join("---\n");
        Self { files: files.iter().map(|(file, objects)| (file.clone(), text(objects))).collect(), ..self.clone() }
    }
}

/// An object as YAML.
fn written(object: &Value) -> String {
    let mut text = String::new();
    let json = object.to_string();
    jinaflow::internals::yaml::write(&serde_json::from_str(&json).unwrap(), &mut text);
    text
}

/// The answer of the function.
pub struct Adopted {
    pub text: String,
    pub objects: Objects,
    /// Standard error without the lines in `summary`.
    pub stderr: String,
    pub summary: Vec<String>,
    pub is_success: bool,
    /// Whether the items of the answer are the items of the list, byte for byte.
    pub is_unchanged: bool,
}

impl Adopted {
    pub fn of(input: &str) -> Self {
        let mut out = Vec::new();
        let outcome = function::run(input.as_bytes(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (summary, stderr) = outcome.stderr.split_inclusive('\n').partition::<Vec<&str>, _>(|line| line.starts_with("jinaflow: "));
        Self {
            objects: if outcome.success { objects(&text) } else { Objects::new() },
            stderr: stderr.concat(),
            summary: summary.into_iter().map(|line| line.trim_end().to_owned()).collect(),
            is_success: outcome.success,
            is_unchanged: items(&text) == items(input),
            text,
        }
    }

    /// The next render.
    pub fn again(&self) -> Self {
        Self::of(&self.text)
    }

    /// The list with another Flow.
    pub fn with_flow(&self, change: impl Fn(&str) -> String) -> Self {
        self.with_spec(|spec| spec["flow"] = change(spec["flow"].as_str().unwrap()).into())
    }

    /// The list with another JinaFlow.
    pub fn with_spec(&self, change: impl Fn(&mut Value)) -> Self {
        let line = self.text.lines().find(|line| line.starts_with("- {\"apiVersion\":\"flow.jina.ai/")).unwrap();
        let mut flow: Value = serde_json::from_str(&line[2..]).unwrap();
        change(&mut flow["spec"]);
        let text = items(&self.text).replace(line, &format!("- {flow}"));
        Self { text, objects: self.objects.clone(), stderr: String::new(), summary: Vec::new(), is_success: true, is_unchanged: true }
    }

    pub fn list(&self) -> Value {
        documents(&self.text).remove(0)
    }

    /// The code of each finding.
    pub fn codes(&self) -> Vec<&str> {
        let lines = self.stderr.lines().filter(|line| !line.starts_with("  "));
        lines.filter_map(|line| Some(line.split_once('[')?.1.split_once("]: ")?.0)).collect()
    }
}

fn items(text: &str) -> &str {
    let items = text.split("\nresults:\n").next().unwrap();
    items.strip_suffix('\n').unwrap_or(items)
}

/// The objects of a list, without the annotations about files and ownership. No two have the same name.
pub fn objects(text: &str) -> Objects {
    let list = documents(text).remove(0);
    objects_of(list["items"].as_array().unwrap().clone())
}

/// Objects by kind and name.
pub fn objects_of(items: Vec<Value>) -> Objects {
    let mut objects = Objects::new();
    for mut item in items {
        if item["kind"] == "JinaFlow" || is_record(&item) {
            continue;
        }
        if let Some(annotations) = item["metadata"]["annotations"].as_object_mut() {
            annotations.retain(|name, _| !name.contains("config.kubernetes.io/") && name != "flow.jina.ai/object");
            if annotations.is_empty() {
                item["metadata"].as_object_mut().unwrap().remove("annotations");
            }
        }
        let name = [&item["kind"], &item["metadata"]["name"]].map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        let [kind, name] = name;
        assert!(objects.insert((kind.clone(), name.clone()), item).is_none(), "{kind}/{name} is there twice");
    }
    objects
}

/// An object in which the order of named entries and of flags does not count.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let words = value.as_array().filter(|words| name == "args" && words.iter().all(Value::is_string));
                (name.clone(), words.map_or_else(|| canonical(value), |words| flags(words)))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().map(canonical).collect();
            if entries.iter().all(Value::is_object) {
                entries.sort_by_key(|entry| if entry["name"].is_string() { entry["name"].to_string() } else { entry.to_string() });
            }
            entries.into()
        }
        other => other.clone(),
    }
}

/// The flags of a command line, each with its words.
fn flags(words: &[Value]) -> Value {
    let mut groups: Vec<Vec<&str>> = vec![Vec::new()];
    for word in words.iter().filter_map(Value::as_str) {
        if word.starts_with("--") {
            groups.push(Vec::new());
        }
        groups.last_mut().unwrap().push(word);
    }
    groups.sort();
    json!(groups)
}
