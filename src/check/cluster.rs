//! The objects of a cluster, found by what they are, by their names and by their labels.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::Options;
use super::command::Role;
use super::external::{External, Near, renamed};
use super::fields::{at, list, pairs, plain, text};
use super::labels::{Labelled, Selector};
use super::object::{Index, Object, named};
use super::pod::{Container, Workload, is_tcp};
use super::work::Work;
use crate::finding::{FieldPath, Finding, Findings};
use crate::yaml::Node;

/// Names that are looked for near a missing one; nobody reads the hundredth proposal, and each takes time.
const MOST_PROPOSALS: usize = 50;

/// A `Service` of the core.
#[derive(Debug)]
pub struct Service<'o> {
    /// Its place among the objects.
    pub object: usize,
    /// The workloads whose pods it selects, up to the second: more are no better.
    pub selected: Vec<usize>,
    /// Whether that is known: looking may have taken too long.
    pub is_known: bool,
    /// Its ports of TCP by their numbers: the first entry of each.
    pub ports: HashMap<&'o str, usize>,
    /// Its ports of other protocols, likewise.
    pub not_tcp: HashMap<&'o str, usize>,
    /// Its ports by their names.
    pub names: HashMap<&'o str, usize>,
}

impl Service<'_> {
    /// Whether it has a port of a number, of whatever protocol.
    pub fn has_port(&self, port: &str) -> bool {
        self.ports.contains_key(port) || self.not_tcp.contains_key(port)
    }
}

/// Everything that was given, as far as it is for a cluster.
#[derive(Debug)]
pub struct Cluster<'o> {
    /// The objects, as they came.
    pub objects: Vec<Object<'o>>,
    /// Those that run pods.
    pub workloads: Vec<Workload<'o>>,
    /// Those that lead to pods.
    pub services: Vec<Service<'o>>,
    /// Which pods labels select, by their place among the workloads.
    pub pods: Labelled<'o>,
    /// Which Services labels select, by their place among the Services.
    pub labelled_services: Labelled<'o>,
    /// Services by their fixed addresses, by their places among the Services.
    by_address: HashMap<&'o str, usize>,
    /// The place among the Services of an object.
    pub service_of: HashMap<usize, usize>,
    /// The place among the workloads of an object.
    pub workload_of: HashMap<usize, usize>,
    /// Autoscalers by kind, namespace and name of what they scale.
    pub autoscalers: Index<'o>,
    /// What is provided elsewhere.
    pub external: &'o External,
    /// Whether what may go wrong one day is told as well.
    pub is_strict: bool,
    /// What each workload says is provided elsewhere, and what is wrong with how it says so.
    pub own_external: Vec<External>,
    /// What is wrong with annotations, by their objects.
    pub wrong_annotations: Vec<(usize, Findings)>,
    /// How much may still be done.
    pub work: Work,
    /// Workloads by namespace and what Jina calls them.
    by_jina_name: HashMap<&'o str, HashMap<String, usize>>,
    /// The first Service of each workload, by its place among the objects.
    fronts: Vec<Option<usize>>,
    names: Index<'o>,
    identities: HashSet<[&'o str; 4]>,
    is_twin: Vec<bool>,
    data: HashMap<usize, HashMap<&'o str, &'o Node<'o>>>,
    /// Namespaces in which Jina runs.
    with_jina: HashSet<&'o str>,
    proposals: Cell<usize>,
}

/// Objects that make another: `kind`, what they make, and the path of its name, which is their own where nothing is there.
const MAKERS: [(&str, &str, &str); 6] = [
    ("SealedSecret", "Secret", "spec.template.metadata.name"),
    ("ExternalSecret", "Secret", "spec.target.name"),
    ("Certificate", "Secret", "spec.secretName"),
    ("VaultStaticSecret", "Secret", "spec.destination.name"),
    ("VaultDynamicSecret", "Secret", "spec.destination.name"),
    ("Bundle", "ConfigMap", "-"),
];

/// The label by which slices of endpoints belong to a Service.
const OF_SERVICE: &str = "kubernetes.io/service-name";

/// In place of a word: objects of a kind in any namespace, of any name; endpoints; what another object stands in for.
const ANY: &str = "\0";
const ENDPOINTS: &str = "\0endpoints";
const REPLACED: &str = "\0replaced";

impl<'o> Cluster<'o> {
    /// Takes objects in. What is not for a cluster is left out.
    pub fn of(nodes: &'o [Node<'o>], options: &'o Options) -> Self {
        let mut cluster = Self {
            objects: nodes.iter().map(Object::of).collect(),
            workloads: Vec::new(),
            services: Vec::new(),
            pods: Labelled::default(),
            labelled_services: Labelled::default(),
            by_address: HashMap::new(),
            service_of: HashMap::new(),
            workload_of: HashMap::new(),
            autoscalers: Index::default(),
            external: &options.external,
            is_strict: options.is_strict,
            own_external: Vec::new(),
            wrong_annotations: Vec::new(),
            work: Work::default(),
            by_jina_name: HashMap::new(),
            fronts: Vec::new(),
            names: Index::default(),
            identities: HashSet::new(),
            is_twin: vec![false; nodes.len()],
            data: HashMap::new(),
            with_jina: HashSet::new(),
            proposals: Cell::new(0),
        };
        let known: HashSet<[&str; 3]> = cluster.objects.iter().map(|object| [object.kind, object.namespace, object.name]).collect();
        for id in 0..cluster.objects.len() {
            let object = &cluster.objects[id];
            // What a controller made from what is here as well is judged by what it was made from.
            let is_made = list(object.node, "metadata.ownerReferences").iter().any(|owner| {
                text(owner, "controller") == "true" && known.contains(&[text(owner, "kind"), object.namespace, text(owner, "name")])
            });
            if !is_made {
                cluster.take(id);
            }
        }
        for place in 0..cluster.services.len() {
            let id = cluster.services[place].object;
            let Object { node, namespace, .. } = cluster.objects[id];
            let Some(selector) = Selector::of_service(node) else { continue };
            let selected = cluster.pods.selected(namespace, selector, 2, &cluster.work);
            if selected.is_cut {
                cluster.work.skip(id);
                cluster.services[place].is_known = false;
                continue;
            }
            if let [only] = selected.members.as_slice() {
                cluster.fronts[*only].get_or_insert(id);
            }
            cluster.services[place].selected = selected.members;
        }
        cluster
    }

    fn take(&mut self, id: usize) {
        let object = self.objects[id];
        let Object { node, kind, group, namespace, name } = object;
        // Knative has a Service as well.
        if kind.is_empty() || (kind == "Service" && !group.is_empty()) {
            return;
        }
        if let Some((_, made, path)) = MAKERS.iter().find(|row| row.0 == kind && !group.is_empty()) {
            let given = text(node, path);
            self.add(made, if given.is_empty() { name } else { given }, id);
        }
        // What is given twice is told once.
        if !self.identities.insert([kind, group, namespace, name]) {
            self.is_twin[id] = true;
            return;
        }
        self.add(kind, name, id);
        // Whether there is a namespace is asked of addresses only.
        self.names.add([ANY, namespace, ""], id);
        if let Some(target) = at(node, "spec.scaleTargetRef") {
            self.autoscalers.add([target_kind(target), namespace, text(target, "name")], id);
        }
        match kind {
            "Service" => self.take_service(id),
            "ConfigMap" | "Secret" => self.take_data(id),
            "Endpoints" => self.names.add([ENDPOINTS, namespace, name], id),
            "EndpointSlice" => {
                let of = at(node, "metadata.labels").and_then(|labels| labels.get(OF_SERVICE)).map(plain).unwrap_or_default();
                self.names.add([ENDPOINTS, namespace, of], id);
            }
            _ => {}
        }
        // A Rollout of Argo that runs the pods of a Deployment.
        if let Some(replaced) = at(node, "spec.workloadRef") {
            self.names.add([REPLACED, namespace, text(replaced, "name")], id);
        }
        if let Some(workload) = Workload::of(&object, id) {
            let place = self.workloads.len();
            self.pods.add_pods(namespace, workload.labels, (kind == "StatefulSet").then_some(name));
            if let Some(name) = &workload.jina_name {
                self.by_jina_name.entry(namespace).or_default().entry(name.clone()).or_insert(place);
            }
            if workload.main().is_some() {
                self.with_jina.insert(namespace);
            }
            let mut wrong = Findings::default();
            self.own_external.push(External::of_annotation(node, &mut wrong));
            if !wrong.is_empty() {
                self.wrong_annotations.push((id, wrong));
            }
            self.workload_of.insert(id, place);
            self.workloads.push(workload);
            self.fronts.push(None);
        }
    }

    fn take_service(&mut self, id: usize) {
        let Object { node, namespace, .. } = self.objects[id];
        let (mut ports, mut not_tcp, mut names) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (index, port) in list(node, "spec.ports").iter().enumerate() {
            let by_number = if is_tcp(port) { &mut ports } else { &mut not_tcp };
            by_number.entry(text(port, "port")).or_insert(index);
            names.entry(text(port, "name")).or_insert(index);
        }
        let addresses = [text(node, "spec.clusterIP")].into_iter().chain(list(node, "spec.clusterIPs").iter().map(plain));
        for address in addresses.filter(|address| !["", "None"].contains(address)) {
            self.by_address.entry(address).or_insert(self.services.len());
        }
        self.service_of.insert(id, self.services.len());
        self.services.push(Service { object: id, selected: Vec::new(), is_known: true, ports, not_tcp, names });
        self.labelled_services.add(namespace, at(node, "metadata.labels"));
    }

    fn take_data(&mut self, id: usize) {
        let fields = ["data", "stringData", "binaryData"].iter().flat_map(|field| pairs(self.objects[id].node, field));
        let mut data = HashMap::new();
        for (key, value) in fields {
            data.insert(plain(key), value);
        }
        self.data.insert(id, data);
    }

    fn add(&mut self, kind: &'o str, name: &'o str, id: usize) {
        let namespace = self.objects[id].namespace;
        for words in [[kind, namespace, name], [kind, ANY, name], [kind, namespace, ANY]] {
            self.names.add(words, id);
        }
    }

    fn named(&self, words: [&str; 3]) -> &[usize] {
        self.names.get(words)
    }

    /// Whether another object before this one is the same.
    pub fn is_twin(&self, id: usize) -> bool {
        self.is_twin[id]
    }

    /// The object of a kind and name in a namespace, by its place.
    pub fn place(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.named([kind, namespace, name]).first().copied()
    }

    /// The object of a kind and name in a namespace.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object<'o>> {
        self.place(kind, namespace, name).map(|id| &self.objects[id])
    }

    /// The Service of a name in a namespace.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&Service<'o>> {
        let id = self.place("Service", namespace, name)?;
        self.services.get(*self.service_of.get(&id)?)
    }

    /// The Service that has an address, which somebody has given it or a cluster.
    pub fn service_at(&self, address: &str) -> Option<&Object<'o>> {
        Some(&self.objects[self.services[*self.by_address.get(address)?].object])
    }

    /// The keys of a ConfigMap or a Secret, and their values; none for what only makes one.
    pub fn data(&self, kind: &str, namespace: &str, name: &str) -> Option<&HashMap<&'o str, &'o Node<'o>>> {
        let id = self.place(kind, namespace, name)?;
        self.data.get(&id).filter(|_| self.objects[id].kind == kind)
    }

    /// Whether somebody says where a Service without a selector leads.
    pub fn has_endpoints(&self, namespace: &str, service: &str) -> bool {
        !self.named([ENDPOINTS, namespace, service]).is_empty()
    }

    /// Whether another object runs the pods of a workload.
    pub fn is_replaced(&self, object: &Object<'_>) -> bool {
        !self.named([REPLACED, object.namespace, object.name]).is_empty()
    }

    /// The autoscalers of an object.
    pub fn autoscalers_of(&self, object: &Object<'_>) -> &[usize] {
        self.autoscalers.get([object.kind, object.namespace, object.name])
    }

    /// Whether there is an object of a kind in a namespace.
    pub fn has_any(&self, kind: &str, namespace: &str) -> bool {
        !self.named([kind, namespace, ANY]).is_empty()
    }

    /// Whether a namespace is that of any object.
    pub fn has_namespace(&self, name: &str) -> bool {
        !self.named([ANY, name, ""]).is_empty()
    }

    /// Whether Jina runs in a namespace.
    pub fn has_jina(&self, namespace: &str) -> bool {
        self.with_jina.contains(namespace)
    }

    /// The namespace of an object of that kind and name, wherever it is.
    pub fn namespace_of(&self, kind: &str, name: &str) -> Option<&'o str> {
        self.named([kind, ANY, name]).first().map(|id| self.objects[*id].namespace)
    }

    /// The first workload that Jina calls by a name in a namespace.
    pub fn by_jina_name(&self, namespace: &str, name: &str) -> Option<usize> {
        self.by_jina_name.get(namespace)?.get(name).copied()
    }

    /// What exists instead of a name that does not.
    pub fn near(&self, kind: &str, namespace: &str, name: &str) -> Option<Near<'o>> {
        if !self.may_propose() {
            return None;
        }
        let known: Vec<&str> = self.named([kind, namespace, ANY]).iter().map(|id| self.objects[*id].name).collect();
        renamed(name, &known)
    }

    /// Whether a name may still be looked for that is near to another.
    pub fn may_propose(&self) -> bool {
        let tries = self.proposals.get();
        self.proposals.set(tries.saturating_add(1));
        tries < MOST_PROPOSALS
    }

    /// What to say of a name that leads nowhere.
    pub fn missing(&self, kind: &str, namespace: &str, name: &str, path: impl Into<FieldPath>) -> Finding {
        if let Some(other) = self.namespace_of(kind, name) {
            let message = format!("names a {kind} that is in {}, not in {}", named(other), named(namespace));
            return Finding::error(path, message).got(name).fix("give both the same namespace");
        }
        let finding = Finding::error(path, format!("names a {kind} that is not there")).got(name);
        match (self.near(kind, namespace, name), External::spelled(kind)) {
            (Some(near), _) => finding.propose(near.name),
            (None, Some(kind)) => finding.fix(format!("add it, or say that it is provided elsewhere: --external {kind}/{name}")),
            (None, None) => finding.fix("add it, or correct the name"),
        }
    }

    /// The object of a workload.
    pub fn of_workload(&self, workload: usize) -> &Object<'o> {
        &self.objects[self.workloads[workload].object]
    }

    /// What messages call a workload.
    pub fn label(&self, workload: usize) -> String {
        self.of_workload(workload).label()
    }

    /// The first Service that selects a workload's pods and nothing else.
    pub fn front(&self, workload: usize) -> Option<&Object<'o>> {
        self.fronts[workload].map(|id| &self.objects[id])
    }

    /// The Jina container that a workload is there for.
    pub fn main(&self, workload: usize) -> Option<(&Container<'o>, Role)> {
        self.workloads[workload].main()
    }

    /// What a workload does.
    pub fn role(&self, workload: usize) -> Option<Role> {
        Some(self.main(workload)?.1)
    }
}

/// The kind that an autoscaler scales; KEDA has a default.
pub fn target_kind<'n>(target: &'n Node<'n>) -> &'n str {
    let kind = text(target, "kind");
    if kind.is_empty() { "Deployment" } else { kind }
}
