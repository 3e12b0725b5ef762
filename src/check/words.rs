//! Command lines, split into words as the kubelet, a shell and argparse do.

use std::borrow::Cow;

use crate::yaml::View;

/// The placeholder for a value that is known only while the container runs.
pub const RUNTIME: char = '\u{fffc}';

/// A word of a command line, before the kubelet expands it.
#[derive(Debug)]
pub struct Word<'o> {
    /// The word.
    pub text: Cow<'o, str>,
    /// The list that has the word.
    pub list: WordList,
    /// The index of the word in the list, from 0.
    pub index: usize,
}

/// A list of a container that holds words of its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordList {
    /// `command`.
    Command,
    /// `args`.
    Args,
}

impl WordList {
    /// The name of the field.
    pub fn field(self) -> &'static str {
        match self {
            WordList::Command => "command",
            WordList::Args => "args",
        }
    }
}

/// Programs that can take a command line as a string.
pub const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// The words of `command` and `args`. The script of a shell is split as the shell would split it.
pub fn words(container: View<'_>) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut is_script = false;
    let mut has_shell = false;
    for list in [WordList::Command, WordList::Args] {
        for (index, word) in container.list_at(list.field()).iter().enumerate() {
            let text = word.text();
            let is_line = !text.starts_with('{') && text.contains("jina ") && text.contains("--");
            if is_line || is_script {
                words.extend(shell_words(text).into_iter().map(|text| Word { text: text.into(), list, index }));
            } else {
                words.push(Word { text: text.into(), list, index });
            }
            // `sh -ec SCRIPT`
            is_script = has_shell && text.starts_with('-') && !text.starts_with("--") && text.ends_with('c');
            has_shell = (has_shell && text.starts_with('-')) || SHELLS.contains(&basename(text));
        }
    }
    words
}

/// A program without its folder.
pub fn basename(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

/// Splits a script at blanks, and removes quotes and backslashes. The values of the shell's own variables are unknown.
fn shell_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    let mut is_word = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = match (letter, quote) {
            ('\'' | '"', None) => {
                quote = Some(letter);
                if !is_word {
                    words.push(String::new());
                }
                is_word = true;
                continue;
            }
            (letter, Some(open)) if letter == open => {
                quote = None;
                continue;
            }
            ('\\', None | Some('"')) => match letters.next() {
                Some('\n') | None => continue,
                Some(escaped) => escaped,
            },
            ('$', None | Some('"')) if letters.peek() != Some(&'(') => RUNTIME,
            (letter, None) if letter.is_whitespace() || letter == ';' || letter == '&' => {
                is_word = false;
                continue;
            }
            (letter, _) => letter,
        };
        match words.last_mut().filter(|_| is_word) {
            Some(word) => word.push(letter),
            None => words.push(letter.to_string()),
        }
        is_word = true;
    }
    words
}

/// The values of an option, each with the index of its word. The values end at the next option. If the option is repeated,
/// the last occurrence counts.
pub fn values<'w>(words: &'w [Word<'_>], option: &str) -> Vec<(usize, &'w str)> {
    let mut values = Vec::new();
    let mut is_open = false;
    for (place, word) in words.iter().enumerate() {
        match word.text.strip_prefix(option) {
            Some("") => {
                values.clear();
                is_open = true;
            }
            Some(value) if value.starts_with('=') => {
                values = vec![(place, &value[1..])];
                is_open = false;
            }
            _ if word.text.starts_with("--") => is_open = false,
            _ if is_open => values.push((place, &*word.text)),
            _ => {}
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_script_is_split_into_words() {
        let text = "exec jina gateway --x '{\"a\": [\"b c\"]}' \\\n --y \"it's $HOME\" '' --z=\\$1 $(A)";
        let expected = ["exec", "jina", "gateway", "--x", "{\"a\": [\"b c\"]}", "--y", "it's \u{fffc}HOME", "", "--z=$1", "$(A)"];
        assert_eq!(shell_words(text), expected);
    }

    #[test]
    fn the_last_occurrence_of_an_option_counts() {
        let words: Vec<Word<'_>> = ["--port", "1", "2", "--port-monitoring", "9", "--port=3", "4", "--x", "--port", "5", "6"]
            .into_iter()
            .enumerate()
            .map(|(index, text)| Word { text: text.into(), list: WordList::Args, index })
            .collect();
        assert_eq!(values(&words, "--port"), [(9, "5"), (10, "6")]);
        assert_eq!(values(&words[..7], "--port"), [(5, "3")]);
        assert_eq!(values(&words, "--x"), []);
    }
}
