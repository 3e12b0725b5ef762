//! The commands of the command line, one row for each.

use std::path::Path as FilePath;
use std::vec::IntoIter;

use super::diff::{self, Difference};
use super::environment::Environment;
use super::explain::Question;
use super::export::Export;
use super::flags::{Flag, OF_CHECK, OF_DIFF, OF_EXPORT, OF_GRAPH, OF_IMPORT, OF_INIT, OF_MAN, OF_SUMMARY, Settings, Sides};
use super::graph::{self, Drawing};
use super::import::Import;
use super::init::Init;
use super::inspect::{self, Inspection};
use super::scaffold::check_name;
use super::shells::{SHELLS, Shell};
use super::summary::{self, Summary};
use crate::config::{Overrides, STORAGE_VARIABLES};
use crate::finding::{Code, Finding};
use crate::manifests::reasons;

/// A command that the arguments request.
#[derive(Debug)]
pub enum Command {
    /// Answers a `ResourceList` on standard input.
    Function,
    /// Answers kustomize, which names the file of a configuration.
    Plugin(String),
    /// Exports manifests.
    Export(Box<Export>),
    /// Writes a kustomize tree or a kpt package.
    Init(Box<Init>),
    /// Turns an export of Jina into a kustomize tree or a kpt package.
    Import(Box<Import>),
    /// Checks manifests.
    Check(Inspection),
    /// Compares manifests.
    Diff(Box<Difference>),
    /// Draws manifests or a Flow.
    Graph(Box<Drawing>),
    /// Summarizes manifests.
    Summary(Box<Summary>),
    /// Explains a code, a difference, a field, an option, or a Flow.
    Explain(Question),
    /// Prints the options of Jina, or one option.
    Options(Option<String>),
    /// Prints the fields of a `JinaFlow`, or the fields with one name.
    Fields(Option<String>),
    /// Prints a schema.
    Schema(SchemaOf),
    /// Prints the definitions of the function's kinds.
    Definition,
    /// Prints or writes manual pages.
    Man(ManPages),
    /// Prints the completions for a shell.
    Completion(Shell),
    /// Prints the manual.
    Manual,
    /// Prints the overview at a terminal, else the manual: `kpt fn doc` runs `--help` and expects all of the documentation.
    Doc,
    /// Prints the help: of a command, or the overview.
    Help(Option<&'static Row>),
    /// Prints the version.
    Version,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaOf {
    /// A JinaFlow.
    JinaFlow,
    /// A patch of a JinaFlow.
    Patch,
    /// A Jina YAML file.
    Flow,
    /// A JinaFlowCheck.
    Check,
    /// Both kinds, as CustomResourceDefinitions.
    Crd,
}

/// What schemas describe, by the name on the command line.
pub const SCHEMAS: [(&str, SchemaOf); 5] = [
    ("jinaflow", SchemaOf::JinaFlow),
    ("patch", SchemaOf::Patch),
    ("flow", SchemaOf::Flow),
    ("check", SchemaOf::Check),
    ("crd", SchemaOf::Crd),
];

/// Manual pages for `man`.
#[derive(Debug)]
pub enum ManPages {
    /// The page about jinaflow.
    Overview,
    /// The page of a command.
    Command(&'static Row),
    /// The page about the fields of a JinaFlow.
    Fields,
    /// All pages, as files in this folder.
    All(String),
}

/// A command of the command line.
#[derive(Debug)]
pub struct Row {
    /// The name of the command.
    pub name: &'static str,
    /// The arguments of the command, as the help shows them.
    pub arguments: &'static str,
    /// The description of the command, as a verb with its object. The help shows it.
    pub doc: &'static str,
    /// Details about the command, for its own help.
    pub details: &'static str,
    /// Command lines that show the use of the command.
    pub examples: &'static [&'static str],
    /// The flags of the command.
    pub flags: &'static [Flag],
    /// Flags of another command that this command takes too. Its help does not list them.
    pub inherited: &'static [Flag],
    /// Makes the command from its arguments.
    make: fn(Arguments<'_>) -> Result<Command, Finding>,
}

/// The arguments of a command, without flags, and the settings from flags.
pub struct Arguments<'e> {
    /// The arguments after the name of the command.
    pub words: IntoIter<String>,
    /// The settings from flags.
    pub settings: Settings,
    /// The environment.
    pub environment: &'e Environment,
}

/// All commands.
pub const COMMANDS: &[Row] = &[
    Row {
        name: "init",
        arguments: "FLOW [DIR]",
        doc: "write a kustomize tree or a kpt package for a Flow",
        details: "FLOW is a Jina YAML file, or `-` for standard input. The default of DIR is NAME-k8s, where NAME is\n\
                  the name of the Flow. `init` never overwrites a file. The tree has a base with a copy of the Flow,\n\
                  and overlays for dev, staging and prod. `init` also takes the flags of `jinaflow export`, such as\n\
                  --context and --image, and writes their values as fields of the JinaFlow.",
        examples: &["jinaflow init flow.yml", "jinaflow init flow.yml search --kpt --context TAG=1.2.0"],
        flags: OF_INIT,
        inherited: OF_EXPORT,
        make: |mut arguments| {
            let Some(flow) = arguments.words.next() else {
                return Err(missing("init", "FLOW", "add a Jina YAML file, or `-` for standard input"));
            };
            let outdir = arguments.words.next().map(Into::into);
            let layout = arguments.settings.layout.unwrap_or_default();
            check_name(arguments.settings.overrides.name.as_deref())?;
            let source = Export { outdir, ..arguments.source(flow) };
            if source.has_no_gateway {
                let finding = Code::MisplacedFlag.error("--no-gateway", "is not a flag of `jinaflow init`");
                return Err(finding.fix("remove it, or run: jinaflow export FLOW [OUTDIR] --no-gateway"));
            }
            let init = Init { source, layout };
            arguments.end("init", "FLOW and DIR")?;
            Ok(Command::Init(Box::new(init)))
        },
    },
    Row {
        name: "export",
        arguments: "FLOW [OUTDIR]",
        doc: "write the manifests of a Flow, to standard output or to a folder",
        details: "FLOW is a Jina YAML file, a JinaFlow, or `-`. A second export to OUTDIR keeps your edits there.",
        examples: &["jinaflow export flow.yml manifests --k8s-namespace search"],
        flags: OF_EXPORT,
        inherited: &[],
        make: |mut arguments| {
            let Some(flow) = arguments.words.next() else {
                return Err(missing("export", "FLOW", "add a Jina YAML file, a JinaFlow, or `-` for standard input"));
            };
            let outdir = arguments.words.next().map(Into::into);
            let export = Export { outdir, ..arguments.source(flow) };
            arguments.end("export", "FLOW and OUTDIR")?;
            Ok(Command::Export(Box::new(export)))
        },
    },
    Row {
        name: "import",
        arguments: "DIR|FILE|-",
        doc: "write a kustomize tree or a kpt package for what Jina has exported",
        details: "DIR or FILE is the output of `jina export kubernetes`, edited or not, of `helm template`, or of\n\
                  `kubectl get -o yaml`; `-` is standard input. The command reads the Flow back, renders it, and\n\
                  compares. What you edited becomes fields of the JinaFlow. Objects that are not of the Flow are\n\
                  copied. The exit code is 0 only if a render gives the same objects; what it does not give is\n\
                  listed, and kept as a patch beside the Flow. `import` never overwrites a file.",
        examples: &["jinaflow import k8s -o search", "kubectl get deploy,sts,svc,cm -n search -o yaml | jinaflow import - -o search --kpt"],
        flags: OF_IMPORT,
        inherited: &[],
        make: |mut arguments| {
            let Some(source) = arguments.words.next() else {
                return Err(missing("import", "DIR", "add a folder or file that Jina has exported, or `-` for standard input"));
            };
            let (layout, outdir) = (arguments.settings.layout.unwrap_or_default(), arguments.settings.output.take().map(Into::into));
            let name = arguments.settings.overrides.name.take();
            check_name(name.as_deref())?;
            arguments.end("import", "one DIR or FILE")?;
            Ok(Command::Import(Box::new(Import { source, outdir, name, layout })))
        },
    },
    Row {
        name: "check",
        arguments: "PATH...",
        doc: "check that manifests form a working Flow",
        details: "The command checks addresses, ports, shards and references. PATH is a file or a folder of manifests,\n\
                  whoever wrote them, or `-` for standard input. The output is a table of all components; problems\n\
                  are on standard error.",
        examples: &["kustomize build --enable-alpha-plugins --enable-exec overlays/prod | jinaflow check -"],
        flags: OF_CHECK,
        inherited: &[],
        make: |Arguments { words, settings, .. }| {
            let as_json = settings.format(inspect::FORMATS)?;
            let Settings { external, is_strict, .. } = settings;
            let paths: Vec<String> = words.collect();
            if paths.is_empty() {
                return Err(missing("check", "PATH", "add files or folders, or `-` for standard input"));
            }
            Ok(Command::Check(Inspection { paths, external, is_strict, as_json }))
        },
    },
    Row {
        name: "diff",
        arguments: "OLD NEW",
        doc: "show what an apply changes, restarts and leaves behind",
        details: "OLD and NEW are files or folders of manifests, whoever wrote them, or `-` for standard input. A Flow\n\
                  is rendered first, with the flags of `jinaflow export`. No cluster is needed.\n\
                  The exit code is 0 if nothing changes, 1 if something does, and 2 after an error.",
        examples: &[
            "jinaflow diff rendered/prod build/prod",
            "jinaflow diff --build overlays/staging overlays/prod --output markdown",
            "kubectl get deploy,sts,svc,cm,pdb,netpol,hpa -o yaml | jinaflow diff --live - build/prod",
        ],
        flags: OF_DIFF,
        inherited: OF_EXPORT,
        make: |mut arguments| {
            let words = [arguments.words.next(), arguments.words.next()];
            let [Some(old), Some(new)] = words else {
                return Err(missing("diff", "OLD and NEW", "add two files or folders of manifests"));
            };
            if old == "-" && new == "-" {
                return Err(Code::UnexpectedArgument.error("diff", "reads standard input once").got("-").fix("name a file for OLD or NEW"));
            }
            let format = arguments.settings.format(diff::FORMATS)?;
            let external = std::mem::take(&mut arguments.settings.external);
            let Sides { is_live, may_build } = arguments.settings.sides;
            let old = arguments.source(old);
            let new = Export { flow: new, ..old.clone() };
            let difference = Difference { old, new, is_live, may_build, external, format };
            arguments.end("diff", "OLD and NEW")?;
            Ok(Command::Diff(Box::new(difference)))
        },
    },
    Row {
        name: "graph",
        arguments: "PATH|FLOW",
        doc: "draw the workloads of a Flow and the addresses between them",
        details: "PATH is a file or a folder of manifests, whoever wrote them, or `-` for standard input. FLOW is\n\
                  a Jina YAML file or a JinaFlow: the command renders it first, and takes the flags of\n\
                  `jinaflow export`. Errors that `jinaflow check` finds are red in the picture and warnings on\n\
                  standard error; the command does not fail.",
        examples: &["jinaflow graph flow.yml", "jinaflow graph build/prod --output svg > prod.svg"],
        flags: OF_GRAPH,
        inherited: OF_EXPORT,
        make: |mut arguments| {
            let Some(path) = arguments.words.next() else {
                return Err(missing("graph", "PATH", "add a file or folder of manifests, a Jina YAML file, or `-` for standard input"));
            };
            let format = arguments.settings.format(graph::FORMATS)?;
            let may_build = arguments.settings.sides.may_build;
            let external = std::mem::take(&mut arguments.settings.external);
            let source = arguments.source(path);
            arguments.end("graph", "one PATH")?;
            Ok(Command::Graph(Box::new(Drawing { source, may_build, external, format })))
        },
    },
    Row {
        name: "summary",
        arguments: "PATH",
        doc: "list components, resources, and what the cluster has to have before",
        details: "PATH is a file or folder of manifests, whoever wrote them, or `-` for standard input. A Jina YAML\n\
                  file or a JinaFlow is rendered first, with the flags of `jinaflow export`. No cluster is needed.",
        examples: &["jinaflow summary flow.yml", "jinaflow summary --build overlays/prod --output markdown"],
        flags: OF_SUMMARY,
        inherited: OF_EXPORT,
        make: |mut arguments| {
            let Some(path) = arguments.words.next() else {
                return Err(missing("summary", "PATH", "add a file or folder, or `-` for standard input"));
            };
            let format = arguments.settings.format(summary::FORMATS)?;
            let may_build = arguments.settings.sides.may_build;
            let source = arguments.source(path);
            arguments.end("summary", "one PATH")?;
            Ok(Command::Summary(Box::new(Summary { source, may_build, format })))
        },
    },
    Row {
        name: "explain",
        arguments: "[NAME|FLOW]",
        doc: "explain a message, a field, an option, or a difference from Jina",
        details: "NAME is a code, which is in brackets in a message (`unknown-field`), a field of a JinaFlow\n\
                  (`rollingUpdate`, `executors.encoder.storage.size`), an option of Jina (`replicas`), or a\n\
                  difference from Jina's export (`head-probes`). FLOW is a file: the command lists the differences\n\
                  that affect it, and takes the flags of `jinaflow export`. Without an argument, it lists all\n\
                  differences.",
        examples: &["jinaflow explain unknown-field", "jinaflow explain storage.size", "jinaflow explain flow.yml"],
        flags: &[],
        inherited: OF_EXPORT,
        make: |mut arguments| {
            let question = match arguments.words.next() {
                None => Question::Everything,
                Some(word) if is_file(&word) && reasons::find(&word).is_none() => Question::Flow(Box::new(arguments.source(word))),
                Some(name) => Question::Name(name),
            };
            arguments.end("explain", "one argument")?;
            Ok(Command::Explain(question))
        },
    },
    Row {
        name: "options",
        arguments: "[NAME]",
        doc: "list the options of Jina and their effect on Kubernetes",
        details: "With NAME, the command shows only this option.",
        examples: &["jinaflow options replicas"],
        flags: &[],
        inherited: &[],
        make: |arguments| arguments.optional("options", Command::Options),
    },
    Row {
        name: "fields",
        arguments: "[NAME]",
        doc: "list the fields of a JinaFlow",
        details: "With NAME, the command shows only this field and the fields below it.",
        examples: &["jinaflow fields autoscale", "jinaflow fields storage.size"],
        flags: &[],
        inherited: &[],
        make: |arguments| arguments.optional("fields", Command::Fields),
    },
    Row {
        name: "schema",
        arguments: "[NAME]",
        doc: "print a JSON Schema, for editors",
        details: "NAME is jinaflow (the default), patch for a JinaFlow in an overlay, flow for a Jina YAML file,\n\
                  check for a JinaFlowCheck, or crd for CustomResourceDefinitions of JinaFlow and JinaFlowCheck.\n\
                  The first line of a file tells an editor the path of its schema.",
        examples: &["jinaflow schema > schema.json    # then in line 1: # yaml-language-server: $schema=schema.json"],
        flags: &[],
        inherited: &[],
        make: |mut arguments| {
            let name = arguments.words.next().unwrap_or_else(|| SCHEMAS[0].0.to_owned());
            let Some((_, schema)) = SCHEMAS.iter().find(|(known, _)| *known == name) else {
                let finding = Code::ValueNotAllowed.error("schema", "has no such schema").got(&name);
                return Err(finding.suggest(&name, SCHEMAS.iter().map(|(name, _)| *name)));
            };
            arguments.end("schema", "one NAME")?;
            Ok(Command::Schema(*schema))
        },
    },
    Row {
        name: "definition",
        arguments: "",
        doc: "print the KRM function definition, for function catalogs",
        details: "",
        examples: &["jinaflow definition > definition.yaml"],
        flags: &[],
        inherited: &[],
        make: |arguments| arguments.none("definition", Command::Definition),
    },
    Row {
        name: "completion",
        arguments: "SHELL",
        doc: "print the completions for bash, zsh, fish or powershell",
        details: "Let your shell read the output when it starts.",
        examples: &[
            "source <(jinaflow completion bash)                  # in ~/.bashrc",
            "source <(jinaflow completion zsh)                   # in ~/.zshrc, after compinit",
            "jinaflow completion fish > ~/.config/fish/completions/jinaflow.fish",
            "jinaflow completion powershell | Out-String | Invoke-Expression      # in $PROFILE",
        ],
        flags: &[],
        inherited: &[],
        make: |mut arguments| {
            let names = SHELLS.map(|(name, _)| name);
            let Some(name) = arguments.words.next() else {
                return Err(missing("completion", "SHELL", &format!("add one of: {}", names.join(", "))));
            };
            let Some((_, shell)) = SHELLS.iter().find(|(known, _)| *known == name) else {
                let finding = Code::ValueNotAllowed.error("completion", "has no such shell").got(&name);
                return Err(finding.fix(format!("use one of: {}", names.join(", "))));
            };
            arguments.end("completion", "one SHELL")?;
            Ok(Command::Completion(*shell))
        },
    },
    Row {
        name: "man",
        arguments: "[PAGE]",
        doc: "print a manual page for `man`, or write all of them to a folder",
        details: "PAGE is a command, or `fields` for the fields of a JinaFlow. Packages install these pages.",
        examples: &["jinaflow man export | man -l -", "jinaflow man --output ~/.local/share/man"],
        flags: OF_MAN,
        inherited: &[],
        make: |mut arguments| {
            let (page, folder) = (arguments.words.next(), arguments.settings.output.take());
            let pages = match (page, folder) {
                (None, None) => ManPages::Overview,
                (None, Some(folder)) => ManPages::All(folder),
                (Some(page), Some(_)) => {
                    let finding = Code::UnexpectedArgument.error("man", "takes a PAGE or --output, not both").got(&page);
                    return Err(finding.fix(format!("remove `{page}`")));
                }
                (Some(page), None) if page == "fields" => ManPages::Fields,
                (Some(page), None) => {
                    let Some(row) = find(page.strip_prefix("jinaflow-").unwrap_or(&page)) else {
                        let finding = Code::UnknownTopic.error("man", "no manual page has this name").got(&page);
                        return Err(finding.suggest(&page, COMMANDS.iter().map(|row| row.name).chain(["fields"])));
                    };
                    ManPages::Command(row)
                }
            };
            arguments.end("man", "one PAGE")?;
            Ok(Command::Man(pages))
        },
    },
    Row {
        name: "manual",
        arguments: "",
        doc: "print the manual",
        details: "The manual is about the JinaFlow, kustomize, kpt, and everything else. `jinaflow --help` prints it\n\
                  too, if standard output is not a terminal.",
        examples: &["jinaflow manual | less"],
        flags: &[],
        inherited: &[],
        make: |arguments| arguments.none("manual", Command::Manual),
    },
    Row {
        name: "help",
        arguments: "[COMMAND]",
        doc: "print the list of commands, or the help of a command",
        details: "",
        examples: &["jinaflow help export"],
        flags: &[],
        inherited: &[],
        make: |mut arguments| {
            let command = arguments.words.next().map(|name| find(&name).ok_or_else(|| unknown(&name))).transpose()?;
            arguments.end("help", "one COMMAND")?;
            Ok(Command::Help(command))
        },
    },
];

/// The command with a name.
pub fn find(name: &str) -> Option<&'static Row> {
    COMMANDS.iter().find(|row| row.name == name)
}

/// A finding about an argument that is not a command.
pub fn unknown(word: &str) -> Finding {
    let finding = Code::UnknownCommand.error("", "unknown command").got(word);
    finding.suggest(word, COMMANDS.iter().map(|row| row.name))
}

impl Row {
    /// Makes the command from its arguments.
    pub fn make(&self, arguments: Arguments<'_>) -> Result<Command, Finding> {
        (self.make)(arguments)
    }

    /// Whether the command has a flag.
    pub fn has(&self, flag: &Flag) -> bool {
        self.flags.iter().chain(self.inherited).any(|own| own.name == flag.name)
    }

    /// Whether the help of the command lists a flag.
    pub fn lists(&self, flag: &Flag) -> bool {
        self.flags.iter().any(|own| own.name == flag.name)
    }

    /// The command with its arguments, as users write it.
    pub fn usage(&self) -> String {
        format!("jinaflow {} {}", self.name, self.arguments).trim_end().to_owned()
    }
}

impl Arguments<'_> {
    /// The settings of a `JinaFlow` that flags and the environment override.
    fn overrides(&mut self) -> Overrides {
        let mut overrides = std::mem::take(&mut self.settings.overrides);
        // A later value replaces an earlier one.
        overrides.context.splice(..0, std::mem::take(&mut self.settings.of_env_files));
        overrides.fallback_gateway_image.clone_from(&self.environment.gateway_image);
        let takes_all = self.settings.takes_environment;
        let variables = (self.environment.all)().into_iter();
        overrides.fallback_context = variables.filter(|(name, _)| takes_all || STORAGE_VARIABLES.contains(&name.as_str())).collect();
        overrides
    }

    /// A file with the settings to render it. The settings are taken, so this is for the first file of a command.
    fn source(&mut self, flow: String) -> Export {
        let image_files = std::mem::take(&mut self.settings.image_files);
        let has_no_gateway = self.settings.has_no_gateway;
        Export { flow, outdir: None, overrides: self.overrides(), image_files, has_no_gateway }
    }

    /// Reports the first argument that is left, because the command does not take it.
    fn end(mut self, command: &'static str, takes: &str) -> Result<(), Finding> {
        match self.words.next() {
            None => Ok(()),
            Some(word) => {
                let finding = Code::UnexpectedArgument.error(command, format!("takes {takes}")).got(&word);
                Err(finding.fix(format!("remove `{word}`")))
            }
        }
    }

    /// Makes a command that takes at most one name.
    fn optional(mut self, command: &'static str, make: fn(Option<String>) -> Command) -> Result<Command, Finding> {
        let name = self.words.next();
        self.end(command, "one NAME").map(|()| make(name))
    }

    /// Makes a command that takes no arguments.
    fn none(self, name: &'static str, command: Command) -> Result<Command, Finding> {
        self.end(name, "no argument").map(|()| command)
    }
}

fn missing(command: &'static str, argument: &str, fix: &str) -> Finding {
    Code::MissingArgument.error(command, format!("requires {argument}")).fix(fix)
}

/// Whether an argument of `explain` is a file. Names have no slash, and do not end as YAML files do.
fn is_file(word: &str) -> bool {
    let is_yaml = [".yml", ".yaml"].iter().any(|ending| word.ends_with(ending));
    word == "-" || is_yaml || word.contains('/') || FilePath::new(word).is_file()
}
