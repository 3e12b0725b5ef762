//! Which image a container runs: no network, no Hub, an explicit map.

use crate::finding::{Finding, Path, nearest};

/// The key of the image that gateways, heads and executors without `uses` run.
pub const GATEWAY_KEY: &str = "gateway";

/// The last Jina there is, and the one whose manifests we know exactly.
pub const JINA_VERSION: &str = "3.34.0";

/// `spec.images`: from `uses` (or `gateway`) to an image.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Images(Vec<(String, String)>);

impl Images {
    /// Adds or replaces an entry.
    pub fn set(&mut self, uses: impl Into<String>, image: impl Into<String>) {
        let uses = uses.into();
        self.0.retain(|(known, _)| *known != uses);
        self.0.push((uses, image.into()));
    }

    /// The image of exactly this key.
    #[must_use]
    pub fn get(&self, uses: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == uses).map(|(_, image)| image.as_str())
    }

    /// The image that `uses` of an executor, a gateway or a sidecar stands for. `Ok(None)` means the gateway's image.
    ///
    /// Forms: `docker://IMAGE` is the image; `jinahub+docker://…` and `jinaai+docker://…` are names on the Jina Hub and
    /// must be in the map; anything else is no container (`jina/orchestrate/deployments/config/helper.py`,
    /// `validate_uses`).
    pub fn resolve(&self, uses: Option<&str>, path: &Path<'_>) -> Result<Option<String>, Box<Finding>> {
        let Some(uses) = uses.filter(|uses| !is_built_in(uses)) else { return Ok(None) };
        if let Some(image) = self.get(uses) {
            return Ok(Some(image.to_owned()));
        }
        if let Some(image) = uses.strip_prefix("docker://") {
            let fault = Finding::error(path, "names no image").got(uses).mend("write docker://REPOSITORY:TAG");
            return if image.trim().is_empty() { Err(Box::new(fault)) } else { Ok(Some(image.to_owned())) };
        }
        if uses.starts_with("jinahub+docker://") || uses.starts_with("jinaai+docker://") {
            let finding = Finding::error(path, "is a name on the Jina Hub, which is not asked").got(uses);
            let near = nearest(uses, self.0.iter().map(|(known, _)| known.as_str()));
            return Err(Box::new(match near {
                Some(near) => finding.mend(format!("spec.images has `{near}`; did you mean that?")),
                None => finding.mend(format!(
                    "say which image it is: spec.images: {{\"{uses}\": IMAGE}}, or on the command line --image '{uses}=IMAGE'"
                )),
            }));
        }
        let finding = Finding::error(path, "is not a container image, and Kubernetes runs nothing else").got(uses);
        Err(Box::new(finding.mend("build an image of it and write docker://REPOSITORY:TAG")))
    }

    /// The image of the gateway, of heads and of executors without `uses`.
    #[must_use]
    pub fn gateway(&self, jina_version: &str) -> String {
        match self.get(GATEWAY_KEY) {
            Some(image) => image.to_owned(),
            None => format!("jinaai/jina:{jina_version}-{}-standard", python_of(jina_version)),
        }
    }

    /// Keys that are not among `used`, for a warning about slips.
    pub fn unused<'i>(&'i self, used: &'i [&str]) -> impl Iterator<Item = &'i str> {
        self.0.iter().map(|(key, _)| key.as_str()).filter(move |key| *key != GATEWAY_KEY && !used.contains(key))
    }
}

/// Classes that come with Jina and run in its own image (`jina/constants.py`).
fn is_built_in(uses: &str) -> bool {
    matches!(uses, "BaseExecutor" | "GRPCGateway" | "HTTPGateway" | "WebSocketGateway" | "CompositeGateway")
}

/// The Python of the published image: 3.11 for later versions, 3.10 before.
fn python_of(jina_version: &str) -> &'static str {
    let minor: u32 = jina_version.split('.').nth(1).and_then(|minor| minor.parse().ok()).unwrap_or(u32::MAX);
    if minor < 20 { "py310" } else { "py311" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_become_images() {
        let mut images = Images::default();
        images.set("jinaai+docker://acme/Enc:v1", "reg/enc@sha256:0");
        images.set("docker://a/b", "mirror/b:2");
        let path = Path::root("executors[0].uses");
        let resolve = |uses| images.resolve(uses, &path).map_err(|f| f.to_string());
        assert_eq!(resolve(None), Ok(None));
        assert_eq!(resolve(Some("BaseExecutor")), Ok(None));
        assert_eq!(resolve(Some("docker://x/y:1")), Ok(Some("x/y:1".into())));
        assert_eq!(resolve(Some("docker://a/b")), Ok(Some("mirror/b:2".into())));
        assert_eq!(resolve(Some("jinaai+docker://acme/Enc:v1")), Ok(Some("reg/enc@sha256:0".into())));
        assert!(resolve(Some("jinaai+docker://acme/Enc:v2")).is_err_and(|e| e.contains("did you mean that?")));
        assert!(resolve(Some("jinahub+docker://Other")).is_err_and(|e| e.contains("--image 'jinahub+docker://Other=IMAGE'")));
        assert!(resolve(Some("executor/config.yml")).is_err_and(|e| e.contains("not a container image")));
        assert!(resolve(Some("docker://")).is_err());
    }

    #[test]
    fn the_gateway_has_an_image_of_the_version() {
        assert_eq!(Images::default().gateway("3.34.0"), "jinaai/jina:3.34.0-py311-standard");
        assert_eq!(Images::default().gateway("3.14.1"), "jinaai/jina:3.14.1-py310-standard");
    }
}
