//! `spec.imagePattern`: the images of names on the Jina Hub.

use super::hub_name::{DEFAULT_TAG, HubName};
use super::image_name::{component_from, tag_from};

/// A pattern such as `registry.example.com/{owner}/{name}:{tag}`.
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

    /// The pattern as text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The image for a name on the Hub. The repository is in lower case (OCI distribution specification), and a missing
    /// tag becomes `latest`. A name without an owner drops `{owner}` and its separator.
    pub fn fill(&self, hub: &HubName<'_>) -> String {
        let image = if let Some(owner) = hub.owner {
            self.0.replace("{owner}", &component_from(owner))
        } else {
            let parts = ["{owner}/", "{owner}-", "{owner}_", "{owner}.", "/{owner}", "-{owner}", "_{owner}", ".{owner}", "{owner}"];
            parts.iter().fold(self.0.clone(), |text, part| text.replace(part, ""))
        };
        let name: Vec<String> = hub.name.split('/').map(component_from).filter(|part| !part.is_empty()).collect();
        let image = image.replace("{name}", &name.join("/"));
        image.replace("{tag}", tag_from(hub.tag_or_default()).as_deref().unwrap_or(DEFAULT_TAG))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_hub_are_filled_into_the_pattern() {
        let full = "reg/{owner}/{name}:{tag}";
        for (pattern, uses, expected) in [
            (full, "jinaai+docker://Acme/CLIPEncoder:latest-gpu", "reg/acme/clipencoder:latest-gpu"),
            (full, "jinaai://acme/Enc", "reg/acme/enc:latest"),
            (full, "jinahub+docker://Enc", "reg/enc:latest"),
            (full, "jinaai+docker://<username>/Enc", "reg/username/enc:latest"),
            ("reg/{owner}-{name}:{tag}", "jinahub+docker://Enc/v1", "reg/enc:v1"),
            ("reg/{name}/{owner}:{tag}", "jinahub+docker://Enc/v1", "reg/enc:v1"),
            ("reg/{name}:{tag}-x", "jinaai+sandbox://acme/Enc:v2", "reg/enc:v2-x"),
            ("reg/{name}:{tag}", "jinaai+serverless://acme/Enc:v2", "reg/enc:v2"),
            ("reg/{name}:{tag}", "jinahub+docker://Enc/latest-gpu", "reg/enc:latest-gpu"),
            ("reg/{name}:{tag}", "jinahub+docker://Enc:secret/v3", "reg/enc:v3"),
        ] {
            let filled = HubName::parse(uses).zip(Pattern::parse(pattern).ok()).map(|(name, pattern)| pattern.fill(&name));
            assert_eq!(filled.as_deref(), Some(expected), "{pattern} {uses}");
        }
        assert!(Pattern::parse("reg/{nmae}").is_err_and(|e| e.contains("the placeholders are {owner}, {name}, {tag}")));
        assert!(Pattern::parse("reg/enc:{tag}").is_err_and(|e| e.contains("has no {name}")));
    }
}
