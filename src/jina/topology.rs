//! The graph of a Flow: names, `needs`, and the node that answers the client
//! (`jina/orchestrate/flow/base.py`: `add`, `needs`, `needs_all`, `inspect`, `gather_inspect`, `build`).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::inherited::Options;
use super::options::Opt;
use crate::finding::{Finding, Findings, Mark, Path};

/// The name of the first and last stop of every request.
pub const GATEWAY: &str = "gateway";

/// How an entry of `executors` joins the Flow (`method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `add`: an executor.
    Add,
    /// `needs`: a joiner of two or more.
    Needs,
    /// `needs_all`: a joiner of everything that nobody needs yet.
    NeedsAll,
    /// `inspect`: an executor that looks at results without changing them.
    Inspect,
    /// `gather_inspect`: a joiner of everything that inspects.
    GatherInspect,
}

/// What becomes of inspecting executors (`with.inspect`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    /// `HANG`: they stay leaves.
    Hang,
    /// `REMOVE`: they are left out.
    Remove,
    /// `COLLECT`: a last node waits for them.
    Collect,
}

/// One entry of `executors`, read but not yet placed.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its `name`.
    pub name: Option<String>,
    /// Its `method`.
    pub method: Method,
    /// Its `needs`; empty means "the last one".
    pub needs: Vec<String>,
    /// Its options.
    pub options: Options,
    /// Its place in the list.
    pub index: usize,
    /// Its place in the text.
    pub mark: Mark,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Executor,
    Inspect,
    InspectPass,
    /// It needs whatever was there that nobody needed, or that inspects.
    Joins,
}

impl Role {
    /// Whether [`Inspection::Remove`] takes it away.
    fn inspects(self) -> bool {
        matches!(self, Role::Inspect | Role::InspectPass)
    }
}

/// A node of the graph.
#[derive(Debug, Clone)]
pub struct Executor {
    /// Its name in the Flow.
    pub name: String,
    /// Names of the nodes it waits for, sorted.
    pub needs: BTreeSet<String>,
    /// Its options.
    pub options: Options,
    /// The entry of `executors` it comes from, for field paths; Jina's own additions have their cause's.
    pub index: usize,
    /// Its place in the text.
    pub mark: Mark,
    role: Role,
}

impl Executor {
    /// Whether it is there to bring results together or to hand them on, which Jina's own `BaseExecutor` does.
    pub fn passes_on(&self) -> bool {
        self.needs.len() > 1 || self.role == Role::InspectPass
    }
}

/// Which node hands its results to which, in the order in which Jina lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph(Vec<(String, Vec<String>)>);

impl Graph {
    /// The nodes with their successors; `start-gateway` and `end-gateway` stand for the gateway.
    pub fn edges(&self) -> &[(String, Vec<String>)] {
        &self.0
    }
}

/// The nodes of a Flow and how they hang together.
#[derive(Debug, Clone, Default)]
pub struct Arrangement {
    /// The nodes in order.
    pub executors: Vec<Executor>,
    /// The nodes with those that [`Inspection::Remove`] took away, where it took any.
    pub with_removed: Option<Vec<Executor>>,
    /// Who hands results to whom.
    pub graph: Graph,
}

/// Places the entries one after the other. `inherited` is what a node has that Jina adds, and `path` the path of the list.
pub fn arrange(entries: Vec<Entry>, inspection: Inspection, inherited: &Options, path: &Path<'_>, findings: &mut Findings) -> Arrangement {
    let mut builder = Builder { last: vec![GATEWAY.to_owned()], ..Builder::default() };
    let entry_count = entries.len();
    for entry in entries {
        // The gateway has its own section; an entry of that name is passed over without a word, as in Jina.
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
        // The gateway, which is among the nodes by then, begins the graph of nothing as well.
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
    /// The nodes that were last in turn; the end of the list is "the last one" that `needs` defaults to.
    last: Vec<String>,
    /// Who is to be needed in place of whom, because it is being inspected.
    inspected: HashMap<String, String>,
    needed: HashSet<String>,
}

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
                        Finding::error(here.key("needs"), "`method: needs` joins two executors or more")
                            .got(entry.needs.join(", "))
                            .fix("name at least two, or remove `method`")
                            .at(entry.mark),
                    );
                    return;
                }
                self.join(entry, Role::Executor, &here, findings);
            }
            Method::NeedsAll => {
                entry.needs = self.hanging();
                if entry.needs.is_empty() {
                    findings.push(
                        Finding::error(here.key("method"), "`needs_all` joins what nobody needs yet, and there is nothing")
                            .fix("put an executor before it")
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
                    let finding = Finding::warning(here.key("method"), "no executor before this one inspects, so that nothing is added");
                    findings.push(
                        finding.got("gather_inspect").fix("remove it, or put an executor with `method: inspect` before it").at(entry.mark),
                    );
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
                    Finding::error(path, format!("Jina would call this executor `{name}`, and one before it has that name"))
                        .fix("give it a name")
                        .at(mark),
                );
                return;
            }
            let other = format!("{name}{}", self.nodes.len());
            if method == Method::Add {
                let message = format!("is the name of another executor, and Jina calls this one `{other}`");
                findings.push(Finding::warning(path.key("name"), message).got(name).fix("give each executor its own name").at(mark));
            }
            name = other;
        }
        if needs.contains(&name) {
            findings.push(Finding::error(path.key("needs"), "an executor cannot need itself").got(name).fix("name another one").at(mark));
            return;
        }
        let needs = if needs.is_empty() { vec![self.last()] } else { needs };
        let needs: BTreeSet<String> = needs.into_iter().map(|need| self.inspected.get(&need).cloned().unwrap_or(need)).collect();
        if needs.len() > 1 && options.flag(Opt::External) && options.flag(Opt::NoReduce) {
            let message = "cannot be set for an external executor that needs several: what they answer is merged before it is called";
            findings.push(Finding::error(path.key("no_reduce"), message).fix("remove `no_reduce`").at(mark));
        }
        self.needed.extend(needs.iter().cloned());
        if !options.flag(Opt::Floating) {
            self.last.push(name.clone());
        }
        self.places.insert(name.clone(), self.nodes.len());
        self.nodes.push(Executor { name, needs, options, index, mark, role });
    }

    /// Two nodes: one that inspects, and one that passes the same results on.
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

    /// Adds a node that waits for all that inspect; says whether there are any.
    fn gather(&mut self, name: &str, options: Options, index: usize, mark: Mark, path: &Path<'_>, findings: &mut Findings) -> bool {
        let mut needs: Vec<String> = self.nodes.iter().filter(|node| node.role == Role::Inspect).map(|node| node.name.clone()).collect();
        if needs.is_empty() {
            return false;
        }
        needs.push(self.last());
        let entry = Entry { name: Some(name.to_owned()), method: Method::Add, needs, options, index, mark };
        self.add(entry, Role::Joins, &path.index(index), findings);
        true
    }

    /// What nobody needs yet.
    fn hanging(&self) -> Vec<String> {
        let hangs = |node: &&Executor| !node.options.flag(Opt::Floating) && !self.needed.contains(&node.name);
        self.nodes.iter().filter(hangs).map(|node| node.name.clone()).collect()
    }

    fn remove_inspection(&mut self) {
        let removed: HashSet<String> = self.nodes.iter().filter(|node| node.role.inspects()).map(|node| node.name.clone()).collect();
        let original: HashMap<&String, &String> = self.inspected.iter().map(|(k, v)| (v, k)).collect();
        self.nodes.retain(|node| !node.role.inspects());
        while self.last.len() > 1 && self.last.last().is_some_and(|last| removed.contains(last)) {
            self.last.pop();
        }
        // Of several that inspect one after the other each is needed in place of the one before it.
        let first = |need: String| {
            let mut need = &need;
            // A floating one is never the last, so that nobody comes to be needed in its place.
            while let Some(before) = original.get(need).filter(|before| **before != need) {
                need = *before;
            }
            need.clone()
        };
        for node in &mut self.nodes {
            node.needs = std::mem::take(&mut node.needs).into_iter().map(first).collect();
            if node.role == Role::Joins {
                node.needs.retain(|need| !removed.contains(need));
            }
        }
        self.places = self.nodes.iter().enumerate().map(|(i, node)| (node.name.clone(), i)).collect();
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

/// A `deployment_role` that is not for the Flow's author: Jina gives each method its own, and `INSPECT` changes the graph.
fn wrong_role(entry: &Entry, path: &Path<'_>) -> Option<Finding> {
    let role = entry.options.text(Opt::DeploymentRole).filter(|_| entry.options.is_own(Opt::DeploymentRole))?;
    let is_harmless = matches!(role, "DEPLOYMENT" | "JOIN" | "JOIN_INSPECT" | "GATEWAY");
    if entry.method == Method::Add && is_harmless {
        return None;
    }
    let finding = Finding::error(path.key("deployment_role"), "is set by Jina itself, from `method`").got(role);
    Some(finding.fix("remove it; `method: inspect` makes an executor inspect"))
}

/// `needs` beside a method that finds out by itself whom it needs.
fn needs_without_place(entry: &Entry, path: &Path<'_>) -> Option<Finding> {
    let message = match entry.method {
        Method::Inspect => "`method: inspect` looks at what the last executor before it answers",
        Method::NeedsAll => "`method: needs_all` joins everything that nobody needs yet",
        Method::GatherInspect => "`method: gather_inspect` joins everything that inspects",
        Method::Add | Method::Needs => return None,
    };
    let finding = Finding::error(path.key("needs"), message).got(entry.needs.join(", ")).fix("remove `needs`, or remove `method`");
    (!entry.needs.is_empty()).then_some(finding)
}

/// What Jina does not look at: needs that do not exist, circles, and results that go nowhere.
fn check(builder: &Builder, graph: &Graph, path: &Path<'_>, findings: &mut Findings) {
    let known = |name: &str| name == GATEWAY || builder.places.contains_key(name);
    let mut unknown = 0;
    for node in &builder.nodes {
        for need in node.needs.iter().filter(|need| !known(need)) {
            unknown += 1;
            let here = path.index(node.index);
            let finding = Finding::error(here.key("needs"), format!("no executor is called `{need}`")).got(need).at(node.mark);
            let names = builder.nodes.iter().map(|node| node.name.as_str()).filter(|name| *name != node.name);
            let near = findings.nearest(need, names);
            findings.push(match near {
                Some(near) => finding.propose(near),
                None => finding.fix("name an executor of this Flow, or `gateway`"),
            });
        }
    }
    if unknown == 0 {
        if let Some(circle) = circle(builder) {
            let node = &builder.nodes[circle[0]];
            let mut names: Vec<&str> = circle.iter().map(|&i| builder.nodes[i].name.as_str()).collect();
            names.push(&node.name);
            let here = path.index(node.index);
            findings.push(
                Finding::error(here.key("needs"), format!("the executors wait for each other in a circle: {}", names.join(" needs ")))
                    .fix("let one of them need `gateway`, or an executor outside the circle")
                    .at(node.mark),
            );
        } else {
            warn_about_lost_results(builder, graph, path, findings);
        }
    }
}

/// The nodes of one circle, if there is one. Iterative, for Flows of any length.
fn circle(builder: &Builder) -> Option<Vec<usize>> {
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
        if leaves.contains(node.name.as_str()) && !node.options.flag(Opt::Floating) && !inspects {
            findings.push(
                Finding::warning(
                    path.index(node.index),
                    format!("the results of `{}` never reach the client; only those of `{last}` do", node.name),
                )
                .fix("let a later executor need it, or say `floating: true` if that is intended")
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
    fn chains_and_joins() {
        let (graph, findings) = run(vec![entry("a", &[]), entry("b", &[]), entry("c", &["a", "gateway"]), entry("d", &["c", "b"])]);
        assert_eq!(graph, "a>b+c start-gateway>a+c b>d c>d d>end-gateway");
        assert_eq!(findings, Vec::<String>::new());
    }

    #[test]
    fn unknown_needs_circles_and_lost_results_are_found() {
        let (_, findings) = run(vec![entry("encoder", &[]), entry("b", &["encodr"])]);
        assert_eq!(findings, ["executors[1].needs: no executor is called `encodr` (got \"encodr\"); did you mean `encoder`?"]);
        let (_, findings) = run(vec![entry("a", &["c"]), entry("b", &["a"]), entry("c", &["b"])]);
        assert!(findings[0].contains("a needs c needs b needs a"), "{findings:?}");
        let (_, findings) = run(vec![entry("a", &["gateway"]), entry("b", &["gateway"])]);
        assert!(findings[0].starts_with("executors[0]: the results of `a` never reach the client"), "{findings:?}");
        let (_, findings) = run(vec![entry("a", &["a"])]);
        assert!(findings[0].contains("cannot need itself"));
    }

    #[test]
    fn what_inspects_can_be_removed() {
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
    fn names_give_way_as_in_jina() {
        let mut unnamed = entry("", &[]);
        unnamed.name = None;
        let (graph, _) = run(vec![unnamed, entry("enc", &[]), entry("enc", &[]), entry("gateway", &[])]);
        assert_eq!(graph, "executor0>enc start-gateway>executor0 enc>enc2 enc2>end-gateway");
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let entries = (0..50_000).map(|i| entry(&format!("e{i}"), &[])).collect();
        let (graph, findings) = run(entries);
        assert!(graph.ends_with("e49999>end-gateway"));
        assert_eq!(findings, Vec::<String>::new());
    }
}
