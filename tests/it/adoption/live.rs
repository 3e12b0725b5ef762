//! Objects of an export that an API server returned. What the server has added is neither kept nor an edit.

use serde_json::{Value, json};

use super::folder::Folder;
use super::package::canonical;
use super::{Package, edited_packages, example, with_compat};

/// Adds to an object what `kubectl get -o yaml` shows (Kubernetes 1.29).
fn returned(object: &mut Value) {
    let name = object["metadata"]["name"].clone();
    let metadata = json!({
        "uid": format!("6f1c-{name}"), "resourceVersion": "812", "generation": 3, "creationTimestamp": "2024-05-01T10:00:00Z",
        "managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update"}],
    });
    merge(&mut object["metadata"], &metadata);
    let applied = object.to_string();
    merge(object, &json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}}));
    match object["kind"].as_str().unwrap() {
        "Service" => {
            merge(
                object,
                &json!({
                    "spec": {
                        "clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7"], "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
                        "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
                    },
                    "status": {"loadBalancer": {}},
                }),
            );
        }
        "Deployment" => {
            merge(
                object,
                &json!({
                    "metadata": {"annotations": {"deployment.kubernetes.io/revision": "2"}},
                    "spec": {"progressDeadlineSeconds": 600, "revisionHistoryLimit": 10, "template": {
                        "metadata": {"creationTimestamp": null},
                        "spec": {
                            "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                            "securityContext": {}, "terminationGracePeriodSeconds": 30,
                        },
                    }},
                    "status": {"observedGeneration": 3, "replicas": 2},
                }),
            );
            for container in object["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap() {
                let fields = json!({"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"});
                merge(container, &fields);
                add(container, "resources", json!({}));
                for port in container["ports"].as_array_mut().into_iter().flatten() {
                    add(port, "protocol", json!("TCP"));
                }
                for probe in ["livenessProbe", "startupProbe"] {
                    if container[probe].is_object() {
                        add(&mut container[probe], "successThreshold", json!(1));
                        add(&mut container[probe], "failureThreshold", json!(3));
                    }
                }
            }
        }
        _ => {}
    }
}

fn add(object: &mut Value, field: &str, value: Value) {
    object.as_object_mut().unwrap().entry(field).or_insert(value);
}

fn merge(object: &mut Value, more: &Value) {
    match more {
        Value::Object(fields) => {
            if !object.is_object() {
                *object = json!({});
            }
            for (name, value) in fields {
                let known = object.as_object_mut().unwrap().entry(name.clone()).or_insert(Value::Null);
                merge(known, value);
            }
        }
        value => *object = value.clone(),
    }
}

fn changed(package: &Package, change: impl Fn(&mut Value)) -> Package {
    let mut files = package.edited();
    files.iter_mut().flat_map(|(_, objects)| objects).for_each(change);
    package.with(&files)
}

#[test]
fn fields_of_a_server_are_not_edits() {
    for (name, package) in edited_packages() {
        for package in [package.clone(), with_compat(package)] {
            let adopted = changed(&package, returned).adopt();
            assert!(adopted.is_success, "{name}: {}", adopted.stderr);
            assert!(!adopted.summary[0].contains("because edited"), "{name}: {:?}", adopted.summary);
            let plain = package.adopt();
            for (object, value) in &plain.objects {
                assert_eq!(canonical(&adopted.objects[object]), canonical(value), "{name}: {object:?}");
            }
            assert_eq!(adopted.objects.len(), plain.objects.len());
            assert!(adopted.again().is_unchanged, "{name}");
        }
    }
}

#[test]
fn edits_of_returned_objects_stay() {
    let edited = |object: &mut Value| {
        returned(object);
        if object["kind"] == "Deployment" {
            object["spec"]["revisionHistoryLimit"] = 3.into();
        }
        if object["kind"] == "Service" {
            object["spec"]["clusterIP"] = "None".into();
        }
    };
    let package = with_compat(example());
    let adopted = changed(&package, edited).adopt();
    assert!(adopted.is_success, "{}", adopted.stderr);
    let named: Vec<&str> = adopted.summary[1..].iter().map(|line| line.rsplit_once(": ").unwrap().1).collect();
    let deployment = "spec.revisionHistoryLimit";
    assert_eq!(named.iter().filter(|fields| **fields == deployment).count(), 4, "{:?}", adopted.summary);
    assert_eq!(named.iter().filter(|fields| **fields == "spec.clusterIP").count(), 5, "{:?}", adopted.summary);
    assert!(named.iter().any(|fields| fields.starts_with("spec.replicas, ") && fields.contains(deployment)), "{:?}", adopted.summary);
}

#[test]
fn empty_fields_of_clients_are_not_edits() {
    let package = with_compat(example());
    let empty = |object: &mut Value| {
        merge(&mut object["metadata"], &json!({"creationTimestamp": null}));
        merge(object, &json!({"status": {}}));
        if object["kind"] == "Deployment" {
            merge(&mut object["spec"]["template"]["metadata"], &json!({"creationTimestamp": null}));
        }
    };
    let adopted = changed(&package, empty).adopt();
    assert_eq!(adopted.summary, package.adopt().summary);
    let folder = Folder::of(&changed(&package, returned));
    let run = folder.export(&["--compat", "jina-3.34"]).succeeded();
    assert_eq!(run.summary[0], "jinaflow: search: 15 adopted, 2 fields kept because edited");
    assert!(folder.objects().values().all(|object| object["metadata"]["uid"].is_null() && object["status"].is_null()));
    assert_eq!(
        folder.export(&["--compat", "jina-3.34"]).succeeded().summary[0],
        "jinaflow: search: no changes, 2 fields kept because edited, 15 unchanged"
    );
}

#[test]
fn empty_annotations_of_a_user_stay() {
    let package = with_compat(example());
    let adopted = changed(&package, |object| {
        if object["kind"] == "Deployment" {
            object["spec"]["template"]["metadata"]["annotations"] = json!({});
        }
    })
    .adopt();
    let annotations = |object: &Value| object["spec"]["template"]["metadata"]["annotations"].clone();
    let workloads = adopted.objects.values().filter(|object| object["kind"] == "Deployment");
    assert_eq!(workloads.map(annotations).collect::<Vec<_>>(), vec![json!({}); 5], "{}", adopted.stderr);
}
