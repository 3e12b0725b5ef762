//! jinaflow turns a Jina Flow or Deployment into the Kubernetes manifests that run it.
//!
//! jinaflow is a KRM function: a program that reads a `ResourceList` and writes one. [`run`] is the function. [`main`] is
//! the process, which also has a command line.
//!
//! ```
//! let list = b"
//! apiVersion: config.kubernetes.io/v1
//! kind: ResourceList
//! items:
//! - apiVersion: flow.jina.ai/v1alpha1
//!   kind: JinaFlow
//!   metadata:
//!     name: search
//!   spec:
//!     flow:
//!       jtype: Flow
//!       executors:
//!       - name: encoder
//!         uses: docker://registry.example/encoder:1.0
//! ";
//! let mut answer = Vec::new();
//! let outcome = jinaflow::run(list, &mut answer)?;
//! assert!(outcome.success, "{}", outcome.stderr);
//! let answer = String::from_utf8_lossy(&answer);
//! assert!(answer.contains("kind: Deployment") && answer.contains("image: registry.example/encoder:1.0"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Data flows in one direction. A module uses only modules above it in this list, and a file uses only files above it in the
//! list of its `mod.rs`. `tests/it/architecture.rs` checks this.

mod finding;
mod yaml;
mod krm;
mod jina;
mod config;
mod plan;
mod manifests;
mod reconcile;
mod check;
mod facts;
mod picture;
mod compare;
mod render;
mod import;
mod report;
mod function;
mod cli;
#[doc(hidden)]
pub mod internals;

pub use cli::main;
pub use function::{Outcome, run};
