//! `--graph-description`: the order in which a gateway calls executors.
//!
//! Jina reads the graph in `jina/serve/runtimes/gateway/graph/topology_graph.py`. The gateway follows the edges from
//! `start-gateway`, and answers when it has called every executor that leads to `end-gateway`. An executor that leads to no
//! other node is floating: the gateway does not wait for this executor. A floating executor is intended only if it has
//! `--floating`.

use std::collections::{HashMap, HashSet};

use super::object::first_few;
use crate::finding::Code;
use crate::yaml::Node;

/// The names of the first and the last node of every graph.
const START: &str = "start-gateway";
const END: &str = "end-gateway";
pub const ENDS: [&str; 2] = [START, END];

/// A graph, with its nodes by their names.
#[derive(Debug)]
pub struct Graph<'g> {
    /// The nodes in the order of the graph, without `start-gateway` and `end-gateway`.
    pub names: Vec<&'g str>,
    /// The successors of each node.
    next: HashMap<&'g str, Vec<&'g str>>,
}

/// A fault of a graph.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kind of fault.
    pub code: Code,
    /// The message of the finding.
    pub message: String,
    /// The wrong value; empty if the fault is not a single value.
    pub got: String,
    /// The fix of the finding.
    pub fix: String,
}

/// The string of a scalar; empty for anything else.
fn text<'n>(node: &'n Node<'_>) -> &'n str {
    node.as_text().unwrap_or_default()
}

impl<'g> Graph<'g> {
    /// Reads a graph. The value of each node must be a list.
    pub fn of(graph: &'g Node<'g>) -> Result<Self, Fault> {
        let not_a_list = |got: &Node<'_>, node: &str| Fault {
            code: Code::InvalidArgument,
            message: format!("has no list of nodes for {node}"),
            got: got.shown(),
            fix: "write a list of names".to_owned(),
        };
        let Some(pairs) = graph.as_map() else { return Err(not_a_list(graph, "each node")) };
        let mut next: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut names = Vec::new();
        let mut seen = HashSet::from(ENDS);
        for (name, successors) in pairs {
            let Some(successors) = successors.as_list() else { return Err(not_a_list(successors, &format!("`{}`", text(name)))) };
            let successors: Vec<&str> = successors.iter().map(text).collect();
            names.extend(std::iter::once(text(name)).chain(successors.iter().copied()).filter(|name| seen.insert(name)));
            next.insert(text(name), successors);
        }
        Ok(Self { names, next })
    }

    fn next(&self, name: &str) -> &[&'g str] {
        self.next.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The faults of the graph. `is_floating` returns whether the executor of a node floats, if that is known. `has_address`
    /// returns whether the gateway can call a node at all.
    pub fn faults(&self, is_floating: impl Fn(&str) -> Option<bool>, has_address: impl Fn(&str) -> bool) -> Vec<Fault> {
        if self.names.is_empty() {
            return Vec::new();
        }
        if let Some(cycle) = self.cycle() {
            let got = if cycle.len() > 10 { first_few(cycle.iter().copied()) } else { cycle.join(" → ") };
            let message = "has a cycle, so requests never reach the end".to_owned();
            return vec![Fault { code: Code::GraphCycle, message, got, fix: format!("remove one of these steps, and lead to `{END}`") }];
        }
        let fault = |message, got: &str, fix| Fault { code: Code::GraphIncomplete, message, got: got.to_owned(), fix };
        if self.next(START).is_empty() {
            let fix = format!("add the first executor: \"{START}\": [{:?}]", self.names[0]);
            return vec![fault(format!("has no node after `{START}`, so no executor is called"), "", fix)];
        }
        let reached = self.reached();
        let mut faults = Vec::new();
        for name in self.names.iter().filter(|name| !reached.contains(*name) && has_address(name)) {
            let fix = "add it after the executor that it needs, or remove it".to_owned();
            faults.push(fault(format!("does not lead from `{START}` to `{name}`, which is never called"), name, fix));
        }
        let leads_to_end = reached.iter().any(|name| self.next(name).contains(&END));
        let known: Vec<bool> = self.names.iter().filter_map(|name| is_floating(name)).collect();
        let all_float = known.contains(&true) && known.iter().all(|is_floating| *is_floating);
        if !leads_to_end && !all_float {
            let last = self.names.iter().rfind(|name| reached.contains(*name) && self.next(name).is_empty()).unwrap_or(&self.names[0]);
            let message = format!("does not lead to `{END}`, so requests are answered before any executor has finished");
            faults.push(fault(message, last, format!("connect the last executor to it: {last:?}: [\"{END}\"]")));
        }
        faults
    }

    /// The nodes that a path from the start reaches.
    fn reached(&self) -> HashSet<&'g str> {
        let mut reached = HashSet::from([START]);
        let mut waiting = vec![START];
        while let Some(name) = waiting.pop() {
            for next in self.next(name) {
                if !ENDS.contains(next) && reached.insert(next) {
                    waiting.push(next);
                }
            }
        }
        reached
    }

    /// The nodes of a cycle, with the first one repeated at the end.
    fn cycle(&self) -> Option<Vec<&'g str>> {
        let mut is_done: HashSet<&str> = HashSet::new();
        for first in &self.names {
            // The path to the current node, and the number of tried successors of each.
            let mut path: Vec<(&'g str, usize)> = vec![(first, 0)];
            let mut is_on_path: HashSet<&str> = HashSet::from([*first]);
            while let Some((name, tried)) = path.pop() {
                if is_done.contains(name) {
                    is_on_path.remove(name);
                    continue;
                }
                let Some(next) = self.next(name).get(tried) else {
                    is_done.insert(name);
                    is_on_path.remove(name);
                    continue;
                };
                path.push((name, tried + 1));
                if ENDS.contains(next) || is_done.contains(next) {
                    continue;
                }
                if !is_on_path.insert(next) {
                    let start = path.iter().position(|(name, _)| name == next).unwrap_or_default();
                    return Some(path[start..].iter().map(|(name, _)| *name).chain([*next]).collect());
                }
                path.push((next, 0));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages about a graph. Nodes that start with `f` float, and nodes that start with `x` run elsewhere.
    fn messages(graph: &str) -> Vec<String> {
        let document = crate::yaml::read(graph).unwrap_or_else(|error| unreachable!("{error}"));
        let root = document.root.unwrap_or_else(|| "".into());
        let floats = |name: &str| (!name.starts_with('x')).then(|| name.starts_with('f'));
        let faults = Graph::of(&root).map_or_else(|fault| vec![fault], |graph| graph.faults(floats, |_| true));
        faults.into_iter().map(|fault| format!("{} ({})", fault.message, fault.got)).collect()
    }

    #[test]
    fn graphs_that_jina_writes_have_no_faults() {
        for graph in [
            "{}",
            "{start-gateway: []}",
            "{a: [end-gateway], start-gateway: [a]}",
            "{f: [], start-gateway: [f]}",
            "{a: [f, end-gateway], f: [], start-gateway: [a]}",
            // Jina only warns about `b`, which no other executor needs.
            "{a: [end-gateway], b: [], start-gateway: [a, b]}",
            "{a: [c], b: [c], c: [end-gateway], start-gateway: [a, b]}",
            "{x: [end-gateway], start-gateway: [x]}",
            "{f: [], x: [], start-gateway: [f, x]}",
        ] {
            assert_eq!(messages(graph), Vec::<String>::new(), "{graph}");
        }
    }

    #[test]
    fn graphs_that_never_answer_are_reported() {
        let cycle = "has a cycle, so requests never reach the end";
        let no_end = "does not lead to `end-gateway`, so requests are answered before any executor has finished";
        for (graph, expected) in [
            ("{a: [a], start-gateway: [a]}", vec![format!("{cycle} (a → a)")]),
            ("{start-gateway: [a], a: [b], b: [c], c: [b, end-gateway]}", vec![format!("{cycle} (b → c → b)")]),
            ("{a: [b], c: [a, end-gateway], b: [c]}", vec![format!("{cycle} (a → b → c → a)")]),
            ("{start-gateway: [a], a: [b], b: []}", vec![format!("{no_end} (b)")]),
            ("{start-gateway: [a], a: []}", vec![format!("{no_end} (a)")]),
            ("{start-gateway: [x], x: []}", vec![format!("{no_end} (x)")]),
            ("{start-gateway: [a, f], a: [], f: []}", vec![format!("{no_end} (f)")]),
            (
                "{start-gateway: [a], a: [], b: [end-gateway]}",
                vec!["does not lead from `start-gateway` to `b`, which is never called (b)".to_owned(), format!("{no_end} (a)")],
            ),
            ("{a: [end-gateway]}", vec!["has no node after `start-gateway`, so no executor is called ()".to_owned()]),
            ("{a: end-gateway, start-gateway: [a]}", vec!["has no list of nodes for `a` (end-gateway)".to_owned()]),
        ] {
            assert_eq!(messages(graph), expected, "{graph}");
        }
    }
}
