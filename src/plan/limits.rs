//! Checks the limits of the API server and the kubelet, so that errors are reported before `kubectl apply`.

use super::component::Component;
use super::images::EXPORTED;
use super::planner::Planner;
use crate::finding::{Code, Findings, Mark, Path};

/// `spec.replicas` is an int32.
const MOST_REPLICAS: i64 = i32::MAX as i64;

/// The most bytes in the values of a ConfigMap (`MaxSecretSize`, kubernetes/kubernetes, `pkg/apis/core/validation`).
const MOST_IN_CONFIG_MAP: usize = 1 << 20;

impl Planner<'_> {
    /// Checks the components of the gateway or of an executor. `path` is the path of the gateway or executor in the Flow.
    pub(super) fn check_limits(&self, components: &[Component], path: &Path<'_>, mark: Mark, findings: &mut Findings) {
        let strictness = self.settings.strictness();
        // Shards have the same problems, so each problem is reported once.
        let mut own = Findings::default();
        for component in components {
            if component.replicas > MOST_REPLICAS {
                let message = format!("must be at most {MOST_REPLICAS}");
                let finding = strictness.finding(Code::ValueOutOfRange, path.key("replicas"), &message, EXPORTED);
                own.push_once(finding.got(component.replicas.to_string()).fix("use fewer replicas").at(mark));
            }
            let bytes: usize = component.env.iter().map(|(_, value)| value.len()).sum();
            for (field, bytes) in [("env", bytes), ("uses", component.config.as_ref().map_or(0, String::len))] {
                if bytes > MOST_IN_CONFIG_MAP {
                    let message = "is larger than 1 MiB, the maximum for a ConfigMap";
                    let finding = strictness.finding(Code::TooLarge, path.key(field), message, EXPORTED).got(format!("{bytes} bytes"));
                    own.push_once(finding.fix("move large values to files in the image, or to a volume").at(mark));
                }
            }
        }
        findings.extend(own);
    }
}
