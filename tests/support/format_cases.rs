//! Values of fields with a format: those that are refused, and those that the API server accepts.

/// A field with values in place of `@`.
pub struct Format {
    /// The lines of a JinaFlow's `spec`.
    pub spec: &'static str,
    /// The code of the error for the refused values.
    pub code: &'static str,
    pub refused: &'static [&'static str],
    pub accepted: &'static [&'static str],
}

impl Format {
    /// The `spec` with a value.
    pub fn with(&self, value: &str) -> String {
        self.spec.replace('@', value)
    }
}

const fn of(spec: &'static str, code: &'static str, refused: &'static [&'static str], accepted: &'static [&'static str]) -> Format {
    Format { spec, code, refused, accepted }
}

const PORTS: [&[&str]; 2] = [&["0", "65536", "99999"], &["1", "65535"]];
const OBJECTS: [&[&str]; 2] = [&["A", "a_b", "-a", "a b", "a..b"], &["a", "1.2", "a-b.c"]];
const NAMESPACES: [&[&str]; 2] = [&["A", "a.b", "a_"], &["a", "a-1"]];
const HOSTS: [&[&str]; 2] = [
    &["A.com", "'*'", "1.2.3.4", "a_b.com", "'a.com:80'", "a.com.", "'*.*.com'", "'http://a.com'"],
    &["a.com", "'*.a.com'", "a", "xn--bcher-kva.example"],
];
const ANNOTATIONS: [&[&str]; 2] = [&["a b", "a/b/c", "''", "/a", "'x:y'"], &["a", "example.com/a_B", "EXAMPLE.com/a"]];
const RANGES: [&[&str]; 2] = [
    &["10.0.0.5", "10.0.0.1/8", "999.0.0.0/8", "10.0.0.0/33", "010.0.0.0/8", "10.0.0.0/08", "'fd00::1/8'", "'::ffff:10.0.0.0/104'", "x"],
    &["10.0.0.0/8", "10.0.0.5/32", "0.0.0.0/0", "'fd00::/8'", "'::/0'"],
];
const SERVERS: [&[&str]; 2] = [&["'grpc://c'", "a b", "'c:4317'", "'fd00::1'"], &["c", "Collector.observability", "1.2.3.4", "https://c"]];

/// All fields with a format.
pub static FORMATS: &[Format] = &[
    of("gateway: {expose: {port: @}}", "value-out-of-range", PORTS[0], PORTS[1]),
    of("gateway: {expose: {type: NodePort, nodePort: @}}", "value-out-of-range", PORTS[0], &["30000", "32767"]),
    of("networkPolicy: {egress: {allowTo: {x: {port: @}}}}", "value-out-of-range", PORTS[0], PORTS[1]),
    of("telemetry: {traces: {host: c, port: @}}", "value-out-of-range", PORTS[0], PORTS[1]),
    of("telemetry: {metrics: {host: c, port: @}}", "value-out-of-range", PORTS[0], PORTS[1]),
    of("gateway: {httpRoute: {gateways: {w: {}}, backends: {x: {port: @}}}}", "value-out-of-range", PORTS[0], PORTS[1]),
    of(
        "gateway: {httpRoute: {gateways: {w: {}}, backends: {x: {weight: @}}}}",
        "value-out-of-range",
        &["-1", "1000001"],
        &["0", "1000000"],
    ),
    of("gateway: {grpcRoute: {gateways: {w: {}}, backends: {x: {}}, weight: @}}", "value-out-of-range", &["1000001"], &["0", "1000000"]),
    of("gateway: {httpRoute: {gateways: {w: {}}, timeoutSeconds: @}}", "value-out-of-range", &["0", "100000"], &["1", "99999"]),
    of("gateway: {ingress: {hosts: {@: {}}}}", "invalid-name", HOSTS[0], HOSTS[1]),
    of("gateway: {httpRoute: {gateways: {w: {}}, hostnames: {@: {}}}}", "invalid-name", HOSTS[0], HOSTS[1]),
    of("gateway: {grpcRoute: {gateways: {w: {}}, hostnames: {@: {}}}}", "invalid-name", HOSTS[0], HOSTS[1]),
    of("telemetry: {traces: {host: @}}", "invalid-name", SERVERS[0], SERVERS[1]),
    of("telemetry: {metrics: {host: @}}", "invalid-name", SERVERS[0], SERVERS[1]),
    of(
        "gateway: {ingress: {hosts: {a.com: {path: @}}}}",
        "value-not-allowed",
        &["x", "/a//b", "/a/./b", "/a/../b", "/a/..", "/.", "/a%2fb", "/a%2Fb"],
        &["/", "/a", "/a/b/", "/a b", "/.a"],
    ),
    of("gateway: {ingress: {className: @}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("gateway: {ingress: {hosts: {a.com: {tls: @}}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("gateway: {httpRoute: {gateways: {@: {}}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("gateway: {httpRoute: {gateways: {w: {namespace: @}}}}", "invalid-name", NAMESPACES[0], NAMESPACES[1]),
    of("gateway: {grpcRoute: {gateways: {w: {sectionName: @}}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("gateway: {grpcRoute: {gateways: {w: {}}, backends: {@: {}}}}", "invalid-name", &["A", "a.b", "a_"], &["a", "a-1"]),
    of("gateway: {grpcRoute: {gateways: {w: {}}, backends: {X_: {service: @}}}}", "invalid-name", &["A", "a.b", "a_"], &["a", "a-1"]),
    of("gateway: {grpcRoute: {gateways: {w: {}}, backends: {x: {namespace: @}}}}", "invalid-name", NAMESPACES[0], NAMESPACES[1]),
    of("executors: {encoder: {storage: {className: @}}}", "invalid-name", OBJECTS[0], &["fast", "''"]),
    of("executors: {encoder: {storage: {existingClaim: @}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("executors: {encoder: {priorityClassName: @}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {serviceAccountName: @}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {imagePullSecrets: {@: {}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {secrets: {@: {env: true}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {configMaps: {@: {env: true}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {envFromSecret: {A: {name: @, key: k}}}", "invalid-name", OBJECTS[0], OBJECTS[1]),
    of("defaults: {envFromSecret: {A: {name: s, key: @}}}", "invalid-name", &["a b", "a/b", "..", "..a"], &["tls.crt", "A_b", "a..b"]),
    of("defaults: {envFromSecret: {@: {name: s, key: k}}}", "invalid-name", &["a=b", "'='"], &["A_B", "a-b"]),
    of(
        "executors: {encoder: {autoscale: {max: 2, keda: {triggers: {t: {type: cron, metadata: {a: b}, authentication: @}}}}}}",
        "invalid-name",
        OBJECTS[0],
        OBJECTS[1],
    ),
    of(
        "executors: {encoder: {storage: {accessModes: {@: {}}}}}",
        "value-not-allowed",
        &["x", "readwriteonce", "RWO"],
        &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"],
    ),
    of(
        "executors: {encoder: {storage: {accessModes: {ReadWriteOnce: {}, @: {}}}}}",
        "conflicting-fields",
        &["ReadWriteOncePod"],
        &["ReadWriteMany"],
    ),
    of("networkPolicy: {allowFrom: {x: {cidr: @}}}", "value-not-allowed", RANGES[0], RANGES[1]),
    of("networkPolicy: {egress: {allowTo: {x: {cidr: @}}}}", "value-not-allowed", RANGES[0], RANGES[1]),
    of("networkPolicy: {allowFrom: {@: {}}}", "invalid-name", &["X_", "a.b"], &["web"]),
    of("networkPolicy: {allowFrom: {x: {namespace: @}}}", "invalid-name", NAMESPACES[0], NAMESPACES[1]),
    of("networkPolicy: {egress: {allowTo: {@: {port: 5}}}}", "invalid-name", &["X_", "a.b"], &["web"]),
    of(
        "networkPolicy: {allowFrom: {X_: {@}}}",
        "invalid-name",
        &["to: metrics", "podLabels: {}"],
        &["podLabels: {a: b}", "cidr: 10.0.0.0/8"],
    ),
    of("monitoring: {interval: @}", "value-not-allowed", &["30", "x", "1.5s", "1s1m", "' 1s'"], &["30s", "1m30s", "500ms", "0"]),
    of("namespace: {annotations: {@: v}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("defaults: {annotations: {@: v}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("gateway: {expose: {annotations: {@: v}}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("gateway: {ingress: {annotations: {@: v}}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("gateway: {httpRoute: {gateways: {w: {}}, annotations: {@: v}}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("gateway: {grpcRoute: {gateways: {w: {}}, annotations: {@: v}}}", "invalid-name", ANNOTATIONS[0], ANNOTATIONS[1]),
    of("defaults: {nodeSelector: {@: v}}", "invalid-label", &["a b", "A/b", "''"], &["a", "example.com/a_B"]),
    of("defaults: {nodeSelector: {a: @}}", "invalid-label", &["a b", "-a"], &["b_C", "''"]),
    of("defaults: {topologySpread: {@: {}}}", "invalid-label", &["''", "a b", "A/b"], &["topology.kubernetes.io/zone"]),
    of("defaults: {secrets: {s: {env: true, prefix: @}}}", "invalid-name", &["'='", "a=b", "é"], &["DB_", "a-b"]),
    of("defaults: {configMaps: {c: {env: true, prefix: @}}}", "field-too-new", &["1X", "a b"], &["_1X"]),
    of("defaults: {envFromSecret: {@: {name: s, key: k}}}", "field-too-new", &["1X", "a b"], &["X1"]),
    of("kubernetesVersion: '1.32'\ndefaults: {secrets: {s: {env: true, prefix: @}}}", "invalid-name", &["a=b"], &["1X", "a b"]),
    of("defaults: {tolerations: {@: {}}}", "invalid-name", &["A/b", "a b"], &["nvidia.com/gpu", "''"]),
    of("defaults: {tolerations: {t: {key: @}}}", "invalid-label", &["A/b", "a b"], &["nvidia.com/gpu", "''"]),
    of("defaults: {tolerations: {t: {value: @}}}", "invalid-label", &["a b", "-a"], &["b_C", "''", "true"]),
    of(
        "defaults: {tolerations: {gpu: {@}}}",
        "conflicting-fields",
        &["seconds: 5", "seconds: 5, effect: NoSchedule", "operator: Exists, value: x", "key: '', value: x", "key: '', operator: Equal"],
        &["seconds: 5, effect: NoExecute", "seconds: '5', effect: NoExecute", "operator: Exists, value: ''", "operator: Equal"],
    ),
    of("defaults: {rollingUpdate: {maxSurge: @}}", "wrong-type", &["+5%", "'%'", "x", "1.5", "-1"], &["5", "'5'", "150%", "1000%", "'1'"]),
    of("defaults: {rollingUpdate: {maxUnavailable: @}}", "value-out-of-range", &["101%"], &["100%", "'5'"]),
    of("defaults: {pdb: {minAvailable: @}}", "value-out-of-range", &["101%", "3000000000"], &["100%", "'5'", "0"]),
    of("defaults: {pdb: {maxUnavailable: @}}", "value-out-of-range", &["101%", "3000000000"], &["100%", "'5'", "0%"]),
    of("defaults: {topologySpread: {a: {maxSkew: @}}}", "value-out-of-range", &["0"], &["2", "'2'"]),
];
