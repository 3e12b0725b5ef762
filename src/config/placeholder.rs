//! Placeholder images: names of images that are not set yet, so that a Flow is rendered before every image is known.
//!
//! An overlay finds a placeholder by its name, so the name depends only on `uses`, and stays the same.

use super::hub_name::{DEFAULT_TAG, HubName};
use super::image_name::{component_from, fault, tag_from};
use crate::jina::inline::is_class;
use crate::yaml::{self, Dialect};

/// The registry of placeholder images. Names below `.invalid` never resolve (RFC 2606), so nobody pulls a stranger's image.
pub const PLACEHOLDER_HOST: &str = "image-not-set.invalid";

/// The most characters of the path in a placeholder. The grammar allows 255 for the path and the registry.
const LONGEST_PATH: usize = 200;

/// Names of a file that say nothing about the executor, so a placeholder has the name of the folder.
const USUAL_FILES: [&str; 2] = ["config.yml", "config.yaml"];

/// Whether an image is a placeholder.
pub fn is_placeholder(image: &str) -> bool {
    image.to_ascii_lowercase().strip_prefix(PLACEHOLDER_HOST).is_some_and(|rest| rest.starts_with(['/', ':']))
}

/// The repository of an image: the image without its tag and its digest.
pub fn repository_of(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    image[last..].find(':').map_or(image, |colon| &image[..last + colon])
}

/// The placeholder for the image of a `uses`. It is a valid image name for every string.
pub fn placeholder(uses: &str) -> String {
    let uses = uses.trim();
    let (path, tag) = if let Some(hub) = HubName::parse(uses) {
        let owner = hub.owner.map(|owner| format!("{owner}/")).unwrap_or_default();
        (path_from(&format!("{owner}{}", hub.name)), tag_from(hub.tag_or_default()))
    } else if let Some(image) = uses.strip_prefix("docker://") {
        let image = without_query(without_user(image.trim()));
        if is_placeholder(image) && fault(image).is_none() {
            return image.to_owned();
        }
        let repository = repository_of(image);
        let tag = image[repository.len()..].split('@').next().and_then(|tag| tag.strip_prefix(':')).and_then(tag_from);
        (path_from(repository), tag)
    } else if is_inline(uses) {
        // An inline configuration may have secrets. Only its class is used.
        (path_from(class_of_inline(uses).as_deref().unwrap_or("inline")), None)
    } else if is_image_with_tag(uses) {
        let repository = repository_of(uses);
        (path_from(repository), tag_from(&uses[repository.len() + 1..]))
    } else {
        let text = uses.split_once("://").map_or(uses, |(_, rest)| without_query(without_user(rest)));
        (path_from(without_usual_file(text)), None)
    };
    format!("{PLACEHOLDER_HOST}/{path}:{}", tag.as_deref().unwrap_or(DEFAULT_TAG))
}

/// Whether a `uses` looks like an image without `docker://`: a path and a tag.
fn is_image_with_tag(uses: &str) -> bool {
    uses.contains('/') && !uses.contains('@') && repository_of(uses).len() < uses.len() && fault(uses).is_none()
}

/// Whether a `uses` is an inline configuration: a mapping as JSON, or as YAML in a string.
pub fn is_inline(uses: &str) -> bool {
    uses.trim_start().starts_with(['{', '[', '!']) || uses.trim().contains('\n') || uses.contains(": ")
}

/// The class of an inline configuration.
pub fn class_of_inline(uses: &str) -> Option<String> {
    if !is_inline(uses) {
        return None;
    }
    let root = yaml::read_as(uses, Dialect::Jina).ok()?.root?;
    let class = root.tag.as_ref().map(ToString::to_string).or_else(|| Some(root.get("jtype")?.as_text()?.to_owned()))?;
    is_class(&class).then_some(class)
}

/// Removes the query of an address, which may have a secret.
fn without_query(text: &str) -> &str {
    text.split('?').next().unwrap_or(text)
}

/// Removes the user and the password in front of a host.
fn without_user(text: &str) -> &str {
    let host = text.split('/').next().unwrap_or(text);
    match host.rfind('@') {
        Some(at) if text.len() > host.len() || !host[at + 1..].contains(':') => &text[at + 1..],
        _ => text,
    }
}

/// A path to a file without the name of the file if the name is a usual one, and without its extension otherwise.
fn without_usual_file(path: &str) -> &str {
    let path = path.trim();
    let (folder, file) = path.rsplit_once(['/', '\\']).unwrap_or(("", path));
    if USUAL_FILES.contains(&file) && folder.chars().any(|c| c.is_ascii_alphanumeric()) {
        return folder;
    }
    path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml")).unwrap_or(path)
}

/// Makes the path of a repository from a string. If the string loses characters that distinguish it from others, the path
/// ends with a hash of the string.
fn path_from(text: &str) -> String {
    // Characters that mark a variable or a part to fill in do not distinguish names.
    let is_kept = |c: char| c.is_ascii_alphanumeric() || "./\\_-<>${} ".contains(c);
    let mut loses = !text.chars().all(is_kept);
    let mut parts: Vec<String> = Vec::new();
    if text.starts_with(['/', '\\']) {
        parts.push("root".to_owned());
    }
    for step in text.split(['/', '\\']).filter(|step| !matches!(*step, "" | ".")) {
        let part = if step == ".." { "parent".to_owned() } else { component_from(step) };
        loses |= part.is_empty();
        parts.extend(Some(part).filter(|part| !part.is_empty()));
    }
    let mut path = parts.join("/");
    if path.len() > LONGEST_PATH {
        path.truncate(LONGEST_PATH);
        loses = true;
    }
    let path = path.trim_end_matches(['/', '.', '_', '-']);
    match (path, loses) {
        ("", _) => format!("unnamed-{:08x}", hash(text)),
        (path, true) => format!("{path}-{:08x}", hash(text)),
        (path, false) => path.to_owned(),
    }
}

/// FNV-1a with 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>).
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_readable() {
        for (uses, expected) in [
            ("jinahub+docker://CLIPEncoder", "clipencoder:latest"),
            ("jinahub+docker://CLIPEncoder/v1", "clipencoder:v1"),
            ("jinahub+docker://CLIPEncoder:s3cret/v1", "clipencoder:v1"),
            ("jinahub://CLIPEncoder:s3cret", "clipencoder:latest"),
            ("jinaai+docker://jina-ai/CLIPEncoder:0.3.0", "jina-ai/clipencoder:0.3.0"),
            ("jinaai+docker://<username>/Executor1", "username/executor1:latest"),
            ("jinaai+docker://CLIPEncoder", "clipencoder:latest"),
            ("MyExec", "myexec:latest"),
            ("my_module.MyExec", "my_module.myexec:latest"),
            (r#"{"jtype": "CLIPEncoder", "with": {"token": "s3cret"}}"#, "clipencoder:latest"),
            (r#"{"with": {"token": "s3cret"}}"#, "inline:latest"),
            ("jtype: X\nwith: {password: s3cret}\n", "x:latest"),
            ("!X\nwith: {password: s3cret}\n", "x:latest"),
            ("with: {password: s3cret}\n", "inline:latest"),
            ("['s3cret']", "inline:latest"),
            ("https://reg.example/x.yml?token=s3cret", "reg.example/x:latest"),
            ("docker://image-not-set.invalid/a/b:1", "a/b:1"),
            ("executor1/config.yml", "executor1:latest"),
            ("executors/whisper/config.yaml", "executors/whisper:latest"),
            ("../enc/config.yml", "parent/enc:latest"),
            ("./enc/config.yml", "enc:latest"),
            ("/srv/enc/config.yml", "root/srv/enc:latest"),
            ("config.yml", "config:latest"),
            ("./config.yml", "config:latest"),
            ("yaml/encode.yml", "yaml/encode:latest"),
            ("docker://ABC", "abc:latest"),
            ("docker://ghcr.io/Acme/X:1.0", "ghcr.io/acme/x:1.0"),
            ("docker://u:s3cret@ghcr.io/Acme/X:1.0", "ghcr.io/acme/x:1.0"),
            ("$JINA_IMAGE", "jina_image:latest"),
            ("${{ ENV.IMAGE }}", "env.image:latest"),
            ("docker://${IMAGE}:1", "image:1"),
            ("_merge", "merge:latest"),
            ("acme/clip:1", "acme/clip:1"),
        ] {
            assert_eq!(placeholder(uses), format!("{PLACEHOLDER_HOST}/{expected}"), "{uses}");
        }
        // What is lost of a name is in a hash.
        let hashed = placeholder("C:\\execs\\enc\\config.yml");
        assert!(hashed.starts_with("image-not-set.invalid/c/execs/enc-") && hashed.ends_with(":latest"), "{hashed}");
        assert_ne!(placeholder("Encodér"), placeholder("Encoder"));
        assert_ne!(placeholder("日本"), placeholder("日本語"));
    }

    #[test]
    fn every_string_has_a_valid_placeholder() {
        let parts = [
            "",
            "A",
            "é",
            "日",
            "/",
            "//",
            ":",
            "@",
            "..",
            ".",
            "_",
            "___",
            "-",
            "docker://",
            "jinahub+docker://",
            "jinaai://",
            "<u>",
            " ",
            "\n",
            "\0",
            "\\",
            "$V",
            "${{ ENV.X }}",
            "{",
            "{\"jtype\": \"É\"}",
            "config.yml",
            ".yml",
            "sha256:",
            "s3cret",
            "=",
            "#",
            "'",
            "\"",
        ];
        let long = "Long.".repeat(200);
        for first in parts {
            for second in parts {
                for third in parts.iter().copied().chain([long.as_str()]) {
                    let uses = format!("{first}{second}{third}");
                    let image = placeholder(&uses);
                    assert_eq!(fault(&image), None, "{uses:?} becomes {image}");
                    assert!(is_placeholder(&image) && image == placeholder(&uses), "{uses:?}");
                    assert!(!repository_of(&image).contains(':'), "{uses:?}");
                }
            }
        }
    }
}
