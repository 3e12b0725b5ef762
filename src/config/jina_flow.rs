//! Reads a `JinaFlow`, or a Flow without a `JinaFlow`.

use super::api::{API_VERSION, is_jina_flow};
use super::field_checks::check_names;
use super::object_names::{is_dns_label, is_subdomain, proposing_label};
use super::overrides::Overrides;
use super::settings::Settings;
use super::{flow_overrides, jcloud, uses};
use crate::finding::{Code, Findings, Mark, Path};
use crate::jina::flow::{self, Flow};
use crate::jina::templates;
use crate::krm::ObjectRef;
use crate::yaml::{self, Data, Dialect, Document, Node, Scalar, Style, SyntaxError};

/// The settings and the Flow of a `JinaFlow`.
#[derive(Debug, Clone)]
pub struct JinaFlow {
    /// Settings of `spec` and `metadata`.
    pub settings: Settings,
    /// `spec.flow`; `None` if the Flow could not be read.
    pub flow: Option<Flow>,
    /// `spec.flow` without the options that the config overrides; `None` if it overrides none.
    pub written: Option<Flow>,
}

impl JinaFlow {
    /// The Flow and the settings of an export by Jina, which knows only the Flow.
    pub fn as_jina_reads_it(&self) -> Option<(&Flow, Settings)> {
        Some((self.written.as_ref().or(self.flow.as_ref())?, self.settings.as_jina_has_them()))
    }
}

/// Reads a `JinaFlow`. The settings of the caller override the settings of the `JinaFlow`.
pub fn read(document: &Document<'_>, overrides: &Overrides, findings: &mut Findings) -> JinaFlow {
    let Some(root) = &document.root else { return JinaFlow { settings: Settings::default(), flow: None, written: None } };
    let top = Path::root("");
    check_names(root, &["apiVersion", "kind", "metadata", "spec", "status"], &top, findings);
    if root.text_at("apiVersion") != API_VERSION {
        let got = root.get("apiVersion").map(Node::shown).unwrap_or_default();
        let finding = Code::UnsupportedApiVersion.error("apiVersion", "is not a supported version of JinaFlow").got(got);
        findings.push(finding.propose(API_VERSION).at(root.mark));
    }
    let metadata = top.key("metadata");
    let ObjectRef { name, namespace, .. } = ObjectRef::of(root);
    let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    check_name(set(name).as_deref(), &metadata.key("name"), root.mark, findings);
    let path = top.key("spec");
    let spec = root.get("spec").filter(|spec| spec.as_map().is_some());
    let mut settings = spec.map(|spec| Settings::read(spec, &path, findings)).unwrap_or_default();
    settings.name = set(name);
    settings.namespace = set(namespace);
    let Some(spec) = spec else {
        let finding = Code::MissingField.error(path, "is required").at(root.mark);
        findings.push(finding.fix("write `spec: {flow: …}` with the Flow in place of …"));
        return JinaFlow { settings, flow: None, written: None };
    };
    overrides.apply(&mut settings);
    check_namespace(&settings, &metadata.key("namespace"), findings);
    flow::report_duplicates(document, settings.strictness(), &top, findings);
    let (flow, written) = read_flow(spec, &settings, &path, findings).map_or((None, None), |(flow, written)| (Some(flow), written));
    if let Some(flow) = &flow {
        jcloud::apply(flow, &mut settings, &path.key("flow"), findings);
    }
    JinaFlow { settings, flow, written }
}

/// Reads a Flow or Deployment without a `JinaFlow`, in the form of Jina's own command line.
pub fn read_bare(document: Document<'_>, overrides: &Overrides, findings: &mut Findings) -> JinaFlow {
    let mut settings = Settings::default();
    overrides.apply(&mut settings);
    check_namespace(&settings, &Path::root("--k8s-namespace"), findings);
    let path = Path::root("");
    let mut document = document;
    let reading = match &mut document.root {
        Some(root) => settings.reading_with_files(root, &path, findings),
        None => settings.reading(),
    };
    let flow = flow::read(document, &reading, &path, findings);
    if let Some(flow) = &flow {
        jcloud::apply(flow, &mut settings, &path, findings);
        uses::warn_about_missing(flow, &settings, false, &path, findings);
    }
    JinaFlow { settings, flow, written: None }
}

fn check_name(name: Option<&str>, path: &Path<'_>, mark: Mark, findings: &mut Findings) {
    match name {
        None => findings.push(Code::MissingField.error(path, "is required").fix("give the JinaFlow a name").at(mark)),
        Some(name) if !is_subdomain(name) => {
            let message = "is not a valid name of a Kubernetes object: use lower case letters, digits, `-` and `.`";
            findings.push(proposing_label(Code::InvalidName.error(path, message).got(name), name).at(mark));
        }
        Some(_) => {}
    }
}

/// Checks that the namespace is a DNS label (RFC 1123).
fn check_namespace(settings: &Settings, path: &Path<'_>, findings: &mut Findings) {
    let Some(namespace) = settings.namespace.as_deref().filter(|namespace| !is_dns_label(namespace)) else { return };
    let message = "is not a valid name of a namespace: use at most 63 lower case letters, digits and `-`";
    findings.push(proposing_label(Code::InvalidName.error(path, message).got(namespace), namespace));
}

/// Reads `spec.flow`: with the options that the config overrides, and without them if it overrides any.
fn read_flow(spec: &Node<'_>, settings: &Settings, above: &Path<'_>, findings: &mut Findings) -> Option<(Flow, Option<Flow>)> {
    let path = above.key("flow");
    let Some(node) = spec.get("flow").filter(|node| !node.is_null()) else {
        let finding = Code::MissingField.error(path, "is required").at(spec.mark);
        findings.push(finding.fix("write the Flow as text (`flow: |`) or as a mapping"));
        return None;
    };
    match flow_document(node) {
        Ok(mut document) => {
            let (reading, written, unchanged) = match &mut document.root {
                Some(root) => {
                    let reading = settings.reading_with_files(root, &path, findings);
                    let written = flow_overrides::has_options(&settings.layers, &settings.scope).then(|| root.clone());
                    (reading, written, flow_overrides::apply(root, &settings.layers, &settings.scope))
                }
                None => (settings.reading(), None, Vec::new()),
            };
            let flow = flow::read(document, &reading, &path, findings)?;
            flow_overrides::check(&flow, settings, &unchanged, above, findings);
            uses::warn_about_missing(&flow, settings, node.as_map().is_some(), &path, findings);
            let written = written.map(|root| Document { root: Some(root), duplicates: Vec::new() });
            // A mistake that an override corrects matters only to Jina.
            let written = written.and_then(|written| flow::read(written, &reading, &path, &mut Findings::default()));
            Some((flow, written))
        }
        Err(error) => {
            let template = node.as_text().and_then(|text| templates::in_text(text, error.mark));
            findings.push(if let Some(template) = template {
                templates::finding(path, template)
            } else {
                let finding = Code::InvalidYaml.error(path, format!("is not valid YAML: {}", error.message)).at(error.mark);
                finding.fix(format!("correct line {} of the Flow", error.mark.line))
            });
            None
        }
    }
}

/// The document in `spec.flow`, which is the text of a Flow or the Flow itself.
pub fn flow_document<'n>(flow: &'n Node<'n>) -> Result<Document<'n>, SyntaxError> {
    match &flow.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => yaml::read_as(text, Dialect::Jina),
        _ => Ok(Document { root: Some(flow.clone()), duplicates: Vec::new() }),
    }
}

/// Parses the documents of a file. A file with a `JinaFlow` is parsed as kubectl parses YAML, and a file with a Flow as
/// Jina parses YAML.
pub fn documents(text: &str) -> Result<Vec<Document<'_>>, SyntaxError> {
    let has_config = |documents: &Vec<Document<'_>>| documents.iter().filter_map(|document| document.root.as_ref()).any(is_jina_flow);
    let for_jina = yaml::read_all_as(text, Dialect::Jina);
    if for_jina.as_ref().is_ok_and(|documents| !has_config(documents)) {
        return for_jina;
    }
    match yaml::read_all(text) {
        Ok(documents) if has_config(&documents) => Ok(documents),
        Err(error) if for_jina.is_ok() => Err(error),
        _ => for_jina,
    }
}
