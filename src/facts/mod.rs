//! What a set of objects runs and needs, whoever wrote them: the place of each workload in its Flow, its pods and what they request,
//! how its pods are replaced, and what has to be in the cluster beforehand.

mod quantity;
mod rollout;
mod amounts;
mod place;
mod key;
mod replicas;
mod claims;
mod totals;
mod needs;
mod pod_needs;
mod object_needs;
mod component;
mod side;
mod columns;
mod summary_text;
mod summary_markdown;
mod summary_json;

pub use amounts::{Amounts, add, containers, of_pod, of_surge};
pub use key::Key;
pub use needs::Need;
pub use object_needs::needs;
pub use place::Place;
pub use quantity::Quantity;
pub use rollout::{Order, Rollout, sleep_before_stop};
pub use side::Side;
pub use summary_json::{ShownTotals, shown_totals, write_json};
pub use summary_markdown::write_markdown;
pub use summary_text::write_text;
pub use totals::Totals;
