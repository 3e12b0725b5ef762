//! Draws a set of objects, or what changes between two sets.

use std::collections::{HashMap, HashSet};

use super::builder::Builder;
use super::claims::claims;
use super::entrances::entrances;
use super::families::{Family, families};
use super::mark::{Mark, WorkloadName};
use super::model::{LinkStyle, Node, NodeKind, Picture};
use super::words::{self, safe, shown};
use crate::check::{Checked, Cluster, Edge, SeenComponent, SeenObject};
use crate::finding::{Findings, Severity};

/// A set of objects, and what a check finds about it.
#[derive(Clone, Copy)]
pub struct Side<'c, 'o> {
    /// The objects.
    pub cluster: &'c Cluster<'o>,
    /// The result of their check.
    pub checked: &'c Checked,
}

/// A workload to draw.
struct Drawn<'c> {
    component: &'c SeenComponent,
    family: Family,
    mark: Mark,
}

/// Draws a set of objects.
pub fn draw(side: Side<'_, '_>) -> Picture {
    draw_change(side, None, &|_| Mark::None)
}

/// Draws the new set of objects with marks. The workloads of the old set with [`Mark::Removed`] are drawn too.
pub fn draw_change(new: Side<'_, '_>, old: Option<Side<'_, '_>>, mark: &dyn Fn(&WorkloadName<'_>) -> Mark) -> Picture {
    let current = drawn(new, |_, name| Some(mark(name)));
    let is_current = |name: &WorkloadName<'_>| {
        new.cluster.position(name.kind, name.namespace, name.name).is_some_and(|id| new.cluster.workload_at_position(id).is_some())
    };
    let is_removed = |name: &WorkloadName<'_>| mark(name) == Mark::Removed && !is_current(name);
    let removed = old.map(|old| drawn(old, |_, name| is_removed(name).then_some(Mark::Removed))).unwrap_or_default();

    let mut builder = Builder::default();
    let is_drawn = flags(new.cluster, &current);
    let entrances = entrances(new.cluster, &is_drawn);
    // The nodes by the positions of their objects.
    let mut places: HashMap<usize, usize> = HashMap::new();
    for entrance in &entrances {
        let object = &new.cluster.objects[entrance.object];
        let (title, lines) = (entrance.title.clone(), entrance.lines.clone());
        places.insert(entrance.object, builder.node(plain(object.name(), title, lines, &object.label(), NodeKind::Entrance)));
    }
    let frames = Frames::of(current.iter().chain(&removed));
    let of_new = add_workloads(&mut builder, new, &current, &frames);
    let of_old = old.map(|old| add_workloads(&mut builder, old, &removed, &frames)).unwrap_or_default();
    for (workload, node) in of_new.iter().enumerate() {
        places.extend(node.map(|node| (new.cluster.workloads[workload].object, node)));
    }
    for entrance in &entrances {
        for (workload, label) in &entrance.ways {
            if let Some(node) = of_new[*workload] {
                builder.link(places[&entrance.object], node, LinkStyle::Way, Some(label.clone()));
            }
        }
    }
    for edge in &new.checked.edges {
        add_edge(&mut builder, new, edge, &of_new);
    }
    if let Some(old) = old {
        add_removed_edges(&mut builder, (new, &of_new), (old, &of_old));
    }
    add_claims(&mut builder, new, &of_new, &is_drawn, &mut places);
    add_faults(&mut builder, new, &places);
    builder.picture
}

/// The workloads of a side that have a mark.
fn drawn<'c>(side: Side<'c, '_>, mark: impl Fn(usize, &WorkloadName<'_>) -> Option<Mark>) -> Vec<Drawn<'c>> {
    let families = families(side.cluster, side.checked);
    let drawn = side.checked.components.iter().filter_map(|component| {
        let name = name_of(side.cluster.object_of(component.workload));
        let mark = mark(component.workload, &name)?;
        Some(Drawn { component, family: families[component.workload].clone(), mark })
    });
    drawn.collect()
}

fn name_of<'o>(object: &SeenObject<'o>) -> WorkloadName<'o> {
    WorkloadName { kind: object.kind(), namespace: object.namespace(), name: object.name() }
}

/// For each workload, whether it is drawn.
fn flags(cluster: &Cluster<'_>, drawn: &[Drawn<'_>]) -> Vec<bool> {
    let mut flags = vec![false; cluster.workloads.len()];
    for Drawn { component, .. } in drawn {
        flags[component.workload] = true;
    }
    flags
}

/// Which frames are drawn.
struct Frames {
    has_several_namespaces: bool,
    has_several_flows: bool,
    /// The executors with several workloads.
    executors: HashSet<Family>,
}

impl Frames {
    fn of<'d, 'c: 'd>(drawn: impl Iterator<Item = &'d Drawn<'c>>) -> Self {
        let (mut namespaces, mut flows) = (HashSet::new(), HashSet::new());
        let mut counts: HashMap<Family, usize> = HashMap::new();
        for Drawn { family, .. } in drawn {
            namespaces.insert(family.namespace.clone());
            flows.insert((family.namespace.clone(), family.flow.clone()));
            *counts.entry(family.clone()).or_default() += 1;
        }
        let executors = counts.into_iter().filter(|(family, count)| family.executor.is_some() && *count > 1).map(|(family, _)| family);
        Self { has_several_namespaces: namespaces.len() > 1, has_several_flows: flows.len() > 1, executors: executors.collect() }
    }

    /// The title of the frame of a Flow.
    fn title(&self, family: &Family) -> String {
        let namespace = if family.namespace.is_empty() { "no namespace" } else { &family.namespace };
        match (self.has_several_namespaces, family.flow.as_str()) {
            (_, "") => shown(namespace),
            (false, flow) => shown(flow),
            (true, flow) if flow == namespace => shown(flow),
            (true, flow) => shown(&format!("{namespace} / {flow}")),
        }
    }
}

/// Adds workloads. Returns the node of each workload of the side.
fn add_workloads(builder: &mut Builder, side: Side<'_, '_>, drawn: &[Drawn<'_>], frames: &Frames) -> Vec<Option<usize>> {
    let mut nodes = vec![None; side.cluster.workloads.len()];
    for Drawn { component, family, mark } in drawn {
        let workload = &side.cluster.workloads[component.workload];
        let object = side.cluster.object_of(component.workload);
        let group = builder.group(family, frames.has_several_flows, frames.executors.contains(family), |family| frames.title(family));
        let mut lines = words::lines([
            mark.words().to_owned(),
            words::role(component, workload, object.kind()),
            words::image(&component.image),
            words::requests(workload),
            words::served(workload),
        ]);
        // The old side is not judged.
        let faults = if *mark == Mark::Removed { Vec::new() } else { codes(side.checked.findings.get(&workload.object)) };
        lines.extend(faults.iter().cloned());
        let namespace = if object.namespace().is_empty() { String::new() } else { format!(" in namespace {}", object.namespace()) };
        let details = format!("{}{namespace}, image {}", object.label(), component.image);
        let node = Node {
            name: object.name().to_owned(),
            title: format!("{} {}", shown(object.name()), words::replicas(component, object.kind())),
            lines,
            details: safe(&details),
            kind: NodeKind::Workload,
            is_faulty: !faults.is_empty(),
            mark: *mark,
            group,
        };
        nodes[component.workload] = Some(builder.node(node));
    }
    nodes
}

/// The codes of errors, each once, as lines.
fn codes(findings: Option<&Findings>) -> Vec<String> {
    let mut codes = Vec::new();
    let errors = findings.into_iter().flat_map(Findings::iter).filter(|finding| finding.severity == Severity::Error);
    for code in errors.map(|finding| format!("✗ {}", finding.code)) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// A node that is no workload.
fn plain(name: &str, title: String, lines: Vec<String>, details: &str, kind: NodeKind) -> Node {
    let is_faulty = kind == NodeKind::Fault;
    Node { name: name.to_owned(), title, lines, details: safe(details), kind, is_faulty, mark: Mark::None, group: None }
}

fn add_edge(builder: &mut Builder, side: Side<'_, '_>, edge: &Edge, nodes: &[Option<usize>]) {
    let Some(from) = nodes[edge.from] else { return };
    let label = words::call(edge);
    if let Some((to, node)) = edge.to.and_then(|to| Some((to, nodes[to]?))) {
        let is_floating = side.cluster.main(to).is_some_and(|(container, _)| container.is_floating);
        let style = match (edge.is_broken, is_floating) {
            (true, _) => LinkStyle::Broken,
            (false, true) => LinkStyle::Floating,
            (false, false) => LinkStyle::Call,
        };
        let label = if style == LinkStyle::Floating { format!("{label}, floating") } else { label };
        builder.link(from, node, style, Some(label));
    } else {
        let style = if edge.is_broken { LinkStyle::Broken } else { LinkStyle::Outside };
        let node = builder.address(&edge.executor, &edge.address, edge.is_broken, shown);
        builder.link(from, node, style, Some(label));
    }
}

/// Adds the calls of the old side that begin or end at a workload that is removed.
fn add_removed_edges(
    builder: &mut Builder,
    (new, of_new): (Side<'_, '_>, &[Option<usize>]),
    (old, of_old): (Side<'_, '_>, &[Option<usize>]),
) {
    let node = |workload: usize| {
        of_old[workload].or_else(|| {
            let name = name_of(old.cluster.object_of(workload));
            let position = new.cluster.position(name.kind, name.namespace, name.name)?;
            let place = new.cluster.workloads.binary_search_by_key(&position, |workload| workload.object).ok()?;
            of_new[place]
        })
    };
    for edge in old.checked.edges.iter().filter(|edge| !edge.is_broken) {
        let Some(to) = edge.to else { continue };
        let touches_removed = of_old[edge.from].is_some() || of_old[to].is_some();
        if let (true, Some(from), Some(to)) = (touches_removed, node(edge.from), node(to)) {
            builder.link(from, to, LinkStyle::Removed, Some(words::call(edge)));
        }
    }
}

fn add_claims(builder: &mut Builder, side: Side<'_, '_>, nodes: &[Option<usize>], is_drawn: &[bool], places: &mut HashMap<usize, usize>) {
    for claim in claims(side.cluster, is_drawn) {
        let users: Vec<usize> = claim.users.iter().filter_map(|user| nodes[*user]).collect();
        let kind = if claim.is_missing { NodeKind::Outside } else { NodeKind::Claim };
        let mut node = plain(&claim.title, claim.title.clone(), claim.lines, "PersistentVolumeClaim", kind);
        let group = users.first().and_then(|user| builder.picture.nodes[*user].group);
        node.group = group.filter(|_| users.iter().all(|user| builder.picture.nodes[*user].group == group));
        let node = builder.node(node);
        places.extend(claim.object.map(|object| (object, node)));
        for user in users {
            builder.link(user, node, LinkStyle::Mount, None);
        }
    }
}

/// Adds the errors about objects other than workloads: to their node, or as a node.
fn add_faults(builder: &mut Builder, side: Side<'_, '_>, places: &HashMap<usize, usize>) {
    let is_workload = |object: usize| side.cluster.workload_at_position(object).is_some() && places.contains_key(&object);
    for (&object, findings) in side.checked.findings.iter().filter(|(object, _)| !is_workload(**object)) {
        let codes = codes(Some(findings));
        if codes.is_empty() {
            continue;
        }
        if let Some(place) = places.get(&object) {
            let node = &mut builder.picture.nodes[*place];
            node.is_faulty = true;
            node.lines.extend(codes);
        } else {
            let seen = &side.cluster.objects[object];
            let (kind, name) = (seen.view.text_at("kind"), seen.view.text_at("metadata.name"));
            let title = shown(&format!("{kind}/{name}"));
            builder.node(plain(name, title.clone(), codes, &title, NodeKind::Fault));
        }
    }
}
