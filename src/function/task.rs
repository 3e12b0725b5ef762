//! The task that functionConfig sets.

use super::flow_check;
use super::flow_run::FlowRun;
use super::own_items::ReadItem;
use crate::check::external::External;
use crate::config::{self, Overrides, fields, is_jina_flow};
use crate::finding::{Code, Findings, Path};
use crate::krm::meta::Meta;
use crate::reconcile::Origin;
use crate::report::{SubjectFinding, place};
use crate::yaml::{Document, Node};

/// The task of a call.
pub struct Task<'d> {
    /// The JinaFlows that are rendered or checked.
    pub runs: Vec<FlowRun<'d>>,
    /// The action on these JinaFlows.
    pub action: Action,
    /// Findings about functionConfig.
    pub findings: Vec<SubjectFinding>,
}

/// The action on the JinaFlows of a call.
pub enum Action {
    /// Renders the objects of the JinaFlows into the list.
    Render,
    /// Checks the list without a change. The external objects may be missing from the list.
    Validate(External),
}

impl<'d> Task<'d> {
    /// Reads functionConfig. If it is a `JinaFlow`, only this JinaFlow is rendered. If it is a `ConfigMap` or missing, all
    /// JinaFlows among the items are rendered. If it is a `JinaFlowCheck`, all of them are checked.
    pub fn of(config: Option<&'d ReadItem<'d>>, items: &'d [ReadItem<'d>]) -> Self {
        let render = |runs| Self { runs, action: Action::Render, findings: Vec::new() };
        let Some(ReadItem { meta, document }) = config else { return render(FlowRun::of_items(items, &Overrides::default())) };
        let Some(root) = &document.root else { return render(FlowRun::of_items(items, &Overrides::default())) };
        if is_jina_flow(root) {
            return render(vec![of_function_config(meta, document, items)]);
        }
        let mut findings = Findings::default();
        let (runs, action) = if flow_check::is_check(meta) {
            let mut external = External::default();
            flow_check::read(root, &mut external, &mut findings);
            (FlowRun::of_items(items, &Overrides::default()), Action::Validate(external))
        } else if (meta.api_version.as_str(), meta.kind.as_str()) == ("v1", "ConfigMap") {
            let overrides = overrides_of(root, &mut findings);
            (FlowRun::of_items(items, &overrides), Action::Render)
        } else {
            let finding = Code::FunctionConfigKind.error("kind", "is not a kind of functionConfig that jinaflow supports");
            let finding = finding.got(format!("{}/{}", meta.api_version, meta.kind));
            let fix = format!("use a JinaFlow or {} of {}, or a ConfigMap", config::CHECK_KIND, config::API_VERSION);
            findings.push(finding.fix(fix));
            (Vec::new(), Action::Render)
        };
        Self { runs, action, findings: place::in_item(findings, meta, document) }
    }
}

/// The JinaFlow in functionConfig. The same JinaFlow among the items has the path of its file, which a functionConfig from
/// the command line does not have. kpt 1.0 leaves the file of functionConfig out of the items, and sends the path of the
/// file when it renders.
fn of_function_config<'d>(meta: &'d Meta, document: &'d Document<'d>, items: &'d [ReadItem<'d>]) -> FlowRun<'d> {
    let twin = items.iter().map(|item| &item.meta).find(|item| item.name == meta.name && item.namespace == meta.namespace);
    let origin = if twin.is_some() || meta.path().is_some() { Origin::Package } else { Origin::Unknown };
    let known = twin.filter(|_| meta.path().is_none()).unwrap_or(meta);
    FlowRun::new(known.clone(), origin, document, &Overrides::default())
}

/// The settings in `data` of a `ConfigMap`, for every `JinaFlow` among the items.
fn overrides_of(root: &Node<'_>, findings: &mut Findings) -> Overrides {
    let mut overrides = Overrides::default();
    let top = Path::root("data");
    for (key, value) in root.map_at("data") {
        let name = key.shown();
        let path = top.key(&name);
        match fields::setting_of_config_map_key(&name) {
            Some(setting) => findings.extend(overrides.set(setting, &value.shown(), &path).err()),
            None => findings.push(Code::UnknownField.error(path, "is not a known setting").suggest(&name, fields::config_map_keys())),
        }
    }
    overrides
}
