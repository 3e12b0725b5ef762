//! The objects of a cluster, found by type, name and labels.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::command::JinaRole;
use super::external::{External, Near, similar};
use super::labels::{Labelled, Selector};
use super::lookup::Lookup;
use super::names::{CreatedName, NameIndex};
use super::object::{SeenObject, namespace_label};
use super::options::Options;
use super::pod::{SeenContainer, SeenWorkload, is_tcp};
use super::work::Work;
use crate::finding::{Code, FieldPath, Finding, Findings};
use crate::yaml::View;

/// The number of missing names for which a similar name is looked up, because each lookup takes time.
const MOST_PROPOSALS: usize = 50;

/// A `Service` of the core group.
#[derive(Debug)]
pub struct SeenService<'o> {
    /// The position of the object.
    pub object: usize,
    /// The first selected workloads, at most two.
    pub selected: Vec<usize>,
    /// Whether `selected` is known: the selection may have taken too long.
    pub is_known: bool,
    /// The whole object.
    view: View<'o>,
    /// Its ports, when they are needed: most Services of a large cluster are called by no Flow.
    ports: OnceCell<Box<ServicePorts<'o>>>,
}

/// The index of each port of a Service.
#[derive(Debug)]
pub struct ServicePorts<'o> {
    /// TCP ports by their number.
    pub tcp: Lookup<'o, usize>,
    /// Ports with another protocol by their number.
    pub other: Lookup<'o, usize>,
    /// Ports by their name.
    pub names: Lookup<'o, usize>,
}

impl<'o> SeenService<'o> {
    /// Its ports.
    pub fn ports(&self) -> &ServicePorts<'o> {
        self.ports.get_or_init(|| Box::new(ServicePorts::of(self.view)))
    }
}

impl<'o> ServicePorts<'o> {
    fn of(service: View<'o>) -> Self {
        let ports = service.list_at("spec.ports").iter().enumerate();
        let numbers = |is_wanted: fn(View<'_>) -> bool| {
            ports.clone().filter(move |(_, port)| is_wanted(*port)).map(|(index, port)| (port.text_at("port"), index)).collect()
        };
        let (tcp, other) = (numbers(is_tcp), numbers(|port| !is_tcp(port)));
        Self { tcp, other, names: ports.map(|(index, port)| (port.text_at("name"), index)).collect() }
    }

    /// Whether there is a port with a number, whatever its protocol.
    pub fn has(&self, port: &str) -> bool {
        self.tcp.has(port) || self.other.has(port)
    }
}

/// The keys of a ConfigMap or Secret with their values.
pub type DataOf<'o> = HashMap<&'o str, View<'o>>;

/// All objects that are for a cluster.
#[derive(Debug)]
pub struct Cluster<'o> {
    /// All objects in their order, including objects that are not for a cluster.
    pub objects: Vec<SeenObject<'o>>,
    /// The objects that run pods.
    pub workloads: Vec<SeenWorkload<'o>>,
    /// The Services.
    pub services: Vec<SeenService<'o>>,
    /// The pods of each workload, by their labels.
    pub pods: Labelled<'o>,
    /// The Services, by their labels.
    pub labelled_services: Labelled<'o>,
    /// Objects that are provided elsewhere.
    pub external: &'o External,
    /// Whether risks are reported as well as faults.
    pub is_strict: bool,
    /// The objects that an annotation of each workload declares as external.
    pub own_external: Vec<External>,
    /// Findings about annotations that declare external objects, by the positions of their objects.
    pub annotation_findings: Vec<(usize, Findings)>,
    /// The steps that the check may still take.
    pub work: Work,
    names: NameIndex<'o>,
    are_duplicates: Vec<bool>,
    namespaces: HashSet<&'o str>,
    /// The namespaces in which Jina runs.
    jina_namespaces: HashSet<&'o str>,
    /// The Services for which the objects include endpoints.
    with_endpoints: HashSet<NamespacedName<'o>>,
    /// The workloads whose pods another object runs instead.
    replaced: HashSet<NamespacedName<'o>>,
    /// Autoscalers by kind, namespace and name of the object that they scale.
    autoscalers: HashMap<&'o str, HashMap<&'o str, HashMap<&'o str, Vec<usize>>>>,
    /// Services by their fixed addresses.
    by_address: HashMap<&'o str, usize>,
    /// Workloads by their namespace and by the name of their executor in Jina.
    by_jina_name: HashMap<&'o str, HashMap<String, usize>>,
    /// The position of the first Service of each workload.
    fronts: Vec<Option<usize>>,
    /// The keys of the ConfigMaps and Secrets that were looked up.
    data: RefCell<HashMap<usize, Rc<DataOf<'o>>>>,
    proposals: Cell<usize>,
}

/// The name of an object of a known kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct NamespacedName<'o> {
    namespace: &'o str,
    name: &'o str,
}

/// An object that creates another one.
struct Creator {
    kind: &'static str,
    /// The kind of the created object.
    creates: &'static str,
    /// The path of the name of the created object. By default, the created object has the name of its creator.
    name: &'static str,
}

const CREATORS: [Creator; 6] = [
    Creator { kind: "SealedSecret", creates: "Secret", name: "spec.template.metadata.name" },
    Creator { kind: "ExternalSecret", creates: "Secret", name: "spec.target.name" },
    Creator { kind: "Certificate", creates: "Secret", name: "spec.secretName" },
    Creator { kind: "VaultStaticSecret", creates: "Secret", name: "spec.destination.name" },
    Creator { kind: "VaultDynamicSecret", creates: "Secret", name: "spec.destination.name" },
    Creator { kind: "Bundle", creates: "ConfigMap", name: "-" },
];

/// The label by which an EndpointSlice belongs to a Service.
const OF_SERVICE: &str = "kubernetes.io/service-name";

impl<'o> Cluster<'o> {
    /// Indexes objects. Objects that are not for a cluster are left out.
    pub fn of(views: impl Iterator<Item = View<'o>>, options: &'o Options) -> Self {
        let mut shared = HashSet::new();
        let objects: Vec<SeenObject<'o>> = views.map(|view| SeenObject::of(view, &mut shared)).collect();
        let mut cluster = Self {
            names: NameIndex::of(&objects),
            objects,
            are_duplicates: Vec::new(),
            workloads: Vec::new(),
            services: Vec::new(),
            pods: Labelled::default(),
            labelled_services: Labelled::default(),
            external: &options.external,
            is_strict: options.is_strict,
            own_external: Vec::new(),
            annotation_findings: Vec::new(),
            work: Work::default(),
            namespaces: HashSet::new(),
            jina_namespaces: HashSet::new(),
            with_endpoints: HashSet::new(),
            replaced: HashSet::new(),
            autoscalers: HashMap::new(),
            by_address: HashMap::new(),
            by_jina_name: HashMap::new(),
            fronts: Vec::new(),
            data: RefCell::default(),
            proposals: Cell::new(0),
        };
        let left_out: Vec<bool> = cluster.objects.iter().map(|object| cluster.is_left_out(object)).collect();
        cluster.are_duplicates = cluster.names.remove(&cluster.objects, &left_out);
        let mut created = Vec::new();
        for id in (0..cluster.objects.len()).filter(|id| !left_out[*id]) {
            created.extend(created_name(&cluster.objects[id], id));
            // A duplicate is only reported as a duplicate, and not checked again.
            if !cluster.are_duplicates[id] {
                cluster.index(id);
            }
        }
        cluster.names.add_created(created);
        for place in 0..cluster.services.len() {
            cluster.select_pods(place);
        }
        cluster
    }

    /// Whether an object is not for a cluster, or a controller created it from an object that is checked instead.
    fn is_left_out(&self, object: &SeenObject<'o>) -> bool {
        // Knative also has a kind `Service`.
        if object.kind().is_empty() || (object.kind() == "Service" && !object.group().is_empty()) {
            return true;
        }
        let is_owner = |owner: View<'_>| {
            let (kind, name) = (owner.text_at("kind"), owner.text_at("name"));
            owner.text_at("controller") == "true" && self.names.find(&self.objects, kind, object.namespace(), name).is_some()
        };
        object.view.list_at("metadata.ownerReferences").iter().any(is_owner)
    }

    fn index(&mut self, id: usize) {
        let object = self.objects[id];
        let (view, kind, namespace, name) = (object.view, object.kind(), object.namespace(), object.name());
        self.namespaces.insert(namespace);
        if let Some(target) = view.at("spec.scaleTargetRef") {
            let in_namespace = self.autoscalers.entry(target_kind(target)).or_default().entry(namespace).or_default();
            in_namespace.entry(target.text_at("name")).or_default().push(id);
        }
        match kind {
            "Service" => self.index_service(id),
            "Endpoints" => {
                self.with_endpoints.insert(NamespacedName { namespace, name });
            }
            "EndpointSlice" => {
                let name = view.at("metadata.labels").and_then(|labels| labels.get(OF_SERVICE)).map(View::text).unwrap_or_default();
                self.with_endpoints.insert(NamespacedName { namespace, name });
            }
            _ => {}
        }
        // A Rollout of Argo runs the pods of the Deployment in `workloadRef`.
        if let Some(replaced) = view.at("spec.workloadRef") {
            self.replaced.insert(NamespacedName { namespace, name: replaced.text_at("name") });
        }
        if let Some(workload) = SeenWorkload::of(&object, id) {
            self.index_workload(workload);
        }
    }

    fn index_workload(&mut self, workload: SeenWorkload<'o>) {
        let object = self.objects[workload.object];
        let namespace = object.namespace();
        let place = self.workloads.len();
        self.pods.add_pods(namespace, workload.labels, (object.kind() == "StatefulSet").then_some(object.name()));
        if let Some(name) = &workload.jina_name {
            self.by_jina_name.entry(namespace).or_default().entry(name.clone()).or_insert(place);
        }
        if workload.main().is_some() {
            self.jina_namespaces.insert(namespace);
        }
        let mut findings = Findings::default();
        self.own_external.push(External::of_annotation(object.view, &mut findings));
        if !findings.is_empty() {
            self.annotation_findings.push((workload.object, findings));
        }
        self.workloads.push(workload);
        self.fronts.push(None);
    }

    fn index_service(&mut self, id: usize) {
        let object = self.objects[id];
        let addresses = object.view.list_at("spec.clusterIPs").iter().map(View::text);
        for address in addresses.chain([object.view.text_at("spec.clusterIP")]).filter(|address| !["", "None"].contains(address)) {
            self.by_address.entry(address).or_insert(self.services.len());
        }
        self.services.push(SeenService { object: id, selected: Vec::new(), is_known: true, view: object.view, ports: OnceCell::new() });
        self.labelled_services.add(object.namespace(), object.view.at("metadata.labels"));
    }

    fn select_pods(&mut self, place: usize) {
        let id = self.services[place].object;
        let object = self.objects[id];
        let Some(selector) = Selector::of_service(object.view) else { return };
        let selected = self.pods.selected(object.namespace(), selector, 2, &self.work);
        if selected.is_cut {
            self.work.skip(id);
            self.services[place].is_known = false;
            return;
        }
        if let [only] = selected.members.as_slice() {
            self.fronts[*only].get_or_insert(id);
        }
        self.services[place].selected = selected.members;
    }

    /// Whether an earlier object has the same identity.
    pub fn is_duplicate(&self, id: usize) -> bool {
        self.are_duplicates[id]
    }

    /// The position of the object with a kind, namespace and name.
    pub fn position(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.names.find(&self.objects, kind, namespace, name)
    }

    /// The object with a kind, namespace and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&SeenObject<'o>> {
        self.position(kind, namespace, name).map(|id| &self.objects[id])
    }

    /// The Service with a namespace and name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&SeenService<'o>> {
        let place = self.service_at_position(self.position("Service", namespace, name)?)?;
        self.services.get(place)
    }

    /// The index of the Service with the object at a position. Services are in the order of their objects.
    pub fn service_at_position(&self, id: usize) -> Option<usize> {
        self.services.binary_search_by_key(&id, |service| service.object).ok()
    }

    /// The workload with the object at a position. Workloads are in the order of their objects.
    pub fn workload_at_position(&self, id: usize) -> Option<&SeenWorkload<'o>> {
        let place = self.workloads.binary_search_by_key(&id, |workload| workload.object).ok()?;
        self.workloads.get(place)
    }

    /// The Service with a fixed address.
    pub fn service_with_address(&self, address: &str) -> Option<&SeenObject<'o>> {
        Some(&self.objects[self.services[*self.by_address.get(address)?].object])
    }

    /// The keys of a ConfigMap or Secret with their values; `None` if only an object that creates the ConfigMap or Secret exists.
    pub fn data(&self, kind: &str, namespace: &str, name: &str) -> Option<Rc<DataOf<'o>>> {
        let id = self.position(kind, namespace, name)?;
        let object = &self.objects[id];
        if object.kind() != kind || !["ConfigMap", "Secret"].contains(&kind) {
            return None;
        }
        let read = || {
            let fields = ["data", "stringData", "binaryData"].into_iter().flat_map(|field| object.view.map_at(field).iter());
            Rc::new(fields.map(|(key, value)| (key.text(), value)).collect())
        };
        Some(Rc::clone(self.data.borrow_mut().entry(id).or_insert_with(read)))
    }

    /// Whether endpoints define the targets of a Service without a selector.
    pub fn has_endpoints(&self, namespace: &str, service: &str) -> bool {
        self.with_endpoints.contains(&NamespacedName { namespace, name: service })
    }

    /// Whether another object runs the pods of a workload.
    pub fn is_replaced(&self, object: &SeenObject<'_>) -> bool {
        self.replaced.contains(&NamespacedName { namespace: object.namespace(), name: object.name() })
    }

    /// The autoscalers of an object.
    pub fn autoscalers_of(&self, object: &SeenObject<'_>) -> &[usize] {
        let in_namespace = self.autoscalers.get(object.kind()).and_then(|by_namespace| by_namespace.get(object.namespace()));
        in_namespace.and_then(|by_name| by_name.get(object.name())).map(Vec::as_slice).unwrap_or_default()
    }

    /// The autoscalers of each scaled object.
    pub fn autoscalers(&self) -> impl Iterator<Item = &[usize]> {
        self.autoscalers.values().flat_map(HashMap::values).flat_map(HashMap::values).map(Vec::as_slice)
    }

    /// Whether there is an object of a kind in a namespace.
    pub fn has_any(&self, kind: &str, namespace: &str) -> bool {
        self.names.names(&self.objects, kind, namespace).next().is_some()
    }

    /// Whether any object is in a namespace.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    /// Whether Jina runs in a namespace.
    pub fn has_jina(&self, namespace: &str) -> bool {
        self.jina_namespaces.contains(namespace)
    }

    /// The namespace of the first object with a kind and name.
    pub fn namespace_of(&self, kind: &str, name: &str) -> Option<&'o str> {
        self.names.find_anywhere(&self.objects, kind, name).map(|id| self.objects[id].namespace())
    }

    /// The first workload that runs the executor with a name in Jina.
    pub fn by_jina_name(&self, namespace: &str, name: &str) -> Option<usize> {
        self.by_jina_name.get(namespace)?.get(name).copied()
    }

    /// The existing name that a missing name most likely means.
    pub fn near(&self, kind: &str, namespace: &str, name: &str) -> Option<Near<'o>> {
        if !self.may_propose() {
            return None;
        }
        let known: Vec<&str> = self.names.names(&self.objects, kind, namespace).collect();
        similar(name, &known)
    }

    /// Whether one more similar name may be looked up.
    pub fn may_propose(&self) -> bool {
        let tries = self.proposals.get();
        self.proposals.set(tries.saturating_add(1));
        tries < MOST_PROPOSALS
    }

    /// The finding about a reference to an object that does not exist.
    pub fn missing(&self, kind: &str, namespace: &str, name: &str, path: impl Into<FieldPath>) -> Finding {
        if let Some(other) = self.namespace_of(kind, name) {
            let message = format!("refers to a {kind} in {}, but it is in {}", namespace_label(namespace), namespace_label(other));
            return Code::WrongNamespace.error(path, message).got(name).fix("give both objects the same namespace");
        }
        let finding = Code::ReferenceNotFound.error(path, format!("refers to a {kind} that does not exist")).got(name);
        match (self.near(kind, namespace, name), External::spelled(kind)) {
            (Some(near), _) => finding.propose(near.name),
            (None, Some(kind)) => finding.fix(format!("add it, or declare that it is provided elsewhere: --external {kind}/{name}")),
            (None, None) => finding.fix("add it, or correct the name"),
        }
    }

    /// The object of a workload.
    pub fn object_of(&self, workload: usize) -> &SeenObject<'o> {
        &self.objects[self.workloads[workload].object]
    }

    /// Kind and name of a workload for messages.
    pub fn label(&self, workload: usize) -> String {
        self.object_of(workload).label()
    }

    /// The first Service that selects the pods of a workload and no other pods.
    pub fn front(&self, workload: usize) -> Option<&SeenObject<'o>> {
        self.fronts[workload].map(|id| &self.objects[id])
    }

    /// The container with the main role of a workload.
    pub fn main(&self, workload: usize) -> Option<(&SeenContainer<'o>, JinaRole)> {
        self.workloads[workload].main()
    }

    /// The main role of a workload.
    pub fn role(&self, workload: usize) -> Option<JinaRole> {
        Some(self.main(workload)?.1)
    }
}

fn created_name<'o>(object: &SeenObject<'o>, id: usize) -> Option<CreatedName<'o>> {
    let creator = CREATORS.iter().find(|creator| creator.kind == object.kind() && !object.group().is_empty())?;
    let given = object.view.text_at(creator.name);
    let name = if given.is_empty() { object.name() } else { given };
    Some(CreatedName { kind: creator.creates, namespace: object.namespace(), name, creator: id })
}

/// The kind of object that an autoscaler scales. KEDA has a default kind.
pub fn target_kind(target: View<'_>) -> &str {
    let kind = target.text_at("kind");
    if kind.is_empty() { "Deployment" } else { kind }
}
