//! Plans the component of the gateway.

use std::rc::Rc;

use super::arguments::{self, Forced, JsonTemplate};
use super::component::{Arg, Component, Container, IMAGES_CONFIG_FILE, PORT, PORT_MONITORING, Process, Role};
use super::env::{pull_secrets, secrets};
use super::executor::{BASE_EXECUTOR, is_gateway_class, wrong_peers};
use super::external::{foreign_services, internal_tls};
use super::names::kubernetes_name;
use super::planner::{Planner, config_file, warn_about_replicas};
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::finding::{Code, Findings, Mark, Path};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::options::{ALL_INTERFACES, Opt};
use crate::jina::section::Section;
use crate::jina::setting::Protocol;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::value::Value;
use crate::jina::versions::Change;

impl Planner<'_> {
    pub(super) fn gateway(&self, flow: &Flow, options: &Options, findings: &mut Findings) -> Component {
        let path = self.path.key(GATEWAY);
        let protocols = options.protocols();
        check_ports(options, protocols, &path, findings);
        let replicas = options.int(Opt::Replicas);
        if replicas < 1 {
            let finding = Code::ValueOutOfRange.error(path.key("replicas"), "must be at least 1").got(replicas.to_string());
            findings.push(finding.propose("1"));
        }
        self.check_state(options, &path, findings);
        if let Some(role) = options.text(Opt::PodRole).filter(|role| *role != "GATEWAY") {
            let finding = Code::InternalOption.error(path.key("pod_role"), "must be `GATEWAY`: Jina sets it").got(role);
            findings.push(finding.fix("remove it"));
        }
        if options.is_own(Opt::Host) && options.strings(Opt::Host).len() > 1 {
            let finding = Code::ValueNotAllowed.error(path.key("host"), "must be a single host for the gateway");
            findings.push(finding.got(options.strings(Opt::Host).join(", ")).fix("remove it"));
        }
        if let Some(BASE_EXECUTOR) = options.text(Opt::Uses) {
            let message = "is not a gateway class, so Jina's image cannot start it";
            let (code, effect) = (Code::WrongExecutorClass, "the container exits at once");
            let finding = self.settings.strictness().finding(code, path.key("uses"), message, effect);
            findings.push(finding.got(BASE_EXECUTOR).fix("remove it, or write docker://REPOSITORY:TAG"));
        }
        let own = self.settings.layers.gateway_image();
        let image = self.main_image(GATEWAY, options, own, &path, Mark::default(), findings);
        self.check_version(options, protocols, &path, findings);
        self.warn_about_fixed_addresses(Section::Gateway, options, &path, findings);
        let workload = Rc::clone(&self.shared.gateway);
        warn_about_replicas(options, &workload, &path, findings);
        let mut health = self.health(options, protocols[0], &path, findings);
        health.tls = options.has_certificate();
        let container = Container {
            process: Process::Gateway,
            image: image.name,
            missing: image.missing,
            args: self.gateway_args(flow, options, protocols, findings),
            port: PORT,
            secrets: secrets(options, &workload, &path, findings),
            gpus: None,
            health,
        };
        Component {
            name: GATEWAY.to_owned(),
            node: GATEWAY.to_owned(),
            role: Role::Gateway,
            replicas: workload.replicas.unwrap_or(replicas),
            protocols: protocols.to_vec(),
            monitoring: options.flag(Opt::Monitoring),
            env: self.env(options, &workload, &path, findings),
            pull_secrets: pull_secrets(options, &workload),
            config: options.inline().map(|inline| inline.config.clone()),
            models: Vec::new(),
            storage: None,
            workspace: None,
            containers: vec![container],
            called_by: None,
            foreign: flow.executors.iter().flat_map(|executor| foreign_services(&executor.options)).collect(),
            workload,
        }
    }

    /// Reports options of stateful executors in `with`. The gateway gets these options too, and Jina then fails.
    fn check_state(&self, options: &Options, path: &Path<'_>, findings: &mut Findings) {
        let with = self.path.key("with");
        let place = |opt: Opt| if options.is_own(opt) { *path } else { with };
        if options.flag(Opt::Stateful) && options.text(Opt::Workspace).is_none() {
            let message = "is not allowed for the gateway, which has no state";
            let finding = Code::StatefulGateway.error(place(Opt::Stateful).key("stateful"), message);
            let is_own = options.is_own(Opt::Stateful);
            findings.push(finding.fix(if is_own { "remove it" } else { "move it to the executors that have state" }));
        }
        if let Some(problem) = wrong_peers(options, 1, 1) {
            let finding = Code::PeerPortsMismatch.error(place(Opt::PeerPorts).key("peer_ports"), problem.message);
            findings.push(finding.fix("move it to the executors that have peers"));
        }
    }

    fn gateway_args(&self, flow: &Flow, options: &Options, protocols: &[Protocol], findings: &mut Findings) -> Vec<Arg> {
        // By default a Flow of Jina passes `{}` to the gateway. With an explicit null, it passes nothing.
        let endpoints = match options.text(Opt::ExposeEndpoints) {
            None if options.is_null(Opt::ExposeEndpoints) || self.corrections.has(Correction::NoEmptyArguments) => Forced::Omitted,
            endpoints => Forced::word(endpoints.unwrap_or("{}").to_owned()),
        };
        let optional = |json: Value| if json.is_truthy() { Forced::word(json.to_json()) } else { Forced::Omitted };
        let edges = flow
            .graph
            .edges()
            .iter()
            .map(|(node, next)| (Value::Str(node.clone()), Value::List(next.iter().map(|name| Value::Str(name.clone())).collect())));
        // Jina still passes the options of executors that `inspect: REMOVE` removes.
        let mentioned = flow.with_removed.as_ref().filter(|_| !self.corrections.has(Correction::RemovedNodes));
        let mentioned = mentioned.unwrap_or(&flow.executors);
        let of_executors = |opt: Opt| -> Value {
            Value::Map(mentioned.iter().filter_map(|e| Some((Value::Str(e.name.clone()), e.options.map(opt)?.clone()))).collect())
        };
        let metadata = match of_executors(Opt::GrpcMetadata) {
            Value::Map(pairs) => Value::Map(pairs.into_iter().filter(|(_, metadata)| metadata.is_truthy()).collect()),
            other => other,
        };
        let not_reducing = mentioned.iter().filter(|e| e.options.flag(Opt::NoReduce)).map(|e| Value::Str(e.name.clone()));
        let runtime = foreign_runtime(options);
        let mut forced = vec![
            (Opt::Name, Forced::Omitted),
            (Opt::K8sNamespace, self.k8s_namespace()),
            (Opt::ExposeEndpoints, endpoints),
            (Opt::Uses, Forced::word(self.gateway_class(options, protocols))),
            (Opt::RuntimeCls, runtime.map_or(Forced::Omitted, |class| Forced::word(class.to_owned()))),
            (Opt::GraphDescription, optional(Value::Map(edges.collect()))),
            (Opt::GraphConditions, optional(of_executors(Opt::When))),
            (Opt::DeploymentsAddresses, self.addresses(flow, findings).map_or(Forced::Omitted, Forced::word)),
            (Opt::DeploymentsMetadata, optional(metadata)),
            (Opt::DeploymentsNoReduce, optional(Value::List(not_reducing.collect()))),
            (Opt::Port, Forced::Words(arguments::ports(protocols))),
            (Opt::PortMonitoring, Forced::word(PORT_MONITORING.to_string())),
        ];
        match options.strings(Opt::Host) {
            [host, ..] if host != ALL_INTERFACES && !self.corrections.has(Correction::BindAllInterfaces) => {
                forced.push((Opt::Host, Forced::word(host.clone())));
            }
            _ => forced.push((Opt::Host, Forced::Omitted)),
        }
        if let Some(default) = self.settings.context.get("JINA_DEFAULT_TIMEOUT_CTRL")
            && options.timeout_ctrl(default).to_string() == default
        {
            forced.push((Opt::TimeoutCtrl, Forced::Omitted));
        }
        let called = flow.executors.iter().filter(|executor| !executor.options.flag(Opt::External));
        forced.extend(self.balancing_caller(options, called.map(called_pods)));
        if self.corrections.has(Correction::ReplicasArgument) {
            forced.push((Opt::Replicas, Forced::Omitted));
        }
        arguments::gateway(options, &forced, self.version)
    }

    /// Reports options that the gateway of an older version ignores.
    fn check_version(&self, options: &Options, protocols: &[Protocol], path: &Path<'_>, findings: &mut Findings) {
        if protocols.len() > 1 && !self.version.has(Change::SeveralProtocols) {
            let names: Vec<&str> = protocols.iter().map(|protocol| protocol.name()).collect();
            let message = format!("must be one protocol: a gateway of Jina {} does not serve several", self.version);
            let finding = Code::OptionTooNew.error(path.key("protocol"), message).got(names.join(", "));
            findings.push(finding.fix("keep one protocol, or set a newer `spec.jinaVersion`"));
        }
        if let Some(uses) = options.text(Opt::Uses).filter(|_| !self.version.has(Change::GatewayUses)) {
            let message = format!("is not supported: Jina {} has built-in gateways only", self.version);
            let finding = Code::OptionTooNew.error(path.key("uses"), message).got(uses);
            findings.push(finding.fix("remove it, or set a newer `spec.jinaVersion`"));
        }
    }

    /// The gateway class, or the configuration file in the image.
    fn gateway_class(&self, options: &Options, protocols: &[Protocol]) -> String {
        match options.text(Opt::Uses) {
            Some(class) if is_gateway_class(class) => class.to_owned(),
            Some(_) => config_file(options, &self.shared.gateway),
            None if foreign_runtime(options).is_some() => IMAGES_CONFIG_FILE.to_owned(),
            None if protocols.len() > 1 => "CompositeGateway".to_owned(),
            None if options.ports().len() > 1 && !self.corrections.has(Correction::GatewayClass) => IMAGES_CONFIG_FILE.to_owned(),
            None => match protocols[0] {
                Protocol::Grpc => "GRPCGateway",
                Protocol::Http => "HTTPGateway",
                Protocol::Websocket => "WebSocketGateway",
            }
            .to_owned(),
        }
    }

    /// `{"encoder": ["grpc://…:8080"], …}` with symbols for hosts.
    fn addresses(&self, flow: &Flow, findings: &mut Findings) -> Option<Arg> {
        let list = self.path.key(flow.list);
        let mut json = JsonTemplate::new();
        for executor in &flow.executors {
            json.key(&executor.name);
            if executor.options.flag(Opt::External) {
                let addresses = self.external_addresses(executor, &list.index(executor.index), findings);
                json.text(&Value::List(addresses.into_iter().map(Value::Str).collect()).to_json());
            } else {
                json.text(&format!("[\"{}://", self.scheme(executor)));
                json.host(&called(executor));
                json.text(&format!(":{PORT}\"]"));
            }
        }
        json.finish()
    }

    fn scheme(&self, executor: &Executor) -> String {
        let options = &executor.options;
        let scheme = options.protocols().first().map_or("grpc", |p| p.scheme());
        let s = if !self.corrections.has(Correction::PlainExecutors) && internal_tls(options) { "s" } else { "" };
        format!("{scheme}{s}")
    }
}

/// A runtime other than `GatewayRuntime`. Only `GatewayRuntime` starts a gateway class (`Deployment.update_pod_args`).
fn foreign_runtime(options: &Options) -> Option<&str> {
    options.text(Opt::RuntimeCls).filter(|class| *class != "GatewayRuntime")
}

/// The pods that the gateway calls for an executor.
fn called_pods(executor: &Executor) -> Pods<'_> {
    if executor.options.int(Opt::Shards) > 1 { Pods::Head(&executor.name) } else { Pods::Worker(&executor.name, Some(0)) }
}

/// The component that the gateway calls for an executor: the head, if the executor has shards.
fn called(executor: &Executor) -> String {
    let name = kubernetes_name(&executor.name);
    if executor.options.int(Opt::Shards) > 1 { format!("{name}-head") } else { name }
}

/// Compares the number of ports with the number of protocols (`_set_gateway_uses`). The ports have no other effect: every
/// container listens on 8080 and the following ports.
fn check_ports(options: &Options, protocols: &[Protocol], path: &Path<'_>, findings: &mut Findings) {
    let ports = options.ports();
    if options.text(Opt::Uses).is_none() && ports.len() > 1 && ports.len() < protocols.len() {
        let message = format!("has {} ports for {} protocols", ports.len(), protocols.len());
        findings.push(Code::PortCountMismatch.error(path.key("port"), message).fix("set one port for each protocol, or remove `port`"));
    }
}
