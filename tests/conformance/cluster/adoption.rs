//! An export of Jina that runs on the cluster becomes objects of a JinaFlow, with the commands that the render prints.

use std::fs;

use serde_json::json;

use crate::fixture::{Space, on_node};
use crate::load::{Client, none_lost};
use crate::support::{self, program};
use crate::tools::{export, must};

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: ALL}
";

#[test]
fn an_export_that_runs_is_adopted_with_the_commands_of_the_warning() {
    let space = Space::new("adoption");
    let exported = export(FLOW, &["--compat", "jina-3.34", "--k8s-namespace", &space.name]).replace("  replicas: 2\n", "  replicas: 3\n");
    space.write("k8s/all.yml", &exported);
    let client = Client::beside(&space, &exported);
    let request = json!({"to": "gateway:8080", "endpoint": "/search", "limit": 20});
    none_lost(&client.send(&request));

    let (flow, folder) = (space.write("flow.yml", FLOW), space.folder.join("k8s"));
    let adopted = support::run(program(&["export", flow.to_str().unwrap(), folder.to_str().unwrap(), "--k8s-namespace", &space.name]), b"");
    assert_eq!((adopted.code, adopted.codes()), (0, vec!["adoption-needs-delete"]), "{}", adopted.stderr);
    let commands = adopted.stderr.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with(['k', '#']));
    let commands: Vec<&str> = commands.collect();
    let apply = commands.iter().position(|line| line.starts_with("# now apply")).expect("the apply has its place");
    let (before, after) = commands.split_at(apply);
    let manifests = fs::read_to_string(folder.join("all.yml")).unwrap();
    // Without the commands, the cluster refuses the objects.
    let refused = space.try_apply(&manifests);
    assert!(refused.code != 0 && refused.stderr.contains("field is immutable"), "{}{}", refused.stdout, refused.stderr);

    must(on_node("bash", &["-euc", &before.join("\n")]));
    assert_eq!(space.pods("encoder").len(), 3, "{}", space.state());
    space.apply(&manifests);
    space.rolled_out();
    must(on_node("bash", &["-euc", &after.join("\n")]));
    space.rolled_out();
    none_lost(&client.send(&request));
    // The edit stays, and no pod of the export is left.
    assert_eq!(space.pods("encoder").len(), 3, "{}", space.state());
    for component in ["gateway", "indexer-head", "indexer-0", "indexer-1"] {
        assert_eq!(space.pods(component).len(), 1, "{component}: {}", space.state());
    }
    assert_eq!(space.kubectl(&["get", "replicasets", "--output", "name"]).lines().count(), 5, "{}", space.state());
}
