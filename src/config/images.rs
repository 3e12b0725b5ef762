//! Finds the image of a container in an explicit map, without the network and without the Jina Hub.

use std::collections::HashSet;
use std::rc::Rc;

use super::hub_name::HubName;
use super::image_name::fault;
use super::image_pattern::Pattern;
use super::placeholder::{class_of_inline, is_inline, is_placeholder};
use crate::finding::{FieldPath, Path};
use crate::jina::inline::is_class;
use crate::yaml::Dict;

/// The key of the image that gateways, heads and executors without `uses` run.
pub const GATEWAY_KEY: &str = "gateway";

/// The newest version of Jina. `compat` reproduces the manifests of this version.
pub const JINA_VERSION: &str = "3.34.0";

/// The place where a user sets an image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// `spec.images` or `spec.imagePattern`.
    #[default]
    Field,
    /// `--image` or `--image-pattern`.
    Flag,
    /// A line of a file that `--images` names.
    File(Rc<str>, u32),
    /// `JINA_GATEWAY_IMAGE`.
    Environment,
}

impl Origin {
    /// The path of the entry with a key, for findings.
    pub fn path_of(&self, key: &str) -> FieldPath {
        match self {
            Origin::Field => Path::root("spec.images").key(key).into(),
            Origin::Flag => Path::root("--image").into(),
            Origin::File(..) => Path::root("--images").into(),
            Origin::Environment => Path::root("JINA_GATEWAY_IMAGE").into(),
        }
    }

    /// The place in a file, for messages: `line 3 of images.txt`.
    pub fn place(&self) -> Option<String> {
        match self {
            Origin::File(name, line) => Some(format!("line {line} of {name}")),
            _ => None,
        }
    }
}

/// An image of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The image.
    pub image: String,
    /// The place where the user sets the image.
    pub origin: Origin,
}

/// `spec.images` and `spec.imagePattern`: the images of executors, of the gateway, and of Jina itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Images {
    map: Dict<String, Entry>,
    pattern: Option<(Pattern, Origin)>,
}

/// The image of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Jina's own image.
    Jinas,
    /// An image that the config sets, with the path of the setting. `is_for_executor` is true if the config sets the image
    /// of this executor, and not the image of a `uses`.
    Set {
        /// The image.
        image: String,
        /// The path of the setting.
        path: FieldPath,
        /// The place of the setting in a file of images.
        place: Option<String>,
        /// Whether the setting names the executor.
        is_for_executor: bool,
    },
    /// The image in the Flow.
    InFlow(String),
    /// The image is not known.
    Missing,
}

/// A container whose image is looked up.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The name of the executor, if the container is its own. `uses_before` and `uses_after` have no name.
    pub executor: Option<&'w str>,
    /// The `uses` of the container.
    pub uses: Option<&'w str>,
    /// The image beside `uses` in the Flow.
    pub beside: Option<&'w str>,
    /// Whether the configuration of the class is in the Flow.
    pub is_inline: bool,
}

impl Images {
    /// Adds or replaces an entry.
    pub fn set(&mut self, key: impl Into<String>, image: impl Into<String>, origin: Origin) {
        let key = key.into();
        self.map.insert(key.clone(), key.clone(), Entry { key, image: image.into(), origin });
    }

    /// Sets the pattern for names on the Hub that have no entry.
    pub fn set_pattern(&mut self, pattern: Pattern, origin: Origin) {
        self.pattern = Some((pattern, origin));
    }

    /// The entry with this key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.map.get(key)
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.map.pairs().iter().map(|(_, entry)| entry)
    }

    /// The entry that names an executor.
    pub fn of_executor(&self, executor: &str) -> Option<&Entry> {
        self.get(executor).filter(|entry| entry.key != GATEWAY_KEY).filter(|entry| sets_an_image(entry))
    }

    /// The entry of a `uses`. A key in `only_names` is the name of an executor and not a class.
    pub fn of_uses(&self, uses: &str, only_names: &HashSet<&str>) -> Option<&Entry> {
        let keys = keys_of(uses);
        let mut keys = keys.iter().filter(|key| *key != GATEWAY_KEY && !only_names.contains(key.as_str()));
        keys.find_map(|key| self.get(key).filter(|entry| sets_an_image(entry)))
    }

    /// The image of a container. The most specific setting applies: the name of the executor, the whole `uses`, a name
    /// on the Hub with its owner, a name without it or a class, the image in the Flow, and the pattern. A key in
    /// `only_names` is the name of an executor and not a class.
    pub fn find(&self, wanted: Wanted<'_>, only_names: &HashSet<&str>) -> Found {
        if let Some(entry) = wanted.executor.and_then(|executor| self.of_executor(executor)) {
            return set(entry, true);
        }
        let Some(uses) = wanted.uses.filter(|uses| !is_built_in(uses)) else { return Found::Jinas };
        if let Some(entry) = self.of_uses(uses, only_names) {
            return set(entry, false);
        }
        if let Some(image) = wanted.beside {
            return Found::InFlow(image.to_owned());
        }
        if class_of_inline(uses).is_some_and(|class| is_built_in(&class)) {
            return Found::Jinas;
        }
        if let Some(image) = image_in(uses).filter(|image| !is_placeholder(image)) {
            return Found::InFlow(image);
        }
        match (HubName::parse(uses), &self.pattern) {
            (Some(name), Some((pattern, origin))) if !is_placeholder(&pattern.fill(&name)) => {
                let path = match origin {
                    Origin::Field => Path::root("spec.imagePattern"),
                    _ => Path::root("--image-pattern"),
                };
                Found::Set { image: pattern.fill(&name), path: path.into(), place: None, is_for_executor: false }
            }
            _ => Found::Missing,
        }
    }

    /// The entry for Jina's own image.
    pub fn of_jina(&self) -> Option<Found> {
        self.get(GATEWAY_KEY).filter(|entry| sets_an_image(entry)).map(|entry| set(entry, false))
    }

    /// The image of the gateway, of heads and of executors without `uses`.
    pub fn gateway(&self, jina_version: &str) -> String {
        match self.get(GATEWAY_KEY).filter(|entry| sets_an_image(entry)) {
            Some(entry) => entry.image.clone(),
            None => format!("jinaai/jina:{jina_version}-{}-standard", python_of(jina_version)),
        }
    }
}

/// Whether an entry sets an image. `jinaflow init` writes entries with placeholders, for the user to replace.
fn sets_an_image(entry: &Entry) -> bool {
    !is_placeholder(&entry.image)
}

fn set(entry: &Entry, is_for_executor: bool) -> Found {
    Found::Set { image: entry.image.clone(), path: entry.origin.path_of(&entry.key), place: entry.origin.place(), is_for_executor }
}

/// The keys by which `images` may set the image of a `uses`, the most specific first.
pub fn keys_of(uses: &str) -> Vec<String> {
    let mut keys = vec![uses.to_owned()];
    if let Some(hub) = HubName::parse(uses) {
        keys.push(hub.to_string());
        keys.extend(hub.keys());
    } else if let Some(image) = uses.strip_prefix("docker://") {
        keys.push(image.trim().to_owned());
    } else {
        let class = class_of_inline(uses);
        keys.extend(class.clone());
        let class = class.as_deref().unwrap_or(uses);
        // The name of a class without its module.
        if let Some((_, name)) = class.rsplit_once('.').filter(|_| is_class(class)) {
            keys.push(name.to_owned());
        }
    }
    keys
}

/// The `uses` for a message and for a key: without secrets, and only the class of an inline configuration.
pub fn shown(uses: &str) -> String {
    let uses = uses.trim();
    match HubName::parse(uses) {
        Some(hub) => hub.to_string(),
        None if is_inline(uses) => class_of_inline(uses).unwrap_or_else(|| "an inline configuration".to_owned()),
        None => match uses.split_once("://").map(|(scheme, rest)| (scheme, rest.split('/').next().unwrap_or(rest), rest)) {
            Some((scheme, host, rest)) if host.contains('@') && rest.len() > host.len() => {
                format!("{scheme}://{}{}", host.rsplit('@').next().unwrap_or(host), &rest[host.len()..])
            }
            _ => uses.to_owned(),
        },
    }
}

/// The image in `docker://IMAGE`; `None` if there is none, or if it is not a valid name.
fn image_in(uses: &str) -> Option<String> {
    // Jina reads Jina's own output as YAML, which drops spaces around a value.
    let image = uses.strip_prefix("docker://")?.replace("docker://", "").trim().to_owned();
    (!image.is_empty()).then_some(image)
}

/// The reason why the image in `docker://IMAGE` is not valid, and how to fix it.
pub fn fault_of(uses: &str) -> Option<(String, String)> {
    let image = uses.strip_prefix("docker://")?.trim();
    let (message, fix) = fault(image)?;
    // A valid name is shown with its scheme, for `uses`.
    let name = fix.strip_prefix("write ").filter(|name| !name.contains(' '));
    let fix = name.map_or_else(|| fix.clone(), |name| format!("write docker://{name}"));
    Some((message, fix))
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
