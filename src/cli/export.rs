//! `jinaflow export FLOW [OUTDIR]`: manifests without a `ResourceList`.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::cli::folder::Told;
use crate::cli::input::{self, FlowOfFile};
use crate::cli::merged::{self, Exported};
use crate::cli::outdir;
use crate::config::{self, OnConflict, Overrides};
use crate::finding::{Finding, Path};
use crate::krm::meta::Meta;
use crate::plan::Budget;
use crate::reconcile::{Origin, Placing};
use crate::render::Rendering;
use crate::report;
use crate::report::place;

/// What to export and how.
#[derive(Debug, Default, Clone)]
pub struct Export {
    /// The file; `-` is standard input.
    pub flow: String,
    /// The folder; without one, a stream of documents is written to standard output.
    pub outdir: Option<PathBuf>,
    /// Settings from the command line.
    pub overrides: Overrides,
}

/// Exports. The findings go to `said`; the answer is whether all went well.
pub fn export(export: &Export, stdout: &mut impl Write, said: &mut String) -> Result<bool> {
    let Some((subject, text)) = input::text(&export.flow, said)? else { return Ok(false) };
    let mut findings: Told = Vec::new();
    let mut flows: Vec<Exported> = Vec::new();
    let mut places: HashSet<(Option<String>, String)> = HashSet::new();
    let mut budget = Budget::default();
    for FlowOfFile { config, findings: mut own, path, document } in input::flows(&text, &subject, &export.overrides, &mut findings) {
        if let Some(rendering) = Rendering::of(&config, &Path::root(path), &mut budget, &mut own) {
            let namespace = rendering.target().namespace.filter(|_| export.outdir.is_none());
            let files = rendering.components().iter().map(|component| rendering.file_of(component));
            let taken = files.filter(|name| !places.insert((namespace.map(str::to_owned), name.clone()))).count();
            if taken > 0 {
                own.push(collision(path, export.outdir.is_some()));
            }
            let placing = placing(&rendering, config.settings.on_conflict);
            flows.push(Exported { rendering, placing, place: (subject.clone(), path) });
        }
        findings.extend(place::in_file(own, &subject, &text, document));
    }
    if report::has_errors(&findings) {
        said.push_str(&report::lines(&findings));
        return Ok(false);
    }
    let written = match &export.outdir {
        None => write_stream(&flows, stdout),
        Some(outdir) => outdir::write(outdir, &flows, &mut findings),
    };
    said.push_str(&report::lines(&findings));
    written.map(|()| !report::has_errors(&findings))
}

/// Who a Flow is for those of its objects that are in the folder already.
fn placing(rendering: &Rendering, on_conflict: OnConflict) -> Placing {
    let meta = Meta {
        api_version: config::API_VERSION.to_owned(),
        kind: config::KIND.to_owned(),
        name: rendering.known_as().to_owned(),
        ..Meta::default()
    };
    let namespace = rendering.target().namespace.unwrap_or_default().to_owned();
    // Flows of several files may go to one folder, so that those that are not in this file are not gone.
    Placing { meta, origin: Origin::Unknown, on_conflict, namespace, components: rendering.planned() }
}

fn write_stream(flows: &[Exported], stdout: &mut impl Write) -> Result<()> {
    for (i, (_, text)) in merged::new(flows, false).iter().enumerate() {
        if i > 0 {
            stdout.write_all(b"---\n")?;
        }
        stdout.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// Two flows of one file that yield the same objects, or the same files.
fn collision(path: &'static str, into_folder: bool) -> Finding {
    if into_folder {
        let finding = Finding::error(path, "another JinaFlow of this file yields files of the same names");
        return finding.fix("export each into a folder of its own");
    }
    let finding = Finding::error(path, "another JinaFlow of this file yields objects of the same names");
    finding.fix("give one of them another namespace, or rename its executors")
}
