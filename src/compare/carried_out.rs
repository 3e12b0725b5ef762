//! Changes of manifests that an apply does not carry out, because the API server keeps the old value.

use std::borrow::Cow;

use super::fields::{Difference, is_within};
use crate::yaml::View;

/// Fields of a Service that stay when a manifest no longer sets them (`patchAllocatedValues` and `defaultOnRead` in
/// pkg/registry/core/service).
const OF_SERVICE: [&str; 5] = ["spec.clusterIP", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy", "spec.healthCheckNodePort"];

/// Removes the differences of two objects that an apply does not carry out.
pub fn retain<'o>(kind: &str, old: View<'o>, new: View<'o>, fields: &mut Vec<Difference<'o>>) {
    match kind {
        "Service" if old.text_at("spec.type") != "ExternalName" && new.text_at("spec.type") != "ExternalName" => {
            let stays = |path: &str| path.ends_with("].nodePort") || OF_SERVICE.contains(&path);
            fields.retain(|field| field.new.is_some_and(|new| new.as_text() != Some("")) || !stays(&field.path));
        }
        "Secret" if [old, new].iter().any(|secret| secret.at("stringData").is_some()) => {
            let removed: Vec<Difference<'o>> = fields.iter().filter(|field| field.new.is_none()).cloned().collect();
            let is_removed = |key: &str| removed.iter().any(|field| field.path == "data" || field.path.strip_prefix("data.") == Some(key));
            fields.retain(|field| !is_within(&field.path, "data") && !is_within(&field.path, "stringData"));
            fields.extend(content(old, new, &is_removed));
        }
        _ => retain_account(fields),
    }
}

/// Removes the difference of a service account that an apply does not carry out. A pod has the account in two fields, and the API
/// server fills in the other one: when a manifest no longer sets one of them, the other one stays
/// (<https://github.com/kubernetes/kubernetes/issues/72519>).
pub fn retain_account(fields: &mut Vec<Difference<'_>>) {
    let is_removed = |field: &Difference<'_>| {
        field.new.is_none() && ["spec.serviceAccount", "spec.serviceAccountName"].iter().any(|end| field.path.ends_with(end))
    };
    if fields.iter().filter(|field| is_removed(field)).count() == 1 {
        fields.retain(|field| !is_removed(field));
    }
}

/// The differences between the contents of two Secrets. The API server writes `stringData` into `data`, and a key that an apply
/// removes from `stringData` stays in `data`. `is_removed` says which keys an apply removes from `data`.
fn content<'o>(old: View<'o>, new: View<'o>, is_removed: &dyn Fn(&str) -> bool) -> Vec<Difference<'o>> {
    let value = |secret: View<'o>, key: &str| -> Option<(View<'o>, Cow<'o, [u8]>)> {
        let plain = secret.at("stringData").and_then(|data| data.get(key));
        let plain = plain.map(|value| (value, Cow::Borrowed(value.text().as_bytes())));
        plain.or_else(|| secret.at("data").and_then(|data| data.get(key)).map(|value| (value, Cow::Owned(decoded(value.text())))))
    };
    let keys = [(old, "data"), (old, "stringData"), (new, "data"), (new, "stringData")];
    let mut keys: Vec<&str> = keys.into_iter().flat_map(|(secret, field)| secret.map_at(field).keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (value(old, key), value(new, key));
        if (after.is_some() || is_removed(key)) && before.as_ref().map(|(_, bytes)| bytes) != after.as_ref().map(|(_, bytes)| bytes) {
            let (old, new) = (before.map(|(view, _)| view), after.map(|(view, _)| view));
            found.push(Difference { path: format!("data.{key}"), old, new, is_order: false });
        }
    }
    found
}

/// The bytes of a value in base64. Other characters are skipped, as line breaks are.
fn decoded(text: &str) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for value in text.bytes().filter_map(|letter| LETTERS.iter().position(|known| *known == letter)) {
        bits = (bits << 6 | u32::try_from(value).unwrap_or_default()) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or_default());
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn base64_is_decoded() {
        for (text, bytes) in [("", ""), ("YQ==", "a"), ("YWI=", "ab"), ("YWJj", "abc"), ("YWJj\nZA==", "abcd"), ("w7/Dvw==", "ÿÿ")] {
            assert_eq!(decoded(text), bytes.as_bytes(), "{text}");
        }
    }
}
