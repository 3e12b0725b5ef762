//! `jinaflow init FLOW [DIR]`: writes a kustomize tree or a kpt package for a Flow.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use super::failure::{Report, Result};
use super::input::{self, FlowOfFile, Source};
use super::outdir;
use super::scaffold::{KPT_SETTINGS, KUSTOMIZE_SETTINGS, Scaffold, TODO};
use super::variables::{self, Variables};
use crate::config::images::{GATEWAY_KEY, JINA_VERSION};
use crate::config::placeholder::is_placeholder;
use crate::config::{self, Compat, JinaFlow, OnConflict, Overrides, STORAGE_VARIABLES, dns_label};
use crate::finding::{Code, Finding, Findings, Path, Severity};
use crate::jina::flow::Flow;
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
    /// The file of the Flow; `-` is standard input.
    pub flow: String,
    /// The folder. The default is the name of the Flow with the suffix `-k8s`.
    pub folder: Option<PathBuf>,
    /// The tool.
    pub layout: Layout,
    /// Settings from the command line, which become fields of the JinaFlow.
    pub overrides: Overrides,
}

/// The longest name of a Flow. Namespaces of environments have a suffix, and a label has at most 63 characters.
const LONGEST_NAME: usize = 52;

/// Names of files that do not describe a Flow.
const GENERAL_NAMES: [&str; 5] = ["flow", "flows", "deployment", "jina", "config"];

/// Writes the files for a Flow. Findings go to `report`. Returns whether the files were written.
pub fn init(init: &Init, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let Some((subject, text)) = input::text(&init.flow, report)? else { return Ok(false) };
    let Some(scaffold) = scaffold(init, &subject, &text, report) else { return Ok(false) };
    let folder = init.folder.clone().unwrap_or_else(|| PathBuf::from(format!("{}-k8s", scaffold.name)));
    let files = match init.layout {
        Layout::Kustomize => scaffold.kustomize(&text),
        Layout::Kpt => scaffold.kpt(&text),
    };
    // The package has the same JinaFlow as the tree, in one file.
    if let Some((_, jinaflow)) = scaffold.kpt(&text).iter().find(|(name, _)| name == KPT_SETTINGS) {
        report.extend(errors_of(jinaflow).into_iter().map(|finding| (subject.clone(), finding)));
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
fn scaffold(init: &Init, subject: &Subject, text: &str, report: &mut Report) -> Option<Scaffold> {
    let source = Source::new(subject, text);
    let flow = input::flows(text, subject, &init.overrides, report).into_iter().next()?;
    if !flow.path.is_empty() {
        let finding = Code::FlowExpected.error("", "is a JinaFlow, but `init` makes a JinaFlow of a Flow");
        let fix = "run `jinaflow init` with a file that has only the Flow, the text in `spec.flow`";
        report.push((subject.clone(), finding.fix(fix)));
        return None;
    }
    let document = flow.document;
    let variables = source.flow(document).map(|root| variables::of(&root)).unwrap_or_default();
    let is_set = |name: &String| {
        let mut given = init.overrides.context.iter().chain(&init.overrides.fallback_context);
        given.any(|(known, _)| known == name)
    };
    let unset: Vec<String> = variables.required.iter().filter(|name| !is_set(name)).cloned().collect();
    let mut overrides = init.overrides.clone();
    overrides.context.extend(unset.iter().map(|name| (name.clone(), TODO.to_owned())));
    let name = name(init, flow.config.flow.as_ref());
    let mut rendered = render(text, subject, &overrides, &name, report)?;
    if rendered.findings.has_errors() && !unset.is_empty() {
        // The value TODO is not possible everywhere. Without it, the errors name the variables.
        rendered = render(text, subject, &init.overrides, &name, report)?;
    }
    let Rendered { config, findings, rendering } = rendered;
    report.extend(source.place(findings, document));
    let (config, rendering) = (config, rendering?);
    let mut scaffold = Scaffold {
        namespace: init.overrides.namespace.clone().unwrap_or_else(|| name.clone()),
        name,
        has_own_namespace: init.overrides.namespace.is_some(),
        unset,
        ..Scaffold::default()
    };
    scaffold.fields = fields(&init.overrides);
    scaffold.context = context(&overrides, &variables);
    scaffold.optional = variables.optional.into_iter().filter(|name| !is_set(name)).collect();
    scaffold.spec_images.clone_from(&init.overrides.images);
    if let Some(image) =
        init.overrides.fallback_gateway_image.as_ref().filter(|_| !init.overrides.images.iter().any(|(key, _)| key == GATEWAY_KEY))
    {
        scaffold.spec_images.push((GATEWAY_KEY.to_owned(), image.clone()));
    }
    describe(&mut scaffold, &config, &rendering);
    Some(scaffold)
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

/// The name of the JinaFlow: `--name`, `with.name` of the Flow, the name of its file, or the name of its folder.
fn name(init: &Init, flow: Option<&Flow>) -> String {
    let file = FilePath::new(&init.flow);
    let stem = file.file_stem().map(|stem| stem.to_string_lossy()).filter(|stem| !GENERAL_NAMES.contains(&&**stem));
    let folder = || {
        let file = fs::canonicalize(file).ok()?;
        Some(Cow::Owned(file.parent()?.file_name()?.to_string_lossy().into_owned()))
    };
    let of_flow = flow.and_then(|flow| flow.name.as_deref()).map(Cow::Borrowed);
    let names = [init.overrides.name.as_deref().map(Cow::Borrowed), of_flow, stem].into_iter().chain(std::iter::once_with(folder));
    let mut names = names.flatten().map(|name| dns_label(&name)).filter(|name| !name.is_empty());
    let mut name = names.next().unwrap_or_else(|| "flow".to_owned());
    name.truncate(LONGEST_NAME);
    name.trim_end_matches('-').to_owned()
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

/// Adds what the rendered Flow has: its first Service, an executor for examples, and its images.
fn describe(scaffold: &mut Scaffold, config: &JinaFlow, rendering: &Rendering) {
    let components = rendering.components();
    scaffold.service = components.first().map(|component| component.name.clone()).unwrap_or_default();
    let executor = components.iter().find(|component| component.role != Role::Gateway);
    scaffold.executor = executor.map(|component| component.node.clone());
    for (key, placeholder) in rendering.missing_images(config) {
        scaffold.missing.push(key.clone());
        scaffold.spec_images.push((key, placeholder.to_owned()));
    }
    for component in components {
        for container in &component.containers {
            if matches!(component.role, Role::Worker(_))
                && !is_placeholder(&container.image)
                && !container.image.contains(TODO)
                && !scaffold.images.contains(&container.image)
            {
                scaffold.images.push(container.image.clone());
            }
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

/// A path as a word of a shell.
fn quoted(path: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if path.chars().all(is_plain) { Cow::Borrowed(path) } else { Cow::Owned(format!("'{}'", path.replace('\'', r"'\''"))) }
}
