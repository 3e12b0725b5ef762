//! Checks parts of objects before the merge: unknown directives, and list entries without their merge keys.

use super::lists::{DIRECTIVE, directive, identity, merge_keys};
use crate::finding::{Code, Finding, Findings, Path};
use crate::yaml::{Data, Node};

/// The values of [`DIRECTIVE`].
const DIRECTIVES: [&str; 3] = ["delete", "replace", "merge"];

/// Checks a part of an object.
pub fn check(part: &Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    if directive(part) == Some("delete") {
        let finding = Code::InvalidPatchDirective.error(path.key(DIRECTIVE), "cannot delete the whole object").got("delete");
        let fix = "remove it; to remove an object, use the field that turns it off, such as `pdb: {enabled: false}`, or an overlay";
        findings.push(finding.fix(fix).at(part.mark));
    }
    check_below(part, path, findings);
}

fn check_below(part: &Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    match &part.data {
        Data::Map(pairs) => {
            for (key, value) in pairs {
                let name = key.shown();
                let path = path.key(&name);
                if name.starts_with('$') {
                    findings.extend(invalid_directive(&name, value, &path));
                    continue;
                }
                if let (Some(keys), Some(entries)) = (merge_keys(&name), value.as_list()) {
                    check_entries(&name, entries, keys, &path, findings);
                }
                check_below(value, &path, findings);
            }
        }
        Data::List(entries) => entries.iter().enumerate().for_each(|(index, entry)| check_below(entry, &path.index(index), findings)),
        Data::Scalar(_) => {}
    }
}

/// Reports entries without a merge key, which would match no entry of the object.
fn check_entries(list: &str, entries: &[Node<'_>], keys: &[&str], path: &Path<'_>, findings: &mut Findings) {
    for (index, entry) in entries.iter().enumerate() {
        if directive(entry) != Some("replace") && identity(entry, keys).is_none() {
            let key = if keys[0] == "metadata" { "metadata.name" } else { keys[0] };
            let message = format!("has no `{key}`, which identifies the entries of `{list}`");
            let finding = Code::MergeKeyMissing.error(path.index(index), message).got(entry.shown());
            findings.push(finding.fix(format!("add `{key}`")).at(entry.mark));
        }
    }
}

fn invalid_directive(name: &str, value: &Node<'_>, path: &Path<'_>) -> Option<Finding> {
    if name != DIRECTIVE {
        let finding = Code::InvalidPatchDirective.error(path, "is not a supported directive").at(value.mark);
        return Some(finding.fix("use `$patch: delete` or `$patch: replace`, or `json` operations"));
    }
    let directive = value.shown();
    if DIRECTIVES.contains(&directive.as_str()) {
        return None;
    }
    let finding = Code::InvalidPatchDirective.error(path, "is not a valid directive").at(value.mark);
    Some(finding.suggest(&directive, DIRECTIVES.into_iter()).got(directive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn parts_that_cannot_be_merged_are_refused() {
        let codes = |text: &str| {
            let part = read(text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into());
            let mut findings = Findings::default();
            check(&part, &Path::root("p"), &mut findings);
            findings.iter().map(|finding| (finding.path.to_string(), finding.code)).collect::<Vec<_>>()
        };
        assert_eq!(codes("{containers: [{name: a, $patch: delete}, {$patch: replace}], args: [a]}"), []);
        assert_eq!(codes("{containers: [{image: x}]}"), [("p.containers[0]".to_owned(), Code::MergeKeyMissing)]);
        assert_eq!(codes("{x: {$patch: remove}}"), [("p.x[\"$patch\"]".to_owned(), Code::InvalidPatchDirective)]);
        assert_eq!(codes("{$setElementOrder/containers: [a]}")[0].1, Code::InvalidPatchDirective);
    }
}
