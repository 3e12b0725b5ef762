//! Detects the orchestrator that calls the function, because the answer depends on it.

use super::annotations::{KPT_RESOURCE_IDS, KUSTOMIZE_ID};
use super::item::Item;
use super::list::ResourceList;
use super::meta::Meta;

/// An orchestrator, and the way in which it calls the function. kustomize uses an answer for one build only. Other callers
/// write the answer to files and send it again on the next run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// kustomize, with the function under `generators:`: the only item is functionConfig itself.
    KustomizeGenerator,
    /// kustomize, with the function under `transformers:` or `validators:`.
    KustomizeTransformer,
    /// kpt, with `selectors` or `exclude`: an object that is not in the list may still be in the package.
    KptSelection,
    /// `jinaflow export`, which keeps the memories of objects in a file of its own.
    Export,
    /// kpt without a selection, or any other caller.
    Other,
}

impl Caller {
    /// Whether the caller stores the answer and sends it again on the next run.
    pub fn keeps_files(self) -> bool {
        matches!(self, Caller::KptSelection | Caller::Export | Caller::Other)
    }

    /// Detects the caller from the items of a list.
    pub fn of(list: &ResourceList<'_>) -> Self {
        let meta = |item: &Item<'_>| item.read().ok()?.root.as_ref().map(Meta::of);
        let Some(first) = list.items.first() else {
            // A package has at least its Kptfile. So if kpt sends no item of a package, a selection hides all items.
            let config = list.function_config.as_ref().and_then(meta);
            return if config.is_some_and(|config| config.path().is_some()) { Caller::KptSelection } else { Caller::Other };
        };
        // kustomize annotates every item, and kpt every item of a selection, so the first item is enough.
        let may_be_marked = first.text().contains(KUSTOMIZE_ID) || KPT_RESOURCE_IDS.iter().any(|mark| first.text().contains(mark));
        if !may_be_marked && list.items.len() > 1 {
            return Caller::Other;
        }
        let Some(item) = meta(first) else { return Caller::Other };
        if item.annotation(KUSTOMIZE_ID).is_some() {
            return Caller::KustomizeTransformer;
        }
        if KPT_RESOURCE_IDS.iter().any(|mark| item.annotation(mark).is_some()) {
            return Caller::KptSelection;
        }
        let is_config = |config: Meta| (&config.api_version, &config.kind, &config.name) == (&item.api_version, &item.kind, &item.name);
        if list.items.len() == 1 && item.path().is_none() && list.function_config.as_ref().and_then(meta).is_some_and(is_config) {
            return Caller::KustomizeGenerator;
        }
        Caller::Other
    }
}
