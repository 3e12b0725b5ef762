//! Finds the deliberate differences from Jina that apply to a Flow.
//!
//! A correction is a difference that can be turned off. It applies to an object that changes if the correction alone is
//! turned off, or if it alone is turned on. The other differences exist in every mode and cannot be turned off. Each of
//! these is recognized by a sign in the Flow or in its objects.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::rendering::Rendering;
use crate::config::JinaFlow;
use crate::config::always::{self, Always};
use crate::config::corrections::{self, Corrections};
use crate::config::hub_name::HubName;
use crate::finding::{Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::inherited::Options;
use crate::jina::older::PODS;
use crate::jina::options::{self, Opt};
use crate::jina::placeholders::PLACEHOLDERS;
use crate::jina::scalar::{retyped, yaml11};
use crate::jina::setting;
use crate::jina::topology::Executor;
use crate::jina::value::Value;
use crate::krm::ObjectRef;
use crate::plan::{Budget, WAIT};
use crate::yaml::{Data, Node, Style};

/// The label of an object, `Kind/name`, and its YAML.
type Labelled = (String, String);

/// The corrections that apply to a Flow, each with the objects that it changes, as `Kind/name`.
pub fn corrected(config: &JinaFlow) -> Vec<(&'static corrections::Row, Vec<String>)> {
    let Some(flow) = &config.flow else { return Vec::new() };
    let mut settings = config.settings.clone();
    let mut objects = |only: Corrections| {
        settings.only = Some(only);
        Rendering::with(flow, &settings, &Path::root(""), &mut Budget::default(), &mut Findings::default())
            .map(|rendering| labelled(&rendering))
            .unwrap_or_default()
    };
    let (all, none) = (objects(Corrections::ALL), objects(Corrections::NONE));
    let mut applying = Vec::new();
    for row in corrections::TABLE {
        let without = objects(Corrections::ALL.without(row.correction));
        let with = objects(Corrections::NONE.with(row.correction));
        let mut seen: HashSet<&str> = HashSet::new();
        let changed = [(&all, &without), (&without, &all), (&none, &with), (&with, &none)];
        let labels = changed.into_iter().flat_map(|(before, after)| changed_labels(before, after)).filter(|label| seen.insert(label));
        let labels: Vec<String> = labels.map(str::to_owned).collect();
        if !labels.is_empty() {
            applying.push((row, labels));
        }
    }
    applying
}

/// The objects of `before` that are not in `after`.
fn changed_labels<'o>(before: &'o [Labelled], after: &[Labelled]) -> Vec<&'o str> {
    // Objects keep their order unless an object is added or removed.
    let same_length = before.len() == after.len();
    let known: HashSet<&Labelled> = if same_length { HashSet::new() } else { after.iter().collect() };
    let is_there =
        |(place, object): (usize, &Labelled)| if same_length { after.get(place) == Some(object) } else { known.contains(object) };
    before.iter().enumerate().filter(|object| !is_there(*object)).map(|(_, (label, _))| label.as_str()).collect()
}

fn labelled(rendering: &Rendering) -> Vec<Labelled> {
    let objects = rendering.objects().flat_map(|(_, objects)| objects);
    let labelled = objects.map(|object| {
        let ObjectRef { kind, name, .. } = ObjectRef::of(&object.node);
        let mut written = String::new();
        crate::yaml::write(&object.node, &mut written);
        (format!("{kind}/{name}"), written)
    });
    labelled.collect()
}

/// The differences that exist in every mode, as far as they apply to a Flow. `source` is the Flow as the user wrote it.
pub fn always(config: &JinaFlow, source: &Node<'_>) -> Vec<&'static always::Row> {
    let mut found = Found::default();
    found.read(source);
    let mut findings = Findings::default();
    if let Some(rendering) = Rendering::of(config, &Path::root(""), &mut Budget::default(), &mut findings) {
        for (component, objects) in rendering.objects() {
            found.names.extend([component.name.clone(), component.node.clone()]);
            found.names.extend(component.containers.iter().map(|container| container.image.clone()));
            for object in objects {
                found.emitted(&object.node);
            }
        }
        found.names.extend(rendering.target().namespace.map(str::to_owned));
    }
    always::TABLE.iter().filter(|row| found.has(row.always, config, source)).collect()
}

#[derive(Default)]
struct Found {
    /// The scalars of the Flow, each with whether it is quoted.
    texts: Vec<(String, bool)>,
    /// All strings of the objects.
    emitted: Vec<String>,
    /// The names of objects and executors, the images, and the namespace.
    names: Vec<String>,
}

impl Found {
    fn read(&mut self, node: &Node<'_>) {
        node.any_scalar(&mut |scalar| {
            self.texts.push((scalar.text.clone().into_owned(), scalar.style == Style::Quoted));
            false
        });
    }

    fn emitted(&mut self, node: &Node<'_>) {
        node.any_scalar(&mut |scalar| {
            if scalar.style == Style::Quoted {
                self.emitted.push(scalar.text.clone().into_owned());
            }
            false
        });
    }

    fn any_text(&self, test: impl Fn(&str) -> bool) -> bool {
        self.texts.iter().any(|(text, _)| test(text))
    }

    fn has(&self, always: Always, config: &JinaFlow, source: &Node<'_>) -> bool {
        let flow = config.flow.as_ref();
        let executors: &[Executor] = flow.map(|flow| flow.executors.as_slice()).unwrap_or_default();
        let given = |key: &str| source.get(key);
        match always {
            Always::ExactArguments => {
                // Jina's export has no service config.
                let own = Value::Str(WAIT.to_owned()).to_json();
                self.emitted.iter().any(|text| is_mangled_by_repr(&text.replace(&own, "")))
            }
            Always::BracesInText => self.any_text(|text| PLACEHOLDERS.iter().any(|name| text.contains(&format!("{{{name}}}")))),
            Always::QuotedText => self.texts.iter().any(|(text, quoted)| *quoted && retyped(text) != Value::Str(text.clone())),
            Always::BlockText => self.texts.iter().any(|(text, quoted)| *quoted && text.contains('\n')),
            Always::BangsInText => self.any_text(|text| text.contains("jtype: ") || is_followed_by_word(text, '!')),
            Always::NamesAsText => self.names.iter().any(|name| yaml11(name).is_some()),
            Always::QuotedOutput => self.emitted.iter().any(|text| is_a_string_to_pyyaml_only(text)),
            Always::RelativeWorkspace => {
                executors.iter().filter_map(|executor| executor.options.text(Opt::Workspace)).any(|path| !path.starts_with('/'))
            }
            Always::InspectionNames => executors.iter().any(|executor| executor.name.starts_with("_aux_")),
            Always::PortOfExternal => executors.iter().any(|executor| {
                let is_bare = |host: &String| !host.split("://").last().unwrap_or_default().contains(':');
                executor.options.flag(Opt::External)
                    && executor.options.ports().is_empty()
                    && executor.options.strings(Opt::Host).iter().any(is_bare)
            }),
            Always::OlderLanguages => flow.is_some_and(|flow| flow.list == PODS),
            Always::ValuesWithoutEffect => has_unread_value(source),
            Always::NoShell => self.any_text(|text| is_followed_by_word(text, '$') || text.contains("${")),
            Always::EmptySections => {
                let is_empty = |node: &Node<'_>| node.is_null();
                given("with").is_some_and(is_empty) || given("executors").is_some_and(is_empty) || has_empty_list(source)
            }
            Always::OrdinaryNames => {
                flow.is_some_and(|flow| flow.kind == Kind::Flow)
                    && executors.iter().any(|e| e.name.contains('-') || yaml11(&e.name).is_some())
            }
            Always::DeploymentVersion => {
                flow.is_some_and(|flow| flow.kind == Kind::Deployment) && ["version", "name", "uses"].iter().any(|key| given(key).is_some())
            }
            Always::TextualDates => self.texts.iter().any(|(text, quoted)| !quoted && (text == "=" || is_date(text))),
            Always::InlineClasses => options_of(flow).any(|options| options.inline().is_some()),
            Always::InspectionChains => {
                let removed = flow.and_then(|flow| flow.with_removed.as_deref()).unwrap_or_default();
                removed.iter().any(|executor| executor.needs.iter().any(|need| need.starts_with("_aux_")))
            }
            Always::MappingsInLists => has_mapping_in_list(source),
            Always::InlineDeployments => {
                let list = given("executors").or_else(|| given("deployments")).and_then(Node::as_list).unwrap_or_default();
                list.iter().any(|entry| entry.tag.is_some() || entry.get("jtype").is_some())
            }
            Always::HubSchemes => options_of(flow).any(|options| {
                let uses = options.text(Opt::Uses).and_then(HubName::parse);
                uses.is_some_and(|name| !name.is_docker())
            }),
            Always::FilesInTheImage => options_of(flow).any(|options| {
                let log_config = options.text(Opt::LogConfig).is_some_and(|path| path.contains(['/', '.']));
                log_config || !options.strings(Opt::PyModules).is_empty()
            }),
            Always::FewStatefulReplicas => options_of(flow).any(|options| options.flag(Opt::Stateful) && options.int(Opt::Replicas) < 3),
            Always::ProviderPort => {
                flow.is_some_and(|flow| flow.kind == Kind::Deployment)
                    && options_of(flow).any(|options| options.provider().is_some())
                    && given("with").and_then(|with| with.get("port")).is_some_and(|port| port.as_text() == Some("8080"))
            }
            Always::OtherYaml => {
                let first = source.as_map().and_then(<[_]>::first).and_then(|(key, _)| key.as_text());
                source.tag.is_none() && first != Some("jtype")
            }
            // These differences are errors in jinaflow. A Flow with errors does not get this far.
            Always::NeedsThatExist
            | Always::GrpcInside
            | Always::ObjectNames
            | Always::EnvironmentNames
            | Always::KubernetesTakes
            | Always::WholeAddresses
            | Always::NumbersInRange
            | Always::DashedValues
            | Always::BooleansForFlags
            | Always::OneValue
            | Always::SectionShapes
            | Always::WaysToAdd
            | Always::PythonArguments
            | Always::InternalRoles
            | Always::References
            | Always::NestedFiles
            | Always::Bounds
            | Always::BuiltInClasses
            | Always::WholeOptions
            | Always::KnownOptions => false,
        }
    }
}

/// The options of every executor and of the gateway.
fn options_of(flow: Option<&Flow>) -> impl Iterator<Item = &Options> {
    let gateway = flow.and_then(|flow| flow.gateway.as_ref());
    flow.into_iter().flat_map(|flow| &flow.executors).map(|executor| &executor.options).chain(gateway)
}

/// Whether Python's `repr` of a string is another string in YAML: YAML has no escapes in single quotes.
fn is_mangled_by_repr(text: &str) -> bool {
    let repr = Value::Str(text.to_owned()).to_repr();
    repr.starts_with('\'') && repr[1..repr.len() - 1] != *text
}

fn is_followed_by_word(text: &str, mark: char) -> bool {
    text.match_indices(mark).any(|(at, _)| text[at + 1..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// Whether Jina writes a string without quotes that kubectl reads as a boolean or a number.
fn is_a_string_to_pyyaml_only(text: &str) -> bool {
    let word = matches!(text.to_ascii_lowercase().as_str(), "on" | "off" | "y" | "n");
    let number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) && text.parse::<f64>().is_ok();
    word || text.starts_with("0o") || (number && yaml11(text).is_none())
}

/// Whether a string is a date such as `2024-01-01`, with or without a time.
fn is_date(text: &str) -> bool {
    let is_number = |part: &str, lengths: RangeInclusive<usize>| lengths.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let date: Vec<&str> = text.split(['T', 't', ' ']).next().unwrap_or_default().split('-').collect();
    matches!(date.as_slice(), [year, month, day] if is_number(year, 4..=4) && is_number(month, 1..=2) && is_number(day, 1..=2))
}

fn has_empty_list(node: &Node<'_>) -> bool {
    let is_it = |key: &Node<'_>, value: &Node<'_>| {
        matches!(key.as_text(), Some("volumes" | "image_pull_secrets")) && value.as_list().is_some_and(<[_]>::is_empty)
    };
    match &node.data {
        Data::Map(pairs) => pairs.iter().any(|(key, value)| is_it(key, value) || has_empty_list(value)),
        Data::List(entries) => entries.iter().any(has_empty_list),
        Data::Scalar(_) => false,
    }
}

/// Whether an option without effect has a value that is not valid.
fn has_unread_value(node: &Node<'_>) -> bool {
    let is_it = |key: &Node<'_>, value: &Node<'_>| {
        let row = key.as_text().and_then(options::find).filter(|row| row.effect.reason().is_some() || row.opt == Opt::PortMonitoring);
        row.is_some_and(|row| setting::read(row, value).is_err())
    };
    match &node.data {
        Data::Map(pairs) => pairs.iter().any(|(key, value)| is_it(key, value) || has_unread_value(value)),
        Data::List(entries) => entries.iter().any(has_unread_value),
        Data::Scalar(_) => false,
    }
}

/// Whether a list of `key=value` strings contains a mapping.
fn has_mapping_in_list(node: &Node<'_>) -> bool {
    let is_it = |key: &Node<'_>, value: &Node<'_>| {
        let row = key.as_text().and_then(options::find);
        row.is_some_and(|row| row.kind == options::ValueKind::Pairs)
            && value.as_list().is_some_and(|entries| entries.iter().any(|entry| entry.as_map().is_some()))
    };
    match &node.data {
        Data::Map(pairs) => pairs.iter().any(|(key, value)| is_it(key, value) || has_mapping_in_list(value)),
        Data::List(entries) => entries.iter().any(has_mapping_in_list),
        Data::Scalar(_) => false,
    }
}
