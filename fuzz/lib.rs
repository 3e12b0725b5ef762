//! What the targets hold, from where the tests take it as well.

#[path = "../tests/support/properties.rs"]
pub mod properties;
