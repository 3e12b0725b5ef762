//! A call from one workload to another.

/// An address that a workload calls, and the workload that it reaches.
#[derive(Debug)]
pub struct Edge {
    /// The calling workload.
    pub from: usize,
    /// The executor that the caller expects there.
    pub executor: String,
    /// The address, with variables expanded.
    pub address: String,
    /// The workload that the address reaches.
    pub to: Option<usize>,
    /// The Service that leads from the address to the workload.
    pub service: Option<usize>,
    /// The port of the pod, if a workload is reached; the port of the address otherwise.
    pub port: Option<u16>,
    /// Whether the address leads nowhere.
    pub is_broken: bool,
    /// Whether the caller needs a name server to resolve the address.
    pub is_name: bool,
}
