//! Renders a config into the objects of its Flow, and answers questions about the rendered objects.

mod images;
mod missing_images;
mod rendering;
pub mod adoption;
pub mod applicable;
pub mod kept;

pub use rendering::Rendering;
