//! Fills the addresses of components into arguments.
//!
//! An address is written as `$(JINA_ADDR_X)`. The kubelet expands the address from an environment variable whose whole
//! value is the name of the Service. kustomize can follow a renamed Service into a container in this form only
//! (`nameReference`, see `functions/jinaflow/kustomizeconfig.yaml`), and a short name needs no namespace.

use std::borrow::Cow;
use std::fmt::Write;

use super::target::Target;
use crate::config::corrections::Correction;
use crate::plan::{Arg, Piece, address_variable};

/// Arguments, and the variables that the arguments use.
pub struct Arguments<'c> {
    pub words: Vec<Cow<'c, str>>,
    pub addresses: Vec<Address<'c>>,
}

/// A variable with the name of a Service.
pub struct Address<'c> {
    pub variable: String,
    pub service: &'c str,
}

/// The arguments as strings.
pub fn arguments<'c>(args: &'c [Arg], target: &Target<'c>) -> Arguments<'c> {
    let is_symbolic = target.corrections.has(Correction::SymbolicAddresses);
    let escapes = target.corrections.has(Correction::EscapedDollars);
    let literal = |text: &'c str| if escapes { escaped(text) } else { Cow::Borrowed(text) };
    let namespace = target.namespace.unwrap_or("default");
    let mut addresses = Vec::new();
    let mut words = Vec::with_capacity(args.len());
    for arg in args {
        words.push(match arg {
            Arg::Text(text) => literal(text),
            Arg::Namespace => Cow::Borrowed(namespace),
            Arg::Template(pieces) => {
                let mut word = String::new();
                for piece in pieces {
                    // Writing to a string cannot fail.
                    let _ = match piece {
                        Piece::Text(text) => word.write_str(&literal(text)),
                        Piece::Host(service) if is_symbolic => {
                            let variable = address_variable(service);
                            let written = write!(word, "$({variable})");
                            addresses.push(Address { variable, service });
                            written
                        }
                        Piece::Host(service) => write!(word, "{service}.{namespace}.svc"),
                    };
                }
                Cow::Owned(word)
            }
        });
    }
    Arguments { words, addresses }
}

/// The text as the kubelet must get it: the kubelet replaces `$$` with `$` and expands `$(NAME)`; it keeps every other `$`
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

    /// The result of the kubelet's expansion when no variable is defined.
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
    fn the_kubelet_gives_containers_the_text_that_the_user_wrote() {
        for text in ["", "$", "$$", "$$$", "$$$$$", "$(A)", "$$(A)", "$$$(A)", "a$b", "100$", "{\"p\": \"pa$$w-$(X)\"}", "$($", "$()"] {
            assert_eq!(expanded(&escaped(text)), text, "{}", escaped(text));
        }
    }
}
