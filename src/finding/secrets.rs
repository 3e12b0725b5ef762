//! Recognizes secrets: values of fields with certain names, secrets in names on the Jina Hub, and passwords in addresses.
//! Messages do not show them.

use std::borrow::Cow;

/// The string that messages show instead of a value that may be a secret.
pub const HIDDEN: &str = "(hidden: it may be a secret)";

/// Words in names of secrets. Scanners use the same words (gitleaks, rule "generic-api-key").
const WORDS_OF_SECRETS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "apikey",
    "auth",
    "authorization",
];

/// Every name of a secret contains one of these parts. Names without them need not be split into words.
const STEMS_OF_SECRETS: [&str; 7] = ["pass", "pwd", "secret", "token", "credential", "auth", "key"];

/// Kubernetes fields whose names look like those of secrets, such as references to a Secret; their values are not secret.
const FIELDS_ABOUT_SECRETS: [&str; 10] = [
    "authenticationRef",
    "automountServiceAccountToken",
    "imagePullSecrets",
    "secret",
    "secretKeyRef",
    "secretName",
    "secretRef",
    "secrets",
    "serviceAccountToken",
    "topologyKey",
];

/// Whether a variable or an option with this name probably has a secret value. Messages are logged, and must not show
/// such values.
pub fn names_a_secret(name: &str) -> bool {
    let has = |stem: &&str| name.as_bytes().windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem.as_bytes()));
    if FIELDS_ABOUT_SECRETS.contains(&name) || !STEMS_OF_SECRETS.iter().any(has) {
        return false;
    }
    let words = words_of(name);
    let is_key = |word: &String| word == "key" && (words.len() > 1 || name.contains("KEY"));
    words.iter().any(|word| WORDS_OF_SECRETS.contains(&word.as_str()) || is_key(word))
}

/// Whether a string that shows a mapping, a list or a command line contains the name of a secret.
pub fn shows_a_secret(text: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(|c| !is_inner(c)).any(names_a_secret)
}

/// Replaces the secret in a Jina Hub name (`jinahub+docker://NAME:SECRET/TAG`) and the password in `USER:PASSWORD@HOST` by
/// asterisks: messages are logged. The length stays the same, so that a caret stays below its place.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    let of_hub = if text.contains("://") { hub_secrets(text) } else { Vec::new() };
    let secrets: Vec<(usize, usize)> = of_hub.into_iter().chain(passwords(text)).collect();
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let is_secret = |at: usize| secrets.iter().any(|(start, end)| (*start..*end).contains(&at));
    Cow::Owned(text.char_indices().map(|(at, c)| if is_secret(at) { '*' } else { c }).collect())
}

/// The places of secrets in names on the Jina Hub.
fn hub_secrets(text: &str) -> Vec<(usize, usize)> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"' | ',' | '}' | ']');
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at) {
        from = at + "://".len();
        let scheme = text[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '+').map_or(0, |before| before + 1);
        // The character before the scheme may have several bytes.
        let scheme = text.get(scheme..at).unwrap_or_default();
        if !scheme.get(..7).is_some_and(|hub| hub.eq_ignore_ascii_case("jinahub")) {
            continue;
        }
        let end = text[from..].find(ends).map_or(text.len(), |end| from + end);
        if let Some(colon) = text[from..end].find(':') {
            found.push((from + colon + 1, end));
        }
    }
    found
}

/// The places of passwords in `USER:PASSWORD@HOST`. In `IMAGE:TAG@sha256:…` there is none.
fn passwords(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"' | '`' | ',' | '=' | '{' | '[' | '(');
    text.match_indices('@').filter_map(move |(at, _)| {
        let start = text[..at].rfind(ends).map_or(0, |before| before + 1);
        let colon = text.get(start..at)?.find(':')?;
        let is_digest = text[at..].starts_with("@sha256:") || text[at..].starts_with("@sha512:");
        (!is_digest).then_some((start + colon + 1, at))
    })
}

/// The words of a name: `HF_TOKEN`, `hf-token` and `hfToken` have two words each.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let starts = c.is_uppercase() && was_small;
        if !c.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked() {
        for (text, expected) in [
            ("a: [jinahub+docker://A:s3cr/v1, 'jinahub://B:t']", "a: [jinahub+docker://A:****/v1, 'jinahub://B:*']"),
            ("JinaHub+Docker://A:s3cr é", "JinaHub+Docker://A:**** é"),
            ("docker://u:pw@reg/x:1@sha256:0", "docker://u:**@reg/x:1@sha256:0"),
            ("host=u:pw@h", "host=u:**@h"),
            ("x:1@sha256:0", "x:1@sha256:0"),
            ("acme/x:1@sha256:0, jinaai+docker://acme/A:v1", "acme/x:1@sha256:0, jinaai+docker://acme/A:v1"),
            ("jinahub has https://x:8080/", "jinahub has https://x:8080/"),
            ("é://@:é@", "é://@:*@"),
        ] {
            assert_eq!(without_secrets(text), expected);
        }
    }

    #[test]
    fn names_of_secrets_are_recognized() {
        for name in
            ["PASSWORD", "DB_PASSWORD", "HF_TOKEN", "apiKey", "OPENAI_API_KEY", "KEY", "client-secret", "--uses-with {\"token\": 1}"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["MODEL", "key", "MONKEY", "TOKENIZER", "PASSAGE", "replicas", "author", "image"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
