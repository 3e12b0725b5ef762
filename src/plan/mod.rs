//! Plans the components of a Flow: their roles, containers, ports and symbolic addresses.
//!
//! This module has no YAML and no Kubernetes types. A component is one Deployment or StatefulSet with its Services and
//! its ConfigMap. [`crate::manifests`] decides which objects a component has, and renders the objects.

mod component;
mod scratch;
mod arguments;
mod budget;
mod names;
mod planner;
mod written;
mod images;
mod pods;
mod models;
mod balance;
mod own_variables;
mod env;
mod gpus;
mod external;
mod executor;
mod gateway;
mod limits;
mod mounts;
mod rollouts;
mod scaling;
mod unused;

pub use balance::WAIT;
pub use budget::Budget;
pub use component::{Arg, CONFIG_FILE, Component, Container, MissingImage, PORT, PORT_MONITORING, Piece, Plan, Process, Role, Storage};
pub use images::{main_uses, only_names};
pub use names::{kubernetes_name, protocol_service};
pub use own_variables::{EXECUTOR_NAME, NAMESPACE_NAME, POD_NAME, POD_UID, address_variable};
use planner::{Planner, Shared};
pub use scratch::SCRATCH;

use crate::config::Settings;
use crate::config::layers::Pods;
use crate::finding::{Findings, Mark, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::topology::GATEWAY;

/// Plans a Flow. `path` is the path of the Flow, and `budget` limits the size of its components.
pub fn plan(flow: &Flow, settings: &Settings, path: &Path<'_>, budget: &mut Budget, findings: &mut Findings) -> Plan {
    let layers = &settings.layers;
    let shared = Shared {
        gateway: layers.of_role(Pods::Gateway, findings),
        head: layers.of_role(Pods::Head(""), findings),
        worker: layers.of_role(Pods::Worker("", None), findings),
    };
    let only_names = only_names(flow, settings);
    let planner = Planner { settings, corrections: settings.corrections(), version: settings.containers(), path, shared, only_names };
    planner.check_balance(flow, findings);
    planner.warn_about_unused(flow, findings);
    planner.check_context(findings);
    planner.check_gateway_image(findings);
    let mut components = Vec::new();
    if let Some(options) = &flow.gateway {
        let (here, mut own) = (path.key(GATEWAY), Findings::default());
        components.push(planner.gateway(flow, options, &mut own));
        planner.check_limits(&components, &here, Mark::default(), &mut own);
        planner.check_mounts(&components, &here, &mut own);
        planner.add_written(own, options, &here, findings);
    }
    let list = path.key(flow.list);
    for executor in &flow.executors {
        let here = match flow.kind {
            Kind::Flow => list.index(executor.index),
            Kind::Deployment => path.key("with"),
        };
        let mut own = Findings::default();
        let of_executor = planner.executor(executor, flow.kind, &here, budget, &mut own);
        planner.check_limits(&of_executor, &here, executor.mark, &mut own);
        planner.check_mounts(&of_executor, &here, &mut own);
        planner.add_written(own, &executor.options, &here, findings);
        components.extend(of_executor);
    }
    planner.warn_about_unused_fields(&components, findings);
    planner.check_variables(&components, findings);
    planner.check_rollouts(&components, findings);
    planner.check_scaling(&components, findings);
    budget.take_bytes(settings.scope.bytes.saturating_mul(components.len()));
    budget.check(path, findings);
    names::check(&components, flow, path, findings);
    Plan { kind: flow.kind, components }
}
