//! `image:` beside a class: the form in which executors are published that run without containers elsewhere.
//!
//! Jina refuses to export them. An image that holds the class runs them once it has the configuration, which is mounted.

use super::options::Opt;
use super::section::Strictness;
use crate::finding::{Finding, Findings, Path};
use crate::yaml::{self, Data, Node, Scalar};

/// A class that an image holds, and its configuration, which the image does not hold: `uses: Class` or
/// `uses: {jtype: Class, with: …, metas: …}` beside `image:`. Jina runs such executors only without containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inline {
    /// The image.
    pub image: String,
    /// The configuration, as YAML that Jina's `JAML.load_config` reads.
    pub config: String,
}

/// The one key that is not Jina's.
pub const IMAGE: &str = "image";

/// What argparse, which takes the beginning of an option for the option, makes of that key.
const TAKEN: &str = "Jina would take it for `image_pull_secrets`";

/// Reads `image` beside `uses`. What is wrong with them is said here and nowhere else: the answer is then an empty one.
pub fn read(pairs: &[(Node<'_>, Node<'_>)], strictness: Strictness, path: &Path<'_>, findings: &mut Findings) -> Option<Inline> {
    if strictness == Strictness::Lenient {
        return None;
    }
    let value =
        |name: &str| pairs.iter().rev().find(|(key, value)| key.as_text() == Some(name) && !value.is_null()).map(|(_, value)| value);
    let node = value(IMAGE)?;
    let here = path.key(IMAGE);
    let Some(image) = node.as_text().filter(|image| !image.trim().is_empty()) else {
        findings.push(Finding::error(here, "must be the name of an image").got(node.shown()).fix("write REPOSITORY:TAG").at(node.mark));
        return Some(Inline::default());
    };
    let Some(uses) = value(Opt::Uses.row().name) else {
        let finding = Finding::error(here, format!("is for a class in `uses`, and there is none; {TAKEN}")).got(image);
        findings.push(finding.fix(format!("write `uses: docker://{image}`, or `image_pull_secrets` if you mean that")).at(node.mark));
        return Some(Inline::default());
    };
    let config = match &uses.data {
        Data::Map(_) => {
            let mut config = uses.clone();
            if let Some(class) = config.tag.take()
                && config.get("jtype").is_none()
                && let Data::Map(pairs) = &mut config.data
            {
                pairs.insert(0, ("jtype".into(), String::from(class).into()));
            }
            config
        }
        Data::Scalar(Scalar { text, .. }) if is_class(text) => {
            Data::Map(vec![("jtype".into(), Node::from(text.as_ref())), ("with".into(), Data::Map(Vec::new()).into())]).into()
        }
        _ => {
            let finding = Finding::error(here, format!("is for a class in `uses`, and `{}` is none; {TAKEN}", uses.shown())).got(image);
            let mend = "remove it, or write the class in `uses`, or `image_pull_secrets` if you mean that";
            findings.push(finding.fix(mend).at(node.mark));
            return Some(Inline::default());
        }
    };
    if config.get("jtype").is_none_or(|class| class.as_text().is_none_or(|class| !is_class(class))) {
        let finding = Finding::error(path.key(Opt::Uses.row().name), "names no class").got(uses.shown());
        findings.push(finding.fix("write the executor's class: `uses: {jtype: Class, …}`").at(uses.mark));
        return Some(Inline::default());
    }
    let mut text = String::new();
    yaml::write_one_line_fields(&config, &mut text);
    Some(Inline { image: image.to_owned(), config: text })
}

/// A Python class, which may stand in a module.
fn is_class(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
        && !text.ends_with(".yml")
        && !text.ends_with(".yaml")
}
