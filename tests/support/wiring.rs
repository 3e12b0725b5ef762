//! Checks whether the objects of a Flow find each other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::label;

/// The faults of a set of objects. The list is empty when every address reaches a pod that listens.
pub fn faults(objects: &[Value]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for object in objects {
        if !seen.insert((namespace(object), label(object))) {
            faults.push(format!("{} is a duplicate", label(object)));
        }
    }
    let of_kind = |kind: &[&str]| objects.iter().filter(|o| kind.contains(&o["kind"].as_str().unwrap_or_default())).collect::<Vec<_>>();
    let cluster = Cluster {
        services: of_kind(&["Service"]),
        workloads: of_kind(&["Deployment", "StatefulSet"]),
        config_maps: of_kind(&["ConfigMap"]),
    };
    for service in &cluster.services {
        cluster.check_service(service, &mut faults);
    }
    for workload in &cluster.workloads {
        cluster.check_workload(workload, &mut faults);
    }
    for monitor in of_kind(&["ServiceMonitor"]) {
        let selected = cluster
            .services
            .iter()
            .any(|s| namespace(s) == namespace(monitor) && contains(&s["metadata"]["labels"], &monitor["spec"]["selector"]["matchLabels"]));
        if !selected || !monitor["spec"]["namespaceSelector"].is_null() {
            faults.push(format!("{} selects no Service", label(monitor)));
        }
    }
    faults
}

struct Cluster<'o> {
    services: Vec<&'o Value>,
    workloads: Vec<&'o Value>,
    config_maps: Vec<&'o Value>,
}

/// The namespace of an object.
pub fn namespace(object: &Value) -> &str {
    object["metadata"]["namespace"].as_str().unwrap_or_default()
}

/// Whether labels match a selector.
pub fn contains(labels: &Value, selector: &Value) -> bool {
    selector.as_object().is_some_and(|s| !s.is_empty() && s.iter().all(|(key, value)| labels[key] == *value))
}

/// The strings of a list.
pub fn strings(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

impl Cluster<'_> {
    fn check_service(&self, service: &Value, faults: &mut Vec<String>) {
        let pods: Vec<_> = self
            .workloads
            .iter()
            .filter(|w| {
                namespace(w) == namespace(service) && contains(&w["spec"]["template"]["metadata"]["labels"], &service["spec"]["selector"])
            })
            .collect();
        let [workload] = pods.as_slice() else {
            faults.push(format!("{} selects the pods of {} workloads", label(service), pods.len()));
            return;
        };
        for port in service["spec"]["ports"].as_array().into_iter().flatten() {
            let target = port["targetPort"].to_string();
            let option = if port["name"] == "monitoring" { "--port-monitoring" } else { "--port" };
            let args = strings(&workload["spec"]["template"]["spec"]["containers"][0]["args"]);
            if !values_of(option, &args).contains(&target.as_str()) {
                faults.push(format!("{}: nothing listens on {target}", label(service)));
            }
            if option == "--port-monitoring" && !args.contains(&"--monitoring") {
                faults.push(format!("{}: no container serves metrics", label(service)));
            }
        }
    }

    fn check_workload(&self, workload: &Value, faults: &mut Vec<String>) {
        let spec = &workload["spec"];
        let name = label(workload);
        if !contains(&spec["template"]["metadata"]["labels"], &spec["selector"]["matchLabels"]) {
            faults.push(format!("{name} does not select its own pods"));
        }
        let is_set = workload["kind"] == "StatefulSet";
        if is_set && !spec["strategy"].is_null() {
            faults.push(format!("{name} has a strategy"));
        }
        if is_set && self.service(namespace(workload), spec["serviceName"].as_str().unwrap_or_default()).is_none() {
            faults.push(format!("{name}: no Service {}", spec["serviceName"]));
        }
        let mut used_ports: BTreeMap<String, String> = BTreeMap::new();
        let pod = &spec["template"]["spec"];
        for container in ["containers", "initContainers"].iter().filter_map(|list| pod[list].as_array()).flatten() {
            let here = format!("{name} {}", container["name"].as_str().unwrap_or_default());
            for source in container["envFrom"].as_array().into_iter().flatten() {
                let config = &source["configMapRef"]["name"];
                if !self.config_maps.iter().any(|c| c["metadata"]["name"] == *config && namespace(c) == namespace(workload)) {
                    faults.push(format!("{here}: no ConfigMap {config}"));
                }
            }
            self.check_args(workload, container, &here, faults);
            let args = strings(&container["args"]);
            let monitoring = if args.contains(&"--monitoring") { values_of("--port-monitoring", &args) } else { Vec::new() };
            for port in values_of("--port", &args).into_iter().chain(monitoring) {
                if let Some(other) = used_ports.insert(port.to_owned(), here.clone()) {
                    faults.push(format!("{here} and {other} both listen on {port}"));
                }
            }
            for mount in container["volumeMounts"].as_array().into_iter().flatten() {
                if mount["mountPath"].as_str().is_none_or(|path| !path.starts_with('/') || path.contains(':')) {
                    faults.push(format!("{here}: has the mount path {}", mount["mountPath"]));
                }
            }
        }
    }

    fn check_args(&self, workload: &Value, container: &Value, here: &str, faults: &mut Vec<String>) {
        let args = arguments(container);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if args.contains(&"--k8s-namespace") {
            faults.push(format!("{here}: the arguments contain a namespace"));
        }
        for json in values_of("--connection-list", &args) {
            let shards: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
            let wanted: Vec<String> = (0..shards.len()).map(|i| i.to_string()).collect();
            if values_of("--shards", &args) != [shards.len().to_string()] || wanted.iter().any(|id| !shards.contains_key(id)) {
                faults.push(format!("{here}: shards are missing"));
            }
        }
        for address in called_addresses(container) {
            let (host, port) = host_and_port(&address);
            // Dots lead out of the namespace: an external executor.
            if host.contains('.') {
                if host.ends_with(".svc") {
                    faults.push(format!("{here}: calls {address}, which no overlay can update"));
                }
                continue;
            }
            let found = self.service(namespace(workload), host);
            if !found.is_some_and(|s| {
                s["spec"]["ports"]
                    .as_array()
                    .is_some_and(|ports| ports.iter().any(|p| port.parse().is_ok_and(|port: u64| p["port"] == port)))
            }) {
                faults.push(format!("{here}: calls {address}, whose Service does not exist"));
            }
        }
    }

    fn service(&self, namespace_: &str, name: &str) -> Option<&Value> {
        self.services.iter().copied().find(|s| namespace(s) == namespace_ && s["metadata"]["name"] == name)
    }
}

/// The arguments of a container as its process receives them.
fn arguments(container: &Value) -> Vec<String> {
    let env: BTreeMap<&str, &str> =
        container["env"].as_array().into_iter().flatten().filter_map(|v| Some((v["name"].as_str()?, v["value"].as_str()?))).collect();
    strings(&container["args"]).into_iter().map(|arg| expanded(arg, &env)).collect()
}

/// The addresses that a gateway or head calls.
pub fn called_addresses(container: &Value) -> Vec<String> {
    let args = arguments(container);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut called: Vec<String> = Vec::new();
    for json in values_of("--deployments-addresses", &args) {
        let addresses: BTreeMap<String, Vec<String>> = serde_json::from_str(json).unwrap_or_default();
        called.extend(addresses.into_values().flatten());
    }
    for json in values_of("--connection-list", &args) {
        let shards: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
        called.extend(shards.into_values());
    }
    called
}

/// The two parts of an address.
pub fn host_and_port(address: &str) -> (&str, &str) {
    let plain = address.split_once("://").map_or(address, |(_, rest)| rest);
    plain.rsplit_once(':').unwrap_or((plain, ""))
}

/// The words after an option, up to the next option.
pub fn values_of<'a>(option: &str, args: &[&'a str]) -> Vec<&'a str> {
    let after = args.iter().position(|arg| *arg == option).map_or(args.len(), |at| at + 1);
    args[after..].iter().take_while(|arg| !arg.starts_with("--")).copied().collect()
}

/// The argument after the kubelet's expansion of variables.
fn expanded(arg: &str, env: &BTreeMap<&str, &str>) -> String {
    let mut out = String::new();
    let mut rest = arg;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(more) = rest.strip_prefix("$$") {
            out.push('$');
            rest = more;
        } else if let Some((name, more)) = rest.strip_prefix("$(").and_then(|r| r.split_once(')')) {
            match env.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = more;
        } else {
            out.push('$');
            rest = &rest[1..];
        }
    }
    out + rest
}
