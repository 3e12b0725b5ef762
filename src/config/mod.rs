//! The `JinaFlow` config: `apiVersion: flow.jina.ai/v1alpha1`, `kind: JinaFlow`.

pub mod corrections;
pub mod always;
pub mod image_name;
pub mod images;
pub mod openapi;
pub mod quantity;
pub mod uses;
pub mod deltas;
pub mod field;
pub mod fields;
pub mod layers;
pub mod lists;
pub mod manual;
pub mod schema;
pub mod scope;
pub mod together;
pub mod workload;

pub use scope::Mesh;

use corrections::{Correction, Corrections};
use fields::SPEC;
use images::{GATEWAY_KEY, Images, JINA_VERSION, Pattern};
use layers::Layers;
use scope::Scope;

use crate::finding::{Finding, Findings, Mark, Path};
use crate::jina::flow::{self, Flow, Reading};
use crate::jina::section::{Rules, Strictness};
use crate::jina::substitute::Context;
use crate::jina::versions::Version;
use crate::yaml::{self, Data, Dialect, Document, Node, Scalar, Style, SyntaxError};

/// `kind` of the config.
pub const KIND: &str = "JinaFlow";

/// `kind` of the config of a validator.
pub const CHECK_KIND: &str = "JinaFlowCheck";

/// `apiVersion` of the config.
pub const API_VERSION: &str = "flow.jina.ai/v1alpha1";

/// The API group of the config and of our annotations.
pub const GROUP: &str = "flow.jina.ai";

/// The variables from which Jina takes the claims of executors with `volumes`
/// (`jina/orchestrate/deployments/config/k8slib/kubernetes_deployment.py`).
pub const STORAGE_VARIABLES: [&str; 3] = ["JINA_K8S_STORAGE_CLASS_NAME", "JINA_K8S_STORAGE_CAPACITY", "JINA_K8S_ACCESS_MODES"];

/// `spec.compat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compat {
    /// Mended manifests.
    #[default]
    None,
    /// The objects that Jina 3.34 exports, defects included.
    Jina334,
}

impl Compat {
    const WORDS: [&'static str; 2] = ["none", "jina-3.34"];

    /// Reads the word used in `spec.compat` and by `--compat`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Compat::None),
            "jina-3.34" => Some(Compat::Jina334),
            _ => None,
        }
    }

    /// The words that [`Compat::parse`] knows.
    pub fn words() -> &'static [&'static str] {
        &Self::WORDS
    }
}

/// `spec.output.onConflict`: what becomes of a field that both the user, in a generated file, and the Flow have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// The user's value stays, with a warning.
    #[default]
    Keep,
    /// The Flow's value comes, with a warning.
    Overwrite,
    /// Nothing is changed, and the run fails.
    Error,
}

impl OnConflict {
    const WORDS: [&'static str; 3] = ["keep", "overwrite", "error"];

    /// The words that [`on_conflict`] knows.
    pub fn words() -> &'static [&'static str] {
        &Self::WORDS
    }
}

/// Everything beside the Flow itself that decides what is emitted.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `spec.compat`.
    pub compat: Compat,
    /// The deliberate differences from Jina, where they are not those that `compat` decides; `jinaflow explain` takes
    /// them one by one.
    pub only: Option<Corrections>,
    /// `spec.jinaVersion`.
    pub jina_version: Option<String>,
    /// `spec.images`.
    pub images: Images,
    /// `spec.context`: values of the Flow's variables.
    pub context: Context,
    /// `metadata.name`, by which the objects of a Flow are told from those of others.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
    /// What layers say about pods.
    pub layers: Layers,
    /// What concerns the Flow as a whole.
    pub scope: Scope,
}

impl Settings {
    /// Who spreads requests over replicas.
    pub fn mesh(&self) -> Mesh {
        let default = if self.corrections().has(Correction::BalancedReplicas) { Mesh::None } else { Mesh::Linkerd };
        self.scope.mesh.unwrap_or(default)
    }

    /// The deliberate differences from Jina that apply.
    pub fn corrections(&self) -> Corrections {
        self.only.unwrap_or(match self.compat {
            Compat::None => Corrections::ALL,
            Compat::Jina334 => Corrections::NONE,
        })
    }

    /// The version whose images run where nothing else is said.
    pub fn jina_version(&self) -> &str {
        self.jina_version.as_deref().unwrap_or(JINA_VERSION)
    }

    /// The version for whose containers arguments are written.
    pub fn containers(&self) -> Version {
        let chosen = Some(self.jina_version()).filter(|_| self.corrections().has(Correction::OlderContainers));
        chosen.and_then(Version::parse).unwrap_or(Version::NEWEST)
    }

    /// What becomes of what Jina passes over in silence.
    pub fn strictness(&self) -> Strictness {
        match self.compat {
            Compat::None => Strictness::Strict,
            Compat::Jina334 => Strictness::Lenient,
        }
    }

    /// How the Flow is read.
    pub fn reading(&self) -> Reading {
        let version = Version::parse(self.jina_version()).unwrap_or(Version::NEWEST);
        Reading { context: self.context.clone(), rules: Rules { strictness: self.strictness(), version } }
    }
}

/// A `JinaFlow`, read.
#[derive(Debug, Clone)]
pub struct JinaFlow {
    /// Settings of `spec` and `metadata`.
    pub settings: Settings,
    /// `spec.flow`; `None` when it could not be read.
    pub flow: Option<Flow>,
}

/// Whether a node has the config's kind and group, in whatever version.
pub fn is_jina_flow(node: &Node<'_>) -> bool {
    kind_of_ours(node).is_some_and(|kind| kind.as_text() == Some(KIND))
}

/// The kind of an object of [`GROUP`].
fn kind_of_ours<'n, 't>(node: &'n Node<'t>) -> Option<&'n Node<'t>> {
    let version = node.get("apiVersion").and_then(Node::as_text)?;
    node.get("kind").filter(|_| version.split('/').next() == Some(GROUP))
}

/// What is wrong with an object of our group that is of no kind of it: nobody would look at it.
pub fn unknown_kind(node: &Node<'_>) -> Option<Finding> {
    let kind = kind_of_ours(node)?;
    let known = [KIND, CHECK_KIND];
    let name = kind.as_text().filter(|name| !known.contains(name))?;
    Some(Finding::error("kind", format!("is not a kind of {GROUP}")).suggest(name, known.into_iter()).got(name).at(kind.mark))
}

/// Reads a `JinaFlow`. `overrides` is what the caller sets over `spec` (command line, a `ConfigMap`).
pub fn read(document: &Document<'_>, overrides: &Overrides, findings: &mut Findings) -> JinaFlow {
    let mut settings = Settings::default();
    let Some(root) = &document.root else { return JinaFlow { settings, flow: None } };
    let top = Path::root("");
    check_keys(root, &["apiVersion", "kind", "metadata", "spec", "status"], &top, findings);
    if root.get("apiVersion").and_then(Node::as_text) != Some(API_VERSION) {
        let got = root.get("apiVersion").map(Node::shown).unwrap_or_default();
        findings.push(Finding::error(top.key("apiVersion"), "is no version of JinaFlow").got(got).propose(API_VERSION).at(root.mark));
    }
    let metadata = top.key("metadata");
    let meta = |key: &str| root.get("metadata").and_then(|m| m.get(key)).and_then(Node::as_text).filter(|text| !text.is_empty());
    check_name(meta("name"), &metadata.key("name"), root.mark, findings);
    settings.name = meta("name").map(str::to_owned);
    settings.namespace = meta("namespace").map(str::to_owned);
    let path = top.key("spec");
    let Some(spec) = root.get("spec").filter(|spec| spec.as_map().is_some()) else {
        findings.push(Finding::error(path, "is missing").fix("write `spec: {flow: …}` with the Flow below it").at(root.mark));
        return JinaFlow { settings, flow: None };
    };
    let mut known = OWN.to_vec();
    known.extend(SPEC.iter().map(|field| field.name));
    check_keys(spec, &known, &path, findings);
    settings.compat = field(spec, "compat", &path, findings, compat).unwrap_or_default();
    settings.jina_version = field(spec, "jinaVersion", &path, findings, version);
    if let Some(pattern) = field(spec, "imagePattern", &path, findings, pattern) {
        settings.images.set_pattern(pattern);
    }
    for (key, value) in texts_below(spec, "images", &path, findings) {
        settings.images.set(key, value);
    }
    for (key, value) in texts_below(spec, "context", &path, findings) {
        settings.context.set(key, value);
    }
    read_output(spec, &mut settings, &path, findings);
    settings.layers = Layers::read(spec, &path, findings);
    settings.scope = Scope::read(&beside_the_flow(spec), &path, findings);
    overrides.apply(&mut settings);
    check_namespace(&settings, &metadata.key("namespace"), findings);
    flow::report_duplicates(document, settings.strictness(), &top, findings);
    let flow = read_flow(spec, &settings, &path, findings);
    JinaFlow { settings, flow }
}

/// The fields of `spec` that are read here; the others are rows of [`fields::SPEC`].
const OWN: [&str; 11] =
    ["flow", "compat", "jinaVersion", "images", "imagePattern", "context", "output", "defaults", "roles", "gateway", "executors"];

/// The fields of the table, without the Flow, which may be long.
fn beside_the_flow(spec: &Node<'_>) -> Node<'static> {
    let pairs = spec.as_map().unwrap_or_default().iter();
    let known = pairs.filter(|(key, _)| key.as_text().is_some_and(|name| SPEC.iter().any(|field| field.name == name)));
    Node::from(Data::Map(known.cloned().collect())).into_owned()
}

fn read_output(spec: &Node<'_>, settings: &mut Settings, path: &Path<'_>, findings: &mut Findings) {
    let Some(output) = spec.get("output").filter(|output| !output.is_null()) else { return };
    let path = path.key("output");
    if output.as_map().is_none() {
        findings
            .push(Finding::error(path, "must be a mapping").got(output.shown()).fix("write `onConflict: keep` below it").at(output.mark));
        return;
    }
    check_keys(output, &["onConflict"], &path, findings);
    settings.on_conflict = field(output, "onConflict", &path, findings, on_conflict).unwrap_or_default();
}

/// What a caller sets over a `JinaFlow`'s own settings, or over the defaults of a bare Flow.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    /// `--compat`.
    pub compat: Option<Compat>,
    /// `--jina-version`.
    pub jina_version: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// `--k8s-namespace`.
    pub namespace: Option<String>,
    /// `onConflict` of a `ConfigMap`.
    pub on_conflict: Option<OnConflict>,
    /// `--image USES=IMAGE`.
    pub images: Vec<(String, String)>,
    /// `--image-pattern`.
    pub image_pattern: Option<Pattern>,
    /// An image for the gateway that gives way to `spec.images.gateway` and `--image gateway=…`
    /// (`JINA_GATEWAY_IMAGE`).
    pub fallback_gateway_image: Option<String>,
    /// `--context K=V`.
    pub context: Vec<(String, String)>,
    /// Values of variables that give way to `spec.context` and `--context K=V` (`--context-env`, `JINA_K8S_…`).
    pub fallback_context: Vec<(String, String)>,
}

impl Overrides {
    fn apply(&self, settings: &mut Settings) {
        if let Some(compat) = self.compat {
            settings.compat = compat;
        }
        if let Some(version) = &self.jina_version {
            settings.jina_version = Some(version.clone());
        }
        if let Some(name) = &self.name {
            settings.name = Some(name.clone());
        }
        if let Some(namespace) = &self.namespace {
            settings.namespace = Some(namespace.clone());
        }
        if let Some(on_conflict) = self.on_conflict {
            settings.on_conflict = on_conflict;
        }
        for (uses, image) in &self.images {
            settings.images.set(uses, image);
        }
        if let Some(pattern) = &self.image_pattern {
            settings.images.set_pattern(pattern.clone());
        }
        if let Some(image) = &self.fallback_gateway_image
            && settings.images.get(GATEWAY_KEY).is_none()
        {
            settings.images.set(GATEWAY_KEY, image);
        }
        for (name, value) in &self.context {
            settings.context.set(name, value);
        }
        for (name, value) in &self.fallback_context {
            if settings.context.get(name).is_none() {
                settings.context.set(name, value);
            }
        }
    }
}

/// Reads a Flow or Deployment that stands alone, as Jina's own command line takes it.
pub fn read_bare(document: Document<'_>, overrides: &Overrides, findings: &mut Findings) -> JinaFlow {
    let mut settings = Settings::default();
    overrides.apply(&mut settings);
    check_namespace(&settings, &Path::root("--k8s-namespace"), findings);
    let flow = flow::read(document, &settings.reading(), &Path::root(""), findings);
    if let Some(flow) = &flow {
        uses::warn_about_missing(flow, false, &Path::root(""), findings);
    }
    JinaFlow { settings, flow }
}

fn check_keys(node: &Node<'_>, known: &[&'static str], path: &Path<'_>, findings: &mut Findings) {
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.shown();
        if !known.contains(&name.as_str()) {
            let finding = Finding::error(path.key(&name), "is no field of a JinaFlow").at(key.mark);
            findings.push(finding.suggest(&name, known.iter().copied()));
        }
    }
}

/// The value of a field, when it is there and `read` takes it.
fn field<T>(
    spec: &Node<'_>,
    name: &str,
    path: &Path<'_>,
    findings: &mut Findings,
    read: impl FnOnce(&str, &Path<'_>) -> Result<T, Finding>,
) -> Option<T> {
    let node = spec.get(name).filter(|node| !node.is_null())?;
    findings.take(read(&node.shown(), &path.key(name)).map_err(|finding| finding.at(node.mark)))
}

/// The value of the field `path`, as [`Compat::parse`] reads it.
pub fn compat(word: &str, path: &Path<'_>) -> Result<Compat, Finding> {
    Compat::parse(word).ok_or_else(|| {
        let finding = Finding::error(path, "is nothing that can be imitated").got(word);
        finding.suggest(word, Compat::words().iter().copied())
    })
}

/// The value of the field `path`, as a choice of [`OnConflict`].
pub fn on_conflict(word: &str, path: &Path<'_>) -> Result<OnConflict, Finding> {
    match word {
        "keep" => Ok(OnConflict::Keep),
        "overwrite" => Ok(OnConflict::Overwrite),
        "error" => Ok(OnConflict::Error),
        _ => {
            let finding = Finding::error(path, "is nothing that can be done about a conflict").got(word);
            Err(finding.suggest(word, OnConflict::WORDS.into_iter()))
        }
    }
}

/// The value of the field `path`, when it is a pattern.
pub fn pattern(text: &str, path: &Path<'_>) -> Result<Pattern, Finding> {
    Pattern::parse(text).map_err(|message| {
        let finding = Finding::error(path, message).got(text);
        finding.fix("write REGISTRY/{owner}/{name}:{tag}")
    })
}

/// The value of the field `path`, when it is a version whose containers we know: `3.MINOR.PATCH`, from 3.7 on.
pub fn version(text: &str, path: &Path<'_>) -> Result<String, Finding> {
    match Version::parse(text) {
        None => {
            let finding = Finding::error(path, "is no version of Jina 3").got(text);
            Err(finding.fix(format!("write three numbers, such as {JINA_VERSION}")))
        }
        Some(version) if version < Version::OLDEST => {
            let message = format!("is older than {}, and its containers take other arguments", Version::OLDEST);
            Err(Finding::error(path, message).got(text).fix(format!("use a newer image, such as {JINA_VERSION}")))
        }
        Some(_) => Ok(text.to_owned()),
    }
}

/// A mapping from text to text.
fn texts_below(spec: &Node<'_>, field: &str, path: &Path<'_>, findings: &mut Findings) -> Vec<(String, String)> {
    let Some(node) = spec.get(field).filter(|node| !node.is_null()) else { return Vec::new() };
    let path = path.key(field);
    let Some(pairs) = node.as_map() else {
        findings.push(Finding::error(path, "must be a mapping").got(node.shown()).fix("write `key: value` lines below it").at(node.mark));
        return Vec::new();
    };
    let mut texts = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        // A variable may be empty, and an image may not.
        if let Some(text) = value.as_text().filter(|text| !value.is_null() && (field == "context" || !text.is_empty())) {
            texts.push((key.shown(), text.to_owned()));
        } else {
            let finding = Finding::error(path.key(&key.shown()), "must be a text").got(value.shown());
            findings.push(finding.fix("write one value").at(value.mark));
        }
    }
    texts
}

/// The name of most Kubernetes objects: DNS labels with dots between them (RFC 1123 subdomain).
pub fn is_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_dns_label)
}

fn check_name(name: Option<&str>, path: &Path<'_>, mark: Mark, findings: &mut Findings) {
    match name {
        None => findings.push(Finding::error(path, "is missing").fix("give the JinaFlow a name").at(mark)),
        Some(name) if !is_subdomain(name) => {
            let finding = Finding::error(path, "is no name for an object: lower case letters, digits, `-` and `.`").got(name);
            findings.push(proposing(finding, name).at(mark));
        }
        Some(_) => {}
    }
}

/// A namespace is a DNS label (RFC 1123).
fn check_namespace(settings: &Settings, path: &Path<'_>, findings: &mut Findings) {
    let Some(namespace) = settings.namespace.as_deref().filter(|namespace| !is_dns_label(namespace)) else { return };
    let finding = Finding::error(path, "is no name for a namespace: lower case letters, digits and `-`, at most 63").got(namespace);
    findings.push(proposing(finding, namespace));
}

fn proposing(finding: Finding, wrong: &str) -> Finding {
    let proposal = dns_label(wrong);
    if proposal.is_empty() { finding.fix("choose another name") } else { finding.propose(proposal) }
}

/// RFC 1123: lower case letters, digits and dashes, beginning and ending with a letter or digit, at most 63 characters.
pub fn is_dns_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The label that most resembles a text; may be empty.
pub fn dns_label(text: &str) -> String {
    let mapped: String =
        text.to_lowercase().chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' }).take(63).collect();
    mapped.trim_matches('-').to_owned()
}

fn read_flow(spec: &Node<'_>, settings: &Settings, above: &Path<'_>, findings: &mut Findings) -> Option<Flow> {
    let path = above.key("flow");
    let Some(node) = spec.get("flow").filter(|node| !node.is_null()) else {
        findings.push(Finding::error(path, "is missing").fix("put your Flow here, as text (`flow: |`) or as a mapping").at(spec.mark));
        return None;
    };
    match flow_document(node) {
        Ok(mut document) => {
            let unchanged = match &mut document.root {
                Some(root) => deltas::apply(root, &settings.layers, &settings.scope),
                None => Vec::new(),
            };
            let flow = flow::read(document, &settings.reading(), &path, findings)?;
            deltas::check(&flow, &settings.layers, &unchanged, above, findings);
            uses::warn_about_missing(&flow, node.as_map().is_some(), &path, findings);
            Some(flow)
        }
        Err(error) => {
            findings.push(
                Finding::error(path, format!("is not YAML: {}", error.message))
                    .fix(format!("look at line {} of the Flow", error.mark.line))
                    .at(error.mark),
            );
            None
        }
    }
}

/// `spec.flow`, which is the text of a Flow or the Flow itself.
pub fn flow_document<'n>(flow: &'n Node<'n>) -> Result<Document<'n>, SyntaxError> {
    match &flow.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => yaml::read_as(text, Dialect::Jina),
        _ => Ok(Document { root: Some(flow.clone()), duplicates: Vec::new() }),
    }
}

/// The documents of a file that has `JinaFlows` or a bare Flow. A `JinaFlow` is an object as kubectl reads it; a bare Flow
/// is for Jina's reader.
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
