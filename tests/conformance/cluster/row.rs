//! What a change costs a client that never stops, as a row of the table "What a change does to running requests" of the manual.
#![allow(clippy::print_stdout)]

use serde_json::Value;

use crate::fixture::wait_for;
use crate::load::Load;

/// The report of the requests since the last row. It is printed as a row. The change is over, but some more requests are sent
/// before, because a caller may still use what is gone.
pub fn row(load: &mut Load, change: &str, note: &str) -> Value {
    let count = |load: &mut Load| load.peek()["answered"].as_u64().unwrap();
    let answered = count(load);
    wait_for("more answers", 120, || (count(load) >= answered + 10).then_some(()));
    let report = load.mark();
    let seconds = report["max_ms"].as_f64().unwrap() / 1000.0;
    // Shards may be missing in an answer.
    println!("{change}: answers through {}", report["through"]);
    println!("| {change} | {} | {} | {} | {seconds:.1} | {note} |", report["sent"], report["lost"], report["repeated"]);
    if report["lost"] != 0 || report["repeated"] != 0 {
        println!("{change}: {report:#}");
    }
    report
}

/// The number of requests that the pods of a component answered.
pub fn answered_by(report: &Value, pods: &[String]) -> u64 {
    // The key of a pod is the name of its executor and its own name.
    let count = |pod: &String| -> u64 {
        let end = format!(" {pod}");
        let answered = report["pods"].as_object().unwrap().iter();
        answered.filter(|(name, _)| name.ends_with(&end)).map(|(_, count)| count.as_u64().unwrap()).sum()
    };
    pods.iter().map(count).sum()
}
