//! `examples/containerize`: its commands build an image for each layout of an executor, and the images answer requests when
//! they run as the rendered manifests say. No registry can be reached here, so the base image is made of this machine's Python and
//! Jina, with the name of the real one and in a storage of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::blocks::run_page;
use crate::support::{self, Run, documents, root, run, scratch};
use crate::tools::{copy, folder, must, tool};

/// A storage of images that contains only the base image.
struct Storage {
    configuration: PathBuf,
    folder: PathBuf,
}

impl Storage {
    fn new() -> Self {
        let place = scratch("storage");
        let configuration = place.join("storage.conf");
        let (graph, run) = (place.join("graph"), place.join("run"));
        let lines = format!("[storage]\ndriver = \"overlay\"\ngraphroot = \"{}\"\nrunroot = \"{}\"\n", graph.display(), run.display());
        fs::write(&configuration, lines).unwrap();
        let storage = Self { configuration, folder: place };
        storage.import_base();
        storage
    }

    fn import_base(&self) {
        let dockerfile = fs::read_to_string(root().join("examples/containerize/Dockerfile")).unwrap();
        let name = dockerfile.lines().find_map(|line| line.strip_prefix("ARG BASE=")).unwrap();
        let mut files = Command::new(folder().join("jina/bin/python"));
        files.arg(root().join("tests/conformance/base_image.py")).stdout(Stdio::piped());
        let mut files = files.spawn().unwrap();
        let path = "ENV PATH=/opt/venv/bin:/bin";
        let libraries = "ENV LD_LIBRARY_PATH=/usr/lib:/lib:/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu";
        let mut import = self.podman(&["import", "--quiet", "--change", path, "--change", libraries, "-", &format!("docker.io/{name}")]);
        import.stdin(files.stdout.take().unwrap());
        let output = import.output().unwrap();
        assert!(files.wait().unwrap().success() && output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn podman(&self, args: &[&str]) -> Command {
        let mut command = tool("podman", args);
        command.env("CONTAINERS_STORAGE_CONF", &self.configuration);
        command
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        // Mounts of stopped containers may remain, and files in them would be deleted too.
        let _ = run(self.podman(&["rm", "--all", "--force", "--time", "0"]), b"");
        let _ = run(self.podman(&["umount", "--all"]), b"");
        let _ = run(self.podman(&["rmi", "--all", "--force"]), b"");
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The container of an executor's Deployment, as podman runs it: command, arguments, variables, user and rights of the manifest.
fn start(storage: &Storage, objects: &[Value], executor: &str) {
    let deployment = objects.iter().find(|o| o["kind"] == "Deployment" && o["metadata"]["name"] == executor).unwrap();
    let pod = &deployment["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let mut command = storage.podman(&["run", "--detach", "--name", executor, "--network", "none", "--pull", "never"]);
    command.arg("--entrypoint").arg(container["command"].to_string());
    for variable in container["env"].as_array().unwrap() {
        if let Some(value) = variable["value"].as_str() {
            command.arg("--env").arg(format!("{}={value}", variable["name"].as_str().unwrap()));
        }
    }
    if pod["securityContext"]["runAsNonRoot"] == true {
        let id = &pod["securityContext"]["runAsUser"];
        assert_eq!(container["securityContext"]["capabilities"]["drop"][0], "ALL");
        command.args(["--user", &format!("{id}:{id}"), "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]);
        // The profile leaves the root file system writable; a stricter cluster does not.
        command.args(["--read-only", "--tmpfs", "/tmp"]);
    }
    for volume in pod["volumes"].as_array().into_iter().flatten() {
        if let Some(name) = volume["configMap"]["name"].as_str() {
            let map = objects.iter().find(|o| o["kind"] == "ConfigMap" && o["metadata"]["name"] == name).unwrap();
            let mount = container["volumeMounts"].as_array().unwrap().iter().find(|m| m["name"] == volume["name"]).unwrap();
            let files = storage.folder.join(name);
            fs::create_dir_all(&files).unwrap();
            for (file, text) in map["data"].as_object().unwrap() {
                fs::write(files.join(file), text.as_str().unwrap()).unwrap();
            }
            command.arg("--volume").arg(format!("{}:{}:ro", files.display(), mount["mountPath"].as_str().unwrap()));
        }
    }
    command.arg(container["image"].as_str().unwrap());
    command.args(container["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()));
    must(command);
}

fn execute(storage: &Storage, executor: &str, command: &[&str], input: &str) -> Run {
    let mut podman = storage.podman(&["exec", "-i", executor]);
    podman.args(command);
    run(podman, input.as_bytes())
}

const CLIENT: &str = r"
import json
from typing import List
from docarray import BaseDoc, DocList
from jina import Client

class Any(BaseDoc):
    text: str = ''
    embedding: List[float] = []
    score: float = -1

answer = Client(host='127.0.0.1', port=8080).post('/', DocList[Any]([Any(text='Crème brûlée')]), return_type=DocList[Any],
                                                  parameters={'query': 'crème fraîche'})
print('answer:', json.dumps(answer[0].dict()))
";

/// Waits until the server of a container is healthy, as its startup probe does, and sends it a document.
fn ask(storage: &Storage, executor: &str) -> Value {
    let began = Instant::now();
    while execute(storage, executor, &["jina", "ping", "executor", "127.0.0.1:8080", "--attempts", "1"], "").code != 0 {
        let logs = run(storage.podman(&["logs", executor]), b"");
        assert!(began.elapsed() < Duration::from_secs(60), "{executor} does not start: {}{}", logs.stdout, logs.stderr);
        thread::sleep(Duration::from_millis(200));
    }
    let answer = execute(storage, executor, &["python", "-"], CLIENT);
    let line = answer.stdout.lines().find_map(|line| line.strip_prefix("answer: "));
    serde_json::from_str(line.unwrap_or_else(|| panic!("{}{}", answer.stdout, answer.stderr))).unwrap()
}

/// The preStop hook of the manifests, with a short sleep, and SIGTERM.
fn stop(storage: &Storage, executor: &str) {
    let hook = execute(storage, executor, &["/bin/sh", "-c", "sleep 0"], "");
    assert_eq!(hook.code, 0, "{}", hook.stderr);
    must(storage.podman(&["stop", "--time", "20", executor]));
    let code = must(storage.podman(&["inspect", executor, "--format", "{{.State.ExitCode}}"])).stdout;
    assert!(["0", "143"].contains(&code.trim()), "{executor}: exit code {code}");
}

fn render(place: &Path, spec: &str) -> Vec<Value> {
    let file = place.join("jinaflow.yaml");
    let flow: String = fs::read_to_string(place.join("flow.yml")).unwrap().lines().map(|line| format!("    {line}\n")).collect();
    fs::write(
        &file,
        format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: text}}\nspec:\n  flow: |\n{flow}{spec}"),
    )
    .unwrap();
    support::jinaflow(&["export", file.to_str().unwrap()]).succeeded().documents()
}

#[test]
fn each_layout_of_an_executor_becomes_an_image_that_runs_as_its_manifest_says() {
    let storage = Storage::new();
    let place = copy("examples/containerize");
    let page = fs::read_to_string(place.join("README.md")).unwrap();
    let environment = [("CONTAINERS_STORAGE_CONF", storage.configuration.clone())];
    run_page(&page, &place, &environment, &[("terminal", "docker run"), ("registry", "docker push")]);

    // The export of the page, and the lines of the page for a JinaFlow, with the security profile.
    let exported: Vec<Value> = support::tree(&place.join("k8s_flow"))
        .iter()
        .filter(|(name, _)| name.ends_with(".yml"))
        .flat_map(|(_, text)| documents(text))
        .collect();
    let lines = page.split("```yaml\nspec:\n").nth(1).unwrap().split("```").next().unwrap();
    let restricted = render(&place, &format!("{lines}  defaults: {{securityProfile: restricted}}\n"));
    for objects in [exported, restricted] {
        for executor in ["encoder", "ranker", "normalizer"] {
            start(&storage, &objects, executor);
        }
        assert_eq!(ask(&storage, "encoder")["embedding"].as_array().unwrap().len(), 4, "`uses_with` of the Flow overrides config.yml");
        assert_eq!(ask(&storage, "ranker")["score"], 0.5);
        assert_eq!(ask(&storage, "normalizer")["text"], "creme brulee");
        for executor in ["encoder", "ranker", "normalizer"] {
            stop(&storage, executor);
            must(storage.podman(&["rm", executor]));
        }
    }

    // The entrypoint of the Dockerfile, with the flag of the page.
    must(storage.podman(&["run", "--detach", "--name", "tried", "--network", "none", "acme/encoder:1.0.0", "--port", "8080"]));
    assert_eq!(ask(&storage, "tried")["embedding"].as_array().unwrap().len(), 8);

    // A class in the Flow, whose image has a config.yml, and an inline executor, whose configuration is mounted.
    let flow = "jtype: Flow\nexecutors:\n- {name: class, uses: Encoder, py_modules: [executor.py], uses_with: {dim: 3}}\n\
                - {name: inline, uses: {jtype: Ranker, metas: {py_modules: [ranker.executor]}}}\n";
    fs::write(place.join("flow.yml"), flow).unwrap();
    let images = "  executors: {class: {image: acme/encoder:1.0.0}, inline: {image: acme/ranker:1.0.0}}\n";
    let objects = render(&place, images);
    for executor in ["class", "inline"] {
        start(&storage, &objects, executor);
    }
    assert_eq!(ask(&storage, "class")["embedding"].as_array().unwrap().len(), 3);
    assert_eq!(ask(&storage, "inline")["score"], 0.5);
}
