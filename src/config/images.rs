//! Finds the image of a container in an explicit map, without the network and without the Jina Hub.

use std::collections::HashSet;
use std::fmt;

use crate::finding::{Code, Finding, Path, nearest};
use crate::yaml::Dict;

/// The key of the image that gateways, heads and executors without `uses` run.
pub const GATEWAY_KEY: &str = "gateway";

/// The newest version of Jina. `compat` reproduces the manifests of this version.
pub const JINA_VERSION: &str = "3.34.0";

/// The most entries that are compared for a "did you mean" fix.
const MOST_PROPOSED: usize = 100;

/// `spec.images` and `spec.imagePattern`: the image for each `uses`, and for `gateway`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Images {
    map: Dict<String, String>,
    pattern: Option<Pattern>,
}

impl Images {
    /// Adds or replaces an entry.
    pub fn set(&mut self, uses: impl Into<String>, image: impl Into<String>) {
        let uses = uses.into();
        self.map.insert(uses.clone(), uses, image.into());
    }

    /// Sets the pattern for names on the Hub that have no entry.
    pub fn set_pattern(&mut self, pattern: Pattern) {
        self.pattern = Some(pattern);
    }

    /// The image of the entry with this key.
    pub fn get(&self, uses: &str) -> Option<&str> {
        self.map.get(uses).map(String::as_str)
    }

    /// The image for the `uses` of `who` (an executor, the gateway, a sidecar). `Ok(None)` means Jina's own image.
    ///
    /// `docker://IMAGE` names the image. A [`HubName`] has an entry in the map or matches the pattern. Any other value is
    /// not a container (`jina/orchestrate/deployments/config/helper.py`, `validate_uses`).
    pub fn resolve(&self, uses: Option<&str>, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<Option<String>, Finding> {
        let Some(uses) = uses.filter(|uses| !is_built_in(uses)) else { return Ok(None) };
        if let Some(image) = self.get(uses) {
            return Ok(Some(image.to_owned()));
        }
        if uses.starts_with("docker://") {
            // Jina reads Jina's own output as YAML, which drops spaces around a value.
            let image = uses.replace("docker://", "").trim().to_owned();
            let missing = Code::ImageMissing.error(path, "has no image after docker://").got(uses).fix("write docker://REPOSITORY:TAG");
            return if image.is_empty() { Err(missing) } else { Ok(Some(image)) };
        }
        match HubName::parse(uses) {
            None => {
                let finding = Code::ImageMissing.error(path, format!("{who} has no container image, which Kubernetes needs")).got(uses);
                Err(finding.fix(
                    "build an image and write `uses: docker://REPOSITORY:TAG`; if an image already has the class, keep `uses` and add `image: REPOSITORY:TAG` next to it",
                ))
            }
            Some(Err(message)) => {
                let finding = Code::InvalidHubName.error(path, message).got(uses);
                Err(finding.fix("write jinaai+docker://OWNER/NAME:TAG, or docker://REPOSITORY:TAG"))
            }
            Some(Ok(name)) => match self.get(&name.to_string()) {
                Some(image) => Ok(Some(image.to_owned())),
                None => self.by_pattern(&name, who, path).map(Some),
            },
        }
    }

    fn by_pattern(&self, name: &HubName<'_>, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        let by_name = || format!("set its image: spec.images: {{\"{name}\": IMAGE}} or --image '{name}=IMAGE'");
        let Some(pattern) = &self.pattern else {
            let message = format!("{who} has a name on the Jina Hub, and jinaflow does not look up its image");
            let finding = Code::HubImageUnknown.error(path, message).got(name.to_string());
            let few = self.map.pairs().iter().take(MOST_PROPOSED);
            let near = nearest(&name.to_string(), few.map(|(known, _)| known.as_str()));
            let typo = near.map(|near| format!("spec.images has `{near}`, did you mean that? Otherwise ")).unwrap_or_default();
            return Err(finding.fix(format!(
                "{typo}{}; or set a pattern for all of them: spec.imagePattern: REGISTRY/{{owner}}/{{name}}:{{tag}} or --image-pattern; \
                 or write uses: docker://IMAGE",
                by_name()
            )));
        };
        pattern.fill(name).ok_or_else(|| {
            let message = format!("{who} has a name without an owner, and the image pattern has {{owner}}");
            let finding = Code::HubImageUnknown.error(path, message);
            finding.got(name.to_string()).fix(by_name())
        })
    }

    /// The image of the gateway, of heads and of executors without `uses`.
    pub fn gateway(&self, jina_version: &str) -> String {
        match self.get(GATEWAY_KEY) {
            Some(image) => image.to_owned(),
            None => format!("jinaai/jina:{jina_version}-{}-standard", python_of(jina_version)),
        }
    }

    /// Keys that are not among `used`, for a warning about typing errors.
    pub fn unused<'i>(&'i self, used: &[&str]) -> impl Iterator<Item = &'i str> {
        let on_hub = used.iter().filter_map(|uses| Some(HubName::parse(uses)?.ok()?.to_string()));
        let used: HashSet<String> = used.iter().map(ToString::to_string).chain(on_hub).collect();
        self.map.pairs().iter().map(|(key, _)| key.as_str()).filter(move |key| *key != GATEWAY_KEY && !used.contains(*key))
    }
}

/// The name of an executor on the Jina Hub (`hubble/executor/helper.py`, `parse_hub_uri`):
/// `jinaai+docker://OWNER/NAME:TAG` or, before Jina 3.9, `jinahub+docker://NAME:SECRET/TAG`. A name without `+docker` has
/// the same image. A name with `+sandbox` or `+serverless`, which ran in Jina's own cloud, has the same image too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubName<'u> {
    scheme: &'u str,
    owner: Option<&'u str>,
    name: &'u str,
    tag: Option<&'u str>,
}

impl<'u> HubName<'u> {
    /// Parses `uses`. Returns `None` if it is not a name on the Hub, and a message if the name is not valid.
    pub fn parse(uses: &'u str) -> Option<Result<Self, &'static str>> {
        let (scheme, rest) = uses.split_once("://")?;
        let (hub, form) = scheme.split_once('+').unwrap_or((scheme, "docker"));
        let hub = if hub.eq_ignore_ascii_case("jinaai") { "jinaai" } else { hub };
        if !matches!(hub, "jinahub" | "jinaai") || !matches!(form, "docker" | "sandbox" | "serverless") {
            return None;
        }
        let given = |text: &'u str| Some(text.trim_matches('/')).filter(|text| !text.is_empty());
        let (first, second) = rest.split_once('/').unwrap_or((rest, ""));
        if hub == "jinahub" {
            let name = first.split(':').next().unwrap_or_default();
            let parsed = Self { scheme, owner: None, name, tag: given(second) };
            return Some(if name.is_empty() { Err("has no name after the scheme") } else { Ok(parsed) });
        }
        let mut parts = second.trim_matches('/').split(':');
        let parsed = Self {
            scheme,
            owner: Some(first),
            name: parts.next().unwrap_or_default().trim_matches('/'),
            tag: parts.next().and_then(given),
        };
        let complete = !first.is_empty() && !parsed.name.is_empty() && parts.next().is_none();
        Some(if complete { Ok(parsed) } else { Err("is not a valid name on the Jina Hub, which has an owner and a name") })
    }
}

/// Writes the name without its secret.
impl fmt::Display for HubName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.owner {
            Some(owner) => write!(f, "{}://{owner}/{}", self.scheme, self.name)?,
            None => write!(f, "{}://{}", self.scheme, self.name)?,
        }
        match self.tag {
            Some(tag) if self.owner.is_some() => write!(f, ":{tag}"),
            Some(tag) => write!(f, "/{tag}"),
            None => Ok(()),
        }
    }
}

/// `spec.imagePattern`: the image for names on the Hub, such as `registry.example.com/{owner}/{name}:{tag}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    const PLACEHOLDERS: [&'static str; 3] = ["{owner}", "{name}", "{tag}"];

    /// Parses a pattern. The error is a clause about the pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = Self::PLACEHOLDERS.iter().fold(text.to_owned(), |text, placeholder| text.replace(placeholder, ""));
        if plain.contains(['{', '}']) {
            return Err(format!("has an unknown placeholder; the placeholders are {}", Self::PLACEHOLDERS.join(", ")));
        }
        if !text.contains("{name}") {
            return Err("has no {name}: all executors would have the same image".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// The image for a name on the Hub. The repository is in lower case (OCI distribution specification), and a missing
    /// tag becomes `latest`. Returns `None` if the pattern has an owner and the name has none.
    fn fill(&self, name: &HubName<'_>) -> Option<String> {
        let owner = match name.owner {
            Some(owner) => owner.to_lowercase(),
            None if self.0.contains("{owner}") => return None,
            None => String::new(),
        };
        let image = self.0.replace("{owner}", &owner).replace("{name}", &name.name.to_lowercase());
        Some(image.replace("{tag}", name.tag.unwrap_or("latest")))
    }
}

/// Classes that come with Jina and run in Jina's own image (`jina/constants.py`).
fn is_built_in(uses: &str) -> bool {
    matches!(uses, "BaseExecutor" | "GRPCGateway" | "HTTPGateway" | "WebSocketGateway" | "CompositeGateway")
}

/// The Python version of the published image: 3.11 from Jina 3.20 on, and 3.10 before.
fn python_of(jina_version: &str) -> &'static str {
    let minor: u32 = jina_version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(u32::MAX);
    if minor < 20 { "py310" } else { "py311" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_resolved_to_images() {
        let mut images = Images::default();
        images.set("jinaai+docker://acme/Enc:v1", "reg/enc@sha256:0");
        images.set("docker://a/b", "mirror/b:2");
        let path = Path::root("executors[0].uses");
        let resolve = |uses| images.resolve(uses, format_args!("executor `e`"), &path).map_err(|f| f.to_string());
        assert_eq!(resolve(None), Ok(None));
        assert_eq!(resolve(Some("BaseExecutor")), Ok(None));
        assert_eq!(resolve(Some("docker://x/y:1")), Ok(Some("x/y:1".into())));
        assert_eq!(resolve(Some("docker://a/b")), Ok(Some("mirror/b:2".into())));
        assert_eq!(resolve(Some("jinaai+docker://acme/Enc:v1")), Ok(Some("reg/enc@sha256:0".into())));
        assert!(resolve(Some("jinaai+docker://acme/Enc:v2")).is_err_and(|e| e.contains("did you mean that?")));
        assert!(resolve(Some("jinahub+docker://Other")).is_err_and(|e| e.contains("--image 'jinahub+docker://Other=IMAGE'")));
        assert!(resolve(Some("jinahub+docker://Other:s3cret/v1")).is_err_and(|e| e.contains("`e`") && !e.contains("s3cret")));
        assert!(resolve(Some("executor/config.yml")).is_err_and(|e| e.contains("has no container image")));
        assert!(resolve(Some("jinaai+docker://NoOwner")).is_err_and(|e| e.contains("has an owner and a name")));
        assert!(resolve(Some("docker://")).is_err());
    }

    #[test]
    fn names_on_the_hub_are_filled_into_the_pattern() {
        let path = Path::root("executors[0].uses");
        let resolve = |pattern: &str, uses| {
            let mut images = Images::default();
            images.set("jinahub+docker://Mapped/v1", "mapped:1");
            images.set_pattern(Pattern::parse(pattern)?);
            images.resolve(Some(uses), format_args!("executor `e`"), &path).map(Option::unwrap_or_default).map_err(|f| f.to_string())
        };
        for (pattern, uses, expected) in [
            ("reg/{owner}/{name}:{tag}", "jinaai+docker://Acme/CLIPEncoder:latest-gpu", "reg/acme/clipencoder:latest-gpu"),
            ("reg/{owner}/{name}:{tag}", "jinaai://acme/Enc", "reg/acme/enc:latest"),
            ("reg/{name}:{tag}-x", "jinaai+sandbox://acme/Enc:v2", "reg/enc:v2-x"),
            ("reg/{name}:{tag}", "jinaai+serverless://acme/Enc:v2", "reg/enc:v2"),
            ("reg/{name}:{tag}", "jinahub+docker://Enc/latest-gpu", "reg/enc:latest-gpu"),
            ("reg/{name}:{tag}", "jinahub+docker://Enc:secret/v3", "reg/enc:v3"),
            ("reg/{name}:{tag}", "jinahub://Enc", "reg/enc:latest"),
            ("reg/{name}:{tag}", "jinahub+docker://Mapped:secret/v1", "mapped:1"),
            ("reg/{name}:{tag}", "docker://own/enc:1", "own/enc:1"),
        ] {
            assert_eq!(resolve(pattern, uses).as_deref(), Ok(expected), "{uses}");
        }
        assert!(resolve("reg/{owner}/{name}", "jinahub+docker://Enc").is_err_and(|e| e.contains("has {owner}")));
        assert!(resolve("reg/{nmae}", "x").is_err_and(|e| e.contains("the placeholders are {owner}, {name}, {tag}")));
        assert!(resolve("reg/enc:{tag}", "x").is_err_and(|e| e.contains("has no {name}")));
    }

    #[test]
    fn the_image_of_the_gateway_depends_on_the_version() {
        assert_eq!(Images::default().gateway("3.34.0"), "jinaai/jina:3.34.0-py311-standard");
        assert_eq!(Images::default().gateway("3.14.1"), "jinaai/jina:3.14.1-py310-standard");
    }
}
