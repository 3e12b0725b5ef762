//! `jinaflow init FLOW [DIR]`: writes a kustomize tree or a kpt package for a Flow.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use super::export::Export;
use super::failure::{Report, Result};
use super::input::{self, FlowOfFile, Source};
use super::scaffold::{KPT_SETTINGS, KUSTOMIZE_SETTINGS, Scaffold, TODO, first_name};
use super::shell::quoted;
use super::variables::{self, Variables};
use super::{nested_files, outdir};
use crate::config::images::{GATEWAY_KEY, JINA_VERSION};
use crate::config::{self, Compat, Jcloud, JinaFlow, MissingImages, OnConflict, Overrides, STORAGE_VARIABLES};
use crate::finding::{Code, FieldPath, Finding, Findings, Path, Severity, Step};
use crate::jina::flow::Flow;
use crate::jina::unset;
use crate::plan::{Budget, Role};
use crate::render::Rendering;
use crate::report::{self, Subject};
use crate::yaml::{Data, Node};

/// The tool for which files are written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A base with overlays.
    #[default]
    Kustomize,
    /// A package.
    Kpt,
}

/// The arguments of `init`.
#[derive(Debug)]
pub struct Init {
    /// The file of the Flow, the folder, and settings, which become fields of the JinaFlow. The default of the folder is the
    /// name of the Flow with the suffix `-k8s`.
    pub source: Export,
    /// The tool.
    pub layout: Layout,
}

/// Names of files that do not describe a Flow.
const GENERAL_NAMES: [&str; 5] = ["flow", "flows", "deployment", "jina", "config"];

/// Writes the files for a Flow. Findings go to `report`. Returns whether the files were written.
pub fn init(init: &Init, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let Some(overrides) = init.source.settings(report)? else { return Ok(false) };
    let Some((subject, text)) = input::text(&init.source.flow, report)? else { return Ok(false) };
    let Some(scaffold) = scaffold(&init.source.flow, &overrides, &subject, &text, report) else { return Ok(false) };
    let folder = init.source.outdir.clone().unwrap_or_else(|| PathBuf::from(format!("{}-k8s", scaffold.name)));
    let files = match init.layout {
        Layout::Kustomize => scaffold.kustomize(&text),
        Layout::Kpt => scaffold.kpt(&text),
    };
    // The package has the same JinaFlow as the tree, in one file.
    if let Some((_, jinaflow)) = scaffold.kpt(&text).iter().find(|(name, _)| name == KPT_SETTINGS) {
        let mut findings = Findings::default();
        findings.extend(errors_of(jinaflow).into_iter().map(of_flow));
        report.extend(Source::new(&subject, &text).place(findings, 0));
    }
    if !report::has_errors(report) {
        outdir::add(&folder, &files, report)?;
    }
    if report::has_errors(report) {
        return Ok(false);
    }
    next_steps(&folder, files.len(), init.layout, &scaffold, stdout)?;
    Ok(true)
}

/// Reads and renders the Flow, and returns what the files contain. `None` after an error.
fn scaffold(file: &str, given: &Overrides, subject: &Subject, text: &str, report: &mut Report) -> Option<Scaffold> {
    let source = Source::new(subject, text);
    let flow = input::flows(text, subject, given, report).into_iter().next()?;
    if !flow.path.is_empty() {
        let finding = Code::FlowExpected.error("", "is a JinaFlow, but `init` makes a JinaFlow of a Flow");
        let fix = "run `jinaflow init` with a file that has only the Flow, the text in `spec.flow`";
        report.push((subject.clone(), finding.fix(fix)));
        return None;
    }
    let document = flow.document;
    let root = source.flow(document);
    let nested = root.as_ref().map(|root| nested(root, file)).unwrap_or_default();
    if nested.has_errors() {
        report.extend(source.place(nested, document));
        return None;
    }
    let is_final = given.variables == Some(config::Variables::Keep);
    let variables = root.as_ref().filter(|_| !is_final).map(variables::of).unwrap_or_default();
    let is_set = |name: &String| {
        let mut known = given.context.iter().chain(&given.fallback_context);
        known.any(|(known, _)| known == name)
    };
    let name = name(file, given, flow.config.flow.as_ref());
    let required = variables.required.iter().filter(|name| !is_set(name)).cloned().collect();
    let (unset, rendered) = rendered(text, &source, given, &name, document, required, report)?;
    let mut overrides = given.clone();
    overrides.context.extend(unset.iter().map(|name| to_do(name)));
    let Rendered { config, findings, rendering } = rendered;
    report.extend(source.place(findings, document));
    let rendering = rendering?;
    if report::has_errors(report) {
        return None;
    }
    let mut scaffold = Scaffold {
        namespace: given.namespace.clone().unwrap_or_else(|| name.clone()),
        name,
        has_own_namespace: given.namespace.is_some(),
        unset: unset.iter().cloned().collect(),
        ..Scaffold::default()
    };
    scaffold.fields = fields(given);
    scaffold.context = context(&overrides, &variables);
    scaffold.optional = variables.optional.into_iter().filter(|name| !is_set(name) && !unset.contains(name)).collect();
    scaffold.spec_images = images(given);
    describe(&mut scaffold, &config, &rendering);
    Some(scaffold)
}

/// The value of a variable that the user must set.
fn to_do(name: &str) -> (String, String) {
    (name.to_owned(), TODO.to_owned())
}

/// Renders the Flow with the value TODO for variables without a value: the `required` variables, and `$NAME` where a field
/// needs its value. Returns these variables. If a value cannot be TODO, as in a number, the errors name only its variables.
fn rendered(
    text: &str,
    source: &Source<'_>,
    given: &Overrides,
    name: &str,
    document: usize,
    required: BTreeSet<String>,
    report: &mut Report,
) -> Option<(BTreeSet<String>, Rendered)> {
    let with = |unset: &BTreeSet<String>, report: &mut Report| {
        let mut overrides = given.clone();
        overrides.context.extend(unset.iter().map(|name| to_do(name)));
        render(text, source.subject(), &overrides, name, report)
    };
    let mut unset = required;
    let mut rendered = with(&unset, report)?;
    loop {
        let before = unset.len();
        unset.extend(errors(&rendered.findings).filter_map(unset::name_of).map(str::to_owned));
        if unset.len() == before {
            break;
        }
        rendered = with(&unset, report)?;
    }
    if unset.is_empty() || !rendered.findings.has_errors() {
        return Some((unset, rendered));
    }
    let flow = source.flow(document);
    let at = |finding: &Finding| flow.as_ref().map(|flow| variables::at(flow, &finding.path)).unwrap_or_default();
    let wrong: BTreeSet<String> = errors(&rendered.findings).flat_map(at).filter(|name| unset.contains(name)).collect();
    if wrong.is_empty() {
        // A reference may lead from another field to the variable. If not, the errors have nothing to do with variables.
        let without = with(&BTreeSet::new(), report)?;
        let own = errors(&without.findings).filter(|finding| unset::name_of(finding).is_none()).count();
        let is_of_flow = own >= errors(&rendered.findings).count();
        return Some((unset, if is_of_flow { rendered } else { without }));
    }
    let Rendered { config, findings, .. } = with(&BTreeSet::new(), report)?;
    let mut kept = Findings::default();
    kept.extend(
        findings
            .into_iter()
            .filter(|finding| finding.severity != Severity::Error || unset::name_of(finding).is_none_or(|name| wrong.contains(name))),
    );
    Some((unset, Rendered { config, findings: kept, rendering: None }))
}

fn errors(findings: &Findings) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| finding.severity == Severity::Error)
}

/// A Flow that was read and rendered.
struct Rendered {
    config: JinaFlow,
    findings: Findings,
    rendering: Option<Rendering>,
}

fn render(text: &str, subject: &Subject, overrides: &Overrides, name: &str, report: &mut Report) -> Option<Rendered> {
    let FlowOfFile { mut config, mut findings, path, .. } = input::flows(text, subject, overrides, report).into_iter().next()?;
    config.settings.name = Some(name.to_owned());
    let rendering = Rendering::of(&config, &Path::root(path), &mut Budget::default(), &mut findings);
    if let Some(rendering) = rendering.as_ref().filter(|_| config.settings.requires_images()) {
        rendering.report_missing_images(&config, &Path::root(path), |_, _| false, &mut findings);
    }
    Some(Rendered { config, findings, rendering })
}

/// The errors of a JinaFlow as a function reports them. A function cannot read other files, which the command line may.
fn errors_of(jinaflow: &str) -> Vec<Finding> {
    let mut findings = Findings::default();
    if let Ok(documents) = config::documents(jinaflow)
        && let Some(document) = documents.first()
    {
        let config = config::read(document, &Overrides::default(), &mut findings);
        Rendering::of(&config, &Path::root("spec.flow"), &mut Budget::default(), &mut findings);
    }
    findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}

/// Converts an error about the new JinaFlow into an error about the file of the user.
fn of_flow(finding: Finding) -> Finding {
    let below = match finding.path.steps() {
        [Step::Key(spec), Step::Key(flow), below @ ..] if **spec == *"spec" && **flow == *"flow" => FieldPath::from(below.to_vec()),
        _ => return finding,
    };
    finding.on(below)
}

/// The errors about Deployments in other files. The new files contain only the Flow, and a function cannot read files.
fn nested(flow: &Node<'_>, file: &str) -> Findings {
    let mut findings = Findings::default();
    for (path, name, mark) in nested_files::entries(flow, file) {
        let finding = Code::ExecutorFromFile.error(path, "names the file of a Deployment, which kustomize and kpt do not read");
        let fix = "write the options of that file here; `jinaflow export FILE` needs no change";
        findings.push(finding.got(name).fix(fix).at(mark));
    }
    findings
}

/// The name of the JinaFlow: `--name`, `with.name` of the Flow, the name of its file, or the name of its folder.
fn name(file: &str, overrides: &Overrides, flow: Option<&Flow>) -> String {
    let file = FilePath::new(file);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy()).filter(|stem| !GENERAL_NAMES.contains(&&**stem));
    let folder = || {
        let file = fs::canonicalize(file).ok()?;
        Some(Cow::Owned(file.parent()?.file_name()?.to_string_lossy().into_owned()))
    };
    let of_flow = flow.and_then(|flow| flow.name.as_deref()).map(Cow::Borrowed);
    let names = [overrides.name.as_deref().map(Cow::Borrowed), of_flow, stem].into_iter().chain(std::iter::once_with(folder));
    first_name(names.flatten())
}

/// The fields of `spec` for settings of the command line. The version of Jina is always written, so that a newer jinaflow
/// does not change it.
fn fields(overrides: &Overrides) -> Vec<(&'static str, Node<'static>)> {
    let mut fields = Vec::new();
    if overrides.compat == Some(Compat::Jina334) {
        fields.push(("compat", Node::plain(Compat::VALUES[Compat::Jina334 as usize])));
    }
    fields.push(("jinaVersion", Node::plain(overrides.jina_version.clone().unwrap_or_else(|| JINA_VERSION.to_owned()))));
    if let Some(pattern) = &overrides.image_pattern {
        fields.push(("imagePattern", pattern.text().to_owned().into()));
    }
    if overrides.missing_images == Some(MissingImages::Error) {
        fields.push(("missingImages", Node::plain(MissingImages::VALUES[MissingImages::Error as usize])));
    }
    if overrides.variables == Some(config::Variables::Keep) {
        fields.push(("variables", Node::plain(config::Variables::VALUES[config::Variables::Keep as usize])));
    }
    if let Some(mode) = overrides.jcloud {
        fields.push(("jcloud", Node::plain(Jcloud::VALUES[mode as usize])));
    }
    if let Some(policy) = overrides.on_conflict {
        let policy = OnConflict::VALUES[policy as usize].into();
        fields.push(("output", Data::Map(vec![(Node::field("onConflict"), policy)]).into()));
    }
    fields
}

/// The values of variables: all that the user gives, and those of the environment that the Flow uses.
fn context(overrides: &Overrides, variables: &Variables) -> Vec<(String, String)> {
    let is_used = |name: &String| {
        variables.required.contains(name) || variables.optional.contains(name) || STORAGE_VARIABLES.contains(&name.as_str())
    };
    let of_environment = overrides.fallback_context.iter().filter(|(name, _)| is_used(name));
    // The last value of a name applies.
    let mut context = BTreeMap::new();
    for (name, value) in of_environment.chain(&overrides.context) {
        context.insert(name.clone(), value.clone());
    }
    context.into_iter().collect()
}

/// The images that the user gives. A later image replaces an earlier one with the same key.
fn images(overrides: &Overrides) -> Vec<(String, String)> {
    let mut images: Vec<(String, String)> = Vec::new();
    let listed = overrides.listed_images.iter().map(|entry| (&entry.key, &entry.image));
    let gateway = GATEWAY_KEY.to_owned();
    let of_gateway = overrides.fallback_gateway_image.iter().map(|image| (&gateway, image));
    for (key, image) in of_gateway.chain(listed).chain(overrides.images.iter().map(|(key, image)| (key, image))) {
        images.retain(|(known, _)| known != key);
        images.push((key.clone(), image.clone()));
    }
    images
}

/// Adds what the rendered Flow has: its first Service, an executor for examples, and its images.
fn describe(scaffold: &mut Scaffold, config: &JinaFlow, rendering: &Rendering) {
    let components = rendering.components();
    scaffold.service = components.first().map(|component| component.name.clone()).unwrap_or_default();
    let executor = components.iter().find(|component| component.role != Role::Gateway);
    scaffold.executor = executor.map(|component| component.node.clone());
    let missing = rendering.missing_images(config);
    scaffold.missing = missing.iter().map(|(key, _)| key.clone()).collect();
    scaffold.spec_images.extend(missing.into_iter().map(|(key, placeholder)| (key, placeholder.to_owned())));
    let workers = components.iter().filter(|component| matches!(component.role, Role::Worker(_)));
    for container in workers.flat_map(|component| &component.containers).filter(|container| container.missing.is_none()) {
        if !container.image.contains(TODO) && !scaffold.images.contains(&container.image) {
            scaffold.images.push(container.image.clone());
        }
    }
}

/// Writes what the user has to set, and the next commands.
fn next_steps(folder: &FilePath, files: usize, layout: Layout, scaffold: &Scaffold, stdout: &mut impl Write) -> Result<()> {
    let shown = folder.display().to_string();
    let folder = quoted(&shown);
    writeln!(stdout, "Wrote {files} files to {shown}.")?;
    let settings = match layout {
        Layout::Kustomize => KUSTOMIZE_SETTINGS,
        Layout::Kpt => KPT_SETTINGS,
    };
    if !scaffold.unset.is_empty() || !scaffold.missing.is_empty() {
        writeln!(stdout, "\nSet in {shown}/{settings}:")?;
        for (field, names) in [("context", &scaffold.unset), ("images", &scaffold.missing)] {
            if !names.is_empty() {
                writeln!(stdout, "  {field}: {}", names.join(", "))?;
            }
        }
    }
    writeln!(stdout, "\nNext:")?;
    match layout {
        Layout::Kustomize => {
            writeln!(stdout, "  kustomize build --enable-alpha-plugins --enable-exec {folder}/overlays/dev > dev.yaml")?;
            writeln!(stdout, "  jinaflow check dev.yaml")?;
        }
        Layout::Kpt => {
            writeln!(stdout, "  kpt fn render {folder} --allow-exec")?;
            writeln!(stdout, "  jinaflow check {folder}")?;
        }
    }
    Ok(())
}
