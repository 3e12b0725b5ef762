//! The function's answers to the recorded input of kustomize and kpt (`tests/krm/record.sh`).

use std::fs;

use crate::support::{assert_recorded, function, root};

#[test]
fn recorded_input_of_real_callers_gives_the_recorded_answers() {
    let folder = root().join("tests/krm");
    let mut scenarios: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    scenarios.sort();
    assert_eq!(scenarios.len(), 8, "{scenarios:?}");
    for scenario in scenarios {
        let stdin = fs::read_to_string(scenario.join("stdin.yaml")).unwrap();
        let answer = function(&stdin).succeeded();
        assert_recorded(&scenario.join("stdout.yaml"), &answer.stdout);
        if scenario.ends_with("kustomize-generator") {
            // The config is not an object of the build.
            assert!(stdin.contains("kind: JinaFlow") && !answer.stdout.split("functionConfig:").next().unwrap().contains("kind: JinaFlow"));
        } else if scenario.ends_with("kpt-render-again") {
            assert!(answer.stdout == stdin, "the second render has changed something");
        } else {
            // Other items are returned unchanged.
            let before_items = stdin.split("functionConfig:").next().unwrap();
            assert!(answer.stdout.starts_with(before_items), "{}", scenario.display());
        }
    }
}
