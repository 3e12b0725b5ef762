//! From a config to the objects of its Flow, and what follows from them for a caller.

mod rendering;
pub mod applicable;
pub mod kept;

pub use rendering::Rendering;
