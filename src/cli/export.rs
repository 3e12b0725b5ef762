//! `jinaflow export FLOW [OUTDIR]`: manifests without a `ResourceList`.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::cli::input::{self, FlowOfFile};
use crate::cli::place;
use crate::cli::render::Rendering;
use crate::cli::report::{self, Subject};
use crate::config::Overrides;
use crate::finding::{Finding, Path};
use crate::manifests;
use crate::plan::Room;
use crate::yaml;

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
    let mut findings: Vec<(Subject, Finding)> = Vec::new();
    let mut files: Vec<(String, String)> = Vec::new();
    let mut places: HashSet<(Option<String>, String)> = HashSet::new();
    let mut room = Room::default();
    for FlowOfFile { config, findings: mut own, path, document } in input::flows(&text, &subject, &export.overrides, &mut findings) {
        if let Some(rendering) = Rendering::of(&config, &Path::root(path), &mut room, &mut own) {
            let written = write_files(&rendering);
            let namespace = rendering.target().namespace.filter(|_| export.outdir.is_none());
            let taken = written.iter().filter(|(name, _)| !places.insert((namespace.map(str::to_owned), name.clone()))).count();
            if taken > 0 {
                own.push(collision(path, export.outdir.is_some()));
            }
            files.extend(written);
        }
        findings.extend(place::in_file(own, &subject, &text, document));
    }
    said.push_str(&report::lines(&findings));
    if report::has_errors(&findings) {
        return Ok(false);
    }
    match &export.outdir {
        None => {
            for (i, (_, text)) in files.iter().enumerate() {
                if i > 0 {
                    stdout.write_all(b"---\n")?;
                }
                stdout.write_all(text.as_bytes())?;
            }
        }
        Some(outdir) => write_tree(outdir, &files)?,
    }
    Ok(true)
}

/// Two flows of one file that yield the same objects, or the same files.
fn collision(path: &str, into_folder: bool) -> Finding {
    if into_folder {
        let finding = Finding::error(path, "another JinaFlow of this file yields files of the same names");
        return finding.mend("export each into a folder of its own");
    }
    let finding = Finding::error(path, "another JinaFlow of this file yields objects of the same names");
    finding.mend("give one of them another namespace, or rename its executors")
}

/// Jina's tree: a file for each component, its objects one after the other.
fn write_files(rendering: &Rendering) -> Vec<(String, String)> {
    let target = rendering.target();
    let file = |component| {
        let mut text = String::new();
        for (i, object) in manifests::objects(component, &target).into_iter().enumerate() {
            text.push_str(if i == 0 { "" } else { "---\n" });
            yaml::write(&object.node, &mut text);
        }
        (rendering.file_of(component), text)
    };
    rendering.components().iter().map(file).collect()
}

/// The folder in which files are written before they are where they belong.
const STAGE: &str = ".jinaflow.new";

/// Writes everything beside where it belongs, then renames it: a run that fails or is killed while it writes leaves a
/// folder as it was, and no file is ever half there. A folder that is new appears with everything in it.
fn write_tree(outdir: &FilePath, files: &[(String, String)]) -> Result<()> {
    if outdir.is_file() {
        bail!("{}: is a file; name a folder", outdir.display());
    }
    let is_new = !outdir.exists();
    let stage = if is_new { beside(outdir) } else { outdir.join(STAGE) };
    // From a run that was killed.
    if stage.exists() {
        fs::remove_dir_all(&stage).with_context(|| format!("{}: cannot be removed", stage.display()))?;
    }
    let done = stage_files(&stage, files).and_then(|()| {
        if is_new {
            return fs::rename(&stage, outdir).with_context(|| format!("{}: cannot be made", outdir.display()));
        }
        if let Some((name, _)) = files.iter().find(|(name, _)| outdir.join(name).is_dir()) {
            bail!("{}: is a folder, and a file belongs there", outdir.join(name).display());
        }
        for (name, _) in files {
            make_folder_of(&outdir.join(name))?;
        }
        files.iter().try_for_each(|(name, _)| {
            let path = outdir.join(name);
            fs::rename(stage.join(name), &path).with_context(|| format!("{}: cannot be written", path.display()))
        })
    });
    if stage.exists() {
        // What is wrong already is worth more than what is left behind.
        let _ = fs::remove_dir_all(&stage);
    }
    done
}

/// A neighbour of a folder that is not there yet.
fn beside(outdir: &FilePath) -> PathBuf {
    let mut name = outdir.file_name().unwrap_or_default().to_owned();
    name.push(STAGE);
    outdir.with_file_name(name)
}

fn stage_files(stage: &FilePath, files: &[(String, String)]) -> Result<()> {
    for (name, text) in files {
        let path = stage.join(name);
        make_folder_of(&path)?;
        fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(())
}

fn make_folder_of(file: &FilePath) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))
}
