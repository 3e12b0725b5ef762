//! HorizontalPodAutoscalers, and ScaledObjects of KEDA.

use super::cluster::{Cluster, target_kind};
use super::object::SeenObject;
use super::pod::SeenWorkload;
use super::report::Report;
use crate::finding::{Code, FieldPath};
use crate::yaml::View;

/// The fields for the bounds of an autoscaler.
struct Bounds {
    lowest: &'static str,
    highest: &'static str,
    /// The default of `highest`.
    default: u64,
}

const HPA_BOUNDS: Bounds = Bounds { lowest: "spec.minReplicas", highest: "spec.maxReplicas", default: u64::MAX };
const KEDA_BOUNDS: Bounds = Bounds { lowest: "spec.minReplicaCount", highest: "spec.maxReplicaCount", default: 100 };

/// The number of metrics of an autoscaler that are checked.
const MOST_METRICS: usize = 10;

/// The bounds of the autoscaler of an object, for the table.
pub fn shown_bounds(cluster: &Cluster<'_>, object: &SeenObject<'_>) -> Option<String> {
    let id = cluster.autoscalers_of(object).first()?;
    let scaler = cluster.objects[*id].view;
    let or_default = |field: &str, default: &str| match scaler.text_at(field) {
        "" => default.to_owned(),
        bound => bound.to_owned(),
    };
    // The defaults of https://keda.sh/docs/latest/reference/scaledobject-spec/ and of the API of Kubernetes.
    Some(match cluster.objects[*id].kind() {
        "ScaledObject" => {
            format!("{}-{}", or_default(KEDA_BOUNDS.lowest, "0"), or_default(KEDA_BOUNDS.highest, &KEDA_BOUNDS.default.to_string()))
        }
        _ => format!("{}-{}", or_default(HPA_BOUNDS.lowest, "1"), scaler.text_at(HPA_BOUNDS.highest)),
    })
}

/// The highest number of pods of a workload.
pub fn most_pods(cluster: &Cluster<'_>, object: &SeenObject<'_>) -> u64 {
    let scaler = cluster.autoscalers_of(object).first().map(|id| cluster.objects[*id]);
    let most = scaler.and_then(|scaler| match scaler.kind() {
        "ScaledObject" => Some(scaler.view.number_at(KEDA_BOUNDS.highest).unwrap_or(KEDA_BOUNDS.default)),
        _ => scaler.view.number_at(HPA_BOUNDS.highest),
    });
    most.or_else(|| object.view.number_at("spec.replicas")).unwrap_or(1)
}

/// Whether an object is an autoscaler.
pub fn is_autoscaler(object: &SeenObject<'_>) -> bool {
    matches!((object.kind(), object.group()), ("HorizontalPodAutoscaler", "autoscaling") | ("ScaledObject", "keda.sh"))
}

/// Checks targets and bounds. In a namespace without Jina, the target may be provided elsewhere.
pub fn autoscalers(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate().filter(|(_, object)| is_autoscaler(object)) {
        check_bounds(id, object.view, report);
        let Some(target) = object.view.at("spec.scaleTargetRef") else { continue };
        let (kind, name) = (target_kind(target), target.text_at("name"));
        let Some(position) = cluster.position(kind, object.namespace(), name) else {
            let is_elsewhere = cluster.namespace_of(kind, name).is_some();
            if is_elsewhere || object.is_rendered() || cluster.has_jina(object.namespace()) {
                let finding = cluster.missing(kind, object.namespace(), name, "spec.scaleTargetRef.name");
                report.push(id, finding);
            }
            continue;
        };
        let Some(workload) = cluster.workload_at_position(position).filter(|workload| workload.main().is_some()) else { continue };
        let replicas = cluster.objects[position].view.text_at("spec.replicas");
        if !replicas.is_empty() {
            let message = format!("scales {kind}/{name}, which also sets `spec.replicas`: every apply undoes the scaling");
            let finding = Code::AutoscalerConflict.error("spec.scaleTargetRef", message).got(replicas);
            report.push(id, finding.fix(format!("remove `spec.replicas` of {kind}/{name}")));
        }
        let has_defaults = cluster.has_any("LimitRange", object.namespace()) || workload.spec.at("resources.requests").is_some();
        if !has_defaults && !cluster.work.take(workload.containers.len()) {
            cluster.work.skip(id);
        } else if !has_defaults {
            check_requests(id, object.view, workload, report);
        }
    }
    check_conflicts(cluster, report);
}

/// Reports several autoscalers of one object. KEDA can take over an existing HorizontalPodAutoscaler.
fn check_conflicts(cluster: &Cluster<'_>, report: &mut Report) {
    for ids in cluster.autoscalers() {
        let mut scalers = ids.iter().copied().filter(|id| is_autoscaler(&cluster.objects[*id]));
        let Some(first) = scalers.next() else { continue };
        let takes_over = |id: &usize| {
            let annotations = cluster.objects[*id].view.at("metadata.annotations");
            annotations.is_some_and(|annotations| annotations.get("scaledobject.keda.sh/transfer-hpa-ownership").is_some())
        };
        if ids.iter().any(takes_over) {
            continue;
        }
        for id in scalers {
            let target = cluster.objects[id].view.text_at("spec.scaleTargetRef.name");
            let message = format!("is already scaled by {}: each autoscaler undoes the work of the other", cluster.objects[first].label());
            let finding = Code::AutoscalerConflict.error("spec.scaleTargetRef.name", message).got(target);
            report.push(id, finding.fix("remove one of the two autoscalers"));
        }
    }
}

fn check_bounds(id: usize, scaler: View<'_>, report: &mut Report) {
    for Bounds { lowest, highest, default } in [HPA_BOUNDS, KEDA_BOUNDS] {
        let most = scaler.number_at(highest).unwrap_or(default);
        if scaler.number_at(lowest).is_some_and(|least| least > most) {
            let field = highest.trim_start_matches("spec.");
            let finding = Code::ValueOutOfRange.error(lowest, format!("must be at most `{field}`, which is {most}"));
            report.push(id, finding.got(scaler.text_at(lowest)).fix(format!("lower it, or raise `{field}`")));
        }
    }
}

/// A metric that is a percentage of the requested resources.
struct Utilization<'o> {
    path: FieldPath,
    /// `cpu` or `memory`.
    resource: &'o str,
    /// The container; empty for all containers of the pod.
    container: &'o str,
}

/// Reports containers of Jina without a resource request, if the autoscaler scales by a percentage of the request. Other
/// sidecars are not checked: their injector or a LimitRange may set the request.
fn check_requests(id: usize, scaler: View<'_>, workload: &SeenWorkload<'_>, report: &mut Report) {
    for Utilization { path, resource, container } in utilizations(scaler).into_iter().take(MOST_METRICS) {
        let jina = workload.containers.iter().filter(|known| known.role.is_some());
        let mut targets = jina.filter(|known| container.is_empty() || known.view.text_at("name") == container);
        // The default of a request is the limit.
        let requests = |view: View<'_>| {
            let resources = view.at("resources");
            ["requests", "limits"].iter().any(|field| resources.and_then(|view| view.get(field)?.get(resource)).is_some())
        };
        if let Some(known) = targets.find(|known| !requests(known.view)) {
            let message = format!("is a percentage of the requested {resource}, but container `{}` requests no {resource}", known.name());
            let finding = Code::UtilizationWithoutRequest.warning(path, message);
            report.push(id, finding.fix(format!("set `resources.requests.{resource}` of the container")));
        }
    }
}

fn utilizations(scaler: View<'_>) -> Vec<Utilization<'_>> {
    let mut found = Vec::new();
    let spec = FieldPath::from("spec");
    if scaler.at("spec.targetCPUUtilizationPercentage").is_some() {
        found.push(Utilization { path: spec.key("targetCPUUtilizationPercentage"), resource: "cpu", container: "" });
    }
    for (index, metric) in scaler.list_at("spec.metrics").iter().enumerate() {
        for form in ["resource", "containerResource"] {
            // `autoscaling/v2beta1` has no `target`.
            for field in ["target.averageUtilization", "targetAverageUtilization"] {
                let Some(source) = metric.get(form).filter(|source| source.at(field).is_some()) else { continue };
                let path = spec.key("metrics").index(index).key(form).join(FieldPath::from(field).steps());
                found.push(Utilization {
                    path,
                    resource: source.text_at("name"),
                    container: metric.text_at("containerResource.container"),
                });
            }
        }
    }
    for (index, trigger) in scaler.list_at("spec.triggers").iter().enumerate() {
        let resource = trigger.text_at("type");
        let is_utilization = [trigger.text_at("metricType"), trigger.text_at("metadata.type")].contains(&"Utilization");
        if is_utilization && ["cpu", "memory"].contains(&resource) {
            let path = spec.key("triggers").index(index);
            found.push(Utilization { path, resource, container: trigger.text_at("metadata.containerName") });
        }
    }
    found
}
