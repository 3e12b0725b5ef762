//! Completions for the Z shell.

use super::spec::{Completed, Place, Values, general_flags};

/// The script.
pub fn script(commands: &[Place]) -> String {
    let general: String = general_flags().iter().map(|flag| format!("    {} \\\n", spec(flag))).collect();
    let names: String =
        commands.iter().map(|command| format!("    {}\n", quoted(&format!("{}:{}", command.name, escaped(command.doc))))).collect();
    let mut places = String::new();
    for command in commands {
        places.push_str(&format!("      {})\n        _arguments -s -S $general \\\n", command.name));
        places.extend(command.flags.iter().map(|flag| format!("          {} \\\n", spec(flag))));
        let arguments = quoted(&format!("*:argument:{}", action(&command.arguments)));
        places.push_str(&format!("          {arguments}\n        ;;\n"));
    }
    format!(
        "#compdef jinaflow
# Completions of jinaflow for zsh. To use them in this shell: source <(jinaflow completion zsh)
_jinaflow() {{
  local curcontext=$curcontext state line
  local -a general commands
  general=(
{}  )
  commands=(
{names}  )
  _arguments -C -S $general '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe -t commands command commands ;;
    arguments)
      case $words[1] in
{places}      esac
      ;;
  esac
}}
if [[ $funcstack[1] == _jinaflow ]]; then
  _jinaflow \"$@\"
else
  compdef _jinaflow jinaflow
fi
",
        general.replace(" \\\n", "\n")
    )
}

/// A flag for `_arguments`. Flags with a value may be repeated.
fn spec(completed: &Completed) -> String {
    let (Completed { flag, value }, doc) = (completed, escaped(&completed.doc()));
    let (repeated, taken, value) = match value {
        Some(value) => ("*", "=", format!(":{}:{}", escaped(flag.value.unwrap_or_default()), action(value))),
        None => ("", "", String::new()),
    };
    let long = format!("{repeated}--{}{taken}[{doc}]{value}", flag.name);
    match flag.short {
        // `+`: the value may be in the same word or in the next one.
        Some(short) => {
            let taken = if taken.is_empty() { "" } else { "+" };
            format!("{} {}", quoted(&format!("{repeated}-{short}{taken}[{doc}]{value}")), quoted(&long))
        }
        None => quoted(&long),
    }
}

fn action(values: &Values) -> String {
    match values {
        Values::Unknown => String::from(" "),
        Values::Words(words) => format!("({})", words.join(" ")),
        Values::Paths => "_files".to_owned(),
        Values::Folders => "_files -/".to_owned(),
        Values::PathsOr(words) => format!("{{_alternative 'topics:topic:({})' 'files:file:_files'}}", words.join(" ")),
    }
}

/// Text in a description.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace(':', r"\:").replace('[', r"\[").replace(']', r"\]")
}

/// A word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
