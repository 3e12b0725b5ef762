//! Exports of older versions of Jina 3. What an older version writes in another way is not an edit.
//!
//! Jina 3.22 to 3.34 write the same objects. The differences before are known from exports of 3.10, 3.14 and 3.18
//! (`tests/jina/older`).

use super::recognition::flag;
use crate::yaml::{Data, Node};

/// The ports of `uses_before` and `uses_after`, since 3.22 and before.
const SIDECAR_PORTS: [[&str; 2]; 2] = [["8078", "8081"], ["8079", "8082"]];

/// Variables that Jina sets since 3.14.
const VARIABLES: [&str; 3] = ["K8S_DEPLOYMENT_NAME", "K8S_NAMESPACE_NAME", "K8S_POD_NAME"];

/// The first port that an operating system gives to a process that asks for any. Before 3.22, `port_monitoring` of a gateway is such a
/// port.
const FIRST_FREE_PORT: u32 = 49152;

/// Writes an object of Jina 3.34 as the older version does that has exported `exported`.
pub fn write_as(jinas: &mut Node<'_>, exported: &Node<'_>) {
    match jinas.text_at("kind") {
        "ConfigMap" => write_level(jinas, exported),
        "Service" => write_monitoring_port(jinas, exported),
        "Deployment" | "StatefulSet" => write_pod(jinas, exported),
        _ => {}
    }
}

/// Before 3.14, each ConfigMap has a level.
fn write_level(jinas: &mut Node<'_>, exported: &Node<'_>) {
    const LEVEL: &str = "JINA_LOG_LEVEL";
    let has_level = exported.at("data").and_then(|data| data.get(LEVEL)).and_then(Node::as_text) == Some("INFO");
    if let Some(data) = jinas.get_mut("data").filter(|data| has_level && data.get(LEVEL).is_none()) {
        data.set(LEVEL, "INFO".into());
    }
}

fn write_monitoring_port(jinas: &mut Node<'_>, exported: &Node<'_>) {
    let is_monitoring = |port: &&Node<'_>| port.text_at("name") == "monitoring";
    let Some(port) = exported.list_at("spec.ports").iter().find(is_monitoring).map(|port| port.text_at("port").to_owned()) else { return };
    if !is_free_port(&port) {
        return;
    }
    let ports = jinas.get_mut("spec").and_then(|spec| spec.get_mut("ports")).map(|ports| &mut ports.data);
    if let Some(Data::List(ports)) = ports {
        for own in ports.iter_mut().filter(|port| port.text_at("name") == "monitoring") {
            own.set("port", Node::plain(port.clone()));
            own.set("targetPort", Node::plain(port.clone()));
        }
    }
}

fn is_free_port(port: &str) -> bool {
    port.parse::<u32>().is_ok_and(|port| port >= FIRST_FREE_PORT)
}

fn write_pod(jinas: &mut Node<'_>, exported: &Node<'_>) {
    let theirs = exported.list_at("spec.template.spec.containers");
    let has_address = |port: &str| {
        let address = format!("127.0.0.1:{port}");
        ["--uses-before-address", "--uses-after-address"]
            .into_iter()
            .any(|name| theirs.iter().any(|container| flag(container, name) == Some(&address)))
    };
    for [new, old] in SIDECAR_PORTS {
        if has_address(old) {
            replace(jinas, new, old);
        }
    }
    let pod = ["spec", "template", "spec", "containers"].into_iter().try_fold(jinas, |node, field| node.get_mut(field));
    let Some(Data::List(containers)) = pod.map(|containers| &mut containers.data) else { return };
    for container in containers {
        let name = container.text_at("name");
        if let Some(theirs) = theirs.iter().find(|theirs| theirs.text_at("name") == name) {
            write_arguments(container, theirs);
            write_probes(container, theirs);
        }
    }
}

/// Replaces a port in all strings of an object.
fn replace(node: &mut Node<'_>, from: &str, to: &str) {
    match &mut node.data {
        Data::Scalar(scalar) if scalar.text.contains(from) => scalar.text = scalar.text.replace(from, to).into(),
        Data::Scalar(_) => {}
        Data::List(entries) => entries.iter_mut().for_each(|entry| replace(entry, from, to)),
        Data::Map(pairs) => pairs.iter_mut().for_each(|(_, value)| replace(value, from, to)),
    }
}

/// Whether a container is of a version before 3.14.
fn is_before_3_14(container: &Node<'_>) -> bool {
    let has_variable = container.list_at("env").iter().any(|variable| VARIABLES.contains(&variable.text_at("name")));
    !has_variable && container.get("startupProbe").is_none()
}

fn write_arguments(container: &mut Node<'_>, theirs: &Node<'_>) {
    let is_gateway = theirs.list_at("args").first().and_then(Node::as_text) == Some("gateway");
    let mut added: Vec<[String; 2]> = Vec::new();
    let mut add = |name: &str, is_known: &dyn Fn(&str) -> bool| {
        if let Some(value) = flag(theirs, name).filter(|value| flag(container, name).is_none() && is_known(value)) {
            added.push([name.to_owned(), value.to_owned()]);
        }
    };
    // The folder of the Flow, on the machine of the export. Later versions write it too if Python loads the Flow.
    add("--extra-search-paths", &|path| path.starts_with('/'));
    if is_gateway {
        add("--host", &|host| host == "0");
        add("--polling", &|polling| polling == "ANY");
    }
    let is_free = flag(theirs, "--port-monitoring").filter(|port| is_gateway && is_free_port(port)).map(str::to_owned);
    let loses_host = is_before_3_14(theirs) && flag(theirs, "--host").is_none();
    let Some(Data::List(args)) = container.get_mut("args").map(|args| &mut args.data) else { return };
    if let (Some(port), Some(at)) = (is_free, args.iter().position(|word| word.as_text() == Some("--port-monitoring")))
        && let Some(known) = args.get_mut(at + 1)
    {
        *known = port.into();
    }
    if loses_host && let Some(at) = args.iter().position(|word| word.as_text() == Some("--host")) {
        args.drain(at..(at + 2).min(args.len()));
    }
    for [name, value] in added {
        args.extend([name.into(), value.into()]);
    }
}

fn write_probes(container: &mut Node<'_>, theirs: &Node<'_>) {
    for probe in ["startupProbe", "livenessProbe"] {
        let command = format!("{probe}.exec.command");
        let plain = |word: &str| word.strip_prefix("grpc://").unwrap_or(word).to_owned();
        let words = |container: &Node<'_>| container.list_at(&command).iter().filter_map(Node::as_text).map(plain).collect::<Vec<_>>();
        // Before 3.15, the address has no scheme.
        if theirs.at(&command).is_some()
            && words(container) == words(theirs)
            && let Some(own) = container.get_mut(probe).and_then(|probe| probe.get_mut("exec"))
            && let Some(words) = theirs.at(&command)
        {
            own.set("command", words.clone().into_owned());
        }
    }
    if !is_before_3_14(theirs) {
        return;
    }
    let ping = container.at("startupProbe.exec.command").cloned();
    for field in ["startupProbe", "livenessProbe", "lifecycle"] {
        container.take(field);
    }
    if let Some(Data::List(variables)) = container.get_mut("env").map(|variables| &mut variables.data) {
        variables.retain(|variable| !VARIABLES.contains(&variable.text_at("name")));
    }
    let number = |number: &'static str| Node::plain(number);
    let fields = |pairs: Vec<(&'static str, Node<'static>)>| -> Node<'static> {
        Data::Map(pairs.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
    };
    let is_tcp = theirs.at("readinessProbe.tcpSocket").is_some();
    let probe = if is_tcp {
        let socket = fields(vec![("port", number("8080"))]);
        fields(vec![("tcpSocket", socket), ("initialDelaySeconds", number("5")), ("periodSeconds", number("10"))])
    } else {
        let words = ping.iter().flat_map(|ping| ping.as_list().unwrap_or_default()).filter_map(Node::as_text);
        let is_executor = words.clone().any(|word| word == "executor");
        let words = words.map(|word| if is_executor { word.strip_prefix("grpc://").unwrap_or(word) } else { word });
        let command: Vec<Node<'static>> = words.map(|word| word.to_owned().into()).collect();
        let exec = fields(vec![("command", command.into())]);
        let [delay, period, timeout] = ["5", "20", "10"].map(number);
        fields(vec![("exec", exec), ("initialDelaySeconds", delay), ("periodSeconds", period), ("timeoutSeconds", timeout)])
    };
    container.set("readinessProbe", probe);
}
