//! Arguments at the end of a command line that no field expresses, as patches that append them.
//!
//! Such a patch applies to every later command line of the container. A patch at an index applies only to the arguments of this
//! export.

use std::collections::HashMap;

use super::edit::{Edit, Wanted, identity};
use super::operations::operation;
use super::patches::{choice_of_targets, name, of_object, shared_target};
use super::place::Step;
use super::proposal::{Choice, Proposal};
use super::rendered::Rendered;
use super::side::has_pods;
use crate::yaml::{Data, Node};

/// The field with the containers of a workload.
const CONTAINERS: &str = "spec.template.spec.containers";

/// Options that the user has added at the end of a container's arguments.
struct Group<'e> {
    /// The container, if it is not the first one of its pod.
    beside: Option<&'e str>,
    operations: Vec<Node<'static>>,
    edits: Vec<&'e Edit>,
}

/// Proposals for the options that the user has added at the end, one for each container. Without `compat`, a pod may have fewer
/// containers.
pub fn appended(rendered: &Rendered, edits: &[Edit], wanted: &Wanted) -> Vec<Proposal> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for object in rendered.objects.iter().filter(|object| has_pods(object.node.text_at("kind"))) {
        let Some(theirs) = wanted.get(&identity(&object.node)) else { continue };
        let own: Vec<&Edit> = edits.iter().filter(|edit| edit.is_of(&object.node)).collect();
        for (index, container) in object.node.list_at(CONTAINERS).iter().enumerate() {
            let container = container.text_at("name");
            let added: Vec<(&Edit, &Node<'static>)> = own.iter().filter_map(|edit| Some((*edit, added_words(edit, container)?))).collect();
            let words: Vec<&Node<'static>> = added.iter().filter_map(|(_, words)| words.as_list()).flatten().collect();
            if words.is_empty() || !ends_with(theirs, container, &words) {
                continue;
            }
            let path = format!("/{}/{index}", CONTAINERS.replace('.', "/"));
            let test = (index > 0).then(|| operation("test", &format!("{path}/name"), Some(&container.to_owned().into())));
            let adds = words.iter().map(|word| operation("add", &format!("{path}/args/-"), Some(word)));
            let operations: Vec<Node<'static>> = test.into_iter().chain(adds).collect();
            let place = *places.entry(serde_json::to_string(&operations).unwrap_or_default()).or_insert(groups.len());
            let edits = added.iter().map(|(edit, _)| *edit);
            match groups.get_mut(place) {
                Some(group) => group.edits.extend(edits),
                None => groups.push(Group { beside: (index > 0).then_some(container), operations, edits: edits.collect() }),
            }
        }
    }
    groups.into_iter().map(|group| proposal(rendered, group)).collect()
}

/// The words of an option that was added to a container.
fn added_words<'e>(edit: &'e Edit, container: &str) -> Option<&'e Node<'static>> {
    let is_added = edit.change.old.is_none() && matches!(edit.change.place.0.last(), Some(Step::Flag(_)));
    let names = edit.change.place.matches(&format!("{CONTAINERS}.[].args.--")).filter(|_| is_added)?;
    edit.change.new.as_ref().filter(|_| names.first() == Some(&container))
}

/// Whether the arguments of a container of the user end with these words.
fn ends_with(object: &Node<'_>, container: &str, words: &[&Node<'static>]) -> bool {
    let container = object.list_at(CONTAINERS).iter().find(|own| own.text_at("name") == container);
    let args = container.map(|container| container.list_at("args")).unwrap_or_default();
    let end = args.len().checked_sub(words.len()).and_then(|start| args.get(start..)).unwrap_or_default();
    end.iter().map(Node::as_text).eq(words.iter().map(|word| word.as_text()))
}

fn proposal(rendered: &Rendered, group: Group<'_>) -> Proposal {
    let mut objects: Vec<Vec<&Edit>> = Vec::new();
    for edit in &group.edits {
        match objects.iter_mut().find(|of| of.first().is_some_and(|first| first.object == edit.object)) {
            Some(of) => of.push(edit),
            None => objects.push(vec![edit]),
        }
    }
    let firsts: Vec<&Edit> = objects.iter().filter_map(|of| of.first().copied()).collect();
    let single: Vec<_> = objects.iter().filter_map(|of| Some((of_object(&of.first()?.object), of.clone()))).collect();
    let shared = shared_target(rendered, &firsts).filter(|_| objects.len() > 1);
    let content: Node<'static> = Data::List(group.operations).into();
    let suffix = group.beside.map(|container| format!("-{container}")).unwrap_or_default();
    let of_targets = |targets: &[_]| choice_of_targets(targets, "json", &content, |target| format!("{}-args{suffix}", name(target)));
    let choices: Vec<Choice> =
        shared.map(|target| of_targets(&[(target, group.edits.clone())])).into_iter().chain([of_targets(&single)]).collect();
    Proposal { choices }
}
