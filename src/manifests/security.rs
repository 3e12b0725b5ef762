//! `securityProfile`: the requirements of Pod Security admission
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).

use super::nodes::{mapping, strings};
use crate::config::workload::Security;
use crate::yaml::Node;

/// The user and group of restricted pods. Images that were built for Jina run as root by default.
const USER: i32 = 1000;

/// `securityContext` of a pod.
pub fn of_pod<'c>(profile: Security) -> Option<Node<'c>> {
    let seccomp = || mapping([("type", "RuntimeDefault".into())]);
    match profile {
        Security::None => None,
        Security::Baseline => Some(mapping([("seccompProfile", seccomp())])),
        Security::Restricted => Some(mapping([
            ("runAsNonRoot", Node::field("true")),
            ("runAsUser", USER.into()),
            ("runAsGroup", USER.into()),
            ("fsGroup", USER.into()),
            ("seccompProfile", seccomp()),
        ])),
    }
}

/// `securityContext` of a container.
pub fn of_container<'c>(profile: Security) -> Option<Node<'c>> {
    let escalation = ("allowPrivilegeEscalation", Node::field("false"));
    match profile {
        Security::None => None,
        Security::Baseline => Some(mapping([escalation])),
        Security::Restricted => Some(mapping([escalation, ("capabilities", mapping([("drop", strings(["ALL"]))]))])),
    }
}
