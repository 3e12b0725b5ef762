//! Names of executors on the Jina Hub.

use std::fmt;

use super::image_name::is_tag;

/// The tag of a name without a tag.
pub const DEFAULT_TAG: &str = "latest";

/// The name of an executor on the Jina Hub (`hubble/executor/helper.py`, `parse_hub_uri`):
/// `jinaai+docker://OWNER/NAME:TAG` or, before Jina 3.9, `jinahub+docker://NAME:SECRET/TAG`. A name without `+docker` has
/// the same image. A name with `+sandbox` or `+serverless`, which ran in Jina's own cloud, has the same image too.
///
/// Names that Jina refuses are read too: without an owner, with a secret behind `jinaai`, or with an owner behind `jinahub`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HubName<'u> {
    scheme: &'u str,
    /// The owner, if the name has one.
    pub owner: Option<&'u str>,
    /// The name of the executor.
    pub name: &'u str,
    /// The tag, if the name has one.
    pub tag: Option<&'u str>,
}

impl<'u> HubName<'u> {
    /// Parses `uses`. Returns `None` if it is not a name on the Hub.
    pub fn parse(uses: &'u str) -> Option<Self> {
        let (scheme, rest) = uses.split_once("://")?;
        let hub = scheme.split('+').next().unwrap_or(scheme);
        let is = |name: &str| hub.eq_ignore_ascii_case(name);
        if !(is("jinahub") || is("jinaai")) {
            return None;
        }
        let given = |text: &'u str| Some(text.trim_matches('/')).filter(|text| !text.is_empty());
        let rest = rest.trim_start_matches('/');
        let (first, second) = rest.split_once('/').map_or((rest, None), |(first, second)| (first, given(second)));
        let parsed = match (first.split_once(':'), second) {
            // The part after the colon is a secret.
            (Some((name, _)), Some(tag)) => Self { scheme, owner: None, name, tag: Some(tag).filter(|tag| is_tag(tag)) },
            // A string after a name of `jinahub` is a secret. After a name of `jinaai` it may be a tag or a secret.
            (Some((name, tag)), None) => Self { scheme, owner: None, name, tag: Some(tag).filter(|tag| is("jinaai") && is_usual_tag(tag)) },
            (None, Some(second)) if is("jinaai") || second.contains([':', '/']) => {
                let (name, tag) = second.split_once(':').map_or((second, None), |(name, tag)| (name, given(tag)));
                // Jina refuses a second colon. It might precede a secret.
                let tag = tag.and_then(|tag| tag.split(':').next()).filter(|tag| is_tag(tag));
                Self { scheme, owner: Some(first), name: name.trim_matches('/'), tag }
            }
            (None, tag) => Self { scheme, owner: None, name: first, tag },
        };
        (!parsed.name.is_empty()).then_some(parsed)
    }

    /// The tag, or the default.
    pub fn tag_or_default(&self) -> &'u str {
        self.tag.unwrap_or(DEFAULT_TAG)
    }

    /// The keys by which a user may mean this name, the most specific first, in addition to the name itself.
    pub fn keys(&self) -> Vec<String> {
        let (name, tag) = (self.name, self.tag_or_default());
        let with_tag = |name: &str| [format!("{name}:{tag}"), format!("{name}/{tag}"), name.to_owned()];
        let owned = self.owner.map(|owner| with_tag(&format!("{owner}/{name}")));
        owned.into_iter().flatten().chain(with_tag(name)).collect()
    }

    /// Whether the Hub is asked for the image of the executor: `+docker` says so.
    pub fn is_docker(&self) -> bool {
        self.scheme.ends_with("+docker")
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
            Some(tag) if self.owner.is_some() || self.scheme.get(..6).is_some_and(|hub| hub.eq_ignore_ascii_case("jinaai")) => {
                write!(f, ":{tag}")
            }
            Some(tag) => write!(f, "/{tag}"),
            None => Ok(()),
        }
    }
}

/// Whether a string looks like a tag and not like a secret: `latest`, `latest-gpu`, `v1`, `0.3.0`.
fn is_usual_tag(text: &str) -> bool {
    let version = text.strip_prefix('v').unwrap_or(text);
    let is_version =
        version.len() <= 16 && version.starts_with(|c: char| c.is_ascii_digit()) && (version.len() < text.len() || version.contains('.'));
    is_tag(text) && (text.starts_with(DEFAULT_TAG) || is_version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_without_their_secrets() {
        for (uses, expected) in [
            ("jinaai+docker://acme/Enc:v1", Some("acme/Enc:v1")),
            ("jinaai://acme/Enc", Some("acme/Enc")),
            ("JinaAI+Docker://acme/Enc", Some("acme/Enc")),
            ("jinaai+serverless://<username>/Enc", Some("<username>/Enc")),
            ("jinaai+docker://Enc", Some("Enc")),
            ("jinaai+docker://Enc:v0.2", Some("Enc:v0.2")),
            ("jinaai+docker://Enc:latest-gpu", Some("Enc:latest-gpu")),
            ("jinaai+docker://Enc:6a7514e7ee", Some("Enc")),
            ("jinaai+docker://Enc:6a7514e7ee/v1", Some("Enc:v1")),
            ("jinaai+docker://acme/Enc:1:2", Some("acme/Enc:1")),
            ("jinaai+docker://acme/", Some("acme")),
            ("jinahub+docker://Enc", Some("Enc")),
            ("jinahub+docker://Enc/v1", Some("Enc/v1")),
            ("jinahub+docker://Enc:s3cret", Some("Enc")),
            ("jinahub+docker://Enc:s3cret/v1", Some("Enc/v1")),
            ("jinahub+docker://acme/Enc:v1", Some("acme/Enc:v1")),
            ("jinahub+other://Enc:s3cret/v1", Some("Enc/v1")),
            ("jinahub+docker://", None),
            ("jinahubs://Enc", None),
            ("docker://acme/enc", None),
            ("Enc", None),
        ] {
            let shown = HubName::parse(uses).map(|name| name.to_string());
            let shown = shown.as_deref().map(|shown| shown.split_once("://").map_or(shown, |(_, rest)| rest));
            assert_eq!(shown, expected, "{uses}");
        }
    }
}
