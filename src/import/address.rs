//! Addresses in the arguments of gateways and heads.

/// An address: `grpc://encoder.search.svc:8080`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The scheme; empty if there is none.
    pub scheme: &'a str,
    /// The name of the host.
    pub host: &'a str,
    /// The port; empty if there is none.
    pub port: &'a str,
}

impl<'a> Address<'a> {
    /// Reads an address.
    pub fn of(text: &'a str) -> Self {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (host, port) = rest.rsplit_once(':').unwrap_or((rest, ""));
        Self { scheme, host, port }
    }

    /// Whether the address requires TLS.
    pub fn has_tls(&self) -> bool {
        matches!(self.scheme, "grpcs" | "https" | "wss" | "websockets")
    }

    /// The protocol of Jina, if it is not gRPC.
    pub fn protocol(&self) -> Option<&'static str> {
        match self.scheme {
            "http" | "https" => Some("HTTP"),
            "ws" | "wss" | "websocket" | "websockets" => Some("WEBSOCKET"),
            _ => None,
        }
    }

    /// The name of the Service and its namespace, for a host inside the cluster: `NAME.NAMESPACE.svc`.
    pub fn service(&self) -> Option<(&'a str, &'a str)> {
        let mut parts = self.host.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(namespace), Some("svc")) => Some((name, namespace)),
            _ => None,
        }
    }
}
