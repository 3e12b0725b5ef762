//! From a config to components: the steps that every way of calling has in common.

use crate::config::corrections::{Correction, Corrections};
use crate::config::scope::Scope;
use crate::config::{JinaFlow, Mesh, Settings, dns_label, is_dns_label};
use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::Opt;
use crate::manifests::labels::label_value;
use crate::manifests::{self, Object, Target, exposure};
use crate::plan::{self, Budget, Component, Plan, Role};
use crate::reconcile::{Placing, Planned, Reconciler};

/// A Flow that can be emitted.
pub struct Rendering {
    plan: Plan,
    namespace: Option<String>,
    corrections: Corrections,
    name: String,
    /// Whether the name is that of a JinaFlow.
    is_named: bool,
    mesh: Mesh,
    scope: Scope,
    /// The patched objects of each component; `None` for those that no patch concerns.
    patched: Vec<Option<Vec<Object<'static>>>>,
}

impl Rendering {
    /// Plans a Flow; `None` when it is not fit to be emitted. `path` is the Flow's own path, and `budget` what all Flows of a
    /// call have together.
    pub fn of(config: &JinaFlow, path: &Path<'_>, budget: &mut Budget, findings: &mut Findings) -> Option<Self> {
        let flow = config.flow.as_ref()?;
        warn_about_unused_images(&config.settings, flow, findings);
        warn_about_unused_name(&config.settings, flow, path, findings);
        Self::with(flow, &config.settings, path, budget, findings)
    }

    /// Plans a Flow with other settings than it was read with.
    pub fn with(flow: &Flow, settings: &Settings, path: &Path<'_>, budget: &mut Budget, findings: &mut Findings) -> Option<Self> {
        let namespace = namespace(settings, flow, path, findings);
        let plan = plan::plan(flow, settings, path, budget, findings);
        if findings.has_errors() {
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
        (!findings.has_errors()).then_some(rendering)
    }

    /// The name by which its objects are told from those of other Flows: that of the Flow, for a Deployment that has none its own.
    pub fn known_as(&self) -> &str {
        match (self.plan.kind, self.plan.components.first()) {
            (Kind::Deployment, Some(first)) if !self.is_named => &first.node,
            _ => &self.name,
        }
    }

    /// Whether exactly what Jina exports is wanted.
    pub fn is_jinas(&self) -> bool {
        !self.corrections.has(Correction::OwnSelectors)
    }

    /// The components, gateway first.
    pub fn components(&self) -> &[Component] {
        &self.plan.components
    }

    /// The file of a component in the tree that Jina writes: a folder for each executor of a Flow, none for a Deployment.
    pub fn file_of(&self, component: &Component) -> String {
        match self.plan.kind {
            Kind::Flow => format!("{}/{}.yml", component.node, component.name),
            Kind::Deployment => format!("{}.yml", component.name),
        }
    }

    /// The components, as far as it matters for what they were before.
    pub fn planned(&self) -> Vec<Planned> {
        let planned = |component: &Component| Planned {
            component: component.name.clone(),
            executor: label_value(&component.node).into_owned(),
            role: component.role,
            image: component.containers.first().map(|container| container.image.clone()).unwrap_or_default(),
        };
        self.plan.components.iter().map(planned).collect()
    }

    /// Each component with its objects. They are rendered here, one component at a time, except those that were patched.
    pub fn objects(&self) -> impl Iterator<Item = (&Component, Vec<Object<'_>>)> {
        let target = self.target();
        self.components().iter().zip(&self.patched).map(move |(component, patched)| {
            let objects = patched.clone().unwrap_or_else(|| manifests::objects(component, &target));
            (component, objects)
        })
    }

    /// Places their objects among what is there.
    pub fn place<'l>(&'l self, placing: &Placing, reconciler: &mut Reconciler<'l, '_>, findings: &mut Findings) {
        for (component, objects) in self.objects() {
            let file = self.file_of(component);
            for object in objects {
                reconciler.place(placing, &component.name, &file, object, findings);
            }
        }
    }

    /// Where their objects go.
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

    /// What of the config has no effect on this Flow, or leads nowhere.
    fn check(&self, findings: &mut Findings) {
        let spec = Path::root("spec");
        if self.scope.namespace.is_some() && self.namespace.is_none() {
            let finding = Finding::error(spec.key("namespace"), "has no name: the Flow has no namespace");
            findings.push(finding.fix("set `metadata.namespace`"));
        }
        if self.scope.monitoring.is_some() && self.components().iter().all(|component| !component.monitoring) {
            let finding = Finding::warning(spec.key("monitoring"), "has no effect: nothing of this Flow serves metrics");
            findings.push(finding.fix("set `monitoring: true` below `with` in the Flow, or here: `defaults: {flow: {monitoring: true}}`"));
        }
        if !self.corrections.has(Correction::OwnSelectors) {
            let is_taken = |component: &&Component| component.workload.labels.iter().any(|(name, _)| name == "app");
            if let Some(component) = self.components().iter().find(is_taken) {
                let message = format!("the label `app` of `{}` is what selectors use under compat", component.name);
                findings.push(Finding::error("spec.compat", message).fix("choose another key, or remove `compat`"));
            }
        }
        let Some(gateway) = self.components().iter().find(|component| component.role == Role::Gateway) else { return };
        let workload = &gateway.workload;
        if let Some(expose) = &workload.expose {
            let path = spec.key("gateway");
            let path = path.key("expose");
            if !is_dns_label(&expose.name) {
                let finding = Finding::error(path.key("name"), "is no name for a Service").got(&expose.name);
                findings.push(finding.propose(dns_label(&expose.name)));
            } else if self.components().iter().any(|component| component.name == expose.name) {
                let finding = Finding::error(path.key("name"), "is the name of a Service of the Flow").got(&expose.name);
                findings.push(finding.fix("choose another name"));
            }
        }
        for (field, protocol) in [
            ("expose", workload.expose.as_ref().and_then(|expose| expose.protocol)),
            ("ingress", workload.ingress.as_ref().and_then(|ingress| ingress.protocol)),
            ("httpRoute", workload.http_route.as_ref().map(|route| route.protocol)),
            ("grpcRoute", workload.grpc_route.as_ref().map(|route| route.protocol)),
        ] {
            if let Some(wanted) = protocol.filter(|wanted| exposure::place_of(gateway, Some(*wanted)).is_none()) {
                let served: Vec<&str> = gateway.protocols.iter().map(|protocol| protocol.scheme()).collect();
                let path = spec.key("gateway");
                let finding = Finding::error(path.key(field).key("protocol"), "is not served by the gateway").got(wanted.scheme());
                findings.push(finding.fix(format!("use one of: {}; or add it to `protocol` of the Flow", served.join(", "))));
            }
        }
    }
}

/// The namespace that was asked for. Jina always has one: the Flow's name, else `default`.
fn namespace(settings: &Settings, flow: &Flow, path: &Path<'_>, findings: &mut Findings) -> Option<String> {
    if settings.namespace.is_some() || settings.corrections().has(Correction::NoDefaultNamespace) {
        return settings.namespace.clone();
    }
    let Some(name) = flow.name.as_deref().filter(|_| flow.kind == Kind::Flow) else { return Some("default".to_owned()) };
    if !is_dns_label(name) {
        let with = path.key("with");
        let finding = Finding::error(with.key("name"), "becomes the namespace, and is no name for one").got(name);
        findings.push(finding.fix(format!("rename the Flow, or set the namespace: {}", dns_label(name))));
    }
    Some(name.to_owned())
}

/// A Flow in a JinaFlow has the name of the JinaFlow. Under compat, Jina's name of a Flow is the namespace of last resort.
fn warn_about_unused_name(settings: &Settings, flow: &Flow, path: &Path<'_>, findings: &mut Findings) {
    let (Some(known), Some(name)) = (&settings.name, &flow.name) else { return };
    let is_namespace = settings.namespace.is_none() && !settings.corrections().has(Correction::NoDefaultNamespace);
    if known != name && !is_namespace {
        let message = format!("`name` has no effect: the name of the Flow is that of its JinaFlow, `{known}`");
        findings.push(Finding::warning(path.key("with").key("name"), message).got(name).fix("remove it"));
    }
}

fn warn_about_unused_images(settings: &Settings, flow: &Flow, findings: &mut Findings) {
    let of_executors = flow.executors.iter().flat_map(|e| [Opt::Uses, Opt::UsesBefore, Opt::UsesAfter].map(|opt| e.options.text(opt)));
    let of_gateway = flow.gateway.iter().map(|options| options.text(Opt::Uses));
    let used: Vec<&str> = of_executors.chain(of_gateway).flatten().collect();
    let spec = Path::root("spec");
    for key in settings.images.unused(&used) {
        let finding = Finding::warning(spec.key("images").key(key), "is the `uses` of nothing in this Flow");
        findings.push(match findings.nearest(key, used.iter().copied()) {
            Some(near) => finding.propose(near),
            None => finding.fix("remove it"),
        });
    }
}
