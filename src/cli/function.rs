//! A `ResourceList` in, a `ResourceList` out.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::cli::render::Rendering;
use crate::cli::report::{self, Subject};
use crate::config::{self, JinaFlow, Overrides, is_jina_flow};
use crate::finding::{Finding, Findings, Mark, Path};
use crate::krm::annotations;
use crate::krm::meta::Meta;
use crate::krm::results::KrmResult;
use crate::krm::{Item, ListError, NewItems, ResourceList, glance};
use crate::manifests;
use crate::reconcile::ownership::{OBJECT, Ours};
use crate::reconcile::{Fate, Generated, Reconciler};
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
            let finding = Finding::error("", "is not UTF-8").mend("convert it").at(mark_of(input, error.valid_up_to()));
            return Response::refusal(&ResourceList::empty(), vec![(Subject::Input, finding)]).write(stdout);
        }
    };
    let list = match ResourceList::read(text) {
        Ok(list) => list,
        Err(error) => return Response::refusal(&ResourceList::empty(), vec![(Subject::Input, list_fault(&error))]).write(stdout),
    };
    match answer(&list) {
        Ok(response) => response.write(stdout),
        // An alias may have its anchor in another item; only the whole text makes sense then.
        Err(fault) => match ResourceList::read_as_tree(text) {
            Ok(list) => answer(&list).unwrap_or_else(|fault| fault.refuse(&list)).write(stdout),
            Err(_) => fault.refuse(&list).write(stdout),
        },
    }
}

/// Answers a list of documents, as kustomize's legacy plugins get them, with `config` in the place of functionConfig.
/// Nothing is written when something is wrong.
pub fn run_plugin(config: &str, input: &str, stdout: &mut impl Write) -> io::Result<Outcome> {
    let Some(config) = ResourceList::read_documents(config).items.pop() else {
        let finding = Finding::error("", "the plugin's configuration is empty").mend("write a JinaFlow into it");
        return Ok(Outcome { stderr: report::lines(&[(Subject::Input, finding)]), success: false });
    };
    let mut list = ResourceList::read_documents(input);
    list.function_config = Some(config);
    let response = answer(&list).unwrap_or_else(|fault| fault.refuse(&list));
    if response.success() { response.write(stdout) } else { response.write(&mut io::sink()) }
}

fn list_fault(error: &ListError) -> Finding {
    let finding = Finding::error("", error.to_string());
    match error {
        ListError::NotAList { .. } => finding.mend("to render a Flow file, run: jinaflow export FILE"),
        ListError::Syntax(SyntaxError { mark, .. }) => finding.at(*mark),
        _ => finding,
    }
}

fn mark_of(input: &[u8], at: usize) -> Mark {
    let before = &input[..at];
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + at - memchr::memrchr(b'\n', before).map_or(0, |feed| feed + 1);
    let number = |n| u32::try_from(n).unwrap_or(u32::MAX);
    Mark { line: number(line), column: number(column) }
}

/// An item of ours that cannot be read.
struct Unreadable {
    subject: Subject,
    error: SyntaxError,
}

impl Unreadable {
    fn refuse<'l, 't>(self, list: &'l ResourceList<'t>) -> Response<'l, 't> {
        let finding = Finding::error("", format!("is not YAML: {}", self.error));
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

    fn success(&self) -> bool {
        !report::has_errors(&self.findings)
    }

    fn write(&self, stdout: &mut impl Write) -> io::Result<Outcome> {
        let results: Vec<KrmResult> = self.findings.iter().map(|(subject, finding)| KrmResult::new(finding, subject.meta())).collect();
        let items = self.list.items.iter().zip(&self.fates).filter_map(|(item, fate)| match fate {
            Fate::Kept => Some(item.text()),
            Fate::Replaced(text) => Some(text.as_str()),
            Fate::Removed => None,
        });
        self.list.write(items.chain(self.added.iter()), &results, stdout)?;
        Ok(Outcome { stderr: report::lines(&self.findings), success: self.success() })
    }
}

/// A `JinaFlow` to be rendered.
struct FlowRun {
    meta: Meta,
    config: JinaFlow,
    findings: Findings,
}

fn answer<'l, 't>(list: &'l ResourceList<'t>) -> Result<Response<'l, 't>, Box<Unreadable>> {
    let ours = Ours::default();
    let mut documents = Vec::new();
    for (index, item) in list.items.iter().enumerate().filter(|(_, item)| ours.may_be_in(item.text())) {
        documents.push((index, read(item)?));
    }
    let mut flow_items = Vec::new();
    let mut generated = Vec::new();
    for (index, document) in documents {
        let Some(root) = &document.root else { continue };
        let meta = Meta::of(root);
        if is_jina_flow(root) {
            flow_items.push((meta, document));
        } else if meta.annotation(OBJECT).is_some()
            && let Some(node) = document.root
        {
            generated.push(Generated { index, meta, node });
        }
    }
    let mut findings: Vec<(Subject, Finding)> = Vec::new();
    let config = match &list.function_config {
        None => None,
        Some(item) => {
            let document = read(item)?;
            document.root.as_ref().map(Meta::of).map(|meta| (meta, document))
        }
    };
    let mut runs = flows_to_render(config, &flow_items, &mut findings);
    if runs.is_empty() && findings.is_empty() {
        let finding = Finding::error("", "there is no JinaFlow, neither as functionConfig nor among the items");
        findings.push((Subject::Input, finding.mend("add an item of kind JinaFlow, apiVersion flow.jina.ai/v1alpha1")));
    }
    find_namesakes(&mut runs);
    let renderings: Vec<Option<Rendering>> =
        runs.iter_mut().map(|run| Rendering::of(&run.config, &Path::root("spec.flow"), &mut run.findings)).collect();
    let mut reconciler = Reconciler::new(list, generated, runs.iter().map(|run| &run.meta));
    for (run, rendering) in runs.iter_mut().zip(&renderings) {
        let Some(rendering) = rendering else { continue };
        let target = rendering.target();
        for component in rendering.components() {
            let file = rendering.file_of(component);
            for object in manifests::objects(component, &target) {
                reconciler.place(&run.meta, &component.name, &file, object, &mut run.findings);
            }
        }
    }
    for FlowRun { meta, findings: more, .. } in runs {
        findings.extend(more.into_iter().map(|finding| (Subject::Object(meta.clone()), finding)));
    }
    if report::has_errors(&findings) {
        return Ok(Response::refusal(list, findings));
    }
    let (fates, added) = reconciler.finish();
    Ok(Response { list, fates, added, findings })
}

fn read<'i>(item: &'i Item<'_>) -> Result<Document<'i>, Box<Unreadable>> {
    item.read().map_err(|error| {
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
        Box::new(Unreadable { subject, error })
    })
}

/// A `JinaFlow` as functionConfig is the only one to be rendered; a `ConfigMap` or nothing means all among the items.
fn flows_to_render(
    config: Option<(Meta, Document<'_>)>,
    items: &[(Meta, Document<'_>)],
    findings: &mut Vec<(Subject, Finding)>,
) -> Vec<FlowRun> {
    let run = |meta: Meta, document: &Document<'_>, overrides: &Overrides| {
        let mut findings = Findings::default();
        let config = config::read(document, overrides, &mut findings);
        FlowRun { meta, config, findings }
    };
    let all = |overrides: &Overrides| items.iter().map(|(meta, document)| run(meta.clone(), document, overrides)).collect();
    let Some((meta, document)) = config else { return all(&Overrides::default()) };
    let Some(root) = &document.root else { return all(&Overrides::default()) };
    if is_jina_flow(root) {
        // The same flow among the items knows its file; a functionConfig from the command line does not.
        let twin = items.iter().find(|(item, _)| item.name == meta.name && item.namespace == meta.namespace);
        let meta = match twin {
            Some((item, _)) if meta.path().is_none() => item.clone(),
            _ => meta,
        };
        return vec![run(meta, &document, &Overrides::default())];
    }
    if (meta.api_version.as_str(), meta.kind.as_str()) == ("v1", "ConfigMap") {
        let mut own = Findings::default();
        let overrides = overrides_from(root, &mut own);
        findings.extend(own.into_iter().map(|finding| (Subject::Object(meta.clone()), finding)));
        return all(&overrides);
    }
    let finding =
        Finding::error("kind", "is nothing that this function takes as functionConfig").got(format!("{}/{}", meta.api_version, meta.kind));
    let finding = finding.mend(format!("use kind JinaFlow of {}, or a ConfigMap", config::API_VERSION));
    findings.push((Subject::Object(meta), finding));
    Vec::new()
}

/// `data` of a `ConfigMap`: `compat`, `jinaVersion`, `imagePattern` and `namespace`, for every `JinaFlow` among the items.
fn overrides_from(root: &Node<'_>, findings: &mut Findings) -> Overrides {
    const KEYS: [&str; 4] = ["compat", "jinaVersion", "imagePattern", "namespace"];
    let mut overrides = Overrides::default();
    let top = Path::root("data");
    for (key, value) in root.get("data").and_then(Node::as_map).unwrap_or_default() {
        let (key, value) = (key.shown(), value.shown());
        let path = top.key(&key);
        match key.as_str() {
            "compat" => overrides.compat = findings.take(config::compat(&value, &path)),
            "jinaVersion" => overrides.jina_version = findings.take(config::version(&value, &path)),
            "imagePattern" => overrides.image_pattern = findings.take(config::pattern(&value, &path)),
            "namespace" => overrides.namespace = Some(value),
            _ => findings.push(Finding::error(path, "is no setting of this function").suggest(&key, KEYS.into_iter())),
        }
    }
    overrides
}

/// Two flows of one package must have two names: by them their objects are known again.
fn find_namesakes(runs: &mut [FlowRun]) {
    let mut seen: HashMap<(String, String), Option<String>> = HashMap::new();
    for run in runs {
        let key = (run.meta.package().to_owned(), run.meta.name.clone());
        let path = run.meta.path().map(str::to_owned);
        if let Some(first) = seen.insert(key, path) {
            let place = first.map(|path| format!(" in {path}")).unwrap_or_default();
            let finding = Finding::error("metadata.name", format!("another JinaFlow{place} has the same name")).got(&run.meta.name);
            run.findings.push(finding.mend("rename one of the two"));
        }
    }
}
