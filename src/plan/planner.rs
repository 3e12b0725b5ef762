//! The settings that all parts of the plan use, and checks that the gateway and executors share.

use std::collections::HashSet;
use std::rc::Rc;

use super::arguments::Forced;
use super::component::{Arg, CONFIG_FILE, PORT, PORT_MONITORING};
use crate::config::Settings;
use crate::config::corrections::{Correction, Corrections};
use crate::config::workload::Workload;
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::{ALL_INTERFACES, Opt};
use crate::jina::options_of::port_without_effect;
use crate::jina::scalar::python_int;
use crate::jina::section::Section;
use crate::jina::setting::Setting;
use crate::jina::versions::Version;

/// `jina/enums.py`, `LogVerbosity`.
const LOG_LEVELS: [&str; 6] = ["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"];

/// The settings from which a Flow is planned.
pub(super) struct Planner<'p> {
    pub(super) settings: &'p Settings,
    pub(super) corrections: Corrections,
    pub(super) version: Version,
    pub(super) path: &'p Path<'p>,
    pub(super) shared: Shared,
    /// The keys of `images` that are names of executors only.
    pub(super) only_names: HashSet<&'p str>,
}

/// The settings of each role. Pods without an entry in the config share these settings.
pub(super) struct Shared {
    pub(super) gateway: Rc<Workload>,
    pub(super) head: Rc<Workload>,
    pub(super) worker: Rc<Workload>,
}

impl Planner<'_> {
    /// The finding about an executor with a gateway class. Jina's own image has no configuration for a gateway class.
    pub(super) fn wrong_class(&self, uses: &str, opt: Opt, path: &Path<'_>) -> Finding {
        let message = "is not an executor class, so Jina's image cannot start it";
        let path = path.key(opt.row().name);
        let finding = self.settings.strictness().finding(Code::WrongExecutorClass, path, message, "the container exits at once");
        finding.got(uses).fix("remove it, or write docker://REPOSITORY:TAG")
    }

    /// Warns about ports and hosts in the Flow that have no effect: ports and addresses are the same in every pod.
    pub(super) fn warn_about_fixed_addresses(&self, role: Section, options: &Options, path: &Path<'_>, findings: &mut Findings) {
        let with = self.path.key("with");
        let section = |opt: Opt| if options.is_own(opt) { *path } else { with };
        let (ports, protocols) = (options.ports(), options.protocols());
        let are_enough = ports.len() == 1 || ports.len() >= protocols.len();
        if !ports.is_empty() && are_enough && !ports.iter().copied().eq((PORT..).take(protocols.len())) {
            let got: Vec<String> = ports.iter().map(u16::to_string).collect();
            findings.push(port_without_effect(role, protocols.len(), section(Opt::Port).key("port")).got(got.join(", ")));
        }
        if matches!(options.get(Opt::PortMonitoring), Some(Setting::Ports(ports)) if *ports != [PORT_MONITORING]) {
            let message = format!("`port_monitoring` has no effect on Kubernetes: metrics are on port {PORT_MONITORING}");
            let finding = Code::FieldWithoutEffect.warning(section(Opt::PortMonitoring).key("port_monitoring"), message);
            findings.push(finding.fix("remove it"));
        }
        let hosts = options.strings(Opt::Host);
        if hosts.iter().any(|host| host != ALL_INTERFACES) && self.corrections.has(Correction::BindAllInterfaces) {
            let message = "`host` has no effect on Kubernetes: containers listen on all addresses of their pod";
            let finding = Code::FieldWithoutEffect.warning(section(Opt::Host).key("host"), message).got(hosts.join(", "));
            let fix = if role == Section::Gateway { "remove it" } else { "remove it, or set `external: true` if the executor runs there" };
            findings.push(finding.fix(fix));
        }
    }

    /// Checks the variables that Jina takes from the exporting process and that the containers also read.
    pub(super) fn check_context(&self, findings: &mut Findings) {
        let given = |name: &str| self.settings.context.get(name);
        if let Some(level) = given("JINA_LOG_LEVEL").filter(|level| !LOG_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))) {
            let finding = Code::InvalidContextVariable.error(self.path, "the variable `JINA_LOG_LEVEL` must be a log level").got(level);
            findings.push(finding.fix(format!("use one of: {}", LOG_LEVELS.join(", "))));
        }
        if let Some(timeout) = given("JINA_DEFAULT_TIMEOUT_CTRL").filter(|timeout| python_int(timeout).is_none()) {
            let message = "the variable `JINA_DEFAULT_TIMEOUT_CTRL` must be a whole number";
            let finding = Code::InvalidContextVariable.error(self.path, message).got(timeout);
            findings.push(finding.fix("set it to a number of milliseconds, or unset it"));
        }
    }

    /// The value of `--k8s-namespace`.
    pub(super) fn k8s_namespace(&self) -> Forced {
        if self.corrections.has(Correction::NoLiteralNamespace) { Forced::Omitted } else { Forced::word(Arg::Namespace) }
    }
}

/// The value of `--uses` for a container with a configuration: the mounted inline configuration, or the file in its image.
pub(super) fn config_file(options: &Options, workload: &Workload) -> String {
    let of_image = || workload.config_file.as_str();
    if options.inline().is_some() { CONFIG_FILE } else { of_image() }.to_owned()
}

/// Warns about `replicas` in the Flow if an autoscaler decides the number of pods.
pub(super) fn warn_about_replicas(options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) {
    let replicas = options.int(Opt::Replicas);
    if replicas > 1 && workload.autoscale.is_some() && workload.replicas.is_none() {
        let finding = Code::FieldWithoutEffect.warning(path.key("replicas"), "has no effect: `autoscale` sets the number of replicas");
        findings.push_once(finding.got(replicas.to_string()).fix("remove one of the two"));
    }
}
