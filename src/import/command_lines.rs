//! Writes the arguments of exported containers as a render writes them, where Jina reads both as the same.
//!
//! The order of options has no meaning, nor an option with its default, and of an option that is there twice the last one counts.

use crate::jina::argv::{Given, given};
use crate::yaml::{Data, Node};

/// How an argument that no Flow sets becomes an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Where the rendered one is.
    InPlace,
    /// At the end, where it overrides the rendered one. The edit applies also to a command line with other arguments.
    AtEnd,
}

/// Writes the arguments of the containers of `object` in the order of `base`, the rendered object. Returns whether a word has
/// another place than before.
pub fn arrange(object: &mut Node<'_>, base: &Node<'_>, form: Form) -> bool {
    let Some(Data::List(containers)) =
        object.get_mut("spec").and_then(|spec| spec.get_mut("template")?.get_mut("spec")?.get_mut("containers")).map(|of| &mut of.data)
    else {
        return false;
    };
    let mut is_changed = false;
    for container in containers {
        let name = container.text_at("name").to_owned();
        let rendered = base.list_at("spec.template.spec.containers").iter().find(|rendered| rendered.text_at("name") == name);
        let words = |container: &Node<'_>| container.list_at("args").iter().map(|word| word.as_text().map(str::to_owned)).collect();
        let (Some(theirs), Some(ours)): (Option<Vec<String>>, Option<Vec<String>>) = (words(container), rendered.and_then(words)) else {
            continue;
        };
        let Some(arranged) = arranged(&theirs, &ours, form).filter(|arranged| *arranged != theirs) else { continue };
        container.set("args", arranged.into_iter().map(Node::from).collect::<Vec<_>>().into());
        is_changed = true;
    }
    is_changed
}

/// `theirs` in the order of `ours`; `None` if the two do not run the same part of Jina.
fn arranged(theirs: &[String], ours: &[String], form: Form) -> Option<Vec<String>> {
    let ((program, theirs), (other, ours)) = (theirs.split_first()?, ours.split_first()?);
    if program != other {
        return None;
    }
    let (theirs, ours) = (given(theirs), given(ours));
    let last = |of: &Given| theirs.iter().rfind(|given| given.opt == of.opt);
    let is_last = |place: usize| {
        let opt = theirs.get(place).and_then(|given| given.opt);
        theirs.iter().skip(place + 1).all(|later| later.opt != opt)
    };
    let (mut words, mut ends) = (vec![program.clone()], Vec::new());
    for own in &ours {
        match last(own) {
            None if own.is_default() => words.extend_from_slice(&own.words),
            None => {}
            Some(of_user) if of_user.is_same(own) => words.extend_from_slice(&own.words),
            Some(of_user) if form == Form::InPlace => words.extend_from_slice(&of_user.words),
            Some(of_user) => {
                words.extend_from_slice(&own.words);
                ends.push(of_user);
            }
        }
    }
    let is_new = |place: usize, given: &Given| match given.opt {
        Some(opt) => is_last(place) && !given.is_default() && !ours.iter().any(|own| own.opt == Some(opt)),
        None => true,
    };
    ends.extend(theirs.iter().enumerate().filter(|(place, given)| is_new(*place, given)).map(|(_, given)| given));
    // At the end, a word without a name could become a value of the last option.
    ends.iter().all(|given| given.is_named()).then(|| {
        words.extend(ends.iter().flat_map(|given| given.words.iter().cloned()));
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn arguments_have_the_order_of_the_render() {
        let ours = words("executor --name a --host 0.0.0.0 --port 8080 --protocol HTTP GRPC --native");
        for (theirs, in_place, at_end) in [
            ("executor --native --port=8080 --protocol http grpc --name b --name a", "", ""),
            ("executor --name a --port 8080 --protocol HTTP GRPC --native --timeout-ready 600000", "", ""),
            (
                "executor --foo bar --name a --port 9999 --protocol HTTP GRPC --native",
                "executor --name a --host 0.0.0.0 --port 9999 --protocol HTTP GRPC --native --foo bar",
                "executor --name a --host 0.0.0.0 --port 8080 --protocol HTTP GRPC --native --port 9999 --foo bar",
            ),
            (
                "executor --workspace /w --name a --port 8080 --protocol HTTP GRPC",
                "executor --name a --host 0.0.0.0 --port 8080 --protocol HTTP GRPC --workspace /w",
                "executor --name a --host 0.0.0.0 --port 8080 --protocol HTTP GRPC --workspace /w",
            ),
        ] {
            for (form, expected) in [(Form::InPlace, in_place), (Form::AtEnd, at_end)] {
                let expected = if expected.is_empty() { ours.clone() } else { words(expected) };
                assert_eq!(arranged(&words(theirs), &ours, form), Some(expected), "{theirs}");
            }
        }
        for other in ["gateway --name a", "executor --name a stray --native", ""] {
            assert_eq!(arranged(&words(other), &ours, Form::AtEnd), None, "{other}");
        }
    }
}
