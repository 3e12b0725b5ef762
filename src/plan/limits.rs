//! What an API server or a kubelet would refuse. It is said here, where the Flow is, and not after `kubectl apply`.

use super::component::{Component, Process};
use super::planner::Planner;
use crate::config::image_name;
use crate::config::images::GATEWAY_KEY;
use crate::finding::{Findings, Mark, Path};
use crate::jina::options::Opt;

/// `spec.replicas` is an int32.
const MOST_REPLICAS: i64 = i32::MAX as i64;

/// Bytes that the values of a ConfigMap may have (`MaxSecretSize`, kubernetes/kubernetes, `pkg/apis/core/validation`).
const MOST_IN_CONFIG_MAP: usize = 1 << 20;

/// What is said of it where Jina's export is wanted as it is.
const EXPORTED: &str = "Jina exports it all the same";

impl Planner<'_> {
    /// Looks at the components of the gateway or of an executor, whose path in the Flow is given.
    pub(super) fn check_limits(&self, components: &[Component], path: &Path<'_>, mark: Mark, findings: &mut Findings) {
        let strictness = self.settings.strictness();
        // Shards say the same, each for itself.
        let mut own = Findings::default();
        let of_gateway = self.gateway_image();
        for component in components {
            if component.replicas > MOST_REPLICAS {
                let finding = strictness.judge(path.key("replicas"), &format!("is more than {MOST_REPLICAS}"), EXPORTED);
                own.push_once(finding.got(component.replicas.to_string()).fix("write fewer").at(mark));
            }
            let bytes: usize = component.env.iter().map(|(_, value)| value.len()).sum();
            for (field, bytes) in [("env", bytes), ("uses", component.config.as_ref().map_or(0, String::len))] {
                if bytes > MOST_IN_CONFIG_MAP {
                    let finding =
                        strictness.judge(path.key(field), "comes to more than 1 MiB, which is the most that a ConfigMap holds", EXPORTED);
                    let finding = finding.got(format!("{bytes} bytes"));
                    own.push_once(finding.fix("put large values into files of the image, or into a volume").at(mark));
                }
            }
            // Where there is no image at all, that has been told.
            for container in component.containers.iter().filter(|container| !container.image.is_empty()) {
                let Some((message, mend)) = image_name::fault(&container.image) else { continue };
                let message = format!("names no image that a node can pull: {message}");
                let spec = Path::root("spec");
                let images = spec.key("images");
                let opt = match container.process {
                    Process::UsesBefore => Opt::UsesBefore,
                    Process::UsesAfter => Opt::UsesAfter,
                    Process::Gateway | Process::Executor => Opt::Uses,
                };
                let path = if container.image == of_gateway { images.key(GATEWAY_KEY) } else { path.key(opt.row().name) };
                own.push_once(strictness.judge(path, &message, EXPORTED).got(&container.image).fix(mend).at(mark));
            }
        }
        findings.extend(own);
    }
}
