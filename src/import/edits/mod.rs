//! Edits of exported objects: finds them, and expresses them in a JinaFlow.
//!
//! [`lift`] gets a JinaFlow that renders the objects before the edits, and the objects after the edits. It returns the
//! JinaFlow that renders the objects after the edits, the place of each edit in it, and what no JinaFlow expresses.
//!
//! The caller
//!
//! 1. makes a JinaFlow with `compat: jina-3.34`, the Flow, the name, the namespace and the images, and no edits;
//! 2. passes the objects of the user. Objects are matched by kind and name, so no two of them have the same kind and name.
//!    Fields that an API server sets must be removed before. A field that is null is treated as missing;
//! 3. writes [`Lifted::config`];
//! 4. keeps [`Lifted::foreign`], the objects that are not objects of the Flow;
//! 5. keeps [`Lifted::left`] in another way, such as a patch of kustomize: an object that the user deleted, and a change that
//!    `spec.patches` refuses;
//! 6. reports [`Lifted::lines`].
//!
//! Each step is proved by a render: a field, a part of `podTemplate` or a patch is kept only if the edit that it expresses is
//! gone and no other difference appears.

mod place;
mod same;
mod difference;
mod part;
mod operations;
mod component;
mod rendered;
mod edit;
mod layer;
mod side;
mod proposal;
mod pod_fields;
mod container_fields;
mod source_fields;
mod object_fields;
mod storage_fields;
mod added_objects;
mod flow_fields;
mod lifters;
mod trial;
mod templates;
mod patches;
mod appended;
mod arranged;
mod words;
mod lifting;

pub use edit::Edit;
pub use lifting::{Lifted, lift};
pub use operations::operations;
