//! From the objects of an export to a JinaFlow that renders them.

use super::check;
use super::export::Export;
use super::problem::Problem;
use super::proof::{self, Proof};
use super::settings::{self, Settings};
use super::{edits, flow, invalid_names, live, text};
use crate::finding::{Findings, Severity};
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
}

/// Imports objects, quotes their strings, and removes what a server has added to them. `name` is the name of the JinaFlow.
pub fn import(objects: &mut [Node<'_>], name: &str) -> Result<Imported, Vec<Problem>> {
    objects.iter_mut().for_each(text::quote);
    let are_live: Vec<bool> = objects.iter().map(live::is_live).collect();
    objects.iter_mut().filter(|object| live::is_live(object)).for_each(live::strip);
    let renamed = invalid_names::rename(objects);
    let (config, flow, namespace) = read(objects, name)?;
    let mut warnings = Findings::default();
    let Some(rendered) = proof::render(&config, &mut warnings) else {
        let errors = warnings.into_iter().filter(|finding| finding.severity == Severity::Error);
        return Err(errors.map(|finding| (None, finding)).collect());
    };
    for (object, _) in objects.iter_mut().zip(are_live).filter(|(_, is_live)| *is_live) {
        let kind = object.text_at("kind").to_owned();
        let base = rendered.iter().find(|base| proof::key(base) == proof::key(object));
        live::without_defaults(object, base, &kind);
    }
    let before = proof::compare(rendered, objects);
    if before.is_complete() {
        let proof = before.clone();
        return Ok(Imported { flow, namespace, config, before, proof, edits: Vec::new(), renamed });
    }
    let errors = |findings: Findings| -> Vec<Problem> { findings.into_iter().map(|finding| (None, finding)).collect() };
    let is_elsewhere = proof::elsewhere(objects, &namespace);
    let own: Vec<Node<'_>> = objects.iter().zip(is_elsewhere).filter(|(_, is)| !is).map(|(object, _)| object.clone()).collect();
    let lifted = edits::lift(&config, &own).map_err(errors)?;
    let mut findings = Findings::default();
    let Some(rendered) = proof::render(&lifted.config, &mut findings) else { return Err(errors(findings)) };
    let proof = proof::compare(rendered, objects);
    let edits = lifted.lines();
    Ok(Imported { flow, namespace, config: lifted.config, before, proof, edits, renamed })
}

/// The JinaFlow of an export, the text of its Flow, and the namespace.
fn read(objects: &[Node<'_>], name: &str) -> Result<(Node<'static>, String, String), Vec<Problem>> {
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
    let config = settings.jina_flow(name, settings.fields(keeps_variables), &flow);
    Ok((config, flow, settings.namespace))
}
