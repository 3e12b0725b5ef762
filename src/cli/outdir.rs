//! Writing the folder of an export: everything or nothing, and nothing of anybody else's.

use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::path::{Component, Path as FilePath, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::cli::folder::{MEMORY, Told};
use crate::cli::merged::{self, Change, Exported};
use crate::report;

/// What the names of folders begin with in which files are written before they are where they belong.
const STAGE: &str = ".jinaflow.new";

/// Folders that are looked for under a free name. Each is that of a run that was killed, or of one beside this.
const MOST_STAGES: u32 = 1000;

/// Writes Flows to a folder. What is there is merged with what the Flows render now; where there is an error, nothing is
/// written.
pub fn write(outdir: &FilePath, flows: &[Exported], told: &mut Told) -> Result<()> {
    // What Jina exports is compared with what Jina exports, file by file.
    let keeps_memory = !flows.iter().any(|flow| flow.rendering.is_jinas());
    if outdir.is_file() {
        bail!("{}: is a file; name a folder", outdir.display());
    }
    if !outdir.exists() && create(outdir, &merged::new(flows, keeps_memory))? {
        return Ok(());
    }
    let _lock = lock(outdir);
    let change = merged::merge(outdir, flows, keeps_memory, told)?;
    if report::has_errors(told) { Ok(()) } else { apply(outdir, &change) }
}

/// Another export into the folder waits for this one. Where a folder cannot be locked, as on Windows, it does not.
fn lock(outdir: &FilePath) -> Option<File> {
    let folder = File::open(outdir).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Writes everything beside where it belongs, and renames it: a folder that is new appears with everything in it. The answer is
/// whether it was new to the end.
fn create(outdir: &FilePath, files: &[(String, String)]) -> Result<bool> {
    if files.is_empty() {
        return Ok(true);
    }
    let parent = outdir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(FilePath::new("."));
    fs::create_dir_all(parent).with_context(|| format!("{}: cannot be made", parent.display()))?;
    let name = outdir.file_name().unwrap_or_default().to_string_lossy();
    let mut stage = Stage::new(parent, &format!("{name}{STAGE}"))?;
    for (name, text) in files {
        stage.write(name, text, None)?;
    }
    match fs::rename(&stage.path, outdir) {
        Ok(()) => {
            // Its name may be another run's by now.
            stage.is_there = false;
            Ok(true)
        }
        // Somebody else has made it meanwhile.
        Err(_) if outdir.is_dir() => Ok(false),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be made", outdir.display())),
    }
}

/// Writes everything into a folder within, and renames each file: no file is ever half there. Where one of them cannot be
/// written, the others are put back. A run that is killed meanwhile leaves behind what the next one needs to know which of them
/// are new.
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
    let Change { written, removed, memory } = change;
    let is_changing = !written.is_empty() || !removed.is_empty();
    if let Some(memory) = memory.as_ref().filter(|_| is_changing) {
        replace(outdir, MEMORY, &memory.unfinished, undo)?;
    }
    if !written.is_empty() {
        let stage = Stage::new(outdir, STAGE)?;
        // kubectl would apply files of these names from what a run that was killed leaves behind.
        let numbers: Vec<String> = (0..written.len()).map(|number| number.to_string()).collect();
        for (number, (name, text)) in numbers.iter().zip(written) {
            stage.write(number, text, Some(&outdir.join(name)))?;
        }
        for (number, (name, _)) in numbers.iter().zip(written) {
            let path = outdir.join(name);
            undo.note(&path);
            make_folder_of(&path)?;
            fs::rename(stage.path.join(number), &path).with_context(|| format!("{}: cannot be written", path.display()))?;
        }
    }
    for name in removed {
        let path = outdir.join(name);
        undo.note(&path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{}: cannot be removed", path.display()));
            }
            _ => {}
        }
        // A folder that holds something else stays.
        if let Some(folder) = path.parent().filter(|folder| *folder != outdir) {
            let _ = fs::remove_dir(folder);
        }
    }
    match memory {
        Some(memory) => replace(outdir, MEMORY, &memory.done, undo),
        None => Ok(()),
    }
}

/// What files were before they were replaced or removed.
#[derive(Default)]
struct Undo(Vec<(PathBuf, Was)>);

/// What a file was.
enum Was {
    /// Its content, and who may do what with it.
    There(Vec<u8>, Permissions),
    /// It was not there, and its folder perhaps neither.
    New { is_folder_new: bool },
}

impl Undo {
    /// Notes what a file is, before its folder is made.
    fn note(&mut self, path: &FilePath) {
        let was = match fs::read(path).and_then(|bytes| Ok(Was::There(bytes, fs::metadata(path)?.permissions()))) {
            Ok(was) => was,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Was::New { is_folder_new: path.parent().is_some_and(|folder| !folder.exists()) }
            }
            // It cannot be put back, and is not taken away.
            Err(_) => return,
        };
        self.0.push((path.to_owned(), was));
    }

    /// Puts everything back, as far as that can be done. What has gone wrong already is what is told.
    fn all(self) {
        for (path, was) in self.0.into_iter().rev() {
            match was {
                Was::There(bytes, _) if fs::read(&path).is_ok_and(|now| now == bytes) => {}
                Was::There(bytes, permissions) => {
                    let _ = make_folder_of(&path);
                    let _ = fs::write(&path, bytes).and_then(|()| fs::set_permissions(&path, permissions));
                }
                Was::New { is_folder_new } => {
                    let _ = fs::remove_file(&path);
                    let _ = path.parent().filter(|_| is_folder_new).map(fs::remove_dir);
                }
            }
        }
    }
}

/// Writes one file beside where it belongs, and renames it.
fn replace(outdir: &FilePath, name: &str, text: &str, undo: &mut Undo) -> Result<()> {
    let path = outdir.join(name);
    if fs::read(&path).ok().as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    undo.note(&path);
    let stage = Stage::new(outdir, STAGE)?;
    stage.write(name, text, Some(&path))?;
    fs::rename(stage.path.join(name), &path).with_context(|| format!("{}: cannot be written", path.display()))
}

/// Neither a file nor a folder on the way to it may be a link: what is behind it is not in the folder.
fn refuse_links(outdir: &FilePath, name: &str) -> Result<()> {
    let mut path = outdir.to_owned();
    for step in FilePath::new(name).components().filter(|step| matches!(step, Component::Normal(_))) {
        path.push(step);
        if path.is_symlink() {
            bail!("{}: is a symbolic link, and may lead out of the folder; replace it by what it leads to", path.display());
        }
    }
    Ok(())
}

/// A folder of this run, removed with it.
struct Stage {
    path: PathBuf,
    is_there: bool,
}

impl Stage {
    /// Makes a folder in `parent`, with a name that nothing has.
    fn new(parent: &FilePath, name: &str) -> Result<Self> {
        for number in 0..MOST_STAGES {
            let path = parent.join(if number == 0 { name.to_owned() } else { format!("{name}.{number}") });
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path, is_there: true }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).with_context(|| format!("{}: cannot be made", path.display())),
            }
        }
        Err(anyhow!(
            "{}: there are {MOST_STAGES} folders of that name; remove those of exports that were killed",
            parent.join(name).display()
        ))
    }

    /// Writes a file; one that replaces another has its mode.
    fn write(&self, name: &str, text: &str, replaced: Option<&FilePath>) -> Result<()> {
        let path = self.path.join(name);
        make_folder_of(&path)?;
        fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))?;
        if let Some(known) = replaced.and_then(|replaced| fs::metadata(replaced).ok()).filter(fs::Metadata::is_file) {
            fs::set_permissions(&path, known.permissions()).with_context(|| format!("{}: cannot be given its mode", path.display()))?;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.is_there {
            // What is wrong already is worth more than what is left behind.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn make_folder_of(file: &FilePath) -> Result<()> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot be made", folder.display()))
}
