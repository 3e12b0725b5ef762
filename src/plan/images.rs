//! The images of the containers.

use std::collections::HashSet;
use std::rc::Rc;

use super::component::MissingImage;
use super::planner::Planner;
use crate::config::Settings;
use crate::config::corrections::Correction;
use crate::config::image_name::fault;
use crate::config::images::{Found, Wanted, fault_of, keys_of, shown};
use crate::config::placeholder::{is_inline, is_placeholder, placeholder};
use crate::finding::{Code, FieldPath, Finding, Findings, Mark, Path};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::inline::IMAGE;
use crate::jina::options::Opt;
use crate::jina::topology::{Executor, GATEWAY};

/// The effect in Jina of an invalid image.
pub(super) const EXPORTED: &str = "Jina exports it nevertheless";

/// The image of a container.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// The name of the image.
    pub(super) name: String,
    /// The reason for a placeholder; `None` if the image is known.
    pub(super) missing: Option<Rc<MissingImage>>,
    /// Whether the config sets the image of this executor, so that the container runs an executor even without `uses`.
    pub(super) is_for_executor: bool,
}

impl Image {
    /// An image that is known.
    pub(super) fn known(name: String) -> Self {
        Self { name, missing: None, is_for_executor: false }
    }
}

/// The `uses` that decides the image of an executor or of the gateway. An inline configuration has only its class.
pub fn main_uses(options: &Options) -> Option<&str> {
    options.inline().map(|inline| inline.class.as_str()).or_else(|| options.text(Opt::Uses))
}

/// The names of executors that `images` has as keys and that are not classes or `uses` of the same executors. These keys
/// set the images of the executors with these names only.
pub fn only_names<'f>(flow: &'f Flow, settings: &Settings) -> HashSet<&'f str> {
    let is_only_name = |executor: &&Executor| {
        let is_key = settings.images.of_executor(&executor.name).is_some();
        is_key && main_uses(&executor.options).is_none_or(|uses| !keys_of(uses).contains(&executor.name))
    };
    flow.executors.iter().filter(is_only_name).map(|executor| executor.name.as_str()).collect()
}

impl Planner<'_> {
    /// The image of the first container of an executor or of the gateway. `own` is the image in its entry in the config.
    pub(super) fn main_image(
        &self,
        name: &str,
        options: &Options,
        own: Option<(&str, FieldPath)>,
        path: &Path<'_>,
        mark: Mark,
        findings: &mut Findings,
    ) -> Image {
        let inline = options.inline();
        // The reader has reported an inline configuration without a class.
        if inline.is_some_and(|inline| inline.class.is_empty()) {
            return Image::known(String::new());
        }
        if let Some((image, path)) = own.filter(|(image, _)| !is_placeholder(image)) {
            findings.extend(self.fault(image, path, None));
            return Image { name: image.to_owned(), missing: None, is_for_executor: true };
        }
        let beside = inline.and_then(|inline| inline.image.as_deref());
        let executor = Some(name).filter(|name| *name != GATEWAY);
        self.image(Wanted { executor, uses: main_uses(options), beside, is_inline: inline.is_some() }, Opt::Uses, path, mark, findings)
    }

    /// The image of `uses_before` or `uses_after`. Jina checks these options less than `uses`: every value that starts
    /// with `docker` is an image (`get_image_name`).
    pub(super) fn sidecar_image(&self, uses: &str, opt: Opt, path: &Path<'_>, mark: Mark, findings: &mut Findings) -> Image {
        if uses.starts_with("docker") && !uses.starts_with("docker://") && !self.corrections.has(Correction::PlaceholderImages) {
            findings.extend(self.fault(uses, path.key(opt.row().name), None).map(|finding| finding.at(mark)));
            return Image::known(uses.to_owned());
        }
        if is_inline(uses) && self.corrections.has(Correction::PlaceholderImages) {
            let message = "has an inline configuration, of which only the class is used";
            let finding = Code::FieldWithoutEffect.warning(path.key(opt.row().name), message).got(shown(uses)).at(mark);
            findings.push_once_for_each_place(finding.fix("write the class, and put its configuration into the image as config.yml"));
        }
        self.image(Wanted { executor: None, uses: Some(uses), beside: None, is_inline: false }, opt, path, mark, findings)
    }

    fn image(&self, wanted: Wanted<'_>, opt: Opt, path: &Path<'_>, mark: Mark, findings: &mut Findings) -> Image {
        let uses = wanted.uses.unwrap_or_default();
        let field = opt.row().name;
        let missing = |reason| {
            let missing = MissingImage {
                uses: uses.to_owned(),
                shown: shown(uses),
                placeholder: placeholder(uses),
                is_inline: wanted.is_inline,
                reason,
                path: path.key(field).into(),
                mark,
            };
            let has_placeholder = self.corrections.has(Correction::PlaceholderImages);
            let name = if has_placeholder { missing.placeholder.clone() } else { String::new() };
            Image { name, missing: Some(Rc::new(missing)), is_for_executor: false }
        };
        match self.settings.images.find(wanted, &self.only_names) {
            Found::Jinas => Image::known(self.gateway_image()),
            Found::Set { image, path, place, is_for_executor } => {
                if let Some(finding) = self.fault(&image, path, place) {
                    findings.push_once_for_each_place(finding);
                }
                Image { name: image, missing: None, is_for_executor }
            }
            Found::InFlow(image) => match fault_of(uses).filter(|_| wanted.beside.is_none()) {
                Some(reason) if self.corrections.has(Correction::PlaceholderImages) => missing(Some(reason)),
                _ => {
                    let field = if wanted.beside.is_some() { IMAGE } else { field };
                    findings.extend(self.fault(&image, path.key(field), None).map(|finding| finding.at(mark)));
                    Image::known(image)
                }
            },
            Found::Missing => missing(None),
        }
    }

    /// The finding about a string that is not a valid name of an image. `place` is its place in a file of images.
    pub(super) fn fault(&self, image: &str, path: impl Into<FieldPath>, place: Option<String>) -> Option<Finding> {
        let (message, fix) = fault(image)?;
        let place = place.map(|place| format!(" ({place})")).unwrap_or_default();
        let message = format!("is not a valid image name{place}: {message}");
        let finding = self.settings.strictness().finding(Code::InvalidImage, path, &message, EXPORTED);
        Some(finding.got(image).fix(fix))
    }

    /// Jina's own image.
    pub(super) fn gateway_image(&self) -> String {
        self.settings.images.gateway(self.settings.jina_version())
    }

    /// Checks the name of Jina's own image, which several components may run.
    pub(super) fn check_gateway_image(&self, findings: &mut Findings) {
        if let Some(Found::Set { image, path, place, .. }) = self.settings.images.of_jina() {
            findings.extend(self.fault(&image, path, place));
        }
    }
}
