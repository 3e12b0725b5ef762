//! The settings of a JinaFlow, apart from the Flow.

use super::choices::{Compat, Jcloud, Mesh, MissingImages, OnConflict, Variables};
use super::corrections::{Correction, Corrections};
use super::entry_checks;
use super::field::Shape;
use super::field_checks::check_fields;
use super::fields::{SPEC, find};
use super::image_pattern::Pattern;
use super::images::{Images, JINA_VERSION, Origin};
use super::kubernetes::Kubernetes;
use super::layers::Layers;
use super::scope::Scope;
use super::values::Values;
use super::version_checks;
use crate::finding::{Findings, Path};
use crate::jina::flow::Reading;
use crate::jina::nested::{self, Files, Origins};
use crate::jina::section::{Rules, Strictness};
use crate::jina::substitute::Context;
use crate::jina::versions::Version;
use crate::yaml::Node;

/// The settings that, together with the Flow, decide the manifests.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// `spec.compat`.
    pub compat: Compat,
    /// The corrections that replace the corrections of `compat`. `jinaflow explain` tries corrections one by one.
    pub only: Option<Corrections>,
    /// `spec.jinaVersion`.
    pub jina_version: Option<String>,
    /// `spec.images`.
    pub images: Images,
    /// `spec.missingImages`.
    pub missing_images: MissingImages,
    /// `spec.context`: values of the Flow's variables.
    pub context: Context,
    /// The files of Deployments that the Flow names.
    pub files: Files,
    /// `metadata.name`, which distinguishes the objects of a Flow from other objects.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
    /// `spec.variables`.
    pub variables: Variables,
    /// `spec.jcloud`, if it is set.
    pub jcloud: Option<Jcloud>,
    /// Settings of pods.
    pub layers: Layers,
    /// Settings of the Flow as a whole.
    pub scope: Scope,
}

impl Settings {
    /// Reads and checks a `spec`.
    pub fn read(spec: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Self {
        check_fields(spec, SPEC, path, findings);
        entry_checks::check_peers(spec, path, findings);
        let fields = Values::of(spec, SPEC);
        let mut settings = Self {
            compat: fields.choice_or_default("compat", Compat::parse).unwrap_or_default(),
            jina_version: fields.text("jinaVersion").filter(|version| Version::parse(version).is_some_and(|v| v >= Version::OLDEST)),
            variables: fields.choice_or_default("variables", Variables::parse).unwrap_or_default(),
            jcloud: fields.choice("jcloud", Jcloud::parse),
            layers: Layers::read(spec),
            scope: Scope::read(spec, path, findings),
            ..Self::default()
        };
        let kubernetes = settings.scope.kubernetes;
        findings.extend(kubernetes.and_then(|version| version_checks::support(version, path)));
        version_checks::check(spec, kubernetes.unwrap_or(Kubernetes::DEFAULT), path, findings);
        if let Some(pattern) = fields.choice("imagePattern", |text| Pattern::parse(text).ok()) {
            settings.images.set_pattern(pattern, Origin::Field);
        }
        for (uses, image) in strings(spec, "images") {
            settings.images.set(uses, image, Origin::Field);
        }
        for (name, value) in strings(spec, "context") {
            settings.context.set(name, value);
        }
        settings.missing_images = fields.choice_or_default("missingImages", MissingImages::parse).unwrap_or_default();
        if let Some(output) = fields.below("output") {
            settings.on_conflict = output.choice_or_default("onConflict", OnConflict::parse).unwrap_or_default();
        }
        settings
    }

    /// The settings of an export by Jina 3.34: those that the Flow is read with, and no fields for pods. An image that is not set
    /// gets a placeholder, because only Jina's caller knew it.
    pub fn as_jina_has_them(&self) -> Self {
        Self {
            compat: Compat::Jina334,
            only: Some(Corrections::NONE.with(Correction::PlaceholderImages)),
            missing_images: MissingImages::default(),
            jcloud: None,
            layers: Layers::default(),
            scope: Scope::default(),
            ..self.clone()
        }
    }

    /// The mesh that balances requests over replicas.
    pub fn mesh(&self) -> Mesh {
        let default = if self.corrections().has(Correction::BalancedReplicas) { Mesh::None } else { Mesh::Linkerd };
        self.scope.mesh.unwrap_or(default)
    }

    /// The use of `jcloud` blocks. Jina's export ignores them.
    pub fn jcloud(&self) -> Jcloud {
        self.jcloud.unwrap_or(match self.compat {
            Compat::None => Jcloud::Translate,
            Compat::Jina334 => Jcloud::Ignore,
        })
    }

    /// The deliberate differences from Jina that apply.
    pub fn corrections(&self) -> Corrections {
        self.only.unwrap_or(match self.compat {
            Compat::None => Corrections::ALL,
            Compat::Jina334 => Corrections::NONE,
        })
    }

    /// The version of Jina's own image.
    pub fn jina_version(&self) -> &str {
        self.jina_version.as_deref().unwrap_or(JINA_VERSION)
    }

    /// The version of Jina that must understand the arguments of containers.
    pub fn containers(&self) -> Version {
        let chosen = Some(self.jina_version()).filter(|_| self.corrections().has(Correction::OlderContainers));
        chosen.and_then(Version::parse).unwrap_or(Version::NEWEST)
    }

    /// Whether mistakes that Jina ignores are errors.
    pub fn strictness(&self) -> Strictness {
        match self.compat {
            Compat::None => Strictness::Strict,
            Compat::Jina334 => Strictness::Lenient,
        }
    }

    /// Whether an image that is not set is an error.
    pub fn requires_images(&self) -> bool {
        self.missing_images == MissingImages::Error || !self.corrections().has(Correction::PlaceholderImages)
    }

    /// Whether the config names the image of an executor.
    pub fn sets_image_of(&self, executor: &str) -> bool {
        self.layers.image(executor).is_some() || self.images.of_executor(executor).is_some()
    }

    /// The rules for reading the Flow.
    pub fn reading(&self) -> Reading {
        let version = Version::parse(self.jina_version()).unwrap_or(Version::NEWEST);
        let rules = Rules { strictness: self.strictness(), version, keeps_variables: self.variables == Variables::Keep };
        Reading { context: self.context.clone(), rules, origins: Origins::default() }
    }

    /// Replaces the executors of a Flow that are names of files, and returns the settings for reading the Flow. Under compat
    /// such names are errors: Jina gives the node in the graph another name than its objects.
    pub fn reading_with_files(&self, root: &mut Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Reading {
        let mut reading = self.reading();
        if reading.rules.strictness == Strictness::Strict {
            let context = (!reading.rules.keeps_variables).then_some(&self.context);
            reading.origins = nested::inline(root, &self.files, context, path, findings);
        }
        reading
    }
}

/// The entries of a field that maps names to strings. Invalid values were reported before.
fn strings<'n>(spec: &'n Node<'_>, name: &str) -> impl Iterator<Item = (String, &'n str)> {
    let may_be_empty = matches!(find(SPEC, name).map(|field| &field.shape), Some(Shape::Strings(true)));
    let pairs = spec.map_at(name).iter().filter(|(_, value)| !value.is_null());
    let texts = pairs.filter_map(|(key, value)| Some((key.shown(), value.as_text()?)));
    texts.filter(move |(_, text)| may_be_empty || !text.is_empty())
}
