//! Against the strict schemas of Kubernetes.

use std::fs;
use std::process::Command;

use crate::support::{recorded, root, run, scratch};
use crate::tools::{folder, must};

const VERSIONS: &str = "1.27,1.30,1.33,1.37";

#[test]
fn every_object_is_valid() {
    let out = scratch("schemas");
    let mut files = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let export = run(case.export(&[]), b"");
        // A gateway-less Deployment that runs elsewhere has no objects.
        if export.code == 0 && !export.stdout.is_empty() {
            let file = out.join(format!("{}.yaml", case.name));
            fs::write(&file, export.stdout).unwrap();
            files.push(file);
        }
    }
    assert!(files.len() > 110, "only {} flows", files.len());
    let mut validate = Command::new(folder().join("validate/bin/python"));
    validate.arg(root().join("tests/conformance/validate.py")).arg(VERSIONS).args(&files);
    let answer = must(validate);
    let count: usize = answer.stdout.split_whitespace().next().unwrap().parse().unwrap();
    assert!(count > 3_500, "{}", answer.stdout);
}

#[test]
fn what_jina_exports_is_refused() {
    let case = recorded(&root().join("tests/jina/flows")).into_iter().find(|c| c.name == "154-volumes-list").unwrap();
    let file = scratch("schemas").join("jina.yaml");
    fs::write(&file, run(case.export(&["--compat", "jina-3.34"]), b"").stdout).unwrap();
    let mut validate = Command::new(folder().join("validate/bin/python"));
    validate.arg(root().join("tests/conformance/validate.py")).arg("1.30").arg(&file);
    let answer = run(validate, b"");
    assert!(
        answer.code == 1 && answer.stdout.contains("StatefulSet/indexer") && answer.stdout.contains("serviceName"),
        "{}",
        answer.stdout
    );
}
