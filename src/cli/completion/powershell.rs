//! Completions for PowerShell.

use super::spec::{Completed, Place, Values, general_flags};

/// The script. If it offers nothing, PowerShell completes paths.
pub fn script(commands: &[Place]) -> String {
    let general = general_flags();
    let mut values = String::new();
    let mut places = place("", commands.iter().map(|command| command.name), &general);
    for command in commands {
        for Completed { flag, value } in &command.flags {
            if let Some(Values::Words(words)) = value {
                let short = flag.short.map(|short| format!("-{short}"));
                for name in [flag.spelled()].into_iter().chain(short) {
                    values.push_str(&format!("        '{} {name}' {{ @({}); break }}\n", command.name, list(words.iter().copied())));
                }
            }
        }
        let words = match &command.arguments {
            Values::Words(words) | Values::PathsOr(words) => words.as_slice(),
            Values::Unknown | Values::Paths | Values::Folders => &[],
        };
        places.push_str(&place(command.name, words.iter().copied(), command.flags.iter().chain(&general)));
    }
    format!(
        "# Completions of jinaflow for PowerShell. To use them in this shell:
#   jinaflow completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName jinaflow -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }} | ForEach-Object {{ $_.ToString() }})
    $command = @($before | Select-Object -Skip 1 | Where-Object {{ -not $_.StartsWith('-') }})[0]
    $previous = if ($before.Count -gt 1) {{ $before[-1] }} else {{ '' }}
    $values = switch -CaseSensitive (\"$command $previous\") {{
{values}    }}
    $offered = if ($values) {{ $values }} else {{
        switch -CaseSensitive (\"$command\") {{
{places}        }}
    }}
    $offered | Where-Object {{ $_ -clike \"$wordToComplete*\" }} | ForEach-Object {{
        $kind = if ($_.StartsWith('-')) {{ 'ParameterName' }} else {{ 'ParameterValue' }}
        [System.Management.Automation.CompletionResult]::new($_, $_, $kind, $_)
    }}
}}
"
    )
}

fn place<'f>(name: &str, words: impl Iterator<Item = &'static str>, flags: impl IntoIterator<Item = &'f Completed>) -> String {
    let words = list(words);
    let flags: Vec<String> = flags.into_iter().map(|completed| format!("'{}'", completed.flag.spelled())).collect();
    let comma = if words.is_empty() || flags.is_empty() { "" } else { ", " };
    format!("            '{name}' {{ @({words}{comma}{}); break }}\n", flags.join(", "))
}

fn list<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}
