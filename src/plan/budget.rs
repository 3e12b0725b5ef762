//! How much a call may come to.
//!
//! A few words may ask for a great deal: ten executors with 10,000 shards each, all of them with the same long `env`. What
//! no cluster could run anyway is refused before it takes the memory of whoever renders it.

use super::component::{Arg, Component, Piece};
use crate::finding::{Finding, Findings, Path};

/// Bytes of manifests that a call may come to, roughly: 24,000 ordinary components.
const MOST: usize = 128 << 20;

/// What an object has beside the words of the Flow, for all objects of a component.
const FRAME: usize = 5 << 10;

/// What is left for the components of all Flows of a call.
#[derive(Debug)]
pub struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MOST }
    }
}

impl Budget {
    /// Takes what a component needs; says whether it was there.
    pub fn take(&mut self, component: &Component) -> bool {
        self.take_bytes(FRAME + size(component) + component.workload.bytes)
    }

    /// Takes this much; says whether it was there.
    pub fn take_bytes(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes);
        self.left > 0
    }

    /// Reports that there was not enough.
    pub fn check(&self, path: &Path<'_>, findings: &mut Findings) {
        if self.left == 0 {
            let finding = Finding::error(path, format!("comes to more than {} MB of manifests", MOST >> 20));
            findings.push(finding.fix("use fewer executors or shards, or shorter options"));
        }
    }
}

/// Bytes of the texts that a component has of its own.
fn size(component: &Component) -> usize {
    let pair = |(name, value): &(String, String)| name.len() + value.len();
    let word = |arg: &Arg| match arg {
        Arg::Text(text) => text.len(),
        Arg::Namespace => 0,
        Arg::Template(pieces) => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) | Piece::Host(text) => text.len(),
            })
            .sum(),
    };
    let storage = component.storage.iter().flat_map(|storage| &storage.mount_paths).map(String::len);
    let containers = component.containers.iter().map(|container| {
        let secrets = container.secrets.iter().map(|secret| secret.variable.len() + secret.secret.len() + secret.key.len());
        container.image.len() + container.args.iter().map(word).sum::<usize>() + secrets.sum::<usize>()
    });
    component.env.iter().map(pair).sum::<usize>()
        + component.pull_secrets.iter().map(String::len).sum::<usize>()
        + component.config.as_ref().map_or(0, String::len)
        + storage.sum::<usize>()
        + containers.sum::<usize>()
}
