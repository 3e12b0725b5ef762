//! Completions for Bash. The script works with Bash 3.2, which macOS has.

use super::spec::{Completed, Place, Values, general_flags};

/// The script.
pub fn script(commands: &[Place]) -> String {
    let general = words(&general_flags());
    let names: Vec<&str> = commands.iter().map(|command| command.name).collect();
    let mut values = String::new();
    let mut places = String::new();
    for command in commands {
        for Completed { flag, value } in &command.flags {
            if let Some(value) = value {
                let short = flag.short.map(|short| format!(" | '{} -{short}'", command.name)).unwrap_or_default();
                values.push_str(&format!("    '{} --{}'{short}) {}; return ;;\n", command.name, flag.name, reply(value)));
            }
        }
        let flags = format!("{} {general}", words(&command.flags));
        places.push_str(&format!("    '{} -'*) words='{}' ;;\n", command.name, flags.trim_start()));
        if let Values::Words(words) | Values::PathsOr(words) = &command.arguments {
            places.push_str(&format!("    '{} '*) words='{}' ;;\n", command.name, words.join(" ")));
        }
    }
    format!(
        "# Completions of jinaflow for Bash. To use them in this shell: source <(jinaflow completion bash)
_jinaflow() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous='' command='' words='' i
  ((COMP_CWORD > 0)) && previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  # Bash makes three words of --flag=value.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${{COMP_WORDS[i]}} != -* ]]; then
      command=${{COMP_WORDS[i]}}
      break
    fi
  done
  COMPREPLY=()
  case \"$command $previous\" in
{values}  esac
  case \"$command $current\" in
    ' -'*) words='{general}' ;;
    ' '*) words='{}' ;;
{places}  esac
  # Without a reply, Bash completes paths.
  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))
}}
complete -o bashdefault -o default -F _jinaflow jinaflow
",
        names.join(" ")
    )
}

/// The command that completes a value.
fn reply(values: &Values) -> String {
    match values {
        Values::Words(words) => format!("COMPREPLY=($(compgen -W '{}' -- \"$current\"))", words.join(" ")),
        Values::Folders => "COMPREPLY=($(compgen -d -- \"$current\"))".to_owned(),
        // Without a reply, Bash completes paths.
        Values::Paths | Values::PathsOr(_) | Values::Unknown => ":".to_owned(),
    }
}

fn words(flags: &[Completed]) -> String {
    flags.iter().map(|completed| completed.flag.spelled()).collect::<Vec<_>>().join(" ")
}
