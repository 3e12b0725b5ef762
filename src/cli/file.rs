//! A file of manifests.

/// A file, or standard input.
#[derive(Debug)]
pub struct File {
    /// The name in messages.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}
