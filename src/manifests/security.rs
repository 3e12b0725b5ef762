//! `securityProfile`: what Pod Security admission asks for
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).

use super::{object, texts};
use crate::config::workload::Security;
use crate::plan::Component;
use crate::yaml::Node;

/// The user and group of restricted pods. Images that were built for Jina run as root where nothing is said.
const USER: i32 = 1000;

/// `securityContext` of a pod.
pub fn of_pod<'c>(profile: Security) -> Option<Node<'c>> {
    let seccomp = || object([("type", "RuntimeDefault".into())]);
    match profile {
        Security::None => None,
        Security::Baseline => Some(object([("seccompProfile", seccomp())])),
        Security::Restricted => Some(object([
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
        Security::Baseline => Some(object([escalation])),
        Security::Restricted => Some(object([escalation, ("capabilities", object([("drop", texts(["ALL"]))]))])),
    }
}

/// The workspace of a restricted pod, where no volume has it: its user cannot make a folder beside the image's.
pub fn workspace(component: &Component) -> Option<&str> {
    let workspace = component.workspace.as_deref().filter(|path| path.starts_with('/'))?;
    let is_below =
        |folder: &str| workspace.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mounted = component.storage.iter().flat_map(|storage| &storage.mount_paths);
    let is_there = is_below("/tmp") || mounted.into_iter().any(|folder| is_below(folder));
    (component.workload.security == Security::Restricted && !is_there).then_some(workspace)
}

/// Whether `$HOME` is in a folder of the pod's own: Jina writes to `~/.jina` and `~/.cache`, and a user without a home has
/// `/`.
pub fn moves_home(component: &Component) -> bool {
    component.workload.security == Security::Restricted && component.env.iter().all(|(name, _)| name != "HOME")
}
