//! Checks of the mount paths that the Flow decides: those of its volumes, and of its configuration in a ConfigMap.

use std::collections::HashSet;

use super::component::{CONFIG_FILE, Component};
use super::planner::Planner;
use super::pods::pods;
use super::scratch::SCRATCH;
use crate::config::mount_paths::normalized;
use crate::finding::{Code, Findings, Path};
use crate::jina::options::Opt;

impl Planner<'_> {
    /// Reports folders at which a pod has two volumes. [`crate::config`] compares the fields of the config with each other;
    /// `path` is the path of the executor or gateway in the Flow.
    pub(super) fn check_mounts(&self, components: &[Component], path: &Path<'_>, findings: &mut Findings) {
        for component in components {
            let workload = &component.workload;
            let mut mounted = HashSet::new();
            if component.config.is_some() {
                mounted.extend(CONFIG_FILE.rsplit_once('/').map(|(folder, _)| normalized(folder)));
            }
            let is_field = workload.storage.as_ref().is_some_and(|claims| claims.mount_path.is_some());
            for folder in component.storage.iter().filter(|_| !is_field).flat_map(|storage| &storage.mount_paths) {
                if !mounted.insert(normalized(folder)) {
                    let path = path.key(Opt::Volumes.row().name);
                    let finding = Code::MountPathAlreadyUsed.error(path, "has a folder that is the mount path of two volumes").got(folder);
                    findings.push_once_for_each_place(finding.fix("use a different folder for each volume"));
                }
            }
            mounted.extend(component.scratch_workspace().map(normalized));
            if component.moves_home() {
                mounted.insert(normalized(SCRATCH));
            }
            for (field, name, folder) in workload.mounts().filter(|(_, _, folder)| mounted.contains(&normalized(folder))) {
                let field = self.settings.layers.path(pods(component), field);
                let place = name.map_or_else(|| field.clone(), |name| field.key(name)).key("mountPath");
                let message = "is also the mount path of a volume that the pod needs";
                let finding = Code::MountPathAlreadyUsed.error(place, message).got(folder);
                findings.push_once_for_each_place(finding.fix("use a different folder"));
            }
        }
    }
}
