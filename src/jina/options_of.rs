//! Reads the options of one section of a Flow.

use super::inherited::{Given, is_overlooked};
use super::inline::IMAGE;
use super::options::{Effect, Opt, Row, TABLE, Use, ValueKind, With, find};
use super::scalar::yaml11;
use super::section::{Rules, Section, Strictness};
use super::setting::{self, Setting, Wrong};
use super::versions::{FormerKey, KeyFate, former_key};
use crate::finding::{Code, Finding, Findings, Mark, Path};
use crate::yaml::{Data, Node, Style};

/// Reads the options among `pairs`, except the keys that `skip` accepts.
pub fn read<'t>(
    section: Section,
    pairs: &[(Node<'t>, Node<'t>)],
    skip: impl Fn(&str) -> bool,
    rules: Rules,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Given> {
    let reader = Reader { section, rules };
    let mut given: Vec<Given> = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let name = key.shown();
        if skip(&name) || (name == IMAGE && section != Section::With && rules.strictness == Strictness::Strict) {
            continue;
        }
        let path = path.key(&name);
        if let Some(row) = reader.row(key, &name, &path, findings) {
            let field = Field { key, node, name: &name, path, row };
            given.extend(reader.option(&field, &given, findings));
        }
    }
    given
}

/// The settings for reading one section.
#[derive(Clone, Copy)]
struct Reader {
    section: Section,
    rules: Rules,
}

/// A field of the section that is an option.
struct Field<'f, 't> {
    key: &'f Node<'t>,
    node: &'f Node<'t>,
    name: &'f str,
    path: Path<'f>,
    row: &'static Row,
}

impl Reader {
    /// The row of the option with this key; reports a key that is not an option.
    fn row(self, key: &Node<'_>, name: &str, path: &Path<'_>, findings: &mut Findings) -> Option<&'static Row> {
        let Rules { strictness, .. } = self.rules;
        if is_not_a_string(key) {
            let finding = Code::WrongType.error(path, "has a name that is not a string").got(name);
            findings.push(finding.fix("remove it, or put the name in quotes").at(key.mark));
            return None;
        }
        if name == JCLOUD {
            findings.push_once(jcloud(path).at(key.mark));
            return None;
        }
        // argparse reads `timeout-ready` and `timeout_ready` as the same option.
        let spelled = name.replace('-', "_");
        let row = find(&spelled).or_else(|| renamed(&spelled, strictness, path, key.mark, findings));
        if row.is_none() {
            findings.push(unknown(self.section, name, &spelled, strictness, path, findings).at(key.mark));
        }
        row
    }

    /// Reads one option; `given` are the options before it. Reports a value that is not valid or has no effect.
    fn option(self, field: &Field<'_, '_>, given: &[Given], findings: &mut Findings) -> Option<Given> {
        let Field { key, node, name, path, row } = *field;
        let is_inherited = self.section == Section::With && is_overlooked(name);
        if !(is_inherited || self.section.allows(row)) {
            self.report_misplaced(field, findings);
            return None;
        }
        if self.rules.strictness == Strictness::Lenient && is_lost_false(row, node) {
            let message = "is a quoted string, which Jina reads as the boolean false and drops";
            let finding = Code::QuotedFalse.warning(path, message).got(node.shown());
            findings.push(finding.fix("remove the option, or set another value").at(node.mark));
            return Some(Given { opt: row.opt, spelled: None, setting: None });
        }
        if let Some(other) = given.iter().find(|given| given.opt == row.opt) {
            let message = format!("is the same option as `{}`", other.spelled.as_deref().unwrap_or(row.name));
            let finding = self.rules.strictness.finding(Code::DuplicateOption, path, &message, "Jina uses the last value");
            findings.push(finding.fix("remove one of the two").at(key.mark));
        }
        let spelled = (name != row.name).then(|| name.into());
        match self.value(field, findings) {
            // With a dash, as `log-config`, Jina ignores the key.
            Ok(Some(Setting::Text(text)))
                if row.opt == Opt::LogConfig
                    && !is_log_config(&text)
                    && (spelled.is_none() || self.rules.strictness == Strictness::Strict) =>
            {
                let message = "is not a log configuration of Jina, and not a path to a file";
                let fix = format!("use one of: {}", LOG_CONFIGS.join(", "));
                findings.push(Code::ValueNotAllowed.error(path, message).got(text).fix(fix).at(node.mark));
                None
            }
            Ok(Some(Setting::Texts(texts))) if is_of_names(row.opt) && texts.iter().any(|text| text.trim().is_empty()) => {
                let finding = Code::ValueNotAllowed.error(path, "has an empty entry").got(node.shown());
                findings.push(finding.fix("remove the entry").at(node.mark));
                None
            }
            Ok(setting) => {
                if setting.as_ref().is_some_and(|setting| !setting.is_default(row.default)) {
                    self.check_effect(field, is_inherited, findings);
                }
                Some(Given { opt: row.opt, spelled, setting })
            }
            Err(wrong) => {
                findings.push(wrong.finding(path, node));
                None
            }
        }
    }

    /// Reads the value of an option. Jina uses the first entry of a list for an option with a single value.
    fn value(self, field: &Field<'_, '_>, findings: &mut Findings) -> Result<Option<Setting>, Wrong> {
        let Field { node, path, row, .. } = *field;
        let read = setting::read(row, node);
        let uses_first = self.rules.strictness == Strictness::Lenient && row.kind.is_one() && read.is_err();
        let Some(first) = node.as_list().and_then(<[_]>::first).filter(|_| uses_first) else { return read };
        let read = setting::read(row, first);
        if read.is_ok() {
            let message = "must be a single value, and Jina uses the first entry of this list";
            findings.push(Code::WrongType.warning(path, message).got(node.shown()).fix("write one value").at(node.mark));
        }
        read
    }

    /// Reports an option that belongs to another section, and an invalid value of it.
    fn report_misplaced(self, field: &Field<'_, '_>, findings: &mut Findings) {
        let Field { key, node, path, row, .. } = *field;
        // Below `gateway` Jina drops the option without reading its value.
        let is_dropped = self.section == Section::Gateway && self.rules.strictness == Strictness::Lenient;
        match setting::read(row, node) {
            Err(wrong) if !is_dropped => findings.push(wrong.finding(path, node)),
            _ => findings.push_once(misplaced(self.section, row, &path).at(key.mark)),
        }
    }

    /// Reports an option that has no effect, or that the containers do not support.
    fn check_effect(self, field: &Field<'_, '_>, is_inherited: bool, findings: &mut Findings) {
        let Field { key, path, row, .. } = *field;
        if let Some(reason) = without_effect(self.section, row, is_inherited) {
            let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
            let code = if row.effect == Effect::Internal { Code::InternalOption } else { Code::FieldWithoutEffect };
            findings.push_once(code.warning(path, message).fix("remove it").at(key.mark));
        }
        let version = self.rules.version;
        if !version.is_at_least(row.since) {
            let message = format!("requires Jina 3.{}, but the containers run Jina {version}", row.since);
            let finding = Code::OptionTooNew.error(path, message);
            findings.push(finding.fix("set `spec.jinaVersion` to a newer version, or remove the option").at(key.mark));
        }
    }
}

/// The log configurations of Jina (`jina/resources/logging.*.yml`).
const LOG_CONFIGS: [&str; 7] = ["default", "docker", "json", "plain", "profile", "quiet", "remote"];

/// Whether a log configuration may exist: it is one of Jina's configurations, or it may be a file in the image, whose content
/// is not known here.
fn is_log_config(text: &str) -> bool {
    let is_file = text.ends_with(".yml") || text.ends_with(".yaml") || (text.contains('/') && !text.ends_with(['/', '.']));
    LOG_CONFIGS.contains(&text) || is_file
}

/// Whether the entries of an option become names of Kubernetes objects or folders in containers.
fn is_of_names(opt: Opt) -> bool {
    matches!(opt, Opt::Volumes | Opt::ImagePullSecrets)
}

/// Whether YAML reads a key as another type than string: `1`, `true`, `null`. Names of Python arguments must be strings.
fn is_not_a_string(key: &Node<'_>) -> bool {
    matches!(&key.data, Data::Scalar(scalar) if scalar.style == Style::Plain && yaml11(&scalar.text).is_some())
}

/// Whether a key is a parameter of the Python method that Jina calls with the options of a section. Nearly all such keys
/// crash Jina. The key `jtype` crashes Jina in every section.
fn is_of_python(section: Section, name: &str) -> bool {
    match name {
        "self" | "jtype" => true,
        "copy_flow" => section != Section::With,
        "include_last_deployment" => section == Section::Executor,
        _ => false,
    }
}

/// Creates the finding about a key that is a parameter of a Python method of Jina.
pub fn of_python(path: &Path<'_>) -> Finding {
    Code::PythonArgument.error(path, "is a parameter of Jina's Python methods, not an option").fix("remove it")
}

/// The reason why an option of a section has no effect on Kubernetes; `None` if the option has an effect.
fn without_effect(section: Section, row: &Row, is_inherited: bool) -> Option<&'static str> {
    let lost = || match section {
        Section::With if row.with == With::Kept && !is_used_of_with(row.opt) && !is_inherited => Some("Jina passes it to no component"),
        Section::Executor if row.executor == Use::Ignored => Some("it is an option of the gateway"),
        Section::Gateway if row.gateway == Use::Ignored => Some("it is an option of executors"),
        _ => None,
    };
    row.effect.reason().or_else(lost)
}

/// Whether an option of the Flow itself changes the manifests.
fn is_used_of_with(opt: Opt) -> bool {
    matches!(opt, Opt::Name | Opt::Workspace | Opt::LogConfig | Opt::Env | Opt::Inspect)
}

/// The key for settings of Jina's cloud, which every section may have.
pub const JCLOUD: &str = "jcloud";

/// Creates the finding about settings for Jina's cloud.
pub fn jcloud(path: &Path<'_>) -> Finding {
    Code::FieldWithoutEffect.warning(path, "`jcloud` has no effect on Kubernetes: it is for Jina's own cloud").fix("remove it")
}

/// Whether a string option has the value `"False"`, which `parse_arg` turns into a boolean and `kwargs2list` drops.
fn is_lost_false(row: &Row, node: &Node<'_>) -> bool {
    row.kind == ValueKind::Text && node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

/// The row of the option whose old name is `key`, with a warning; `None` if `key` is not an old name. Jina 3.34 itself drops
/// old names, so with [`Strictness::Lenient`] this also returns `None`.
fn renamed(key: &str, strictness: Strictness, path: &Path<'_>, mark: Mark, findings: &mut Findings) -> Option<&'static Row> {
    let FormerKey { until, fate: KeyFate::Renamed(to), .. } = former_key(key)? else { return None };
    if strictness == Strictness::Lenient {
        return None;
    }
    let message = format!("`{key}` is the old name of `{to}`, renamed in Jina 3.{}", until + 1);
    findings.push_once(Code::RenamedOption.warning(path, message).fix(format!("write `{to}`")).at(mark));
    find(to)
}

fn unknown(section: Section, name: &str, spelled: &str, strictness: Strictness, path: &Path<'_>, findings: &Findings) -> Finding {
    if is_of_python(section, name) {
        return of_python(path);
    }
    // argparse accepts any unambiguous prefix of an option. For example, it reads `image:` as `image_pull_secrets:`.
    let has_prefix = |row: &&Row| [row.name].iter().chain(row.aliases).any(|name| name.starts_with(spelled));
    let prefixed_in = |section: Section| TABLE.iter().filter(move |row| section.allows(row)).filter(has_prefix).map(|row| row.name);
    let mut prefixed: Vec<&str> = prefixed_in(section).collect();
    if prefixed.is_empty() && section == Section::Executor {
        // Jina then searches the options of the gateway, and fails if several have this prefix.
        prefixed = prefixed_in(Section::Gateway).collect();
        if prefixed.len() == 1 {
            prefixed.clear();
        }
    }
    match prefixed.as_slice() {
        [] => {}
        [full] => {
            return Code::AbbreviatedOption
                .error(path, format!("is not an option; Jina would read it as `{full}`"))
                .fix(format!("write `{full}` if you mean that option; otherwise remove it"));
        }
        several => {
            let finding = Code::AbbreviatedOption.error(path, "is a prefix of several options");
            return finding.fix(format!("use one of: {}", several.join(", ")));
        }
    }
    if let Some(FormerKey { until, fate: KeyFate::Dropped(reason), .. }) = former_key(spelled) {
        let message = format!("`{name}` has no effect since Jina 3.{}: {reason}", until + 1);
        return Code::RemovedOption.warning(path, message).fix("remove it");
    }
    let message = format!("is not an option of {}", section.words());
    let finding = strictness.finding(Code::UnknownField, path, &message, "Jina drops it");
    let image = (section != Section::With && strictness == Strictness::Strict).then_some(IMAGE);
    let here = TABLE.iter().filter(|row| section.allows(row)).map(|row| row.name).chain(image);
    if let Some(near) = findings.nearest(spelled, here) {
        return finding.propose(near);
    }
    if let Some(FormerKey { fate: KeyFate::Renamed(to), .. }) = former_key(spelled) {
        return finding.propose(*to);
    }
    match findings.nearest(spelled, TABLE.iter().map(|row| row.name)).and_then(find) {
        Some(row) => finding.fix(format!("did you mean `{}`, an option of {}?", row.name, sections_of(row))),
        None => finding.fix("remove it; set fields of Kubernetes objects in `spec` or in an overlay"),
    }
}

/// The sections in which an option is valid, for messages.
fn sections_of(row: &Row) -> String {
    let own: Vec<&str> = [Section::Gateway, Section::Executor].iter().filter(|section| section.allows(row)).map(|s| s.words()).collect();
    if own.is_empty() { Section::With.words().to_owned() } else { own.join(" or ") }
}

fn misplaced(section: Section, row: &Row, path: &Path<'_>) -> Finding {
    let message = format!("`{}` has no effect in {}", row.name, section.words());
    Code::MisplacedOption.warning(path, message).fix(format!("move it to {}, or remove it", sections_of(row)))
}
