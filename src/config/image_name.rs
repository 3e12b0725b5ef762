//! Valid names of images, by the grammar of `github.com/distribution/reference`.
//!
//! ```text
//! reference  := name [ ":" tag ] [ "@" digest ]
//! name       := [domain '/'] remote-name
//! domain     := host [':' port]
//! host       := domain-name | IPv4address | '[' IPv6address ']'
//! path-component := alpha-numeric [separator alpha-numeric]*
//! separator  := '_' | '__' | '.' | '-'*
//! tag        := [\w][\w.-]{0,127}
//! digest     := algorithm ':' hex of 32 or more
//! ```

/// The most characters in the name of a repository with its domain (`reference.RepositoryNameTotalLengthMax`).
const LONGEST_NAME: usize = 255;

/// The reason why a reference is not valid, and how to fix it.
pub fn fault(image: &str) -> Option<(String, String)> {
    let fault = |message: &str, fix: &str| Some((message.to_owned(), fix.to_owned()));
    if image.is_empty() {
        return fault("it has no name", "write REPOSITORY:TAG");
    }
    if image.contains(char::is_whitespace) {
        return fault("it contains a space", "remove the space");
    }
    if let Some((scheme, rest)) = image.split_once("://") {
        return Some((format!("`{scheme}://` is not part of an image name"), format!("write {rest}")));
    }
    if image.starts_with('-') {
        return fault("it starts with a dash", "remove the dash");
    }
    let whole = image;
    let (image, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    if let Some(digest) = digest.filter(|digest| !is_digest(digest)) {
        if digest.contains(['/', '.']) {
            return fault("it contains a user name", "remove the user name, and use imagePullSecrets for the password");
        }
        return fault("its digest is not ALGORITHM:HEX", "write @sha256: and 64 hexadecimal digits in lower case");
    }
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match image[last..].find(':') {
        Some(colon) => (&image[..last + colon], Some(&image[last + colon + 1..])),
        None => (image, None),
    };
    if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
        return Some((format!("its tag {tag:?} is not valid"), "use at most 128 letters, digits, `_`, `.` and `-`".to_owned()));
    }
    if name.len() > LONGEST_NAME {
        return fault("its name is longer than 255 characters", "shorten it");
    }
    let (domain, path) = match name.split_once('/') {
        Some((domain, path)) if domain.contains(['.', ':', '[']) || domain == "localhost" || domain.contains(char::is_uppercase) => {
            (Some(domain), path)
        }
        _ => (None, name),
    };
    if let Some(domain) = domain.filter(|domain| !is_domain(domain)) {
        return Some((format!("`{domain}` is not a valid registry"), "write HOST or HOST:PORT".to_owned()));
    }
    let is_id = domain.is_none() && tag.is_none() && path.len() == 64 && path.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id {
        return fault("it is the ID of an image, not its name", "write REPOSITORY@sha256:DIGEST");
    }
    let wrong = path.split('/').find(|component| !is_component(component))?;
    if wrong.contains(char::is_uppercase) {
        // The grammar reads a first part with upper case letters as a registry. Without a dot or a port, the user means
        // an owner.
        let is_registry = domain.is_some_and(|domain| domain.contains(['.', ':', '[']));
        let lower = if is_registry { name.replacen(path, &path.to_lowercase(), 1) } else { name.to_lowercase() };
        let rest = whole.strip_prefix(name).unwrap_or_default();
        return Some((format!("`{wrong}` contains upper case letters"), format!("write {lower}{rest}")));
    }
    if wrong.contains('$') || wrong.contains('{') {
        return Some((format!("`{wrong}` is a variable, which is not replaced in an image"), "write the value".to_owned()));
    }
    let fix = "use lower case letters and digits, with single `.`, `_` or `-` between them";
    Some((format!("`{wrong}` is not a valid part of a repository"), fix.to_owned()))
}

/// The `uses` that names an image, for a `uses` that looks like an image without `docker://`: it has a tag, a digest or a
/// registry, or its scheme is a variant of `docker://`.
pub fn looks_like_an_image(uses: &str) -> Option<String> {
    let uses = uses.trim();
    let scheme = uses.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("docker:"));
    let image = match scheme {
        Some(scheme) => uses[scheme.len()..].trim_start_matches('/'),
        None => uses.strip_prefix("https://hub.docker.com/r/").unwrap_or(uses),
    };
    let has_scheme = image.len() < uses.len();
    let (path, digest) = image.split_once('@').map_or((image, None), |(path, digest)| (path, Some(digest)));
    let (first, last) = (path.split('/').next().unwrap_or_default(), path.rsplit('/').next().unwrap_or_default());
    let is_registry = first.len() < path.len() && (first.contains(['.', ':']) || first == "localhost");
    // A module and its class may be written as MODULE:CLASS.
    let has_tag = last.split_once(':').is_some_and(|(_, tag)| !tag.starts_with(|c: char| c.is_ascii_uppercase()));
    let is_file = path.starts_with(['.', '/']) || [".yml", ".yaml", ".py", ".json"].iter().any(|end| path.ends_with(end));
    let is_image = (has_scheme || digest.is_some() || is_registry || has_tag) && !is_file && fault(image).is_none();
    is_image.then(|| format!("docker://{image}"))
}

/// Whether a string is a valid tag.
pub fn is_tag(tag: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= 128 && bytes.next().is_some_and(is_word) && bytes.all(|byte| is_word(byte) || matches!(byte, b'.' | b'-'))
}

/// `algorithm [separator algorithm]* ":" hex`; registered algorithms have a fixed length.
fn is_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else { return false };
    let is_algorithm = algorithm
        .split(['+', '.', '-', '_'])
        .all(|part| part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_long_enough = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    is_algorithm && is_long_enough && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn is_domain(domain: &str) -> bool {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, rest)) = domain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let is_address = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b':');
        return is_address && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = domain.split_once(':').map_or((domain, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(is_label) && port.is_none_or(is_port)
}

/// Makes a valid tag from a string; `None` if nothing of the string is left.
pub fn tag_from(text: &str) -> Option<String> {
    const LONGEST: usize = 128;
    if is_tag(text) {
        return Some(text.to_owned());
    }
    let valid = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '-' };
    let tag: String = text.chars().map(valid).collect();
    let tag = tag.trim_matches(['.', '-']);
    (!tag.is_empty()).then(|| tag[..tag.len().min(LONGEST)].to_owned())
}

/// Makes a valid part of a repository from a string: its letters and digits in lower case, and `-` for other characters;
/// empty if nothing of the string is left.
pub fn component_from(text: &str) -> String {
    let mut component = String::new();
    let mut separator = String::new();
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            separator.push(if matches!(c, '.' | '_') { c } else { '-' });
            continue;
        }
        if !component.is_empty() {
            let is_valid = matches!(&*separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
            component.push_str(if is_valid { &separator } else { "-" });
        }
        separator.clear();
        component.push(c.to_ascii_lowercase());
    }
    component
}

/// Whether a string has only lower case letters and digits, with separators between them: one `.`, one or two `_`, or any
/// number of `-`.
fn is_component(component: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut separator = String::new();
    let mut bytes = component.bytes();
    if !bytes.next().is_some_and(is_alphanumeric) {
        return false;
    }
    for byte in bytes {
        if matches!(byte, b'.' | b'_' | b'-') {
            separator.push(byte.into());
            continue;
        }
        let is_separator = matches!(&*separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
        if !is_alphanumeric(byte) || !is_separator {
            return false;
        }
        separator.clear();
    }
    separator.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases are from `reference_test.go` of `github.com/distribution/reference`, with common mistakes added.
    #[test]
    fn references_are_read_as_in_distribution() {
        let digest = format!("sha256:{}", "f".repeat(64));
        let long = format!("{}a:tag", "a/".repeat(127));
        for image in [
            "test_com",
            "test.com:tag",
            "test.com:5000",
            "test.com/repo:tag",
            "test:5000/repo",
            "test:5000/repo:tag",
            &format!("test:5000/repo@{digest}"),
            &format!("test:5000/repo:tag@{digest}"),
            "lowercase:Uppercase",
            "sub-dom1.foo.com/bar/baz/quux",
            "sub-dom1.foo.com/bar/baz/quux:some-long-tag",
            "b.gcr.io/test.example.com/my-app:test.example.com",
            "xn--n3h.com/myimage:xn--n3h.com",
            "foo_bar.com:8080",
            "foo/foo_bar.com:8080",
            "192.168.1.1",
            "192.168.1.1:5000/repo",
            "[2001:db8::1]/repo",
            "[2001:db8:1:2:3:4:5:6]:5000/repo:tag",
            "[::1]:5000/repo",
            "ghcr.io/acme/encoder:1.2.0",
            "jinaai/jina:3.34.0-py311-standard",
            "localhost/jinaflow:v1",
            "LOCALHOST/repo",
            "a--b/c__d:1",
            "busybox:latest",
            &long,
        ] {
            assert_eq!(fault(image), None, "{image}");
        }
        for image in [
            "",
            ":justtag",
            &format!("@{digest}"),
            "repo@sha256:ffffffffffffffffffffffffffffffffff",
            "validname@invaliddigest:ffffffff",
            "Uppercase:tag",
            "test:5000/Uppercase/lowercase:tag",
            &format!("{}a:tag", "a/".repeat(128)),
            "aa/asdf$$^/aa",
            "-foo/bar",
            "foo/.bar",
            "a//b",
            "a___b",
            "a..b",
            "a/b-",
            "[fe80::1%eth0]:5000/repo",
            "docker://acme/encoder:1",
            "http://acme/encoder",
            "user:pass@ghcr.io/acme/x",
            "acme/encoder:1 ",
            "acme/enc oder",
            "acme/encoder:",
            "acme/encoder:-1",
            &format!("acme/encoder:{}", "a".repeat(129)),
            "acme/encoder@sha256:abc",
            "acme/$(IMAGE)",
            "acme/${IMAGE}:1",
            "ABC",
            &"a".repeat(64),
            "foo.-bar.com/x",
        ] {
            assert!(fault(image).is_some(), "{image}");
        }
    }

    #[test]
    fn images_without_their_scheme_are_recognized() {
        for (uses, image) in [
            ("acme/clip:1", "acme/clip:1"),
            ("clip:latest", "clip:latest"),
            ("docker:/acme/clip", "acme/clip"),
            ("docker:acme/clip", "acme/clip"),
            ("Docker://acme/clip:1", "acme/clip:1"),
            ("DOCKER://acme/clip", "acme/clip"),
            ("docker.io/acme/clip", "docker.io/acme/clip"),
            ("ghcr.io/acme/clip:1.0.0-rc1", "ghcr.io/acme/clip:1.0.0-rc1"),
            ("localhost:5000/clip", "localhost:5000/clip"),
            ("https://hub.docker.com/r/acme/clip", "acme/clip"),
            (&format!("acme/clip@sha256:{}", "f".repeat(64)), &format!("acme/clip@sha256:{}", "f".repeat(64))),
        ] {
            assert_eq!(looks_like_an_image(uses), Some(format!("docker://{image}")), "{uses}");
        }
        for uses in [
            "CLIPEncoder",
            "acme/clip",
            "executors/encoder",
            "executor/config.yml",
            "./executor",
            "../a.b/encoder",
            "my.module.Encoder",
            "my_module:Encoder",
            "jinahub://Encoder",
            "jinaai+docker://acme/Encoder:latest",
            "https://example.com/encoder",
            "",
            "docker://",
            "\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert_eq!(looks_like_an_image(uses), None, "{uses}");
        }
    }

    #[test]
    fn the_fix_of_an_invalid_image_shows_the_right_form() {
        let text = |image: &str| fault(image).map(|(message, fix)| format!("{message}; {fix}")).unwrap_or_default();
        assert_eq!(text("docker://a/b:1"), "`docker://` is not part of an image name; write a/b:1");
        assert_eq!(text("ghcr.io/Acme/x:1"), "`Acme` contains upper case letters; write ghcr.io/acme/x:1");
        assert_eq!(text("x:~"), "its tag \"~\" is not valid; use at most 128 letters, digits, `_`, `.` and `-`");
    }
}
