//! Standard input.

use std::io::{self, Read as _};

use anyhow::{Context as _, Result};

/// All of standard input.
pub fn read() -> Result<Vec<u8>> {
    let mut input = Vec::with_capacity(4 << 10);
    io::stdin().lock().read_to_end(&mut input).context("stdin: cannot be read")?;
    Ok(input)
}
