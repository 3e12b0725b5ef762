//! A container that calls workloads by addresses in its arguments, and the workload that each address reaches.

use super::address::{self, Host};
use super::cluster::Cluster;
use super::command::Runs;
use super::edge::Edge;
use super::external::Near;
use super::labels::Selector;
use super::object::{SeenObject, first_few, namespace_label};
use super::pod::{Listener, SeenContainer, SeenWorkload};
use super::report::{Report, StrangerCall};
use super::variables::Variables;
use super::words::RUNTIME;
use crate::finding::{Code, FieldPath, Finding};
use crate::yaml::{Node, View};

/// The longest chain of Services in which each Service is an alias of the next.
const MOST_ALIASES: usize = 4;

/// A container that calls workloads.
pub struct Client<'c, 'o> {
    /// All objects.
    pub cluster: &'c Cluster<'o>,
    /// The workload of the container.
    pub workload: usize,
    /// The object of the workload.
    pub object: &'c SeenObject<'o>,
    /// The position of the object of the workload.
    pub id: usize,
    /// The container.
    pub container: &'c SeenContainer<'o>,
    /// The variables of the container.
    pub variables: Variables<'o>,
}

/// An address in the arguments of a client.
#[derive(Clone, Copy)]
pub struct GivenAddress<'a> {
    /// The address, before variables are expanded.
    pub written: &'a str,
    /// The index of the word that has the address.
    pub word: usize,
    /// The executor that the client calls.
    pub executor: &'a str,
}

/// The target of an address that belongs to the cluster.
struct Reached {
    workload: usize,
    service: usize,
    /// The port of the pod.
    port: Option<u16>,
    listener: Listener,
}

/// The reason why an address leads nowhere.
enum Lost {
    /// A fault of the name in the address, which may be the value of a variable.
    Name(Fault),
    /// A fault of another part of the address.
    Address(Fault),
    /// A name that has changed.
    Renamed {
        message: String,
        /// The new name.
        name: String,
    },
    /// A fault that is reported about another object.
    ReportedElsewhere,
}

struct Fault {
    code: Code,
    message: String,
    fix: String,
}

impl Lost {
    fn name(code: Code, message: String, fix: String) -> Self {
        Lost::Name(Fault { code, message, fix })
    }
}

impl Client<'_, '_> {
    /// Reports a finding about the object of the client. An empty `got` is left out.
    pub fn report(&self, finding: Finding, got: &str, report: &mut Report) {
        report.push(self.id, if got.is_empty() { finding } else { finding.got(got) });
    }

    /// The value of an option that is JSON, with the index of its word.
    pub fn json(&self, option: &str, report: &mut Report) -> Option<(usize, Node<'static>)> {
        let &(word, given) = self.container.values(option).first()?;
        // A variable may be a part of a JSON string, or all of the JSON.
        let mut read = serde_json::from_str(given);
        let expanded = self.variables.expanded(given);
        if read.is_err() {
            read = serde_json::from_str(&expanded);
        }
        match read {
            Ok(node) => return Some((word, node)),
            Err(_) if expanded.contains(RUNTIME) => {}
            Err(error) => {
                let finding = Code::InvalidArgument.error(self.container.path_of(word), format!("is not valid JSON for {option}: {error}"));
                self.report(finding.fix("correct the JSON"), given, report);
            }
        }
        None
    }

    /// Follows an address to the workload that it reaches. Reports an address that leads nowhere.
    pub fn follow(&self, given: GivenAddress<'_>, report: &mut Report) -> Option<usize> {
        let address = self.variables.expanded(given.written);
        let (host, port) = address::split(&address);
        let host = address::host(host, self.object.namespace(), self.cluster);
        let mut edge = Edge {
            from: self.workload,
            executor: given.executor.to_owned(),
            address: String::new(),
            to: None,
            service: None,
            port,
            is_broken: false,
            is_name: false,
        };
        let reached = match host {
            Host::Pod => Ok(None),
            Host::Number(number) => match self.cluster.service_with_address(number) {
                Some(found) => self.lead(found.name(), Some(found.namespace()), port, given, &address, report),
                None => Ok(None),
            },
            Host::Elsewhere => {
                edge.is_name = !address.contains(RUNTIME);
                Ok(None)
            }
            Host::Unset(variable) => {
                let (reason, fix) = match self.variables.place(variable) {
                    Some(_) => ("is set after the variable that uses it", "move it before that variable"),
                    None => ("has no value", "add it to `env` with the name of the Service"),
                };
                let message = format!("calls `{}` by $({variable}), which {reason}", given.executor);
                let finding = Code::VariableWithoutValue.error(self.container.path_of(given.word), message);
                self.report(finding.fix(fix), given.written, report);
                Err(())
            }
            Host::Service(name, namespace) => {
                edge.is_name = true;
                self.lead(name, namespace, port, given, &address, report)
            }
        };
        match reached {
            Ok(Some(found)) => {
                (edge.to, edge.service, edge.port) = (Some(found.workload), Some(found.service), found.port);
                edge.is_broken = found.listener == Listener::Stranger;
                if matches!(found.listener, Listener::Stranger | Listener::Unknown) {
                    let call = || StrangerCall { from: self.workload, address: address.clone() };
                    report.strangers.entry(found.workload).or_insert_with(call);
                }
            }
            Ok(None) => {}
            Err(()) => edge.is_broken = true,
        }
        let to = edge.to;
        edge.address = address;
        report.edges.push(edge);
        to
    }

    /// Follows a Service to a workload. Reports a fault on the way.
    fn lead(
        &self,
        name: &str,
        namespace: Option<&str>,
        port: Option<u16>,
        given: GivenAddress<'_>,
        address: &str,
        report: &mut Report,
    ) -> Result<Option<Reached>, ()> {
        let found = self.service(name, namespace, port, given.executor, MOST_ALIASES, report);
        let found = found.and_then(|found| match found {
            Some(found) => self.check_protocol(&found, address, given.executor).map(|()| Some(found)),
            None => Ok(None),
        });
        found.map_err(|lost| {
            let (path, Fault { code, message, fix }) = match lost {
                Lost::Name(fault) => (self.path_of_name(given), fault),
                Lost::Address(fault) => (self.container.path_of(given.word), fault),
                Lost::Renamed { message, name } => {
                    let reason = if self.variable(given.written).is_some() { IN_VARIABLE } else { IN_ARGUMENT };
                    let fix = format!("the Service is now called `{name}`; write that{reason}");
                    (self.path_of_name(given), Fault { code: Code::ReferenceNotFound, message, fix })
                }
                Lost::ReportedElsewhere => return,
            };
            self.report(code.error(path, format!("calls `{}` {message}", given.executor)).fix(fix), address, report);
        })
    }

    /// The workload behind a Service, or a fault. `None` if the target is unknown.
    fn service(
        &self,
        name: &str,
        namespace: Option<&str>,
        port: Option<u16>,
        executor: &str,
        aliases: usize,
        report: &mut Report,
    ) -> Result<Option<Reached>, Lost> {
        let cluster = self.cluster;
        let own = self.object.namespace();
        let mut wanted = namespace.unwrap_or(own);
        // A Service that is declared as external is checked anyway if it exists and Jina runs in its pods.
        let is_external = cluster.external.has("Service", name) || cluster.own_external[self.workload].has("Service", name);
        // Objects without a namespace may be intended for the namespace of the address.
        if own.is_empty() && !cluster.has_namespace(wanted) {
            wanted = own;
        }
        let Some(service) = cluster.service(wanted, name) else {
            return if is_external { Ok(None) } else { Err(self.missing(name, wanted, executor)) };
        };
        if !is_external {
            report.called_services.insert(service.object);
        }
        let object = &cluster.objects[service.object];
        let view = object.view;
        if view.text_at("spec.type") == "ExternalName" {
            let host = address::host(view.text_at("spec.externalName"), wanted, cluster);
            let is_here =
                |namespace: &str, name: &str| cluster.has_namespace(namespace) || (own.is_empty() && cluster.service(own, name).is_some());
            return match host {
                Host::Service(name, Some(namespace)) if aliases > 0 && is_here(namespace, name) => {
                    self.service(name, Some(namespace), port, executor, aliases - 1, report)
                }
                _ => Ok(None),
            };
        }
        let intended = cluster.by_jina_name(object.namespace(), executor);
        if Selector::of_service(view).is_none() {
            let Some(intended) = intended.filter(|_| !is_external && !cluster.has_endpoints(object.namespace(), name)) else {
                return Ok(None);
            };
            let label = cluster.label(intended);
            let labels = cluster.workloads[intended].labels.map(View::shown).unwrap_or_default();
            let message = format!("is required, because {} calls {label} by this Service", cluster.label(self.workload));
            let finding = Code::SelectorMatchesNothing.error("spec.selector", message);
            report.push_once(service.object, finding.fix(format!("the labels of the pods of {label} are {labels}")));
            return Err(Lost::ReportedElsewhere);
        }
        let is_headless = view.text_at("spec.clusterIP") == "None";
        let shown = port.map(|port| port.to_string()).unwrap_or_default();
        let entry = service.ports().tcp.get(&shown).or_else(|| service.ports().other.get(&shown));
        let entry = entry.and_then(|index| view.list_at("spec.ports").get(index));
        if port.is_some() && !is_headless && entry.is_none() {
            let known = first_few(view.list_at("spec.ports").iter().map(|port| port.text_at("port")));
            let message = format!("on port {shown}, which Service/{name} does not have");
            return Err(Lost::name(Code::UnknownPort, message, format!("use one of its ports: {known}, or add the port to the Service")));
        }
        let reached = match service.selected.as_slice() {
            [] => return if is_external || !service.is_known { Ok(None) } else { Err(Lost::ReportedElsewhere) },
            [one] => *one,
            [first, second, ..] if cluster.role(*first).or(cluster.role(*second)).is_some() => return Ok(None),
            [first, ..] => *first,
        };
        let target = &cluster.workloads[reached];
        if is_external && target.main().is_none() {
            report.exempt.insert(reached);
            return Ok(None);
        }
        let label = cluster.label(reached);
        let target_port = match entry.filter(|_| !is_headless).map(|entry| entry.text_at("targetPort")) {
            Some(target_port) if !target_port.is_empty() => match target.port(target_port) {
                Some(number) => Some(number),
                None => return Err(Lost::ReportedElsewhere),
            },
            _ => port,
        };
        if port.is_some() && !is_headless && !service.ports().tcp.has(&shown) {
            // If the port leads to Jina, the fault is reported about the Service.
            if target_port.is_some_and(|port| target.is_of_jina(port)) {
                return Err(Lost::ReportedElsewhere);
            }
            let protocol = entry.map(|entry| entry.text_at("protocol")).unwrap_or_default();
            let message = format!("on port {shown}, which Service/{name} has only for {protocol}");
            return Err(Lost::name(Code::ProtocolMismatch, message, "write `protocol: TCP` there".to_owned()));
        }
        let listener = match target_port {
            Some(port) => target.listener(port),
            None if target.main().is_none() => target.listener(0),
            None => Listener::Anywhere,
        };
        if listener == Listener::Nobody {
            let ports = target.shown_ports();
            if is_headless {
                let message = format!("on port {shown}, but {label} does not listen on it and Service/{name} is headless");
                return Err(Lost::name(Code::PortNotServed, message, format!("use a port on which it listens: {ports}")));
            }
            let target_port = target_port.unwrap_or_default();
            if !target.serves(target_port) {
                return Err(Lost::ReportedElsewhere);
            }
            let message = format!("on port {shown}, which leads to port {target_port} of {label}, where Jina does not listen");
            return Err(Lost::name(Code::AddressWithoutJina, message, format!("it listens on {ports}")));
        }
        let is_intended = target.jina_name.as_deref() == Some(executor) && cluster.object_of(reached).namespace() == object.namespace();
        if let Some(intended) = intended.filter(|_| !is_intended && target.main().is_some()) {
            let intended = cluster.front(intended).map_or_else(|| cluster.label(intended), |front| format!("Service/{}", front.name()));
            let message = format!("and reaches {label}, which is another executor");
            return Err(Lost::name(Code::WrongExecutorReached, message, format!("call {intended}")));
        }
        let service = cluster.service_at_position(service.object).unwrap_or_default();
        Ok(Some(Reached { workload: reached, service, port: target_port, listener }))
    }

    /// Checks that the called container runs Jina and understands the protocol of the address.
    fn check_protocol(&self, found: &Reached, address: &str, executor: &str) -> Result<(), Lost> {
        let workload = &self.cluster.workloads[found.workload];
        let label = self.cluster.label(found.workload);
        let scheme = address::scheme(address);
        let has_tls = ["grpcs", "https", "wss"].contains(&scheme);
        match found.listener {
            Listener::Jina(_) => {
                let Some(served) = workload.schemes(found.port.unwrap_or_default()) else { return Ok(()) };
                let given = if scheme.is_empty() { "grpc" } else { scheme };
                if served.contains(&given) {
                    return Ok(());
                }
                let protocol = match (served[0], has_tls) {
                    ("grpc", true) => "gRPC without TLS",
                    ("grpc", false) => "gRPC",
                    ("grpcs", _) => "gRPC with TLS",
                    ("http", _) => "HTTP without TLS",
                    ("https", _) => "HTTP with TLS",
                    ("ws", _) => "WebSocket without TLS",
                    _ => "WebSocket with TLS",
                };
                let message = format!("by {given}://, but {label} serves {protocol}");
                Err(Lost::Address(Fault { code: Code::ProtocolMismatch, message, fix: format!("write {}://", served[0]) }))
            }
            // In the pod of an executor, only a container that terminates TLS may listen in front of the executor.
            Listener::Sidecar(place) if !(has_tls && workload.containers[place].runs == Runs::Unknown) => {
                let name = workload.containers[place].name();
                let port = found.port.unwrap_or_default();
                let message = format!("and reaches port {port} of container `{name}` of {label}, which does not run Jina for `{executor}`");
                Err(Lost::name(Code::AddressWithoutJina, message, format!("Jina listens on {}", shown_jina_ports(workload))))
            }
            _ => Ok(()),
        }
    }

    fn missing(&self, name: &str, wanted: &str, executor: &str) -> Lost {
        let (cluster, own) = (self.cluster, self.object.namespace());
        if let Some(other) = cluster.namespace_of("Service", name) {
            let message = format!("in {}, but Service/{name} is in {}", namespace_label(wanted), namespace_label(other));
            let fix = if other == own {
                format!("call it without a namespace: {name}")
            } else {
                "give all objects of the Flow the same namespace".to_owned()
            };
            return Lost::name(Code::WrongNamespace, message, fix);
        }
        let intended = cluster.by_jina_name(own, executor).and_then(|workload| cluster.front(workload));
        let near = intended.map(|front| Near { name: front.name(), is_renamed: true });
        let declare = format!("declare that it is provided elsewhere: --external service/{name}");
        let message = format!("at Service/{name}, which does not exist");
        match near.or_else(|| cluster.near("Service", own, name)) {
            Some(Near { name, is_renamed: true }) => Lost::Renamed { message, name: name.to_owned() },
            Some(near) => Lost::name(Code::ReferenceNotFound, message, format!("did you mean `{}`? Otherwise {declare}", near.name)),
            None => Lost::name(Code::ReferenceNotFound, message, format!("add it, or {declare}")),
        }
    }

    /// The field with the name in an address: the variable in the address, or the argument if there is no variable.
    fn path_of_name(&self, given: GivenAddress<'_>) -> FieldPath {
        match self.variable(given.written) {
            Some(index) => self.container.path.key("env").index(index).key("value"),
            None => self.container.path_of(given.word),
        }
    }

    /// The index in `env` of the first variable of an address.
    fn variable(&self, address: &str) -> Option<usize> {
        let (name, _) = address.split_once("$(")?.1.split_once(')')?;
        self.variables.place(name)
    }
}

/// The ports on which containers of Jina serve requests, for messages.
fn shown_jina_ports(workload: &SeenWorkload<'_>) -> String {
    let jina = workload.containers.iter().filter(|container| container.role.is_some());
    let ports = jina.flat_map(|container| &container.ports).filter(|listening| !listening.is_metrics);
    let ports: Vec<String> = ports.map(|listening| listening.port.to_string()).collect();
    first_few(ports.iter().map(String::as_str))
}

/// How a name in a variable can follow a rename by kustomize. In an argument, the name cannot follow.
const IN_VARIABLE: &str = "; if kustomize renames it, list kustomizeconfig.yaml under `configurations:`";
const IN_ARGUMENT: &str = ", because tools do not rename parts of an argument";
