//! A file of manifests.

/// The name of standard input in messages.
pub const STDIN: &str = "stdin";

/// A file, or standard input.
#[derive(Debug)]
pub struct File {
    /// The name in messages.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}
