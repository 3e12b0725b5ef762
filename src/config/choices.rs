//! Fields with a fixed set of values.

/// Defines enums. Each variant has the string that YAML and flags use.
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

            /// Returns the variant with this string.
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
    /// `spec.compat`: whether the manifests contain corrections of Jina's export.
    #[derive(Default)]
    Compat {
        /// Manifests with all corrections.
        #[default]
        None = "none",
        /// The objects that Jina 3.34 exports, defects included.
        Jina334 = "jina-3.34",
    }

    /// `spec.missingImages`: the result of a render while an image is not set.
    #[derive(Default)]
    MissingImages {
        /// Manifests with placeholder images, and a warning.
        #[default]
        Placeholder = "placeholder",
        /// An error.
        Error = "error",
    }

    /// `spec.variables`: the use of variables and references in the Flow.
    #[derive(Default)]
    Variables {
        /// Their values replace them.
        #[default]
        Replace = "replace",
        /// They stay in the text. All values of the Flow are final.
        Keep = "keep",
    }

    /// `spec.jcloud`: the use of `jcloud` blocks, the settings for Jina's former cloud.
    Jcloud {
        /// The settings of the blocks are the weakest settings of the pods.
        Translate = "translate",
        /// The blocks have no effect, as in Jina's export.
        Ignore = "ignore",
    }

    /// `spec.output.onConflict`: the action for a field that the user changed in a generated file and that the Flow
    /// changed too.
    #[derive(Default)]
    OnConflict {
        /// jinaflow keeps the user's value and warns.
        #[default]
        Keep = "keep",
        /// jinaflow writes the Flow's value and warns.
        Overwrite = "overwrite",
        /// jinaflow changes nothing and fails.
        Error = "error",
    }

    /// `spec.mesh`: the component that balances requests over replicas.
    Mesh {
        /// gRPC, over headless Services.
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

    /// `spec.networkPolicy.allowFrom.*.to`: the ports that a peer may call.
    Callee {
        /// The ports of the gateway's protocols.
        Gateway = "gateway",
        /// The ports of the metrics.
        Metrics = "metrics",
    }

    /// `securityProfile`, after the levels of the Pod Security Standards.
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

    /// `probes`: the way in which the kubelet checks health.
    ProbeStyle {
        /// The kubelet's own gRPC probes.
        Grpc = "grpc",
        /// HTTP probes.
        Http = "http",
        /// `jina ping` in the container.
        Ping = "ping",
    }
}
