//! The command line's words.

use std::env;
use std::ffi::OsString;

use lexopt::prelude::{Long, Short, Value};

use crate::cli::explain::Question;
use crate::cli::export::Export;
use crate::cli::inspect::Inspection;
use crate::config::STORAGE_VARIABLES;
use crate::config::field::Setting;
use crate::config::fields;
use crate::finding::{Finding, Path, nearest};

/// What to do.
#[derive(Debug)]
pub enum Command {
    /// Answer a `ResourceList` on standard input.
    Function,
    /// kustomize calls with the file of a configuration.
    Plugin(String),
    /// Export manifests.
    Export(Box<Export>),
    /// Say whether manifests are wired.
    Check(Inspection),
    /// Say where jinaflow differs from Jina.
    Explain(Question),
    /// Print the options of Jina.
    Options,
    /// Print the fields of a `JinaFlow`.
    Fields,
    /// Print the JSON Schema of a `JinaFlow`.
    Schema,
    /// Print the definitions of the function's kinds.
    Definition,
    /// Print the manual.
    Help,
    /// Print the version.
    Version,
}

const COMMANDS: [&str; 8] = ["export", "check", "explain", "options", "fields", "schema", "definition", "help"];
/// Flags that are not settings of a JinaFlow.
const OTHER_FLAGS: [&str; 6] = ["--help", "--version", "--context-env", "--external", "--output", "--strict"];

/// All flags, with their dashes.
fn flags() -> Vec<String> {
    let settings = fields::caller_fields().map(|known| format!("--{}", known.caller.flag));
    OTHER_FLAGS.into_iter().map(str::to_owned).chain(settings).collect()
}

/// Reads the command line; the error is one line for people.
pub fn parse(args: impl Iterator<Item = OsString>, environment: &Environment) -> Result<Command, String> {
    let mut parser = lexopt::Parser::from_iter(args);
    let mut words: Vec<String> = Vec::new();
    let mut export = Export::default();
    let mut export_flag = None;
    let mut inspection = Inspection::default();
    let mut check_flag = None;
    let mut context_env = false;
    while let Some(word) = parser.next().map_err(|e| e.to_string())? {
        match word {
            Long("help") | Short('h') => return Ok(Command::Help),
            Long("version") | Short('V') => return Ok(Command::Version),
            Long("context-env") => {
                context_env = true;
                export_flag.get_or_insert("context-env".to_owned());
            }
            Long("strict") => {
                inspection.is_strict = true;
                check_flag.get_or_insert("strict");
            }
            Long(flag @ ("external" | "output")) => {
                let flag = if flag == "output" { "output" } else { "external" };
                check_flag.get_or_insert(flag);
                inspect(&mut inspection, flag, &text(parser.value().map_err(|e| e.to_string())?)?)?;
            }
            Value(value) => words.push(text(value)?),
            Long(flag) => {
                let flag = flag.to_owned();
                let Some(setting) = fields::setting_of_flag(&flag) else { return Err(unknown_flag(&format!("--{flag}"))) };
                let value = text(parser.value().map_err(|e| e.to_string())?)?;
                set(&mut export, setting, &flag, &value)?;
                export_flag.get_or_insert(flag);
            }
            Short(flag) => return Err(unknown_flag(&format!("-{flag}"))),
        }
    }
    let mut words = words.into_iter();
    let command = words.next();
    let (stray, owner) = match command.as_deref() {
        Some("check") => (export_flag.as_deref().map(|flag| (flag, "export FLOW")), "export"),
        _ => (check_flag.map(|flag| (flag, "check PATH")), "check"),
    };
    if let Some((flag, usage)) = stray {
        return Err(format!("--{flag} belongs to {owner}; run: jinaflow {usage} --{flag} …"));
    }
    match command {
        Some(word) if word == "check" => {
            inspection.paths = words.collect();
            if inspection.paths.is_empty() {
                return Err("check needs a PATH: files, folders, or - for standard input".into());
            }
            Ok(Command::Check(inspection))
        }
        None => match export_flag {
            None => Ok(Command::Function),
            Some(flag) => Err(format!("--{flag} belongs to export; run: jinaflow export FLOW --{flag} …")),
        },
        Some(word) if word == "export" => {
            let Some(flow) = words.next() else { return Err("export needs a FLOW: a file, or - for standard input".into()) };
            export.flow = flow;
            export.outdir = words.next().map(Into::into);
            no_more(words, "export takes FLOW and OUTDIR")?;
            export.take_from(environment, context_env);
            Ok(Command::Export(Box::new(export)))
        }
        Some(word) if word == "explain" => {
            let question = match words.next() {
                None => Question::Everything,
                Some(word) if word == "-" || std::path::Path::new(&word).is_file() || !is_word(&word) => {
                    export.flow = word;
                    export.take_from(environment, context_env);
                    Question::Flow(Box::new(export))
                }
                Some(name) => Question::Name(name),
            };
            no_more(words, "explain takes one FLOW, or the name of a difference or of an option")?;
            Ok(Command::Explain(question))
        }
        Some(word) if matches!(word.as_str(), "help" | "options" | "fields" | "schema" | "definition") => {
            no_more(words, &format!("{word} takes nothing"))?;
            Ok(match word.as_str() {
                "options" => Command::Options,
                "fields" => Command::Fields,
                "schema" => Command::Schema,
                "definition" => Command::Definition,
                _ => Command::Help,
            })
        }
        Some(word) if environment.is_kustomize_plugin => Ok(Command::Plugin(word)),
        Some(word) if std::path::Path::new(&word).is_file() => {
            Err(format!("{word:?} is no command; to render that file, run: jinaflow export {word}"))
        }
        Some(word) => Err(unknown(&word, &COMMANDS)),
    }
}

fn no_more(mut words: impl Iterator<Item = String>, takes: &str) -> Result<(), String> {
    words.next().map_or(Ok(()), |word| Err(format!("{takes}, and {word:?} is one too many")))
}

/// Names of differences and options are words; what has a dot or a slash is a file.
fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

impl Export {
    fn take_from(&mut self, environment: &Environment, context_env: bool) {
        self.overrides.fallback_gateway_image.clone_from(&environment.gateway_image);
        let all = (environment.all)().into_iter();
        self.overrides.fallback_context = all.filter(|(name, _)| context_env || STORAGE_VARIABLES.contains(&name.as_str())).collect();
    }
}

fn text(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|value| format!("{} is not UTF-8", value.display()))
}

fn unknown_flag(flag: &str) -> String {
    let flags = flags();
    unknown(flag, &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

fn unknown(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown word {word:?}; did you mean {near}?"),
        None => format!("unknown word {word:?}; known are: {}", known.join(", ")),
    }
}

fn inspect(inspection: &mut Inspection, flag: &str, value: &str) -> Result<(), String> {
    match (flag, value) {
        // As in the annotation, several may be one after the other.
        ("external", _) => {
            return value
                .split(',')
                .try_for_each(|word| inspection.external.declare(word).map_err(|finding| refused(flag, value, &finding)));
        }
        (_, "table") => inspection.as_json = false,
        (_, "json") => inspection.as_json = true,
        _ => return Err(format!("--{flag} {value:?} is no form of an answer; use one of: table, json")),
    }
    Ok(())
}

fn refused(flag: &str, value: &str, finding: &Finding) -> String {
    format!("--{flag} {value:?} {}; {}", finding.message, finding.fix.as_deref().unwrap_or_default())
}

fn set(export: &mut Export, setting: Setting, flag: &str, value: &str) -> Result<(), String> {
    let root = Path::root("");
    export.overrides.set(setting, value, &root.key(flag)).map_err(|finding| refused(flag, value, &finding))
}

/// The few things that the command line, and never the function, takes from its environment.
#[derive(Debug)]
pub struct Environment {
    /// `JINA_GATEWAY_IMAGE`.
    pub gateway_image: Option<String>,
    /// Every variable, for `--context-env` and [`STORAGE_VARIABLES`]; nobody looks when running as a function.
    pub all: fn() -> Vec<(String, String)>,
    /// Whether kustomize calls in its legacy way.
    pub is_kustomize_plugin: bool,
    /// Whether a terminal gets colours: not with `NO_COLOR` (<https://no-color.org>), nor where the terminal has none.
    pub may_paint: bool,
}

impl Environment {
    /// Looks.
    pub fn of_process() -> Self {
        Self {
            gateway_image: env::var("JINA_GATEWAY_IMAGE").ok().filter(|image| !image.is_empty()),
            all: || env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect(),
            is_kustomize_plugin: env::var_os("KUSTOMIZE_PLUGIN_CONFIG_ROOT").is_some(),
            may_paint: env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                && env::var_os("TERM").is_some_and(|terminal| terminal != "dumb"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Compat;
    use crate::config::images::Pattern;

    fn parsed(line: &str) -> Result<Command, String> {
        let words = std::iter::once("jinaflow").chain(line.split_whitespace()).map(OsString::from);
        let environment = Environment {
            gateway_image: Some("env/image".into()),
            all: || vec![("HOME".into(), "/root".into()), ("JINA_K8S_STORAGE_CAPACITY".into(), "1Gi".into())],
            is_kustomize_plugin: false,
            may_paint: false,
        };
        parse(words, &environment)
    }

    fn error(line: &str) -> String {
        parsed(line).err().unwrap_or_default()
    }

    #[test]
    fn words_are_understood() {
        assert!(matches!(parsed(""), Ok(Command::Function)));
        assert!(matches!(parsed("--help"), Ok(Command::Help)));
        assert!(matches!(parsed("export -h"), Ok(Command::Help)));
        assert!(matches!(parsed("-V"), Ok(Command::Version)));
        let line = "export f.yml out --k8s-namespace ns --compat=jina-3.34 --image jinahub+docker://A:s=x/v1=img:1 --context A=b=c";
        let Ok(Command::Export(export)) = parsed(line) else { unreachable!() };
        assert_eq!((export.flow.as_str(), export.outdir), ("f.yml", Some("out".into())));
        assert_eq!(export.overrides.compat, Some(Compat::Jina334));
        assert_eq!(export.overrides.images, [("jinahub+docker://A:s=x/v1".into(), "img:1".into())]);
        assert_eq!(export.overrides.context, [("A".into(), "b=c".into())]);
        assert_eq!(export.overrides.fallback_gateway_image.as_deref(), Some("env/image"));
        assert_eq!(export.overrides.fallback_context, [("JINA_K8S_STORAGE_CAPACITY".into(), "1Gi".into())]);
        let Ok(Command::Export(export)) = parsed("export f.yml --context-env --image-pattern r/{name}") else { unreachable!() };
        let all = [("HOME".into(), "/root".into()), ("JINA_K8S_STORAGE_CAPACITY".into(), "1Gi".into())];
        assert_eq!(export.overrides.fallback_context, all);
        assert_eq!(export.overrides.image_pattern, Pattern::parse("r/{name}").ok());
    }

    #[test]
    fn slips_are_answered_with_what_was_meant() {
        assert_eq!(error("export f --k8s-namespce x"), "unknown word \"--k8s-namespce\"; did you mean --k8s-namespace?");
        assert_eq!(error("exprot f"), "unknown word \"exprot\"; did you mean export?");
        assert_eq!(error("export"), "export needs a FLOW: a file, or - for standard input");
        assert_eq!(error("export a b c"), "export takes FLOW and OUTDIR, and \"c\" is one too many");
        assert_eq!(error("export a --compat jina-3"), "--compat \"jina-3\" is not an allowed value; use one of: none, jina-3.34");
        assert_eq!(error("export a --image x"), "--image \"x\" is not of the form USES=IMAGE; write USES=IMAGE");
        assert!(error("export a --image-pattern r/{nam}").starts_with("--image-pattern \"r/{nam}\" has an unknown placeholder"));
        assert_eq!(error("--compat none"), "--compat belongs to export; run: jinaflow export FLOW --compat …");
        assert!(error("Cargo.toml").ends_with("run: jinaflow export Cargo.toml"));
    }
}
