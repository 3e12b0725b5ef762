//! The container of a pod: its restarts, and signals to its process.

use serde_json::{Value, json};

use crate::fixture::{Space, on_node, wait_for};
use crate::tools::must;

fn status(space: &Space, pod: &str) -> Value {
    space.get(&["pod", pod])["status"]["containerStatuses"][0].clone()
}

/// The number of times that the container of a pod restarted.
pub fn restarts(space: &Space, pod: &str) -> u64 {
    status(space, pod)["restartCount"].as_u64().unwrap()
}

/// The reason of the last end of a container, as Kubernetes states it.
pub fn ended(space: &Space, pod: &str) -> String {
    status(space, pod)["lastState"]["terminated"]["reason"].as_str().unwrap_or("").to_owned()
}

/// Sends a signal to the process of a pod, from outside of its container.
pub fn signal(space: &Space, pod: &str, signal: &str) {
    let id = status(space, pod)["containerID"].as_str().unwrap().trim_start_matches("containerd://").to_owned();
    must(on_node("ctr", &["tasks", "kill", "--signal", signal, &id]));
}

/// Waits until the process of a pod was restarted more than `before` times, and is ready.
pub fn restarted(space: &Space, pod: &str, before: u64, seconds: u64) {
    wait_for("the restart of a container", seconds, || {
        let container = status(space, pod);
        (container["restartCount"].as_u64() > Some(before) && container["ready"] == json!(true)).then_some(())
    });
}
