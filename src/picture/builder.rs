//! Adds nodes, lines and groups to a picture, each once.

use std::collections::HashMap;

use super::families::Family;
use super::mark::Mark;
use super::model::{Group, Link, LinkStyle, Node, NodeKind, Picture};

/// A picture that is being drawn.
#[derive(Default)]
pub struct Builder {
    /// The picture so far.
    pub picture: Picture,
    links: HashMap<(usize, usize, LinkStyle), usize>,
    groups: HashMap<(Option<usize>, String, String), usize>,
    /// The nodes of addresses that reach no workload, by executor, address and whether they are broken.
    addresses: HashMap<(String, String, bool), usize>,
}

impl Builder {
    /// Adds a node, and returns its index.
    pub fn node(&mut self, node: Node) -> usize {
        let node = Node { title: titled(node.title), ..node };
        self.picture.nodes.push(node);
        self.picture.nodes.len() - 1
    }

    /// Adds a line. Lines of one style between the same nodes are one line with several labels.
    pub fn link(&mut self, from: usize, to: usize, style: LinkStyle, label: Option<String>) {
        let links = &mut self.picture.links;
        let place = *self.links.entry((from, to, style)).or_insert_with(|| {
            links.push(Link { from, to, labels: Vec::new(), style });
            links.len() - 1
        });
        if let Some(label) = label.filter(|label| !links[place].labels.contains(label)) {
            links[place].labels.push(label);
        }
    }

    /// The node of an address that reaches no workload.
    pub fn address(&mut self, executor: &str, address: &str, is_broken: bool, shown: impl Fn(&str) -> String) -> usize {
        let nodes = &mut self.picture.nodes;
        *self.addresses.entry((executor.to_owned(), address.to_owned(), is_broken)).or_insert_with(|| {
            let mut lines = vec![shown(address)];
            if is_broken {
                lines.push("✗ broken address".to_owned());
            }
            let kind = if is_broken { NodeKind::Fault } else { NodeKind::Outside };
            let (name, title, details) = (executor.to_owned(), titled(shown(executor)), shown(address));
            nodes.push(Node { name, title, lines, details, kind, is_faulty: is_broken, mark: Mark::None, group: None });
            nodes.len() - 1
        })
    }

    /// The group of a family. `has_outer` and `has_inner` are whether a Flow and an executor have a frame.
    pub fn group(&mut self, family: &Family, has_outer: bool, has_inner: bool, title: impl Fn(&Family) -> String) -> Option<usize> {
        let outer = has_outer.then(|| self.frame(None, &family.namespace, &family.flow, title(family)));
        let executor = family.executor.as_ref().filter(|_| has_inner);
        // Without a frame of the Flow, all workloads are in the same namespace and Flow.
        executor.map(|executor| self.frame(outer, "", executor, super::words::shown(executor))).or(outer)
    }

    fn frame(&mut self, parent: Option<usize>, namespace: &str, name: &str, title: String) -> usize {
        let groups = &mut self.picture.groups;
        *self.groups.entry((parent, namespace.to_owned(), name.to_owned())).or_insert_with(|| {
            groups.push(Group { title: titled(title), parent });
            groups.len() - 1
        })
    }
}

/// A title that is not empty: Mermaid has no empty titles.
fn titled(title: String) -> String {
    if title.is_empty() { "(no name)".to_owned() } else { title }
}
