//! Reads `image:` beside a class in `uses`: the class of the executor is in the image, and its configuration is in the Flow.
//!
//! Jina refuses to export such executors. jinaflow mounts the configuration into a container of the image.

use super::options::Opt;
use super::section::Strictness;
use crate::finding::{Code, Findings, Path};
use crate::yaml::{self, Data, Node, Scalar};

/// An image that contains a class, and the configuration of the class, which is not in the image. In the Flow this is
/// `uses: Class` or `uses: {jtype: Class, with: …, metas: …}` beside `image:`. Jina runs such executors only without
/// containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inline {
    /// The image.
    pub image: String,
    /// The configuration, as YAML that Jina's `JAML.load_config` reads.
    pub config: String,
}

/// The key of an executor that only jinaflow has.
pub const IMAGE: &str = "image";

/// The meaning of [`IMAGE`] in Jina: argparse accepts unambiguous prefixes of options.
const IN_JINA: &str = "Jina would read it as `image_pull_secrets`";

/// Reads `image` beside `uses`. On an error, reports it and returns an empty `Inline`, so that nothing is reported twice.
pub fn read(pairs: &[(Node<'_>, Node<'_>)], strictness: Strictness, path: &Path<'_>, findings: &mut Findings) -> Option<Inline> {
    if strictness == Strictness::Lenient {
        return None;
    }
    let value =
        |name: &str| pairs.iter().rev().find(|(key, value)| key.as_text() == Some(name) && !value.is_null()).map(|(_, value)| value);
    let node = value(IMAGE)?;
    let here = path.key(IMAGE);
    let Some(image) = node.as_text().filter(|image| !image.trim().is_empty()) else {
        findings.push(
            Code::WrongType
                .error(here, "must be the name of an image")
                .got(node.shown())
                .fix("write `image: REPOSITORY:TAG`")
                .at(node.mark),
        );
        return Some(Inline::default());
    };
    let Some(uses) = value(Opt::Uses.row().name) else {
        let finding = Code::ImageWithoutClass.error(here, format!("requires a class in `uses`; {IN_JINA}")).got(image);
        findings.push(
            finding.fix(format!("write `uses: docker://{image}` instead, or `image_pull_secrets` if you mean that option")).at(node.mark),
        );
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
            let finding = Code::ImageWithoutClass
                .error(here, format!("requires a class in `uses`, but `{}` is not a class; {IN_JINA}", uses.shown()));
            let finding = finding.got(image);
            let fix = "write a class in `uses`, or remove `image`; if you mean the option `image_pull_secrets`, write its full name";
            findings.push(finding.fix(fix).at(node.mark));
            return Some(Inline::default());
        }
    };
    if config.get("jtype").is_none_or(|class| class.as_text().is_none_or(|class| !is_class(class))) {
        let finding = Code::MissingField.error(path.key(Opt::Uses.row().name), "must name a class in `jtype`").got(uses.shown());
        findings.push(finding.fix("write the class of the executor: `uses: {jtype: Class, …}`").at(uses.mark));
        return Some(Inline::default());
    }
    let mut text = String::new();
    yaml::write_one_line_fields(&config, &mut text);
    Some(Inline { image: image.to_owned(), config: text })
}

/// Whether a string is the name of a Python class, perhaps with its module.
fn is_class(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
        && !text.ends_with(".yml")
        && !text.ends_with(".yaml")
}
