//! Reads a `JinaFlowCheck`, and the identities of objects for findings.

use crate::check::external::External;
use crate::config::{self, CHECK_KIND};
use crate::finding::{Code, Findings, Path};
use crate::krm::annotations::is_bookkeeping;
use crate::krm::meta::Meta;
use crate::yaml::Node;

/// Whether a functionConfig requests a check.
pub fn is_check(meta: &Meta) -> bool {
    meta.kind == CHECK_KIND && meta.api_version.split('/').next() == Some(config::GROUP)
}

/// Reads a `JinaFlowCheck`. `spec.external` is its only setting.
pub fn read(root: &Node<'_>, external: &mut External, findings: &mut Findings) {
    let top = Path::root("");
    if root.text_at("apiVersion") != config::API_VERSION {
        let got = root.get("apiVersion").map(Node::shown).unwrap_or_default();
        let finding = Code::UnsupportedApiVersion.error(top.key("apiVersion"), "is not a version of JinaFlowCheck");
        findings.push(finding.got(got).propose(config::API_VERSION));
    }
    find_unknown(root, &top, &["apiVersion", "kind", "metadata", "spec"], findings);
    let Some(spec) = root.get("spec") else { return };
    find_unknown(spec, &top.key("spec"), &["external"], findings);
    if let Some(declared) = spec.get("external") {
        external.declare_fields(declared, "spec.external", findings);
    }
}

fn find_unknown(node: &Node<'_>, path: &Path<'_>, known: &[&str], findings: &mut Findings) {
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.shown();
        if !known.contains(&name.as_str()) {
            let finding = Code::UnknownField.error(path.key(&name), "is not a field of a JinaFlowCheck").at(key.mark);
            findings.push(match findings.nearest(&name, known.iter().copied()) {
                Some(near) => finding.propose(near),
                None => finding.fix("remove it"),
            });
        }
    }
}

/// Type, name and file of an object, for its findings. Long strings are cut, because there may be many findings.
pub fn named(object: &Node<'_>) -> Meta {
    const MOST: usize = 300;
    let mut meta = Meta::of(object);
    meta.annotations.retain(|(name, _)| is_bookkeeping(name));
    for text in [&mut meta.api_version, &mut meta.kind, &mut meta.name, &mut meta.namespace] {
        if let Some((end, _)) = text.char_indices().nth(MOST) {
            text.truncate(end);
            text.push('…');
        }
    }
    meta
}
