//! Checks the limits of the API server and the kubelet, so that errors are reported before `kubectl apply`.

use super::component::{Arg, Component, Piece};
use super::images::EXPORTED;
use super::planner::Planner;
use crate::finding::{Code, Findings, Mark, Path};

/// `spec.replicas` is an int32.
const MOST_REPLICAS: i64 = i32::MAX as i64;

/// The most bytes in the values of a ConfigMap (`MaxSecretSize`, kubernetes/kubernetes, `pkg/apis/core/validation`).
const MOST_IN_CONFIG_MAP: usize = 1 << 20;

/// The bytes of an argument with which Linux refuses to start a program (`MAX_ARG_STRLEN` in `include/uapi/linux/binfmts.h`, for pages
/// of 4 KiB). The byte that ends the argument counts.
const TOO_LONG_ARGUMENT: usize = 128 << 10;

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
            let longest = component.containers.iter().flat_map(|container| &container.args).map(length).max().unwrap_or(0);
            // A number of shards that is out of range is an error already.
            if longest >= TOO_LONG_ARGUMENT && !findings.has_errors() {
                let message = "needs an argument of 128 KiB or more, with which Linux starts no program";
                let finding = Code::TooLarge.warning(path, message).got(format!("{longest} bytes"));
                own.push_once(finding.fix("split the Flow, or move large values to files in the image").at(mark));
            }
        }
        findings.extend(own);
    }
}

/// The bytes of an argument. An overlay can make names longer.
fn length(arg: &Arg) -> usize {
    match arg {
        Arg::Text(text) => text.len(),
        Arg::Namespace => 0,
        Arg::Template(pieces) => pieces.iter().map(|(Piece::Text(text) | Piece::Host(text))| text.len()).sum(),
    }
}
