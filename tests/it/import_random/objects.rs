//! The objects of a Flow, as random edits change them.

use serde_json::{Value, json};

/// The objects of a Flow, and the place of the component that is edited.
pub struct Objects {
    pub all: Vec<Value>,
    /// The name of the workload.
    pub name: String,
}

pub fn is_workload(object: &Value) -> bool {
    object["kind"] == "Deployment" || object["kind"] == "StatefulSet"
}

impl Objects {
    /// The names of the workloads.
    pub fn workloads(all: &[Value]) -> Vec<String> {
        all.iter().filter(|object| is_workload(object)).map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect()
    }

    pub fn workload(&mut self) -> &mut Value {
        let name = &self.name;
        self.all.iter_mut().find(|object| is_workload(object) && object["metadata"]["name"] == name.as_str()).unwrap()
    }

    pub fn seen(&self) -> &Value {
        self.all.iter().find(|object| is_workload(object) && object["metadata"]["name"] == self.name.as_str()).unwrap()
    }

    pub fn pod(&mut self) -> &mut Value {
        &mut self.workload()["spec"]["template"]["spec"]
    }

    /// The container of the executor or of the gateway, which is the first one.
    pub fn container(&mut self) -> &mut Value {
        &mut self.pod()["containers"][0]
    }

    pub fn containers(&mut self) -> &mut Vec<Value> {
        self.pod()["containers"].as_array_mut().unwrap()
    }

    pub fn configmap(&mut self) -> Option<&mut Value> {
        let name = format!("{}-configmap", self.name);
        self.all.iter_mut().find(|object| object["kind"] == "ConfigMap" && object["metadata"]["name"] == name.as_str())
    }

    pub fn service(&mut self) -> Option<&mut Value> {
        let name = &self.name;
        self.all.iter_mut().find(|object| object["kind"] == "Service" && object["metadata"]["name"] == name.as_str())
    }

    /// All objects of the component: those whose names begin with the name of its workload and that select its pods.
    pub fn own(&mut self) -> Vec<&mut Value> {
        let name = self.name.clone();
        let is_own = |object: &Value| match object["kind"].as_str().unwrap_or_default() {
            "ConfigMap" => {
                [format!("{name}-configmap"), format!("{name}-config")].iter().any(|own| object["metadata"]["name"] == own.as_str())
            }
            "Service" => object["spec"]["selector"]["app"] == name.as_str(),
            _ => object["metadata"]["name"] == name.as_str(),
        };
        self.all.iter_mut().filter(|object| is_own(object)).collect()
    }

    pub fn role(&self) -> String {
        self.seen()["spec"]["template"]["metadata"]["labels"]["pod_type"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether these are only some of the pods of an executor: its head, or a shard.
    pub fn is_part(&self) -> bool {
        let executor = self.seen()["spec"]["template"]["metadata"]["labels"]["jina_deployment_name"].clone();
        let labels = |object: &Value| object["spec"]["template"]["metadata"]["labels"].clone();
        let is_head = |object: &Value| is_workload(object) && labels(object)["pod_type"] == "HEAD";
        self.role() != "GATEWAY" && self.all.iter().any(|object| is_head(object) && labels(object)["jina_deployment_name"] == executor)
    }

    /// The name of the executor in the Flow. The label of the pods has it too, but without characters that labels do not allow.
    pub fn executor(&self) -> String {
        let env = self.seen()["spec"]["template"]["spec"]["containers"][0]["env"].as_array().cloned().unwrap_or_default();
        let name = env.iter().find(|variable| variable["name"] == "JINA_DEPLOYMENT_NAME").map(|variable| &variable["value"]);
        name.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub fn namespace(&self) -> Value {
        self.seen()["metadata"]["namespace"].clone()
    }

    /// The layer of the JinaFlow where a person looks for an edit of this component.
    pub fn layer(&self) -> String {
        let executor = self.executor();
        let shard = self.seen()["spec"]["template"]["metadata"]["labels"]["shard_id"].as_str().unwrap_or_default().to_owned();
        match self.role().as_str() {
            "GATEWAY" => "gateway".to_owned(),
            "HEAD" => format!("executors.{executor}.head"),
            _ if self.is_part() => format!("executors.{executor}.shards.{shard}"),
            _ => format!("executors.{executor}"),
        }
    }
}

/// Adds an entry to a list, which is created if it is missing.
pub fn push(list: &mut Value, entry: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().unwrap().push(entry);
}

/// Removes a field, if it is there.
pub fn remove(object: &mut Value, name: &str) -> bool {
    object.as_object_mut().and_then(|fields| fields.remove(name)).is_some()
}
