//! Writes the folder of an export: all changes or none, and only files of the export.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::path::{Component, Path as FilePath, PathBuf};

use super::failure::{Failure, Report, Result};
use super::folder::MEMORY;
use super::merged::{self, Change, Exported};
use crate::finding::Code;
use crate::report::changes::{self, Tally};
use crate::report::{self, Subject};

/// The start of the names of temporary folders, in which files are written before they are renamed.
const STAGE: &str = ".jinaflow.new";

/// The most names that are tried for a temporary folder. A taken name belongs to another run, or to a run that was killed.
const MOST_STAGES: u32 = 1000;

/// Writes Flows to a folder, merged with the files that it has, and returns a line about each Flow. Writes nothing if there is an
/// error.
pub fn write(outdir: &FilePath, flows: &[Exported], report: &mut Report) -> Result<String> {
    // Users compare an export with `compat` and an export of Jina file by file, so jinaflow adds no file.
    let keeps_memory = !flows.iter().any(|flow| flow.rendering.is_jinas());
    if is_file(outdir) {
        let finding = Code::WrongFileType.error("", "is a file, but OUTDIR must be a folder");
        return Err(Failure::of_file(outdir, finding.fix("choose another name")));
    }
    if !outdir.exists() && create(outdir, &merged::new(flows, keeps_memory))? {
        return Ok(flows.iter().map(all_added).collect());
    }
    let _lock = lock(outdir);
    let change = merged::merge(outdir, flows, keeps_memory, report)?;
    if report::has_errors(report) {
        return Ok(String::new());
    }
    apply(outdir, &change)?;
    Ok(changes::summary(&change.objects))
}

/// The line about a Flow in a new folder.
fn all_added(flow: &Exported) -> String {
    let added = flow.rendering.objects().map(|(_, objects)| objects.len()).sum();
    changes::summary_line(&flow.placing.meta.name, &Tally { added, ..Tally::default() })
}

/// Writes new files to a folder. Writes nothing if one of them exists already.
pub fn add(outdir: &FilePath, files: &[(String, String)], report: &mut Report) -> Result<()> {
    if is_file(outdir) {
        return Err(not_a_folder(outdir));
    }
    if !outdir.exists() && create(outdir, files)? {
        return Ok(());
    }
    let _lock = lock(outdir);
    for (name, _) in files {
        let path = outdir.join(name);
        if let Some(file) = path.ancestors().skip(1).find(|above| is_file(above)) {
            return Err(not_a_folder(file));
        }
        if fs::symlink_metadata(&path).is_ok() {
            let finding = Code::FileExists.error("", "exists already, and is not overwritten");
            report.push((Subject::File(path.display().to_string()), finding.fix("choose another folder, or move the file")));
        }
    }
    if report::has_errors(report) {
        return Ok(());
    }
    apply(outdir, &Change { written: files.to_vec(), ..Change::default() })
}

/// Whether a path is a file of any type. Opening a named pipe waits for another process.
fn is_file(path: &FilePath) -> bool {
    path.exists() && !path.is_dir()
}

fn not_a_folder(path: &FilePath) -> Failure {
    let finding = Code::WrongFileType.error("", "is a file, but must be a folder");
    Failure::of_file(path, finding.fix("choose another folder"))
}

/// Locks the folder, so that another export to it waits. Some systems, such as Windows, cannot lock a folder.
fn lock(outdir: &FilePath) -> Option<File> {
    let folder = File::open(outdir).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Writes a new folder under a temporary name and renames it, so that it appears with all its files. Returns `false` if
/// another process has created the folder at the same time.
fn create(outdir: &FilePath, files: &[(String, String)]) -> Result<bool> {
    if files.is_empty() {
        return Ok(true);
    }
    let parent = outdir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(FilePath::new("."));
    fs::create_dir_all(parent).map_err(|error| Failure::unwritable(parent, "created", error))?;
    let name = outdir.file_name().unwrap_or_default().to_string_lossy();
    let mut stage = Stage::new(parent, &format!("{name}{STAGE}"))?;
    for (name, text) in files {
        stage.write(name, text, None)?;
    }
    match fs::rename(&stage.path, outdir) {
        Ok(()) => {
            // By now, another run may have created a folder with this name.
            stage.is_there = false;
            Ok(true)
        }
        // Another process has created the folder at the same time.
        Err(_) if outdir.is_dir() => Ok(false),
        Err(error) => Err(Failure::unwritable(outdir, "created", error)),
    }
}

/// Writes all files to a temporary folder and renames each, so that no file is ever incomplete. If a file cannot be
/// written, the other files are restored. If the run is killed, the record tells the next run which files are new.
fn apply(outdir: &FilePath, change: &Change) -> Result<()> {
    let memory = change.memory.as_ref().map(|_| MEMORY);
    for name in change.written.iter().map(|(name, _)| name).chain(&change.removed).map(String::as_str).chain(memory) {
        refuse_links(outdir, name)?;
    }
    let mut undo = Undo::default();
    let done = replace_all(outdir, change, &mut undo);
    if done.is_err() {
        undo.all();
    }
    done
}

fn replace_all(outdir: &FilePath, change: &Change, undo: &mut Undo) -> Result<()> {
    let Change { written, removed, memory, .. } = change;
    let is_changing = !written.is_empty() || !removed.is_empty();
    if let Some(memory) = memory.as_ref().filter(|_| is_changing) {
        replace(outdir, MEMORY, &memory.unfinished, undo)?;
    }
    if !written.is_empty() {
        let stage = Stage::new(outdir, STAGE)?;
        // Staged files have numbers as names. If the run is killed, kubectl does not apply the files that remain, because
        // their names do not end with `.yml`.
        let numbers: Vec<String> = (0..written.len()).map(|number| number.to_string()).collect();
        for (number, (name, text)) in numbers.iter().zip(written) {
            stage.write(number, text, Some(&outdir.join(name)))?;
        }
        for (number, (name, _)) in numbers.iter().zip(written) {
            let path = outdir.join(name);
            undo.note(&path);
            create_folder_of(&path)?;
            fs::rename(stage.path.join(number), &path).map_err(|error| Failure::unwritable(&path, "written", error))?;
        }
    }
    for name in removed {
        let path = outdir.join(name);
        undo.note(&path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(Failure::unwritable(&path, "removed", error));
            }
            _ => {}
        }
        // `remove_dir` fails for a folder that is not empty, so the folder stays.
        if let Some(folder) = path.parent().filter(|folder| *folder != outdir) {
            let _ = fs::remove_dir(folder);
        }
    }
    match memory {
        Some(memory) => replace(outdir, MEMORY, &memory.done, undo),
        None => Ok(()),
    }
}

/// The files as they were before they were replaced or removed.
#[derive(Default)]
struct Undo(Vec<(PathBuf, Was)>);

/// A file before its change.
enum Was {
    /// The content and the permissions of the file.
    There(Vec<u8>, Permissions),
    /// The file and these folders did not exist.
    New(Vec<PathBuf>),
}

impl Undo {
    /// Notes a file before it changes. Call this before its folder is created.
    fn note(&mut self, path: &FilePath) {
        let was = match fs::read(path).and_then(|bytes| Ok(Was::There(bytes, fs::metadata(path)?.permissions()))) {
            Ok(was) => was,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Was::New(path.ancestors().skip(1).take_while(|folder| !folder.exists()).map(FilePath::to_owned).collect())
            }
            // This file cannot be restored, so it is not removed.
            Err(_) => return,
        };
        self.0.push((path.to_owned(), was));
    }

    /// Restores all files as far as possible. Further errors are ignored: the first one is reported.
    fn all(self) {
        for (path, was) in self.0.into_iter().rev() {
            match was {
                Was::There(bytes, _) if fs::read(&path).is_ok_and(|now| now == bytes) => {}
                Was::There(bytes, permissions) => {
                    let _ = create_folder_of(&path);
                    let _ = fs::write(&path, bytes).and_then(|()| fs::set_permissions(&path, permissions));
                }
                Was::New(folders) => {
                    let _ = fs::remove_file(&path);
                    for folder in folders {
                        let _ = fs::remove_dir(folder);
                    }
                }
            }
        }
    }
}

/// Writes one file to a temporary folder and renames it.
fn replace(outdir: &FilePath, name: &str, text: &str, undo: &mut Undo) -> Result<()> {
    let path = outdir.join(name);
    if fs::read(&path).ok().as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    undo.note(&path);
    let stage = Stage::new(outdir, STAGE)?;
    stage.write(name, text, Some(&path))?;
    fs::rename(stage.path.join(name), &path).map_err(|error| Failure::unwritable(&path, "written", error))
}

/// Refuses a file that is a symbolic link or is below a symbolic link, because its target may be outside of the folder.
fn refuse_links(outdir: &FilePath, name: &str) -> Result<()> {
    let mut path = outdir.to_owned();
    for step in FilePath::new(name).components().filter(|step| matches!(step, Component::Normal(_))) {
        path.push(step);
        if path.is_symlink() {
            let finding = Code::SymbolicLink.error("", "is a symbolic link, whose target may be outside of the folder");
            return Err(Failure::of_file(&path, finding.fix("replace it with a copy of its target")));
        }
    }
    Ok(())
}

/// A temporary folder, removed at the end of the run.
struct Stage {
    path: PathBuf,
    is_there: bool,
}

impl Stage {
    /// Creates a folder in `parent` under a free name.
    fn new(parent: &FilePath, name: &str) -> Result<Self> {
        for number in 0..MOST_STAGES {
            let path = parent.join(if number == 0 { name.to_owned() } else { format!("{name}.{number}") });
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, is_there: true }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::unwritable(&path, "created", error)),
            }
        }
        let message = format!("cannot be created: {MOST_STAGES} folders have this name with a number");
        let finding = Code::FileUnwritable.error("", message).fix("remove these folders; killed exports left them behind");
        Err(Failure::of_file(&parent.join(name), finding))
    }

    /// Writes a file, with the permissions of the file that it replaces.
    fn write(&self, name: &str, text: &str, replaced: Option<&FilePath>) -> Result<()> {
        let path = self.path.join(name);
        create_folder_of(&path)?;
        fs::write(&path, text).map_err(|error| Failure::unwritable(&path, "written", error))?;
        if let Some(known) = replaced.and_then(|replaced| fs::metadata(replaced).ok()).filter(fs::Metadata::is_file) {
            let permissions = fs::set_permissions(&path, known.permissions());
            permissions.map_err(|error| Failure::unwritable(&path, "given its permissions", error))?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.is_there {
            // An error here would hide the error that ended the run.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn create_folder_of(file: &FilePath) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).map_err(|error| Failure::unwritable(folder, "created", error))
}
