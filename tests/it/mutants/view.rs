//! The roles of the objects in a set, so that breaks can be planted where they have an effect.

use serde_json::Value;

use crate::support::label;
use crate::support::wiring::{called_addresses, contains, host_and_port, strings};

pub type Objects = Vec<Value>;

/// A change that breaks something.
type Change = Box<dyn Fn(&mut Objects)>;

/// A place where a break can be planted.
pub struct Place {
    /// The objects that a finding may name.
    pub about: Vec<String>,
    /// A description of the place.
    pub at: String,
    pub change: Change,
}

/// The objects, and the places that were found in them.
pub struct View<'o> {
    pub objects: &'o Objects,
    pub places: Vec<Place>,
}

/// A container that runs Jina: the index of its object, its own index, and its name.
#[derive(Clone)]
pub struct Container {
    pub object: usize,
    pub place: usize,
    pub label: String,
}

impl Container {
    /// The container in a set of objects.
    pub fn of<'o>(&self, objects: &'o Objects) -> &'o Value {
        &pod(&objects[self.object])["containers"][self.place]
    }

    pub fn at<'o>(&self, objects: &'o mut Objects) -> &'o mut Value {
        &mut objects[self.object]["spec"]["template"]["spec"]["containers"][self.place]
    }

    /// The pod's spec.
    pub fn pod<'o>(&self, objects: &'o mut Objects) -> &'o mut Value {
        &mut objects[self.object]["spec"]["template"]["spec"]
    }

    /// The index of an option among the arguments.
    pub fn option(&self, objects: &Objects, option: &str) -> Option<usize> {
        strings(&self.of(objects)["args"]).iter().position(|arg| *arg == option)
    }
}

pub fn pod(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]
}

pub fn is_workload(object: &Value) -> bool {
    ["Deployment", "StatefulSet", "Rollout"].contains(&object["kind"].as_str().unwrap_or_default())
}

pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl<'o> View<'o> {
    pub fn new(objects: &'o Objects) -> Self {
        Self { objects, places: Vec::new() }
    }

    /// Adds a place.
    pub fn plant(&mut self, about: impl IntoIterator<Item = String>, at: String, change: impl Fn(&mut Objects) + 'static) {
        self.places.push(Place { about: about.into_iter().collect(), at, change: Box::new(change) });
    }

    /// The indexes and labels of the objects of some kinds.
    pub fn of_kind(&self, kinds: &[&str]) -> Vec<(usize, String)> {
        let objects = self.objects.iter().enumerate();
        objects.filter(|(_, o)| kinds.contains(&o["kind"].as_str().unwrap_or_default())).map(|(id, o)| (id, label(o))).collect()
    }

    pub fn workloads(&self) -> Vec<(usize, String)> {
        self.of_kind(&["Deployment", "StatefulSet"])
    }

    /// Every container of every workload; all of them run Jina.
    pub fn containers(&self) -> Vec<Container> {
        let mut containers = Vec::new();
        for (object, label) in self.workloads() {
            let number = list(&pod(&self.objects[object])["containers"]).count();
            containers.extend((0..number).map(|place| Container { object, place, label: label.clone() }));
        }
        containers
    }

    /// The first container of every workload.
    pub fn mains(&self) -> Vec<Container> {
        self.containers().into_iter().filter(|container| container.place == 0).collect()
    }

    /// The first containers of gateways.
    pub fn gateways(&self) -> Vec<Container> {
        self.mains().into_iter().filter(|c| strings(&c.of(self.objects)["args"]).first() == Some(&"gateway")).collect()
    }

    /// The first containers of heads.
    pub fn heads(&self) -> Vec<Container> {
        self.mains().into_iter().filter(|c| c.option(self.objects, "--connection-list").is_some()).collect()
    }

    /// Gateways and heads that call at least one Service in the cluster.
    pub fn callers(&self) -> Vec<Container> {
        let mut callers = self.gateways();
        callers.extend(self.heads());
        callers.retain(|c| !self.addresses(c).is_empty());
        callers
    }

    /// The addresses that a container calls and that belong to a Service in the set: name and port.
    pub fn addresses(&self, container: &Container) -> Vec<(String, String)> {
        let of = |address: &String| {
            let (host, port) = host_and_port(address);
            Some((host.split('.').next()?.to_owned(), port.to_owned()))
        };
        let is_here = |(name, _): &(String, String)| self.service(name).is_some();
        let all: Vec<String> = called_addresses(container.of(self.objects));
        all.iter().filter(|address| !address.contains(".com") && !address.contains(".other.")).filter_map(of).filter(is_here).collect()
    }

    pub fn service(&self, name: &str) -> Option<usize> {
        self.objects.iter().position(|o| o["kind"] == "Service" && o["metadata"]["name"] == name)
    }

    /// The components that call a Service.
    pub fn callers_of(&self, service: &str) -> Vec<String> {
        let dials = |c: &&Container| self.addresses(c).iter().any(|(name, _)| name == service);
        self.callers().iter().filter(dials).map(|c| c.label.clone()).collect()
    }

    /// The workload that a Service selects.
    pub fn target(&self, service: usize) -> Option<usize> {
        let selector = &self.objects[service]["spec"]["selector"];
        self.objects.iter().position(|o| is_workload(o) && contains(&o["spec"]["template"]["metadata"]["labels"], selector))
    }

    /// The Services that lead to a workload.
    pub fn fronts(&self, workload: usize) -> Vec<usize> {
        self.of_kind(&["Service"]).into_iter().map(|(id, _)| id).filter(|id| self.target(*id) == Some(workload)).collect()
    }

    /// A workload, its Services, and the components that call them.
    pub fn around(&self, workload: usize) -> Vec<String> {
        let mut labels = vec![label(&self.objects[workload])];
        for service in self.fronts(workload) {
            labels.extend(self.around_service(service));
        }
        labels
    }

    /// A Service, its callers, and the workloads that it selects.
    pub fn around_service(&self, service: usize) -> Vec<String> {
        let object = &self.objects[service];
        let mut labels = vec![label(object)];
        labels.extend(self.callers_of(object["metadata"]["name"].as_str().unwrap_or_default()));
        labels.extend(self.target(service).map(|target| label(&self.objects[target])));
        labels
    }

    pub fn is_called(&self, workload: usize) -> bool {
        self.fronts(workload)
            .iter()
            .any(|id| !self.callers_of(self.objects[*id]["metadata"]["name"].as_str().unwrap_or_default()).is_empty())
    }

    /// Whether callers reach the pods by their own addresses, without a cluster IP.
    pub fn is_headless(&self, service: usize) -> bool {
        self.objects[service]["spec"]["clusterIP"] == "None"
    }

    /// All components that run Jina, for breaks that any of them may show.
    pub fn components(&self) -> Vec<String> {
        self.objects.iter().map(label).collect()
    }
}
