//! Reads a class whose configuration is in the Flow, and `image:` beside `uses`, an image that contains the class.
//!
//! Jina refuses to export such executors. jinaflow mounts the configuration into a container of the image.

use super::options::Opt;
use super::section::{Rules, Strictness};
use super::unset;
use crate::finding::{Code, Findings, Path};
use crate::yaml::{self, Data, Node, Scalar};

/// A class, and its configuration in the Flow: `uses: {jtype: Class, with: …, metas: …}`, or `uses: Class` beside `image:`.
/// Jina runs such executors only without containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inline {
    /// The image beside `uses`, which contains the class.
    pub image: Option<String>,
    /// The class.
    pub class: String,
    /// The configuration, as YAML that Jina's `JAML.load_config` reads.
    pub config: String,
}

/// The key of an executor that only jinaflow has.
pub const IMAGE: &str = "image";

/// The meaning of [`IMAGE`] in Jina: argparse accepts unambiguous prefixes of options.
const IN_JINA: &str = "Jina would read it as `image_pull_secrets`";

/// Reads a class with its configuration. On an error, reports it and returns an empty `Inline`, so that nothing is reported
/// twice.
pub fn read(pairs: &[(Node<'_>, Node<'_>)], rules: Rules, path: &Path<'_>, findings: &mut Findings) -> Option<Inline> {
    let value =
        |name: &str| pairs.iter().rev().find(|(key, value)| key.as_text() == Some(name) && !value.is_null()).map(|(_, value)| value);
    let Some(node) = value(IMAGE).filter(|_| rules.strictness == Strictness::Strict) else {
        let uses = value(Opt::Uses.row().name)?;
        return inline(None, &config_of(uses.as_map().map(|_| uses)?));
    };
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
    // The reader of options reports it.
    if !rules.keeps_variables && unset::is_in(node) {
        return Some(Inline::default());
    }
    let Some(uses) = value(Opt::Uses.row().name) else {
        let finding = Code::ImageWithoutClass.error(here, format!("requires a class in `uses`; {IN_JINA}")).got(image);
        findings.push(
            finding.fix(format!("write `uses: docker://{image}` instead, or `image_pull_secrets` if you mean that option")).at(node.mark),
        );
        return Some(Inline::default());
    };
    let config = match &uses.data {
        Data::Map(_) => config_of(uses),
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
    inline(Some(image.to_owned()), &config).or_else(|| {
        let finding = Code::MissingField.error(path.key(Opt::Uses.row().name), "must name a class in `jtype`").got(uses.shown());
        findings.push(finding.fix("write the class of the executor: `uses: {jtype: Class, …}`").at(uses.mark));
        Some(Inline::default())
    })
}

/// The configuration of a class. Its tag becomes `jtype`.
fn config_of<'t>(uses: &Node<'t>) -> Node<'t> {
    let mut config = uses.clone();
    if let Some(class) = config.tag.take()
        && config.get("jtype").is_none()
        && let Data::Map(pairs) = &mut config.data
    {
        pairs.insert(0, ("jtype".into(), String::from(class).into()));
    }
    config
}

/// The class of a configuration; `None` if the configuration names no class.
fn inline(image: Option<String>, config: &Node<'_>) -> Option<Inline> {
    let class = config.get("jtype")?.as_text().filter(|class| is_class(class))?.to_owned();
    let mut text = String::new();
    yaml::write_one_line_fields(config, &mut text);
    Some(Inline { image, class, config: text })
}

/// Whether a string is the name of a Python class, perhaps with its module.
pub fn is_class(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_'))
        && !text.ends_with(".yml")
        && !text.ends_with(".yaml")
}
