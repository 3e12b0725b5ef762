//! What `examples/howto` and the README say about Flows. The commands of `examples/howto` run on the real cluster: see
//! `cluster/seeds.rs`.

use std::fs;
use std::process::Command;

use crate::apiserver;
use crate::blocks::run_page;
use crate::support::{self, root, scratch};
use crate::tools::{folder, must};

fn page() -> String {
    fs::read_to_string(root().join("examples/howto/README.md")).unwrap()
}

#[test]
fn the_how_to_begins_with_the_flow_of_its_file() {
    let flow = fs::read_to_string(root().join("examples/howto/flow.yml")).unwrap();
    assert!(page().contains(&format!("```yaml\n{flow}```\n")));
}

const SAVED_FLOW: &str = "
from jina import Flow
f = Flow(port=8080).config_gateway(replicas=3)
secret = {'SECRET_PASSWORD': {'name': 'indexer-credentials', 'key': 'password'}}
f = f.add(name='indexer', uses='docker://a/b:1', shards=2, env_from_secret=secret, image_pull_secrets=['registry'])
f.save_config('flow.yml')
";

/// What the how-to says about a Flow in Python.
#[test]
fn a_flow_that_python_saves_has_no_secrets() {
    let place = scratch("howto");
    let mut python = Command::new(folder().join("jina/bin/python"));
    python.args(["-c", SAVED_FLOW]).current_dir(&place);
    must(python);
    let file = place.join("flow.yml");
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains("shards: 2") && !saved.contains("indexer-credentials") && !saved.contains("registry"), "{saved}");
    let export = support::jinaflow(&["export", file.to_str().unwrap()]);
    assert_eq!(export.code, 0, "{}", export.stderr);
}

/// The README's first commands for a Flow of one's own, with the Flow above them.
#[test]
fn the_first_screen_of_the_readme_leads_to_a_cluster() {
    let place = scratch("readme");
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = |begin: &str| readme.split(begin).nth(1).unwrap().split("```").next().unwrap();
    fs::write(place.join("flow.yml"), block("```yaml\n")).unwrap();
    let commands = block("```sh\njinaflow init ");
    let (_server, kubeconfig) = apiserver::own();
    run_page(&format!("```sh\njinaflow init {commands}```\n"), &place, &[("KUBECONFIG", kubeconfig)], &[]);
    // The other overlays build too.
    for overlay in ["staging", "prod"] {
        let build = format!("kustomize build --enable-alpha-plugins --enable-exec my-flow/overlays/{overlay} | jinaflow check -");
        run_page(&format!("```sh\n{build}\n```\n"), &place, &[], &[]);
    }
}

#[test]
fn the_jinaflow_of_the_readme_renders() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let file = scratch("readme").join("jinaflow.yaml");
    let block = readme.split("```yaml\n").find(|block| block.starts_with("apiVersion: flow.jina.ai/")).unwrap();
    let config = block.split("```").next().unwrap();
    let more = readme.split("```yaml\nspec:\n  flow: …\n").nth(1).unwrap().split("```").next().unwrap();
    for text in [config.to_owned(), format!("{config}{more}")] {
        fs::write(&file, text).unwrap();
        support::jinaflow(&["export", file.to_str().unwrap()]).succeeded();
    }
}
