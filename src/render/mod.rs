//! From a config to the objects of its Flow, and answers that follow from them.

mod rendering;
pub mod applicable;
pub mod kept;

pub use rendering::Rendering;
