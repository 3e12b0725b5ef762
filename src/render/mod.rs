//! From a config to the objects of its Flow, and what follows from them for a caller.

pub mod applicable;
pub mod kept;
mod rendering;

pub use rendering::Rendering;
