//! A call of the function, after its list is read.

use super::flow_run::FlowRun;
use super::own_items::ReadItem;
use crate::krm::{Caller, ResourceList};
use crate::reconcile::{Generated, Memories};
use crate::report::SubjectFinding;

/// A call of the function.
pub struct Call<'d, 'l, 't> {
    /// The list that the function was called with.
    pub list: &'l ResourceList<'t>,
    /// The program that called the function.
    pub caller: Caller,
    /// All JinaFlows of the list.
    pub present: &'d [ReadItem<'d>],
    /// The JinaFlows that are rendered or checked.
    pub runs: Vec<FlowRun<'d>>,
    /// The items of the list that were generated from JinaFlows.
    pub generated: Vec<Generated<'l>>,
    /// The records of the last render.
    pub memories: Vec<Memories>,
    /// Findings so far.
    pub findings: Vec<SubjectFinding>,
}
