//! Kustomizations in the folders of a check. Only their builds can be checked, so the message has the commands to build them.

use std::fs;
use std::path::Path as FilePath;

use super::shell::quoted;
use crate::finding::{Code, Finding};
use crate::report::Subject;
use crate::yaml::{self, Node};

/// The names of the file.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// The most kustomizations that are read to find generators.
const MOST_READ: usize = 200;

/// The most commands in a message.
const MOST_SHOWN: usize = 50;

/// A kustomization.
#[derive(Debug)]
pub struct Kustomization {
    folder: String,
    /// Whether it is a `Component`, which builds only as a part of another kustomization.
    is_component: bool,
    /// Whether it runs functions, so that its build needs flags.
    runs_functions: bool,
}

impl Kustomization {
    /// The kustomization in a folder.
    pub fn in_folder(folder: &str) -> Option<Self> {
        let text = text(FilePath::new(folder))?;
        let root = yaml::read(&text).ok().and_then(|document| document.root);
        let is_component = root.as_ref().and_then(|root| root.get("kind")?.as_text()) == Some("Component");
        let mut left = MOST_READ;
        let runs_functions = root.is_some_and(|root| runs_functions(&root, FilePath::new(folder), &mut left));
        Some(Self { folder: folder.to_owned(), is_component, runs_functions })
    }

    /// The command that gives the build to a command of jinaflow.
    fn command(&self, reader: Reader) -> String {
        let flags = if self.runs_functions { "--enable-alpha-plugins --enable-exec " } else { "" };
        format!("kustomize build {flags}{} | jinaflow {} -", quoted(&self.folder), reader.words().0)
    }

    /// Whether a folder below `path` on the way to the kustomization has a name.
    fn is_below(&self, path: &str, name: &str) -> bool {
        self.folder.strip_prefix(path).unwrap_or_default().split('/').any(|step| step == name)
    }
}

/// The text of the file of a kustomization. Reading a pipe that has no writer would never end.
fn text(folder: &FilePath) -> Option<String> {
    let file = NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file())?;
    Some(fs::read_to_string(file).unwrap_or_default())
}

/// Whether a kustomization, or one that it lists, runs functions.
fn runs_functions(root: &Node<'_>, folder: &FilePath, left: &mut usize) -> bool {
    let entries = |key: &str| root.get(key).and_then(Node::as_list).unwrap_or_default().iter();
    if ["generators", "transformers", "validators"].into_iter().any(|key| entries(key).len() > 0) {
        return true;
    }
    ["resources", "bases", "components"].into_iter().flat_map(entries).filter_map(Node::as_text).any(|entry| {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        let listed = folder.join(entry);
        let Some(text) = text(&listed) else { return false };
        let root = yaml::read(&text).ok().and_then(|document| document.root);
        root.is_some_and(|root| runs_functions(&root, &listed, left))
    })
}

/// The command that reads the builds of kustomizations.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// `check`, which reads them for other commands too.
    Check,
    /// `import`.
    Import,
}

impl Reader {
    /// The name of the command, and what it does, as a participle.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Reader::Check => ("check", "checked"),
            Reader::Import => ("import", "imported"),
        }
    }
}

/// The finding about the kustomizations below `path`: one command for each that is applied to a cluster.
pub fn finding(path: &str, found: &[Kustomization], reader: Reader) -> Option<(Subject, Finding)> {
    let first = found.first()?;
    let (_, done) = reader.words();
    let error = |message: String| Code::KustomizationNotBuilt.error("", message);
    let all: Vec<&Kustomization> = found.iter().filter(|kustomization| !kustomization.is_component).collect();
    let only = |is_wanted: &dyn Fn(&Kustomization) -> bool| {
        Some(all.iter().copied().filter(|kustomization| is_wanted(kustomization)).collect::<Vec<_>>()).filter(|some| !some.is_empty())
    };
    let overlays = only(&|kustomization| kustomization.is_below(path, "overlays"));
    let applied = overlays.or_else(|| only(&|kustomization| !kustomization.is_below(path, "base"))).unwrap_or(all);
    let (name, finding) = match applied.as_slice() {
        [] => {
            let finding = error("is a component of kustomize, which builds only as a part of a kustomization".to_owned());
            (&*first.folder, finding.fix("check the build of a kustomization that lists it under `components:`"))
        }
        [one] => {
            let finding = error(format!("is a kustomization: only its build can be {done}, not its files"));
            (&*one.folder, finding.fix(format!("run: {}", one.command(reader))))
        }
        several => {
            let commands: Vec<String> = several.iter().take(MOST_SHOWN).map(|one| one.command(reader)).collect();
            let finding = error(format!("has kustomizations: only their builds can be {done}, not their files"));
            (path, finding.fix("run each of the commands below").with_block(commands.join("\n")))
        }
    };
    Some((Subject::File(name.to_owned()), finding))
}
