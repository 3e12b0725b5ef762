//! A JinaFlow of a call, and the checks of its metadata.

use std::collections::{HashMap, HashSet};

use super::own_items::ReadItem;
use crate::check::NOT_LOCAL;
use crate::config::corrections::Correction;
use crate::config::{self, JinaFlow, Overrides};
use crate::finding::{Code, Findings, Path};
use crate::krm::annotations;
use crate::krm::meta::Meta;
use crate::reconcile::{FlowKey, Generated, Memories, Origin, Placing};
use crate::report::{Subject, SubjectFinding};
use crate::yaml::Document;

/// A JinaFlow that is rendered or checked.
pub struct FlowRun<'d> {
    /// The document of the JinaFlow.
    pub document: &'d Document<'d>,
    /// The fields of the Flow that decide how generated objects replace existing objects.
    pub placing: Placing,
    /// The settings and the Flow of the JinaFlow.
    pub config: JinaFlow,
    /// Findings about the JinaFlow.
    pub findings: Findings,
}

impl<'d> FlowRun<'d> {
    /// Reads a JinaFlow. `meta` is its metadata, or the metadata of an item that is the same JinaFlow.
    pub fn new(meta: Meta, origin: Origin, document: &'d Document<'d>, overrides: &Overrides) -> Self {
        let mut findings = Findings::default();
        let config = config::read(document, overrides, &mut findings);
        let is_of_jina = !config.settings.corrections().has(Correction::OwnSelectors);
        let on_conflict = config.settings.on_conflict;
        let placing = Placing { meta, origin, on_conflict, namespace: String::new(), components: Vec::new(), is_of_jina };
        Self { document, placing, config, findings }
    }

    /// Reads all JinaFlows among the items.
    pub fn of_items(items: &'d [ReadItem<'d>], overrides: &Overrides) -> Vec<Self> {
        items.iter().map(|item| Self::new(item.meta.clone(), Origin::Package, &item.document, overrides)).collect()
    }
}

/// Checks the metadata of all JinaFlows of a call.
pub fn check_metadata(runs: &mut [FlowRun<'_>]) {
    find_namesakes(runs);
    check_paths(runs);
}

/// Reports JinaFlows of one package that have the same name. The next render finds the objects of a JinaFlow by this name.
fn find_namesakes(runs: &mut [FlowRun<'_>]) {
    let mut seen: HashMap<FlowKey, Option<String>> = HashMap::new();
    for FlowRun { placing, findings, .. } in runs {
        let path = placing.meta.path().map(str::to_owned);
        if let Some(first) = seen.insert(placing.key(), path) {
            let place = first.map(|path| format!(" in {path}")).unwrap_or_default();
            let finding = Code::DuplicateName.error("metadata.name", format!("duplicates the name of another JinaFlow{place}"));
            findings.push(finding.got(&placing.meta.name).fix("rename one of them"));
        }
    }
}

/// Reports JinaFlows whose file is not in their package. Generated objects are written beside that file.
fn check_paths(runs: &mut [FlowRun<'_>]) {
    for FlowRun { placing: Placing { meta, .. }, findings, .. } in runs {
        let Some(path) = meta.path() else { continue };
        if path.starts_with('/') || path.split('/').any(|step| step == "..") {
            let annotations = Path::root("metadata.annotations");
            let finding = Code::PathOutsidePackage.error(annotations.key(annotations::PATH), "leads out of the package").got(path);
            findings.push(finding.fix("set the path of the file relative to its package, such as `jinaflow.yaml`"));
        }
    }
}

/// Reports JinaFlows of a package that would be applied to the cluster.
pub fn find_applied(runs: &mut [FlowRun<'_>]) {
    for FlowRun { placing: Placing { meta, .. }, findings, .. } in runs {
        if meta.annotation(annotations::LOCAL_CONFIG).is_none() {
            let (message, fix) = NOT_LOCAL;
            findings.push(Code::LocalConfigMissing.info("metadata.annotations", message).fix(fix));
        }
    }
}

/// Reports a JinaFlow if kpt has filtered all of its objects out of the list. Each render would add the objects again.
pub fn find_hidden_output(runs: &mut [FlowRun<'_>], generated: &[Generated<'_>]) {
    let shown: HashSet<FlowKey> = generated.iter().filter_map(Generated::flow).collect();
    for FlowRun { placing, findings, .. } in runs {
        if !shown.contains(&placing.key()) {
            let message = "`selectors` or `exclude` in the Kptfile hide the generated objects, so every render adds them again";
            let finding = Code::GeneratedObjectsHidden.warning("metadata.name", message).got(&placing.meta.name);
            findings.push(finding.fix("remove them from this function, or also select the kinds that it generates"));
        }
    }
}

/// The JinaFlows with generated objects of which none has a memory: their record was removed, so a check cannot tell edits from what
/// was rendered.
pub fn without_record(runs: &[FlowRun<'_>], generated: &[Generated<'_>]) -> Vec<SubjectFinding> {
    let known: HashSet<FlowKey> = generated.iter().filter(|item| item.remembered.is_some()).filter_map(Generated::flow).collect();
    let present: HashSet<FlowKey> = generated.iter().filter_map(Generated::flow).collect();
    let is_without = |run: &&FlowRun<'_>| present.contains(&run.placing.key()) && !known.contains(&run.placing.key());
    let finding = |run: &FlowRun<'_>| {
        let name = Memories::name(&run.placing.meta.name);
        let message = format!("has objects, but the ConfigMap `{name}`, which records the last render, is missing");
        let finding = Code::RenderedRecordMissing.error("metadata.name", message).got(&run.placing.meta.name);
        (Subject::Object(run.placing.meta.reference()), finding.fix("restore its file from version control; without one, render again"))
    };
    runs.iter().filter(is_without).map(finding).collect()
}

/// Refuses a selection that shows objects of a JinaFlow but not the record of its last render: the render would write a second
/// record into the same file.
pub fn find_hidden_record(runs: &mut [FlowRun<'_>], generated: &[Generated<'_>]) {
    let is_without = |item: &&Generated<'_>| item.remembered.is_none();
    let without: HashSet<FlowKey> = generated.iter().filter(is_without).filter_map(Generated::flow).collect();
    for FlowRun { placing, findings, .. } in runs.iter_mut().filter(|run| without.contains(&run.placing.key())) {
        let name = Memories::name(&placing.meta.name);
        let message = format!("`selectors` or `exclude` in the Kptfile hide the ConfigMap `{name}`, which records the last render");
        let finding = Code::GeneratedObjectsHidden.error("metadata.name", message).got(&placing.meta.name);
        findings.push(finding.fix(format!(
            "also select it: add `- {{kind: ConfigMap, name: {name}}}` to `selectors`; if its file is gone, render once without a selection"
        )));
    }
}
