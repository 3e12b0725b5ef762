//! From the objects of an export to a JinaFlow that renders them.

use std::collections::{HashMap, HashSet};

use super::buildable;
use super::check;
use super::command_lines::{self, Form};
use super::export::Export;
use super::identity::{kind_and_name, label};
use super::problem::Problem;
use super::proof::{self, Proof};
use super::settings::{self, Settings};
use super::{edits, flow, invalid_names, live, stateful, text, tool_annotations};
use crate::finding::{Code, Finding, Findings, Severity};
use crate::yaml::{self, Node};

/// A Flow that was read from an export.
#[derive(Debug)]
pub struct Imported {
    /// The text of the Flow.
    pub flow: String,
    /// The namespace of the objects.
    pub namespace: String,
    /// The JinaFlow, with the text of the Flow.
    pub config: Node<'static>,
    /// What the Flow alone renders, compared with the export: the differences are edits.
    pub before: Proof,
    /// What the JinaFlow renders, compared with the export.
    pub proof: Proof,
    /// The edits in words, each with its place in the JinaFlow.
    pub edits: Vec<String>,
    /// The names of objects that Kubernetes refuses, and that have other names now.
    pub renamed: Vec<String>,
    /// The objects that had annotations that tools write for themselves.
    pub stripped: Vec<usize>,
    /// The objects that do not belong to the Flow, and that it renders itself when `compat` is removed.
    pub rendered_without_compat: Vec<usize>,
    /// The ConfigMaps that had variables without a value.
    pub without_value: Vec<usize>,
    /// The objects that do not belong to the Flow and that no build can have, each with the reason.
    pub not_built: Vec<(usize, String)>,
    /// The objects whose arguments a render writes in another order.
    pub rearranged: Vec<usize>,
    /// The fields of the JinaFlow that are errors, or patches without an effect, when `compat` is removed.
    pub only_with_compat: Vec<String>,
}

/// Imports objects, quotes their strings, removes what a server has added to them, and writes their arguments in Jina's order.
/// `name` is the name of the JinaFlow.
pub fn import(objects: &mut [Node<'_>], name: &str) -> Result<Imported, Vec<Problem>> {
    objects.iter_mut().for_each(text::quote);
    let are_live: Vec<bool> = objects.iter().map(live::is_live).collect();
    objects.iter_mut().zip(&are_live).filter(|(_, is_live)| **is_live).for_each(|(object, _)| live::strip(object));
    let has_null = |object: &Node<'_>| object.map_at("data").iter().any(|(_, value)| value.is_null());
    let mut without_value: Vec<usize> = objects.iter().enumerate().filter(|(_, object)| has_null(object)).map(|(place, _)| place).collect();
    objects.iter_mut().for_each(live::strip_empty);
    let mut stripped = Vec::new();
    for (place, object) in objects.iter_mut().enumerate() {
        if tool_annotations::strip(object) {
            stripped.push(place);
        }
    }
    let renamed = invalid_names::rename(objects);
    let (config, flow, namespace, claims) = read(objects, name)?;
    let mut warnings = Findings::default();
    let Some(rendered) = proof::render(&config, &mut warnings) else {
        let errors = warnings.into_iter().filter(|finding| finding.severity == Severity::Error);
        return Err(errors.map(|finding| (None, in_export(finding))).collect());
    };
    let problems = not_buildable(objects, &rendered, &namespace);
    if !problems.is_empty() {
        return Err(problems);
    }
    let bases = by_key(&rendered);
    for (object, _) in objects.iter_mut().zip(are_live).filter(|(_, is_live)| *is_live) {
        let kind = object.text_at("kind").to_owned();
        let base = bases.get(&proof::key(object)).copied();
        live::without_defaults(object, base, &kind);
    }
    let mut lifting = Lifting::of(&config, &rendered, objects, Form::InPlace)?;
    // A patch of an argument in its place does not apply to the arguments without `compat`, but one at the end does.
    if !lifting.only_with_compat.is_empty() {
        let other = Lifting::of(&config, &rendered, objects, Form::AtEnd)?;
        if other.only_with_compat.len() < lifting.only_with_compat.len() && other.proof.is_proved() >= lifting.proof.is_proved() {
            lifting = other;
        }
    }
    for (object, arranged) in objects.iter_mut().zip(lifting.objects) {
        *object = arranged;
    }
    let Lifting { config, before, proof, edits, rearranged, only_with_compat, rendered_without_compat, .. } = lifting;
    let edits = [claims, edits].concat();
    let own: HashSet<[&str; 2]> = proof
        .same
        .iter()
        .chain(proof.different.iter().map(|different| &different.object))
        .filter_map(|place| objects.get(*place))
        .map(kind_and_name)
        .collect();
    let obstacle = |place: &usize| {
        let object = objects.get(*place)?;
        // Patches and rules of the build find objects by these two.
        let is_namesake = own.contains(&kind_and_name(object)).then(|| "the kind and the name of an object of the Flow".to_owned());
        Some((*place, is_namesake.or_else(|| buildable::obstacle(object, false))?))
    };
    let not_built = proof.foreign.iter().filter_map(obstacle).collect();
    without_value.retain(|place| !proof.foreign.contains(place));
    Ok(Imported {
        flow,
        namespace,
        config,
        before,
        proof,
        edits,
        renamed,
        stripped,
        rendered_without_compat,
        without_value,
        not_built,
        rearranged,
        only_with_compat,
    })
}

/// An error in the Flow of an export. The user has no such Flow yet, so the place in it becomes a part of the message.
fn in_export(finding: Finding) -> Finding {
    let place = finding.path.to_string();
    let place = place.strip_prefix("spec.flow.").unwrap_or(&place);
    let message = format!("gives a Flow in which `{place}` {}", finding.message);
    let in_export = finding.code.error("", message).fix("correct the arguments in the export, or the Flow and export it again");
    match finding.got {
        Some(got) => in_export.got(got),
        None => in_export,
    }
}

/// Rendered objects by their kind and name.
fn by_key<'r>(rendered: &'r [Node<'static>]) -> HashMap<[String; 2], &'r Node<'static>> {
    rendered.iter().map(|object| (proof::key(object), object)).collect()
}

/// Problems of objects of the Flow that no build can have.
fn not_buildable(objects: &[Node<'_>], rendered: &[Node<'static>], namespace: &str) -> Vec<Problem> {
    let known = by_key(rendered);
    let is_elsewhere = proof::elsewhere(objects, namespace);
    let own = objects.iter().zip(is_elsewhere).enumerate().filter(|(_, (object, is))| !is && known.contains_key(&proof::key(object)));
    let problem = |(place, (object, _)): (usize, (&Node<'_>, bool))| {
        let message = format!("has {}, so a build of kustomize cannot have it unchanged", buildable::obstacle(object, true)?);
        Some((Some(place), Code::ExportNotBuildable.error("", message).got(label(object)).fix("correct the object in the export")))
    };
    own.filter_map(problem).collect()
}

/// The edits of an export in a JinaFlow.
struct Lifting {
    config: Node<'static>,
    objects: Vec<Node<'static>>,
    before: Proof,
    proof: Proof,
    edits: Vec<String>,
    rearranged: Vec<usize>,
    only_with_compat: Vec<String>,
    rendered_without_compat: Vec<usize>,
}

impl Lifting {
    /// Expresses the differences between `rendered`, the objects of the JinaFlow without edits, and the objects of the export.
    fn of(config: &Node<'static>, rendered: &[Node<'static>], objects: &[Node<'_>], form: Form) -> Result<Self, Vec<Problem>> {
        let namespace = config.text_at("metadata.namespace");
        let is_elsewhere = proof::elsewhere(objects, namespace);
        let mut objects: Vec<Node<'static>> = objects.iter().map(|object| object.clone().into_owned()).collect();
        let bases = by_key(rendered);
        let mut rearranged = Vec::new();
        for (place, object) in objects.iter_mut().enumerate().filter(|(place, _)| is_elsewhere.get(*place) != Some(&true)) {
            let base = bases.get(&proof::key(object));
            if base.is_some_and(|base| command_lines::arrange(object, base, form)) {
                rearranged.push(place);
            }
        }
        let before = proof::compare(rendered.to_vec(), &objects);
        if before.is_complete() {
            let (config, proof) = (config.clone(), before.clone());
            return Ok(Self {
                config,
                objects,
                before,
                proof,
                edits: Vec::new(),
                rearranged,
                only_with_compat: Vec::new(),
                rendered_without_compat: Vec::new(),
            });
        }
        let errors = |findings: Findings| -> Vec<Problem> { findings.into_iter().map(|finding| (None, finding)).collect() };
        // Edits are found by the kind and the name.
        let names: HashSet<[&str; 2]> = rendered.iter().map(kind_and_name).collect();
        let is_of_another_group = |object: &Node<'_>| names.contains(&kind_and_name(object)) && !bases.contains_key(&proof::key(object));
        let own = objects.iter().zip(is_elsewhere).filter(|(object, is)| !is && !is_of_another_group(object));
        let own: Vec<Node<'_>> = own.map(|(object, _)| object.clone()).collect();
        let lifted = edits::lift(config, &own).map_err(errors)?;
        let mut findings = Findings::default();
        let Some(rendered) = proof::render(&lifted.config, &mut findings) else { return Err(errors(findings)) };
        let proof = proof::compare(rendered, &objects);
        let edits = lifted.lines();
        let (only_with_compat, rendered_without_compat) = without_compat(&lifted.config, &objects, &proof);
        Ok(Self { config: lifted.config, objects, before, proof, edits, rearranged, only_with_compat, rendered_without_compat })
    }
}

/// What removing `compat` means: the fields of the JinaFlow that are errors then, or patches without an effect, and the objects of the
/// export that do not belong to the Flow, and that it renders itself then.
fn without_compat(config: &Node<'static>, objects: &[Node<'_>], proof: &Proof) -> (Vec<String>, Vec<usize>) {
    let mut config = config.clone();
    config.get_mut("spec").and_then(|spec| spec.take("compat"));
    let mut findings = Findings::default();
    let rendered = proof::render(&config, &mut findings).unwrap_or_default();
    let is_useless = |finding: &&Finding| finding.severity == Severity::Error || finding.code == Code::PatchWithoutEffect;
    let useless = findings.iter().filter(is_useless);
    let mut fields: Vec<String> = useless.map(|finding| finding.path.to_string().trim_end_matches(".target").to_owned()).collect();
    fields.sort();
    fields.dedup();
    let known = by_key(&rendered);
    let namespace = config.text_at("metadata.namespace");
    let is_here = |object: &Node<'_>| ["", namespace].contains(&object.text_at("metadata.namespace"));
    let is_known = |place: &usize| objects.get(*place).is_some_and(|object| is_here(object) && known.contains_key(&proof::key(object)));
    (fields, proof.foreign.iter().copied().filter(is_known).collect())
}

/// The JinaFlow of an export, the text of its Flow, the namespace, and in words the claims that a user has added.
fn read(objects: &[Node<'_>], name: &str) -> Result<(Node<'static>, String, String, Vec<String>), Vec<Problem>> {
    let export = Export::of(objects);
    let problems = check::problems(&export, objects);
    if !problems.is_empty() {
        return Err(problems);
    }
    let image = settings::own_image(&export);
    let settings = Settings::of(&export, image);
    let root = match export.gateways.first() {
        Some(gateway) => Some(flow::of_flow(gateway, &export, image.unwrap_or_default())),
        None => flow::of_deployment(&export),
    };
    // The check has found a gateway, or an executor with a worker.
    let Some(root) = root else { return Err(Vec::new()) };
    let keeps_variables = root.any_scalar(&mut |scalar| scalar.text.contains('$'));
    let mut flow = String::new();
    yaml::write(&root, &mut flow);
    let mut fields = settings.fields(keeps_variables);
    fields.extend(stateful::layers(&export).map(|layers| ("executors", layers)));
    let config = settings.jina_flow(name, fields, &flow);
    Ok((config, flow, settings.namespace, stateful::lines(&export)))
}
