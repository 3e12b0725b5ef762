//! What each group of a picture contains.

use super::model::Picture;

/// What a group, or the picture, contains directly.
pub struct Members {
    /// Nodes and groups in the order of the nodes, for each group; the picture comes last.
    of: Vec<Vec<Member>>,
}

/// A node or a group, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Member {
    /// A node.
    Node(usize),
    /// A group.
    Group(usize),
}

impl Members {
    /// The members of all groups.
    pub fn of(picture: &Picture) -> Self {
        let top = picture.groups.len();
        let mut of: Vec<Vec<Member>> = vec![Vec::new(); top + 1];
        let mut is_placed = vec![false; top];
        for (index, node) in picture.nodes.iter().enumerate() {
            let mut group = node.group;
            of[group.unwrap_or(top)].push(Member::Node(index));
            while let Some(inner) = group.filter(|inner| !is_placed[*inner]) {
                is_placed[inner] = true;
                group = picture.groups[inner].parent;
                of[group.unwrap_or(top)].push(Member::Group(inner));
            }
        }
        Self { of }
    }

    /// The members of a group, or of the picture without its groups.
    pub fn in_group(&self, group: Option<usize>) -> &[Member] {
        group.map_or_else(|| self.of.last(), |group| self.of.get(group)).map(Vec::as_slice).unwrap_or_default()
    }
}
