//! A `ResourceList` in, a `ResourceList` out.

pub mod documents;
pub mod flow_check;

use documents::Aliases;
use std::collections::HashMap;
use std::io::{self, Write};

use crate::check::external::External;
use crate::config::{self, JinaFlow, Overrides, fields, is_jina_flow};
use crate::finding::{Code, Excerpt, Finding, Findings, Mark, Path, Severity};
use crate::krm::meta::Meta;
use crate::krm::results::KrmResult;
use crate::krm::{self, annotations};
use crate::krm::{Caller, Item, ListError, NewItems, ResourceList, glance};
use crate::plan::Budget;
use crate::reconcile::ownership::{OBJECT, Ours, Owner};
use crate::reconcile::{Fate, Generated, Origin, Placing, Reconciler};
use crate::render::Rendering;
use crate::report::place;
use crate::report::{self, Subject};
use crate::yaml::{Document, Node, SyntaxError};

/// What a run says beside its answer.
#[derive(Debug, Default)]
pub struct Outcome {
    /// For standard error.
    pub stderr: String,
    /// Whether the exit code is 0.
    pub success: bool,
}

/// Answers a `ResourceList`. Whatever happens, what is written is a `ResourceList` with every item that came in.
pub fn run(input: &[u8], stdout: &mut impl Write) -> io::Result<Outcome> {
    let text = match std::str::from_utf8(input) {
        Ok(text) => text,
        Err(error) => {
            let findings = vec![(Subject::Input, place::not_utf8(&Subject::Input, input, error))];
            return Response::refusal(&ResourceList::empty(), findings).write(stdout);
        }
    };
    let list = match ResourceList::read(text) {
        Ok(list) => list,
        // Nobody's protocol, but what `cat *.yaml` gives; the answer is documents as well.
        Err(ListError::NotAList { .. }) if ResourceList::read_documents(text).items.iter().any(holds_jina_flow) => {
            ResourceList::read_documents(text)
        }
        Err(error) => return Response::refusal(&ResourceList::empty(), vec![(Subject::Input, list_fault(&error, text))]).write(stdout),
    };
    let caller = Caller::of(&list);
    let first = answer(&list, caller, Unread::Fails);
    let is_whole = first.as_ref().is_ok_and(|response| !response.changes_items());
    // An alias may have its anchor in another item, which changes or goes.
    if !is_whole
        && list.has_slices()
        && let Some(apart) = krm::kept_apart(text)
        && let Ok(list_apart) = ResourceList::read(&apart)
        && list_apart.items.len() == list.items.len()
        && let Ok(response) = answer(&list_apart, caller, Unread::Fails)
    {
        return if response.changes_items() { response.write(stdout) } else { response.of(&list).write(stdout) };
    }
    match first {
        Ok(response) => response.write(stdout),
        // Only the whole text makes sense then.
        Err(fault) => match ResourceList::read_as_tree(text) {
            Ok(list) => answer(&list, caller, Unread::IsTold).unwrap_or_else(|fault| fault.refuse(&list, text)).write(stdout),
            Err(_) => answer(&list, caller, Unread::IsTold).unwrap_or_else(|_| fault.refuse(&list, text)).write(stdout),
        },
    }
}

/// Answers a list of documents, as kustomize's legacy plugins get them, with `config` in the place of functionConfig.
/// Nothing is written when something is wrong.
pub fn run_plugin(config: &str, input: &str, stdout: &mut impl Write) -> io::Result<Outcome> {
    let Some(config) = ResourceList::read_documents(config).items.pop() else {
        let finding = Finding::error("", "the plugin's configuration is empty").fix("write a JinaFlow into it");
        return Ok(Outcome { stderr: report::lines(&[(Subject::Input, finding)]), success: false });
    };
    let mut list = ResourceList::read_documents(input);
    list.function_config = Some(config);
    let caller = if list.items.is_empty() { Caller::KustomizeGenerator } else { Caller::KustomizeTransformer };
    let response = answer(&list, caller, Unread::IsTold).unwrap_or_else(|fault| fault.refuse(&list, input));
    if response.success() { response.write(stdout) } else { response.write(&mut io::sink()) }
}

fn holds_jina_flow(item: &Item<'_>) -> bool {
    item.read().is_ok_and(|document| document.root.as_ref().is_some_and(is_jina_flow))
}

fn list_fault(error: &ListError, text: &str) -> Finding {
    let finding = Finding::error("", error.to_string());
    match error {
        ListError::NotAList { .. } => finding.fix("to render a Flow file, run: jinaflow export FILE"),
        ListError::Syntax(SyntaxError { mark, .. }) => finding.quoting(Excerpt::of(&Subject::Input.words(), text, *mark)),
        _ => finding,
    }
}

/// An item of ours that cannot be read.
struct Unreadable {
    subject: Subject,
    text: String,
    error: SyntaxError,
}

impl Unreadable {
    /// `whole` is the text of the list.
    fn refuse<'l, 't>(self, list: &'l ResourceList<'t>, whole: &str) -> Response<'l, 't> {
        let SyntaxError { message, mark } = self.error;
        let mut finding = Finding::error("", format!("is not YAML: {message}")).fix(format!("look at line {} of the item", mark.line));
        if let Some(start) = memchr::memmem::find(whole.as_bytes(), self.text.as_bytes()) {
            let before = place::behind(&whole.as_bytes()[..start]);
            let column = if mark.line == 1 { before.column + mark.column - 1 } else { mark.column };
            let mark = Mark { line: before.line.saturating_add(mark.line) - 1, column };
            finding = finding.quoting(Excerpt::of(&Subject::Input.words(), whole, mark));
        }
        Response::refusal(list, vec![(self.subject, finding)])
    }
}

/// An answer before it is written.
struct Response<'l, 't> {
    list: &'l ResourceList<'t>,
    fates: Vec<Fate>,
    added: NewItems,
    findings: Vec<(Subject, Finding)>,
}

impl<'l, 't> Response<'l, 't> {
    /// An answer that changes nothing and says why.
    fn refusal(list: &'l ResourceList<'t>, findings: Vec<(Subject, Finding)>) -> Self {
        Self { list, fates: vec![Fate::Kept; list.items.len()], added: NewItems::default(), findings }
    }

    /// Whether an item leaves with another text than it came with, or not at all.
    fn changes_items(&self) -> bool {
        self.fates.iter().any(|fate| *fate != Fate::Kept)
    }

    /// The same answer for another spelling of its list.
    fn of<'o, 'u>(self, list: &'o ResourceList<'u>) -> Response<'o, 'u> {
        let Self { fates, added, findings, .. } = self;
        Response { list, fates, added, findings }
    }

    fn success(&self) -> bool {
        !report::has_errors(&self.findings)
    }

    #[inline(never)]
    fn write(&self, stdout: &mut impl Write) -> io::Result<Outcome> {
        let results = self.findings.iter().map(|(subject, finding)| KrmResult::new(finding, subject.meta()));
        let items = self.list.items.iter().zip(&self.fates).filter_map(|(item, fate)| match fate {
            Fate::Kept => Some(item.text()),
            Fate::Replaced(text) => Some(text.as_str()),
            Fate::Removed => None,
        });
        self.list.write(items.chain(self.added.iter()), results, stdout)?;
        Ok(Outcome { stderr: report::lines(&self.findings), success: self.success() })
    }
}

/// Findings as `results` of a list in JSON that has nothing else.
#[inline(never)]
pub fn write_results(findings: Vec<(Subject, Finding)>, stdout: &mut impl Write) -> io::Result<Outcome> {
    let empty = format!(r#"{{"apiVersion": "{}", "kind": "{}", "items": []}}"#, krm::API_VERSIONS[0], krm::KIND);
    let list = ResourceList::read(&empty).unwrap_or_else(|_| ResourceList::empty());
    Response::refusal(&list, findings).write(stdout)
}

/// A `JinaFlow` to be rendered.
struct FlowRun<'d> {
    document: &'d Document<'d>,
    placing: Placing,
    config: JinaFlow,
    findings: Findings,
}

/// What is to be done.
struct Task<'d> {
    runs: Vec<FlowRun<'d>>,
    /// What is provided elsewhere, where nothing is to be changed.
    check: Option<External>,
    /// What is wrong with functionConfig.
    findings: Vec<(Subject, Finding)>,
}

/// What becomes of a check where an item of somebody else cannot be read.
#[derive(Clone, Copy, PartialEq)]
enum Unread {
    Fails,
    IsTold,
}

fn answer<'l, 't>(list: &'l ResourceList<'t>, caller: Caller, unread: Unread) -> Result<Response<'l, 't>, Box<Unreadable>> {
    let OursRead { flows: flow_items, generated, unknown } = items_of_ours(list)?;
    let config = match &list.function_config {
        None => None,
        Some(item) => {
            let document = read(item)?;
            document.root.as_ref().map(Meta::of).map(|meta| (meta, document))
        }
    };
    let Task { mut runs, check, mut findings } = task(config.as_ref(), &flow_items);
    findings.extend(unknown);
    let is_check = check.is_some();
    if runs.is_empty() && findings.is_empty() && !is_check {
        let finding = Finding::error("", "there is no JinaFlow, neither as functionConfig nor among the items");
        findings.push((Subject::Input, finding.fix("add an item of kind JinaFlow, apiVersion flow.jina.ai/v1alpha1")));
    }
    find_namesakes(&mut runs);
    check_places(&mut runs);
    if caller == Caller::KptSelection && !is_check {
        find_hidden_output(&mut runs, &generated);
    }
    let mut budget = Budget::default();
    let mut renderings: Vec<Option<Rendering>> = Vec::with_capacity(runs.len());
    for run in &mut runs {
        let rendering = Rendering::of(&run.config, &Path::root("spec.flow"), &mut budget, &mut run.findings);
        if let Some(rendering) = &rendering {
            rendering.target().namespace.unwrap_or_default().clone_into(&mut run.placing.namespace);
            run.placing.components = rendering.planned();
        }
        renderings.push(rendering);
    }
    let checked: Vec<(usize, Meta)> = generated.iter().filter(|_| is_check).map(|item| (item.index, item.meta.clone())).collect();
    let placing: Vec<&Placing> = runs.iter().map(|run| &run.placing).collect();
    let mut reconciler = Reconciler::new(list, caller, is_check, generated, flow_items.iter().map(|(meta, _)| meta), &placing);
    for (run, rendering) in runs.iter_mut().zip(&renderings) {
        if let Some(rendering) = rendering {
            rendering.place(&run.placing, &mut reconciler, &mut run.findings);
        }
    }
    let placing: Vec<&Placing> = runs.iter().map(|run| &run.placing).collect();
    let mut outcome = reconciler.finish(&placing);
    for FlowRun { document, placing, findings: more, .. } in runs {
        findings.extend(place::in_item(more, &placing.meta, document));
    }
    let told = std::mem::take(&mut outcome.told);
    let told = told.into_iter().map(|(_, meta, finding)| (Subject::Object(meta), finding));
    if !is_check {
        findings.extend(told);
    } else if !report::has_errors(&findings) {
        findings.extend(flow_check::stale(list, &checked, &outcome));
        // A check writes nothing: what a render would keep is worth knowing, and no fault.
        let softened = |(subject, finding): (Subject, Finding)| match finding.severity {
            Severity::Warning => (subject, finding.with_severity(Severity::Info)),
            _ => (subject, finding),
        };
        findings.extend(told.map(softened));
    }
    // In a build of kustomize nobody knows yet: names are followed at its end. Nor where kpt shows a part of the package.
    if let Some(external) = check.filter(|_| caller == Caller::Other) {
        let objects = all_objects(list, unread, &mut findings)?;
        findings.extend(flow_check::unwired(&objects, external));
    }
    if report::has_errors(&findings) {
        return Ok(Response::refusal(list, findings));
    }
    if is_check {
        return Ok(Response { list, fates: flow_check::fates(list, caller), added: NewItems::default(), findings });
    }
    if caller == Caller::KustomizeGenerator {
        // kustomize hands the config of a generator over as an item. In the answer it would be one more object of the build,
        // and a patch of the JinaFlow above its rendering would change that object, and nothing else, without a word.
        outcome.fates.fill(Fate::Removed);
    }
    Ok(Response { list, fates: outcome.fates, added: outcome.added, findings })
}

/// Every item, to be looked at. What stands in for one that cannot be read is for nobody's cluster.
fn all_objects<'l>(
    list: &'l ResourceList<'_>,
    unread: Unread,
    findings: &mut Vec<(Subject, Finding)>,
) -> Result<Vec<Node<'l>>, Box<Unreadable>> {
    let mut objects = Vec::with_capacity(list.items.len());
    let mut aliases = Aliases::default();
    for item in &list.items {
        let first = Mark { line: 1, column: 1 };
        let document = if aliases.may_hold(item.text()) { read(item) } else { Err(Box::new(Unreadable::of(item, aliases.error(first)))) };
        let node = document.and_then(|document| match &document.root {
            Some(node) if !aliases.fit(node, item.text()) => Err(Box::new(Unreadable::of(item, aliases.error(node.mark)))),
            _ => Ok(document.root),
        });
        match node {
            Ok(node) => objects.push(node.unwrap_or_else(|| Node::plain(""))),
            Err(unreadable) if unread == Unread::Fails => return Err(unreadable),
            Err(unreadable) => {
                findings.push(unreadable.told());
                objects.push(Node::plain(""));
            }
        }
    }
    Ok(objects)
}

/// A document with its metadata.
type Read<'l> = (Meta, Document<'l>);

/// What concerns us among the items.
#[derive(Default)]
struct OursRead<'l> {
    flows: Vec<Read<'l>>,
    /// What was generated from them.
    generated: Vec<Generated<'l>>,
    /// What is wrong with those of a kind that there is not.
    unknown: Vec<(Subject, Finding)>,
}

fn items_of_ours<'l>(list: &'l ResourceList<'_>) -> Result<OursRead<'l>, Box<Unreadable>> {
    let ours = Ours::default();
    let mut read_so_far = OursRead::default();
    for (index, item) in list.items.iter().enumerate().filter(|(_, item)| ours.may_be_in(item.text())) {
        let document = read(item)?;
        let Some(root) = &document.root else { continue };
        let meta = Meta::of(root);
        if is_jina_flow(root) {
            read_so_far.flows.push((meta, document));
        } else if let Some(finding) = config::unknown_kind(root) {
            read_so_far.unknown.push((Subject::Object(meta), finding));
        } else if meta.annotation(OBJECT).is_some()
            && let Some(node) = document.root
        {
            read_so_far.generated.push(Generated { index, meta, node });
        }
    }
    Ok(read_so_far)
}

fn read<'i>(item: &'i Item<'_>) -> Result<Document<'i>, Box<Unreadable>> {
    item.read().map_err(|error| Box::new(Unreadable::of(item, error)))
}

impl Unreadable {
    fn of(item: &Item<'_>, error: SyntaxError) -> Self {
        let subject = match glance(item) {
            Some(seen) => Subject::Object(Meta {
                kind: seen.kind.to_owned(),
                name: seen.name.to_owned(),
                api_version: config::API_VERSION.into(),
                annotations: seen.path.map(|path| (annotations::PATH.to_owned(), path.to_owned())).into_iter().collect(),
                ..Meta::default()
            }),
            None => Subject::Input,
        };
        Self { subject, text: item.body().to_owned(), error }
    }

    /// What is said of it where everything else is looked at all the same.
    fn told(self) -> (Subject, Finding) {
        let severity = if documents::is_ours(&self.text) { Severity::Error } else { Severity::Warning };
        let finding = Finding::error("", format!("is not YAML: {}", self.error.message)).with_severity(severity);
        let mend = format!("look at line {} of the item: it was not looked at, all others were", self.error.mark.line);
        (self.subject, finding.fix(mend))
    }
}

/// A `JinaFlow` as functionConfig is the only one to be rendered; a `ConfigMap` or nothing means all among the items,
/// and a `JinaFlowCheck` that all of them are looked at.
fn task<'d>(config: Option<&'d Read<'d>>, items: &'d [Read<'d>]) -> Task<'d> {
    let run = |meta: Meta, origin: Origin, document: &'d Document<'d>, overrides: &Overrides| {
        let mut findings = Findings::default();
        let config = config::read(document, overrides, &mut findings);
        let placing = Placing { meta, origin, on_conflict: config.settings.on_conflict, namespace: String::new(), components: Vec::new() };
        FlowRun { document, placing, config, findings }
    };
    let all =
        |overrides: &Overrides| items.iter().map(|(meta, document)| run(meta.clone(), Origin::Package, document, overrides)).collect();
    let Some((meta, document)) = config else { return Task { runs: all(&Overrides::default()), check: None, findings: Vec::new() } };
    let task = |runs, check, findings| Task { runs, check, findings: place::in_item(findings, meta, document) };
    let mut findings = Findings::default();
    let Some(root) = &document.root else { return task(all(&Overrides::default()), None, findings) };
    if is_jina_flow(root) {
        // The same flow among the items knows its file; a functionConfig from the command line does not. kpt 1.0 leaves the
        // file of a function's own config out of the items, and tells its path when it renders.
        let twin = items.iter().find(|(item, _)| item.name == meta.name && item.namespace == meta.namespace);
        let known = match twin {
            Some((item, _)) if meta.path().is_none() => item,
            _ => meta,
        };
        let origin = if twin.is_some() || meta.path().is_some() { Origin::Package } else { Origin::Unknown };
        return task(vec![run(known.clone(), origin, document, &Overrides::default())], None, findings);
    }
    if flow_check::is_check(meta) {
        let mut external = External::default();
        flow_check::read(root, &mut external, &mut findings);
        return task(all(&Overrides::default()), Some(external), findings);
    }
    if (meta.api_version.as_str(), meta.kind.as_str()) == ("v1", "ConfigMap") {
        let overrides = overrides_from(root, &mut findings);
        return task(all(&overrides), None, findings);
    }
    let finding =
        Finding::error("kind", "is nothing that this function takes as functionConfig").got(format!("{}/{}", meta.api_version, meta.kind));
    findings.push(finding.fix(format!("use kind JinaFlow or {} of {}, or a ConfigMap", config::CHECK_KIND, config::API_VERSION)));
    task(Vec::new(), None, findings)
}

/// Settings in `data` of a `ConfigMap`, for every `JinaFlow` among the items.
fn overrides_from(root: &Node<'_>, findings: &mut Findings) -> Overrides {
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

/// Objects go beside the file of their Flow, which is in its package.
fn check_places(runs: &mut [FlowRun<'_>]) {
    for FlowRun { placing: Placing { meta, .. }, findings, .. } in runs {
        let Some(path) = meta.path() else { continue };
        if path.starts_with('/') || path.split('/').any(|step| step == "..") {
            let annotations = Path::root("metadata.annotations");
            let finding = Finding::error(annotations.key(annotations::PATH), "leads out of the package").got(path);
            findings.push(finding.fix("write the file's path relative to its package, such as jinaflow.yaml"));
        }
    }
}

/// Two flows of one package must have two names: by them their objects are known again.
fn find_namesakes(runs: &mut [FlowRun<'_>]) {
    let mut seen: HashMap<(String, String), Option<String>> = HashMap::new();
    for FlowRun { placing: Placing { meta, .. }, findings, .. } in runs {
        let key = (meta.package().to_owned(), meta.name.clone());
        let path = meta.path().map(str::to_owned);
        if let Some(first) = seen.insert(key, path) {
            let place = first.map(|path| format!(" in {path}")).unwrap_or_default();
            let finding = Finding::error("metadata.name", format!("another JinaFlow{place} has the same name")).got(&meta.name);
            findings.push(finding.fix("rename one of the two"));
        }
    }
}

/// kpt shows a part of the package only. What was generated and is not shown would be generated again.
fn find_hidden_output(runs: &mut [FlowRun<'_>], generated: &[Generated<'_>]) {
    for FlowRun { placing: Placing { meta, .. }, findings, .. } in runs {
        let is_own = |item: &Generated<'_>| {
            let owner = item.meta.annotation(OBJECT).and_then(Owner::parse);
            item.meta.package() == meta.package() && owner.is_some_and(|owner| owner.flow == meta.name)
        };
        if !generated.iter().any(is_own) {
            let message = "`selectors` or `exclude` in the Kptfile hide what was generated before, so that every render adds it again";
            let finding = Finding::warning("metadata.name", message).got(&meta.name);
            findings.push(finding.fix("remove them from this function, or select the kinds that it generates as well"));
        }
    }
}
