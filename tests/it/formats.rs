//! Formats of the values of fields, through the whole render: values that the API server refuses are errors, and those that it
//! accepts are not.

use crate::support::Messages;
use crate::support::field_cases::answer;
use crate::support::format_cases::FORMATS;

#[test]
fn values_that_the_api_server_refuses_are_errors_and_no_others() {
    let mut messages = Messages::new("formats");
    let mut wrong = Vec::new();
    for format in FORMATS {
        for (number, value) in format.refused.iter().enumerate() {
            let spec = format.with(value);
            let answer = answer(&spec);
            let findings = answer.findings();
            let codes: Vec<&str> = findings.iter().filter_map(|line| line.strip_prefix("error[")?.split(']').next()).collect();
            if answer.code != 1 || codes != [format.code] {
                wrong.push(format!("{spec}: {}: {codes:?}", answer.code));
            }
            if number == 0 {
                messages.add(&spec.replace('\n', " / "), &answer);
            }
        }
        for value in format.accepted {
            let answer = answer(&format.with(value));
            if answer.code != 0 {
                wrong.push(format!("{}: {}", format.with(value), answer.stderr));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    messages.compare();
}

/// A field says once that it is empty.
#[test]
fn an_empty_string_is_reported_once() {
    for (spec, path) in [
        ("kubernetesVersion: ''", "spec.kubernetesVersion"),
        ("gateway: {image: ''}", "spec.gateway.image"),
        ("gateway: {ingress: {className: ''}}", "spec.gateway.ingress.className"),
        ("monitoring: {interval: ''}", "spec.monitoring.interval"),
        ("kubernetesVersion: '1.36'\nexecutors: {encoder: {models: {a: {image: ''}}}}", "spec.executors.encoder.models.a.image"),
        ("executors: {encoder: {storage: {mountPath: ''}}}", "spec.executors.encoder.storage.mountPath"),
        ("defaults: {envFromSecret: {Z: {name: '', key: a}}}", "spec.defaults.envFromSecret.Z.name"),
    ] {
        let answer = answer(spec);
        assert_eq!(answer.results(), [format!("{path} wrong-type")], "{}", answer.stderr);
        assert!(answer.stderr.contains("must not be empty"), "{}", answer.stderr);
    }
}

/// The Gateway API limits how many entries a route has. The gateway of the Flow is one of the backends.
#[test]
fn a_route_has_as_many_entries_as_the_gateway_api_allows() {
    for (field, most, others) in [("backends", 15, "gateways: {w: {}}, "), ("hostnames", 16, "gateways: {w: {}}, "), ("gateways", 32, "")] {
        let route = |count: usize| {
            let entries: Vec<String> = (0..count).map(|number| format!("x{number}: {{}}")).collect();
            answer(&format!("gateway: {{grpcRoute: {{{others}{field}: {{{}}}}}}}", entries.join(", ")))
        };
        assert_eq!(route(most).code, 0, "{}", route(most).stderr);
        assert_eq!(route(most + 1).results(), [format!("spec.gateway.grpcRoute.{field} value-out-of-range")]);
    }
}

/// Layers are checked together: one has the effect of a toleration, another one the seconds.
#[test]
fn entries_are_checked_after_layers_are_merged() {
    let merged = answer(
        "defaults: {tolerations: {my gpu: {key: gpu, effect: NoExecute}}}\nexecutors: {encoder: {tolerations: {my gpu: {seconds: 5}}}}",
    );
    assert_eq!(merged.code, 0, "{}", merged.stderr);
    let merged = answer(
        "defaults: {storage: {accessModes: {ReadWriteMany: {}}}}\nexecutors: {encoder: {storage: {accessModes: {ReadWriteOncePod: {}}}}}",
    );
    assert_eq!(merged.results(), ["spec.executors.encoder.storage.accessModes conflicting-fields"]);
}
