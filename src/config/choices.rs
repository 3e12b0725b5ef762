//! Fields with a fixed set of values.

/// Defines an enum together with the strings by which YAML and flags name its variants.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The allowed values, in the order of the documentation.
            pub const VALUES: &'static [&'static str] = &[$($value),*];

            /// The variant of a value.
            pub fn parse(value: &str) -> Option<Self> {
                match value {
                    $($value => Some($name::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}

choices! {
    /// `spec.compat`: which manifests are rendered.
    #[derive(Default)]
    Compat {
        /// Manifests with all corrections.
        #[default]
        None = "none",
        /// The objects that Jina 3.34 exports, defects included.
        Jina334 = "jina-3.34",
    }

    /// `spec.output.onConflict`: what happens to a field that both the user, in a generated file, and the Flow have changed.
    #[derive(Default)]
    OnConflict {
        /// The user's value stays, with a warning.
        #[default]
        Keep = "keep",
        /// The Flow's value replaces it, with a warning.
        Overwrite = "overwrite",
        /// Nothing is changed, and the run fails.
        Error = "error",
    }

    /// `spec.mesh`: what balances requests over replicas.
    Mesh {
        /// gRPC itself, over headless Services.
        None = "none",
        /// Linkerd. An annotation requests its proxies, as in Jina's export.
        Linkerd = "linkerd",
        /// Istio.
        Istio = "istio",
    }

    /// `spec.monitoring.kind`: the object by which Prometheus finds metrics.
    MonitorKind {
        /// A ServiceMonitor.
        ServiceMonitor = "ServiceMonitor",
        /// A PodMonitor.
        PodMonitor = "PodMonitor",
    }

    /// `spec.networkPolicy.allowFrom.*.to`: what a peer may call.
    Callee {
        /// The gateway.
        Gateway = "gateway",
        /// The ports of the metrics.
        Metrics = "metrics",
    }

    /// `securityProfile`, by the levels of the Pod Security Standards.
    #[derive(Default)]
    Security {
        /// No security context.
        #[default]
        None = "none",
        /// No privileges beyond those that the image starts with.
        Baseline = "baseline",
        /// The requirements of Pod Security admission at its level `restricted`.
        Restricted = "restricted",
    }

    /// `probes`: how the kubelet checks health.
    ProbeStyle {
        /// The kubelet's own gRPC probes.
        Grpc = "grpc",
        /// HTTP probes.
        Http = "http",
        /// `jina ping` in the container.
        Ping = "ping",
    }
}
