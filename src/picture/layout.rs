//! Places of nodes, groups and lines on a page, in pixels.

use super::layers::Columns;
use super::members::{Member, Members};
use super::model::{Link, Node, NodeKind, Picture};
use super::width::width;

/// The font sizes of titles, of other lines, and of labels of lines.
pub const TITLE: i64 = 14;
pub const TEXT: i64 = 12;
pub const LABEL: i64 = 11;
/// The distance of baselines.
pub const LINE: i64 = 17;
/// The space around text in a node.
pub const PADDING: i64 = 10;
/// The height of the top of a cylinder.
pub const LID: i64 = 8;

/// The space between nodes of a column, between columns, and within the frame of a group.
const GAP: i64 = 22;
const CORRIDOR: i64 = 56;
const FRAME: i64 = 16;
/// The space for the title of a group.
const HEAD: i64 = 26;
/// The distance of lines that end at the same node.
const LANE: i64 = 20;
/// The space between the label of a line and the ends of the part of the line below it.
const AROUND_LABEL: i64 = 22;

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Area {
    /// The left edge.
    pub x: i64,
    /// The upper edge.
    pub y: i64,
    /// The width.
    pub width: i64,
    /// The height.
    pub height: i64,
}

/// The places of everything.
#[derive(Debug, Default)]
pub struct Layout {
    /// The places of nodes.
    pub nodes: Vec<Area>,
    /// The places of groups.
    pub groups: Vec<Area>,
    /// The points of each line from its start to its end.
    pub links: Vec<Vec<(i64, i64)>>,
    /// The size of the page.
    pub width: i64,
    /// The size of the page.
    pub height: i64,
}

/// The label of a line, on one line.
pub fn label(link: &Link) -> String {
    link.labels.join(", ")
}

/// The space that the label of a line needs before the end of the line.
fn room(link: &Link) -> i64 {
    if link.labels.is_empty() { 0 } else { width(&label(link), LABEL) + AROUND_LABEL }
}

/// Places a picture.
pub fn layout(picture: &Picture) -> Layout {
    let mut arriving: Vec<Vec<usize>> = vec![Vec::new(); picture.nodes.len()];
    for (index, link) in picture.links.iter().enumerate() {
        arriving[link.to].push(index);
    }
    let nodes = picture.nodes.iter().zip(&arriving).map(|(node, links)| size(node, links.len())).collect();
    let layout = Layout {
        nodes,
        groups: vec![Area::default(); picture.groups.len()],
        links: vec![Vec::new(); picture.links.len()],
        ..Layout::default()
    };
    let members = Members::of(picture);
    let mut placing = Placing {
        picture,
        arriving,
        lines: lines_of_levels(picture),
        bends: vec![Vec::new(); picture.links.len()],
        beside: vec![0; picture.nodes.len()],
        layout,
    };
    // Groups inside come after the groups around them.
    for group in (0..picture.groups.len()).rev() {
        placing.arrange(Some(group), members.in_group(Some(group)));
    }
    placing.arrange(None, members.in_group(None));
    placing.move_groups();
    placing.connect();
    placing.layout
}

/// The size of a node at which several lines end.
fn size(node: &Node, arriving: usize) -> Area {
    // Bold letters are wider.
    let title = width(&node.title, TITLE) * 112 / 100;
    let widest = node.lines.iter().map(|line| width(line, TEXT)).max().unwrap_or_default().max(title);
    let lines = i64::try_from(node.lines.len() + 1).unwrap_or(1);
    let lid = if node.kind == NodeKind::Claim { 2 * LID } else { 0 };
    let round = if node.kind == NodeKind::Entrance { 2 * PADDING } else { 0 };
    let below = i64::try_from(arriving.saturating_sub(1)).unwrap_or_default() * LANE;
    Area { x: 0, y: 0, width: widest + 2 * PADDING + round, height: (lines * LINE + 2 * PADDING - 4 + lid).max(below + LANE) }
}

/// The groups around a node, from the outermost.
fn around(picture: &Picture, node: usize) -> Vec<usize> {
    let groups = std::iter::successors(picture.nodes[node].group, |group| picture.groups[*group].parent);
    let mut groups: Vec<usize> = groups.collect();
    groups.reverse();
    groups
}

/// A line between two members of one group.
struct LevelLine {
    from: Member,
    to: Member,
    link: usize,
}

/// The lines of each group between its members; those of the picture come last.
fn lines_of_levels(picture: &Picture) -> Vec<Vec<LevelLine>> {
    let mut levels: Vec<Vec<LevelLine>> = Vec::new();
    levels.resize_with(picture.groups.len() + 1, Vec::new);
    for (index, link) in picture.links.iter().enumerate() {
        let (of_from, of_to) = (around(picture, link.from), around(picture, link.to));
        let common = of_from.iter().zip(&of_to).take_while(|(one, other)| one == other).count();
        let member = |groups: &[usize], node| groups.get(common).map_or(Member::Node(node), |group| Member::Group(*group));
        let level = common.checked_sub(1).map_or(picture.groups.len(), |last| of_from[last]);
        levels[level].push(LevelLine { from: member(&of_from, link.from), to: member(&of_to, link.to), link: index });
    }
    levels
}

struct Placing<'p> {
    picture: &'p Picture,
    /// The lines that end at each node.
    arriving: Vec<Vec<usize>>,
    lines: Vec<Vec<LevelLine>>,
    /// The points between start and end of each line.
    bends: Vec<Vec<(i64, i64)>>,
    /// The space between each node and the widest node of its column, which its lines cross before they turn.
    beside: Vec<i64>,
    layout: Layout,
}

impl Placing<'_> {
    fn area(&mut self, member: Member) -> &mut Area {
        match member {
            Member::Node(node) => &mut self.layout.nodes[node],
            Member::Group(group) => &mut self.layout.groups[group],
        }
    }

    /// Places the members of a group, relative to the group, and sets the size of the group.
    fn arrange(&mut self, group: Option<usize>, members: &[Member]) {
        let lines = std::mem::take(&mut self.lines[group.unwrap_or(self.picture.groups.len())]);
        let index: std::collections::HashMap<Member, usize> = members.iter().copied().zip(0..).collect();
        let ends: Vec<(usize, usize)> = lines.iter().map(|line| (index[&line.from], index[&line.to])).collect();
        let columns = Columns::of(members.len(), &ends);
        let mut heights: Vec<i64> = members.iter().map(|member| self.area(*member).height).collect();
        heights.resize(columns.count, LINE);
        let tops = columns.tops(&heights, GAP);
        let (left, top) = if group.is_some() { (FRAME, HEAD) } else { (FRAME, FRAME) };
        let mut x = left;
        let mut bends: Vec<(i64, i64)> = vec![(0, 0); columns.count];
        for (place, column) in columns.lists.iter().enumerate() {
            let members_of_column = || column.iter().filter_map(|item| members.get(*item));
            let rooms = members_of_column().map(|member| match member {
                Member::Node(node) => self.arriving[*node].iter().map(|link| room(&self.picture.links[*link])).max().unwrap_or_default(),
                Member::Group(_) => 0,
            });
            x += rooms.max().unwrap_or_default() + if place > 0 { CORRIDOR } else { 0 };
            let width = members_of_column().copied().collect::<Vec<_>>().into_iter().map(|member| self.area(member).width).max();
            let width = width.unwrap_or_default();
            for item in column {
                match members.get(*item) {
                    Some(member) => {
                        let area = self.area(*member);
                        (area.x, area.y) = (x, top + tops[*item]);
                        let beside = width - area.width;
                        if let Member::Node(node) = member {
                            self.beside[*node] = beside;
                        }
                    }
                    None => bends[*item] = (x + width / 2, top + tops[*item] + LINE / 2),
                }
            }
            x += width;
        }
        for (line, items) in lines.iter().zip(&columns.bends) {
            self.bends[line.link] = items.iter().map(|item| bends[*item]).collect();
        }
        let bottom = (0..columns.count).map(|item| tops[item] + heights[item]).max().unwrap_or_default();
        let (width, height) = (x + FRAME, top + bottom + FRAME);
        if let Some(group) = group {
            let title = super::width::width(&self.picture.groups[group].title, TEXT) + 2 * FRAME;
            let area = &mut self.layout.groups[group];
            (area.width, area.height) = (width.max(title), height);
        } else {
            (self.layout.width, self.layout.height) = (width, height);
        }
        self.lines[group.unwrap_or(self.picture.groups.len())] = lines;
    }

    /// Makes all places relative to the page.
    fn move_groups(&mut self) {
        // Groups around come before the groups inside.
        for group in 0..self.picture.groups.len() {
            let parent = self.picture.groups[group].parent.map(|parent| self.layout.groups[parent]).unwrap_or_default();
            let area = &mut self.layout.groups[group];
            (area.x, area.y) = (area.x + parent.x, area.y + parent.y);
        }
        for (node, area) in self.picture.nodes.iter().zip(&mut self.layout.nodes) {
            let group = node.group.map(|group| self.layout.groups[group]).unwrap_or_default();
            (area.x, area.y) = (area.x + group.x, area.y + group.y);
        }
        for (level, lines) in self.lines.iter().enumerate() {
            let origin = self.layout.groups.get(level).copied().unwrap_or_default();
            for point in lines
                .iter()
                .flat_map(|line| std::mem::take(&mut self.bends[line.link]).into_iter().map(|point| (line.link, point)))
                .collect::<Vec<_>>()
            {
                let (link, (x, y)) = point;
                self.bends[link].push((x + origin.x, y + origin.y));
            }
        }
    }

    /// Sets the points of all lines. Lines that end at the same node end at different heights.
    fn connect(&mut self) {
        for node in 0..self.picture.nodes.len() {
            let to = self.layout.nodes[node];
            let start = |link: usize| {
                let from = self.layout.nodes[self.picture.links[link].from];
                (from.x + from.width, from.y + from.height / 2)
            };
            let last = |link: usize| self.bends[link].last().copied().unwrap_or_else(|| start(link)).1;
            let mut links = self.arriving[node].clone();
            links.sort_by_key(|link| (last(*link), *link));
            let count = i64::try_from(links.len()).unwrap_or_default();
            let room = links.iter().map(|link| room(&self.picture.links[*link])).max().unwrap_or_default();
            for (lane, link) in (0..).zip(links) {
                let y = to.y + to.height / 2 + (2 * lane + 1 - count) * LANE / 2;
                let (x, height) = start(link);
                let beside = self.beside[self.picture.links[link].from];
                let mut points = vec![(x, height)];
                points.extend((beside > 0).then_some((x + beside, height)));
                points.extend(&self.bends[link]);
                points.push((to.x - room, y));
                points.push((to.x, y));
                self.layout.links[link] = points;
            }
        }
    }
}
