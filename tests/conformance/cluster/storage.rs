//! What shards with storage keep.

use std::collections::BTreeSet;

use serde_json::json;

use crate::fixture::{Space, wait_for};
use crate::load::Client;
use crate::row::row;
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {/index: ANY, /search: ALL}}
";
const SPEC: &str = "defaults: {drainSeconds: 12}
executors: {indexer: {storage: {size: 10Mi}}}
";
/// Sends a document for each string to an endpoint, and prints the matches as JSON. Jina prints to standard output, too.
const PROGRAM: &str = "
import json, os, sys
out = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1)
sys.path.insert(0, '/load')
from typing import List
from docarray import BaseDoc, DocList
from jina import Client
class Doc(BaseDoc):
    text: str = ''
    hops: List[str] = []
    matches: List[str] = []
back = Client(host='gateway', port=8080).post(on=sys.argv[1], inputs=DocList[Doc]([Doc(text=t) for t in sys.argv[2:]]),
    return_type=DocList[Doc], request_size=1, show_progress=False)
print(json.dumps(sorted({m for doc in back for m in doc.matches})), file=out)
";

fn post(client: &Client, endpoint: &str, words: &[&str]) -> BTreeSet<String> {
    let run = client.run(&[&["python3", "-c", PROGRAM, endpoint], words].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    serde_json::from_str(&run.stdout).unwrap()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn shards_find_their_documents_after_a_restart_and_after_a_shard_was_added() {
    let space = Space::new("storage");
    let client = Client::beside(&space, &render(FLOW, SPEC));
    let mut load = client.load(&json!({"to": "gateway:8080", "endpoint": "/search"}));
    post(&client, "/index", &["a", "b", "c", "d", "e", "f"]);
    let all = set(&["a", "b", "c", "d", "e", "f"]);
    assert_eq!(post(&client, "/search", &["?"]), all);
    load.mark();

    let pod = space.pod_uid("indexer-0-0");
    space.kubectl(&["rollout", "restart", "statefulset/indexer-0"]);
    space.rolled_out();
    assert_ne!(space.pod_uid("indexer-0-0"), pod);
    row(&mut load, "`kubectl rollout restart` of a shard with storage", "see below");
    assert_eq!(wait_for("all documents", 60, || Some(post(&client, "/search", &["?"])).filter(|found| *found == all)), all);

    // The documents stay in their shards, and the new shard is empty.
    space.apply(&render(&FLOW.replace("shards: 2", "shards: 3"), SPEC));
    space.rolled_out();
    row(&mut load, "a third shard with storage added", "all shards restart at once; see below");
    let found = wait_for("an answer of all shards", 60, || Some(post(&client, "/search", &["?"])).filter(|found| *found == all));
    assert_eq!(found, all);
    // Each request to /index goes to one shard, so the new one is filled sooner or later.
    let mut more = all.clone();
    let kept = wait_for("documents in the new shard", 120, || {
        let text = format!("more-{}", more.len());
        post(&client, "/index", &[&text]);
        more.insert(text);
        let program = "import glob; print(*[open(name).read() for name in glob.glob('/workspace/**/contents', recursive=True)])";
        let contents = space.kubectl(&["exec", "indexer-2-0", "--", "python3", "-c", program]);
        let kept: BTreeSet<String> = contents.split_whitespace().map(str::to_owned).collect();
        (!kept.is_empty()).then_some(kept)
    });
    assert!(kept.is_disjoint(&all), "{kept:?}");
    assert_eq!(post(&client, "/search", &["?"]), more);
    load.stop();
}
