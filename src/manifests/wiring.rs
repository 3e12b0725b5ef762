//! Arguments with their addresses filled in.
//!
//! An address is written as `$(JINA_ADDR_X)`, which the kubelet expands from an environment variable whose whole value
//! is the Service's name. That is the one form in which kustomize can follow a renamed Service into a container
//! (`nameReference`, see `functions/jinaflow/kustomizeconfig.yaml`), and a short name needs no namespace.

use std::borrow::Cow;

use crate::config::corrections::Correction;
use crate::plan::{Arg, Piece};

use super::Target;

/// Arguments, and the variables they mention.
pub struct Words<'c> {
    pub args: Vec<Cow<'c, str>>,
    pub addresses: Vec<Address<'c>>,
}

/// A variable that holds a Service's name.
pub struct Address<'c> {
    pub variable: String,
    pub service: &'c str,
}

/// Spells out the arguments.
pub fn words<'c>(args: &'c [Arg], target: &Target<'c>) -> Words<'c> {
    let symbolic = target.corrections.has(Correction::SymbolicAddresses);
    let user_text = |text: &'c str| if target.corrections.has(Correction::EscapedDollars) { escaped(text) } else { Cow::Borrowed(text) };
    let namespace = target.namespace.unwrap_or("default");
    let mut words = Words { args: Vec::with_capacity(args.len()), addresses: Vec::new() };
    for arg in args {
        let word = match arg {
            Arg::Text(text) => user_text(text),
            Arg::Namespace => Cow::Borrowed(namespace),
            Arg::Template(pieces) => {
                let mut word = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => word.push_str(&user_text(text)),
                        Piece::Host(service) if symbolic => {
                            let variable = variable(service);
                            word.push_str(&format!("$({variable})"));
                            words.addresses.push(Address { variable, service });
                        }
                        Piece::Host(service) => word.push_str(&format!("{service}.{namespace}.svc")),
                    }
                }
                Cow::Owned(word)
            }
        };
        words.args.push(word);
    }
    words
}

/// `indexer-head` → `JINA_ADDR_INDEXER_HEAD`. Names of Services are unique and have no `_`, so variables are unique.
fn variable(service: &str) -> String {
    format!("JINA_ADDR_{}", service.replace('-', "_").to_uppercase())
}

/// The kubelet takes `$$` for `$` and expands `$(NAME)`; every other `$` stays
/// (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '$' && matches!(rest.peek(), Some('$' | '(')) {
            out.push('$');
            if rest.next_if_eq(&'$').is_some() {
                out.push_str("$$");
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kubelet's expansion with no variable defined.
    fn expanded(text: &str) -> String {
        let bytes: Vec<char> = text.chars().collect();
        let mut out = String::new();
        let mut i = 0;
        while i < bytes.len() {
            if bytes[i] == '$' && i + 1 < bytes.len() {
                match bytes[i + 1] {
                    '$' => {
                        out.push('$');
                        i += 2;
                        continue;
                    }
                    '(' if bytes[i + 2..].contains(&')') => {
                        out.push_str("EXPANDED");
                        i += 2;
                        continue;
                    }
                    _ => {}
                }
            }
            out.push(bytes[i]);
            i += 1;
        }
        out
    }

    #[test]
    fn user_texts_arrive_as_written() {
        for text in ["", "$", "$$", "$$$", "$$$$$", "$(A)", "$$(A)", "$$$(A)", "a$b", "100$", "{\"p\": \"pa$$w-$(X)\"}", "$($", "$()"] {
            assert_eq!(expanded(&escaped(text)), text, "{}", escaped(text));
        }
    }
}
