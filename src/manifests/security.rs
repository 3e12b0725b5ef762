//! `securityProfile`: the requirements of Pod Security admission
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).

use super::nodes::{mapping, strings};
use crate::config::workload::Security;
use crate::plan::Component;
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

/// The workspace of a restricted pod, if the workspace needs a volume: the pod's user cannot create folders in the image.
pub fn workspace(component: &Component) -> Option<&str> {
    let workspace = component.workspace.as_deref().filter(|path| path.starts_with('/'))?;
    let is_below =
        |folder: &str| workspace.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut mounted = component.storage.iter().flat_map(|storage| &storage.mount_paths);
    let is_writable = is_below("/tmp") || mounted.any(|folder| is_below(folder));
    (component.workload.security == Security::Restricted && !is_writable).then_some(workspace)
}

/// Whether `$HOME` is set to a folder that the pod can write: Jina writes to `~/.jina` and `~/.cache`, and the home of a user
/// without an account is `/`.
pub fn moves_home(component: &Component) -> bool {
    component.workload.security == Security::Restricted && component.env.iter().all(|(name, _)| name != "HOME")
}
