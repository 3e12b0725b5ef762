//! `jcloud` blocks: settings for Jina's former cloud. Jina ignores them, so they never refuse a Flow.

use crate::finding::{FieldPath, Mark, Path};
use crate::yaml::Node;

/// The key of a block, which every section may have.
pub const JCLOUD: &str = "jcloud";

/// The part of a Flow that a block is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The Flow, or its `with`.
    Flow,
    /// A Deployment, or its `with`.
    Deployment,
    /// The gateway.
    Gateway,
    /// The executor with this index in the list of executors.
    Executor(usize),
}

/// A block with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The part of the Flow that the block is in.
    pub place: Place,
    /// The path of the block.
    pub path: FieldPath,
    /// The value of the block, of any shape.
    pub node: Node<'static>,
    /// The place of the key in the text.
    pub mark: Mark,
}

/// The blocks of a Flow or a Deployment, in the order in which Jina reads the sections.
pub fn blocks(root: &Node<'_>, is_deployment: bool, path: &Path<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let whole = if is_deployment { Place::Deployment } else { Place::Flow };
    add(&mut blocks, whole, root, path);
    if let Some(with) = root.get("with") {
        add(&mut blocks, whole, with, &path.key("with"));
    }
    if is_deployment {
        return blocks;
    }
    if let Some(gateway) = root.get("gateway") {
        add(&mut blocks, Place::Gateway, gateway, &path.key("gateway"));
    }
    let lists = ["executors", "deployments"].into_iter().filter_map(|name| Some((name, root.get(name)?.as_list()?)));
    if let Some((name, list)) = lists.into_iter().next() {
        let path = path.key(name);
        for (index, executor) in list.iter().enumerate() {
            let path = path.index(index);
            add(&mut blocks, Place::Executor(index), executor, &path);
            if let Some(with) = executor.get("with") {
                add(&mut blocks, Place::Executor(index), with, &path.key("with"));
            }
        }
    }
    blocks
}

fn add(blocks: &mut Vec<Block>, place: Place, above: &Node<'_>, path: &Path<'_>) {
    let found = above.as_map().unwrap_or_default().iter().rev().find(|(key, _)| key.as_text() == Some(JCLOUD));
    blocks.extend(found.map(|(key, node)| Block {
        place,
        path: FieldPath::from(path.key(JCLOUD)),
        node: node.clone().into_owned(),
        mark: key.mark,
    }));
}
