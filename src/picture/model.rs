//! A picture as plain data.

use super::mark::Mark;

/// A graph of workloads.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// The nodes. Links and groups refer to them by their index.
    pub nodes: Vec<Node>,
    /// The lines between nodes.
    pub links: Vec<Link>,
    /// The groups. A group comes after the group that contains it.
    pub groups: Vec<Group>,
}

/// A box.
#[derive(Debug, Clone)]
pub struct Node {
    /// The name from which the ID is made.
    pub name: String,
    /// The first line.
    pub title: String,
    /// The other lines.
    pub lines: Vec<String>,
    /// More about the node, for readers who ask for it.
    pub details: String,
    /// What the node is.
    pub kind: NodeKind,
    /// Whether an error is about the node. Its lines say which one.
    pub is_faulty: bool,
    /// The effect of an apply.
    pub mark: Mark,
    /// The innermost group of the node.
    pub group: Option<usize>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A workload that runs Jina, or that a Flow calls.
    Workload,
    /// A Service, an Ingress or a route by which requests enter.
    Entrance,
    /// A PersistentVolumeClaim.
    Claim,
    /// An address that leads out of the objects, or a claim that is not among them.
    Outside,
    /// An address that leads nowhere, or another object with an error.
    Fault,
}

/// A line between two nodes.
#[derive(Debug, Clone)]
pub struct Link {
    /// The index of the node at the beginning.
    pub from: usize,
    /// The index of the node at the end.
    pub to: usize,
    /// Protocols and ports, each once.
    pub labels: Vec<String>,
    /// What the line is.
    pub style: LinkStyle,
}

/// What a line between two nodes is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkStyle {
    /// An address that a workload calls.
    Call,
    /// A call for which the gateway does not wait.
    Floating,
    /// An address that leads out of the objects.
    Outside,
    /// An address that leads nowhere, or to a workload that does not run Jina.
    Broken,
    /// The way of a request from outside the cluster.
    Way,
    /// A volume.
    Mount,
    /// A call of a workload that is removed.
    Removed,
}

/// A frame around nodes.
#[derive(Debug, Clone)]
pub struct Group {
    /// The title.
    pub title: String,
    /// The group that contains this group.
    pub parent: Option<usize>,
}

impl LinkStyle {
    /// Whether the line is an address that a workload calls.
    pub fn is_call(self) -> bool {
        !matches!(self, LinkStyle::Way | LinkStyle::Mount)
    }

    /// Whether the line is dashed.
    pub fn is_dashed(self) -> bool {
        matches!(self, LinkStyle::Floating | LinkStyle::Outside | LinkStyle::Broken | LinkStyle::Removed)
    }
}

impl Node {
    /// The name of the class that decides the style.
    pub fn class(&self) -> &'static str {
        match (self.is_faulty, self.kind, self.mark) {
            (true, ..) | (_, NodeKind::Fault, _) => "fault",
            (_, NodeKind::Outside, _) => "outside",
            (_, _, mark) => mark.class(),
        }
    }
}

impl Picture {
    /// The marks of nodes, each once.
    pub fn marks(&self) -> Vec<Mark> {
        Mark::SHOWN.into_iter().filter(|mark| self.nodes.iter().any(|node| node.mark == *mark)).collect()
    }
}
