//! Without `compat`, every address of a Flow reaches a pod that listens, and no address contains a namespace.

use crate::support::wiring::faults;
use crate::support::{jinaflow, recorded, root, run, scratch};
use serde_json::{Value, json};

/// The objects of every recorded Flow that renders.
fn rendered() -> Vec<(String, Vec<Value>)> {
    recorded(&root().join("tests/jina/flows"))
        .iter()
        .map(|case| (case.name.clone(), run(case.export(&[]), b"")))
        .filter(|(_, run)| run.code == 0)
        .map(|(name, run)| (name, run.documents()))
        .collect()
}

#[test]
fn every_flow_is_wired() {
    let flows = rendered();
    assert!(flows.len() > 110, "only {} Flows were rendered", flows.len());
    for (name, objects) in flows {
        let text = std::fs::read_to_string(root().join("tests/jina/flows").join(&name).join("flow.yml")).unwrap();
        if text.contains("connection_list") {
            continue; // Options that Jina sets itself give a warning and take effect.
        }
        let mut found = faults(&objects);
        // The hosts of external executors may have no dot.
        found.retain(|fault| {
            let host = fault
                .split("calls ")
                .nth(1)
                .and_then(|address| address.split(['/', ':']).find(|part| !part.is_empty() && !part.starts_with("grpc")));
            host.is_none_or(|host| !(text.contains("external") && text.contains(host)))
        });
        assert_eq!(found, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn jinas_own_export_is_not_wired() {
    let case = recorded(&root().join("tests/jina/flows")).into_iter().find(|c| c.name == "092-uses-before-after-full").unwrap();
    let found = faults(&run(case.export(&["--compat", "jina-3.34"]), b"").documents());
    for expected in [
        "the arguments contain a namespace",
        "which no overlay can update",
        "both listen on 9090",
        "ServiceMonitor/gateway selects no Service",
    ] {
        let expected = expected.replace("ServiceMonitor/gateway", "ServiceMonitor/idx-head");
        assert!(found.iter().any(|fault| fault.contains(&expected)), "{expected}: {found:#?}");
    }
}

type Damage = fn(&mut Vec<Value>);

#[test]
fn the_checker_finds_broken_flows() {
    let flow = scratch("wiring").join("flow.yml");
    let text = "jtype: Flow\nexecutors:\n- {name: a, uses: docker://x/a, shards: 2, volumes: /data, monitoring: true}\n- {name: b, uses: docker://x/b}\n";
    std::fs::write(&flow, text).unwrap();
    let objects = jinaflow(&["export", flow.to_str().unwrap()]).succeeded().documents();
    assert_eq!(faults(&objects), Vec::<String>::new());
    let damages: [(&str, Damage); 7] = [
        ("whose Service does not exist", |o| find(o, "Service/b")["metadata"]["name"] = "c".into()),
        ("selects the pods of 0 workloads", |o| find(o, "Service/b")["spec"]["selector"] = json!({"app": "x"})),
        ("nothing listens on 9999", |o| find(o, "Service/b")["spec"]["ports"][0]["targetPort"] = 9999.into()),
        ("no ConfigMap", |o| o.retain(|object| crate::support::label(object) != "ConfigMap/b-configmap")),
        ("no Service \"a-0\"", |o| o.retain(|object| crate::support::label(object) != "Service/a-0")),
        ("does not select its own pods", |o| find(o, "Deployment/b")["spec"]["template"]["metadata"]["labels"] = json!({})),
        ("is a duplicate", |o| {
            let copy = find(o, "Service/b").clone();
            o.push(copy);
        }),
    ];
    for (expected, damage) in damages {
        let mut broken = objects.clone();
        damage(&mut broken);
        let found = faults(&broken);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{expected}: {found:?}");
    }
}

fn find<'o>(objects: &'o mut [Value], name: &str) -> &'o mut Value {
    objects.iter_mut().find(|object| crate::support::label(object) == name).unwrap()
}

#[test]
fn strings_of_the_user_survive_the_expansion_of_the_kubelet() {
    let flow = scratch("dollar").join("flow.yml");
    std::fs::write(
        &flow,
        "jtype: Flow\nexecutors:\n- name: a\n  uses: docker://x/a\n  uses_with: {p: 'pa$$word-$(HOME)', q: '$'}\n  env: {RAW: '$(HOME)'}\n",
    )
    .unwrap();
    let objects = jinaflow(&["export", flow.to_str().unwrap()]).succeeded().documents();
    let args: Vec<&str> =
        objects[6]["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(args.contains(&r#"{"p": "pa$$$$word-$$(HOME)", "q": "$"}"#), "{args:?}");
    // Values of a ConfigMap are not expanded.
    assert_eq!(objects[4]["data"]["RAW"], "$(HOME)");
}
