//! Reading the options of one section of a Flow.

use super::inherited::{Given, is_overlooked};
use super::inline::IMAGE;
use super::options::{Kind, Opt, Row, TABLE, Use, With, find};
use super::scalar::yaml11;
use super::section::{Rules, Section, Strictness};
use super::setting::{self, Setting};
use super::versions::{Fate, FormerKey, former_key};
use crate::finding::{Finding, Findings, Mark, Path};
use crate::yaml::{Data, Node, Style};

/// Reads the options among `pairs`; keys for which `skip` says yes belong to somebody else.
pub fn read<'t>(
    section: Section,
    pairs: &[(Node<'t>, Node<'t>)],
    skip: impl Fn(&str) -> bool,
    rules: Rules,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Given> {
    let Rules { strictness, version } = rules;
    let mut given: Vec<Given> = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let name = key.shown();
        if skip(&name) || (name == IMAGE && section != Section::With && strictness == Strictness::Strict) {
            continue;
        }
        let path = path.key(&name);
        if is_no_text(key) {
            let finding = Finding::error(path, "the name of an option must be a text").got(name);
            findings.push(finding.fix("remove it, or put it in quotes").at(key.mark));
            continue;
        }
        if name == JCLOUD {
            findings.push_once(jcloud(&path).at(key.mark));
            continue;
        }
        // `timeout-ready` is the same word to argparse.
        let spelled = name.replace('-', "_");
        let Some(row) = find(&spelled).or_else(|| renamed(&spelled, strictness, &path, key.mark, findings)) else {
            findings.push(unknown(section, &name, &spelled, strictness, &path, findings).at(key.mark));
            continue;
        };
        let is_handed_on = section == Section::With && is_overlooked(&name);
        if !(is_handed_on || section.allows(row)) {
            // Below `gateway` Jina drops it unseen.
            let is_dropped = section == Section::Gateway && strictness == Strictness::Lenient;
            match setting::read(row, node) {
                Err(wrong) if !is_dropped => {
                    findings.push(Finding::error(path, wrong.message).got(node.shown()).fix(wrong.mend).at(node.mark));
                }
                _ => findings.push_once(misplaced(section, row, &path).at(key.mark)),
            }
            continue;
        }
        if strictness == Strictness::Lenient && is_lost_false(row, node) {
            let finding = Finding::warning(path, "Jina takes the quoted text for the value false and drops the option").got(node.shown());
            findings.push(finding.at(node.mark));
            given.push(Given { opt: row.opt, spelled: None, setting: None });
            continue;
        }
        let spelled = (name != row.name).then(|| name.clone().into_boxed_str());
        if let Some(other) = given.iter().find(|given| given.opt == row.opt) {
            let other = other.spelled.as_deref().unwrap_or(row.name);
            let finding = strictness.judge(path, &format!("`{other}` and `{name}` are the same option"), "Jina takes the last one");
            findings.push(finding.fix("remove one of the two").at(key.mark));
        }
        let mut read = setting::read(row, node);
        if let Some(first) = node.as_list().and_then(<[_]>::first).filter(|_| strictness == Strictness::Lenient && row.kind.is_one())
            && read.is_err()
        {
            read = setting::read(row, first);
            if read.is_ok() {
                let finding = Finding::warning(path, "is one value, and Jina takes the first of these").got(node.shown());
                findings.push(finding.fix("write one value").at(node.mark));
            }
        }
        match read {
            // Jina overlooks the key where it has a dash.
            Ok(Some(Setting::Text(text)))
                if row.opt == Opt::LogConfig && !is_log_config(&text) && (spelled.is_none() || strictness == Strictness::Strict) =>
            {
                let finding = Finding::error(path, "is no log configuration that comes with Jina, and no path of a file").got(text);
                findings.push(finding.fix(format!("use one of: {}", LOG_CONFIGS.join(", "))).at(node.mark));
            }
            Ok(Some(Setting::Texts(texts))) if is_of_names(row.opt) && texts.iter().any(|text| text.trim().is_empty()) => {
                let finding = Finding::error(path, "has an entry without a text").got(node.shown());
                findings.push(finding.fix("remove the entry").at(node.mark));
            }
            Ok(setting) => {
                let changes_something = setting.as_ref().is_some_and(|setting| !setting.is_default(row.default));
                if changes_something && let Some(reason) = without_effect(section, row, is_handed_on) {
                    let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
                    findings.push_once(Finding::warning(path, message).fix("remove it").at(key.mark));
                }
                if changes_something && !version.is_at_least(row.since) {
                    let message = format!("`{}` came with Jina 3.{}, and the containers are of {version}", row.name, row.since);
                    findings.push(Finding::error(path, message).fix("raise spec.jinaVersion, or remove it").at(key.mark));
                }
                given.push(Given { opt: row.opt, spelled, setting });
            }
            Err(wrong) => {
                findings.push(Finding::error(path, wrong.message).got(node.shown()).fix(wrong.mend).at(node.mark));
            }
        }
    }
    given
}

/// The log configurations that come with Jina (`jina/resources/logging.*.yml`).
const LOG_CONFIGS: [&str; 7] = ["default", "docker", "json", "plain", "profile", "quiet", "remote"];

/// Whether a log configuration can be there: one of Jina's own, or a file in the image, which nobody can look into from here.
fn is_log_config(text: &str) -> bool {
    let is_file = text.ends_with(".yml") || text.ends_with(".yaml") || (text.contains('/') && !text.ends_with(['/', '.']));
    LOG_CONFIGS.contains(&text) || is_file
}

/// Options whose entries Kubernetes takes for the names of objects or of folders.
fn is_of_names(opt: Opt) -> bool {
    matches!(opt, Opt::Volumes | Opt::ImagePullSecrets)
}

/// Whether a key is no text to YAML: `1`, `true`, `null`. Python takes only texts for the names of arguments.
fn is_no_text(key: &Node<'_>) -> bool {
    matches!(&key.data, Data::Scalar(scalar) if scalar.style == Style::Plain && yaml11(&scalar.text).is_some())
}

/// Whether a key is an argument of the Python method that Jina calls with the options of a section. Nearly all of them
/// crash it; a `jtype` does so among options of any kind.
fn is_of_python(section: Section, name: &str) -> bool {
    match name {
        "self" | "jtype" => true,
        "copy_flow" => section != Section::With,
        "include_last_deployment" => section == Section::Executor,
        _ => false,
    }
}

/// What is said about such a key.
pub fn of_python(path: &Path<'_>) -> Finding {
    Finding::error(path, "is an argument of Jina's Python methods, and no option").fix("remove it")
}

/// Why an option of a section changes nothing on Kubernetes; `None` when it does.
fn without_effect(section: Section, row: &Row, is_handed_on: bool) -> Option<&'static str> {
    let lost = || match section {
        Section::With if row.with == With::Kept && !is_used_of_with(row.opt) && !is_handed_on => Some("Jina hands it on to nobody"),
        Section::Executor if row.executor == Use::Ignored => Some("it is an option of the gateway"),
        Section::Gateway if row.gateway == Use::Ignored => Some("it is an option of executors"),
        _ => None,
    };
    row.effect.reason().or_else(lost)
}

/// The Flow's own options that shape what is emitted.
fn is_used_of_with(opt: Opt) -> bool {
    matches!(opt, Opt::Name | Opt::Workspace | Opt::LogConfig | Opt::Env | Opt::Inspect)
}

/// The key of settings for Jina's own cloud, which may stand in every section.
pub const JCLOUD: &str = "jcloud";

/// What is said about settings for Jina's own cloud.
pub fn jcloud(path: &Path<'_>) -> Finding {
    Finding::warning(path, "`jcloud` has no effect on Kubernetes: it is for Jina's own cloud").fix("remove it")
}

/// A text option with the value `"False"`, of which `parse_arg` makes a boolean and `kwargs2list` nothing.
fn is_lost_false(row: &Row, node: &Node<'_>) -> bool {
    row.kind == Kind::Text && node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

/// The option that a key of an older Flow means now. Jina 3.34 itself drops the key.
fn renamed(key: &str, strictness: Strictness, path: &Path<'_>, mark: Mark, findings: &mut Findings) -> Option<&'static Row> {
    let FormerKey { until, fate: Fate::Renamed(to), .. } = former_key(key)? else { return None };
    if strictness == Strictness::Lenient {
        return None;
    }
    let message = format!("`{key}` is called `{to}` since Jina 3.{}", until + 1);
    findings.push_once(Finding::warning(path, message).fix(format!("write `{to}`")).at(mark));
    find(to)
}

fn unknown(section: Section, name: &str, spelled: &str, strictness: Strictness, path: &Path<'_>, findings: &Findings) -> Finding {
    if is_of_python(section, name) {
        return of_python(path);
    }
    // argparse takes any unambiguous beginning of an option for the option: `image:` would be `image_pull_secrets:`.
    let begins = |row: &&Row| [row.name].iter().chain(row.aliases).any(|name| name.starts_with(spelled));
    let begun_in = |section: Section| TABLE.iter().filter(move |row| section.allows(row)).filter(begins).map(|row| row.name);
    let mut begun: Vec<&str> = begun_in(section).collect();
    if begun.is_empty() && section == Section::Executor {
        // What an executor does not have Jina looks for among the gateway's, and stops where it finds several.
        begun = begun_in(Section::Gateway).collect();
        if begun.len() == 1 {
            begun.clear();
        }
    }
    match begun.as_slice() {
        [] => {}
        [full] => {
            return Finding::error(path, format!("is no option; Jina would take it for `{full}`"))
                .fix(format!("write `{full}` if you mean that, else remove it"));
        }
        several => {
            return Finding::error(path, "is the beginning of several options").fix(format!("write one of: {}", several.join(", ")));
        }
    }
    if let Some(FormerKey { until, fate: Fate::Dropped(reason), .. }) = former_key(spelled) {
        return Finding::warning(path, format!("`{name}` is gone since Jina 3.{}: {reason}", until + 1)).fix("remove it");
    }
    let finding = strictness.judge(path, &format!("`{name}` is no option of {} in Jina", section.words()), "it is dropped");
    let image = (section != Section::With && strictness == Strictness::Strict).then_some(IMAGE);
    let here = TABLE.iter().filter(|row| section.allows(row)).map(|row| row.name).chain(image);
    if let Some(near) = findings.nearest(spelled, here) {
        return finding.propose(near);
    }
    if let Some(FormerKey { fate: Fate::Renamed(to), .. }) = former_key(spelled) {
        return finding.propose(*to);
    }
    match findings.nearest(spelled, TABLE.iter().map(|row| row.name)).and_then(find) {
        Some(row) => finding.fix(format!("did you mean `{}`, which belongs to {}?", row.name, sections_of(row))),
        None => finding.fix("remove it, or set it in an overlay if it is meant for Kubernetes"),
    }
}

/// The sections in which an option is valid, for messages.
fn sections_of(row: &Row) -> String {
    let own: Vec<&str> = [Section::Gateway, Section::Executor].iter().filter(|section| section.allows(row)).map(|s| s.words()).collect();
    if own.is_empty() { Section::With.words().to_owned() } else { own.join(" or ") }
}

fn misplaced(section: Section, row: &Row, path: &Path<'_>) -> Finding {
    Finding::warning(path, format!("`{}` has no effect in {}; it belongs to {}", row.name, section.words(), sections_of(row)))
        .fix("move it there, or remove it")
}
