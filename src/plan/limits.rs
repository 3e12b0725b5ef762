//! Checks the limits of the API server and the kubelet, so that errors are reported before `kubectl apply`.

use super::component::{Component, Process};
use super::planner::Planner;
use crate::config::image_name;
use crate::config::images::GATEWAY_KEY;
use crate::finding::{Code, Findings, Mark, Path};
use crate::jina::options::Opt;

/// `spec.replicas` is an int32.
const MOST_REPLICAS: i64 = i32::MAX as i64;

/// The most bytes in the values of a ConfigMap (`MaxSecretSize`, kubernetes/kubernetes, `pkg/apis/core/validation`).
const MOST_IN_CONFIG_MAP: usize = 1 << 20;

/// The effect in Jina, for modes with the same objects as Jina's export.
const EXPORTED: &str = "Jina exports it nevertheless";

impl Planner<'_> {
    /// Checks the components of the gateway or of an executor. `path` is the path of the gateway or executor in the Flow.
    pub(super) fn check_limits(&self, components: &[Component], path: &Path<'_>, mark: Mark, findings: &mut Findings) {
        let strictness = self.settings.strictness();
        // Shards have the same problems, so each problem is reported once.
        let mut own = Findings::default();
        let gateway_image = self.gateway_image();
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
            // A missing image is reported elsewhere.
            for container in component.containers.iter().filter(|container| !container.image.is_empty()) {
                let Some((message, fix)) = image_name::fault(&container.image) else { continue };
                let message = format!("is not a valid image name: {message}");
                let images = Path::root("spec.images");
                let opt = match container.process {
                    Process::UsesBefore => Opt::UsesBefore,
                    Process::UsesAfter => Opt::UsesAfter,
                    Process::Gateway | Process::Executor => Opt::Uses,
                };
                let path = if container.image == gateway_image { images.key(GATEWAY_KEY) } else { path.key(opt.row().name) };
                let finding = strictness.finding(Code::InvalidImage, path, &message, EXPORTED);
                own.push_once(finding.got(&container.image).fix(fix).at(mark));
            }
        }
        findings.extend(own);
    }
}
