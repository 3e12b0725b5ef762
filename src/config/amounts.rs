//! Amounts of resources: what Kubernetes refuses (`ValidateContainerResourceRequirements` and
//! `ValidatePersistentVolumeClaimSpec` in `k8s.io/kubernetes/pkg/apis/core/validation`), and likely slips.

use super::object_names::is_label_key;
use super::quantity;
use crate::finding::{Code, FieldPath, Finding, Path, nearest};

/// The GPUs that `gpus` of the Flow requests.
pub const GPU: &str = "nvidia.com/gpu";

/// The resources of containers without a domain, apart from huge pages.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// The start of the names of huge pages, before the size of a page.
const HUGE_PAGES: &str = "hugepages-";

/// Other names of resources, with the names in Kubernetes.
const OTHER_NAMES: [(&str, &str); 11] = [
    ("gpu", "nvidia.com/gpu"),
    ("gpus", "nvidia.com/gpu"),
    ("nvidia", "nvidia.com/gpu"),
    ("mem", "memory"),
    ("ram", "memory"),
    ("cpus", "cpu"),
    ("cores", "cpu"),
    ("vcpu", "cpu"),
    ("disk", "ephemeral-storage"),
    ("storage", "ephemeral-storage"),
    ("ephemeralStorage", "ephemeral-storage"),
];

/// The number of CPUs from which an amount is probably meant in thousandths. The largest machines have fewer CPUs.
const MANY_CPUS: f64 = 1000.0;

/// The number of bytes below which an amount probably lacks its unit. No process of Jina starts with so little.
const FEW_BYTES: f64 = 1_048_576.0;

/// Whether a resource has no overcommitment: its limit is required and equals its request. Such resources are huge pages and
/// extended resources, which have a domain (`helper.IsOvercommitAllowed`).
pub fn is_fixed(name: &str) -> bool {
    is_extended(name) || name.starts_with(HUGE_PAGES)
}

/// Reports huge pages without CPU or memory in the same container. `names` are the resources of the requests and limits, and
/// `path` is the path of both.
pub fn lonely_huge_pages(names: &[&str], path: FieldPath) -> Option<Finding> {
    let pages = names.iter().find(|name| name.starts_with(HUGE_PAGES))?;
    if names.iter().any(|name| ["cpu", "memory"].contains(name)) {
        return None;
    }
    let message = format!("has no amount of cpu or memory, and Kubernetes accepts `{pages}` only together with one of them");
    Some(Code::MissingField.error(path, message).fix("add a request for memory or CPU, such as `requests: {memory: 1Gi}`"))
}

/// Reports an amount that is not a multiple of the size of the pages (`IsHugePageResourceValueDivisible` in
/// `k8s.io/kubernetes/pkg/apis/core/helper`).
fn indivisible(name: &str, text: &str, number: f64, path: &Path<'_>) -> Option<Finding> {
    let size = name.strip_prefix(HUGE_PAGES)?;
    let Some(page) = quantity::parse(size).filter(|page| *page >= 1.0 && page.fract() == 0.0) else {
        let finding = Code::UnknownResource.error(path, "has no valid size of a page").got(name);
        return Some(finding.fix("write hugepages-SIZE, such as hugepages-2Mi or hugepages-1Gi"));
    };
    let rest = number.ceil() % page;
    (rest != 0.0).then(|| {
        let finding = Code::InvalidQuantity.error(path, format!("must be a multiple of the size of a page, {size}")).got(text);
        finding.fix(format!("write a multiple of {size}, such as {size}"))
    })
}

fn is_extended(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

/// Checks the amount of a resource of a container.
pub fn resource(name: &str, text: &str, path: &Path<'_>) -> Option<Finding> {
    if let Some(finding) = wrong_name(name, path) {
        return Some(finding);
    }
    let number = match number(text, path) {
        Ok(number) => number,
        Err(finding) => return Some(finding),
    };
    if number < 0.0 {
        let finding = Code::ValueOutOfRange.error(path, "must not be negative").got(text);
        return Some(finding.propose(text.trim_start_matches('-')));
    }
    // Kubernetes rounds up to thousandths before it compares (`Quantity.MilliValue`).
    if is_extended(name) && (number * 1000.0).ceil() % 1000.0 != 0.0 {
        let message = format!("must be a whole number: Kubernetes does not divide `{name}`");
        return Some(Code::InvalidQuantity.error(path, message).got(text).propose(number.ceil().to_string()));
    }
    match name {
        "cpu" => slip_of_cpu(text, number, path),
        "memory" | "ephemeral-storage" => slip_of_bytes(text, number, path),
        _ => indivisible(name, text, number, path),
    }
}

/// Checks the size of a claim.
pub fn storage(text: &str, path: &Path<'_>) -> Option<Finding> {
    match number(text, path) {
        Err(finding) => Some(finding),
        Ok(number) if number <= 0.0 => {
            let finding = Code::ValueOutOfRange.error(path, "must be greater than zero").got(text);
            Some(finding.fix("write a value such as 10Gi"))
        }
        Ok(number) => slip_of_bytes(text, number, path),
    }
}

fn number(text: &str, path: &Path<'_>) -> Result<f64, Finding> {
    quantity::parse(text).ok_or_else(|| {
        let finding = Code::InvalidQuantity.error(path, "is not a valid quantity").got(text);
        match with_unit(text) {
            Some(likely) => finding.propose(likely),
            None => finding.fix("write a value such as 500m, 2, 8Gi or 1.5G"),
        }
    })
}

/// The amount with a unit of Kubernetes, for a unit such as `GB`, `gi` or `MiB`.
fn with_unit(text: &str) -> Option<String> {
    let (amount, unit) = parts(text);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (letter, is_binary) = match unit.strip_suffix('i') {
        Some(letter) => (letter, "i"),
        None => (unit, ""),
    };
    let known = match letter {
        "k" if is_binary.is_empty() => "k",
        "k" => "K",
        "m" => "M",
        "g" => "G",
        "t" => "T",
        _ => return None,
    };
    let likely = format!("{amount}{known}{is_binary}");
    quantity::parse(&likely).map(|_| likely)
}

/// The number and the unit of an amount.
fn parts(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| c.is_ascii_alphabetic() || c == ' ').unwrap_or(text.len()))
}

fn wrong_name(name: &str, path: &Path<'_>) -> Option<Finding> {
    if is_extended(name) {
        let is_wrong = name.starts_with("requests.") || !is_label_key(name);
        let finding = || Code::UnknownResource.error(path, "is not a valid name of a resource").got(name);
        return is_wrong.then(|| finding().fix("write DOMAIN/NAME, such as nvidia.com/gpu"));
    }
    if name.contains('/') || STANDARD.contains(&name) || name.starts_with(HUGE_PAGES) {
        return None;
    }
    let finding = Code::UnknownResource.error(path, "is not a resource of containers").got(name);
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, known)| *known);
    Some(match other.or_else(|| nearest(name, STANDARD.into_iter())) {
        Some(known) => finding.propose(known),
        None => finding.fix("use cpu, memory, ephemeral-storage, or DOMAIN/NAME such as nvidia.com/gpu"),
    })
}

fn slip_of_cpu(text: &str, number: f64, path: &Path<'_>) -> Option<Finding> {
    if number < MANY_CPUS {
        return None;
    }
    let (amount, unit) = parts(text);
    let likely = if unit.is_empty() { format!("{amount}m") } else { amount.to_owned() };
    let finding = Code::UnlikelyQuantity.warning(path, "is more CPUs than a node has").got(text);
    Some(finding.propose(likely))
}

fn slip_of_bytes(text: &str, number: f64, path: &Path<'_>) -> Option<Finding> {
    if number == 0.0 || number >= FEW_BYTES {
        return None;
    }
    let (amount, unit) = parts(text);
    let finding = Code::UnlikelyQuantity.warning(path, "is less than 1 MiB").got(text);
    let likely = match (unit, amount.parse::<f64>().unwrap_or_default()) {
        ("", amount) if amount <= 64.0 => Some("Gi"),
        ("", amount) if amount >= 65_536.0 => None,
        ("n" | "u", _) => None,
        (exponent, _) if exponent.starts_with(['e', 'E']) => None,
        _ => Some("Mi"),
    };
    Some(match likely {
        Some(unit) => finding.propose(format!("{amount}{unit}")),
        None => finding.fix("write the amount with its unit, such as 500Mi or 8Gi"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Option<(Code, Option<String>)> {
        resource(name, text, &Path::root("p")).map(|finding| (finding.code, finding.proposed.map(Into::into)))
    }

    #[test]
    fn amounts_that_kubernetes_refuses_are_errors() {
        let some = |code, likely: &str| Some((code, Some(likely.to_owned())));
        assert_eq!(of("cpu", "-1"), some(Code::ValueOutOfRange, "1"));
        assert_eq!(of("mem", "1Gi"), some(Code::UnknownResource, "memory"));
        assert_eq!(of("gpu", "1"), some(Code::UnknownResource, "nvidia.com/gpu"));
        assert_eq!(of("memroy", "1Gi"), some(Code::UnknownResource, "memory"));
        assert_eq!(of("frobnicate", "1"), Some((Code::UnknownResource, None)));
        assert_eq!(of("nvidia.com/gpu", "1.5"), some(Code::InvalidQuantity, "2"));
        assert_eq!(of("nvidia.com/gpu", "500m"), some(Code::InvalidQuantity, "1"));
        assert_eq!(of("requests.nvidia.com/gpu", "1"), Some((Code::UnknownResource, None)));
        assert_eq!(of("nvidia.com/gpu/x", "1"), Some((Code::UnknownResource, None)));
        assert_eq!(of("memory", "8GB"), some(Code::InvalidQuantity, "8G"));
        assert_eq!(of("memory", "8 gib"), some(Code::InvalidQuantity, "8Gi"));
        assert_eq!(of("hugepages-2Mi", "3Mi"), Some((Code::InvalidQuantity, None)));
        assert_eq!(of("hugepages-1Gi", "1G"), Some((Code::InvalidQuantity, None)));
        assert_eq!(of("hugepages-2MB", "2M"), Some((Code::UnknownResource, None)));
        assert_eq!(of("memory", "lots"), Some((Code::InvalidQuantity, None)));
        assert_eq!(storage("0", &Path::root("p")).map(|finding| finding.code), Some(Code::ValueOutOfRange));
        assert_eq!(storage("-1Gi", &Path::root("p")).map(|finding| finding.code), Some(Code::ValueOutOfRange));
    }

    #[test]
    fn likely_slips_propose_the_likely_amount() {
        for (name, text, likely) in [
            ("cpu", "8Gi", "8"),
            ("cpu", "2000", "2000m"),
            ("cpu", "2k", "2"),
            ("memory", "500m", "500Mi"),
            ("memory", "8", "8Gi"),
            ("memory", "512", "512Mi"),
            ("memory", "800Ki", "800Mi"),
            ("ephemeral-storage", "50", "50Gi"),
        ] {
            assert_eq!(of(name, text), Some((Code::UnlikelyQuantity, Some(likely.to_owned()))), "{name} {text}");
            assert_eq!(of(name, likely), None, "{name} {likely}");
        }
        assert_eq!(of("memory", "1e3"), Some((Code::UnlikelyQuantity, None)));
    }

    #[test]
    fn usual_amounts_are_accepted() {
        for (name, text) in [
            ("cpu", "500m"),
            ("cpu", "0.1"),
            ("cpu", "0"),
            ("cpu", "128"),
            ("memory", "1.5Gi"),
            ("memory", "1073741824"),
            ("memory", "0"),
            ("ephemeral-storage", "10G"),
            ("nvidia.com/gpu", "1"),
            ("nvidia.com/gpu", "1000m"),
            ("hugepages-2Mi", "4Mi"),
            ("hugepages-2Mi", "0"),
            ("hugepages-1Gi", "2147483648"),
            ("example.kubernetes.io/x", "500m"),
        ] {
            assert_eq!(of(name, text), None, "{name} {text}");
        }
        assert_eq!(storage("10G", &Path::root("p")), None);
    }
}
