//! The properties that the fuzz targets check. The tests use the same file.

#[path = "../tests/support/properties.rs"]
pub mod properties;
