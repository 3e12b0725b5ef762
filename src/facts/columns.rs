//! The cells of a summary, which the text and the Markdown share.

use super::amounts::{Amounts, add};
use super::claims::Claim;
use super::component::{Component, is_gpu};
use super::needs::DEFAULT;
use super::quantity::Quantity;
use super::side::{Prerequisite, Side};
use super::totals::Totals;

/// The GPU of which only the number is shown.
const COMMON_GPU: &str = "nvidia.com/gpu";

/// A table: the names of its columns, and its rows.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// The names of the columns.
    pub names: Vec<&'static str>,
    /// The rows. Each has a cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without the columns that are empty in each row, except for the first column.
    fn without_empty(names: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        let is_kept: Vec<bool> = (0..names.len()).map(|column| column == 0 || rows.iter().any(|row| row[column] != "-")).collect();
        let kept = |row: Vec<String>| row.into_iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept).map(|(cell, _)| cell).collect();
        let names = names.iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept).map(|(name, _)| *name).collect();
        Self { names, rows: rows.into_iter().map(kept).collect() }
    }
}

/// The namespace and the Flow of the components in a part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name of the Flow; empty if the objects do not say it.
    pub flow: String,
    /// The namespace; empty if the objects have none.
    pub namespace: String,
    /// The number of components.
    pub count: usize,
}

/// The Flows of a side, in the order of its components.
pub fn groups(side: &Side) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for component in &side.components {
        match groups.last_mut().filter(|last| last.flow == component.key.flow && last.namespace == component.namespace) {
            Some(last) => last.count += 1,
            None => groups.push(Group { flow: component.key.flow.clone(), namespace: component.namespace.clone(), count: 1 }),
        }
    }
    groups
}

/// The components. The amounts are those of one pod.
pub fn components(side: &Side) -> Table {
    let names = ["component", "replicas", "CPU", "memory", "GPU", "claims", "surge", "drain", "image"];
    let row = |component: &Component| {
        let claims: Vec<String> = component.claims.iter().map(claim).collect();
        vec![
            component.key.shown(),
            component.replicas.to_string(),
            pair(&component.requests, &component.limits, "cpu"),
            pair(&component.requests, &component.limits, "memory"),
            gpus(&component.requests),
            or_dash(claims.join(", ")),
            component.rollout.as_ref().map_or("-".to_owned(), |rollout| format!("+{}", rollout.surge)),
            format!("{}s", component.drain),
            or_dash(short_image(&component.image)),
        ]
    };
    Table::without_empty(&names, side.components.iter().map(row).collect())
}

/// The sums of a side.
pub fn totals(side: &Side) -> Table {
    let names = ["total", "pods", "CPU", "memory", "GPU", "other", "disks"];
    let row = |name: &str, totals: &Totals| {
        let other = totals.requests.iter().filter(|(name, _)| !["cpu", "memory"].contains(&name.as_str()) && !is_gpu(name));
        let other: Vec<String> = other.map(|(name, amount)| format!("{amount} {name}")).collect();
        let disks = totals.disks.iter().map(|(class, size)| format!("{size} {}", if class.is_empty() { DEFAULT } else { class }));
        vec![
            name.to_owned(),
            totals.pods.to_string(),
            pair(&totals.requests, &totals.limits, "cpu"),
            pair(&totals.requests, &totals.limits, "memory"),
            gpus(&totals.requests),
            or_dash(other.join(", ")),
            or_dash(disks.collect::<Vec<_>>().join(", ")),
        ]
    };
    let mut rows = vec![row("all pods", &side.totals)];
    if side.surge_pods > 0 {
        let mut during = Totals { pods: side.totals.pods.saturating_add(side.surge_pods), limits: Amounts::new(), ..side.totals.clone() };
        add(&mut during.requests, &side.surge, 1);
        rows.push(row("while all are replaced", &during));
    }
    if let Some(most) = &side.at_most {
        rows.push(row("at the maximum", most));
    }
    Table::without_empty(&names, rows)
}

/// A thing that is needed, without its kind: `prod/hf-token (keys: token)`. The namespace is left out if there is only one.
pub fn prerequisite(side: &Side, prerequisite: &Prerequisite) -> String {
    let Prerequisite { need, keys, is_incomplete, .. } = prerequisite;
    let namespace = if need.namespace.is_empty() || is_one_namespace(side) { String::new() } else { format!("{}/", need.namespace) };
    let name = format!("{namespace}{}", need.name);
    match (keys.as_slice(), *is_incomplete) {
        ([], _) => name,
        (keys, true) => format!("{name} (lacks the keys: {})", keys.join(", ")),
        ([key], false) => format!("{name} (key: {key})"),
        (keys, false) => format!("{name} (keys: {})", keys.join(", ")),
    }
}

fn is_one_namespace(side: &Side) -> bool {
    side.components.iter().all(|component| component.namespace == side.components[0].namespace)
}

/// The first names of those that need a thing, in at most `most` characters.
pub fn users(side: &Side, by: &[String], most: usize) -> String {
    if side.names.len() > 2 && by.starts_with(&side.names) {
        return match by.len() - side.names.len() {
            0 => "all components".to_owned(),
            others => format!("all components and {others} other objects"),
        };
    }
    let all = by.join(", ");
    if all.chars().count() <= most {
        return all;
    }
    let shown = |count: usize| match count {
        0 => format!("{} objects", by.len()),
        _ => format!("{} and {} more", by[..count].join(", "), by.len() - count),
    };
    (0..by.len()).rev().map(shown).find(|text| text.chars().count() <= most).unwrap_or_else(|| shown(0))
}

/// A request and the limit: `500m/1`, or `500m` without a limit.
fn pair(requests: &Amounts, limits: &Amounts, name: &str) -> String {
    let is_set = |amount: &&Quantity| !amount.is_zero();
    match (requests.get(name).filter(is_set), limits.get(name).filter(is_set)) {
        (None, None) => "-".to_owned(),
        (Some(request), None) => request.to_string(),
        (request, Some(limit)) => format!("{}/{limit}", request.copied().unwrap_or_default()),
    }
}

fn gpus(amounts: &Amounts) -> String {
    let gpus = amounts.iter().filter(|(name, amount)| is_gpu(name) && !amount.is_zero());
    let shown = gpus.map(|(name, amount)| if name == COMMON_GPU { amount.to_string() } else { format!("{amount} {name}") });
    or_dash(shown.collect::<Vec<_>>().join(", "))
}

fn claim(claim: &Claim) -> String {
    let size = claim.size.map_or_else(|| claim.name.clone(), |size| size.to_string());
    if claim.is_per_pod { format!("{size}/pod") } else { size }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The last part of an image, with a short digest: `encoder:1.0@3e23f0a`.
fn short_image(image: &str) -> String {
    const DIGEST: usize = 7;
    let last = image.rsplit('/').next().unwrap_or_default();
    match last.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@{}", digest.chars().take(DIGEST).collect::<String>()),
        None => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_shown_without_their_registry() {
        for (image, shown) in [("host:5000/a/b:1", "b:1"), ("a", "a"), ("a/b:1@sha256:0123456789", "b:1@0123456"), ("", "")] {
            assert_eq!(short_image(image), shown);
        }
    }
}
