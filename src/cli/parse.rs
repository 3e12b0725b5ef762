//! Reads the command line.

use std::ffi::OsString;
use std::path::Path as FilePath;

use lexopt::prelude::{Long, Short, Value};

use super::commands::{self, Arguments, COMMANDS, Command, Row};
use super::environment::Environment;
use super::flags::{self, Flag, OF_ALL, Page, Settings};
use crate::finding::{Code, Finding, Path};

/// The arguments of the process.
#[derive(Default)]
struct Line {
    /// Arguments without flags.
    words: Vec<String>,
    /// The first flag that only some commands have.
    special: Option<&'static Flag>,
    /// The settings from flags.
    settings: Settings,
}

/// Returns the command that the arguments of the process request.
pub fn command(arguments: impl Iterator<Item = OsString>, environment: &Environment) -> Result<Command, Finding> {
    let Line { words, special, settings } = Line::read(arguments)?;
    let mut words = words.into_iter();
    let name = words.next();
    let row = name.as_deref().and_then(commands::find);
    match settings.page {
        Some(Page::Help) => return Ok(row.map_or(Command::Doc, |row| Command::Help(Some(row)))),
        Some(Page::Version) => return Ok(Command::Version),
        None => {}
    }
    if let Some(flag) = special.filter(|flag| !row.is_some_and(|row| row.has(flag))) {
        return Err(misplaced(flag, row));
    }
    match (row, name) {
        (Some(row), _) => row.make(Arguments { words, settings, environment }),
        (None, None) => Ok(Command::Function),
        (None, Some(config)) if environment.is_kustomize_plugin => Ok(Command::Plugin(config)),
        (None, Some(file)) if FilePath::new(&file).is_file() => {
            let finding = Code::UnknownCommand.error("", "expected a command, not a file").got(&file);
            Err(finding.fix(format!("run: jinaflow export {file}")))
        }
        (None, Some(word)) => Err(commands::unknown(&word)),
    }
}

impl Line {
    fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, Finding> {
        let mut parser = lexopt::Parser::from_iter(arguments);
        let mut line = Line::default();
        while let Some(argument) = parser.next().map_err(unexpected_value)? {
            let flag = match argument {
                Value(word) => {
                    line.words.push(string(word)?);
                    continue;
                }
                Long(name) => flags::long(name)?,
                Short(name) => flags::short(name)?,
            };
            let spelled = flag.spelled();
            let root = Path::root("");
            let path = root.key(&spelled);
            let value = match flag.value {
                Some(value) => {
                    let missing = |_| {
                        // Commands give this flag different values: `--output` is a folder or a format.
                        let row = line.words.first().and_then(|name| commands::find(name));
                        let own = row.and_then(|row| row.flags.iter().find(|own| own.name == flag.name)).and_then(|own| own.value);
                        missing_value(&path, own.unwrap_or(value))
                    };
                    string(parser.value().map_err(missing)?)?
                }
                None => String::new(),
            };
            (flag.set)(&mut line.settings, &value, &path)?;
            // As in most programs, arguments after `--help` or `--version` are not read.
            if line.settings.page.is_some() {
                break;
            }
            if line.special.is_none() && !OF_ALL.iter().any(|general| general.name == flag.name) {
                line.special = Some(flag);
            }
        }
        Ok(line)
    }
}

/// The finding about a flag that the command does not have.
fn misplaced(flag: &Flag, row: Option<&Row>) -> Finding {
    let spelled = flag.spelled();
    let message = match row {
        Some(row) => format!("is not a flag of `jinaflow {}`", row.name),
        None => "requires a command".to_owned(),
    };
    let finding = Code::MisplacedFlag.error(Path::root("").key(&spelled), message);
    match COMMANDS.iter().find(|row| row.lists(flag)) {
        Some(owner) => {
            let value = flag.value.map(|value| format!(" {value}")).unwrap_or_default();
            finding.fix(format!("remove it, or run: {} {spelled}{value}", owner.usage()))
        }
        None => finding.fix("remove it"),
    }
}

fn missing_value(flag: &Path<'_>, value: &str) -> Finding {
    Code::MissingArgument.error(flag, "requires a value").fix(format!("write {flag} {value}"))
}

/// The finding about a value of a flag that takes no value: `--strict=yes`.
fn unexpected_value(error: lexopt::Error) -> Finding {
    match error {
        lexopt::Error::UnexpectedValue { option, value } => {
            let finding = Code::UnexpectedArgument.error(Path::root("").key(&option), "takes no value");
            finding.got(value.to_string_lossy()).fix(format!("write {option}"))
        }
        error => Code::MalformedArgument.error("", error.to_string()),
    }
}

fn string(value: OsString) -> Result<String, Finding> {
    value.into_string().map_err(|value| {
        let shown = value.to_string_lossy();
        Code::MalformedArgument.error("", "is not valid UTF-8").got(shown)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Compat;
    use crate::config::Pattern;

    fn parsed(line: &str) -> Result<Command, Finding> {
        let words = std::iter::once("jinaflow").chain(line.split_whitespace()).map(OsString::from);
        let environment = Environment {
            gateway_image: Some("env/image".into()),
            all: || vec![("HOME".into(), "/root".into()), ("JINA_K8S_STORAGE_CAPACITY".into(), "1Gi".into())],
            is_kustomize_plugin: false,
            may_color: false,
        };
        command(words, &environment)
    }

    /// The code, the path and the fix of the finding about a wrong command line.
    fn error(line: &str) -> (Code, String, String) {
        let finding = parsed(line).unwrap_err();
        (finding.code, finding.path.to_string(), finding.fix.unwrap_or_default().into())
    }

    #[test]
    fn arguments_are_read() {
        assert!(matches!(parsed(""), Ok(Command::Function)));
        assert!(matches!(parsed("--help"), Ok(Command::Doc)));
        assert!(matches!(parsed("export -h"), Ok(Command::Help(Some(Row { name: "export", .. })))));
        assert!(matches!(parsed("help check"), Ok(Command::Help(Some(Row { name: "check", .. })))));
        assert!(matches!(parsed("-V"), Ok(Command::Version)));
        assert!(matches!(parsed("explain unknown-field"), Ok(Command::Explain(_))));
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
        let Ok(Command::Check(inspection)) = parsed("check a --strict b --output json") else { unreachable!() };
        assert!(inspection.paths == ["a", "b"] && inspection.is_strict && inspection.as_json);
    }

    #[test]
    fn wrong_command_lines_are_reported_with_their_fix() {
        let expect = |line, code, path: &str, fix: &str| assert_eq!(error(line), (code, path.to_owned(), fix.to_owned()), "{line}");
        expect("export f --k8s-namespce x", Code::UnknownFlag, "", "did you mean `--k8s-namespace`?");
        expect("exprot f", Code::UnknownCommand, "", "did you mean `export`?");
        expect("export f --kpt", Code::MisplacedFlag, "--kpt", "remove it, or run: jinaflow init FLOW [DIR] --kpt");
        expect("Cargo.toml", Code::UnknownCommand, "", "run: jinaflow export Cargo.toml");
        expect("export", Code::MissingArgument, "export", "add a Jina YAML file, a JinaFlow, or `-` for standard input");
        expect("export f --name", Code::MissingArgument, "--name", "write --name NAME");
        expect("export a b c", Code::UnexpectedArgument, "export", "remove `c`");
        expect("check a --strict=yes", Code::UnexpectedArgument, "--strict", "write --strict");
        expect("export a --image x", Code::MalformedArgument, "--image", "write KEY=IMAGE");
        expect("check a --output yaml", Code::ValueNotAllowed, "--output", "use one of: table, json");
        expect("--compat none", Code::MisplacedFlag, "--compat", "remove it, or run: jinaflow export FLOW [OUTDIR] --compat MODE");
        expect("check a --name b", Code::MisplacedFlag, "--name", "remove it, or run: jinaflow export FLOW [OUTDIR] --name NAME");
        assert_eq!(error("export a --compat jina-3").1, "--compat");
        assert_eq!(error("check a --external b").1, "--external");
        assert_eq!(error("export a --image-pattern r/{nam}").1, "--image-pattern");
    }
}
