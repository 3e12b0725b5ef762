//! The options of an executor or of the gateway, as a section of a Flow.

use super::export::{Executor, Export};
use super::stateful;
use super::workload::Workload;
use crate::jina::argv::Argv;
use crate::jina::options::{ALL_INTERFACES, Opt, Use};
use crate::jina::scalar;
use crate::jina::value::Value;
use crate::yaml::{Data, Node};

/// The kind of image that a Flow names directly.
const IMAGE: &str = "docker://";

/// The default class of an executor.
pub const BASE_EXECUTOR: &str = "BaseExecutor";

/// The configuration that the exporter names in every image.
pub const CONFIG_FILE: &str = "config.yml";

/// Options of a section, in the order in which they are written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// Each option with its value.
    pub options: Vec<(Opt, Node<'static>)>,
    /// `needs` of an executor; empty if it follows the executor before it.
    pub needs: Vec<String>,
}

impl Entry {
    /// Adds an option.
    pub fn set(&mut self, opt: Opt, value: impl Into<Node<'static>>) {
        self.options.push((opt, value.into()));
    }

    /// The value of an option.
    pub fn get(&self, opt: Opt) -> Option<&Node<'static>> {
        self.options.iter().find(|(known, _)| *known == opt).map(|(_, value)| value)
    }

    /// Removes an option.
    pub fn remove(&mut self, opt: Opt) {
        self.options.retain(|(known, _)| *known != opt);
    }

    /// The section.
    pub fn into_node(self) -> Node<'static> {
        let mut fields: Vec<(Node<'static>, Node<'static>)> =
            self.options.into_iter().map(|(opt, value)| (Node::field(opt.row().name), value)).collect();
        let needs: Option<Node<'static>> = match self.needs.as_slice() {
            [] => None,
            [one] => Some(one.clone().into()),
            several => Some(several.iter().cloned().map(Node::from).collect::<Vec<_>>().into()),
        };
        fields.extend(needs.map(|needs| (Node::field("needs"), needs)));
        Data::Map(fields).into()
    }
}

/// Arguments that the exporter sets, and that are not options of a Flow.
const SET_BY_EXPORT: [Opt; 15] = [
    Opt::Name,
    Opt::K8sNamespace,
    Opt::Uses,
    Opt::UsesMetas,
    Opt::Port,
    Opt::PortMonitoring,
    Opt::ShardId,
    Opt::UsesBeforeAddress,
    Opt::UsesAfterAddress,
    Opt::Native,
    Opt::GraphDescription,
    Opt::GraphConditions,
    Opt::DeploymentsAddresses,
    Opt::DeploymentsMetadata,
    Opt::DeploymentsNoReduce,
];

/// The options of an executor.
pub fn of_executor(executor: &Executor<'_>, export: &Export<'_>, is_flow: bool) -> Option<Entry> {
    let worker = executor.workers.first()?;
    let argv = &worker.argv;
    let mut entry = Entry::default();
    entry.set(Opt::Name, executor.name.clone());
    if argv.count(Opt::Uses) > 0 {
        entry.set(Opt::Uses, format!("{IMAGE}{}", worker.image()));
    }
    if let Some(head) = executor.heads.first() {
        of_head(&mut entry, head);
    }
    arguments(&mut entry, argv, |opt| opt.row().executor == Use::Arg || opt == Opt::UsesWith);
    metas(&mut entry, argv);
    if argv.count(Opt::Native) > 1 {
        entry.set(Opt::Native, Node::plain("true"));
    }
    if !is_flow {
        ports(&mut entry, argv);
    }
    entry.options.extend(stateful::volumes(executor).map(|path| (Opt::Volumes, path.into())));
    surroundings(&mut entry, worker, export);
    Some(entry)
}

/// The options that only the head of an executor shows.
fn of_head(entry: &mut Entry, head: &Workload<'_>) {
    for (opt, name, address, own) in [
        (Opt::UsesBefore, "uses-before", Opt::UsesBeforeAddress, "127.0.0.1:8078"),
        (Opt::UsesAfter, "uses-after", Opt::UsesAfterAddress, "127.0.0.1:8079"),
    ] {
        match head.sidecar(name) {
            Some((container, argv)) if argv.count(Opt::Uses) > 0 => {
                entry.set(opt, format!("{IMAGE}{}", container.text_at("image")));
            }
            Some(_) => entry.set(opt, BASE_EXECUTOR),
            // The head of an executor with volumes has lost its other containers, but not their addresses.
            None if head.argv.word(address) == Some(own) => entry.set(opt, BASE_EXECUTOR),
            None => entry.options.extend(head.argv.value(address).map(|value| (address, value))),
        }
    }
    for opt in [Opt::Polling, Opt::ShardId] {
        entry.options.extend(head.argv.value(opt).map(|value| (opt, value)));
    }
}

/// The options of the gateway. `image` is Jina's own image.
pub fn of_gateway(gateway: &Workload<'_>, export: &Export<'_>, image: &str) -> Entry {
    let argv = &gateway.argv;
    let mut entry = Entry::default();
    let protocols = argv.words(Opt::Protocol).unwrap_or_default();
    // Gateways of Jina 3.7 have no such argument.
    let uses = argv.word(Opt::Uses).unwrap_or(default_class(protocols));
    if uses == CONFIG_FILE && argv.count(Opt::RuntimeCls) == 0 {
        if gateway.image() == image {
            // More ports than protocols: Jina then expects the configuration in its own image.
            entry.set(Opt::Port, vec![Node::plain("8080"), Node::plain("8081")]);
        } else {
            entry.set(Opt::Uses, format!("{IMAGE}{}", gateway.image()));
        }
    } else if uses != default_class(protocols) && uses != CONFIG_FILE {
        entry.set(Opt::Uses, uses.to_owned());
    }
    arguments(&mut entry, argv, |opt| matches!(opt.row().gateway, Use::At(_)));
    match argv.word(Opt::ExposeEndpoints) {
        Some("{}") => entry.remove(Opt::ExposeEndpoints),
        Some(_) => {}
        None => entry.set(Opt::ExposeEndpoints, Node::plain("null")),
    }
    surroundings(&mut entry, gateway, export);
    entry
}

/// The class that the exporter chooses for the protocols of a gateway.
fn default_class(protocols: &[String]) -> &'static str {
    match protocols {
        [_, _, ..] => "CompositeGateway",
        [one] if one == "HTTP" => "HTTPGateway",
        [one] if one == "WEBSOCKET" => "WebSocketGateway",
        _ => "GRPCGateway",
    }
}

/// The options that are arguments, with their values.
fn arguments(entry: &mut Entry, argv: &Argv, is_option: impl Fn(Opt) -> bool) {
    for opt in argv.options().filter(|opt| is_option(*opt) && !SET_BY_EXPORT.contains(opt)) {
        let is_default = opt == Opt::Host && argv.word(opt) == Some(ALL_INTERFACES);
        if is_default || entry.get(opt).is_some() {
            continue;
        }
        entry.options.extend(argv.value(opt).map(|value| (opt, value)));
    }
}

/// `uses_metas`, which is an argument of every executor.
fn metas(entry: &mut Entry, argv: &Argv) {
    if argv.word(Opt::UsesMetas).is_some_and(|metas| metas != "{}") {
        entry.options.extend(argv.value(Opt::UsesMetas).map(|metas| (Opt::UsesMetas, metas)));
    }
}

/// The ports of a Deployment that serves several protocols.
fn ports(entry: &mut Entry, argv: &Argv) {
    if argv.words(Opt::Port).is_some_and(|ports| ports.len() > 1) {
        entry.options.extend(argv.value(Opt::Port).map(|ports| (Opt::Port, ports)));
    }
}

/// The options that are not arguments: variables, Secrets.
fn surroundings(entry: &mut Entry, workload: &Workload<'_>, export: &Export<'_>) {
    let env = export.env(workload);
    if !env.is_empty() {
        let pairs = env.into_iter().map(|(name, value)| (Node::from(name.to_owned()), variable(value)));
        entry.set(Opt::Env, Data::Map(pairs.collect()));
    }
    let secrets: Vec<(Node<'static>, Node<'static>)> = workload.container.list_at("env").iter().filter_map(secret).collect();
    if !secrets.is_empty() {
        entry.set(Opt::EnvFromSecret, Data::Map(secrets));
    }
    let pull = workload.pod.list_at("imagePullSecrets").iter().map(|secret| secret.text_at("name").to_owned().into());
    let pull: Vec<Node<'static>> = pull.collect();
    if !pull.is_empty() {
        entry.set(Opt::ImagePullSecrets, pull);
    }
}

/// The value of a variable: a number if Python writes it in the same way, or else a string.
fn variable(text: &str) -> Node<'static> {
    let value = scalar::plain(text);
    let is_number = matches!(value, Value::Int(_) | Value::Float(_)) && value.to_str() == text && !text.contains(['n', 'i']);
    if is_number { Node::plain(text.to_owned()) } else { text.to_owned().into() }
}

/// A variable from a Secret, as an entry of `env_from_secret`.
fn secret(variable: &Node<'_>) -> Option<(Node<'static>, Node<'static>)> {
    let reference = variable.at("valueFrom.secretKeyRef")?;
    let field = |name: &'static str| (Node::field(name), reference.text_at(name).to_owned().into());
    let name = variable.text_at("name").to_owned();
    Some((name.into(), Data::Map(vec![field("name"), field("key")]).into()))
}
