//! Reads merged layers into a [`Workload`]. Each layer was checked before.

use super::choices::{ProbeStyle, Security};
use super::fields::LAYER;
use super::values::{Entry, Fragment, Values, fragment};
use super::workload::{
    Autoscale, Backend, Claims, Expose, Host, Ingress, Keda, Model, Parent, Pdb, Retention, RollingUpdate, Route, SecretKey, Source,
    TopologySpread, Trigger, Workload,
};
use crate::jina::setting::Protocol;
use crate::yaml::Node;

impl Workload {
    /// Reads merged layers.
    pub fn read(merged: &Node<'static>) -> Self {
        let layer = Values::of(merged, LAYER);
        let mut sources: Vec<Source> = layer.entries("configMaps").map(|entry| source(entry, false)).collect();
        sources.extend(layer.entries("secrets").map(|entry| source(entry, true)));
        Self {
            labels: layer.strings("labels"),
            annotations: layer.strings("annotations"),
            env: layer.strings("env"),
            env_from_secret: layer.entries("envFromSecret").filter_map(secret_key).collect(),
            sources,
            resources: layer.fragment("resources"),
            pull_policy: layer.text_or_default("imagePullPolicy"),
            pull_secrets: layer.names("imagePullSecrets"),
            service_account: layer.text("serviceAccountName"),
            security: layer.choice_or_default("securityProfile", Security::parse).unwrap_or_default(),
            host_users: layer.flag("hostUsers"),
            node_selector: layer.strings("nodeSelector"),
            tolerations: layer.entries("tolerations").map(toleration).collect(),
            affinity: layer.fragment("affinity"),
            topology_spread: layer.entries("topologySpread").map(topology_spread).collect(),
            priority_class: layer.text("priorityClassName"),
            rolling_update: layer.below("rollingUpdate").map(rolling_update).unwrap_or_default(),
            drain: layer.int("drainSeconds"),
            probes: layer.choice("probes", ProbeStyle::parse),
            config_file: layer.text_or_default("configFile"),
            replicas: layer.int("replicas"),
            models: layer.entries("models").map(model).collect(),
            storage: layer.below("storage").map(claims),
            autoscale: layer.below("autoscale").map(autoscale),
            pdb: layer.below("pdb").map(pdb).unwrap_or_default(),
            traffic_distribution: layer.text("trafficDistribution"),
            expose: layer.below("expose").map(expose),
            ingress: layer.below("ingress").map(ingress),
            http_route: layer.below("httpRoute").map(|fields| route(fields, Protocol::Http)),
            grpc_route: layer.below("grpcRoute").map(|fields| route(fields, Protocol::Grpc)),
            pod_template: layer.fragment("podTemplate"),
            // Labels are on every object, resources on every container.
            bytes: layer.total_weight() + 7 * (layer.weight("labels") + layer.weight("annotations")) + 2 * layer.weight("resources"),
        }
    }
}

fn secret_key(entry: Entry<'_, '_>) -> Option<SecretKey> {
    Some(SecretKey { variable: entry.name, secret: entry.values.text("name")?, key: entry.values.text("key")? })
}

fn source(Entry { name, values }: Entry<'_, '_>, is_secret: bool) -> Source {
    Source {
        is_secret,
        name,
        env: values.flag_or_default("env").then(|| values.text("prefix").unwrap_or_default()),
        mount_path: values.text("mountPath"),
        optional: values.flag_or_default("optional"),
        external: values.flag_or_default("external"),
    }
}

fn toleration(Entry { name, values }: Entry<'_, '_>) -> Fragment {
    let operator = values.fragment("operator").unwrap_or_else(|| if values.has("value") { "Equal".into() } else { "Exists".into() });
    fragment([
        ("key", Some(values.text("key").unwrap_or(name).into())),
        ("operator", Some(operator)),
        ("value", values.text("value").map(Node::from)),
        ("effect", values.fragment("effect")),
        ("tolerationSeconds", values.int("seconds").map(Node::from)),
    ])
}

fn topology_spread(Entry { name, values }: Entry<'_, '_>) -> TopologySpread {
    TopologySpread {
        key: name,
        max_skew: values.int_or_default("maxSkew").into(),
        when_unsatisfiable: values.fragment("whenUnsatisfiable").unwrap_or_else(|| values.text_or_default("whenUnsatisfiable").into()),
    }
}

fn rolling_update(fields: Values<'_, '_>) -> RollingUpdate {
    RollingUpdate { surge: fields.share("maxSurge"), unavailable: fields.share("maxUnavailable") }
}

fn model(Entry { name, values }: Entry<'_, '_>) -> Model {
    let mount_path = values.text("mountPath").unwrap_or_else(|| format!("/models/{name}"));
    Model { image: values.text("image").unwrap_or_default(), mount_path, name }
}

fn claims(fields: Values<'_, '_>) -> Claims {
    Claims {
        size: fields.text("size"),
        class: fields.text("className"),
        access_modes: fields.names("accessModes"),
        mount_path: fields.text("mountPath"),
        existing: fields.text("existingClaim"),
        retention: fields
            .below("retention")
            .map(|retention| Retention { deleted: retention.text("whenDeleted"), scaled: retention.text("whenScaled") }),
    }
}

fn autoscale(fields: Values<'_, '_>) -> Autoscale {
    let keda = fields.below("keda").map(|keda| Keda {
        triggers: keda.entries("triggers").map(trigger).collect(),
        polling: keda.int("pollingSeconds"),
        cooldown: keda.int("cooldownSeconds"),
    });
    let has_other_target = ["memory", "memoryAverage", "requestsPerSecond", "concurrency", "keda"].into_iter().any(|name| fields.has(name));
    Autoscale {
        min: fields.int_or_default("min"),
        // A missing `max` is reported as a separate error.
        max: fields.int("max").unwrap_or(1),
        cpu: fields.int("cpu").or(if has_other_target { None } else { Some(80) }),
        memory: fields.int("memory"),
        memory_average: fields.text("memoryAverage"),
        requests_per_second: fields.int("requestsPerSecond"),
        concurrency: fields.int("concurrency"),
        scale_down: fields.int("scaleDownSeconds"),
        tolerance: fields.int("tolerance"),
        behavior: fields.fragment("behavior"),
        keda,
    }
}

fn trigger(Entry { name, values }: Entry<'_, '_>) -> Trigger {
    Trigger {
        kind: values.text("type").unwrap_or(name),
        metadata: values.strings("metadata"),
        authentication: values.text("authentication"),
    }
}

fn pdb(fields: Values<'_, '_>) -> Pdb {
    Pdb {
        enabled: fields.flag("enabled"),
        min_available: fields.share("minAvailable"),
        max_unavailable: fields.share("maxUnavailable"),
        unhealthy: fields.text("unhealthyPodEvictionPolicy"),
    }
}

/// The protocol with this name in the config. The name is the scheme of the protocol.
fn protocol(name: &str) -> Option<Protocol> {
    [Protocol::Grpc, Protocol::Http, Protocol::Websocket].into_iter().find(|protocol| protocol.scheme() == name)
}

fn expose(fields: Values<'_, '_>) -> Expose {
    Expose {
        kind: fields.text_or_default("type"),
        name: fields.text("name"),
        port: fields.int_or_default("port"),
        node_port: fields.int("nodePort"),
        protocol: fields.choice("protocol", protocol),
        annotations: fields.strings("annotations"),
    }
}

fn ingress(fields: Values<'_, '_>) -> Ingress {
    let host = |Entry { name, values }: Entry<'_, '_>| Host { name, path: values.text_or_default("path"), tls: values.text("tls") };
    Ingress {
        class: fields.text("className"),
        hosts: fields.entries("hosts").map(host).collect(),
        protocol: fields.choice("protocol", protocol),
        annotations: fields.strings("annotations"),
    }
}

fn route(fields: Values<'_, '_>, default: Protocol) -> Route {
    let parent =
        |Entry { name, values }: Entry<'_, '_>| Parent { name, namespace: values.text("namespace"), section: values.text("sectionName") };
    let backend = |Entry { name, values }: Entry<'_, '_>| Backend {
        service: values.text("service").unwrap_or(name),
        namespace: values.text("namespace"),
        port: values.int("port"),
        weight: values.int_or_default("weight"),
    };
    Route {
        weight: fields.int("weight"),
        backends: fields.entries("backends").map(backend).collect(),
        // The table of a GRPCRoute has no such row.
        timeout: if default == Protocol::Http { fields.int("timeoutSeconds") } else { None },
        gateways: fields.entries("gateways").map(parent).collect(),
        hostnames: fields.names("hostnames"),
        protocol: fields.choice("protocol", protocol).unwrap_or(default),
        annotations: fields.strings("annotations"),
    }
}
