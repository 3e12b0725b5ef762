//! Reads a Flow or Deployment as Jina does, and reports mistakes.

use std::borrow::Cow;
use std::rc::Rc;

use super::inherited::{self, Given, Options};
use super::inline;
use super::jcloud::{self, Block, JCLOUD};
use super::nested::{self, Origin, Origins};
use super::older::{self, PODS};
use super::options::Opt;
use super::options_of;
use super::scalar;
use super::section::{Rules, Section, Strictness};
use super::setting::{Protocol, Setting};
use super::substitute::{Context, Missing, substitute};
use super::templates;
use super::topology::{self, Arrangement, Entry, Executor, GATEWAY, Graph, Inspection, Method};
use super::unset;
use super::value::Value;
use super::versions::{Change, Version};
use crate::finding::{Code, FieldPath, Finding, Findings, Path, Severity};
use crate::yaml::{Data, Dict, Document, Node, Scalar, Style};

/// The type of the document (`jtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A graph of executors behind a gateway.
    Flow,
    /// One executor without a gateway.
    Deployment,
}

/// A Flow or Deployment that was read without errors.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The type of the document.
    pub kind: Kind,
    /// `with.name` of a Flow. Jina uses it as the namespace if no other is set.
    pub name: Option<String>,
    /// The gateway's options; a Deployment has none.
    pub gateway: Option<Options>,
    /// The key of the list of executors.
    pub list: &'static str,
    /// The executors in order; one for a Deployment.
    pub executors: Vec<Executor>,
    /// All executors, also the removed executors, if `inspect: REMOVE` removed any: Jina still passes them to the gateway.
    pub with_removed: Option<Vec<Executor>>,
    /// The graph; empty for a Deployment.
    pub graph: Graph,
    /// The `jcloud` blocks, which Jina ignores.
    pub jcloud: Vec<Block>,
}

impl Flow {
    /// The oldest version of Jina that has the options of this Flow.
    pub fn least_version(&self) -> Version {
        let all = self.gateway.iter().chain(self.executors.iter().map(|executor| &executor.options));
        let of_options = all.flat_map(Options::changed).map(|opt| Version::of_minor(opt.row().since));
        let of_changes = self.changes().filter_map(Version::with);
        of_options.chain(of_changes).max().unwrap_or(Version::OLDEST).max(Version::OLDEST)
    }

    /// The changes of Jina that this Flow needs.
    fn changes(&self) -> impl Iterator<Item = Change> {
        let gateway = self.gateway.as_ref();
        let executors = || self.executors.iter().map(|executor| &executor.options);
        let needed = [
            (Change::GatewayUses, gateway.is_some_and(|options| options.text(Opt::Uses).is_some() || options.inline().is_some())),
            (Change::SeveralProtocols, gateway.is_some_and(|options| options.protocols().len() > 1)),
            (Change::ExecutorProtocol, executors().any(|options| options.protocols() != [Protocol::Grpc])),
        ];
        needed.into_iter().filter(|(_, is_needed)| *is_needed).map(|(change, _)| change)
    }
}

/// The settings for reading a Flow.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Values of variables.
    pub context: Context,
    /// The strictness and the version.
    pub rules: Rules,
    /// The entries of the list of executors that are from other files.
    pub origins: Origins,
}

/// Reads a document. `path` is the path of the Flow: `""` in a file, `spec.flow` in a `JinaFlow`.
pub fn read(document: Document<'_>, reading: &Reading, path: &Path<'_>, all: &mut Findings) -> Option<Flow> {
    let mut findings = Findings::default();
    let flow = read_document(document, reading, path, &mut findings);
    unset::merged(findings, &reading.context, all);
    flow
}

fn read_document(document: Document<'_>, reading: &Reading, path: &Path<'_>, findings: &mut Findings) -> Option<Flow> {
    if let Some(template) = document.root.as_ref().and_then(templates::in_node) {
        findings.push(templates::finding(path, template));
        return None;
    }
    report_duplicates(&document, reading.rules.strictness, path, findings);
    let Some(root) = document.root else {
        findings.push(Code::MissingField.error(path, "is empty").fix("write a Flow: `jtype: Flow` and a list of `executors`"));
        return None;
    };
    if root.as_map().is_none() {
        let finding =
            Code::WrongType.error(path, "must be a mapping").got(root.shown()).fix("write a Flow: `jtype: Flow` and a list of `executors`");
        findings.push(finding.at(root.mark));
        return None;
    }
    let kind = kind(&root, path, findings)?;
    let is_strict = reading.rules.strictness == Strictness::Strict;
    if let Some(finding) = older::of_jina_zero(&root, path).filter(|_| is_strict && kind == Kind::Flow) {
        findings.push(finding);
        return None;
    }
    check_nodes(&root, true, path, findings);
    let missing = match reading.rules.strictness {
        Strictness::Strict => Missing::Kept,
        Strictness::Lenient => Missing::AsInJina,
    };
    let mut root = if reading.rules.keeps_variables { root } else { substitute(root, &reading.context, missing, path, findings) };
    if is_strict && kind == Kind::Flow {
        older::translate(&mut root, path, findings);
    }
    let reader = Reader { root: &root, rules: reading.rules, origins: &reading.origins, path };
    let flow = match kind {
        Kind::Flow => reader.flow(findings),
        Kind::Deployment => reader.deployment(findings),
    };
    Some(Flow { jcloud: jcloud::blocks(&root, kind == Kind::Deployment, path), ..flow })
}

/// Reports keys and tags that Jina's reader refuses. Only a Flow and its executors may have a tag. The inline
/// configuration of a class below `uses` is not checked here, because the container reads it.
fn check_nodes(node: &Node<'_>, may_have_tag: bool, path: &Path<'_>, findings: &mut Findings) {
    if let Some(tag) = node.tag.as_ref().filter(|_| !may_have_tag) {
        let finding = Code::TagNotAllowed.error(path, "must not have a tag").got(format!("!{tag}"));
        findings.push(finding.fix("remove the tag").at(node.mark));
    }
    match &node.data {
        Data::Scalar(_) => {}
        Data::List(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                check_nodes(entry, may_have_tag, &path.index(index), findings);
            }
        }
        Data::Map(pairs) => {
            for (key, value) in pairs {
                if !matches!(key.data, Data::Scalar(_)) || key.tag.is_some() {
                    let finding = Code::WrongType.error(path, "has a key that is not a string").got(key.shown());
                    findings.push(finding.fix("write a string as the key").at(key.mark));
                    continue;
                }
                let name = key.as_text().unwrap_or_default();
                if name != Opt::Uses.row().name || value.as_map().is_none() {
                    let is_list = may_have_tag && matches!(name, "executors" | "deployments" | PODS) && value.tag.is_none();
                    check_nodes(value, is_list, &path.key(name), findings);
                }
            }
        }
    }
}

/// Whether a section is empty: `with:`, `gateway: {}`, `executors: []`.
fn is_empty(node: &Node<'_>) -> bool {
    match &node.data {
        Data::Scalar(scalar) => node.is_null() || scalar.text.is_empty(),
        Data::List(entries) => entries.is_empty(),
        Data::Map(pairs) => pairs.is_empty(),
    }
}

/// Reports duplicate keys. Jina uses the last value.
pub fn report_duplicates(document: &Document<'_>, strictness: Strictness, path: &Path<'_>, findings: &mut Findings) {
    for duplicate in &document.duplicates {
        let path = FieldPath::from(path).join(duplicate.path.steps()).key(&duplicate.key);
        let message = format!("is a duplicate key, first used on line {}", duplicate.first.line);
        let finding = strictness.finding(Code::DuplicateKey, path, &message, "the last value is used");
        findings.push(finding.fix("remove one of the two").at(duplicate.second));
    }
}

fn kind(root: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<Kind> {
    let jtype = root.get("jtype");
    let (name, mark) = match (&root.tag, jtype) {
        (Some(tag), _) => (tag.to_string(), root.mark),
        (None, Some(node)) => (node.shown(), node.mark),
        (None, None) => {
            let finding = Code::MissingField.error(path.key("jtype"), "is required");
            findings.push(finding.fix("add `jtype: Flow` or `jtype: Deployment`").at(root.mark));
            return None;
        }
    };
    match name.as_str() {
        "Flow" => Some(Kind::Flow),
        "Deployment" => Some(Kind::Deployment),
        _ => {
            let finding = Code::ValueNotAllowed.error(path.key("jtype"), "must be `Flow` or `Deployment`").got(&name).at(mark);
            findings.push(finding.suggest(&name, ["Flow", "Deployment"].into_iter()));
            None
        }
    }
}

/// The most bytes that all executors may inherit from `with` in total.
const MOST_INHERITED: usize = 64 << 20;

struct Reader<'r, 't> {
    root: &'r Node<'t>,
    rules: Rules,
    origins: &'r Origins,
    path: &'r Path<'r>,
}

impl<'r, 't> Reader<'r, 't> {
    fn flow(&self, findings: &mut Findings) -> Flow {
        self.check_version(findings);
        self.check_top_level(&["jtype", "version", "with", "executors", "deployments", "gateway"], findings);
        let before = findings.len();
        let with = self.with(Section::With, findings);
        let is_incomplete = has_errors_since(before, findings);
        let name = text_of(&with, Opt::Name);
        let inspection = match text_of(&with, Opt::Inspect).as_deref() {
            Some("HANG") => Inspection::Hang,
            Some("REMOVE") => Inspection::Remove,
            _ => Inspection::Collect,
        };
        let before = findings.len();
        let gateway = self.gateway(&with, findings);
        let gateway = gateway.with_unread(is_incomplete || has_errors_since(before, findings));
        let inherited = Rc::new(inherited::inherited_by(Section::Executor, &with));
        let workspace = text_of(&with, Opt::Workspace);
        let (list, entries) = self.entries(&inherited, workspace.as_deref(), findings);
        let of_jina = with_workspace(Options::new(Section::Executor, Vec::new(), inherited), workspace.as_deref());
        let entries = entries.into_iter().map(|entry| {
            let is_incomplete = is_incomplete || entry.options.is_incomplete();
            Entry { options: entry.options.with_unread(is_incomplete), ..entry }
        });
        let arranged = topology::arrange(entries.collect(), inspection, &of_jina, &self.path.key(list), findings);
        let Arrangement { executors, with_removed, graph } = arranged;
        Flow { kind: Kind::Flow, name, gateway: Some(gateway), list, executors, with_removed, graph, jcloud: Vec::new() }
    }

    fn deployment(&self, findings: &mut Findings) -> Flow {
        self.check_version(findings);
        let before = findings.len();
        let mut given = self.with(Section::Executor, findings);
        // Jina's documentation shows options on the same level as `with`, although Jina itself ignores them there.
        let beside = |key: &str| matches!(key, "jtype" | "version" | "with" | "needs" | "name") || key.starts_with("x-");
        let pairs = self.root.as_map().unwrap_or_default();
        for option in options_of::read(Section::Executor, pairs, beside, self.rules, self.path, findings) {
            if given.iter().all(|known| known.opt != option.opt) {
                given.push(option);
            }
        }
        let with = self.path.key("with");
        let (below, place) = match self.root.get("with").and_then(|with| with.get("name")) {
            Some(node) => (Some(node), &with),
            None => (self.root.get("name"), self.path),
        };
        // argparse reads a list with one entry as a single value.
        let waits = self.root.get("with").is_some_and(|node| self.waits_for_values(node, &["name"], &with, findings))
            || self.waits_for_values(self.root, &["name"], self.path, findings);
        let below = below.filter(|_| !waits).map(|node| if let Some([one]) = node.as_list() { one } else { node });
        // `deployment_role` has an effect only in a Flow.
        given.retain(|given| given.opt != Opt::DeploymentRole);
        let name = below.and_then(|node| name_of(node, &['_', '-', '/'], place, findings)).unwrap_or_else(|| "executor".to_owned());
        // Jina treats every Kubernetes object of that name as a gateway.
        if name.eq_ignore_ascii_case(GATEWAY) {
            let finding = Code::ReservedName.error(place.key("name"), "must not be `gateway`");
            findings.push(finding.got(&name).fix("use another name").at(self.root.mark));
        }
        let inside = self.root.get("with").and_then(Node::as_map).unwrap_or_default();
        let inline = inline::read(inside, self.rules, &with, findings);
        let inline = inline.or_else(|| inline::read(pairs, self.rules, self.path, findings));
        let is_incomplete = has_errors_since(before, findings);
        let options = Options::new(Section::Executor, given, Rc::default()).with_inline(inline).with_unread(is_incomplete);
        let entry = Entry { name: Some(name), method: Method::Add, needs: Vec::new(), options, index: 0, mark: self.root.mark };
        let Arrangement { executors, .. } = topology::arrange(vec![entry], Inspection::Hang, &Options::default(), self.path, findings);
        let (gateway, graph) = (None, Graph::default());
        Flow { kind: Kind::Deployment, name: None, gateway, list: "executors", executors, with_removed: None, graph, jcloud: Vec::new() }
    }

    /// Reports a `version` other than 1, the version of Flows since Jina 1.0. Jina ignores `0` and `false`.
    fn check_version(&self, findings: &mut Findings) {
        let Some(node) = self.root.get("version").filter(|node| !is_empty(node)) else { return };
        let value = scalar::value(node);
        let text = value.to_str();
        let major = text.split('.').next().unwrap_or_default();
        if matches!(node.data, Data::Scalar(_)) && (major == "1" || text == "legacy") {
            return;
        }
        let (path, message) = (self.path.key("version"), "is not a version of the Flow language");
        let finding = if value.is_truthy() {
            Code::ValueNotAllowed.error(path, message)
        } else {
            self.rules.strictness.finding(Code::ValueNotAllowed, path, message, "Jina ignores it")
        };
        findings.push(finding.got(node.shown()).propose("1").at(node.mark));
    }

    fn check_top_level(&self, known: &[&str], findings: &mut Findings) {
        for (key, value) in self.root.as_map().unwrap_or_default() {
            let name = key.shown();
            if known.contains(&name.as_str()) || name.starts_with("x-") || name == JCLOUD || (name == PODS && self.pods().is_some()) {
                continue;
            }
            let path = self.path.key(&name);
            // Users often add top-level keys for anchors and references, so only a likely typing error is an error.
            let finding = if name == PODS && value.as_list().is_some_and(|list| !list.is_empty()) {
                self.rules
                    .strictness
                    .finding(Code::UnknownField, path, "is not a field of Jina 3", "its executors are ignored")
                    .propose("executors")
            } else if let Some(near) = findings.nearest(&name, known.iter().copied()) {
                self.rules.strictness.finding(Code::UnknownField, path, "is not a field of a Flow", "it is ignored").propose(near)
            } else {
                Code::UnknownField.warning(path, "is not a field of a Flow and is ignored")
            };
            findings.push(finding.at(key.mark));
        }
    }

    fn mapping(&self, key: &str, findings: &mut Findings) -> &'r [(Node<'t>, Node<'t>)] {
        match self.root.get(key) {
            None => &[],
            Some(node) if is_empty(node) => &[],
            Some(node) => node.as_map().unwrap_or_else(|| {
                let finding = Code::WrongType.error(self.path.key(key), "must be a mapping of options").got(node.shown());
                findings.push(finding.fix("write `option: value` lines below it").at(node.mark));
                &[]
            }),
        }
    }

    fn with(&self, section: Section, findings: &mut Findings) -> Vec<Given> {
        let path = self.path.key("with");
        let pairs = self.with_kwargs(self.mapping("with", findings), &path, findings);
        let is_deployment = section == Section::Executor;
        let of_python = |key: &str| is_deployment && matches!(key, "needs" | "runtime_args");
        for (key, _) in pairs.iter().filter(|(key, _)| key.as_text().is_some_and(of_python)) {
            findings.push(options_of::of_python(&path.key(&key.shown())).at(key.mark));
        }
        let ours = |key: &str| (key == "name" && is_deployment) || of_python(key);
        options_of::read(section, &pairs, ours, self.rules, &path, findings)
    }

    /// The options of `with` and of `with.kwargs`. An option of `with` overrides the same option of `with.kwargs`
    /// (`V1Parser.parse`).
    fn with_kwargs(&self, pairs: &'r [(Node<'t>, Node<'t>)], path: &Path<'_>, findings: &mut Findings) -> Cow<'r, [(Node<'t>, Node<'t>)]> {
        let with = self.root.get("with");
        let [args, kwargs] = ["args", "kwargs"].map(|key| with.and_then(|with| with.get(key)));
        if let Some(args) = args.filter(|args| !is_empty(args)) {
            let finding = Code::PythonArgument.error(path.key("args"), "is not allowed in a Flow").got(args.shown()).at(args.mark);
            findings.push(finding.fix("write each option by its name"));
        }
        if let Some(kwargs) = kwargs.filter(|kwargs| kwargs.as_map().is_none() && !is_empty(kwargs)) {
            let finding = Code::WrongType.error(path.key("kwargs"), "must be a mapping of options").got(kwargs.shown()).at(kwargs.mark);
            findings.push(finding.fix("write `option: value` lines below it"));
        }
        if args.is_none() && kwargs.is_none() {
            return Cow::Borrowed(pairs);
        }
        let mut merged = Dict::default();
        let own = pairs.iter().filter(|(key, _)| !matches!(key.as_text(), Some("args" | "kwargs")));
        for (key, value) in kwargs.and_then(Node::as_map).unwrap_or_default().iter().chain(own) {
            match key.as_text() {
                // A duplicate key keeps its first place and gets its last value.
                Some(name) => merged.insert(name.to_owned(), key.clone(), value.clone()),
                None => merged.push(key.clone(), value.clone()),
            }
        }
        Cow::Owned(merged.into_pairs())
    }

    /// Reports variables without a value in fields that are not options. Returns whether there are any.
    fn waits_for_values(&self, node: &Node<'_>, fields: &[&str], path: &Path<'_>, findings: &mut Findings) -> bool {
        if self.rules.strictness == Strictness::Lenient || self.rules.keeps_variables {
            return false;
        }
        let mut waits = false;
        for field in fields {
            let value = node.get(field);
            waits |= value.is_some_and(|value| unset::report(value, &path.key(field), true, &|_| false, findings));
        }
        waits
    }

    fn gateway(&self, with: &[Given], findings: &mut Findings) -> Options {
        let path = self.path.key(GATEWAY);
        let pairs = self.mapping(GATEWAY, findings);
        let own = options_of::read(Section::Gateway, pairs, |_| false, self.rules, &path, findings);
        let inline = inline::read(pairs, self.rules, &path, findings);
        let inherited = Rc::new(inherited::inherited_by(Section::Gateway, with));
        let options = Options::new(Section::Gateway, own, inherited).with_inline(inline);
        if options.is_own(Opt::Name) && options.text(Opt::Name) != Some(GATEWAY) {
            let finding = Code::ReservedName.error(path.key("name"), "must be `gateway`");
            findings.push(finding.got(options.text(Opt::Name).unwrap_or_default()).fix("remove it").at(self.root.mark));
        }
        options
    }

    /// The list of executors in the language of Jina 1 and 2. Jina 3.34 ignores it.
    fn pods(&self) -> Option<&'r Node<'t>> {
        let is_read = self.rules.strictness == Strictness::Strict;
        let has_other = ["executors", "deployments"].iter().any(|key| self.root.get(key).is_some());
        self.root.get(PODS).filter(|pods| is_read && !has_other && pods.as_list().is_some())
    }

    /// The entries of `executors`, or of `deployments` if `executors` is missing, with the key of the list.
    fn entries(&self, inherited: &Rc<Vec<Given>>, workspace: Option<&str>, findings: &mut Findings) -> (&'static str, Vec<Entry>) {
        let pods = self.pods();
        if let (Some(_), Some(other)) = (self.root.get("executors"), self.root.get("deployments").filter(|node| !is_empty(node))) {
            // `data.get('executors', data.get('deployments', []))` in `jina/jaml/parsers/flow/v1.py`.
            let message = "is another name of `executors`, which the Flow also has";
            let path = self.path.key("deployments");
            let finding = self.rules.strictness.finding(Code::ConflictingOptions, path, message, "Jina ignores it");
            findings.push(finding.fix("move all entries to `executors`").at(other.mark));
        }
        let (key, node) = match (self.root.get("executors"), self.root.get("deployments"), pods) {
            (Some(node), ..) => ("executors", node),
            (None, Some(node), _) => ("deployments", node),
            (None, None, Some(node)) => (PODS, node),
            (None, None, None) => return ("executors", Vec::new()),
        };
        if is_empty(node) {
            return (key, Vec::new());
        }
        let path = self.path.key(key);
        let Some(list) = node.as_list() else {
            let finding = Code::WrongType.error(path, "must be a list of executors").got(node.shown());
            findings.push(finding.fix("write `- name: …` for each executor").at(node.mark));
            return (key, Vec::new());
        };
        if let Some(with) = self.root.get("with")
            && with.text_below().saturating_mul(list.len()) > MOST_INHERITED
        {
            let message = format!("is inherited by {} executors, more than {} MB in all", list.len(), MOST_INHERITED >> 20);
            findings.push(Code::TooLarge.error(self.path.key("with"), message).fix("shorten `with`, or split the Flow").at(with.mark));
            return (key, Vec::new());
        }
        let entries = list.iter().enumerate().filter_map(|(index, node)| {
            let path = path.index(index);
            self.entry(index, node, inherited, workspace, &path, findings)
        });
        (key, entries.collect())
    }

    fn entry(
        &self,
        index: usize,
        node: &Node<'t>,
        inherited: &Rc<Vec<Given>>,
        workspace: Option<&str>,
        path: &Path<'_>,
        findings: &mut Findings,
    ) -> Option<Entry> {
        let origin = self.origins.get(&index);
        let nothing = Rc::default();
        // Jina loads a Deployment from a file without the options of the Flow.
        let (inherited, workspace) = if origin == Some(&Origin::File) { (&nothing, None) } else { (inherited, workspace) };
        let pairs = match &node.data {
            _ if origin == Some(&Origin::InvalidFile) => return None,
            Data::Map(pairs) => pairs,
            Data::Scalar(_) if !node.is_null() => {
                findings.push(self.not_read(node, path).got(node.shown()).at(node.mark));
                return None;
            }
            _ => {
                let finding = Code::WrongType.error(path, "must be a mapping of options").got(node.shown());
                findings.push(finding.fix("write `- name: …` and `uses: docker://…`").at(node.mark));
                return None;
            }
        };
        let nested = node.get("jtype").map(Node::shown).or_else(|| node.tag.as_ref().map(ToString::to_string));
        if let Some(jtype) = nested.filter(|jtype| jtype != "Deployment") {
            let finding = Code::ValueNotAllowed.error(path.key("jtype"), "must be `Deployment` in an executor").got(jtype);
            findings.push(finding.fix("remove `jtype`, or write `jtype: Deployment`").at(node.mark));
            return None;
        }
        if self.waits_for_values(node, &["name", "method", "needs"], path, findings) {
            return None;
        }
        let method = method(node, path, findings)?;
        let needs = needs(node, path, findings);
        let ours = |key: &str| matches!(key, "method" | "needs" | "jtype" | "name") || key.starts_with("x-");
        // A Deployment as an entry of `executors` has its options below `with`.
        let below = path.key("with");
        let (pairs, path, name) = match node.get("with").and_then(Node::as_map) {
            Some(inner) if node.get("jtype").is_some() || node.tag.is_some() => {
                (inner, &below, node.get("with").and_then(|with| with.get("name")))
            }
            _ => (pairs.as_slice(), path, node.get("name")),
        };
        let before = findings.len();
        let mut own = options_of::read(Section::Executor, pairs, ours, self.rules, path, findings);
        if let Some(at) = own.iter().position(|given| given.opt == Opt::LogConfig && given.spelled.is_some()) {
            // `Flow.add` checks for the key `log_config`, and appends the value of the Flow after all other options.
            let message = "must be written with an underscore, because Jina ignores `log-config`";
            let path = path.key("log-config");
            let finding = self.rules.strictness.finding(Code::UnknownField, path, message, "the value of the Flow is used");
            findings.push(finding.propose("log_config").at(node.mark));
            own.remove(at);
        }
        let name = name.and_then(|name| name_of(name, &['_', '-'], path, findings));
        if name.as_deref() == Some(GATEWAY) {
            let message = "must not be `gateway`, because Jina ignores an executor with this name";
            let path = path.key("name");
            let finding = self.rules.strictness.finding(Code::ReservedName, path, message, "the executor is not exported");
            findings.push(finding.fix("move its options to `gateway`, or rename the executor").at(node.mark));
        }
        let inline = inline::read(pairs, self.rules, path, findings);
        let is_incomplete = has_errors_since(before, findings);
        let options = Options::new(Section::Executor, own, Rc::clone(inherited)).with_inline(inline).with_unread(is_incomplete);
        let options = with_workspace(options, workspace);
        Some(Entry { name, method, needs, options, index, mark: node.mark })
    }
}

impl Reader<'_, '_> {
    /// The finding about an entry that is not a mapping but a string.
    fn not_read(&self, node: &Node<'_>, path: &Path<'_>) -> Finding {
        if !node.as_text().is_some_and(nested::is_file) {
            let finding = Code::ExecutorFromFile.error(path, "must be a mapping of options, or the name of the file of a Deployment");
            return finding.fix("write `- name: NAME`, and the options of the executor below it");
        }
        match self.rules.strictness {
            Strictness::Strict => Code::ExecutorFromFile
                .error(path, "names a file, but only `jinaflow export FILE` reads the files of other Deployments")
                .fix("write the options from that file here"),
            Strictness::Lenient => Code::ExecutorFromFile
                .error(path, "names a file, which jinaflow does not read under `compat`")
                .fix("write the options from that file here, or remove `compat`"),
        }
    }
}

fn method(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<Method> {
    const METHODS: [&str; 5] = ["add", "needs", "needs_all", "inspect", "gather_inspect"];
    let Some(method) = node.get("method").filter(|method| !method.is_null()) else { return Some(Method::Add) };
    match method.shown().as_str() {
        "add" => Some(Method::Add),
        "needs" => Some(Method::Needs),
        "needs_all" => Some(Method::NeedsAll),
        "inspect" => Some(Method::Inspect),
        "gather_inspect" => Some(Method::GatherInspect),
        other => {
            let finding = Code::ValueNotAllowed.error(path.key("method"), "is not a method of a Flow").got(other).at(method.mark);
            findings.push(finding.suggest(other, METHODS.into_iter()));
            None
        }
    }
}

/// The name in its written form, also if YAML gives it another type than string: `no` and `123` are names here, although Jina
/// reads a boolean and a number.
///
/// In a Flow, Jina requires a Python identifier. Dashes are valid in Kubernetes and in Jina's arguments, so they are
/// allowed too. The name of a Deployment may also have slashes.
fn name_of(node: &Node<'_>, besides: &[char], path: &Path<'_>, findings: &mut Findings) -> Option<String> {
    let Some(name) = node.as_text().filter(|name| !node.is_null() && !name.is_empty()) else {
        if node.as_text().is_none() {
            let finding = Code::WrongType.error(path.key("name"), "must be a string").got(node.shown());
            findings.push(finding.fix("write a name").at(node.mark));
        }
        return None;
    };
    if !name.chars().all(|c| c.is_alphanumeric() || besides.contains(&c)) {
        let finding = Code::InvalidName.error(path.key("name"), "must consist of letters, digits, `_` and `-`").got(name);
        findings.push(finding.fix("rename the executor").at(node.mark));
        return None;
    }
    Some(name.to_owned())
}

/// Whether any finding after the first `count` is an error.
fn has_errors_since(count: usize, findings: &Findings) -> bool {
    findings.iter().skip(count).any(|finding| finding.severity == Severity::Error)
}

fn text_of(given: &[Given], opt: Opt) -> Option<String> {
    given.iter().rev().find(|given| given.opt == opt).and_then(|given| match &given.setting {
        Some(Setting::Text(text)) => Some(text.clone()),
        _ => None,
    })
}

/// Sets the workspace of an executor: its own workspace, or that of the Flow. Jina makes both absolute, and thereby
/// normalizes them. Here a relative path stays relative, because it is a path in the container, not on the machine that
/// exports.
fn with_workspace(mut options: Options, flows: Option<&str>) -> Options {
    let own = options.text(Opt::Workspace).map(str::to_owned);
    if let Some(workspace) = own.as_deref().or(flows) {
        options.set(Opt::Workspace, Some(Setting::Text(normalized(workspace))));
    }
    options
}

/// Returns `os.path.normpath` of an absolute path.
fn normalized(path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    // In POSIX two slashes may have a special meaning, and three are the same as one.
    let root = if path.starts_with("//") && !path.starts_with("///") { "//" } else { "/" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

/// Reads `needs`: a name, a list of names, or the string `"[a, b]"`.
fn needs(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Vec<String> {
    let Some(node) = node.get("needs").filter(|needs| !needs.is_null()) else { return Vec::new() };
    let names = match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) if text.starts_with('[') => match scalar::retyped(text) {
            Value::List(entries) => Some(entries.iter().map(Value::to_str).collect()),
            _ => None,
        },
        Data::Scalar(Scalar { text, .. }) => Some(if text.is_empty() { Vec::new() } else { vec![text.clone().into_owned()] }),
        Data::List(entries) => entries.iter().map(|entry| entry.as_text().map(str::to_owned)).collect(),
        Data::Map(_) => None,
    };
    names.unwrap_or_else(|| {
        let finding = Code::WrongType.error(path.key("needs"), "must be the name of an executor or a list of names").got(node.shown());
        findings.push(finding.fix("write `needs: a` or `needs: [a, b]`").at(node.mark));
        Vec::new()
    })
}
