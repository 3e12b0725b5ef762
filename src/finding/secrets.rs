//! Recognizes the names of fields with secret values. Messages do not show these values.

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

/// Kubernetes fields that only refer to a Secret or a token; their values are not secret.
const FIELDS_ABOUT_SECRETS: [&str; 9] = [
    "authenticationRef",
    "automountServiceAccountToken",
    "imagePullSecrets",
    "secret",
    "secretKeyRef",
    "secretName",
    "secretRef",
    "secrets",
    "serviceAccountToken",
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
