//! The graph of a Flow: names, `needs`, and the node whose results the client receives
//! (`jina/orchestrate/flow/base.py`: `add`, `needs`, `needs_all`, `inspect`, `gather_inspect`, `build`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::inherited::Options;
use super::options::Opt;
use crate::finding::{Code, Finding, Findings, Mark, Path};

/// The name of the node at which every request begins and ends.
pub const GATEWAY: &str = "gateway";

/// How an entry of `executors` joins the Flow (`method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `add`: a usual executor.
    Add,
    /// `needs`: an executor that joins the results of two or more.
    Needs,
    /// `needs_all`: an executor that joins all results that are not needed yet.
    NeedsAll,
    /// `inspect`: an executor that reads results without changing them.
    Inspect,
    /// `gather_inspect`: an executor that joins all inspecting executors.
    GatherInspect,
}

/// The treatment of inspecting executors (`with.inspect`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// `HANG`: nothing waits for them.
    Hang,
    /// `REMOVE`: they are removed.
    Remove,
    /// `COLLECT`: a last node waits for them.
    Collect,
}

/// One entry of `executors`, before it becomes a node of the graph.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `name`.
    pub name: Option<String>,
    /// `method`.
    pub method: Method,
    /// `needs`. If it is empty, the entry needs the last node.
    pub needs: Vec<String>,
    /// The options.
    pub options: Options,
    /// The index of the entry in the list.
    pub index: usize,
    /// The place of the entry in the text.
    pub mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Executor,
    Inspect,
    InspectPass,
    /// A node that needs all nodes that were not needed, or all inspecting nodes.
    Joins,
}

impl Role {
    /// Whether [`Inspection::Remove`] removes nodes with this role.
    fn inspects(self) -> bool {
        matches!(self, Role::Inspect | Role::InspectPass)
    }
}

/// A node of the graph.
#[derive(Debug, Clone)]
pub struct Executor {
    /// The name of the node in the Flow.
    pub name: String,
    /// The names of the nodes that this node waits for, sorted.
    pub needs: BTreeSet<String>,
    /// The options.
    pub options: Options,
    /// The index of the entry of `executors`, for field paths. A node that Jina adds has the index of the entry that causes it.
    pub index: usize,
    /// The place of the entry in the text.
    pub mark: Mark,
    role: Role,
}

impl Executor {
    /// Whether the node only joins or passes on results, as Jina's `BaseExecutor` does.
    pub fn passes_on(&self) -> bool {
        self.needs.len() > 1 || self.role == Role::InspectPass
    }
}

/// The edges of the graph, in the order in which Jina lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph(Vec<(String, Vec<String>)>);

impl Graph {
    /// The nodes with their successors; `start-gateway` and `end-gateway` are the gateway.
    pub fn edges(&self) -> &[(String, Vec<String>)] {
        &self.0
    }
}

/// The nodes of a Flow and its graph.
#[derive(Debug, Clone, Default)]
pub struct Arrangement {
    /// The nodes in order.
    pub executors: Vec<Executor>,
    /// All nodes, if [`Inspection::Remove`] removed any.
    pub with_removed: Option<Vec<Executor>>,
    /// The graph.
    pub graph: Graph,
}

/// Adds the entries to the graph in order. `inherited` has the options of nodes that Jina adds; `path` is the path of the list.
pub fn arrange(entries: Vec<Entry>, inspection: Inspection, inherited: &Options, path: &Path<'_>, findings: &mut Findings) -> Arrangement {
    let mut builder = Builder { last: vec![GATEWAY.to_owned()], ..Builder::default() };
    let entry_count = entries.len();
    for entry in entries {
        // The gateway has its own section. An entry with its name is ignored, as in Jina.
        if entry.name.as_deref() != Some(GATEWAY) {
            builder.place(entry, path, findings);
        }
    }
    if inspection == Inspection::Collect {
        builder.gather("gather_inspect", inherited.clone(), entry_count.saturating_sub(1), Mark::default(), path, findings);
    }
    let mut graph = builder.graph();
    let mut with_removed = None;
    if inspection == Inspection::Remove && builder.nodes.iter().any(|node| node.role.inspects()) {
        with_removed = Some(builder.nodes.clone());
        builder.remove_inspection();
        graph = builder.graph();
        // In Jina the gateway is already a node at this point, so even an empty graph begins with the gateway.
        if builder.nodes.is_empty() {
            graph.0.push(("start-gateway".to_owned(), Vec::new()));
        }
    }
    check(&builder, &graph, path, findings);
    Arrangement { executors: builder.nodes, with_removed, graph }
}

#[derive(Default)]
struct Builder {
    nodes: Vec<Executor>,
    places: HashMap<String, usize>,
    /// Every node that has been the last node of the graph. The end of this list is the default of `needs`.
    last: Vec<String>,
    /// For each inspected node, the node that replaces it in the `needs` of later entries.
    inspected: HashMap<String, String>,
    needed: HashSet<String>,
    /// The nodes that are not floating and that no other node needs yet, by their index.
    hanging: BTreeMap<usize, String>,
    /// The names of the inspecting nodes, in order.
    inspectors: Vec<String>,
    /// The total number of `needs` of all nodes that wait for all inspecting nodes.
    gathered: usize,
}

/// The most `needs` in total of the nodes that wait for all inspecting nodes. Each such node needs every inspecting node, so
/// the number grows with the square of the Flow's size.
const MOST_GATHERED: usize = 1 << 20;

impl Builder {
    fn last(&self) -> String {
        self.last.last().cloned().unwrap_or_else(|| GATEWAY.to_owned())
    }

    fn place(&mut self, mut entry: Entry, path: &Path<'_>, findings: &mut Findings) {
        let here = path.index(entry.index);
        if let Some(finding) = wrong_role(&entry, &here).or_else(|| needs_without_place(&entry, &here)) {
            findings.push(finding.at(entry.mark));
            return;
        }
        match entry.method {
            Method::Add => self.add(entry, Role::Executor, &here, findings),
            Method::Needs => {
                if entry.needs.len() < 2 {
                    findings.push(
                        Code::TooFewNeeds
                            .error(here.key("needs"), "must name two or more executors for `method: needs`")
                            .got(entry.needs.join(", "))
                            .fix("name at least two executors, or remove `method`")
                            .at(entry.mark),
                    );
                    return;
                }
                self.join(entry, Role::Executor, &here, findings);
            }
            Method::NeedsAll => {
                entry.needs = self.hanging.values().cloned().collect();
                if entry.needs.is_empty() {
                    findings.push(
                        Code::TooFewNeeds
                            .error(here.key("method"), "is `needs_all`, but all executors before it are already needed")
                            .fix("add an executor before it, or remove it")
                            .at(entry.mark),
                    );
                    return;
                }
                self.join(entry, Role::Joins, &here, findings);
            }
            Method::Inspect => self.inspect(entry, &here, findings),
            Method::GatherInspect => {
                let name = entry.name.as_deref().unwrap_or("gather_inspect");
                if !self.gather(name, entry.options, entry.index, entry.mark, path, findings) {
                    let message = "has no effect: no executor before this one has `method: inspect`";
                    let finding = Code::FieldWithoutEffect.warning(here.key("method"), message).got("gather_inspect");
                    findings.push(finding.fix("remove it, or add an executor with `method: inspect` before it").at(entry.mark));
                }
            }
        }
    }

    fn join(&mut self, mut entry: Entry, role: Role, path: &Path<'_>, findings: &mut Findings) {
        entry.name.get_or_insert_with(|| "joiner".to_owned());
        self.add(entry, role, path, findings);
    }

    fn add(&mut self, entry: Entry, role: Role, path: &Path<'_>, findings: &mut Findings) {
        let Entry { name, method, needs, options, index, mark } = entry;
        let named = name.is_some();
        let mut name = name.unwrap_or_else(|| format!("executor{}", self.nodes.len()));
        if self.places.contains_key(&name) {
            if !named {
                findings.push(
                    Code::DuplicateName
                        .error(path, format!("has no name, and its default name `{name}` is already used by another executor"))
                        .fix("add a name")
                        .at(mark),
                );
                return;
            }
            let other = format!("{name}{}", self.nodes.len());
            if method == Method::Add {
                let message = format!("is the name of another executor, so Jina renames this one to `{other}`");
                let finding = Code::DuplicateName.warning(path.key("name"), message).got(name);
                findings.push(finding.fix("use a different name for each executor").at(mark));
            }
            name = other;
        }
        if needs.contains(&name) {
            let finding = Code::NeedsCycle.error(path.key("needs"), "must not name the executor itself").got(name);
            findings.push(finding.fix("name another executor").at(mark));
            return;
        }
        let needs = if needs.is_empty() { vec![self.last()] } else { needs };
        let needs: BTreeSet<String> = needs.into_iter().map(|need| self.inspected.get(&need).cloned().unwrap_or(need)).collect();
        if needs.len() > 1 && options.flag(Opt::External) && options.flag(Opt::NoReduce) {
            let message = "is not allowed for an external executor that needs several executors: the gateway merges their results";
            findings.push(Code::ConflictingOptions.error(path.key("no_reduce"), message).fix("remove `no_reduce`").at(mark));
        }
        for need in &needs {
            self.needed.insert(need.clone());
            if let Some(place) = self.places.get(need) {
                self.hanging.remove(place);
            }
        }
        let place = self.nodes.len();
        if !options.flag(Opt::Floating) {
            self.last.push(name.clone());
            if !self.needed.contains(&name) {
                self.hanging.insert(place, name.clone());
            }
        }
        if role == Role::Inspect {
            self.inspectors.push(name.clone());
        }
        self.places.insert(name.clone(), place);
        self.nodes.push(Executor { name, needs, options, index, mark, role });
    }

    /// Adds two nodes: one that inspects the results, and one that passes the same results on.
    fn inspect(&mut self, entry: Entry, path: &Path<'_>, findings: &mut Findings) {
        let before = self.last();
        let name = entry.name.clone().unwrap_or_else(|| "inspect".to_owned());
        let mut pass = entry.clone();
        pass.name = Some(format!("_aux_{name}"));
        pass.options.set(Opt::Uses, None);
        pass.needs = vec![before.clone()];
        let inspector = Entry { name: Some(name), needs: vec![before.clone()], ..entry };
        self.add(inspector, Role::Inspect, path, findings);
        self.add(pass, Role::InspectPass, path, findings);
        let now = self.last();
        self.inspected.insert(before, now);
    }

    /// Adds a node that waits for all inspecting nodes, and returns whether there are any. Without any, no node is added.
    fn gather(&mut self, name: &str, options: Options, index: usize, mark: Mark, path: &Path<'_>, findings: &mut Findings) -> bool {
        if self.inspectors.is_empty() {
            return false;
        }
        self.gathered += self.inspectors.len();
        if self.gathered > MOST_GATHERED {
            let message = format!("needs too many inspecting executors: more than {MOST_GATHERED} `needs` in all");
            findings.push(Code::TooLarge.error(path.index(index), message).fix("split the Flow").at(mark));
            return true;
        }
        let mut needs = self.inspectors.clone();
        needs.push(self.last());
        let entry = Entry { name: Some(name.to_owned()), method: Method::Add, needs, options, index, mark };
        self.add(entry, Role::Joins, &path.index(index), findings);
        true
    }

    fn remove_inspection(&mut self) {
        let removed: HashSet<String> = self.nodes.iter().filter(|node| node.role.inspects()).map(|node| node.name.clone()).collect();
        let inspected = self.inspected_by_replacement();
        self.nodes.retain(|node| !node.role.inspects());
        while self.last.len() > 1 && self.last.last().is_some_and(|last| removed.contains(last)) {
            self.last.pop();
        }
        let first = |need: String| inspected.get(&need).cloned().unwrap_or(need);
        for node in &mut self.nodes {
            node.needs = std::mem::take(&mut node.needs).into_iter().map(first).collect();
            if node.role == Role::Joins {
                node.needs.retain(|need| !removed.contains(need));
            }
        }
        self.places = self.nodes.iter().enumerate().map(|(i, node)| (node.name.clone(), i)).collect();
    }

    /// Maps each node that replaced an inspected node in `needs` to that inspected node. If several executors inspect the same
    /// node one after the other, each replacement replaces the replacement before it. All are then mapped to the node that was
    /// inspected first.
    fn inspected_by_replacement(&self) -> HashMap<String, String> {
        // A floating inspection replaces the last node with itself.
        let changed = self.inspected.iter().filter(|(inspected, replacement)| inspected != replacement);
        let before: HashMap<&String, &String> = changed.map(|(inspected, replacement)| (replacement, inspected)).collect();
        let mut first: HashMap<&String, &String> = HashMap::new();
        for mut node in before.keys().copied() {
            let mut chain = Vec::new();
            while let Some(inspected) = before.get(node).filter(|_| !first.contains_key(node)) {
                chain.push(node);
                node = *inspected;
            }
            let inspected = first.get(node).copied().unwrap_or(node);
            first.extend(chain.into_iter().map(|link| (link, inspected)));
        }
        first.into_iter().map(|(replacement, inspected)| (replacement.clone(), inspected.clone())).collect()
    }

    fn graph(&self) -> Graph {
        let mut edges: Vec<(String, Vec<String>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut place = |name: &str, edges: &mut Vec<(String, Vec<String>)>| {
            let name = if name == GATEWAY { "start-gateway" } else { name };
            *places.entry(name.to_owned()).or_insert_with(|| {
                edges.push((name.to_owned(), Vec::new()));
                edges.len() - 1
            })
        };
        for node in &self.nodes {
            place(&node.name, &mut edges);
            for need in &node.needs {
                let at = place(need, &mut edges);
                edges[at].1.push(node.name.clone());
            }
        }
        let last = self.last();
        if last != GATEWAY {
            let at = place(&last, &mut edges);
            edges[at].1.push("end-gateway".to_owned());
        }
        Graph(edges)
    }
}

/// The finding about a `deployment_role` that users must not set, because Jina sets it from the method; `None` if the value
/// does not change the graph.
fn wrong_role(entry: &Entry, path: &Path<'_>) -> Option<Finding> {
    let role = entry.options.text(Opt::DeploymentRole).filter(|_| entry.options.is_own(Opt::DeploymentRole))?;
    let is_harmless = matches!(role, "DEPLOYMENT" | "JOIN" | "JOIN_INSPECT" | "GATEWAY");
    if entry.method == Method::Add && is_harmless {
        return None;
    }
    let finding = Code::InternalOption.error(path.key("deployment_role"), "must not be set, because Jina sets it from `method`").got(role);
    Some(finding.fix("remove it; to inspect results, set `method: inspect`"))
}

/// The finding about `needs` together with a method that decides itself which nodes it needs.
fn needs_without_place(entry: &Entry, path: &Path<'_>) -> Option<Finding> {
    let message = match entry.method {
        Method::Inspect => "is not allowed with `method: inspect`, which inspects the last executor before it",
        Method::NeedsAll => "is not allowed with `method: needs_all`, which joins all executors that are not needed yet",
        Method::GatherInspect => "is not allowed with `method: gather_inspect`, which joins all inspecting executors",
        Method::Add | Method::Needs => return None,
    };
    let finding =
        Code::NeedsNotAllowed.error(path.key("needs"), message).got(entry.needs.join(", ")).fix("remove `needs`, or remove `method`");
    (!entry.needs.is_empty()).then_some(finding)
}

/// Reports mistakes that Jina does not check: unknown `needs`, cycles, and results that are lost.
fn check(builder: &Builder, graph: &Graph, path: &Path<'_>, findings: &mut Findings) {
    let known = |name: &str| name == GATEWAY || builder.places.contains_key(name);
    let mut unknown = 0;
    for node in &builder.nodes {
        for need in node.needs.iter().filter(|need| !known(need)) {
            unknown += 1;
            let here = path.index(node.index);
            let message = "must name an executor of this Flow";
            let finding = Code::UnknownExecutor.error(here.key("needs"), message).got(need).at(node.mark);
            let names = builder.nodes.iter().map(|node| node.name.as_str()).filter(|name| *name != node.name);
            let near = findings.nearest(need, names);
            findings.push(match near {
                Some(near) => finding.propose(near),
                None => finding.fix("use the name of an executor, or `gateway`"),
            });
        }
    }
    if unknown == 0 {
        if let Some(cycle) = cycle(builder) {
            let node = &builder.nodes[cycle[0]];
            let mut names: Vec<&str> = cycle.iter().map(|&i| builder.nodes[i].name.as_str()).collect();
            names.push(&node.name);
            let here = path.index(node.index);
            findings.push(
                Code::NeedsCycle
                    .error(here.key("needs"), format!("forms a cycle: {}", names.join(" needs ")))
                    .fix("let one of them need `gateway`, or an executor outside the cycle")
                    .at(node.mark),
            );
        } else {
            warn_about_lost_results(builder, graph, path, findings);
        }
    }
}

/// The nodes of a cycle; `None` if there is no cycle. The function is not recursive, because a long Flow could overflow the
/// stack.
fn cycle(builder: &Builder) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let needs: Vec<Vec<usize>> =
        builder.nodes.iter().map(|node| node.needs.iter().filter_map(|need| builder.places.get(need).copied()).collect()).collect();
    let mut states = vec![State::New; needs.len()];
    for start in 0..needs.len() {
        if states[start] != State::New {
            continue;
        }
        let mut stack = vec![(start, 0)];
        states[start] = State::Open;
        while let Some((node, next)) = stack.last_mut() {
            let (node, turn) = (*node, *next);
            *next += 1;
            match needs[node].get(turn) {
                None => {
                    states[node] = State::Done;
                    stack.pop();
                }
                Some(&need) if states[need] == State::Open => {
                    let from = stack.iter().position(|(open, _)| *open == need).unwrap_or(0);
                    return Some(stack[from..].iter().map(|(open, _)| *open).collect());
                }
                Some(&need) if states[need] == State::New => {
                    states[need] = State::Open;
                    stack.push((need, 0));
                }
                Some(_) => {}
            }
        }
    }
    None
}

fn warn_about_lost_results(builder: &Builder, graph: &Graph, path: &Path<'_>, findings: &mut Findings) {
    let leaves: HashSet<&str> = graph.edges().iter().filter(|(_, next)| next.is_empty()).map(|(name, _)| name.as_str()).collect();
    let last = builder.last();
    for node in &builder.nodes {
        let inspects = node.role.inspects();
        if leaves.contains(node.name.as_str()) && !node.options.flag(Opt::Floating) && !inspects && !node.options.is_incomplete() {
            findings.push(
                Code::ResultsLost
                    .warning(
                        path.index(node.index),
                        format!("loses the results of `{}`: the client receives only those of `{last}`", node.name),
                    )
                    .fix("let a later executor need it, or set `floating: true` if this is intended")
                    .at(node.mark),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jina::setting::Setting;

    fn entry(name: &str, needs: &[&str]) -> Entry {
        Entry {
            name: Some(name.to_owned()),
            method: Method::Add,
            needs: needs.iter().map(|&need| need.to_owned()).collect(),
            options: Options::default(),
            index: 0,
            mark: Mark::default(),
        }
    }

    fn run(mut entries: Vec<Entry>) -> (String, Vec<String>) {
        for (i, entry) in entries.iter_mut().enumerate() {
            entry.index = i;
        }
        let mut findings = Findings::default();
        let graph = arrange(entries, Inspection::Collect, &Options::default(), &Path::root("executors"), &mut findings).graph;
        let edges: Vec<String> = graph.edges().iter().map(|(from, to)| format!("{from}>{}", to.join("+"))).collect();
        (edges.join(" "), findings.iter().map(|f| format!("{}: {f}", f.path)).collect())
    }

    #[test]
    fn chains_and_joins_become_edges() {
        let (graph, findings) = run(vec![entry("a", &[]), entry("b", &[]), entry("c", &["a", "gateway"]), entry("d", &["c", "b"])]);
        assert_eq!(graph, "a>b+c start-gateway>a+c b>d c>d d>end-gateway");
        assert_eq!(findings, Vec::<String>::new());
    }

    #[test]
    fn unknown_needs_cycles_and_lost_results_are_reported() {
        let (_, findings) = run(vec![entry("encoder", &[]), entry("b", &["encodr"])]);
        assert_eq!(findings, ["executors[1].needs: must name an executor of this Flow (got \"encodr\"); did you mean `encoder`?"]);
        let (_, findings) = run(vec![entry("a", &["c"]), entry("b", &["a"]), entry("c", &["b"])]);
        assert!(findings[0].contains("a needs c needs b needs a"), "{findings:?}");
        let (_, findings) = run(vec![entry("a", &["gateway"]), entry("b", &["gateway"])]);
        assert!(findings[0].starts_with("executors[0]: loses the results of `a`"), "{findings:?}");
        let (_, findings) = run(vec![entry("a", &["a"])]);
        assert!(findings[0].contains("must not name the executor itself"));
    }

    #[test]
    fn inspecting_executors_can_be_removed() {
        let inspector = |name: &str, floating: bool| {
            let mut entry = entry(name, &[]);
            entry.method = Method::Inspect;
            entry.options.set(Opt::Floating, Some(Setting::Flag(floating)));
            entry
        };
        for (floating, expected) in [(false, "a>b start-gateway>a b>end-gateway"), (true, "a>b start-gateway>a b>end-gateway")] {
            let entries = vec![entry("a", &[]), inspector("i", floating), inspector("j", floating), entry("b", &[])];
            let arranged = arrange(entries, Inspection::Remove, &Options::default(), &Path::root("executors"), &mut Findings::default());
            let edges: Vec<String> = arranged.graph.edges().iter().map(|(from, to)| format!("{from}>{}", to.join("+"))).collect();
            assert_eq!(edges.join(" "), expected);
        }
        let alone =
            arrange(vec![inspector("i", false)], Inspection::Remove, &Options::default(), &Path::root(""), &mut Findings::default());
        assert_eq!(alone.graph.edges(), [("start-gateway".to_owned(), Vec::new())]);
    }

    #[test]
    fn duplicate_names_are_changed_as_in_jina() {
        let mut unnamed = entry("", &[]);
        unnamed.name = None;
        let (graph, _) = run(vec![unnamed, entry("enc", &[]), entry("enc", &[]), entry("gateway", &[])]);
        assert_eq!(graph, "executor0>enc start-gateway>executor0 enc>enc2 enc2>end-gateway");
    }

    #[test]
    fn a_long_chain_needs_no_deep_recursion() {
        let entries = (0..50_000).map(|i| entry(&format!("e{i}"), &[])).collect();
        let (graph, findings) = run(entries);
        assert!(graph.ends_with("e49999>end-gateway"));
        assert_eq!(findings, Vec::<String>::new());
    }
}
