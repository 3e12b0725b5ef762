//! What the parts of the plan are made from.

use std::fmt;
use std::rc::Rc;

use super::arguments::Forced;

use crate::config::Settings;
use crate::config::corrections::{Correction, Corrections};
use crate::config::workload::Workload;
use crate::finding::{Finding, Findings, Path};
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::scalar::python_int;
use crate::jina::section::Strictness;
use crate::jina::setting::Setting;
use crate::jina::versions::Version;

use super::component::{Arg, CONFIG_FILE, IMAGES_CONFIG_FILE, PORT, PORT_MONITORING};

/// `jina/enums.py`, `LogVerbosity`.
const LOG_LEVELS: [&str; 6] = ["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"];

/// What the plan is made from.
pub(super) struct Planner<'p> {
    pub(super) settings: &'p Settings,
    pub(super) corrections: Corrections,
    pub(super) version: Version,
    pub(super) path: &'p Path<'p>,
    pub(super) shared: Shared,
}

/// What the pods of each role have in common.
pub(super) struct Shared {
    pub(super) gateway: Rc<Workload>,
    pub(super) head: Rc<Workload>,
    pub(super) worker: Rc<Workload>,
}

impl Planner<'_> {
    /// The image of a `uses`, Jina's own where that names none.
    pub(super) fn image(&self, uses: Option<&str>, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        Ok(self.settings.images.resolve(uses, who, path)?.unwrap_or_else(|| self.gateway_image()))
    }

    /// The image of `uses_before` and `uses_after`, which Jina does not check as it checks `uses`: it takes any text that
    /// begins with `docker` for an image (`get_image_name`).
    pub(super) fn sidecar_image(&self, uses: &str, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        if uses.starts_with("docker") && !uses.starts_with("docker://") && self.settings.strictness() == Strictness::Lenient {
            return Ok(uses.to_owned());
        }
        self.image(Some(uses), who, path)
    }

    /// What is said of a class that is none of this kind. Jina's own image runs it, and has no configuration for it.
    pub(super) fn wrong_class(&self, uses: &str, opt: Opt, path: &Path<'_>) -> Finding {
        let message = format!("`{uses}` is no executor, and Jina's own image does not start with it");
        let finding = self.settings.strictness().judge(path.key(opt.row().name), &message, "the container ends at once");
        finding.got(uses).fix("remove it, or write docker://REPOSITORY:TAG")
    }

    /// The image of the first container of an executor or of the gateway.
    pub(super) fn main_image(&self, options: &Options, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        match options.inline() {
            Some(inline) => Ok(inline.image.clone()),
            None => self.image(options.text(Opt::Uses), who, &path.key(Opt::Uses.row().name)),
        }
    }

    /// Ports and addresses are the same in every pod; who asks for others is told so.
    pub(super) fn warn_about_fixed_places(&self, options: &Options, path: &Path<'_>, findings: &mut Findings) {
        let with = self.path.key("with");
        let section = |opt: Opt| if options.is_own(opt) { *path } else { with };
        let (ports, protocols) = (options.ports(), options.protocols());
        let are_enough = ports.len() == 1 || ports.len() >= protocols.len();
        if !ports.is_empty() && are_enough && !ports.iter().copied().eq((PORT..).take(protocols.len())) {
            let finding = Finding::warning(
                section(Opt::Port).key("port"),
                format!("`port` has no effect on Kubernetes: containers listen on {PORT} and up"),
            );
            let got: Vec<String> = ports.iter().map(u16::to_string).collect();
            let mend = format!("let clients use {PORT}, or a Service of your own that leads to it");
            findings.push_once(finding.got(got.join(", ")).fix(mend));
        }
        if matches!(options.get(Opt::PortMonitoring), Some(Setting::Ports(ports)) if *ports != [PORT_MONITORING]) {
            let message = format!("`port_monitoring` has no effect on Kubernetes: metrics are on {PORT_MONITORING}");
            findings.push_once(Finding::warning(section(Opt::PortMonitoring).key("port_monitoring"), message).fix("remove it"));
        }
        let hosts = options.texts(Opt::Host);
        if hosts.iter().any(|host| host != "0.0.0.0") && self.corrections.has(Correction::BindAllInterfaces) {
            let message = "`host` has no effect on Kubernetes: containers listen on all addresses of their pod";
            let finding = Finding::warning(section(Opt::Host).key("host"), message).got(hosts.join(", "));
            findings.push_once(finding.fix("remove it, or say `external: true` if the executor runs there"));
        }
    }

    /// Variables that Jina takes from the exporting process, and that its containers read as well.
    pub(super) fn check_context(&self, findings: &mut Findings) {
        let given = |name: &str| self.settings.context.get(name);
        if let Some(level) = given("JINA_LOG_LEVEL").filter(|level| !LOG_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))) {
            let finding = Finding::error(self.path, "the variable `JINA_LOG_LEVEL` must be a log level").got(level);
            findings.push(finding.fix(format!("use one of: {}", LOG_LEVELS.join(", "))));
        }
        if let Some(timeout) = given("JINA_DEFAULT_TIMEOUT_CTRL").filter(|timeout| python_int(timeout).is_none()) {
            let finding = Finding::error(self.path, "the variable `JINA_DEFAULT_TIMEOUT_CTRL` must be a whole number").got(timeout);
            findings.push(finding.fix("write milliseconds, or leave it out"));
        }
    }

    pub(super) fn gateway_image(&self) -> String {
        self.settings.images.gateway(self.settings.jina_version())
    }

    /// What stands after `--k8s-namespace`.
    pub(super) fn k8s_namespace(&self) -> Forced {
        if self.corrections.has(Correction::NoLiteralNamespace) { Forced::Omitted } else { Forced::word(Arg::Namespace) }
    }
}

/// What stands after `--uses` for a container that has a configuration: the mounted one of its class, or that in its image.
pub(super) fn config_file(options: &Options, workload: &Workload) -> String {
    let of_image = || workload.config_file.as_deref().unwrap_or(IMAGES_CONFIG_FILE);
    if options.inline().is_some() { CONFIG_FILE } else { of_image() }.to_owned()
}

/// An autoscaler decides how many pods there are, whatever the Flow says.
pub(super) fn warn_about_replicas(options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) {
    let replicas = options.int(Opt::Replicas, 1);
    if replicas > 1 && workload.autoscale.is_some() && workload.replicas.is_none() {
        let finding = Finding::warning(path.key("replicas"), "has no effect: `autoscale` decides how many replicas there are");
        findings.push_once(finding.got(replicas.to_string()).fix("remove one of the two"));
    }
}
