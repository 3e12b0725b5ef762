//! Folders that a restricted pod must be able to write.

use super::component::Component;
use crate::config::workload::Security;

/// The folder for temporary files.
pub const SCRATCH: &str = "/tmp";

impl Component {
    /// The workspace of a restricted pod, if the workspace needs a volume: the pod's user cannot create folders in the image.
    pub fn scratch_workspace(&self) -> Option<&str> {
        let workspace = self.workspace.as_deref().filter(|path| path.starts_with('/'))?;
        let is_below = |folder: &str| {
            workspace.strip_prefix(folder.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut mounted = self.storage.iter().flat_map(|storage| &storage.mount_paths);
        let is_writable = is_below(SCRATCH) || mounted.any(|folder| is_below(folder));
        (self.workload.security == Security::Restricted && !is_writable).then_some(workspace)
    }

    /// Whether `$HOME` is set to a folder that the pod can write: Jina writes to `~/.jina` and `~/.cache`, and the home of a user
    /// without an account is `/`.
    pub fn moves_home(&self) -> bool {
        self.workload.security == Security::Restricted && self.env.iter().all(|(name, _)| name != "HOME")
    }
}
