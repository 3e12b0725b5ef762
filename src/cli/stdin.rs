//! Standard input.

use std::io::{self, Read as _};
use std::path::Path as FilePath;

use super::failure::{Failure, Result};

/// The name of standard input in messages.
pub const NAME: &str = "stdin";

/// Reads all of standard input.
pub fn read() -> Result<Vec<u8>> {
    let mut input = Vec::with_capacity(4 << 10);
    io::stdin().lock().read_to_end(&mut input).map_err(|error| Failure::unreadable(FilePath::new(NAME), error))?;
    Ok(input)
}
