//! Names that are known, but not where the user wrote them: an option of Jina outside of `flow`, a field of another level,
//! and the name that Kubernetes, Helm or an older field has for a field.

use super::amounts;
use super::audience::{Audience, Level};
use super::field::{Field, Shape};
use super::fields::{LAYER, METADATA, SPEC, find};
use super::forms;
use crate::finding::{Code, FieldPath, Finding, Path, Step, names_a_secret, nearest, shows_a_secret};
use crate::jina::former::{self, Fate};
use crate::jina::options::{Opt, Row, TABLE};
use crate::jina::options_of::without_effect;
use crate::jina::section::Section;
use crate::yaml::{Node, within_flow};

/// The longest value that a fix repeats.
const LONGEST_VALUE: usize = 60;

/// A name that is not a field of its mapping.
#[derive(Clone, Copy)]
pub struct Unknown<'u, 't> {
    /// The name.
    pub name: &'u str,
    /// The value.
    pub value: &'u Node<'t>,
    /// The fields of the mapping.
    pub fields: &'static [Field],
    /// The level of the mapping, if it is a layer.
    pub level: Option<Level>,
    /// The path of the name.
    pub path: &'u Path<'u>,
    /// The test whether a value has the form of a field.
    pub is_valid: forms::Test,
}

/// The error for a field of a layer that is not allowed at this level. The fix names levels where the field is allowed.
pub fn of_another_level(field: &Field, level: Option<Level>, path: &Path<'_>) -> Finding {
    let is_useful = |level: &Level| match level {
        // Defaults and roles change the pods of many components, so the fix names these levels for few fields only.
        Level::Defaults => field.audience == Audience::FLOW_OPTIONS,
        Level::WorkerRole => field.audience == Audience::ALL_BUT_DEFAULTS,
        _ => true,
    };
    let levels = [Level::Defaults, Level::Gateway, Level::Executor, Level::Head, Level::WorkerRole];
    let allowed = levels.into_iter().filter(|level| field.audience.has(*level)).filter(is_useful);
    let places: Vec<String> = allowed.map(|level| format!("spec.{}.{}", level.pattern(), field.name)).collect();
    let message = format!("is not allowed in `{}`", level.map_or("spec", Level::pattern));
    Code::MisplacedField.error(path, message).fix(format!("write {}", places.join(" or ")))
}

/// The error for a name in the document itself, outside of `spec`.
pub fn of_spec(name: &str, path: &Path<'_>) -> Option<Finding> {
    let place = if find(METADATA, name).is_some() {
        format!("metadata.{name}")
    } else if find(SPEC, name).is_some() {
        format!("spec.{name}")
    } else {
        return None;
    };
    Some(Code::MisplacedField.error(path, "is not allowed at the top level of a JinaFlow").fix(format!("write {place}")))
}

/// The error for a known field whose value belongs to another field with the same name.
pub fn by_form(field: &'static Field, level: Option<Level>, value: &Node<'_>, path: &Path<'_>, is_valid: forms::Test) -> Option<Finding> {
    let text = value.as_text().filter(|text| !matches!(*text, "true" | "false"))?;
    match field.name {
        "shards" if level == Some(Level::Executor) => {
            let unknown = Unknown { name: "shards", value, fields: LAYER, level, path, is_valid };
            let home = unknown.executor().key("flow").key("shards");
            let message = "is for settings of single shards, and the number of shards is an option of Jina";
            Some(unknown.misplaced(message, &[home]).got(text))
        }
        "namespace" if std::ptr::eq(field, find(SPEC, "namespace")?) => {
            let unknown = Unknown { name: "namespace", value, fields: SPEC, level: None, path, is_valid };
            let message = "is for settings of the Namespace object, and its name belongs in `metadata`";
            Some(unknown.misplaced(message, &[FieldPath::from("metadata.namespace")]).got(text))
        }
        _ => None,
    }
}

/// The fix for a field or an option instead of the name of an executor.
pub fn instead_of_name(name: &str, value: &Node<'_>, level: Option<Level>) -> Option<String> {
    let level = level.filter(|level| *level == Level::Executor)?;
    let home = match (find(LAYER, name).filter(|field| field.audience.has(level)), option(name)) {
        (Some(field), _) => level.path().key(field.name),
        (None, Some(row)) if Section::Executor.allows(row) => level.path().key("flow").key(row.name),
        _ => return None,
    };
    let root = Path::root("");
    let unknown = Unknown { name, value, fields: LAYER, level: Some(level), path: &root, is_valid: |_, _| true };
    Some(format!("write {home}{}", unknown.value_in_fix()))
}

impl Unknown<'_, '_> {
    /// The error for a name that is known elsewhere; `None` if the name is not known, or nearly is a field of this mapping.
    pub fn finding(&self) -> Option<Finding> {
        let is_near = || self.allowed().any(|field| is_same(field.name, self.name));
        self.of_metadata()
            .or_else(|| self.of_another_level())
            .or_else(|| if is_near() { None } else { self.option(self.name).or_else(|| self.other_name()) })
    }

    /// The error for a name that is nearly an option of Jina.
    pub fn near_option(&self) -> Option<Finding> {
        let names = || TABLE.iter().map(|row| row.name);
        self.level.and_then(|_| nearest(self.name, names())).and_then(|near| self.option(near))
    }

    /// The fields of the mapping.
    fn allowed(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let level = self.level;
        self.fields.iter().filter(move |field| level.is_none_or(|level| field.audience.has(level)))
    }

    fn is_spec(&self) -> bool {
        std::ptr::eq(self.fields, SPEC)
    }

    /// The steps to the mapping that has the name.
    fn above(&self) -> Vec<Step> {
        let mut steps = FieldPath::from(self.path).steps().to_vec();
        steps.pop();
        steps
    }

    fn misplaced(&self, message: impl Into<Box<str>>, places: &[FieldPath]) -> Finding {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        let value = if places.len() == 1 { self.value_in_fix() } else { String::new() };
        Code::MisplacedField.error(self.path, message).fix(format!("write {}{value}", places.join(" or ")))
    }

    /// The value for the end of a fix, if it is short and not secret.
    fn value_in_fix(&self) -> String {
        let mut text = String::from(": ");
        within_flow(self.value, &mut text);
        let is_secret = names_a_secret(self.name) || shows_a_secret(&text);
        let is_shown = !self.value.is_null() && !is_secret && text.chars().count() <= LONGEST_VALUE && !text.contains('\n');
        if is_shown { text } else { String::new() }
    }

    /// The error for the name or the namespace of the JinaFlow.
    fn of_metadata(&self) -> Option<Finding> {
        if self.level.is_none() && !self.is_spec() {
            return None;
        }
        match self.name {
            "name" if self.level == Some(Level::Executor) => {
                let message = "is not a field: the key of the entry is the name of the executor in the Flow";
                Some(Code::MisplacedField.error(self.path, message).fix("remove it"))
            }
            "name" if self.is_spec() => Some(self.misplaced("is not a field of `spec`", &["metadata.name".into()])),
            "namespace" | "k8s_namespace" => {
                Some(self.misplaced("is not a field here, because all objects are in one namespace", &["metadata.namespace".into()]))
            }
            "jtype" | "with" | "version" if self.is_spec() => {
                let message = "is a part of the Flow, which is below `flow`";
                Some(self.misplaced(message, &[FieldPath::from("spec.flow").key(self.name)]))
            }
            _ => None,
        }
    }

    /// The error for a field of `spec` in a layer, or a field of a layer in `spec`.
    fn of_another_level(&self) -> Option<Finding> {
        if self.level.is_some() {
            find(SPEC, self.name)?;
            // `monitoring` is also an option, which is a switch.
            if self.value.as_map().is_none() && option(self.name).is_some() {
                return None;
            }
            let message = "is not a setting of single pods, but of the whole Flow";
            return Some(self.misplaced(message, &[FieldPath::from("spec").key(self.name)]));
        }
        // `shards` is an option of Jina with a number, and a field with settings of single shards.
        let is_option = self.name == "shards" && self.value.as_map().is_none();
        let field = find(LAYER, self.name).filter(|_| self.is_spec() && !is_option)?;
        let message = "is not a field of `spec`, but of its layers";
        match &self.homes(field, &[])[..] {
            [home] if !(self.is_valid)(self.value, field) => {
                let value = forms::value(field, self.value, self.is_valid);
                Some(Code::MisplacedField.error(self.path, message).fix(format!("write {home}: {value}")))
            }
            homes => Some(self.misplaced(message, homes)),
        }
    }

    /// The error for an option of Jina.
    fn option(&self, name: &str) -> Option<Finding> {
        if self.level.is_none() && !self.is_spec() {
            return None;
        }
        if let "needs" | "method" | "jtype" = name {
            let message = "is a part of the executor's entry in the Flow";
            return Some(self.misplaced(message, &[self.executor().key("flow").key(name)]));
        }
        let row = option(name)?;
        if row.opt == Opt::Port {
            return Some(self.port());
        }
        let order = match self.level {
            Some(Level::Executor | Level::Head | Level::Shard) => [Section::Executor, Section::Gateway, Section::With],
            Some(Level::Gateway | Level::GatewayRole) => [Section::Gateway, Section::Executor, Section::With],
            _ => [Section::With, Section::Executor, Section::Gateway],
        };
        let Some(section) = order.into_iter().find(|section| section.allows(row) && without_effect(*section, row, false).is_none()) else {
            let reason = without_effect(Section::Executor, row, false).unwrap_or("Jina sets it itself");
            let message = format!("is an option of Jina without effect on Kubernetes: {reason}");
            return Some(Code::MisplacedField.error(self.path, message).fix("remove it"));
        };
        let home = match section {
            Section::Executor => self.executor(),
            Section::Gateway => Level::Gateway.path(),
            Section::With => Level::Defaults.path(),
        };
        Some(self.misplaced("is an option of Jina, and options belong below `flow`", &[home.key("flow").key(row.name)]))
    }

    /// The error for `port`, which has no effect on containers. Clients may call another port of a Service.
    fn port(&self) -> Finding {
        let message = "is an option of Jina without effect on Kubernetes: containers listen on port 8080 and the following ports";
        let finding = Code::MisplacedField.error(self.path, message);
        let value = self.value_in_fix();
        finding.fix(match self.level {
            Some(Level::Gateway | Level::GatewayRole) => format!("write spec.gateway.expose.port{value}, or remove it"),
            _ => format!("remove it; for an external executor, write {}{value}", self.executor().key("flow").key("port")),
        })
    }

    /// The path of the executor that the layer belongs to.
    fn executor(&self) -> FieldPath {
        let mut steps = self.above();
        let parts = match self.level {
            Some(Level::Executor) => 0,
            Some(Level::Head) => 1,
            Some(Level::Shard) => 2,
            _ => return Level::Executor.path(),
        };
        steps.truncate(steps.len().saturating_sub(parts));
        steps.into()
    }

    /// The error for a name that is not jinaflow's name of a field.
    fn other_name(&self) -> Option<Finding> {
        let (_, place) = OTHER_NAMES.iter().filter(|(name, _)| *name == self.name).find(|(_, place)| {
            let first = place.split('.').next().unwrap_or_default();
            find(if self.is_spec() { LAYER } else { self.fields }, first).is_some()
        })?;
        let (first, below) = place.split_once('.').unwrap_or((place, ""));
        let below = FieldPath::from(below);
        let is_layer = self.level.is_some() || self.is_spec();
        let homes = match find(LAYER, first).filter(|_| is_layer) {
            Some(field) => self.homes(field, below.steps()),
            None => vec![FieldPath::from(self.above()).key(first).join(below.steps())],
        };
        let homes: Vec<String> = homes.iter().map(ToString::to_string).collect();
        let table = if is_layer { LAYER } else { self.fields };
        let is_word = find(table, first)
            .is_some_and(|field| matches!(field.shape, Shape::Text | Shape::Word(_) | Shape::Int(..) | Shape::Quantity | Shape::Choice(_)));
        let is_plain = self.value.as_text().is_some() && homes.len() == 1 && (is_word || !below.is_empty());
        let value = match place {
            &"limits" if self.value.as_text().is_some() => format!(": {{nvidia.com/gpu: {}}}", self.value.shown()),
            _ if is_plain => self.likely_amount(below.steps()).unwrap_or_else(|| self.value_in_fix()),
            _ => String::new(),
        };
        Some(Code::UnknownField.error(self.path, "is not a known field").fix(format!("write {}{value}", homes.join(" or "))))
    }

    /// The likely amount for the end of a fix, if the value is an unlikely amount of the resource at the end of a path.
    fn likely_amount(&self, below: &[Step]) -> Option<String> {
        let Some(Step::Key(resource)) = below.last() else { return None };
        let finding = match &**resource {
            "cpu" | "memory" => amounts::resource(resource, self.value.as_text()?, self.path)?,
            "size" => amounts::storage(self.value.as_text()?, self.path)?,
            _ => return None,
        };
        finding.proposed.map(|likely| format!(": {likely}"))
    }

    /// The paths at which a field of a layer is allowed: here, for all pods, or for the gateway and single executors.
    fn homes(&self, field: &Field, below: &[Step]) -> Vec<FieldPath> {
        let audience = field.audience;
        if self.level.is_some_and(|level| audience.has(level)) {
            return vec![FieldPath::from(self.above()).key(field.name).join(below)];
        }
        // Clients outside the cluster usually call the gateway.
        if self.level.is_none() && !audience.has(Level::Head) && audience.has(Level::Gateway) && audience != Audience::FLOW_OPTIONS {
            return vec![Level::Gateway.path().key(field.name).join(below)];
        }
        let is_for_all = [Level::Defaults, Level::Gateway, Level::Executor].into_iter().all(|level| audience.has(level));
        let levels: Vec<Level> = if is_for_all && self.level.is_none() {
            vec![Level::Defaults]
        } else {
            [Level::Gateway, Level::Executor].into_iter().filter(|level| audience.has(*level)).collect()
        };
        levels.into_iter().map(|level| level.path().key(field.name).join(below)).collect()
    }
}

/// The option of Jina with this name, in any spelling, or with a former name.
fn option(name: &str) -> Option<&'static Row> {
    let name = if name == "gpu" { "gpus" } else { name };
    let known = |row: &&Row| is_same(row.name, name) || row.aliases.iter().any(|alias| is_same(alias, name));
    let renamed = || match former::find(name)?.fate {
        Fate::Renamed(to) | Fate::Means(to, _) => Some(to.row()),
        Fate::Dropped(_) => None,
    };
    TABLE.iter().find(known).or_else(renamed)
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase)
}

/// Whether two names differ only in capital letters, `_` and `-`.
fn is_same(one: &str, other: &str) -> bool {
    letters(one).eq(letters(other))
}

/// Names that Kubernetes, Helm charts and other tools have for fields, each with the place of the field. A place begins in the
/// mapping that has the name: the first row applies whose place begins with a field of that mapping.
#[rustfmt::skip]
static OTHER_NAMES: &[(&str, &str)] = &[
    ("cpu", "resources.requests.cpu"), ("memory", "resources.requests.memory"), ("mem", "resources.requests.memory"),
    ("gpu", "limits"), ("gpus", "limits"),
    ("cpu", "requests.cpu"), ("memory", "requests.memory"), ("mem", "requests.memory"),
    ("requests", "resources.requests"), ("limits", "resources.limits"),
    ("size", "storage.size"), ("capacity", "storage.size"), ("capacity", "size"),
    ("storageClass", "storage.className"), ("storageClass", "className"),
    ("storageClassName", "storage.className"), ("storageClassName", "className"),
    ("mountPath", "storage.mountPath"), ("path", "mountPath"), ("accessMode", "accessModes"), ("claimName", "existingClaim"),
    ("retain", "retention"), ("persistence", "storage"), ("persistentVolume", "storage"), ("pvc", "storage"), ("volume", "storage"),
    ("volumeClaimTemplates", "storage"),
    ("autoscaler", "autoscale"), ("autoscaling", "autoscale"), ("hpa", "autoscale"), ("keda", "autoscale.keda"),
    ("minReplicas", "autoscale.min"), ("minReplicas", "min"), ("maxReplicas", "autoscale.max"), ("maxReplicas", "max"),
    ("targetCPUUtilizationPercentage", "cpu"), ("targetMemoryUtilizationPercentage", "memory"), ("triggers", "keda.triggers"),
    ("disruptionBudget", "pdb"), ("podDisruptionBudget", "pdb"),
    ("minAvailable", "pdb.minAvailable"),
    ("strategy", "rollingUpdate"), ("updateStrategy", "rollingUpdate"),
    ("maxSurge", "rollingUpdate.maxSurge"), ("maxUnavailable", "rollingUpdate.maxUnavailable"),
    ("service", "expose"), ("loadBalancer", "expose"), ("serviceType", "expose.type"), ("nodePort", "expose.nodePort"),
    ("hosts", "ingress.hosts"), ("ingressClassName", "ingress.className"), ("ingressClassName", "className"),
    ("ingressClass", "className"), ("hosts", "hostnames"), ("parentRefs", "gateways"),
    ("topologySpreadConstraints", "topologySpread"), ("tolerationSeconds", "seconds"),
    ("podAnnotations", "annotations"), ("podLabels", "labels"), ("serviceAccount", "serviceAccountName"),
    ("pullPolicy", "imagePullPolicy"), ("pullSecrets", "imagePullSecrets"),
    ("terminationGracePeriodSeconds", "drainSeconds"), ("gracePeriodSeconds", "drainSeconds"),
    ("environment", "env"), ("variables", "env"), ("secretEnv", "envFromSecret"),
    ("activeDeadlineSeconds", "podTemplate.spec.activeDeadlineSeconds"),
    ("automountServiceAccountToken", "podTemplate.spec.automountServiceAccountToken"),
    ("containers", "podTemplate.spec.containers"), ("dnsConfig", "podTemplate.spec.dnsConfig"),
    ("dnsPolicy", "podTemplate.spec.dnsPolicy"), ("hostAliases", "podTemplate.spec.hostAliases"),
    ("hostNetwork", "podTemplate.spec.hostNetwork"), ("initContainers", "podTemplate.spec.initContainers"),
    ("nodeName", "podTemplate.spec.nodeName"), ("runtimeClassName", "podTemplate.spec.runtimeClassName"),
    ("schedulerName", "podTemplate.spec.schedulerName"), ("securityContext", "podTemplate.spec.securityContext"),
    ("sidecars", "podTemplate.spec.containers"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// All tables of fields, from `SPEC` and `LAYER` down.
    fn tables() -> Vec<&'static [Field]> {
        let mut tables = vec![SPEC, LAYER];
        let mut place = 0;
        while place < tables.len() {
            for field in tables[place] {
                if let Shape::Fields(below) | Shape::Map(below) = field.shape {
                    tables.push(below);
                }
            }
            place += 1;
        }
        tables
    }

    #[test]
    fn every_other_name_leads_from_a_table_to_a_field() {
        for (name, place) in OTHER_NAMES {
            let mut steps = place.split('.');
            let first = steps.next().unwrap_or_default();
            let start = tables().into_iter().find(|fields| find(fields, first).is_some() && find(fields, name).is_none());
            let mut shape = start.and_then(|fields| find(fields, first)).map(|field| &field.shape);
            for step in steps {
                shape = match shape {
                    Some(Shape::Fields(fields)) => find(fields, step).map(|field| &field.shape),
                    Some(Shape::Part | Shape::Quantities) => shape,
                    _ => None,
                };
            }
            assert!(shape.is_some(), "{name}: {place}");
        }
    }

    #[test]
    fn options_are_found_in_any_spelling() {
        let name = |name| option(name).map(|row| row.name);
        assert_eq!(name("usesWith"), Some("uses_with"));
        assert_eq!(name("uses-with"), Some("uses_with"));
        assert_eq!(name("parallel"), Some("replicas"));
        assert_eq!(name("gpu"), Some("gpus"));
        assert_eq!(name("disable_reduce"), Some("no_reduce"));
        assert_eq!(name("frobnicate"), None);
    }
}
