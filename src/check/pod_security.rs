//! Pod Security admission, if the objects include the Namespace that enforces it
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).

use super::cluster::Cluster;
use super::pod::SeenWorkload;
use super::report::Report;
use super::security_rules::{APP_ARMOR, Allowed, Place, REQUIRED, RULES, Required, VOLUMES, is_app_armor_profile};
use crate::finding::{Code, FieldPath, Finding};
use crate::yaml::View;

/// The label of a Namespace with the level that its pods must have.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// Checks the pods of a Flow in Namespaces with the level `baseline` or `restricted`.
pub fn pod_security(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let namespace = cluster.objects[workload.object].namespace();
        let Some(object) = cluster.find("Namespace", "", namespace) else { continue };
        let level = object.view.at("metadata.labels").and_then(|labels| labels.get(ENFORCE)).map(View::text).unwrap_or_default();
        if !["baseline", "restricted"].contains(&level) {
            continue;
        }
        let pod = Pod { workload, containers: containers(workload), level, namespace };
        let mut findings = pod.refused_values();
        findings.extend(pod.refused_annotations());
        if level == "restricted" {
            findings.extend(pod.refused_volumes());
            findings.extend(pod.missing());
        }
        for finding in findings {
            report.push(workload.object, finding);
        }
    }
}

/// A field with its path.
type Found<'o> = (FieldPath, View<'o>);

/// All containers, also ephemeral ones.
fn containers<'o>(workload: &SeenWorkload<'o>) -> Vec<Found<'o>> {
    let known = workload.containers.iter().map(|container| (container.path.clone(), container.view));
    let path = workload.spec_path().key("ephemeralContainers");
    let ephemeral = workload.spec.list_at("ephemeralContainers");
    known.chain(ephemeral.iter().enumerate().map(|(index, container)| (path.index(index), container))).collect()
}

/// The values of a field, with `[*]` for every entry of a list.
fn values<'o>(above: &Found<'o>, field: &str) -> Vec<Found<'o>> {
    let mut found = vec![above.clone()];
    for step in field.split('.') {
        let name = step.strip_suffix("[*]");
        let below = found.into_iter().filter_map(|(path, view)| {
            let name = name.unwrap_or(step);
            Some((path.key(name), view.get(name).filter(|value| !value.is_null())?))
        });
        found = match name {
            None => below.collect(),
            Some(_) => below.flat_map(entries).collect(),
        };
    }
    found
}

fn entries((path, view): Found<'_>) -> Vec<Found<'_>> {
    let list = view.as_list().unwrap_or_default();
    list.iter().enumerate().map(|(index, entry)| (path.index(index), entry)).collect()
}

/// The pods of a workload in a Namespace with a level.
struct Pod<'p, 'o> {
    workload: &'p SeenWorkload<'o>,
    containers: Vec<Found<'o>>,
    level: &'p str,
    namespace: &'p str,
}

impl<'o> Pod<'_, 'o> {
    fn spec(&self) -> Found<'o> {
        (self.workload.spec_path(), self.workload.spec)
    }

    /// Whether the users of the pod are users of the node.
    fn has_host_users(&self) -> bool {
        self.workload.spec.text_at("hostUsers") != "false"
    }

    fn refused(&self, path: FieldPath) -> Finding {
        Code::PodSecurityViolated.error(path, format!("is not allowed, because Namespace/{} enforces `{}`", self.namespace, self.level))
    }

    /// Values that a rule does not allow.
    fn refused_values(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for rule in RULES.iter().filter(|rule| rule.levels.contains(&self.level)) {
            if rule.is_for_host_users && !self.has_host_users() {
                continue;
            }
            let of_pod = (rule.place != Place::Containers).then(|| self.spec());
            let of_containers = self.containers.iter().filter(|_| rule.place != Place::Pod).cloned();
            for (path, value) in of_pod.into_iter().chain(of_containers).flat_map(|above| values(&above, rule.field)) {
                if !rule.allowed.has(value) {
                    let fix = match rule.allowed {
                        Allowed::Only(values) => format!("remove it, or use one of: {}", values.join(", ")),
                        Allowed::Nothing | Allowed::Not(_) => "remove it".to_owned(),
                    };
                    findings.push(self.refused(path).got(value.shown()).fix(fix));
                }
            }
        }
        findings
    }

    /// AppArmor profiles in annotations, which older versions of Kubernetes have.
    fn refused_annotations(&self) -> Vec<Finding> {
        let annotations = self.workload.template.map(|template| template.map_at("metadata.annotations")).unwrap_or_default();
        let steps = self.workload.spec_path().steps().split_last().map(|(_, steps)| steps.to_vec()).unwrap_or_default();
        let path = FieldPath::from(steps).key("metadata").key("annotations");
        let profiles = annotations.iter().filter(|(name, _)| name.text().starts_with(APP_ARMOR));
        let refused = profiles.filter(|(_, profile)| !is_app_armor_profile(profile.text()));
        let finding = |(name, profile): (View<'_>, View<'_>)| {
            self.refused(path.key(name.text())).got(profile.text()).fix("remove it, or use runtime/default")
        };
        refused.map(finding).collect()
    }

    /// Volumes of other types. A volume without a type is an `emptyDir`.
    fn refused_volumes(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (path, volume) in values(&self.spec(), "volumes[*]") {
            let types = || volume.as_map().unwrap_or_default().iter().filter(|(_, value)| !value.is_null());
            if types().any(|(name, _)| VOLUMES.contains(&name.text())) {
                continue;
            }
            if let Some((name, _)) = types().find(|(name, _)| name.text() != "name") {
                findings.push(self.refused(path.key(name.text())).fix("use a volume of another type, such as persistentVolumeClaim"));
            }
        }
        findings
    }

    /// What the level `restricted` requires and a container does not have.
    fn missing(&self) -> Option<Finding> {
        let has = |above: View<'_>, field: &str| {
            let value = above.get("securityContext").and_then(|context| context.at(field));
            value.is_some_and(|value| !value.is_null())
        };
        let is_met = |required: &&Required| {
            let of_pod = required.is_of_pod && has(self.workload.spec, required.field);
            let is_exempt = required.is_for_host_users && !self.has_host_users();
            is_exempt || of_pod || self.containers.iter().all(|(_, container)| has(*container, required.field))
        };
        let drops_all = |container: View<'_>| {
            container.list_at("securityContext.capabilities.drop").iter().any(|capability| capability.text() == "ALL")
        };
        let mut missing: Vec<&str> = REQUIRED.iter().filter(|required| !is_met(required)).map(|required| required.shown).collect();
        if !self.containers.iter().all(|(_, container)| drops_all(*container)) {
            missing.push("capabilities: {drop: [ALL]}");
        }
        if missing.is_empty() {
            return None;
        }
        let (missing, namespace) = (missing.join(", "), self.namespace);
        let message = format!("needs {missing} in `securityContext`, because Namespace/{namespace} enforces `restricted`");
        let finding = Code::PodSecurityViolated.error(self.workload.spec_path(), message);
        Some(finding.fix("set `securityProfile: restricted` in `defaults` of the JinaFlow"))
    }
}
