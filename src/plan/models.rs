//! The images with the files of models, which workers mount.

use super::component::Component;
use super::planner::Planner;
use super::pods::pods;
use crate::config::workload::Model;
use crate::finding::Findings;

impl Planner<'_> {
    /// The models of a worker, with the images that `images` sets for them.
    pub(super) fn models(&self, worker: &Component, findings: &mut Findings) -> Vec<Model> {
        let mut models = worker.workload.models.clone();
        for model in models.iter_mut().filter(|model| !model.image.is_empty()) {
            let entry = self.settings.images.get(&model.image);
            let path = || self.settings.layers.path(pods(worker), "models").key(&model.name).key("image");
            let (image, path, place) = match entry {
                Some(entry) => (&entry.image, entry.origin.path_of(&entry.key), entry.origin.place()),
                None => (&model.image, path(), None),
            };
            if let Some(finding) = self.fault(image, path, place) {
                findings.push_once_for_each_place(finding);
            }
            model.image = image.clone();
        }
        models
    }
}
