//! Settings of a caller: the command line, or a ConfigMap as functionConfig.

use super::choices::{Compat, Jcloud, MissingImages, OnConflict, Variables};
use super::field::Setting;
use super::field_checks::check_text;
use super::fields::caller_fields;
use super::image_pattern::Pattern;
use super::images::{Entry, GATEWAY_KEY, Origin};
use super::settings::Settings;
use crate::finding::{Code, Finding, Path};
use crate::jina::nested::Files;

/// The variables from which Jina takes the properties of claims for executors with `volumes`
/// (`jina/orchestrate/deployments/config/k8slib/kubernetes_deployment.py`).
pub const STORAGE_VARIABLES: [&str; 3] = ["JINA_K8S_STORAGE_CLASS_NAME", "JINA_K8S_STORAGE_CAPACITY", "JINA_K8S_ACCESS_MODES"];

/// Settings of a caller. They override the settings of a JinaFlow, or the defaults if there is no JinaFlow.
#[derive(Debug, Default, Clone)]
pub struct Overrides {
    /// `spec.compat`.
    pub compat: Option<Compat>,
    /// `spec.jinaVersion`.
    pub jina_version: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `spec.output.onConflict`.
    pub on_conflict: Option<OnConflict>,
    /// `spec.variables`.
    pub variables: Option<Variables>,
    /// `spec.jcloud`.
    pub jcloud: Option<Jcloud>,
    /// Entries of `spec.images`.
    pub images: Vec<(String, String)>,
    /// Entries of `spec.images` that `images` overrides (`--images`).
    pub listed_images: Vec<Entry>,
    /// `spec.missingImages`.
    pub missing_images: Option<MissingImages>,
    /// `spec.imagePattern`.
    pub image_pattern: Option<Pattern>,
    /// An image for the gateway that `spec.images.gateway` and `images` override (`JINA_GATEWAY_IMAGE`).
    pub fallback_gateway_image: Option<String>,
    /// Entries of `spec.context`.
    pub context: Vec<(String, String)>,
    /// The files of Deployments that the Flow names.
    pub files: Files,
    /// Values of variables that `spec.context` and `context` override (`--context-env`, `JINA_K8S_…`).
    pub fallback_context: Vec<(String, String)>,
}

impl Overrides {
    /// Checks and adds a setting. `path` is the path for findings.
    pub fn set(&mut self, setting: Setting, value: &str, path: &Path<'_>) -> Result<(), Finding> {
        let field = caller_fields().find(|known| known.caller.setting == setting).map(|known| known.field);
        if let Some(finding) = field.and_then(|field| check_text(value, &field.shape, path)) {
            return Err(finding);
        }
        match setting {
            Setting::Name => self.name = Some(value.to_owned()),
            Setting::Namespace => self.namespace = Some(value.to_owned()),
            Setting::Compat => self.compat = Compat::parse(value),
            Setting::JinaVersion => self.jina_version = Some(value.to_owned()),
            Setting::ImagePattern => self.image_pattern = Pattern::parse(value).ok(),
            Setting::OnConflict => self.on_conflict = OnConflict::parse(value),
            Setting::Variables => self.variables = Variables::parse(value),
            Setting::Jcloud => self.jcloud = Jcloud::parse(value),
            // An image has no `=`, but the secret in a `uses` may have one.
            Setting::Image => {
                let pair = value.rsplit_once('=').filter(|(_, image)| !image.is_empty());
                self.images.push(self::pair(pair, value, "KEY=IMAGE", path)?);
            }
            Setting::MissingImages => self.missing_images = MissingImages::parse(value),
            // The name of a variable has no `=`, but the value may have one.
            Setting::Context => self.context.push(pair(value.split_once('='), value, "K=V", path)?),
        }
        Ok(())
    }

    /// Replaces the settings that the caller sets.
    pub fn apply(&self, settings: &mut Settings) {
        if let Some(compat) = self.compat {
            settings.compat = compat;
        }
        if let Some(version) = &self.jina_version {
            settings.jina_version = Some(version.clone());
        }
        if let Some(name) = &self.name {
            settings.name = Some(name.clone());
        }
        if let Some(namespace) = &self.namespace {
            settings.namespace = Some(namespace.clone());
        }
        if let Some(on_conflict) = self.on_conflict {
            settings.on_conflict = on_conflict;
        }
        if let Some(variables) = self.variables {
            settings.variables = variables;
        }
        if let Some(jcloud) = self.jcloud {
            settings.jcloud = Some(jcloud);
        }
        for Entry { key, image, origin } in &self.listed_images {
            settings.images.set(key, image, origin.clone());
        }
        for (key, image) in &self.images {
            settings.images.set(key, image, Origin::Flag);
        }
        if let Some(pattern) = &self.image_pattern {
            settings.images.set_pattern(pattern.clone(), Origin::Flag);
        }
        if let Some(missing_images) = self.missing_images {
            settings.missing_images = missing_images;
        }
        if let Some(image) = &self.fallback_gateway_image
            && settings.images.get(GATEWAY_KEY).is_none()
        {
            settings.images.set(GATEWAY_KEY, image, Origin::Environment);
        }
        settings.files = self.files.clone();
        for (name, value) in &self.context {
            settings.context.set(name, value);
        }
        for (name, value) in &self.fallback_context {
            if settings.context.get(name).is_none() {
                settings.context.set(name, value);
            }
        }
    }
}

fn pair(halves: Option<(&str, &str)>, value: &str, form: &'static str, path: &Path<'_>) -> Result<(String, String), Finding> {
    match halves {
        Some((key, rest)) if !key.is_empty() => Ok((key.to_owned(), rest.to_owned())),
        _ => Err(Code::MalformedArgument.error(path, format!("must have the form {form}")).got(value).fix(format!("write {form}"))),
    }
}
