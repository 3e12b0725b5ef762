//! Faults in rendered objects: a judge that does not find them proves nothing.

use serde_json::Value;

use crate::support::label;

/// A container of a workload.
pub fn container<'o>(objects: &'o mut [Value], name: &str, number: usize) -> &'o mut Value {
    let workload = objects.iter_mut().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"));
    &mut workload["spec"]["template"]["spec"]["containers"][number]
}

/// Changes the value of an argument, or drops it together with its flag.
pub fn argument(container: &mut Value, flag: &str, value: Option<&str>) {
    let args = container["args"].as_array_mut().unwrap();
    let at = args.iter().position(|word| word == flag).unwrap_or_else(|| panic!("no {flag} in {args:?}"));
    match value {
        Some(value) => args[at + 1] = value.into(),
        None => drop(args.drain(at..at + 2)),
    }
}

/// The stream of objects that have been changed.
pub fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{object}\n")).collect()
}
