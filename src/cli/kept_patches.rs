//! Patches of kustomize for what a JinaFlow does not reproduce of an export.

use crate::import::{Proof, operations};
use crate::yaml::{self, Data, Node};

/// Entries of the field `patches`, as YAML. `objects` are those of the export.
pub fn text(proof: &Proof, objects: &[Node<'_>]) -> String {
    let mut out = String::new();
    for object in &proof.missing {
        let identity =
            ["apiVersion", "kind", "metadata"].into_iter().filter_map(|field| Some((Node::field(field), object.get(field)?.clone())));
        let mut pairs = vec![(Node::field("$patch"), Node::plain("delete"))];
        pairs.extend(identity);
        add(object, &Data::Map(pairs).into(), &mut out);
    }
    for difference in &proof.different {
        let Some(object) = objects.get(difference.object) else { continue };
        add(object, &operations_between(&difference.base, object).into(), &mut out);
    }
    out
}

/// Adds a patch of an object.
fn add(object: &Node<'_>, patch: &Node<'_>, out: &mut String) {
    let target = [("kind", object.text_at("kind")), ("name", object.text_at("metadata.name"))];
    let target = Data::Map(target.into_iter().map(|(field, value)| (Node::field(field), value.into())).collect());
    let mut text = String::new();
    yaml::write(patch, &mut text);
    let entry = vec![(Node::field("target"), target.into()), (Node::field("patch"), text.into())];
    yaml::write_entry(&Data::Map(entry).into(), 0, out);
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

/// The operations of a JSON patch that make an object of its base. A render sets an annotation of its own, which must stay, so
/// annotations are changed one by one.
fn operations_between(base: &Node<'static>, object: &Node<'_>) -> Vec<Node<'static>> {
    let mut base = base.clone();
    if let Some(metadata) = base.get_mut("metadata").filter(|metadata| metadata.get("annotations").is_none()) {
        metadata.set("annotations", Data::Map(Vec::new()).into());
    }
    operations(&base, object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Difference;
    use crate::yaml::read;

    #[test]
    fn annotations_are_added_to_those_of_the_render() {
        let node = |text| read(text).ok().and_then(|document| document.root).map_or_else(|| "".into(), Node::into_owned);
        let base = node("{kind: Service, metadata: {name: a}, spec: {x: 1}}");
        let object = node("{kind: Service, metadata: {name: a, annotations: {b/c: d}}, spec: {x: 2}}");
        let proof = Proof { different: vec![Difference { object: 0, base, fields: Vec::new() }], ..Proof::default() };
        let expected = "- target:\n    kind: Service\n    name: a\n  patch: |\n    - op: add\n      path: /metadata/annotations/b~1c\n      value: d\n    - op: replace\n      path: /spec/x\n      value: 2\n";
        assert_eq!(text(&proof, &[object]), expected);
    }
}
