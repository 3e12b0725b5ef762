//! Completions for shells, written from the rows of commands and flags.

mod spec;
mod bash;
mod zsh;
mod fish;
mod powershell;

use super::shells::Shell;

/// The script that completes the command line of jinaflow in a shell.
pub fn script(shell: Shell) -> String {
    let commands = spec::commands();
    match shell {
        Shell::Bash => bash::script(&commands),
        Shell::Zsh => zsh::script(&commands),
        Shell::Fish => fish::script(&commands),
        Shell::Pwsh => powershell::script(&commands),
    }
}
