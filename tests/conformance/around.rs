//! Checks whether the objects around the pods of a Flow still lead to them. This is a second opinion on `jinaflow
//! check`; they share no code.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::label;
use crate::support::wiring::{self, called_addresses, contains, host_and_port, namespace, strings};

/// The faults of a Flow, of its pods and of everything around them.
pub fn faults(objects: &[Value]) -> Vec<String> {
    let mut around = Around { objects, faults: wiring::faults(objects) };
    for object in objects {
        let spec = &object["spec"];
        match object["kind"].as_str().unwrap_or_default() {
            "Deployment" | "StatefulSet" => around.workload(object),
            "HorizontalPodAutoscaler" | "ScaledObject" => around.scaler(object),
            "PodDisruptionBudget" => around.selects_one(object, &spec["selector"]["matchLabels"]),
            "NetworkPolicy" => around.selects_one(object, &spec["podSelector"]["matchLabels"]),
            "PodMonitor" => around.monitor(object),
            "Ingress" => around.ingress(object),
            "HTTPRoute" | "GRPCRoute" => around.route(object),
            "Namespace" => around.namespace(object),
            _ => {}
        }
    }
    around.edges();
    around.faults
}

struct Around<'o> {
    objects: &'o [Value],
    faults: Vec<String>,
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The containers of a workload's pods.
pub fn containers(workload: &Value) -> impl Iterator<Item = &Value> {
    let pod = &workload["spec"]["template"]["spec"];
    ["containers", "initContainers"].into_iter().flat_map(move |field| list(&pod[field]))
}

fn pod_labels(workload: &Value) -> &Value {
    &workload["spec"]["template"]["metadata"]["labels"]
}

impl<'o> Around<'o> {
    fn fault(&mut self, object: &Value, what: &str) {
        self.faults.push(format!("{}: {what}", label(object)));
    }

    fn find(&self, kind: &str, from: &Value, name: &Value) -> Option<&'o Value> {
        self.objects.iter().find(|o| o["kind"] == kind && namespace(o) == namespace(from) && o["metadata"]["name"] == *name)
    }

    fn workloads(&self) -> impl Iterator<Item = &'o Value> {
        self.objects.iter().filter(|o| o["kind"] == "Deployment" || o["kind"] == "StatefulSet")
    }

    fn selected(&self, from: &Value, selector: &Value) -> Vec<&'o Value> {
        self.workloads().filter(|w| namespace(w) == namespace(from) && contains(pod_labels(w), selector)).collect()
    }

    fn selects_one(&mut self, object: &Value, selector: &Value) {
        let number = self.selected(object, selector).len();
        if number != 1 {
            self.fault(object, &format!("selects the pods of {number} workloads"));
        }
    }

    /// Asserts that a referenced object exists, or that the referring object declares it as external.
    fn reference(&mut self, from: &Value, kind: &str, name: &Value) {
        let external = from["metadata"]["annotations"]["flow.jina.ai/external"].as_str().unwrap_or_default();
        let word = format!("{}/{}", kind.to_lowercase(), name.as_str().unwrap_or_default());
        if self.find(kind, from, name).is_none() && !external.split(',').any(|declared| declared == word) {
            self.fault(from, &format!("no {kind} {name}"));
        }
    }

    fn workload(&mut self, workload: &'o Value) {
        let pod = &workload["spec"]["template"]["spec"];
        let mut volumes: BTreeSet<&str> = BTreeSet::new();
        for volume in list(&pod["volumes"]) {
            volumes.extend(volume["name"].as_str());
            for (source, key, kind) in [
                ("configMap", "name", "ConfigMap"),
                ("secret", "secretName", "Secret"),
                ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
            ] {
                if !volume[source].is_null() {
                    self.reference(workload, kind, &volume[source][key]);
                }
            }
        }
        volumes.extend(list(&workload["spec"]["volumeClaimTemplates"]).filter_map(|claim| claim["metadata"]["name"].as_str()));
        for secret in list(&pod["imagePullSecrets"]) {
            self.reference(workload, "Secret", &secret["name"]);
        }
        if !pod["serviceAccountName"].is_null() {
            self.reference(workload, "ServiceAccount", &pod["serviceAccountName"]);
        }
        for container in containers(workload) {
            for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                for source in list(&container["envFrom"]).filter(|source| !source[field].is_null()) {
                    self.reference(workload, kind, &source[field]["name"]);
                }
            }
            for secret in list(&container["env"]).map(|v| &v["valueFrom"]["secretKeyRef"]).filter(|secret| !secret.is_null()) {
                self.reference(workload, "Secret", &secret["name"]);
                let found = self.find("Secret", workload, &secret["name"]);
                if found.is_some_and(|found| found["data"][secret["key"].as_str().unwrap_or_default()].is_null()) {
                    self.fault(workload, &format!("no key {} in {}", secret["key"], secret["name"]));
                }
            }
            for mount in list(&container["volumeMounts"]) {
                if !mount["name"].as_str().is_some_and(|name| volumes.contains(name)) {
                    self.fault(workload, &format!("mounts {}, which is not a volume", mount["name"]));
                }
            }
            let ports: Vec<&Value> = list(&container["ports"]).map(|port| &port["containerPort"]).collect();
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"].map(|probe| &container[probe]) {
                for port in [&probe["grpc"]["port"], &probe["httpGet"]["port"]] {
                    if !port.is_null() && !ports.contains(&port) {
                        self.fault(workload, &format!("a probe uses port {port}, where nothing listens"));
                    }
                }
            }
        }
        let affinity = &pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"];
        let spread = list(&pod["topologySpreadConstraints"]).chain(list(affinity).map(|term| &term["podAffinityTerm"]));
        for constraint in spread {
            if !contains(pod_labels(workload), &constraint["labelSelector"]["matchLabels"]) {
                self.fault(workload, &format!("is not spread: {}", constraint["labelSelector"]));
            }
        }
    }

    fn scaler(&mut self, scaler: &Value) {
        let target = &scaler["spec"]["scaleTargetRef"];
        match self.find(target["kind"].as_str().unwrap_or_default(), scaler, &target["name"]) {
            None => self.fault(scaler, &format!("scales {}, which does not exist", target["name"])),
            Some(workload) if !workload["spec"]["replicas"].is_null() => self.fault(scaler, "scales a workload with fixed replicas"),
            Some(_) => {}
        }
        for name in list(&scaler["spec"]["triggers"]).map(|trigger| &trigger["authenticationRef"]["name"]).filter(|name| !name.is_null()) {
            self.reference(scaler, "TriggerAuthentication", name);
        }
    }

    fn monitor(&mut self, monitor: &Value) {
        let selector = &monitor["spec"]["selector"]["matchLabels"];
        self.selects_one(monitor, selector);
        let pods = self.selected(monitor, selector);
        let ports: Vec<&Value> = pods.into_iter().flat_map(containers).flat_map(|c| list(&c["ports"])).map(|port| &port["name"]).collect();
        for endpoint in list(&monitor["spec"]["podMetricsEndpoints"]) {
            if !ports.contains(&&endpoint["port"]) {
                self.fault(monitor, &format!("reads port {}, which no pod has", endpoint["port"]));
            }
        }
    }

    fn backend(&mut self, from: &Value, name: &Value, port: &Value) {
        let service = self.find("Service", from, name);
        if !service.is_some_and(|service| list(&service["spec"]["ports"]).any(|known| known["port"] == *port)) {
            self.fault(from, &format!("leads to {name}:{port}, which does not exist"));
        }
    }

    fn ingress(&mut self, ingress: &Value) {
        for path in list(&ingress["spec"]["rules"]).flat_map(|rule| list(&rule["http"]["paths"])) {
            let service = &path["backend"]["service"];
            self.backend(ingress, &service["name"], &service["port"]["number"]);
        }
    }

    fn route(&mut self, route: &Value) {
        for parent in list(&route["spec"]["parentRefs"]) {
            self.reference(route, "Gateway", &parent["name"]);
        }
        for backend in list(&route["spec"]["rules"]).flat_map(|rule| list(&rule["backendRefs"])) {
            self.backend(route, &backend["name"], &backend["port"]);
        }
    }

    fn namespace(&mut self, object: &Value) {
        if !self.objects.iter().any(|o| object["metadata"]["name"] == namespace(o)) {
            self.fault(object, "is a namespace without objects");
        }
    }

    /// Asserts that the policies of both pods allow each call.
    fn edges(&mut self) {
        let workloads: Vec<&Value> = self.workloads().collect();
        for caller in workloads {
            for address in containers(caller).flat_map(called_addresses) {
                let (host, port) = host_and_port(&address);
                let port: u64 = port.parse().unwrap_or_default();
                let Some(service) = self.find("Service", caller, &host.into()) else { continue };
                let target = list(&service["spec"]["ports"]).find(|known| known["port"] == port).map(|known| &known["targetPort"]);
                let Some(target) = target else { continue };
                for callee in self.selected(service, &service["spec"]["selector"]) {
                    if !self.allows(caller, "Egress", callee, target) {
                        self.fault(caller, &format!("may not call {} at {target}", label(callee)));
                    }
                    if !self.allows(callee, "Ingress", caller, target) {
                        self.fault(callee, &format!("may not be called by {} at {target}", label(caller)));
                    }
                }
            }
        }
    }

    /// Whether the policies for a workload's pods allow traffic from or to another workload, at a port of the called
    /// one. When there are policies, every workload must have one.
    fn allows(&self, workload: &Value, direction: &str, other: &Value, port: &Value) -> bool {
        let (rules, peers) = if direction == "Ingress" { ("ingress", "from") } else { ("egress", "to") };
        let here = |policy: &&Value| policy["kind"] == "NetworkPolicy" && namespace(policy) == namespace(workload);
        if !self.objects.iter().any(|policy| here(&policy)) {
            return true;
        }
        let fits = |rule: &Value| {
            let to_peer = rule[peers].is_null()
                || list(&rule[peers])
                    .any(|peer| peer["namespaceSelector"].is_null() && contains(pod_labels(other), &peer["podSelector"]["matchLabels"]));
            to_peer && (rule["ports"].is_null() || list(&rule["ports"]).any(|known| known["port"] == *port && known["protocol"] == "TCP"))
        };
        self.objects
            .iter()
            .filter(here)
            .filter(|policy| contains(pod_labels(workload), &policy["spec"]["podSelector"]["matchLabels"]))
            .any(|policy| !strings(&policy["spec"]["policyTypes"]).contains(&direction) || list(&policy["spec"][rules]).any(fits))
    }
}
