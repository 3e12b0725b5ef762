//! What a container runs, by its command line.

use super::words::{RUNTIME, SHELLS, Word, basename, values};

/// What a container of Jina does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// `jina gateway`.
    Gateway,
    /// `jina executor` in front of shards.
    Head,
    /// Any other `jina executor`.
    Worker,
}

impl Role {
    /// What messages call it.
    pub fn word(self) -> &'static str {
        match self {
            Role::Gateway => "gateway",
            Role::Head => "head",
            Role::Worker => "executor",
        }
    }
}

/// What a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// Jina.
    Jina(Role),
    /// What the image or a script decides, which may be Jina.
    Unknown,
    /// Something else.
    Other,
}

/// Parts of Jina that serve.
const SERVERS: [&str; 5] = ["gateway", "executor", "pod", "deployment", "flow"];

/// Programs that run the program behind them.
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

/// What names of scripts and of programs that run scripts have in them.
const SCRIPTS: [&str; 13] =
    ["python", "pypy", "conda", "mamba", "poetry", "pipenv", "uv", "entry", "start", "launch", "wrap", "boot", "run"];

/// What a command line runs.
pub fn runs(words: &[Word<'_>]) -> Runs {
    if let Some(role) = jina(words) {
        return Runs::Jina(role);
    }
    let command: Vec<&str> = words.iter().filter(|word| word.list == "command").map(|word| &*word.text).collect();
    let args = words.len() - command.len();
    let Some(program) = program(&command) else {
        // The image's own entrypoint, or what a prefix such as `tini` finds among the arguments.
        let own = words.iter().find(|word| word.list == "args").map(|word| basename(&word.text));
        return match by_arguments(words) {
            Some(role) => Runs::Jina(role),
            None if command.is_empty() || own.is_some_and(is_script) => Runs::Unknown,
            None => Runs::Other,
        };
    };
    match by_arguments(words) {
        _ if program == "jina" => Runs::Other,
        _ if SHELLS.contains(&program) => of_shell(words),
        Some(role) if is_script(program) && args > 0 => Runs::Jina(role),
        _ if is_script(program) => Runs::Unknown,
        _ => Runs::Other,
    }
}

/// `jina gateway` or `jina executor`, wherever it stands: behind `tini --`, `python -m` or within a script.
fn jina(words: &[Word<'_>]) -> Option<Role> {
    let named = words.windows(2).find(|pair| basename(&pair[0].text) == "jina" && SERVERS.contains(&&*pair[1].text));
    if let Some(pair) = named {
        return Some(role(&pair[1].text, words));
    }
    // `sh -c 'exec jina "$@"' -- gateway`, and `command: [jina]` with a part of Jina behind options.
    let hands_on = words.windows(2).any(|pair| basename(&pair[0].text) == "jina" && pair[1].text.starts_with(RUNTIME));
    let part = words.iter().find(|word| word.list == "args" && SERVERS.contains(&&*word.text)).filter(|_| hands_on)?;
    Some(role(&part.text, words))
}

fn role(part: &str, words: &[Word<'_>]) -> Role {
    let has = |option: &str| words.iter().any(|word| word.text.split('=').next() == Some(option));
    let has_value = |option, value: &str| values(words, option).first().is_some_and(|(_, given)| given.eq_ignore_ascii_case(value));
    match part {
        "gateway" | "flow" => Role::Gateway,
        // Whoever sets this option for an executor has it on its shards as well.
        _ if has("--connection-list") && !has("--uses") => Role::Head,
        _ if has_value("--pod-role", "HEAD") || has_value("--runtime-cls", "HeadRuntime") => Role::Head,
        _ => Role::Worker,
    }
}

/// What arguments say that are handed to somebody else's entrypoint.
fn by_arguments(words: &[Word<'_>]) -> Option<Role> {
    let has = |option: &str| words.iter().any(|word| word.text.split('=').next() == Some(option));
    let first = words.iter().find(|word| word.list == "args").map(|word| &*word.text);
    match first {
        Some(part) if SERVERS.contains(&part) => Some(role(part, words)),
        _ if has("--deployments-addresses") || has("--graph-description") => Some(Role::Gateway),
        _ if has("--connection-list") => Some(Role::Head),
        _ => None,
    }
}

/// The program of a command, behind those that only run another.
fn program<'w>(command: &[&'w str]) -> Option<&'w str> {
    let mut words = command.iter();
    while let Some(word) = words.next() {
        let name = basename(word);
        if ["gosu", "su-exec"].contains(&name) {
            // Whose name is not a program's.
            words.next();
        } else if !PREFIXES.contains(&name) && !word.starts_with('-') && !word.contains('=') && !word.bytes().all(|b| b.is_ascii_digit()) {
            return Some(name);
        }
    }
    None
}

/// A script that names neither Jina nor another script. What stands behind it are its arguments.
fn of_shell(words: &[Word<'_>]) -> Runs {
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

/// How messages show a command line.
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
    use crate::yaml;

    fn of(container: &str) -> Runs {
        let document = yaml::read(container).unwrap_or_else(|error| unreachable!("{error}"));
        let root = document.root.unwrap_or_else(|| "".into());
        runs(&words::words(&root))
    }

    #[test]
    fn jina_is_found_wherever_it_stands() {
        for (container, expected) in [
            ("{command: [jina], args: [executor, --port, '8080']}", Role::Worker),
            ("{command: [/usr/bin/jina, gateway]}", Role::Gateway),
            ("{args: [gateway]}", Role::Gateway),
            ("{args: [executor, --connection-list, '{}']}", Role::Head),
            ("{command: [tini, -g, --], args: [jina, executor]}", Role::Worker),
            ("{command: [tini, --], args: [executor, --uses, x]}", Role::Worker),
            ("{command: [python, -m, jina], args: [executor]}", Role::Worker),
            ("{command: [/bin/sh, -c, 'exec jina \"$@\"', --], args: [gateway]}", Role::Gateway),
            ("{command: [sh, -ec], args: ['sleep 5; exec jina executor --uses config.yml']}", Role::Worker),
            ("{command: [/entrypoint.sh], args: [executor]}", Role::Worker),
            ("{command: [/vault/vault-env], args: [jina, executor]}", Role::Worker),
        ] {
            assert_eq!(of(container), Runs::Jina(expected), "{container}");
        }
    }

    #[test]
    fn what_is_not_jina_is_told_from_what_nobody_knows() {
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
