//! The settings of the JinaFlow around an imported Flow.

use super::entry::CONFIG_FILE;
use super::export::Export;
use super::workload::Workload;
use crate::config::images::{GATEWAY_KEY, Images, JINA_VERSION};
use crate::config::{API_VERSION, Compat, KIND, STORAGE_VARIABLES};
use crate::jina::options::Opt;
use crate::jina::versions::Version;
use crate::yaml::{Data, Node};

/// What an export says beside its Flow.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The namespace of the objects.
    pub namespace: String,
    /// The version of Jina, if the tag of its image says it.
    pub version: Option<String>,
    /// Jina's own image, if it is not the one of the version.
    pub image: Option<String>,
    /// Values of variables: the storage of StatefulSets.
    pub context: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads the settings. `image` is Jina's own image, if the export has it.
    pub fn of(export: &Export<'_>, image: Option<&str>) -> Self {
        let namespace = export.workloads().map(|workload| workload.namespace.clone()).next().unwrap_or_default();
        let version = image.and_then(version_of).map(str::to_owned);
        let usual = Images::default().gateway(version.as_deref().unwrap_or(JINA_VERSION));
        let image = image.filter(|image| *image != usual).map(str::to_owned);
        let mut context = storage(export);
        context.extend(default_timeout(export));
        Self { namespace, version, image, context }
    }

    /// The fields of `spec` without the Flow. `keeps_variables` is whether the Flow has text that looks like variables.
    pub fn fields(&self, keeps_variables: bool) -> Vec<(&'static str, Node<'static>)> {
        let mut fields = vec![("compat", Node::plain(Compat::VALUES[Compat::Jina334 as usize]))];
        fields.extend(self.version.clone().map(|version| ("jinaVersion", Node::plain(version))));
        if keeps_variables {
            fields.push(("variables", Node::plain("keep")));
        }
        if !self.context.is_empty() {
            let pairs = self.context.iter().map(|(name, value)| (Node::field(name), Node::from(value.clone())));
            fields.push(("context", Data::Map(pairs.collect()).into()));
        }
        if let Some(image) = &self.image {
            fields.push(("images", Data::Map(vec![(Node::field(GATEWAY_KEY), image.clone().into())]).into()));
        }
        // When users remove `compat`, `spec` must not be empty: kustomize puts the Flow into it.
        if fields.len() == 1 {
            fields.push(("jinaVersion", Node::plain(JINA_VERSION)));
        }
        fields
    }

    /// The JinaFlow with the text of the Flow.
    pub fn jina_flow(&self, name: &str, fields: Vec<(&'static str, Node<'static>)>, flow: &str) -> Node<'static> {
        let metadata =
            vec![(Node::field("name"), Node::from(name.to_owned())), (Node::field("namespace"), Node::from(self.namespace.clone()))];
        let mut spec: Vec<(Node<'_>, Node<'_>)> = fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect();
        spec.push((Node::field("flow"), flow.to_owned().into()));
        let root = vec![
            (Node::field("apiVersion"), Node::plain(API_VERSION)),
            (Node::field("kind"), Node::plain(KIND)),
            (Node::field("metadata"), Data::Map(metadata).into()),
            (Node::field("spec"), Data::Map(spec).into()),
        ];
        Data::Map(root).into()
    }
}

/// Jina's own image: the one of the gateway with a class of Jina, of heads, and of executors without an image of their own.
pub fn own_image<'o>(export: &Export<'o>) -> Option<&'o str> {
    let is_own = |workload: &&Workload<'_>| {
        let uses = workload.argv.word(Opt::Uses);
        uses.is_none_or(|uses| uses != CONFIG_FILE) || uses_config_of_gateway(workload)
    };
    let own: Vec<&'o str> = export.workloads().filter(is_own).map(Workload::image).filter(|image| !image.is_empty()).collect();
    let count = |image: &str| own.iter().filter(|other| **other == image).count();
    // Of images that occur equally often, the first one is used.
    own.iter().copied().rev().max_by_key(|image| count(image))
}

/// Whether a gateway runs Jina's own image although it reads a configuration, as the exporter writes for more ports than protocols.
fn uses_config_of_gateway(workload: &Workload<'_>) -> bool {
    workload.argv.count(Opt::GraphDescription) > 0 && version_of(workload.image()).is_some()
}

/// The version in the tag of an image of Jina: `jinaai/jina:3.34.0-py38-standard`.
fn version_of(image: &str) -> Option<&str> {
    let (name, tag) = image.rsplit_once(':')?;
    let version = tag.split('-').next()?;
    (name == "jinaai/jina" && Version::parse(version).is_some_and(|version| version >= Version::OLDEST)).then_some(version)
}

/// A value of the variable with the default of `timeout_ctrl`. The exporter writes the usual default as an argument only if the
/// variable had another value.
fn default_timeout(export: &Export<'_>) -> Option<(&'static str, String)> {
    let usual = Opt::TimeoutCtrl.row().default.int();
    let used: Vec<i64> = export.workloads().filter_map(|workload| workload.argv.number(Opt::TimeoutCtrl)).collect();
    let other = used.iter().copied().max()?.saturating_add(1);
    used.contains(&usual).then(|| ("JINA_DEFAULT_TIMEOUT_CTRL", other.to_string()))
}

/// The variables for the claims of StatefulSets that are not the defaults of the exporter.
fn storage(export: &Export<'_>) -> Vec<(&'static str, String)> {
    let Some(spec) = export.workloads().find_map(|workload| workload.root.list_at("spec.volumeClaimTemplates").first()?.get("spec")) else {
        return Vec::new();
    };
    let [class, size, modes] = STORAGE_VARIABLES;
    let given = spec.list_at("accessModes").iter().filter_map(Node::as_text).map(|mode| format!("\"{mode}\"")).collect::<Vec<_>>();
    let found = [
        (class, spec.text_at("storageClassName").to_owned(), "standard"),
        (size, spec.text_at("resources.requests.storage").to_owned(), "10G"),
        (modes, format!("[{}]", given.join(", ")), "[\"ReadWriteOnce\"]"),
    ];
    let is_other = |value: &str, default: &str| !value.is_empty() && value != "[]" && value != default;
    found.into_iter().filter(|(_, value, default)| is_other(value, default)).map(|(name, value, _)| (name, value)).collect()
}
