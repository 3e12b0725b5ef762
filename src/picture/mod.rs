//! A set of objects as a graph: workloads, the addresses that they call, exposure, claims, and the faults that a check finds.

mod mark;
mod model;
mod words;
mod entrances;
mod claims;
mod families;
mod builder;
mod draw;
mod ids;
mod members;
mod mermaid;
mod dot;
mod width;
mod layers;
mod layout;
mod svg;

pub use dot::write as write_dot;
pub use draw::{Side, draw, draw_change};
pub use mark::{Mark, WorkloadName};
pub use mermaid::{exceeds_limits, write as write_mermaid};
pub use model::{Group, Link, LinkStyle, Node, NodeKind, Picture};
pub use svg::write as write_svg;
