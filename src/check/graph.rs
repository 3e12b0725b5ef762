//! `--graph-description`: the order in which a gateway calls executors.
//!
//! What Jina makes of it is `jina/serve/runtimes/gateway/graph/topology_graph.py`: it follows the edges from
//! `start-gateway`, and answers when everything has been called that leads to `end-gateway`. A node without a way on is
//! floating: nobody waits for it, which is meant where its executor has `--floating`.

use std::collections::{HashMap, HashSet};

use super::fields::plain;
use super::object::few;
use crate::yaml::Node;

/// Where every graph begins and ends.
const START: &str = "start-gateway";
const END: &str = "end-gateway";
pub const ENDS: [&str; 2] = [START, END];

/// A graph by the names of its nodes.
#[derive(Debug)]
pub struct Graph<'g> {
    /// The nodes in the order in which they are named, without the ends.
    pub names: Vec<&'g str>,
    ways: HashMap<&'g str, Vec<&'g str>>,
}

/// What is wrong with a graph: the message, the value, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// The value.
    pub got: String,
    /// What to write instead.
    pub mend: String,
}

impl<'g> Graph<'g> {
    /// Reads a graph; the error is about a node whose value is no list.
    pub fn of(graph: &'g Node<'g>) -> Result<Self, Fault> {
        let not_a_list = |got: &Node<'_>, whose: &str| Fault {
            message: format!("has no list of nodes for {whose}"),
            got: got.shown(),
            mend: "write a list of names".to_owned(),
        };
        let Some(pairs) = graph.as_map() else { return Err(not_a_list(graph, "each node")) };
        let mut ways: HashMap<&str, Vec<&str>> = HashMap::new();
        let mut names = Vec::new();
        let mut seen = HashSet::from(ENDS);
        for (name, next) in pairs {
            let Some(next) = next.as_list() else { return Err(not_a_list(next, &format!("`{}`", plain(name)))) };
            let next: Vec<&str> = next.iter().map(plain).collect();
            names.extend(std::iter::once(plain(name)).chain(next.iter().copied()).filter(|name| seen.insert(name)));
            ways.insert(plain(name), next);
        }
        Ok(Self { names, ways })
    }

    fn next(&self, name: &str) -> &[&'g str] {
        self.ways.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is wrong with it. `is_floating` says of a node whether its executor floats, where that is known, and `has_address`
    /// whether the gateway can call it at all.
    pub fn faults(&self, is_floating: impl Fn(&str) -> Option<bool>, has_address: impl Fn(&str) -> bool) -> Vec<Fault> {
        if self.names.is_empty() {
            return Vec::new();
        }
        if let Some(cycle) = self.cycle() {
            let shown = if cycle.len() > 10 { few(cycle.iter().copied()) } else { cycle.join(" → ") };
            let message = "goes round in a circle, and no request comes to its end".to_owned();
            return vec![Fault { message, got: shown, mend: format!("take one of these steps out, and lead to `{END}`") }];
        }
        let reached = self.reached();
        if self.next(START).is_empty() {
            let message = format!("has nothing behind `{START}`: no executor is ever called");
            return vec![Fault {
                message,
                got: String::new(),
                mend: format!("add the first executor: \"{START}\": [{:?}]", self.names[0]),
            }];
        }
        let mut faults = Vec::new();
        for name in self.names.iter().filter(|name| !reached.contains(*name) && has_address(name)) {
            faults.push(Fault {
                message: format!("has no way from `{START}` to `{name}`, which is never called"),
                got: (*name).to_owned(),
                mend: "add it behind the executor that it needs, or take it out".to_owned(),
            });
        }
        let leads_to_end = reached.iter().any(|name| self.next(name).contains(&END));
        let known: Vec<bool> = self.names.iter().filter_map(|name| is_floating(name)).collect();
        let all_float = known.contains(&true) && known.iter().all(|is_floating| *is_floating);
        if !leads_to_end && !all_float {
            let last = self.names.iter().rfind(|name| reached.contains(*name) && self.next(name).is_empty()).unwrap_or(&self.names[0]);
            faults.push(Fault {
                message: format!("has no way to `{END}`: requests are answered before any executor is done"),
                got: (*last).to_owned(),
                mend: format!("lead the last executor there: {last:?}: [\"{END}\"]"),
            });
        }
        faults
    }

    /// All that is behind the start.
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

    /// Names that lead to each other, the first one again at the end.
    fn cycle(&self) -> Option<Vec<&'g str>> {
        let mut is_done: HashSet<&str> = HashSet::new();
        for first in &self.names {
            // The way to where we are, and how many of the ways on have been tried.
            let mut way: Vec<(&'g str, usize)> = vec![(first, 0)];
            let mut is_on_way: HashSet<&str> = HashSet::from([*first]);
            while let Some((name, tried)) = way.pop() {
                if is_done.contains(name) {
                    is_on_way.remove(name);
                    continue;
                }
                let Some(next) = self.next(name).get(tried) else {
                    is_done.insert(name);
                    is_on_way.remove(name);
                    continue;
                };
                way.push((name, tried + 1));
                if ENDS.contains(next) || is_done.contains(next) {
                    continue;
                }
                if !is_on_way.insert(next) {
                    let start = way.iter().position(|(name, _)| name == next).unwrap_or_default();
                    return Some(way[start..].iter().map(|(name, _)| *name).chain([*next]).collect());
                }
                way.push((next, 0));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages; nodes that begin with `f` float, those with `x` run elsewhere.
    fn messages(graph: &str) -> Vec<String> {
        let document = crate::yaml::read(graph).unwrap_or_else(|error| unreachable!("{error}"));
        let root = document.root.unwrap_or_else(|| "".into());
        let floats = |name: &str| (!name.starts_with('x')).then(|| name.starts_with('f'));
        let faults = Graph::of(&root).map_or_else(|fault| vec![fault], |graph| graph.faults(floats, |_| true));
        faults.into_iter().map(|fault| format!("{} ({})", fault.message, fault.got)).collect()
    }

    #[test]
    fn what_jina_writes_is_fine() {
        for graph in [
            "{}",
            "{start-gateway: []}",
            "{a: [end-gateway], start-gateway: [a]}",
            "{f: [], start-gateway: [f]}",
            "{a: [f, end-gateway], f: [], start-gateway: [a]}",
            // Nobody needs `b`, of which Jina warns.
            "{a: [end-gateway], b: [], start-gateway: [a, b]}",
            "{a: [c], b: [c], c: [end-gateway], start-gateway: [a, b]}",
            "{x: [end-gateway], start-gateway: [x]}",
            "{f: [], x: [], start-gateway: [f, x]}",
        ] {
            assert_eq!(messages(graph), Vec::<String>::new(), "{graph}");
        }
    }

    #[test]
    fn what_never_answers_is_told() {
        let circle = "goes round in a circle, and no request comes to its end";
        let no_end = "has no way to `end-gateway`: requests are answered before any executor is done";
        for (graph, expected) in [
            ("{a: [a], start-gateway: [a]}", vec![format!("{circle} (a → a)")]),
            ("{start-gateway: [a], a: [b], b: [c], c: [b, end-gateway]}", vec![format!("{circle} (b → c → b)")]),
            ("{a: [b], c: [a, end-gateway], b: [c]}", vec![format!("{circle} (a → b → c → a)")]),
            ("{start-gateway: [a], a: [b], b: []}", vec![format!("{no_end} (b)")]),
            ("{start-gateway: [a], a: []}", vec![format!("{no_end} (a)")]),
            ("{start-gateway: [x], x: []}", vec![format!("{no_end} (x)")]),
            ("{start-gateway: [a, f], a: [], f: []}", vec![format!("{no_end} (f)")]),
            (
                "{start-gateway: [a], a: [], b: [end-gateway]}",
                vec!["has no way from `start-gateway` to `b`, which is never called (b)".to_owned(), format!("{no_end} (a)")],
            ),
            ("{a: [end-gateway]}", vec!["has nothing behind `start-gateway`: no executor is ever called ()".to_owned()]),
            ("{a: end-gateway, start-gateway: [a]}", vec!["has no list of nodes for `a` (end-gateway)".to_owned()]),
        ] {
            assert_eq!(messages(graph), expected, "{graph}");
        }
    }
}
