//! Completions for fish.

use super::spec::{Completed, Place, Values, general_flags};

/// The script.
pub fn script(commands: &[Place]) -> String {
    let mut out = String::from(
        "# Completions of jinaflow for fish. To use them in this shell: jinaflow completion fish | source\n\
         complete -c jinaflow -e\ncomplete -c jinaflow -f\n",
    );
    for flag in general_flags() {
        out.push_str(&format!("complete -c jinaflow {}\n", option(&flag)));
    }
    for command in commands {
        let doc = quoted(command.doc);
        out.push_str(&format!("complete -c jinaflow -n __fish_use_subcommand -a {} -d {doc}\n", command.name));
        let condition = format!("complete -c jinaflow -n '__fish_seen_subcommand_from {}'", command.name);
        for flag in &command.flags {
            out.push_str(&format!("{condition} {}\n", option(flag)));
        }
        if let Values::Words(words) | Values::PathsOr(words) = &command.arguments {
            out.push_str(&format!("{condition} -a {}\n", quoted(&words.join(" "))));
        }
        if matches!(command.arguments, Values::Paths | Values::PathsOr(_)) {
            out.push_str(&format!("{condition} -F\n"));
        }
    }
    out
}

fn option(completed: &Completed) -> String {
    let Completed { flag, value } = completed;
    let short = flag.short.map(|short| format!(" -s {short}")).unwrap_or_default();
    let value = match value {
        None => String::new(),
        Some(Values::Unknown) => " -x".to_owned(),
        Some(Values::Words(words)) => format!(" -x -a {}", quoted(&words.join(" "))),
        Some(Values::Folders) => " -x -a '(__fish_complete_directories)'".to_owned(),
        Some(Values::Paths | Values::PathsOr(_)) => " -r -F".to_owned(),
    };
    format!("-l {}{short}{value} -d {}", flag.name, quoted(&completed.doc()))
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
