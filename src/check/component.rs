//! A row of the table that `jinaflow check` prints.

/// A workload that runs Jina, or another workload that a Flow calls.
#[derive(Debug)]
pub struct SeenComponent {
    /// The index of the workload in its cluster.
    pub workload: usize,
    /// The namespace of the workload.
    pub namespace: String,
    /// Kind and name of the workload.
    pub label: String,
    /// The role of the workload, such as `gateway` or `shard 1`.
    pub role: String,
    /// The number of pods, or the bounds of an autoscaler.
    pub replicas: String,
    /// The image of the main container.
    pub image: String,
    /// The addresses that the workload calls.
    pub calls: Vec<String>,
    /// Whether the workload and its calls have no errors.
    pub is_fine: bool,
    /// Whether the workload is known to run Jina.
    pub is_jina: bool,
    /// The name of the executor in Jina.
    pub jina_name: Option<String>,
}
