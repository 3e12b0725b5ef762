//! What pods request and may use.

use std::collections::BTreeMap;

use super::quantity::Quantity;
use super::rollout::{Order, Rollout};
use crate::yaml::View;

/// Amounts by resource, such as `cpu` and `nvidia.com/gpu`.
pub type Amounts = BTreeMap<String, Quantity>;

/// Adds amounts several times.
pub fn add(sum: &mut Amounts, amounts: &Amounts, times: u64) {
    for (name, amount) in amounts {
        *sum.entry(name.clone()).or_default() += *amount * times;
    }
}

/// Raises amounts to those that are larger.
fn raise(sum: &mut Amounts, amounts: &Amounts) {
    for (name, amount) in amounts {
        let known = sum.entry(name.clone()).or_insert(*amount);
        if *amount > *known {
            *known = *amount;
        }
    }
}

/// The amounts of a mapping. Values that are not quantities are left out; [`unread`] lists them.
fn read(map: Option<View<'_>>) -> Amounts {
    let entries = map.and_then(View::as_map).unwrap_or_default();
    entries.iter().filter_map(|(name, value)| Some((name.text().to_owned(), Quantity::read(value.text())?))).collect()
}

/// The containers of a pod, and then its init containers.
pub fn containers(spec: View<'_>) -> impl Iterator<Item = View<'_>> {
    ["containers", "initContainers"].into_iter().flat_map(move |list| spec.list_at(list).iter())
}

/// The amounts of a pod that cannot be read, in the form of the manifest.
pub fn unread(spec: View<'_>) -> Vec<String> {
    let owners = containers(spec).chain([spec]).filter_map(|owner| owner.get("resources"));
    let maps = owners.flat_map(|resources| ["requests", "limits"].map(|kind| resources.get(kind))).chain([spec.get("overhead")]);
    let entries = maps.flatten().flat_map(|map| map.as_map().unwrap_or_default().iter());
    entries
        .filter(|(_, value)| Quantity::read(value.text()).is_none())
        .map(|(name, value)| format!("{}: {}", name.text(), value.shown()))
        .collect()
}

/// Whether a resource can be set for all containers of a pod together.
/// (`resource.IsSupportedPodLevelResource` in `k8s.io/component-helpers`.)
fn is_of_pods(name: &str) -> bool {
    ["cpu", "memory"].contains(&name) || name.starts_with("hugepages-")
}

/// What a pod requests, or its limits: `kind` is `requests` or `limits`.
///
/// The formula is `PodRequests` and `PodLimits` in `k8s.io/component-helpers/resource`, for a pod with the defaults of the API
/// server. It does not include defaults of a LimitRange, and only the overhead that the pod itself has.
///
/// <https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>
pub fn of_pod(spec: View<'_>, kind: &str) -> Amounts {
    let mut sum = of_containers(spec, kind);
    let is_limits = kind == "limits";
    let own = |kind: &str| -> Amounts {
        let mut amounts = read(spec.at("resources").and_then(|resources| resources.get(kind)));
        amounts.retain(|name, _| is_of_pods(name));
        amounts
    };
    let (requests, limits) = (own("requests"), own("limits"));
    if is_limits && !(requests.is_empty() && limits.is_empty()) {
        raise_limits(spec, &requests, &mut sum);
        sum.extend(limits);
    } else if !is_limits {
        let is_without = |name: &str| !sum.contains_key(name) || name.starts_with("hugepages-");
        let defaults: Vec<_> = limits.into_iter().filter(|(name, _)| is_without(name)).collect();
        sum.extend(defaults);
        sum.extend(requests);
    }
    for (name, amount) in read(spec.get("overhead")) {
        match sum.get_mut(&name) {
            Some(known) if !is_limits || !known.is_zero() => *known += amount,
            None if !is_limits => drop(sum.insert(name, amount)),
            _ => {}
        }
    }
    sum
}

/// The API server raises the limit of a pod to its request, if all containers have a limit and the pod has none.
/// (`defaultPodLevelLimits` in `k8s.io/kubernetes/pkg/api/pod`.)
fn raise_limits(spec: View<'_>, requests: &Amounts, sum: &mut Amounts) {
    for (name, request) in requests {
        let has_limit = |container: View<'_>| container.at("resources.limits").is_some_and(|limits| limits.get(name).is_some());
        if containers(spec).all(has_limit)
            && let Some(limit) = sum.get_mut(name).filter(|limit| **limit < *request)
        {
            *limit = *request;
        }
    }
}

/// The sum of the containers, or what the pod needs while it starts if that is more. An init container that restarts is a
/// sidecar: it runs until the pod ends, so it also runs beside the init containers after it.
fn of_containers(spec: View<'_>, kind: &str) -> Amounts {
    let amounts = |container: View<'_>| {
        let own = |kind: &str| read(container.at("resources").and_then(|resources| resources.get(kind)));
        // A limit without a request is the request too.
        let mut amounts = if kind == "requests" { own("limits") } else { Amounts::new() };
        amounts.extend(own(kind));
        amounts
    };
    let (mut sum, mut sidecars, mut largest) = (Amounts::new(), Amounts::new(), Amounts::new());
    for container in spec.list_at("containers").iter() {
        add(&mut sum, &amounts(container), 1);
    }
    for container in spec.list_at("initContainers").iter() {
        // The order of the summands is that of Kubernetes: the first one decides how the sum is written.
        let mut now = amounts(container);
        if container.text_at("restartPolicy") == "Always" {
            add(&mut sum, &now, 1);
            add(&mut sidecars, &now, 1);
            now.clone_from(&sidecars);
        } else {
            add(&mut now, &sidecars, 1);
        }
        raise(&mut largest, &now);
    }
    raise(&mut sum, &largest);
    sum
}

/// What the additional pods of a rollout request.
pub fn of_surge(rollout: &Rollout, spec: View<'_>) -> Amounts {
    let mut sum = Amounts::new();
    if rollout.order == Order::Rolling {
        add(&mut sum, &of_pod(spec, "requests"), rollout.surge);
    }
    sum
}
