//! What overlays did to all names of a side: a namespace, a prefix, a suffix, a hash. Each is one line of a comparison, and no
//! difference of the objects that have the names.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::fields::{Difference, differences};
use crate::check::Cluster;
use crate::yaml::View;

/// A change of the names of all objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Renames {
    /// The new namespace of each namespace that changes.
    pub namespaces: BTreeMap<String, String>,
    /// The prefix of the old side and of the new side, if they differ.
    pub prefix: Option<(String, String)>,
    /// The suffix of the old side and of the new side, if they differ.
    pub suffix: Option<(String, String)>,
    /// The names of all objects of both sides, without hashes.
    #[serde(skip)]
    known: HashSet<String>,
}

/// The namespace and the name of an object on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Names<'o> {
    /// The old namespace.
    pub old_namespace: &'o str,
    /// The old name.
    pub old: &'o str,
    /// The new namespace.
    pub new_namespace: &'o str,
    /// The new name.
    pub new: &'o str,
}

impl Renames {
    /// Finds what the names of pairs have in common.
    pub fn of(pairs: &[Names<'_>]) -> Self {
        let mut renames = Self::default();
        // A namespace has another name if all of its components move to the same one.
        let mut moves: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for pair in pairs {
            moves.entry(pair.old_namespace).or_default().insert(pair.new_namespace);
        }
        for (old, new) in moves {
            if let [new] = new.into_iter().collect::<Vec<_>>().as_slice()
                && old != *new
            {
                renames.namespaces.insert(old.to_owned(), (*new).to_owned());
            }
        }
        let mut affixes = pairs.iter().map(|pair| Affixes::of(pair.old, pair.new));
        let is_common = |first: &Affixes| affixes.all(|next| next == *first);
        // The name of one component alone shows an affix only at a hyphen.
        let first = pairs.first().map(|pair| Affixes::of(pair.old, pair.new));
        if let Some(found) = first.filter(is_common).filter(|found| pairs.len() > 1 || found.are_at_hyphens()) {
            let differs = |(old, new): (String, String)| (old != new).then_some((old, new));
            renames.prefix = differs(found.prefix);
            renames.suffix = differs(found.suffix);
        }
        renames
    }

    /// Remembers the names of a side, so that they are recognized in addresses and references.
    pub fn learn(&mut self, cluster: &Cluster<'_>) {
        self.known.extend(cluster.objects.iter().map(|object| without_hash(object.name()).to_owned()));
    }

    /// Whether no name changes.
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.prefix.is_none() && self.suffix.is_none()
    }

    /// The name on the new side of an object of the old side.
    pub fn new_name(&self, name: &str) -> String {
        let mut name = name;
        let (mut before, mut after) = ("", "");
        if let Some((old, new)) = &self.prefix
            && let Some(rest) = name.strip_prefix(old.as_str())
        {
            (name, before) = (rest, new);
        }
        if let Some((old, new)) = &self.suffix
            && let Some(rest) = name.strip_suffix(old.as_str())
        {
            (name, after) = (rest, new);
        }
        format!("{before}{name}{after}")
    }

    /// The namespace on the new side of an object of the old side.
    pub fn new_namespace<'n>(&'n self, namespace: &'n str) -> &'n str {
        self.namespaces.get(namespace).map_or(namespace, String::as_str)
    }

    /// Whether two values differ only by the changes of names, such as an address before and after.
    pub fn explains(&self, old: &str, new: &str) -> bool {
        old == new || self.moved(old, true) == self.moved(new, false)
    }

    /// The same for any two values: all fields in which they differ are strings that differ only by the changes of names.
    pub fn explains_value(&self, old: View<'_>, new: View<'_>) -> bool {
        if let Some((old, new)) = old.as_text().zip(new.as_text()) {
            return self.explains(old, new);
        }
        let is_explained = |field: &Difference<'_>| {
            let texts = field.old.and_then(View::as_text).zip(field.new.and_then(View::as_text));
            texts.is_some_and(|(old, new)| self.explains(old, new))
        };
        differences("", Some(old), Some(new)).iter().all(is_explained)
    }

    /// A value with each name of an object replaced by its name on the new side, without its hash.
    fn moved<'v>(&self, value: &'v str, is_old: bool) -> Cow<'v, str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let mut moved = String::with_capacity(value.len());
        let mut rest = value;
        while !rest.is_empty() {
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            match self.moved_word(word, is_old) {
                Some(word) => moved.push_str(&word),
                None => moved.push_str(word),
            }
            let between = after.find(is_part).unwrap_or(after.len());
            moved.push_str(&after[..between]);
            rest = &after[between..];
        }
        if moved == value { Cow::Borrowed(value) } else { Cow::Owned(moved) }
    }

    /// A word that is the name of an object, or an address with a name and a namespace.
    fn moved_word(&self, word: &str, is_old: bool) -> Option<String> {
        if word.is_empty() {
            return None;
        }
        let (first, domain) = word.split_once('.').map_or((word, None), |(first, domain)| (first, Some(domain)));
        let base = without_hash(first);
        if !self.known.contains(base) {
            return None;
        }
        let name = if is_old { self.new_name(base) } else { base.to_owned() };
        let Some(domain) = domain else { return Some(name) };
        let (namespace, end) = domain.split_once('.').map_or((domain, None), |(namespace, end)| (namespace, Some(end)));
        let namespace = if is_old { self.new_namespace(namespace) } else { namespace };
        Some(match end {
            Some(end) => format!("{name}.{namespace}.{end}"),
            None => format!("{name}.{namespace}"),
        })
    }
}

/// A prefix and a suffix of the old name and of the new name, around the longest part that both have.
#[derive(Debug, PartialEq, Eq)]
struct Affixes {
    prefix: (String, String),
    suffix: (String, String),
}

impl Affixes {
    /// Whether each prefix ends with a hyphen, and each suffix begins with one.
    fn are_at_hyphens(&self) -> bool {
        let prefixes = [&self.prefix.0, &self.prefix.1];
        let suffixes = [&self.suffix.0, &self.suffix.1];
        prefixes.into_iter().all(|prefix| prefix.is_empty() || prefix.ends_with('-'))
            && suffixes.into_iter().all(|suffix| suffix.is_empty() || suffix.starts_with('-'))
    }

    fn of(old: &str, new: &str) -> Self {
        let none = || (String::new(), String::new());
        // The whole shorter name is inside of the longer one: only one side has affixes.
        if let Some(at) = new.find(old) {
            return Self { prefix: (String::new(), new[..at].to_owned()), suffix: (String::new(), new[at + old.len()..].to_owned()) };
        }
        if let Some(at) = old.find(new) {
            return Self { prefix: (old[..at].to_owned(), String::new()), suffix: (old[at + new.len()..].to_owned(), String::new()) };
        }
        // Both have another prefix or suffix: they agree at one end, up to a hyphen.
        let common_end = old.bytes().rev().zip(new.bytes().rev()).take_while(|(one, other)| one == other).count();
        let common_start = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
        let is_boundary = |name: &str, at: usize| name.is_char_boundary(at);
        let ends = (old.len() - common_end, new.len() - common_end);
        if common_end >= common_start && is_boundary(old, ends.0) && is_boundary(new, ends.1) {
            Self { prefix: (old[..ends.0].to_owned(), new[..ends.1].to_owned()), suffix: none() }
        } else if is_boundary(old, common_start) && is_boundary(new, common_start) {
            Self { prefix: none(), suffix: (old[common_start..].to_owned(), new[common_start..].to_owned()) }
        } else {
            Self { prefix: none(), suffix: none() }
        }
    }
}

/// A name without the hash that kustomize adds to ConfigMaps and Secrets.
pub fn without_hash(name: &str) -> &str {
    const LETTERS: &str = "bcdfghkmt24567890";
    match name.rsplit_once('-') {
        Some((base, hash)) if hash.len() == 10 && hash.chars().all(|letter| LETTERS.contains(letter)) && !base.is_empty() => base,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<'o>(old: &'o str, new: &'o str) -> Names<'o> {
        Names { old_namespace: "dev", old, new_namespace: "prod", new }
    }

    #[test]
    fn a_prefix_and_a_namespace_of_all_objects_are_found() {
        let renames = Renames::of(&[names("gateway", "eu-gateway"), names("encoder", "eu-encoder")]);
        assert_eq!(renames.prefix, Some((String::new(), "eu-".to_owned())));
        assert_eq!(renames.new_name("encoder-config"), "eu-encoder-config");
        assert_eq!(renames.new_namespace("dev"), "prod");
        let renames = Renames::of(&[names("dev-gateway", "prod-gateway"), names("dev-encoder", "prod-encoder")]);
        assert_eq!(renames.new_name("dev-x"), "prod-x");
    }

    #[test]
    fn one_renamed_object_is_not_a_prefix() {
        let renames = Renames::of(&[names("gateway", "gateway"), names("encoder", "the-encoder")]);
        assert_eq!((renames.prefix, renames.suffix), (None, None));
    }

    #[test]
    fn an_address_and_a_reference_follow_the_names() {
        let mut renames = Renames::of(&[names("gateway", "eu-gateway"), names("encoder", "eu-encoder")]);
        renames.known = ["gateway", "encoder", "settings", "eu-settings", "eu-encoder"].map(str::to_owned).into();
        assert!(renames.explains("grpc://encoder.dev.svc:8080", "grpc://eu-encoder.prod.svc:8080"));
        assert!(renames.explains(r#"{"encoder": ["encoder:8080"]}"#, r#"{"eu-encoder": ["eu-encoder:8080"]}"#));
        assert!(renames.explains("settings-mh2ht4k7bt", "eu-settings-6d5kfg2m9c"));
        assert!(!renames.explains("grpc://encoder:8080", "grpc://eu-encoder:8081"));
        assert!(!renames.explains("other", "eu-other"));
    }

    #[test]
    fn hashes_of_kustomize_are_recognized() {
        assert_eq!(without_hash("settings-mh2ht4k7bt"), "settings");
        assert_eq!(without_hash("my-settings"), "my-settings");
    }
}
