//! The workloads of Jina among a set of objects, each with the part of the Flow that it runs.

use crate::jina::argv::Argv;
use crate::jina::options::Opt;
use crate::jina::topology::GATEWAY;
use crate::manifests::labels::NODE_LABEL;
use crate::plan::{Role, kubernetes_name};
use crate::yaml::Node;

/// A Deployment or StatefulSet that runs Jina.
#[derive(Debug)]
pub struct Workload<'o> {
    /// The place of the object.
    pub object: usize,
    /// The kind of the object.
    pub kind: &'o str,
    /// The name of the object.
    pub name: &'o str,
    /// The namespace of the object, or of the pods if the object has none.
    pub namespace: String,
    /// The name of the executor in the Flow.
    pub node: String,
    /// The part of the executor.
    pub role: Role,
    /// What the exporter adds to the name of the executor for this part.
    suffix: String,
    /// The arguments of the container that others call.
    pub argv: Argv,
    /// The container that others call.
    pub container: &'o Node<'o>,
    /// `spec` of the pods.
    pub pod: &'o Node<'o>,
    /// The object.
    pub root: &'o Node<'o>,
}

impl<'o> Workload<'o> {
    /// The kinds of workloads that Jina exports.
    pub const KINDS: [&'static str; 2] = ["Deployment", "StatefulSet"];

    /// Reads an object; `None` if it does not run Jina.
    pub fn of(object: usize, root: &'o Node<'o>) -> Option<Self> {
        let kind = root.text_at("kind");
        if !Self::KINDS.contains(&kind) {
            return None;
        }
        let pod = root.at("spec.template.spec")?;
        let labels = root.at("spec.template.metadata.labels");
        let label = labels.and_then(|labels| labels.get(NODE_LABEL)).and_then(Node::as_text).filter(|label| !label.is_empty());
        let container = pod.list_at("containers").iter().find(|container| runs(container, label.is_some()).is_some())?;
        let (process, argv) = runs(container, label.is_some())?;
        let name = root.text_at("metadata.name");
        let own = root.text_at("metadata.namespace");
        let namespace = if own.is_empty() { argv.word(Opt::K8sNamespace).unwrap_or_default() } else { own }.to_owned();
        let given = argv.word(Opt::Name).unwrap_or(name).to_owned();
        let is_head = argv.word(Opt::RuntimeCls) == Some("HeadRuntime");
        let (mut node, role, suffix) = match process {
            GATEWAY => (GATEWAY.to_owned(), Role::Gateway, String::new()),
            _ if is_head => (given.strip_suffix("/head").unwrap_or(&given).to_owned(), Role::Head, "-head".to_owned()),
            _ => {
                let shard = argv.number(Opt::ShardId).and_then(|shard| u32::try_from(shard).ok()).unwrap_or_default();
                let is_sharded = argv.number(Opt::Shards).is_some_and(|shards| shards > 1);
                let suffix = if is_sharded { format!("-{shard}") } else { String::new() };
                (given.strip_suffix(&suffix).unwrap_or(&given).to_owned(), Role::Worker(shard), suffix)
            }
        };
        // The label still has the name of an executor whose argument was edited.
        let is_named = |node: &str| format!("{}{suffix}", kubernetes_name(node)) == name;
        if let Some(label) = label.filter(|label| role != Role::Gateway && !is_named(&node) && is_named(label)) {
            label.clone_into(&mut node);
        }
        Some(Self { object, kind, name, namespace, node, role, suffix, argv, container, pod, root })
    }

    /// A container of Jina beside the one that others call, and its arguments.
    pub fn sidecar(&self, name: &str) -> Option<(&'o Node<'o>, Argv)> {
        let container = self.pod.list_at("containers").iter().find(|container| container.text_at("name") == name)?;
        runs(container, true).map(|(_, argv)| (container, argv))
    }

    /// The name with which Jina exports the workload.
    pub fn exported_name(&self) -> String {
        format!("{}{}", kubernetes_name(&self.node), self.suffix)
    }

    /// The image of the container.
    pub fn image(&self) -> &'o str {
        self.container.text_at("image")
    }
}

/// The part of Jina that a container runs, `executor` or `gateway`, and its arguments. `is_labelled` is whether the pod has the
/// label of Jina; then the command may be another one than `jina`.
fn runs(container: &Node<'_>, is_labelled: bool) -> Option<(&'static str, Argv)> {
    let words = |field: &str| container.list_at(field).iter().filter_map(Node::as_text).map(str::to_owned).collect::<Vec<String>>();
    let (command, args) = (words("command"), words("args"));
    let is_jina = command.last().is_some_and(|word| word == "jina" || word.ends_with("/jina"));
    // The subcommand is usually the first argument, but may be the last word of the command.
    let all: Vec<String> = command.into_iter().chain(args).collect();
    let at = all.iter().position(|word| word == "executor" || word == GATEWAY).filter(|_| is_jina || is_labelled)?;
    let rest = all.get(at + 1..).unwrap_or_default();
    let process = if all.get(at).is_some_and(|word| word == GATEWAY) { GATEWAY } else { "executor" };
    Some((process, Argv::read(rest)))
}
