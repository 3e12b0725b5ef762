//! The files that `jinaflow init` writes, from the templates in `scaffold/`.

use std::borrow::Cow;

use crate::config::dns_label;
use crate::finding::{Code, Finding};
use crate::yaml::{self, Data, Node};

/// A file with its path relative to the folder, and its content.
pub type NewFile = (String, String);

/// The environments of a kustomize tree, and the suffixes of their namespaces.
const ENVIRONMENTS: [(&str, &str); 3] = [("dev", "-dev"), ("staging", "-staging"), ("prod", "")];

/// The value of a variable that the user must set.
pub const TODO: &str = "TODO";

/// The file with the settings in a kustomize tree.
pub const KUSTOMIZE_SETTINGS: &str = "base/flow/jinaflow.yaml";

/// The file with the settings in a kpt package.
pub const KPT_SETTINGS: &str = "jinaflow.yaml";

/// The properties of a Flow that the files depend on.
#[derive(Debug, Default)]
pub struct Scaffold {
    /// The name of the JinaFlow, which is a DNS label.
    pub name: String,
    /// The namespace of production. Namespaces of other environments have suffixes.
    pub namespace: String,
    /// Whether the user has chosen the namespace.
    pub has_own_namespace: bool,
    /// The Service of the first component.
    pub service: String,
    /// The name of an executor, for examples.
    pub executor: Option<String>,
    /// Images of executors, for examples.
    pub images: Vec<String>,
    /// More fields of `spec`.
    pub fields: Vec<(&'static str, Node<'static>)>,
    /// `spec.context`.
    pub context: Vec<(String, String)>,
    /// `spec.images`.
    pub spec_images: Vec<(String, String)>,
    /// Variables of the Flow that stay unchanged if they have no value: `$NAME`.
    pub optional: Vec<String>,
    /// The variables that the user must set.
    pub unset: Vec<String>,
    /// The keys of the images that the user must set.
    pub missing: Vec<String>,
    /// What an import adds.
    pub import: Option<OfImport>,
}

/// What an import has beside a Flow.
#[derive(Debug, Default)]
pub struct OfImport {
    /// `spec` without the Flow.
    pub spec: Vec<(Node<'static>, Node<'static>)>,
    /// Comments for the file of the JinaFlow.
    pub comments: String,
    /// The files of objects that do not belong to the Flow.
    pub others: Vec<NewFile>,
    /// The files of those in other namespaces or in none.
    pub outside: Vec<NewFile>,
    /// The files of those that no build can have.
    pub not_built: Vec<NewFile>,
    /// Whether all objects of the Flow are in its namespace.
    pub is_in_one_namespace: bool,
    /// Patches for what no field of a JinaFlow expresses: YAML of the field `patches`.
    pub kept: String,
}

impl OfImport {
    /// Whether each object has the namespace of the Flow.
    fn is_of_namespace(&self) -> bool {
        self.is_in_one_namespace && self.others.is_empty() && self.outside.is_empty()
    }
}

/// The folder with the objects that do not belong to the Flow.
const OTHERS: &str = "others";

/// The longest name of a Flow. Namespaces of environments have a suffix, and a label has at most 63 characters.
const LONGEST_NAME: usize = 52;

/// The name of a JinaFlow: the first of these names that has a character of a DNS label, as such a label.
pub fn first_name<'n>(names: impl Iterator<Item = Cow<'n, str>>) -> String {
    let mut names = names.map(|name| dns_label(&name)).filter(|name| !name.is_empty());
    let mut name = names.next().unwrap_or_else(|| "flow".to_owned());
    name.truncate(LONGEST_NAME);
    name.trim_end_matches('-').to_owned()
}

/// Checks `--name`. Names of folders and files become valid names, but a name that a user writes is either used or refused.
pub fn check_name(name: Option<&str>) -> Result<(), Finding> {
    let Some(name) = name else { return Ok(()) };
    let valid = first_name(std::iter::once(Cow::Borrowed(name)));
    if valid == name {
        return Ok(());
    }
    let message = format!("must be a name for folders and objects: at most {LONGEST_NAME} lower case letters, digits and `-`");
    let finding = Code::InvalidName.error("--name", message).got(name);
    Err(if dns_label(name).is_empty() { finding.fix("write a name such as search") } else { finding.propose(valid) })
}

/// The folder with those objects in other namespaces, and of the whole cluster. Only production has them: other environments would
/// move them to their own namespaces, or overwrite them.
pub const OUTSIDE: &str = "outside";

/// The folder with those objects that no build can have.
pub const NOT_BUILT: &str = "not-built";

/// The folder with the patches for what no field of a JinaFlow expresses.
const KEPT: &str = "kept";

impl Scaffold {
    /// The files of a kustomize tree. The file of the Flow is copied byte for byte.
    pub fn kustomize(&self, flow: &str) -> Vec<NewFile> {
        let service = [("@SERVICE@", self.service.as_str())];
        let todo = self.todo(KUSTOMIZE_SETTINGS);
        let texts = [("@NAME@", self.name.as_str()), ("@NAMESPACE@", self.namespace.as_str()), ("@TODO@", todo.as_str())];
        let spec = self.spec(" Replace each TODO, here or in the patch of an environment.");
        let meta = self.import.as_ref().map(|_| field("namespace", self.namespace.as_str().into(), 2)).unwrap_or_default();
        let mut files = vec![
            file("README.md", include_str!("scaffold/kustomize-README.md"), &[&texts[..], &[("@IMAGE@", &self.name_of_image())]].concat()),
            file(
                "base/kustomization.yaml",
                include_str!("scaffold/base.yaml"),
                &self.beside("", true).each_ref().map(|(k, v)| (*k, v.as_str())),
            ),
            ("base/flow/flow.yml".to_owned(), flow.to_owned()),
            file(KUSTOMIZE_SETTINGS, include_str!("scaffold/jinaflow.yaml"), &[texts[0], ("@META@", &meta), ("@SPEC@\n", &spec)]),
            file("base/flow/kustomization.yaml", include_str!("scaffold/base-flow.yaml"), &[]),
            file("wiring/kustomization.yaml", include_str!("scaffold/wiring.yaml"), &service),
            ("wiring/kustomizeconfig.yaml".to_owned(), name_references()),
        ];
        files.extend(self.files_of_import("base/"));
        for (environment, suffix) in ENVIRONMENTS {
            let [resources, kept] = self.beside("../../base/", suffix.is_empty());
            let namespace = format!("{}{suffix}", self.namespace);
            let images = commented(&self.example_of_images(), "");
            let patch = commented(&self.example_of_settings(), "      ");
            let images = match images.as_str() {
                "" => String::new(),
                _ => format!("# To use other images in {environment}, remove `# ` from these lines and change them.\n{images}"),
            };
            // An import changes nothing in production, not even a label.
            let has_labels = self.import.is_none() || !suffix.is_empty();
            let labels = if has_labels {
                format!("labels:\n- pairs:\n    environment: {environment}\n  includeTemplates: true\n")
            } else {
                String::new()
            };
            let space = self.import.as_ref().map(|_| field("namespace", namespace.as_str().into(), 0)).unwrap_or_default();
            // The JinaFlow of an import has a namespace, so a patch finds it only by a target.
            let target = if self.import.is_some() { "# - target: {kind: JinaFlow}\n#   patch: |\n" } else { "# - patch: |\n" };
            // The transformer of kustomize would change a namespace that is not the one of the Flow.
            let moves = !suffix.is_empty() || self.import.as_ref().is_none_or(OfImport::is_of_namespace);
            let place = if moves {
                field("namespace", namespace.as_str().into(), 0)
            } else {
                "# No `namespace:` is here, so that each object keeps the one that it has in the export.\n".to_owned()
            };
            let texts = [
                ("@PLACE@\n", place.as_str()),
                ("@LABELS@\n", labels.as_str()),
                ("@SPACE@\n", &space),
                ("@TARGET@\n", target),
                (resources.0, &resources.1),
                (kept.0, &kept.1),
                ("@ENVIRONMENT@", environment),
                ("@NAMESPACE@", &namespace),
                ("@NAME@", &self.name),
                ("@IMAGES@\n", &images),
                ("@PATCH@\n", &patch),
            ];
            files.push(file(&format!("overlays/{environment}/kustomization.yaml"), include_str!("scaffold/overlay.yaml"), &texts));
            files.push(file(
                &format!("overlays/{environment}/flow/kustomization.yaml"),
                include_str!("scaffold/overlay-flow.yaml"),
                &texts,
            ));
        }
        files
    }

    /// The files of a kpt package. The JinaFlow contains the text of the Flow.
    pub fn kpt(&self, flow: &str) -> Vec<NewFile> {
        let todo = self.todo(KPT_SETTINGS);
        let texts = [("@NAME@", self.name.as_str()), ("@TODO@", todo.as_str())];
        let namespace = if self.has_own_namespace { field("namespace", self.namespace.as_str().into(), 2) } else { String::new() };
        let spec = format!("{}{}", self.spec(" Replace each TODO."), field("flow", flow.into(), 2));
        let texts_of_flow = [texts[0], ("@META@", &namespace), ("@SPEC@\n", &spec)];
        let mut files = vec![
            file("README.md", include_str!("scaffold/kpt-README.md"), &texts),
            file("Kptfile", include_str!("scaffold/Kptfile"), &texts),
            file(KPT_SETTINGS, include_str!("scaffold/kpt-jinaflow.yaml"), &texts_of_flow),
        ];
        if let Some(import) = &self.import {
            let OfImport { others, outside, not_built, .. } = import;
            for (folder, list) in [(OTHERS, others), (OUTSIDE, outside), (NOT_BUILT, not_built)] {
                files.extend(list.iter().map(|(name, text)| (format!("{folder}/{name}"), text.clone())));
            }
        }
        if self.import.as_ref().is_some_and(|import| !import.not_built.is_empty()) {
            files.push((".krmignore".to_owned(), format!("{NOT_BUILT}\n")));
        }
        files
    }

    /// The resources and components beside the Flow, for a kustomization from which the base is at `base`.
    fn beside(&self, base: &str, is_production: bool) -> [(&'static str, String); 2] {
        let has = |test: fn(&OfImport) -> bool| self.import.as_ref().is_some_and(test);
        let others = has(|import| !import.others.is_empty()).then(|| format!("- {base}{OTHERS}\n"));
        let root = if base.is_empty() { "../" } else { "../../" };
        let outside = (is_production && has(|import| !import.outside.is_empty())).then(|| format!("- {root}{OUTSIDE}\n"));
        let list = others.into_iter().chain(outside).collect::<String>();
        let resources = if list.is_empty() { list } else { format!("resources:\n{list}") };
        let kept = if has(|import| !import.kept.is_empty()) { format!("- {base}{KEPT}\n") } else { String::new() };
        [("@RESOURCES@\n", resources), ("@KEPT@\n", kept)]
    }

    /// The files of an import beside the Flow, in a kustomize tree.
    fn files_of_import(&self, base: &str) -> Vec<NewFile> {
        let Some(import) = &self.import else { return Vec::new() };
        let mut files = Vec::new();
        for (folder, others, header) in [
            (format!("{base}{OTHERS}"), &import.others, "# Objects that do not belong to the Flow, as they were beside the export.\n"),
            (OUTSIDE.to_owned(), &import.outside, "# Objects of other namespaces and of the whole cluster. Only production has them.\n"),
        ] {
            if others.is_empty() {
                continue;
            }
            files.extend(others.iter().map(|(name, text)| (format!("{folder}/{name}"), text.clone())));
            let names: Vec<Node<'_>> = others.iter().map(|(name, _)| name.into()).collect();
            let text = format!("{header}{}{}", kustomization("v1beta1", "Kustomization"), field("resources", names.into(), 0));
            files.push((format!("{folder}/kustomization.yaml"), text));
        }
        files.extend(import.not_built.iter().map(|(name, text)| (format!("{NOT_BUILT}/{name}"), text.clone())));
        if !import.kept.is_empty() {
            let header = "# What no field of the JinaFlow expresses.\n";
            let text = format!("{header}{}patches:\n{}", kustomization("v1alpha1", "Component"), import.kept);
            files.push((format!("{base}{KEPT}/kustomization.yaml"), text));
        }
        files
    }

    /// The fields below `spec`, each with a comment. `todo` is the sentence about variables without a value.
    fn spec(&self, todo: &str) -> String {
        let mut out = String::new();
        if let Some(import) = &self.import {
            out.push_str(&indented(&import.comments, "  "));
            let mut spec = String::new();
            yaml::write(&Data::Map(import.spec.clone()).into(), &mut spec);
            out.push_str(&indented(&spec, "  "));
        }
        for (name, value) in &self.fields {
            out.push_str(&field(name, value.clone(), 2));
        }
        if !self.context.is_empty() {
            out.push_str("  # Values of the variables in the Flow.");
            out.push_str(if self.unset.is_empty() { "" } else { todo });
            out.push('\n');
            out.push_str(&field("context", map(&self.context), 2));
        }
        if !self.optional.is_empty() {
            let names = self.optional.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ");
            out.push_str(&format!("  # Without a value in `context`, these words stay unchanged: {names}\n"));
        }
        if !self.spec_images.is_empty() {
            out.push_str("  # The image for each `uses`.");
            out.push_str(if self.missing.is_empty() { "\n" } else { " Replace each image on the host image-not-set.invalid.\n" });
            out.push_str(&field("images", map(&self.spec_images), 2));
        }
        out.push_str("  # More settings, for example:\n");
        out.push_str(&indented(&self.example(&["resources"]), "  # "));
        out
    }

    /// A sentence about the values that the user must set; empty if there are none.
    fn todo(&self, settings: &str) -> String {
        let what = match (self.unset.is_empty(), self.missing.is_empty()) {
            (true, true) => return String::new(),
            (false, true) => "`context`",
            (true, false) => "`images`",
            (false, false) => "`context` and `images`",
        };
        format!("\nFirst, set the values that {settings} has below {what}.")
    }

    /// The name of an image in the rendered objects, for an example of kustomize.
    fn name_of_image(&self) -> String {
        let missing = self.spec_images.iter().filter(|(key, _)| self.missing.contains(key)).map(|(_, image)| image);
        let mut images = missing.chain(&self.images).filter_map(|image| Some(image_entry(image).get("name")?.as_text()?.to_owned()));
        images.next().unwrap_or_else(|| "OLD".to_owned())
    }

    fn example_of_settings(&self) -> String {
        let mut out = String::new();
        if let Some((name, value)) = self.context.first() {
            out.push_str(&field("context", map(&[(name.clone(), value.clone())]), 0));
        }
        out.push_str(&self.example(&["replicas", "resources"]));
        out
    }

    /// Settings of an executor, or of the gateway if the Flow has no executors.
    fn example(&self, names: &[&'static str]) -> String {
        let resources = || entry("requests", Data::Map(vec![pair("cpu", Node::plain("500m")), pair("memory", Node::plain("1Gi"))]).into());
        let value = |name: &'static str| if name == "replicas" { Node::plain("2") } else { resources() };
        let settings: Node<'_> = Data::Map(names.iter().map(|name| pair(name, value(name))).collect()).into();
        match &self.executor {
            None => field("gateway", settings, 0),
            Some(executor) => field("executors", Data::Map(vec![(executor.as_str().into(), settings)]).into(), 0),
        }
    }

    fn example_of_images(&self) -> String {
        let entries: Vec<Node<'_>> = self.images.iter().map(|image| image_entry(image)).collect();
        if entries.is_empty() { String::new() } else { field("images", entries.into(), 0) }
    }
}

/// The entry of kustomize's `images` that changes nothing: the image with its own tag or digest.
fn image_entry(image: &str) -> Node<'_> {
    let place = image.rfind('/').map_or(0, |slash| slash + 1);
    let (name, field, value) = match (image.split_once('@'), image[place..].rfind(':')) {
        (Some((name, digest)), _) => (name, "digest", digest),
        (None, Some(colon)) => (&image[..place + colon], "newTag", &image[place + colon + 1..]),
        (None, None) => (image, "newTag", "latest"),
    };
    Data::Map(vec![pair("name", name.into()), pair(field, value.into())]).into()
}

/// The rules by which kustomize renames Services, with a header for their place in the tree.
fn name_references() -> String {
    let rules = include_str!("../../functions/jinaflow/kustomizeconfig.yaml");
    let header = rules.split_inclusive('\n').take_while(|line| line.starts_with('#')).map(str::len).sum();
    format!("{}{}", include_str!("scaffold/kustomizeconfig-header.yaml"), &rules[header..])
}

/// The first lines of a kustomization.
fn kustomization(version: &str, kind: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/{version}\nkind: {kind}\n")
}

fn pair<'n>(name: &'static str, value: Node<'n>) -> (Node<'n>, Node<'n>) {
    (Node::field(name), value)
}

fn entry<'n>(name: &'static str, value: Node<'n>) -> Node<'n> {
    Data::Map(vec![pair(name, value)]).into()
}

fn map(entries: &[(String, String)]) -> Node<'_> {
    Data::Map(entries.iter().map(|(name, value)| (name.into(), value.into())).collect()).into()
}

/// A field as YAML text at a column.
fn field(name: &'static str, value: Node<'_>, indent: usize) -> String {
    let mut text = String::new();
    yaml::write(&entry(name, value), &mut text);
    indented(&text, &" ".repeat(indent))
}

/// Lines with a prefix. Empty lines stay empty, because in a block scalar a prefix would be content.
fn indented(text: &str, prefix: &str) -> String {
    text.split_inclusive('\n').flat_map(|line| [if line == "\n" { "" } else { prefix }, line]).collect()
}

/// Lines as comments, at a column of the text after the `# `.
fn commented(text: &str, indent: &str) -> String {
    indented(text, &format!("# {indent}"))
}

/// A file from a template.
fn file(name: &str, template: &str, texts: &[(&str, &str)]) -> NewFile {
    let mut text = template.to_owned();
    for (mark, value) in texts {
        let is_scalar = !name.ends_with(".md") && ["@NAME@", "@NAMESPACE@", "@SERVICE@"].contains(mark);
        text = if is_scalar { text.replace(mark, &scalar(value)) } else { text.replace(mark, value) };
    }
    (name.to_owned(), text)
}

/// A string as a YAML scalar. A name such as `2024` or `on` needs quotes.
fn scalar(text: &str) -> String {
    let text = field("a", text.into(), 0);
    text.strip_prefix("a: ").unwrap_or(&text).trim_end().to_owned()
}
