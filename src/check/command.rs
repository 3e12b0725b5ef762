//! Detects from its command line what a container runs.

use super::words::{RUNTIME, SHELLS, Word, WordList, basename, values};

/// The part of a Flow that a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JinaRole {
    /// `jina gateway`.
    Gateway,
    /// `jina executor` in front of shards.
    Head,
    /// Any other `jina executor`.
    Worker,
}

impl JinaRole {
    /// The name of the role in messages.
    pub fn word(self) -> &'static str {
        match self {
            JinaRole::Gateway => "gateway",
            JinaRole::Head => "head",
            JinaRole::Worker => "executor",
        }
    }
}

/// The program of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Jina.
    Jina(JinaRole),
    /// Perhaps Jina: the image or a script decides.
    Unknown,
    /// Another program.
    Other,
}

/// Subcommands of `jina` that start a server.
const SERVERS: [&str; 5] = ["gateway", "executor", "pod", "deployment", "flow"];

/// Programs that run the program that follows them.
const PREFIXES: [&str; 20] = [
    "env",
    "exec",
    "nice",
    "nohup",
    "time",
    "timeout",
    "stdbuf",
    "setpriv",
    "sudo",
    "gosu",
    "su-exec",
    "tini",
    "dumb-init",
    "catatonit",
    "chpst",
    "ionice",
    "numactl",
    "taskset",
    "setsid",
    "setarch",
];

/// Parts of the names of scripts and of programs that run scripts.
const SCRIPTS: [&str; 13] =
    ["python", "pypy", "conda", "mamba", "poetry", "pipenv", "uv", "entry", "start", "launch", "wrap", "boot", "run"];

/// The program of a command line.
pub fn runs(words: &[Word<'_>]) -> Runs {
    if let Some(role) = jina(words) {
        return Runs::Jina(role);
    }
    let command: Vec<&str> = words.iter().filter(|word| word.list == WordList::Command).map(|word| &*word.text).collect();
    let args = words.len() - command.len();
    let Some(program) = program(&command) else {
        // The entrypoint of the image, or the program that a prefix such as `tini` gets as an argument.
        let own = words.iter().find(|word| word.list == WordList::Args).map(|word| basename(&word.text));
        return match role_by_arguments(words) {
            Some(role) => Runs::Jina(role),
            None if command.is_empty() || own.is_some_and(is_script) => Runs::Unknown,
            None => Runs::Other,
        };
    };
    match role_by_arguments(words) {
        _ if program == "jina" => Runs::Other,
        _ if SHELLS.contains(&program) => shell_runs(words),
        Some(role) if is_script(program) && args > 0 => Runs::Jina(role),
        _ if is_script(program) => Runs::Unknown,
        _ => Runs::Other,
    }
}

/// The role of `jina gateway` or `jina executor` anywhere in the words: after `tini --`, after `python -m` or within a
/// script.
fn jina(words: &[Word<'_>]) -> Option<JinaRole> {
    let named = words.windows(2).find(|pair| basename(&pair[0].text) == "jina" && SERVERS.contains(&&*pair[1].text));
    if let Some(pair) = named {
        return Some(role(&pair[1].text, words));
    }
    // `sh -c 'exec jina "$@"' -- gateway`, and `command: [jina]` with a subcommand after options.
    let hands_on = words.windows(2).any(|pair| basename(&pair[0].text) == "jina" && pair[1].text.starts_with(RUNTIME));
    let part = words.iter().find(|word| word.list == WordList::Args && SERVERS.contains(&&*word.text)).filter(|_| hands_on)?;
    Some(role(&part.text, words))
}

fn role(part: &str, words: &[Word<'_>]) -> JinaRole {
    let has = |option: &str| words.iter().any(|word| word.text.split('=').next() == Some(option));
    let has_value = |option, value: &str| values(words, option).first().is_some_and(|(_, given)| given.eq_ignore_ascii_case(value));
    match part {
        "gateway" | "flow" => JinaRole::Gateway,
        // A worker may have `--connection-list` too, because an executor passes this option to its shards.
        _ if has("--connection-list") && !has("--uses") => JinaRole::Head,
        _ if has_value("--pod-role", "HEAD") || has_value("--runtime-cls", "HeadRuntime") => JinaRole::Head,
        _ => JinaRole::Worker,
    }
}

/// The role that arguments of an unknown entrypoint show.
fn role_by_arguments(words: &[Word<'_>]) -> Option<JinaRole> {
    let has = |option: &str| words.iter().any(|word| word.text.split('=').next() == Some(option));
    let first = words.iter().find(|word| word.list == WordList::Args).map(|word| &*word.text);
    match first {
        Some(part) if SERVERS.contains(&part) => Some(role(part, words)),
        _ if has("--deployments-addresses") || has("--graph-description") => Some(JinaRole::Gateway),
        _ if has("--connection-list") => Some(JinaRole::Head),
        _ => None,
    }
}

/// The program of a command. Programs that only run another program are skipped.
fn program<'w>(command: &[&'w str]) -> Option<&'w str> {
    let mut words = command.iter();
    while let Some(word) = words.next() {
        let name = basename(word);
        if ["gosu", "su-exec"].contains(&name) {
            // The word after `gosu` is a user.
            words.next();
        } else if !PREFIXES.contains(&name) && !word.starts_with('-') && !word.contains('=') && !word.bytes().all(|b| b.is_ascii_digit()) {
            return Some(name);
        }
    }
    None
}

/// Returns `Other` for a shell script that does not name Jina or another script. The words after the script are its
/// arguments.
fn shell_runs(words: &[Word<'_>]) -> Runs {
    let mut behind = words.iter().skip_while(|word| !SHELLS.contains(&basename(&word.text))).skip(1);
    let is_line = behind.any(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c'));
    let mut script = behind.peekable();
    let Some((list, index)) = script.peek().map(|word| (word.list, word.index)).filter(|_| is_line) else { return Runs::Unknown };
    let is_open = |word: &Word<'_>| word.text.contains(RUNTIME) || word.text.contains("jina") || is_script(basename(&word.text));
    if script.take_while(|word| (word.list, word.index) == (list, index)).any(is_open) { Runs::Unknown } else { Runs::Other }
}

fn is_script(program: &str) -> bool {
    let is_file = [".sh", ".bash", ".py"].iter().any(|ending| program.ends_with(ending));
    is_file || (!PREFIXES.contains(&program) && (program.contains("jina") || SCRIPTS.iter().any(|part| program.contains(part))))
}

/// The start of a command line, for messages.
pub fn shown(words: &[Word<'_>]) -> String {
    const MOST: usize = 4;
    let mut shown: Vec<&str> = words.iter().take(MOST).map(|word| &*word.text).collect();
    if words.len() > MOST {
        shown.push("…");
    }
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;
    use crate::yaml::{self, Arena};

    fn of(container: &str) -> Runs {
        let document = yaml::read(container).unwrap_or_else(|error| unreachable!("{error}"));
        let root = document.root.unwrap_or_else(|| "".into());
        let mut arena = Arena::default();
        let place = arena.add(&root);
        runs(&words::words(arena.view(place)))
    }

    #[test]
    fn jina_is_found_in_any_command_line() {
        for (container, expected) in [
            ("{command: [jina], args: [executor, --port, '8080']}", JinaRole::Worker),
            ("{command: [/usr/bin/jina, gateway]}", JinaRole::Gateway),
            ("{args: [gateway]}", JinaRole::Gateway),
            ("{args: [executor, --connection-list, '{}']}", JinaRole::Head),
            ("{command: [tini, -g, --], args: [jina, executor]}", JinaRole::Worker),
            ("{command: [tini, --], args: [executor, --uses, x]}", JinaRole::Worker),
            ("{command: [python, -m, jina], args: [executor]}", JinaRole::Worker),
            ("{command: [/bin/sh, -c, 'exec jina \"$@\"', --], args: [gateway]}", JinaRole::Gateway),
            ("{command: [sh, -ec], args: ['sleep 5; exec jina executor --uses config.yml']}", JinaRole::Worker),
            ("{command: [/entrypoint.sh], args: [executor]}", JinaRole::Worker),
            ("{command: [/vault/vault-env], args: [jina, executor]}", JinaRole::Worker),
        ] {
            assert_eq!(of(container), Runs::Jina(expected), "{container}");
        }
    }

    #[test]
    fn other_programs_are_distinguished_from_unknown_programs() {
        for container in [
            "{command: [sleep, '1000'], args: [executor, --connection-list, '{}', --workspace, /data/jina]}",
            "{command: [jina]}",
            "{command: [jina], args: [--help]}",
            "{command: [/bin/sh, -c, sleep 1000], args: [gateway, --uses, executor]}",
            "{command: [sh, -c, 'while true; do date; done']}",
            "{command: [tail, -f, /dev/null]}",
            "{command: [tini, --, sleep, infinity]}",
            "{command: [tini, --], args: [sleep, infinity]}",
            "{command: [sh, -c, exec sleep infinity]}",
            "{command: [nginx], args: [-g, daemon off;]}",
        ] {
            assert_eq!(of(container), Runs::Other, "{container}");
        }
        for container in [
            "{image: x}",
            "{args: [--port, '8080']}",
            "{command: [python, app.py]}",
            "{command: [/app/entrypoint]}",
            "{command: [bash, /app/serve.sh]}",
            "{command: [gosu, app, /entrypoint.sh]}",
            "{command: [sh, -c, exec $APP]}",
            "{command: [sh, -c, python serve.py --port 8080]}",
        ] {
            assert_eq!(of(container), Runs::Unknown, "{container}");
        }
    }
}
