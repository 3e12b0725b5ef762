//! The graph of a Flow, read from the arguments of its gateway.

use crate::jina::argv::{self, Argv};
use crate::jina::options::Opt;
use crate::jina::value::{Value, from_python_json};
use crate::yaml::Node;

/// The start of the graph.
const START: &str = "start-gateway";
/// The end of the graph.
const END: &str = "end-gateway";

/// The graph of a Flow.
#[derive(Debug, Default)]
pub struct Graph {
    /// The executors in the order of the Flow, with their addresses.
    pub nodes: Vec<(String, Vec<String>)>,
    /// The edges: each node with the nodes behind it.
    edges: Vec<(String, Vec<String>)>,
    conditions: Vec<(Value, Value)>,
    metadata: Vec<(Value, Value)>,
    without_reduction: Vec<String>,
    /// The arguments that are not JSON.
    pub unreadable: Vec<Opt>,
}

impl Graph {
    /// Reads the arguments of a gateway.
    pub fn of(argv: &Argv) -> Self {
        let mut graph = Self::default();
        let mut read = |opt: Opt| match argv.word(opt).map(from_python_json) {
            Some(Some(value)) => value,
            Some(None) => {
                graph.unreadable.push(opt);
                Value::Null
            }
            None => Value::Null,
        };
        let nodes = lists(read(Opt::DeploymentsAddresses));
        let edges = lists(read(Opt::GraphDescription));
        let pairs = |value| if let Value::Map(pairs) = value { pairs } else { Vec::new() };
        let conditions = pairs(read(Opt::GraphConditions));
        let metadata = pairs(read(Opt::DeploymentsMetadata));
        let without_reduction = strings(read(Opt::DeploymentsNoReduce));
        Self { nodes, edges, conditions, metadata, without_reduction, unreadable: graph.unreadable }
    }

    /// The names in the graph that have no address, except its ends.
    pub fn without_address(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.edges.iter().flat_map(|(name, next)| std::iter::once(name).chain(next)) {
            let is_known = [START, END].contains(&name.as_str()) || self.nodes.iter().any(|(node, _)| node == name);
            if !is_known && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The nodes that a node needs.
    pub fn needs(&self, node: &str) -> Vec<&str> {
        let before = self.edges.iter().filter(|(_, next)| next.iter().any(|name| name == node)).map(|(name, _)| name.as_str());
        before.map(|name| if name == START { "gateway" } else { name }).collect()
    }

    /// Whether the graph ends with a node.
    pub fn ends_with(&self, node: &str) -> bool {
        self.edges.iter().any(|(name, next)| name == node && next.iter().any(|next| next == END))
    }

    /// Whether the graph ends before a node of the Flow, so that the node and those after it float.
    pub fn ends_before(&self, place: usize) -> bool {
        self.nodes.iter().take(place).any(|(name, _)| self.ends_with(name))
    }

    /// The condition of a node.
    pub fn condition(&self, node: &str) -> Option<Node<'static>> {
        of_node(&self.conditions, node)
    }

    /// The metadata of the calls of a node.
    pub fn metadata(&self, node: &str) -> Option<Node<'static>> {
        of_node(&self.metadata, node)
    }

    /// Whether the gateway does not merge the results of a node.
    pub fn keeps_results_apart(&self, node: &str) -> bool {
        self.without_reduction.iter().any(|name| name == node)
    }
}

fn of_node(pairs: &[(Value, Value)], node: &str) -> Option<Node<'static>> {
    let found = pairs.iter().find(|(name, _)| matches!(name, Value::Str(name) if name == node));
    found.map(|(_, value)| argv::node(value))
}

fn strings(value: Value) -> Vec<String> {
    match value {
        Value::List(entries) => entries.iter().map(Value::to_str).collect(),
        _ => Vec::new(),
    }
}

fn lists(value: Value) -> Vec<(String, Vec<String>)> {
    match value {
        Value::Map(pairs) => pairs.into_iter().map(|(name, list)| (name.to_str(), strings(list))).collect(),
        _ => Vec::new(),
    }
}
