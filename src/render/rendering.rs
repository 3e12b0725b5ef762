//! Turns a config into components and objects. All callers share these steps.

use std::collections::HashSet;

use super::images;
use super::missing_images;
use crate::config::corrections::{Correction, Corrections};
use crate::config::scope::Scope;
use crate::config::{JinaFlow, Mesh, Settings, dns_label, is_dns_label};
use crate::finding::{Code, FieldPath, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::manifests::labels::label_value;
use crate::manifests::{self, Object, Target, exposure};
use crate::plan::{self, Budget, Component, MissingImage, Plan, Role};
use crate::reconcile::{Placing, Planned, Reconciler};

/// A planned Flow that can be rendered.
pub struct Rendering {
    plan: Plan,
    namespace: Option<String>,
    corrections: Corrections,
    name: String,
    /// Whether `name` is the name of a JinaFlow.
    is_named: bool,
    mesh: Mesh,
    scope: Scope,
    /// The patched objects of each component; `None` for a component without a patch.
    patched: Vec<Option<Vec<Object<'static>>>>,
}

impl Rendering {
    /// Plans the Flow of a config; `None` if it has errors. `path` is the path of the Flow. All Flows of a call share `budget`.
    pub fn of(config: &JinaFlow, path: &Path<'_>, budget: &mut Budget, findings: &mut Findings) -> Option<Self> {
        let flow = config.flow.as_ref()?;
        images::check_keys(&config.settings, flow, findings);
        warn_about_unused_name(&config.settings, flow, path, findings);
        Self::with(flow, &config.settings, path, budget, findings)
    }

    /// Plans a Flow. `settings` may differ from the settings that the Flow was read with.
    pub fn with(flow: &Flow, settings: &Settings, path: &Path<'_>, budget: &mut Budget, findings: &mut Findings) -> Option<Self> {
        let namespace = namespace(settings, flow, path, findings);
        let plan = plan::plan(flow, settings, path, budget, findings);
        if findings.has_errors() {
            missing_images::report(&plan.components, flow, settings, path, findings);
            return None;
        }
        let name = label_value(settings.name.as_ref().or(flow.name.as_ref()).map_or("flow", String::as_str)).into_owned();
        let (mesh, scope) = (settings.mesh(), settings.scope.clone());
        let is_named = settings.name.is_some();
        let patched = Vec::new();
        let mut rendering = Self { plan, namespace, corrections: settings.corrections(), name, is_named, mesh, scope, patched };
        rendering.check(findings);
        rendering.patched = manifests::patched(rendering.components(), &rendering.target(), budget, findings);
        budget.check(path, findings);
        if findings.has_errors() {
            missing_images::report(&rendering.plan.components, flow, settings, path, findings);
            return None;
        }
        Some(rendering)
    }

    /// Leaves out the gateway, which is exported by someone else, as `include_gateway=False` of Jina does.
    pub fn leave_out_gateway(&mut self) {
        let patched = std::mem::take(&mut self.patched);
        let all = std::mem::take(&mut self.plan.components);
        let kept = all.into_iter().zip(patched).filter(|(component, _)| component.role != Role::Gateway);
        (self.plan.components, self.patched) = kept.unzip();
    }

    /// Reports the images that are not set, except those that `is_replaced` accepts: a user has replaced the placeholder in the
    /// object of the component. A Flow with errors has no rendering, and its images were reported before.
    pub fn report_missing_images(
        &self,
        config: &JinaFlow,
        path: &Path<'_>,
        is_replaced: impl Fn(&str, &MissingImage) -> bool,
        findings: &mut Findings,
    ) {
        let Some(flow) = &config.flow else { return };
        let is_missing = |component: &&Component| {
            let mut missing = component.containers.iter().filter_map(|container| container.missing.as_ref());
            missing.any(|missing| !is_replaced(&component.name, missing))
        };
        missing_images::report(self.components().iter().filter(is_missing), flow, &config.settings, path, findings);
    }

    /// The images that are not set: the key in `images` that sets each of them, and its placeholder.
    pub fn missing_images(&self, config: &JinaFlow) -> Vec<(String, &str)> {
        config.flow.as_ref().map(|flow| missing_images::keys(self.components(), flow)).unwrap_or_default()
    }

    /// The name that distinguishes the objects of this Flow from those of other Flows. A Deployment without a name uses the
    /// name of its component.
    pub fn known_as(&self) -> &str {
        match (self.plan.kind, self.plan.components.first()) {
            (Kind::Deployment, Some(first)) if !self.is_named => &first.node,
            _ => &self.name,
        }
    }

    /// Whether the objects are exactly those that Jina exports.
    pub fn is_jinas(&self) -> bool {
        !self.corrections.has(Correction::OwnSelectors)
    }

    /// The components, gateway first.
    pub fn components(&self) -> &[Component] {
        &self.plan.components
    }

    /// The file of a component in the folders that Jina writes. Each executor of a Flow has a folder; a Deployment has none.
    pub fn file_of(&self, component: &Component) -> String {
        match self.plan.kind {
            Kind::Flow => format!("{}/{}.yml", component.node, component.name),
            Kind::Deployment => format!("{}.yml", component.name),
        }
    }

    /// The properties of each component that are needed to match it with objects that already exist.
    pub fn planned(&self) -> Vec<Planned> {
        let planned = |component: &Component| Planned {
            component: component.name.clone(),
            executor: label_value(&component.node).into_owned(),
            role: component.role,
            image: component.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        };
        self.plan.components.iter().map(planned).collect()
    }

    /// Each component with its objects. Objects without a patch are rendered here, one component at a time.
    pub fn objects(&self) -> impl Iterator<Item = (&Component, Vec<Object<'_>>)> {
        let target = self.target();
        self.components().iter().zip(&self.patched).map(move |(component, patched)| {
            let objects = patched.clone().unwrap_or_else(|| manifests::objects(component, &target));
            (component, objects)
        })
    }

    /// Places the objects of the components among the items of a list.
    pub fn place<'l>(&'l self, placing: &Placing, reconciler: &mut Reconciler<'l, '_>, findings: &mut Findings) {
        for (component, objects) in self.objects() {
            let file = self.file_of(component);
            for object in objects {
                reconciler.place(placing, &component.name, &file, object, findings);
            }
        }
    }

    /// The properties that all objects of the Flow share.
    pub fn target(&self) -> Target<'_> {
        Target {
            namespace: self.namespace.as_deref(),
            corrections: self.corrections,
            flow: &self.name,
            mesh: self.mesh,
            scope: &self.scope,
            first: self.plan.components.first().map_or("", |component| &component.name),
        }
    }

    /// Checks the Services through which clients outside the cluster call the gateway or executors.
    fn check_exposed(&self, findings: &mut Findings) {
        let spec = Path::root("spec");
        let executors = spec.key("executors");
        let mut names: HashSet<String> = self.components().iter().flat_map(service_names).collect();
        for component in self.components() {
            let Some(expose) = &component.workload.expose else { continue };
            let owner = if component.role == Role::Gateway { spec.key("gateway") } else { executors.key(&component.node) };
            let path = owner.key("expose");
            let name = exposure::exposed_name(component, expose);
            if !is_dns_label(&name) {
                let finding = Code::InvalidName.error(path.key("name"), "is not a valid Service name").got(&*name);
                findings.push(finding.propose(dns_label(&name)));
            } else if !names.insert(name.clone().into_owned()) {
                let finding = Code::DuplicateName.error(path.key("name"), "duplicates the name of a Service of the Flow").got(&*name);
                findings.push(finding.fix("choose another name"));
            }
            if let Some(wanted) = expose.protocol.filter(|wanted| exposure::place_of(component, Some(*wanted)).is_none()) {
                let served: Vec<&str> = component.protocols.iter().map(|protocol| protocol.scheme()).collect();
                let who = if component.role == Role::Gateway { "gateway" } else { "executor" };
                let finding =
                    Code::ProtocolNotServed.error(path.key("protocol"), format!("is not served by the {who}")).got(wanted.scheme());
                findings.push(finding.fix(format!("use one of: {}; or add it to `protocol` of the Flow", served.join(", "))));
            }
        }
    }

    /// Reports fields of the config that have no effect on this Flow or conflict with it.
    fn check(&self, findings: &mut Findings) {
        let spec = Path::root("spec");
        if self.scope.namespace.is_some() && self.namespace.is_none() {
            let message = "creates a namespace without a name, because the Flow has no namespace";
            findings.push(Code::NamespaceWithoutName.error(spec.key("namespace"), message).fix("set `metadata.namespace`"));
        }
        if self.components().iter().all(|component| !component.monitoring) {
            self.warn_about_metrics(findings);
        }
        if !self.corrections.has(Correction::OwnSelectors) {
            let is_taken = |component: &&Component| component.workload.labels.iter().any(|(name, _)| name == "app");
            if let Some(component) = self.components().iter().find(is_taken) {
                let message = format!("uses the label `app` in selectors, so `{}` cannot have a label `app`", component.name);
                findings.push(Code::ReservedLabel.error(spec.key("compat"), message).fix("rename the label, or remove `compat`"));
            }
        }
        self.check_exposed(findings);
        let Some(gateway) = self.components().iter().find(|component| component.role == Role::Gateway) else { return };
        let workload = &gateway.workload;
        for (field, protocol) in [
            ("ingress", workload.ingress.as_ref().and_then(|ingress| ingress.protocol)),
            ("httpRoute", workload.http_route.as_ref().map(|route| route.protocol)),
            ("grpcRoute", workload.grpc_route.as_ref().map(|route| route.protocol)),
        ] {
            if let Some(wanted) = protocol.filter(|wanted| exposure::place_of(gateway, Some(*wanted)).is_none()) {
                let served: Vec<&str> = gateway.protocols.iter().map(|protocol| protocol.scheme()).collect();
                let path = spec.key("gateway");
                let path = path.key(field);
                let finding = Code::ProtocolNotServed.error(path.key("protocol"), "is not served by the gateway").got(wanted.scheme());
                findings.push(if field == "grpcRoute" {
                    finding.fix("add it to `protocol` of the Flow, or use `httpRoute`")
                } else {
                    finding.fix(format!("use one of: {}; or add it to `protocol` of the Flow", served.join(", ")))
                });
            }
        }
    }

    /// Warns about settings for metrics in a Flow that serves none.
    fn warn_about_metrics(&self, findings: &mut Findings) {
        let spec = Path::root("spec");
        let policy = spec.key("networkPolicy");
        let clients = policy.key("allowFrom");
        let monitors = self.scope.monitoring.iter().map(|_| FieldPath::from(spec.key("monitoring")));
        let scrapers = self.scope.network.iter().flat_map(|network| &network.scrapers);
        for path in monitors.chain(scrapers.map(|peer| clients.key(&peer.name).into())) {
            let finding = Code::FieldWithoutEffect.warning(path, "has no effect, because no component of this Flow serves metrics");
            findings.push(finding.fix("set `monitoring: true` below `with` in the Flow, or here: `defaults: {flow: {monitoring: true}}`"));
        }
    }
}

/// The names of the Services of a component.
fn service_names(component: &Component) -> impl Iterator<Item = String> {
    let further = component.protocols.iter().enumerate().skip(1);
    let further = further.map(|(place, protocol)| plan::protocol_service(&component.name, place, protocol.scheme()));
    std::iter::once(component.name.clone()).chain(further)
}

/// The namespace of the objects. Jina always sets a namespace: the name of the Flow, or `default`.
fn namespace(settings: &Settings, flow: &Flow, path: &Path<'_>, findings: &mut Findings) -> Option<String> {
    if settings.namespace.is_some() || settings.corrections().has(Correction::NoDefaultNamespace) {
        return settings.namespace.clone();
    }
    let Some(name) = flow.name.as_deref().filter(|_| flow.kind == Kind::Flow) else { return Some("default".to_owned()) };
    if !is_dns_label(name) {
        let with = path.key("with");
        let finding = Code::InvalidName.error(with.key("name"), "is also the namespace, but is not a valid namespace name").got(name);
        findings.push(finding.fix(format!("rename the Flow, or set the namespace: {}", dns_label(name))));
    }
    Some(name.to_owned())
}

/// Warns about `with.name` of a Flow in a JinaFlow: the Flow gets the name of the JinaFlow instead. With `compat`
/// `with.name` is still the default namespace.
fn warn_about_unused_name(settings: &Settings, flow: &Flow, path: &Path<'_>, findings: &mut Findings) {
    let (Some(known), Some(name)) = (&settings.name, &flow.name) else { return };
    let is_namespace = settings.namespace.is_none() && !settings.corrections().has(Correction::NoDefaultNamespace);
    if known != name && !is_namespace {
        let message = format!("has no effect, because the Flow has the name of its JinaFlow, `{known}`");
        findings.push(Code::FieldWithoutEffect.warning(path.key("with").key("name"), message).got(name).fix("remove it"));
    }
}
