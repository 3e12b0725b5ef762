//! Command lines as the kubelet, a shell and Jina take them.

use super::fields::{self, plain};
use crate::yaml::Node;

/// Stands for what only a running container knows.
pub const RUNTIME: char = '\u{fffc}';

/// A word of a command line, before the kubelet has seen it.
#[derive(Debug)]
pub struct Word<'o> {
    /// Its text.
    pub text: std::borrow::Cow<'o, str>,
    /// `command` or `args`.
    pub list: &'static str,
    /// Its place there.
    pub index: usize,
}

/// Programs that take a command line as a text.
pub const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "zsh", "ksh"];

/// The words of `command` and `args`; what a shell is given is split as the shell would.
pub fn words<'o>(container: &'o Node<'o>) -> Vec<Word<'o>> {
    let mut words = Vec::new();
    let mut is_script = false;
    let mut has_shell = false;
    for list in ["command", "args"] {
        for (index, word) in fields::list(container, list).iter().enumerate() {
            let text = plain(word);
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

/// The name of a program without its folder.
pub fn basename(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

/// Words between blanks, quotes and backslashes taken off. What the shell's own variables hold nobody knows.
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

/// The values of an option, each by its place: up to the next option, of the last time that it is given.
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
    fn a_shells_words_are_split() {
        let text = "exec jina gateway --x '{\"a\": [\"b c\"]}' \\\n --y \"it's $HOME\" '' --z=\\$1 $(A)";
        let expected = ["exec", "jina", "gateway", "--x", "{\"a\": [\"b c\"]}", "--y", "it's \u{fffc}HOME", "", "--z=$1", "$(A)"];
        assert_eq!(shell_words(text), expected);
    }

    #[test]
    fn the_last_time_counts() {
        let words: Vec<Word<'_>> = ["--port", "1", "2", "--port-monitoring", "9", "--port=3", "4", "--x", "--port", "5", "6"]
            .into_iter()
            .enumerate()
            .map(|(index, text)| Word { text: text.into(), list: "args", index })
            .collect();
        assert_eq!(values(&words, "--port"), [(9, "5"), (10, "6")]);
        assert_eq!(values(&words[..7], "--port"), [(5, "3")]);
        assert_eq!(values(&words, "--x"), []);
    }
}
