//! `jinaflow export FLOW [OUTDIR]`: writes manifests without a `ResourceList`.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use super::failure::{Report, Result};
use super::image_file;
use super::input::{self, FlowOfFile, Source};
use super::merged::{self, Exported};
use super::outdir;
use crate::config::{self, OnConflict, Overrides};
use crate::finding::{Code, Finding, Path};
use crate::krm::meta::Meta;
use crate::plan::Budget;
use crate::reconcile::{Origin, Placing};
use crate::render::Rendering;
use crate::report::{self, Subject};

/// The arguments of an export.
#[derive(Debug, Default, Clone)]
pub struct Export {
    /// The file of the Flow; `-` is standard input.
    pub flow: String,
    /// The folder. Without a folder, documents go to standard output.
    pub outdir: Option<PathBuf>,
    /// Settings from the command line.
    pub overrides: Overrides,
    /// Files of images.
    pub image_files: Vec<String>,
    /// Whether the gateway is left out.
    pub has_no_gateway: bool,
}

impl Export {
    /// The settings from the command line, with the images of the files; `None` after an error in a file.
    pub fn settings(&self, report: &mut Report) -> Result<Option<Overrides>> {
        let mut overrides = self.overrides.clone();
        for name in &self.image_files {
            let Some((subject, text)) = input::text(name, report)? else { return Ok(None) };
            match image_file::read(name, &text) {
                Ok(entries) => overrides.listed_images.extend(entries),
                Err(findings) => report.extend(findings.into_iter().map(|finding| (subject.clone(), finding))),
            }
        }
        Ok((!report::has_errors(report)).then_some(overrides))
    }
}

/// Exports the Flows of a file. Findings go to `report`, and lines about what was done to a folder to `done`. Returns whether the
/// export succeeded.
pub fn export(export: &Export, stdout: &mut impl Write, report: &mut Report, done: &mut String) -> Result<bool> {
    let Some((subject, text)) = input::text(&export.flow, report)? else { return Ok(false) };
    let Some(flows) = render(export, &subject, &text, report)? else { return Ok(false) };
    match &export.outdir {
        None => write_stream(&flows, stdout)?,
        Some(outdir) => *done = outdir::write(outdir, &flows, report)?,
    }
    Ok(!report::has_errors(report))
}

/// Renders the Flows of a file; `None` after an error. Findings go to `report`.
pub fn render(export: &Export, subject: &Subject, text: &str, report: &mut Report) -> Result<Option<Vec<Exported>>> {
    let Some(overrides) = export.settings(report)? else { return Ok(None) };
    let source = Source::new(subject, text);
    let mut flows: Vec<Exported> = Vec::new();
    let mut files: HashSet<(Option<String>, String)> = HashSet::new();
    let mut budget = Budget::default();
    for FlowOfFile { config, findings: mut own, path, document } in input::flows(text, subject, &overrides, report) {
        if let Some(mut rendering) = Rendering::of(&config, &Path::root(path), &mut budget, &mut own) {
            if export.has_no_gateway {
                rendering.leave_out_gateway();
            }
            rendering.report_missing_images(&config, &Path::root(path), |_, _| false, &mut own);
            let namespace = rendering.target().namespace.filter(|_| export.outdir.is_none());
            let names = rendering.components().iter().map(|component| rendering.file_of(component));
            let taken = names.filter(|name| !files.insert((namespace.map(str::to_owned), name.clone()))).count();
            if taken > 0 {
                own.push(collision(path, export.outdir.is_some()));
            }
            let placing = placing(&rendering, config.settings.on_conflict);
            flows.push(Exported { rendering, placing, config, place: (subject.clone(), path) });
        }
        report.extend(source.place(own, document));
    }
    Ok((!report::has_errors(report)).then_some(flows))
}

/// The identity of a Flow, by which its earlier objects in the folder are recognized.
fn placing(rendering: &Rendering, on_conflict: OnConflict) -> Placing {
    let meta = Meta {
        api_version: config::API_VERSION.to_owned(),
        kind: config::KIND.to_owned(),
        name: rendering.known_as().to_owned(),
        ..Meta::default()
    };
    let namespace = rendering.target().namespace.unwrap_or_default().to_owned();
    // A folder may have Flows of several files, so a Flow that is not in this file may be in another file.
    Placing { meta, origin: Origin::Unknown, on_conflict, namespace, components: rendering.planned(), is_of_jina: rendering.is_jinas() }
}

/// Writes the documents of Flows one after the other.
pub fn write_stream(flows: &[Exported], stdout: &mut impl Write) -> Result<()> {
    for (i, (_, text)) in merged::new(flows, false).iter().enumerate() {
        if i > 0 {
            stdout.write_all(b"---\n")?;
        }
        stdout.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// The finding about two Flows of one file that render the same objects or the same files.
fn collision(path: &'static str, into_folder: bool) -> Finding {
    let (message, fix) = if into_folder {
        ("renders to the same files as another JinaFlow of this file", "export each JinaFlow to its own folder")
    } else {
        ("renders the same objects as another JinaFlow of this file", "change the namespace of one, or rename its executors")
    };
    Code::OutputCollision.error(path, message).fix(fix)
}
