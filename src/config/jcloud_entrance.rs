//! Translates the keys of a `jcloud` block about clients outside the cluster. A JinaFlow decides how they call the gateway,
//! because this makes it public, so these keys only add to an Ingress or a route that the JinaFlow sets.

use super::formats::HOST_NAME;
use super::jcloud_block::{Entry, Notes, flag, names, number, text};
use super::layers::{Layers, Pods};
use super::object_names::is_subdomain;
use crate::yaml::{Data, Node};

/// The annotations of nginx for idle connections, in seconds.
const NGINX_TIMEOUTS: [&str; 3] = [
    "nginx.ingress.kubernetes.io/proxy-read-timeout",
    "nginx.ingress.kubernetes.io/proxy-send-timeout",
    "nginx.ingress.kubernetes.io/grpc-read-timeout",
];

const MAKES_PUBLIC: &str = "is not translated, because it makes the gateway public";

/// What the JinaFlow sets for clients outside the cluster.
pub struct Entrance {
    ingress: Option<Node<'static>>,
    http: Option<Node<'static>>,
    grpc: Option<Node<'static>>,
    is_exposed: bool,
}

/// A key that was translated.
#[derive(Debug)]
pub struct Taken {
    /// The key, with its value.
    pub key: String,
    /// The field that it sets, or the reason why it sets none.
    pub field: String,
    /// The fields of the gateway.
    pub fields: Node<'static>,
}

impl Entrance {
    /// What the layers of a JinaFlow set.
    pub fn of(layers: &Layers) -> Self {
        let set = |field: &str| layers.value(Pods::Gateway, field).filter(|node| node.as_map().is_some()).cloned();
        let [ingress, http, grpc] = ["ingress", "httpRoute", "grpcRoute"].map(set);
        let is_exposed = set("expose").is_some() || ingress.is_some() || http.is_some() || grpc.is_some();
        Self { ingress, http, grpc, is_exposed }
    }

    /// Translates an entry; `None` if it is about something else, or if it sets nothing.
    pub fn translate(&self, entry: &Entry, notes: &mut Notes) -> Vec<Taken> {
        match entry.key.name {
            "expose" => self.expose(entry, notes).into_iter().collect(),
            "custom_dns" => self.hosts(entry, &[("ingress", "hosts"), ("httpRoute", "hostnames"), ("grpcRoute", "hostnames")], notes),
            "custom_dns_http" => self.hosts(entry, &[("ingress", "hosts"), ("httpRoute", "hostnames")], notes),
            "custom_dns_grpc" => self.hosts(entry, &[("ingress", "hosts"), ("grpcRoute", "hostnames")], notes),
            "ingress" => self.class(entry, notes).into_iter().collect(),
            "timeout" => self.timeout(entry, notes).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn expose(&self, entry: &Entry, notes: &mut Notes) -> Option<Taken> {
        let is_wanted = flag(entry, notes)?;
        if is_wanted && !self.is_exposed {
            let fix = "to call the gateway from outside the cluster, set `expose: {}`, `ingress` or `httpRoute` in `spec.gateway`";
            notes.hint(entry, MAKES_PUBLIC, fix);
            return None;
        }
        let field = if is_wanted { "spec.gateway, which is exposed" } else { "nothing, as without the key" };
        Some(Taken { key: format!("expose {is_wanted}"), field: field.to_owned(), fields: map() })
    }

    /// Adds host names to each of the fields that the JinaFlow sets.
    fn hosts(&self, entry: &Entry, fields: &[(&'static str, &'static str)], notes: &mut Notes) -> Vec<Taken> {
        let hosts = names(entry, notes);
        if hosts.is_empty() {
            return Vec::new();
        }
        if !hosts.iter().all(|host| (HOST_NAME.is_valid)(host)) {
            notes.wrong(entry, "a list of host names");
            return Vec::new();
        }
        let is_set = |field: &str| match field {
            "ingress" => self.ingress.is_some(),
            "httpRoute" => self.http.is_some(),
            _ => self.grpc.is_some(),
        };
        let taken = fields.iter().filter(|(field, _)| is_set(field)).map(|&(field, below)| {
            let names = hosts.iter().map(|host| (Node::from(host.clone()), map()));
            let names = Data::Map(names.collect()).into();
            let key = format!("{} {}", entry.key.name, hosts.join(", "));
            Taken { key, field: format!("spec.gateway.{field}.{below}"), fields: nested(field, below, names) }
        });
        let taken: Vec<Taken> = taken.collect();
        if taken.is_empty() {
            let hosts: Vec<String> = hosts.iter().map(|name| format!("{name}: {{}}")).collect();
            notes.lost(entry, MAKES_PUBLIC, format!("set `spec.gateway.ingress: {{hosts: {{{}}}}}`", hosts.join(", ")));
        }
        taken
    }

    fn class(&self, entry: &Entry, notes: &mut Notes) -> Option<Taken> {
        const EXPECTED: &str = "the class of the ingress";
        let name = text(entry, EXPECTED, notes)?;
        if !is_subdomain(name) {
            notes.wrong(entry, EXPECTED);
            return None;
        }
        if self.ingress.is_none() {
            notes.lost(entry, MAKES_PUBLIC, format!("set `spec.gateway.ingress: {{className: {name}}}`"));
            return None;
        }
        let field = "spec.gateway.ingress.className".to_owned();
        Some(Taken { key: format!("ingress {name}"), field, fields: nested("ingress", "className", name.to_owned().into()) })
    }

    /// The idle timeout of connections, which each ingress controller has in its own annotations.
    fn timeout(&self, entry: &Entry, notes: &mut Notes) -> Option<Taken> {
        let seconds = number(entry, 1, notes)?;
        let key = format!("timeout {seconds}");
        let ingress = self.ingress.as_ref();
        let annotation = |name: &&str| ingress.and_then(|node| node.get("annotations")?.get(name)).is_some();
        if NGINX_TIMEOUTS.iter().any(annotation) {
            return Some(Taken { key, field: "spec.gateway.ingress.annotations, which are set".to_owned(), fields: map() });
        }
        if ingress.is_some_and(|ingress| ingress.text_at("className") == "nginx") {
            let mut annotations = map();
            for name in NGINX_TIMEOUTS {
                annotations.set(name, seconds.to_string().into());
            }
            let field = "spec.gateway.ingress.annotations".to_owned();
            return Some(Taken { key, field, fields: nested("ingress", "annotations", annotations) });
        }
        let fix = format!(
            "set the idle timeout of your ingress or load balancer to {seconds} seconds, for nginx with \
             `spec.gateway.ingress: {{className: nginx, annotations: {{{}: \"{seconds}\"}}}}`",
            NGINX_TIMEOUTS[0]
        );
        notes.lost(entry, "has no counterpart in the Flow, and is not translated", fix);
        None
    }
}

fn map() -> Node<'static> {
    Data::Map(Vec::new()).into()
}

/// `{above: {below: value}}`.
fn nested(above: &'static str, below: &'static str, value: Node<'static>) -> Node<'static> {
    let (mut outer, mut inner) = (map(), map());
    inner.set(below, value);
    outer.set(above, inner);
    outer
}
