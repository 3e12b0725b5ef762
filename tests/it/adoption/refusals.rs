//! Exports that cannot be adopted. Nothing changes, and the advice of the message leads to an adoption.

use serde_json::json;

use super::example;
use super::package::{Adopted, Package};

/// Asserts that a package is refused with one code, and that its items stay.
fn refused(package: &Package, code: &str) -> Adopted {
    let adopted = package.adopt();
    assert!(!adopted.is_success && adopted.is_unchanged, "{}", adopted.stderr);
    let errors: Vec<&str> =
        adopted.stderr.lines().filter_map(|line| line.strip_prefix("error[")?.split_once(']').map(|(code, _)| code)).collect();
    assert_eq!(errors, [code], "{}", adopted.stderr);
    adopted
}

fn with_text(file: &str, from: &str, to: &str) -> Package {
    let mut package = example();
    let text = package.files.get_mut(file).unwrap();
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
    package
}

#[test]
fn an_export_of_another_flow_is_refused() {
    let mut package = example();
    let flow = package.spec["flow"].as_str().unwrap().to_owned();
    package.spec["flow"] = (flow.clone() + "  - name: ranker\n    uses: docker://acme/ranker:1\n").into();
    let adopted = refused(&package, "export-of-another-flow");
    assert!(adopted.stderr.contains("it does not call `ranker`; write the Flow of the export into the JinaFlow"), "{}", adopted.stderr);
    // The advice: first the Flow of the export, then the change.
    let changed = example().adopt().with_flow(|flow| flow.to_owned() + "  - name: ranker\n    uses: docker://acme/ranker:1\n").again();
    assert!(changed.is_success, "{}", changed.stderr);
    assert_eq!(changed.objects[&("Deployment".to_owned(), "encoder".to_owned())]["spec"]["replicas"], 6);
    assert!(changed.objects.contains_key(&("Deployment".to_owned(), "ranker".to_owned())));
}

#[test]
fn an_export_in_another_namespace_is_refused() {
    let mut package = example();
    package.namespace = "prod".to_owned();
    let adopted = refused(&package, "export-of-another-flow");
    assert!(adopted.stderr.contains("set the namespace of the JinaFlow to `search`"), "{}", adopted.stderr);
    package.namespace = String::new();
    refused(&package, "export-of-another-flow");
    package.namespace = "search".to_owned();
    assert!(package.adopt().is_success);
}

#[test]
fn an_export_for_another_namespace_follows_the_namespace_of_the_flow() {
    // The user has moved all objects, and follows the advice of the message.
    for (namespace, of_flow) in [("\n  namespace: prod", "prod"), ("", "")] {
        let mut package = example();
        for text in package.files.values_mut() {
            *text = text.replace("\n  namespace: search", namespace);
        }
        package.namespace = of_flow.to_owned();
        let adopted = package.adopt();
        assert!(adopted.is_success, "{}", adopted.stderr);
        assert_eq!(adopted.codes(), ["adoption-needs-delete"], "{}", adopted.stderr);
        assert!(adopted.summary[0].ends_with("15 adopted, 2 fields kept because edited"), "{:?}", adopted.summary);
        let gateway = adopted.objects[&("Deployment".to_owned(), "gateway".to_owned())].to_string();
        assert!(!gateway.contains("search.svc"), "{gateway}");
        assert!(adopted.again().is_unchanged);
    }
}

#[test]
fn an_export_without_a_namespace_is_refused_if_it_is_for_another_one() {
    let mut package = example();
    for text in package.files.values_mut() {
        *text = text.replace("\n  namespace: search", "");
    }
    package.namespace = "prod".to_owned();
    for compat in [false, true] {
        if compat {
            package.spec["compat"] = "jina-3.34".into();
        }
        let adopted = refused(&package, "export-of-another-flow");
        let advice = "is missing, and the Flow is in `prod`: the export would stay beside the rendered objects; \
                      set the namespace of the JinaFlow to `search`";
        assert!(adopted.stderr.contains(advice), "{}", adopted.stderr);
        let followed = Package { namespace: "search".to_owned(), ..package.clone() };
        let adopted = followed.adopt();
        assert!(adopted.is_success && adopted.summary[0].contains("15 adopted"), "{} {:?}", adopted.stderr, adopted.summary);
    }
}

#[test]
fn an_export_that_is_broken_is_refused() {
    let package = with_text("encoder/encoder.yml", "---\napiVersion: apps/v1\n", "apiVersion: apps/v1\n");
    let adopted = refused(&package, "export-broken");
    assert!(adopted.stderr.contains("write `---` between the two objects"), "{}", adopted.stderr);
    refused(&with_text("encoder/encoder.yml", "  replicas: 6\n", "  replicas: 6\n  replicas: 7\n"), "export-broken");
    refused(&with_text("gateway/gateway.yml", "- '{\"encoder\": [\"indexer\"]", "- '{\"encoder\": [\"indexer\""), "export-broken");
    let mut twice = example();
    twice.files.insert("copy.yml".to_owned(), twice.files["encoder/encoder.yml"].clone());
    let adopted = twice.adopt();
    assert!(!adopted.is_success && adopted.is_unchanged);
    assert_eq!(adopted.stderr.matches("error[export-broken]").count(), 3, "{}", adopted.stderr);
    twice.files.remove("copy.yml");
    assert!(twice.adopt().is_success);
}

#[test]
fn objects_of_a_user_are_not_adopted() {
    let package = with_text("encoder/encoder.yml", "jina_deployment_name: encoder", "jina_deployment_name: other");
    let package = Package { spec: json!({"flow": package.spec["flow"]}), ..package };
    let text = package.files["encoder/encoder.yml"].replace("        - encoder\n", "        - other\n");
    let mut package = package;
    package.files.insert("encoder/encoder.yml".to_owned(), text);
    let adopted = package.adopt();
    assert!(!adopted.is_success && adopted.is_unchanged);
    assert!(adopted.codes().contains(&"object-already-exists"), "{}", adopted.stderr);
}
