//! The items of a package in a ResourceList.

use std::collections::HashMap;

use serde_json::Value;

use super::lines::patched_item;
use crate::support::{is_change, is_record};

pub const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

/// The name of another Flow in the package.
pub const BESIDE: &str = "beside";

/// The suffix of the name of a copied object.
pub const COPY: &str = "-copy";

/// The identity of a generated object: its component and role. A package has one Flow, whose name may change.
pub type Owner = (String, String);

#[derive(Debug, Clone)]
pub struct Item {
    pub text: String,
    pub value: Value,
}

impl Item {
    pub fn of(text: String) -> Self {
        let mut list: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Self { text, value: list[0].take() }
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.value["metadata"]["annotations"][name].as_str()
    }

    /// The owner of the item. `None` when it belongs to another Flow, or when it is a copy.
    pub fn owner(&self) -> Option<Owner> {
        let mut parts = self.annotation("flow.jina.ai/object")?.split('/').map(str::to_owned);
        let is_ours = parts.next().is_some_and(|flow| flow != BESIDE) && !self.is_copy();
        if is_ours { Some((parts.next()?, parts.next()?)) } else { None }
    }

    /// Whether the item is the record of the last render.
    pub fn is_record(&self) -> bool {
        is_record(&self.value)
    }

    pub fn is_copy(&self) -> bool {
        self.name().ends_with(COPY)
    }

    pub fn is_flow(&self) -> bool {
        self.value["kind"] == "JinaFlow" && self.name() != BESIDE
    }

    pub fn kind(&self) -> &str {
        self.value["kind"].as_str().unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub fn label(&self) -> String {
        format!("{}/{}", self.kind(), self.name())
    }

    /// Its file, and its index in the file.
    pub fn file(&self) -> (Option<&str>, Option<&str>) {
        (self.annotation("internal.config.kubernetes.io/path"), self.annotation("internal.config.kubernetes.io/index"))
    }

    /// The object without its annotations of identity and file.
    pub fn object(&self) -> Value {
        let mut object = self.value.clone();
        let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return object };
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.retain(|name, _| name != "flow.jina.ai/object" && !name.starts_with("internal.config.kubernetes.io/"));
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
        object
    }

    /// Changes the object and the lines concerned. `at` is the place of new fields.
    pub fn change(&mut self, at: usize, change: impl FnOnce(&mut Value)) {
        let mut after = self.value.clone();
        change(&mut after);
        let text = patched_item(&self.text, &self.value, &after, at);
        self.value = after;
        self.respell(text);
    }

    /// Writes the same object in another spelling.
    pub fn respell(&mut self, text: String) {
        assert_eq!(Item::of(text.clone()).value, self.value, "this edit changes the values:\n{}\n{text}", self.text);
        self.text = text;
    }
}

#[derive(Debug, Clone, Default)]
pub struct Package {
    pub items: Vec<Item>,
    /// The JinaFlow, if it is not an item.
    pub config: Option<String>,
    pub results: Vec<Value>,
    /// The results about what the render did to objects.
    pub changes: Vec<Value>,
}

impl Package {
    /// Reads a list from the function. Items that are in `known` are not parsed again, because parsing takes most of
    /// the time.
    pub fn of(text: &str, known: &[&Package]) -> Self {
        let known: HashMap<&str, &Item> = known.iter().flat_map(|package| &package.items).map(|item| (item.text.as_str(), item)).collect();
        let (_, inside) = text.split_once("items:\n").unwrap_or_else(|| panic!("no items in\n{text}"));
        let (items, results) = match inside.find("\nresults:") {
            Some(end) => (&inside[..=end], serde_yaml::from_str::<Value>(&inside[end + 1..]).unwrap()["results"].take()),
            None => (inside, Value::Null),
        };
        let (items, config) = match items.find("\nfunctionConfig:\n") {
            Some(end) => (&items[..=end], Some(items[end + 1..].to_owned())),
            None => (items, None),
        };
        let mut texts: Vec<String> = Vec::new();
        for line in items.split_inclusive('\n') {
            match texts.last_mut() {
                Some(text) if !line.starts_with("- ") => text.push_str(line),
                _ => texts.push(line.to_owned()),
            }
        }
        let (changes, results) = results.as_array().cloned().unwrap_or_default().into_iter().partition(is_change);
        let item = |text: String| known.get(text.as_str()).map_or_else(|| Item::of(text.clone()), |item| (*item).clone());
        Self { items: texts.into_iter().map(item).collect(), config, results, changes }
    }

    pub fn text(&self) -> String {
        let items = self.items.iter().map(|item| item.text.as_str());
        std::iter::once(HEAD).chain(items).chain(self.config.as_deref()).collect()
    }

    pub fn generated(&self) -> impl Iterator<Item = (Owner, &Item)> {
        self.items.iter().filter_map(|item| Some((item.owner()?, item)))
    }

    pub fn find(&self, owner: &Owner) -> Option<&Item> {
        self.generated().find(|(known, _)| known == owner).map(|(_, item)| item)
    }

    /// The same package with another JinaFlow, given as the text of an item.
    pub fn with_flow(&self, text: String) -> Self {
        let mut package = Self { results: Vec::new(), changes: Vec::new(), ..self.clone() };
        match package.items.iter_mut().find(|item| item.is_flow()) {
            Some(item) => *item = Item::of(text),
            None => package.config = Some(as_config(&text)),
        }
        package
    }
}

/// A JinaFlow as functionConfig.
pub fn as_config(item: &str) -> String {
    format!("functionConfig:\n{}", item.replacen("- ", "  ", 1))
}
