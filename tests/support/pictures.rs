//! Reads pictures of `jinaflow graph` back: Mermaid and DOT as jinaflow writes them, and any XML.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A picture that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The lines of each node by its ID.
    pub nodes: BTreeMap<String, Vec<String>>,
    /// The lines between nodes.
    pub links: Vec<DrawnLink>,
    /// The title and the nodes of each group.
    pub groups: Vec<(String, BTreeSet<String>)>,
}

/// A line between two nodes.
#[derive(Debug, PartialEq, Eq)]
pub struct DrawnLink {
    pub from: String,
    pub to: String,
    pub labels: Vec<String>,
    pub is_dashed: bool,
    /// Whether the line is a volume.
    pub is_mount: bool,
}

impl Drawn {
    /// The first line of a node without the number of pods.
    pub fn name(&self, id: &str) -> &str {
        let title = self.nodes[id][0].as_str();
        title.rsplit_once(" ×").or_else(|| title.split_once(" on each node")).map_or(title, |(name, _)| name)
    }
}

/// The text of a Mermaid label: entities and line breaks.
fn mermaid_lines(label: &str) -> Vec<String> {
    label.split("<br/>").map(mermaid_text).collect()
}

fn mermaid_text(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('#') {
        let (number, behind) = after.split_once(';').unwrap_or_else(|| panic!("not an entity: {line}"));
        out.push_str(before);
        out.push(char::from_u32(number.parse().unwrap()).unwrap());
        rest = behind;
    }
    // A space without width only separates characters.
    (out + rest).replace('\u{200b}', "")
}

/// Reads Mermaid. A line that jinaflow never writes panics.
pub fn mermaid(text: &str) -> Drawn {
    let mut drawn = Drawn::default();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("flowchart LR"));
    // The open groups, by their place in the picture.
    let mut open: Vec<usize> = Vec::new();
    for line in lines.map(str::trim_start) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "classDef" | "class" | "linkStyle" => assert!(!rest.is_empty(), "{line}"),
            "end" => drop(open.pop().unwrap()),
            "subgraph" => {
                let title = rest.split_once("[\"").and_then(|(_, rest)| rest.strip_suffix("\"]")).unwrap_or_else(|| panic!("{line}"));
                open.push(drawn.groups.len());
                drawn.groups.push((mermaid_text(title), BTreeSet::new()));
            }
            _ => {
                if let Some(arrow) = ["-->", "-.->", "---"].into_iter().find(|arrow| !word.contains('"') && rest.starts_with(arrow)) {
                    let (label, to) = rest[arrow.len()..].rsplit_once(' ').unwrap();
                    let label = label.strip_prefix("|\"").map(|label| label.strip_suffix("\"|").unwrap());
                    let labels = label.map(mermaid_lines).unwrap_or_default();
                    let (from, to) = (word.to_owned(), to.to_owned());
                    drawn.links.push(DrawnLink { from, to, labels, is_dashed: arrow == "-.->", is_mount: arrow == "---" });
                } else {
                    let (id, rest) = line.split_once(['[', '(']).unwrap_or_else(|| panic!("{line}"));
                    let label = rest.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).unwrap_or_else(|| panic!("{line}")).0;
                    assert!(!label.contains('"'), "{line}");
                    assert_eq!(drawn.nodes.insert(id.to_owned(), mermaid_lines(label)), None, "{line}");
                    for group in &open {
                        drawn.groups[*group].1.insert(id.to_owned());
                    }
                }
            }
        }
    }
    assert!(open.is_empty(), "{text}");
    drawn
}

/// The attributes in brackets, with strings as their text.
fn attributes(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text.strip_suffix(']').unwrap_or_else(|| panic!("{text}"));
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').unwrap();
        let (value, behind) = if let Some(quoted) = after.strip_prefix('"') {
            let mut value = String::new();
            let mut letters = quoted.char_indices();
            let end = loop {
                match letters.next().unwrap_or_else(|| panic!("an open string: {text}")) {
                    (end, '"') => break end,
                    (_, '\\') => match letters.next().unwrap().1 {
                        'n' => value.push('\n'),
                        c @ ('"' | '\\') => value.push(c),
                        c => panic!("an unknown escape {c}: {text}"),
                    },
                    (_, c) => value.push(c),
                }
            };
            (value.replace("&amp;", "&"), &quoted[end + 1..])
        } else {
            let end = after.find(',').unwrap_or(after.len());
            (after[..end].to_owned(), &after[end..])
        };
        found.insert(name.to_owned(), value);
        rest = behind.strip_prefix(", ").unwrap_or(behind);
    }
    found
}

/// Reads DOT as jinaflow writes it.
pub fn dot(text: &str) -> Drawn {
    let mut drawn = Drawn::default();
    let mut open: Vec<usize> = Vec::new();
    let body = text.strip_prefix("digraph flow {\n").and_then(|text| text.strip_suffix("}\n")).unwrap();
    let lines_of = |attributes: &BTreeMap<String, String>| -> Vec<String> { attributes["label"].split('\n').map(str::to_owned).collect() };
    for line in body.lines().map(str::trim_start) {
        if let Some(label) = line.strip_prefix("label=") {
            drawn.groups[*open.last().unwrap()].0 = attributes(&format!("label={label}]")).remove("label").unwrap();
        } else if line == "}" {
            open.pop().unwrap();
        } else if line.starts_with("subgraph cluster_") {
            open.push(drawn.groups.len());
            drawn.groups.push(Default::default());
        } else {
            let (head, rest) = line.split_once(" [").unwrap_or_else(|| panic!("{line}"));
            if ["graph", "node", "edge"].contains(&head) {
                continue;
            }
            let look = attributes(rest);
            if let Some((from, to)) = head.split_once(" -> ") {
                let labels = lines_of(&look).into_iter().filter(|label| !label.is_empty()).collect();
                let (from, to) = (from.to_owned(), to.to_owned());
                let is_mount = look.contains_key("arrowhead");
                drawn.links.push(DrawnLink {
                    from,
                    to,
                    labels,
                    is_dashed: look.get("style").is_some_and(|style| style == "dashed"),
                    is_mount,
                });
            } else {
                assert_eq!(drawn.nodes.insert(head.to_owned(), lines_of(&look)), None, "{line}");
                for group in &open {
                    drawn.groups[*group].1.insert(head.to_owned());
                }
            }
        }
    }
    assert!(open.is_empty(), "{text}");
    drawn
}

/// Reads XML without declarations, comments and CDATA. Returns the text of each element `text`, or a fault.
pub fn xml_strings(xml: &str) -> Result<Vec<String>, String> {
    let mut open: Vec<&str> = Vec::new();
    let mut texts = Vec::new();
    let mut rest = xml;
    let mut is_closed = false;
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(wrong) = xml.chars().find(|c| !is_allowed(*c)) {
        return Err(format!("{wrong:?} is no character of XML"));
    }
    while let Some((content, after)) = rest.split_once('<') {
        let content = xml_text(content)?;
        match open.last() {
            Some(&"text") => texts.push(content),
            None if !content.trim().is_empty() => return Err(format!("text outside of the root: {content}")),
            _ => {}
        }
        let (tag, behind) = after.split_once('>').ok_or("an open tag")?;
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes another element"));
            }
            is_closed = open.is_empty();
            continue;
        }
        if is_closed {
            return Err("a second root".to_owned());
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("<{tag}> has no name"));
        }
        while !attributes.is_empty() {
            let (_, value) = attributes.split_once("=\"").ok_or_else(|| format!("<{tag}> has a wrong attribute"))?;
            let (value, behind) = value.split_once('"').ok_or_else(|| format!("<{tag}> has an open attribute"))?;
            if value.contains('<') {
                return Err(format!("<{tag}> has < in an attribute"));
            }
            xml_text(value)?;
            attributes = behind.trim_start();
        }
        if !is_empty {
            open.push(name);
        }
    }
    if open.is_empty() && is_closed && rest.trim().is_empty() { Ok(texts) } else { Err("the end is missing".to_owned()) }
}

fn xml_text(text: &str) -> Result<String, String> {
    const ENTITIES: [(&str, char); 5] = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\'')];
    if text.contains("]]>") {
        return Err("]]> in text".to_owned());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, c) = ENTITIES.iter().find(|(name, _)| after.starts_with(name)).ok_or_else(|| format!("an unknown entity: {text}"))?;
        out.push_str(before);
        out.push(*c);
        rest = &after[name.len()..];
    }
    Ok(out + rest)
}

/// A Flow with strings in every place that a picture shows. `words` has six strings.
pub fn objects_with(words: &[String; 6]) -> String {
    let [executor, image, size, host, address, namespace] = words;
    let container = |args: Value| json!({"name": "executor", "image": image, "command": ["jina"], "args": args, "resources": {"requests": {"cpu": "1", "memory": size}}});
    let workload = |kind: &str, name: &str, container: Value| {
        json!({
            "apiVersion": "apps/v1", "kind": kind,
            "metadata": {"name": name, "namespace": namespace, "labels": {"flow.jina.ai/flow": executor, "flow.jina.ai/executor": executor}},
            "spec": {
                "replicas": size,
                "volumeClaimTemplates": [{"metadata": {"name": host}, "spec": {"resources": {"requests": {"storage": size}}}}],
                "template": {"metadata": {"labels": {"app": name}}, "spec": {
                    "containers": [container], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": image}}]}},
            },
        })
    };
    let service = |name: &str, app: &str, kind: &str| {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
            "spec": {"type": kind, "selector": {"app": app}, "ports": [{"port": 8080, "targetPort": 8080, "nodePort": size}]}})
    };
    let addresses = json!({executor: ["grpc://executor:8080", address, format!("grpc://{address}:1")], address: [host]}).to_string();
    let graph = json!({"start-gateway": [executor], executor: ["end-gateway"]}).to_string();
    let gateway = container(json!(["gateway", "--port", "8080", "--graph-description", graph, "--deployments-addresses", addresses]));
    let head = container(json!([
        "executor",
        "--name",
        format!("{executor}/head"),
        "--port",
        "8080",
        "--connection-list",
        json!({"0": "shard:8080", "1": address}).to_string()
    ]));
    let shard = container(json!(["executor", "--name", executor, "--port", "8080", "--shard-id", "0", "--shards", "2"]));
    let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": image, "namespace": namespace},
        "spec": {"rules": [{"host": host, "http": {"paths": [{"backend": {"service": {"name": "gateway", "port": {"number": 8080}}}}]}}]}});
    let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GRPCRoute", "metadata": {"name": executor, "namespace": namespace},
        "spec": {"hostnames": [host], "parentRefs": [{"name": address}], "rules": [{"backendRefs": [{"name": "gateway", "port": 8080}]}]}});
    let objects = [
        workload("Deployment", "gateway", gateway),
        service("gateway", "gateway", "LoadBalancer"),
        workload("Deployment", &format!("{executor}-x"), head),
        service("executor", &format!("{executor}-x"), "NodePort"),
        workload("StatefulSet", "shard", shard),
        service("shard", "shard", "ClusterIP"),
        ingress,
        route,
    ];
    objects.map(|object| object.to_string()).join("\n---\n")
}
