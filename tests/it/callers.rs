//! The function's answers to what kustomize and kpt really send: recorded by `tests/krm/record.sh`.

use std::fs;

use crate::support::{assert_recorded, function, root};

#[test]
fn answers_to_real_callers() {
    let folder = root().join("tests/krm");
    let mut scenarios: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    scenarios.sort();
    assert_eq!(scenarios.len(), 8, "{scenarios:?}");
    for scenario in scenarios {
        let stdin = fs::read_to_string(scenario.join("stdin.yaml")).unwrap();
        let answer = function(&stdin).succeeded();
        assert_recorded(&scenario.join("stdout.yaml"), &answer.stdout);
        if scenario.ends_with("kustomize-generator") {
            // The config is no object of the build.
            assert!(stdin.contains("kind: JinaFlow") && !answer.stdout.split("functionConfig:").next().unwrap().contains("kind: JinaFlow"));
        } else if scenario.ends_with("kpt-render-again") {
            assert!(answer.stdout == stdin, "the second render changes something");
        } else {
            // What came in leaves as it came.
            let before_items = stdin.split("functionConfig:").next().unwrap();
            assert!(answer.stdout.starts_with(before_items), "{}", scenario.display());
        }
    }
}
