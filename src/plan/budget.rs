//! A limit on the size of the manifests of one call.
//!
//! A short config can request a huge output: ten executors with 10,000 shards each, all with the same long `env`. No
//! cluster can run this output, so the config is refused before the output fills the memory of the machine.

use super::component::{Arg, Component, Piece};
use crate::finding::{Code, Findings, Path};

/// The most bytes of manifests in one call, approximately. This is the size of 24,000 ordinary components.
const MOST: usize = 128 << 20;

/// The approximate number of bytes in all objects of a component that do not come from the Flow.
const FRAME: usize = 5 << 10;

/// The bytes that are left for the manifests of all Flows of a call.
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
    /// Spends the size of a component. Returns whether any budget is left.
    pub fn take(&mut self, component: &Component) -> bool {
        self.take_bytes(FRAME + size(component) + component.workload.bytes)
    }

    /// Spends a number of bytes. Returns whether any budget is left.
    pub fn take_bytes(&mut self, bytes: usize) -> bool {
        self.left = self.left.saturating_sub(bytes);
        !self.is_spent()
    }

    /// Whether no budget is left.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Reports a budget that is spent.
    pub fn check(&self, path: &Path<'_>, findings: &mut Findings) {
        if self.is_spent() {
            let finding = Code::TooLarge.error(path, format!("needs more than {} MB of manifests", MOST >> 20));
            findings.push(finding.fix("use fewer executors or shards, or shorter options"));
        }
    }
}

/// The number of bytes in the strings of a component.
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
