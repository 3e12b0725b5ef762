//! Writes a changed tree, and keeps every unchanged line of the original text, including comments.
//!
//! The places of nodes in the text show where to change it. A collection in brackets is changed within its brackets. A node
//! that cannot be changed in place is rewritten, and the rest stays. The result is used only if reading it gives the tree.

use std::borrow::Cow;
use std::collections::HashMap;

use super::align::{aligned, same};
use super::node::{Data, Node};
use super::read::read;
use super::spots::{Layout, Spelling, Spot, SpotData, spots};
use super::value::kubernetes_value;
use super::write::{self, pad};

/// Changes `text` as little as possible, so that reading it gives the tree `after`; `None` if it must be rewritten.
pub fn edit(text: &str, after: &Node<'_>) -> Option<String> {
    first_that_reads_as(text, after, |editor, root, before, end| {
        let mut out = String::new();
        if root.layout() == Some(Layout::Flow) {
            out.push_str(text.get(..root.content)?);
            editor.flow(root, before, after, &mut out)?;
            out.push_str(text.get(root.end..)?);
        } else {
            out.push_str(text.get(..editor.line_start(root.content))?);
            editor.collection(root, before, after, end, &mut out)?;
            out.push_str(text.get(end..)?);
        }
        Some(out)
    })
}

/// Like [`edit`], for text that is one entry of a block sequence, including the dash.
pub fn edit_entry(text: &str, after: &Node<'_>) -> Option<String> {
    let list = Node::from(vec![after.clone()]);
    first_that_reads_as(text, &list, |editor, root, before, end| {
        let (SpotData::List(Layout::Block, spots), Data::List(was)) = (&root.data, &before.data) else { return None };
        let mut out = text.get(..editor.line_start(root.content))?.to_owned();
        editor.list(spots, was, std::slice::from_ref(after), &[Some(0)], end, &mut out)?;
        out.push_str(text.get(end..)?);
        Some(out)
    })
}

/// The treatment of aliases. The editor tries these in order, until reading the result gives the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aliases {
    /// All aliases stay. This is correct if the node of each anchor changes in the same way as the nodes of its aliases.
    Stay,
    /// An alias is replaced by its node if the node changes. Other aliases stay.
    StayWhereNothingChanges,
    /// All aliases are replaced by their nodes. This is needed if the node of an anchor changes, but its aliases do not.
    ReplaceAll,
}

fn first_that_reads_as(
    text: &str,
    after: &Node<'_>,
    change: impl Fn(&Editor<'_>, &Spot<'_>, &Node<'_>, usize) -> Option<String>,
) -> Option<String> {
    let (root, end) = spots(text, usize::MAX).ok()??;
    let before = read(text).ok()?.root?;
    let wanted = kubernetes_value(after);
    [Aliases::Stay, Aliases::StayWhereNothingChanges, Aliases::ReplaceAll].into_iter().find_map(|aliases| {
        let changed = change(&Editor { text, aliases }, &root, &before, end)?;
        let reads_as = read(&changed).ok()?.root?;
        (kubernetes_value(&reads_as) == wanted).then_some(changed)
    })
}

struct Editor<'t> {
    text: &'t str,
    aliases: Aliases,
}

/// A field or an entry of a block collection, with its lines.
#[derive(Debug, Clone, Copy)]
struct Lines {
    /// The start of the comments above the field or entry; without comments, the start of its line.
    lead: usize,
    /// The start of its key or dash.
    start: usize,
    /// The end of its last line.
    own_end: usize,
    /// The start of the next field or entry. Blank lines and comments that belong to no node may be before that.
    end: usize,
}

/// The text around a value, on the lines of the value.
struct Around<'t> {
    /// The text between the indicator and the value.
    gap: &'t str,
    /// The rest of the value's line, including the line end.
    behind: &'t str,
    /// The comments and blank lines below the value.
    idle: &'t str,
}

impl<'t> Editor<'t> {
    /// The start of the line that contains a place.
    fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.rfind(['\n', '\r']).map_or(0, |line_break| line_break + 1)
    }

    /// The start of the next line.
    fn line_end(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let is_pair = rest.get(end..).is_some_and(|line_break| line_break.starts_with("\r\n"));
        (at + end + 1 + usize::from(is_pair)).min(self.text.len())
    }

    fn line_break(&self) -> &'static str {
        match self.text.find(['\n', '\r']).and_then(|at| self.text.get(at..)) {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            _ => "\n",
        }
    }

    /// The column of a place; `None` if there is anything but blanks and dashes before it on its line.
    fn column(&self, at: usize) -> Option<usize> {
        let before = self.text.get(self.line_start(at)..at)?;
        before.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(before.len())
    }

    /// The column of a comment on its own line.
    fn comment_column(&self, line: usize) -> Option<usize> {
        let text = self.text.get(line..self.line_end(line))?;
        let content = text.trim_start_matches([' ', '\t']);
        content.starts_with('#').then(|| text.len() - content.len())
    }

    fn is_blank(&self, line: usize) -> bool {
        self.text.get(line..self.line_end(line)).is_some_and(|text| text.trim().is_empty())
    }

    /// The end of the lines of a node. Comments below a block collection with the same indentation are part of the collection.
    fn own_end(&self, spot: &Spot<'_>, end: usize) -> usize {
        let mut own_end = self.line_end(spot.end).min(end);
        let Some(column) = first_of(spot).and_then(|first| self.column(first)) else { return own_end };
        let mut line = own_end;
        while line < end {
            match self.comment_column(line) {
                Some(indent) if indent >= column => own_end = self.line_end(line),
                None if self.is_blank(line) => {}
                _ => break,
            }
            line = self.line_end(line);
        }
        own_end.min(end)
    }

    /// The lines of the fields or entries of a collection. `starts` has the start and the last node of each. The comment lines
    /// directly above a field or entry belong to it if they are not indented further.
    fn lines(&self, starts: &[(usize, &Spot<'_>)], column: usize, end: usize) -> Option<Vec<Lines>> {
        let mut all: Vec<Lines> = Vec::with_capacity(starts.len());
        for (place, (start, last)) in starts.iter().enumerate() {
            let next = starts.get(place + 1).map_or(end, |(next, _)| self.line_start(*next));
            let mut lead = self.line_start(*start);
            if let Some(above) = all.last_mut() {
                if self.column(*start)? != column || lead < above.own_end {
                    return None;
                }
                while let Some(comment) = self.comment_above(lead, column).filter(|comment| *comment >= above.own_end) {
                    lead = comment;
                }
                above.end = lead;
            }
            all.push(Lines { lead, start: *start, own_end: self.own_end(last, next), end });
        }
        Some(all)
    }

    /// The start of the line above, if that line is a comment that is not indented further than `column`.
    fn comment_above(&self, line: usize, column: usize) -> Option<usize> {
        let above = self.line_start(line.checked_sub(1)?);
        let above = if self.text.get(above..line) == Some("\n") { self.line_start(above.checked_sub(1)?) } else { above };
        self.comment_column(above).filter(|indent| *indent <= column).map(|_| above)
    }

    /// Whether a collection can be changed entry by entry: no merge key, no duplicate key, only simple keys.
    fn is_editable(&self, spot: &Spot<'_>, node: &Node<'_>) -> bool {
        node.tag.is_none()
            && match (&spot.data, &node.data) {
                (SpotData::List(_, entries), Data::List(nodes)) => entries.len() == nodes.len(),
                (SpotData::Map(_, pairs), Data::Map(nodes)) => {
                    let is_word =
                        |key: &Spot<'_>| matches!(&key.data, SpotData::Scalar(text, Spelling::Plain | Spelling::Quoted) if text != "<<");
                    pairs.len() == nodes.len()
                        && pairs.iter().all(|(key, _)| is_word(key) && self.text.as_bytes().get(key.indicator) != Some(&b'?'))
                }
                _ => false,
            }
    }

    /// Whether a node keeps its text, because its value stays the same.
    fn stays(&self, spot: &Spot<'_>, was: &Node<'_>, now: &Node<'_>) -> bool {
        match self.aliases {
            Aliases::Stay if matches!(spot.data, SpotData::Alias) => true,
            Aliases::Stay | Aliases::StayWhereNothingChanges => same(was, now),
            Aliases::ReplaceAll => same(was, now) && !has_alias(spot),
        }
    }

    /// Writes the fields or entries of `now`, from the start of the first line of `was`; the lines of `was` end at `end`.
    fn collection(&self, spot: &Spot<'_>, was: &Node<'_>, now: &Node<'_>, end: usize, out: &mut String) -> Option<()> {
        if !self.is_editable(spot, was) || now.tag.is_some() {
            return self.beside_merge_key(spot, was, now, None, end, out);
        }
        match (&spot.data, &was.data, &now.data) {
            (SpotData::Map(Layout::Block, spots), Data::Map(was), Data::Map(now)) if !now.is_empty() => {
                self.map(spots, was, now, None, end, out)
            }
            (SpotData::List(Layout::Block, spots), Data::List(was), Data::List(now)) if !now.is_empty() => {
                self.list(spots, was, now, &aligned(was, now), end, out)
            }
            _ => None,
        }
    }

    /// Writes the fields of a mapping with a merge key; `None` if a field that is inherited from the merge key changes.
    fn beside_merge_key(
        &self,
        spot: &Spot<'_>,
        was: &Node<'_>,
        now: &Node<'_>,
        dash: Option<usize>,
        end: usize,
        out: &mut String,
    ) -> Option<()> {
        let (SpotData::Map(Layout::Block, spots), Data::Map(was_pairs), Data::Map(now_pairs)) = (&spot.data, &was.data, &now.data) else {
            return None;
        };
        if was.tag.is_some() || now.tag.is_some() {
            return None;
        }
        let (was, now) = without_inherited(spots, was_pairs, now_pairs, |key| self.text.as_bytes().get(key.indicator) != Some(&b'?'))?;
        let before = out.len();
        let done = self.map(spots, &was, &now, dash, end, out);
        if done.is_none() {
            out.truncate(before);
        }
        done
    }

    /// Writes the fields of a block mapping. `dash` is the dash before the first one.
    fn map(
        &self,
        spots: &[(Spot<'_>, Spot<'_>)],
        was: &[(Node<'_>, Node<'_>)],
        now: &[(Node<'_>, Node<'_>)],
        dash: Option<usize>,
        end: usize,
        out: &mut String,
    ) -> Option<()> {
        let starts: Vec<(usize, &Spot<'_>)> = spots.iter().map(|(key, value)| (key.start, value)).collect();
        let first = starts.first()?.0;
        let column = self.column(first)?;
        let lines = self.lines(&starts, column, end)?;
        let known = old_places(was, now);
        let mut leftovers = Leftovers::new(&known, lines.len());
        for (i, (pair, known)) in now.iter().zip(&known).enumerate() {
            // A comment that belongs to no node must not be written between a dash and the first field of the entry.
            if let Some(j) = known.filter(|_| i > 0 || dash.is_none()) {
                leftovers.take_before(j, |removed| self.free_comments(&lines, removed, out));
            }
            let lead = known.and_then(|j| lines.get(j)).map(|lines| self.text.get(lines.lead..lines.start)).unwrap_or_default();
            match (dash.filter(|_| i == 0), known) {
                (Some(dash), Some(j)) if *j > 0 => self.first_behind_dash(dash, first, lead.unwrap_or_default(), out)?,
                (Some(dash), _) => out.push_str(self.text.get(dash..first)?),
                (None, Some(j)) if *j > 0 || dash.is_none() => out.push_str(lead?),
                (None, _) => pad(column, out),
            }
            let Some(j) = *known else {
                self.written(|out| write::map(std::slice::from_ref(pair), column, true, out), out);
                continue;
            };
            let (Lines { start, own_end, end, .. }, (_, value), (_, was)) = (lines.get(j)?, spots.get(j)?, was.get(j)?);
            out.push_str(self.text.get(*start..=value.indicator)?);
            self.value(value, was, &pair.1, *own_end, column, out)?;
            out.push_str(self.text.get(*own_end..*end)?);
        }
        leftovers.take_before(lines.len(), |removed| self.free_comments(&lines, removed, out));
        Some(())
    }

    /// Moves a field to the place after a dash, together with the comments above the field.
    fn first_behind_dash(&self, dash: usize, first: usize, lead: &str, out: &mut String) -> Option<()> {
        let between = self.text.get(dash..first)?;
        let comments = lead.trim_start();
        if comments.is_empty() {
            out.push_str(between);
        } else if between.contains(['\n', '\r']) {
            // The fields begin on the line below the dash.
            out.push_str(between.trim_end_matches(' '));
            out.push_str(lead);
        } else {
            out.push_str(between);
            out.push_str(comments);
        }
        Some(())
    }

    /// Writes the entries of a block list. `known` has the old entry of each new entry.
    fn list(
        &self,
        spots: &[Spot<'_>],
        was: &[Node<'_>],
        now: &[Node<'_>],
        known: &[Option<usize>],
        end: usize,
        out: &mut String,
    ) -> Option<()> {
        let starts: Vec<(usize, &Spot<'_>)> = spots.iter().map(|entry| (entry.indicator, entry)).collect();
        let column = self.column(starts.first()?.0)?;
        let lines = self.lines(&starts, column, end)?;
        let mut leftovers = Leftovers::new(known, lines.len());
        for (entry, known) in now.iter().zip(known) {
            let Some(j) = *known else {
                pad(column, out);
                self.written(|out| write::entry(entry, column, out), out);
                continue;
            };
            leftovers.take_before(j, |removed| self.free_comments(&lines, removed, out));
            let (Lines { lead, start, own_end, end }, spot, was) = (lines.get(j)?, spots.get(j)?, was.get(j)?);
            out.push_str(self.text.get(*lead..*start)?);
            if !self.stays(spot, was, entry)
                && spot.start == spot.content
                && self.beside_merge_key(spot, was, entry, Some(*start), *own_end, out).is_some()
            {
                out.push_str(self.text.get(*own_end..*end)?);
                continue;
            }
            match (&spot.data, &was.data, &entry.data) {
                _ if self.stays(spot, was, entry) => out.push_str(self.text.get(*start..*own_end)?),
                (SpotData::Map(Layout::Block, spots), Data::Map(was_pairs), Data::Map(now))
                    if self.is_editable(spot, was) && !now.is_empty() && entry.tag.is_none() && spot.start == spot.content =>
                {
                    self.map(spots, was_pairs, now, Some(*start), *own_end, out)?;
                }
                _ if spot.layout() == Some(Layout::Flow) => {
                    let before = out.len();
                    out.push_str(self.text.get(*start..spot.start)?);
                    if self.flow_value(spot, was, entry, out).is_some() {
                        out.push_str(self.text.get(spot.end..*own_end)?);
                    } else {
                        out.truncate(before);
                        self.written(|out| write::entry(entry, column, out), out);
                    }
                }
                // A list in a list, or a mapping that becomes another type.
                _ if spot.layout() == Some(Layout::Block) || is_block(entry) => {
                    self.written(|out| write::entry(entry, column, out), out);
                }
                _ => {
                    out.push_str(self.text.get(*start..=spot.indicator)?);
                    self.value(spot, was, entry, *own_end, column, out)?;
                }
            }
            out.push_str(self.text.get(*own_end..*end)?);
        }
        leftovers.take_before(lines.len(), |removed| self.free_comments(&lines, removed, out));
        Some(())
    }

    /// Keeps the comments that belong to no node, after a field or entry that is removed.
    fn free_comments(&self, lines: &[Lines], removed: usize, out: &mut String) {
        let idle = lines.get(removed).and_then(|lines| self.text.get(lines.own_end..lines.end)).unwrap_or_default();
        if idle.contains('#') {
            out.push_str(idle);
        }
    }

    /// Writes the text after the indicator of a value, up to the end of the value's lines. `column` is the column of the key or
    /// dash.
    fn value(&self, spot: &Spot<'_>, was: &Node<'_>, now: &Node<'_>, end: usize, column: usize, out: &mut String) -> Option<()> {
        let from = spot.indicator + 1;
        if self.stays(spot, was, now) {
            out.push_str(self.text.get(from..end)?);
            return Some(());
        }
        if spot.layout() == Some(Layout::Block) && spot.start == spot.content {
            let inner = self.line_start(spot.content);
            let before = out.len();
            if inner >= from {
                out.push_str(self.text.get(from..inner)?);
                if self.collection(spot, was, now, end, out).is_some() {
                    return Some(());
                }
                out.truncate(before);
            }
        }
        let Around { gap, behind, idle } = self.around(spot, end)?;
        let behind = if behind.starts_with('#') { Cow::Owned(format!(" {behind}")) } else { Cow::Borrowed(behind) };
        let before = out.len();
        if spot.layout() == Some(Layout::Flow) {
            out.push_str(gap);
            out.push_str(self.anchor(spot)?);
            if self.flow(spot, was, now, out).is_some() {
                out.push_str(&behind);
                out.push_str(idle);
                return Some(());
            }
            out.truncate(before);
        }
        let mut spelled = String::new();
        if is_block(now) {
            write::below(now, column, &mut spelled);
        } else {
            out.push_str(gap);
            out.push_str(self.anchor(spot)?);
            write::leaf(now, self.text_indent(spot, column), &mut spelled);
        }
        // The rest of the old line, such as a comment, is written after the first line of the new value.
        let (first, more) = spelled.split_once('\n').unwrap_or((&spelled, ""));
        out.push_str(first);
        if more.is_empty() {
            out.push_str(&behind);
        } else {
            self.line(&behind, out);
            self.written(|out| out.push_str(more.strip_suffix('\n').unwrap_or(more)), out);
            out.push_str(self.line_break());
        }
        out.push_str(idle);
        Some(())
    }

    /// The text around a value that is replaced.
    fn around(&self, spot: &Spot<'_>, end: usize) -> Option<Around<'t>> {
        let from = spot.indicator + 1;
        let between = self.text.get(from..spot.start)?;
        let gap = if between.is_empty() || between.contains(['\n', '\r', '#']) { " " } else { between };
        let behind_on_line = |at: usize| self.text.get(at..self.line_end(at).min(end));
        Some(match &spot.data {
            // All lines below the line of the key are part of the collection.
            SpotData::List(Layout::Block, _) | SpotData::Map(Layout::Block, _) => Around { gap, behind: behind_on_line(from)?, idle: "" },
            SpotData::Scalar(_, Spelling::Block) => {
                let header = self.text.get(spot.content..)?;
                let sign =
                    header.len() - header.trim_start_matches(|c: char| matches!(c, '|' | '>' | '+' | '-') || c.is_ascii_digit()).len();
                let idle = self.text.get(self.line_end(spot.end).min(end)..end)?;
                Around { gap, behind: behind_on_line(spot.content + sign)?, idle }
            }
            _ => {
                let idle = self.text.get(self.line_end(spot.end).min(end)..end)?;
                Around { gap, behind: behind_on_line(spot.end)?, idle }
            }
        })
    }

    /// The anchor before a value, for aliases that stay.
    fn anchor(&self, spot: &Spot<'_>) -> Option<&'t str> {
        let properties = self.text.get(spot.start..spot.content)?;
        let is_anchor = self.aliases != Aliases::ReplaceAll && !properties.contains(['!', '\n', '\r']);
        Some(if is_anchor { properties } else { "" })
    }

    /// The column to pass to the writer, so that a block scalar keeps the indentation of its lines.
    fn text_indent(&self, spot: &Spot<'_>, column: usize) -> usize {
        if !matches!(&spot.data, SpotData::Scalar(_, Spelling::Block)) {
            return column;
        }
        let lines = self.text.get(self.line_end(spot.content)..spot.end).unwrap_or_default();
        let first = lines.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
        let indent = first.len() - first.trim_start_matches(' ').len();
        indent.saturating_sub(write::STEP).max(column)
    }

    /// Changes a collection within its brackets.
    fn flow(&self, spot: &Spot<'_>, was: &Node<'_>, now: &Node<'_>, out: &mut String) -> Option<()> {
        if !self.is_editable(spot, was) || now.tag.is_some() || !self.text.get(spot.content..)?.starts_with(['{', '[']) {
            return None;
        }
        // The start and end of each entry, and the old entry of each new one.
        let (ranges, known_places): (Vec<(usize, usize)>, Vec<Option<usize>>) = match (&spot.data, &was.data, &now.data) {
            (SpotData::Map(_, pairs), Data::Map(was), Data::Map(now)) => {
                let range = |(key, value): &(Spot<'_>, Spot<'_>)| {
                    (key.start, value.end.max(key.end).max(self.colon(key, value).map_or(0, |colon| colon + 1)))
                };
                (pairs.iter().map(range).collect(), old_places(was, now))
            }
            (SpotData::List(_, entries), Data::List(was), Data::List(now)) => {
                (entries.iter().map(|entry| (entry.start, entry.end)).collect(), aligned(was, now))
            }
            _ => return None,
        };
        let (first, last) = (ranges.first()?, ranges.last()?);
        if known_places.is_empty() {
            return None;
        }
        out.push_str(self.text.get(spot.content..first.0)?);
        for (i, known) in known_places.iter().enumerate() {
            if i > 0 {
                // The text between an old entry and the old entry before it.
                let between = |j: usize| Some((ranges.get(j.checked_sub(1)?)?.1, ranges.get(j)?.0));
                let above = known_places.get(i - 1).copied().flatten();
                let comma = known.map_or_else(|| between(above? + 1), between);
                out.push_str(comma.map_or(Some(", "), |(from, to)| self.text.get(from..to))?);
            }
            match (&spot.data, &was.data, &now.data) {
                (SpotData::Map(_, spots), Data::Map(was), Data::Map(now)) => {
                    let (key, value) = now.get(i)?;
                    if let Some(j) = known {
                        self.flow_pair(spots.get(*j)?, &was.get(*j)?.1, value, out)?;
                    } else {
                        write::within_flow(key, out);
                        out.push_str(": ");
                        write::within_flow(value, out);
                    }
                }
                (SpotData::List(_, spots), Data::List(was), Data::List(now)) => match known {
                    Some(j) => self.flow_value(spots.get(*j)?, was.get(*j)?, now.get(i)?, out)?,
                    None => write::within_flow(now.get(i)?, out),
                },
                _ => return None,
            }
        }
        out.push_str(self.text.get(last.1..spot.end)?);
        Some(())
    }

    /// The colon of a pair between brackets; `None` if the key has no colon.
    fn colon(&self, key: &Spot<'_>, value: &Spot<'_>) -> Option<usize> {
        (value.indicator >= key.end && self.text.as_bytes().get(value.indicator) == Some(&b':')).then_some(value.indicator)
    }

    fn flow_pair(&self, (key, value): &(Spot<'_>, Spot<'_>), was: &Node<'_>, now: &Node<'_>, out: &mut String) -> Option<()> {
        let Some(colon) = self.colon(key, value) else {
            out.push_str(self.text.get(key.start..key.end)?);
            if !self.stays(value, was, now) {
                out.push_str(": ");
                write::within_flow(now, out);
            }
            return Some(());
        };
        out.push_str(self.text.get(key.start..=colon)?);
        let gap = self.text.get(colon + 1..value.start)?;
        out.push_str(if gap.is_empty() && !self.stays(value, was, now) { " " } else { gap });
        self.flow_value(value, was, now, out)
    }

    fn flow_value(&self, spot: &Spot<'_>, was: &Node<'_>, now: &Node<'_>, out: &mut String) -> Option<()> {
        if self.stays(spot, was, now) {
            out.push_str(self.text.get(spot.start..spot.end)?);
            return Some(());
        }
        out.push_str(self.anchor(spot)?);
        let before = out.len();
        if self.flow(spot, was, now, out).is_none() {
            out.truncate(before);
            write::within_flow(now, out);
        }
        Some(())
    }

    /// Adds the rest of a line, with a line end if it has none.
    fn line(&self, rest: &str, out: &mut String) {
        out.push_str(rest);
        if !rest.ends_with(['\n', '\r']) {
            out.push_str(self.line_break());
        }
    }

    /// Adds output of the writer, with the line ends of the text.
    fn written(&self, write: impl FnOnce(&mut String), out: &mut String) {
        let line_break = self.line_break();
        if line_break == "\n" {
            return write(out);
        }
        let mut text = String::new();
        write(&mut text);
        out.push_str(&text.replace('\n', line_break));
    }
}

/// The old fields or entries that are removed, in order.
struct Leftovers {
    removed: Vec<bool>,
    next: usize,
}

impl Leftovers {
    fn new(known: &[Option<usize>], count: usize) -> Self {
        let mut removed = vec![true; count];
        for j in known.iter().flatten() {
            if let Some(removed) = removed.get_mut(*j) {
                *removed = false;
            }
        }
        Self { removed, next: 0 }
    }

    /// Calls `take` for each removed field or entry before a place, and only once for each.
    fn take_before(&mut self, place: usize, mut take: impl FnMut(usize)) {
        while self.next < place {
            if self.removed.get(self.next) == Some(&true) {
                take(self.next);
            }
            self.next += 1;
        }
    }
}

/// The fields of a mapping.
type Pairs<'t> = Vec<(Node<'t>, Node<'t>)>;

/// The fields of a mapping before and after a change. The fields that are inherited from its only merge key are left out, and
/// the merge key itself is in its place. `None` if the mapping has no merge key, or if an inherited field changes.
fn without_inherited<'t>(
    spots: &[(Spot<'_>, Spot<'_>)],
    was: &[(Node<'t>, Node<'t>)],
    now: &[(Node<'t>, Node<'t>)],
    is_plain: impl Fn(&Spot<'_>) -> bool,
) -> Option<(Pairs<'t>, Pairs<'t>)> {
    const MERGE: &str = "<<";
    let merge_key = || (Node::plain(MERGE), Node::plain(MERGE));
    let (places_before, places_now) = (places(was), places(now));
    let mut own: Pairs<'t> = Vec::with_capacity(spots.len());
    let mut merge_place = None;
    for (place, (key, _)) in spots.iter().enumerate() {
        match &key.data {
            SpotData::Scalar(text, Spelling::Plain) if text == MERGE && merge_place.is_none() => {
                merge_place = Some(place);
                own.push(merge_key());
            }
            SpotData::Scalar(text, Spelling::Plain | Spelling::Quoted) if text != MERGE && is_plain(key) => {
                own.push(was.get(*places_before.get(&**text)?).cloned()?);
            }
            _ => return None,
        }
    }
    let merge_place = merge_place?;
    let own_places = places(&own);
    let is_inherited = |key: &Node<'_>| place_of(&own_places, key).is_none() && place_of(&places_before, key).is_some();
    let stays = |(key, value): &(Node<'_>, Node<'_>)| place_of(&places_now, key).is_some_and(|place| same(value, &now[place].1));
    if !was.iter().filter(|(key, _)| is_inherited(key)).all(stays) {
        return None;
    }
    let mut kept: Pairs<'t> = now.iter().filter(|(key, _)| !is_inherited(key)).cloned().collect();
    let above = {
        let kept_places = places(&kept);
        own[..merge_place].iter().rev().find_map(|(key, _)| place_of(&kept_places, key))
    };
    kept.insert(above.map_or(0, |above| above + 1), merge_key());
    Some((own, kept))
}

/// The place of each key of a mapping.
fn places<'n>(pairs: &'n [(Node<'_>, Node<'_>)]) -> HashMap<&'n str, usize> {
    let mut places = HashMap::with_capacity(pairs.len());
    for (place, (key, _)) in pairs.iter().enumerate() {
        if let Some(name) = key.as_text() {
            places.entry(name).or_insert(place);
        }
    }
    places
}

fn place_of(places: &HashMap<&str, usize>, key: &Node<'_>) -> Option<usize> {
    places.get(key.as_text()?).copied()
}

/// The old place of each field of a changed mapping.
fn old_places(was: &[(Node<'_>, Node<'_>)], now: &[(Node<'_>, Node<'_>)]) -> Vec<Option<usize>> {
    let places = places(was);
    now.iter().map(|(key, _)| place_of(&places, key)).collect()
}

/// The start of the first key or dash of a block collection.
fn first_of(spot: &Spot<'_>) -> Option<usize> {
    match &spot.data {
        SpotData::List(Layout::Block, entries) => entries.first().map(|entry| entry.indicator),
        SpotData::Map(Layout::Block, pairs) => pairs.first().map(|(key, _)| key.start),
        _ => None,
    }
}

fn has_alias(spot: &Spot<'_>) -> bool {
    match &spot.data {
        SpotData::Alias => true,
        SpotData::Scalar(..) => false,
        SpotData::List(_, entries) => entries.iter().any(has_alias),
        SpotData::Map(_, pairs) => pairs.iter().any(|(key, value)| has_alias(key) || has_alias(value)),
    }
}

/// Whether the writer puts a node on its own lines.
fn is_block(node: &Node<'_>) -> bool {
    match &node.data {
        Data::Scalar(_) => false,
        Data::List(entries) => !entries.is_empty(),
        Data::Map(pairs) => !pairs.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` with the tree of `after`; `None` if it must be rewritten.
    fn edited(text: &str, after: &str) -> Option<String> {
        edit(text, &read(after).ok()?.root?)
    }

    const TEXT: &str = "\
# head
kind: Deployment # a kind
metadata:
  name: 'a'

  # the labels
  labels: {x: \"1\"} # flow
spec:
    replicas: 2   # two
    list:
      - name: A # first
        value: '1'
      # about B
      - name: B
        value: |
          text
      -   name: C
    args:
    - a # one
    - b

    - \"c\" # three
# tail
";

    #[test]
    fn unchanged_nodes_keep_their_lines() {
        let tree = |replicas: &str, c: &str, args: &str| {
            format!(
                "{{kind: Deployment, metadata: {{name: 'a', labels: {{x: \"1\"}}}}, spec: {{replicas: {replicas}, list: [{{name: A, value: '1'}}, {{name: B, value: \"text\\n\"}}{c}], args: [{args}]}}}}"
            )
        };
        let (c, args) = (", {name: C}", "a, b, \"c\"");
        assert_eq!(edited(TEXT, &tree("2", c, args)).as_deref(), Some(TEXT));
        assert_eq!(edited(TEXT, &tree("3", c, args)), Some(TEXT.replace("2   # two", "3   # two")));
        assert_eq!(edited(TEXT, &tree("2", "", args)), Some(TEXT.replace("      -   name: C\n", "")));
        let added = ", {name: C, value: \"on\"}, {name: D}";
        let expected = TEXT.replace("      -   name: C\n", "      -   name: C\n          value: \"on\"\n      - name: D\n");
        assert_eq!(edited(TEXT, &tree("2", added, args)), Some(expected));
        let expected = TEXT.replace("    - b\n", "    - x\n").replace("    - \"c\" # three\n", "    - d # three\n");
        assert_eq!(edited(TEXT, &tree("2", c, "a, x, d")), Some(expected));
        assert_eq!(edited(TEXT, &tree("{a: 1}", c, args)), Some(TEXT.replace("replicas: 2   # two", "replicas:   # two\n      a: 1")));
    }

    #[test]
    fn comments_above_removed_fields_are_removed() {
        let without = "{kind: Deployment, metadata: {labels: {x: \"2\"}}}";
        assert_eq!(
            edited(TEXT, without).as_deref(),
            Some("# head\nkind: Deployment # a kind\nmetadata:\n  # the labels\n  labels: {x: \"2\"} # flow\n# tail\n")
        );
        let entry = |text, after| edit_entry(text, &read(after).ok()?.root?);
        let text = "# above\n  - # head\n    a: 1\n    # b\n    b: 2\n";
        assert_eq!(entry(text, "{a: 1, b: 3}").as_deref(), Some("# above\n  - # head\n    a: 1\n    # b\n    b: 3\n"));
        assert_eq!(entry(text, "{b: 2, c: x}").as_deref(), Some("# above\n  - # head\n    # b\n    b: 2\n    c: x\n"));
        assert_eq!(entry("- a: 1\n  # b\n  b: 2\n", "{b: 2}").as_deref(), Some("- # b\n  b: 2\n"));
        assert_eq!(entry("- a: 1\n  b: 2\n", "{n: [1], a: 1, b: 2}").as_deref(), Some("- n:\n  - 1\n  a: 1\n  b: 2\n"));
        assert_eq!(entry("- {a: 1}\n", "{a: 2}").as_deref(), Some("- {a: 2}\n"));
    }

    /// Changed entries of lists, with comments at every place.
    #[test]
    fn comments_within_entries_stay() {
        for (text, after, expected) in [
            // A port of a Service gets another name and one more field.
            (
                "ports:\n- name: port\n  port: 80\n  # mine\n  protocol: TCP # mine too\n# between\n- name: b\n",
                "ports: [{name: grpc, port: 80, protocol: TCP, appProtocol: grpc}, {name: b}]",
                "ports:\n- name: grpc\n  port: 80\n  # mine\n  protocol: TCP # mine too\n  appProtocol: grpc\n# between\n- name: b\n",
            ),
            // A container is renamed; its own lists change too.
            (
                "c:\n- name: a # name\n  image: x\n  args:\n  - --port\n  # the port\n  - '80' # http\n  # last\n  env:\n  # env A\n  - name: A\n    value: x # v\n    # end of A\n",
                "c: [{name: b, image: x, args: [--port, '90', --more], env: [{name: B, value: x}]}]",
                "c:\n- name: b # name\n  image: x\n  args:\n  - --port\n  # the port\n  - \"90\" # http\n  # last\n  - --more\n  env:\n  # env A\n  - name: B\n    value: x # v\n    # end of A\n",
            ),
            // One entry is removed and one is added. The other entries keep their comments.
            (
                "v:\n- name: a # a\n  emptyDir: {}\n\n# about b\n- name: b\n  # in b\n  emptyDir: {}\n",
                "v: [{name: c, secret: {secretName: s}}, {name: b, emptyDir: {}}]",
                "v:\n- name: c\n  secret:\n    secretName: s\n# about b\n- name: b\n  # in b\n  emptyDir: {}\n",
            ),
            // Entries without a name.
            (
                "t:\n- key: k # k\n  # why\n  effect: NoSchedule\n- key: l\n",
                "t: [{key: k, effect: NoExecute}, {key: l}, {key: m}]",
                "t:\n- key: k # k\n  # why\n  effect: NoExecute\n- key: l\n- key: m\n",
            ),
            // An argument is added between two others.
            (
                "args:\n# first\n- a\n# second\n- b # b\n\n# third\n- c\n",
                "args: [a, x, b, c, d]",
                "args:\n# first\n- a\n- x\n# second\n- b # b\n\n# third\n- c\n- d\n",
            ),
            // A comment that belongs to no node stays when the entry above it is removed.
            ("l:\n- a\n# nobody's\n\n- b\n", "l: [b]", "l:\n# nobody's\n\n- b\n"),
            // Lists in lists.
            ("l:\n- - a # a\n  - b\n- - c\n", "l: [[a, b], [d]]", "l:\n- - a # a\n  - b\n- - d\n"),
        ] {
            assert_eq!(edited(text, after).as_deref(), Some(expected), "{after}");
            let windows = |text: &str| text.replace('\n', "\r\n");
            assert_eq!(edited(&windows(text), after), Some(windows(expected)), "{after}");
        }
    }

    #[test]
    fn collections_in_brackets_are_changed_in_place() {
        for (text, after, expected) in [
            ("a: {b: 1, c: [d, e]} # f\n", "{a: {b: 2, c: [d, x]}}", "a: {b: 2, c: [d, x]} # f\n"),
            ("a: [\n  b, # one\n  c, # two\n]\n", "{a: [b, d, e]}", "a: [\n  b, # one\n  d, e, # two\n]\n"),
            ("a: {b: 1, 'c': 2}\n", "{a: {b: 1, d: '3'}}", "a: {b: 1, d: \"3\"}\n"),
            ("a: {\"b\":1,\"c\":{}}\n", "{a: {b: 2, c: {}}}", "a: {\"b\": 2,\"c\":{}}\n"),
            ("a: {b, c: }\n", "{a: {b: 1, c: 2}}", "a: {b: 1, c: 2 }\n"),
            ("a: [] # none\nb: {}\n", "{a: [x], b: {c: 1}}", "a: # none\n- x\nb:\n  c: 1\n"),
            ("a: [x] # some\n", "{a: []}", "a: [] # some\n"),
            ("- a\n- [b, {c: d}] # e\n", "[a, [b, {c: f}]]", "- a\n- [b, {c: f}] # e\n"),
        ] {
            assert_eq!(edited(text, after).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn multiline_strings_keep_the_text_beside_them() {
        for (text, after, expected) in [
            ("a: | # text\n    b\n    c\n\n# d\ne: 1\n", "{a: \"b\\nx\\n\", e: 1}", "a: | # text\n    b\n    x\n\n# d\ne: 1\n"),
            ("a: >-\n  b\n  c\nd: 1\n", "{a: x, d: 1}", "a: x\nd: 1\n"),
            ("a: b # text\nc: 1\n", "{a: \"d\\ne\\n\", c: 1}", "a: | # text\n  d\n  e\nc: 1\n"),
            ("a: \"b\n  c\" # text\nd: 1\n", "{a: x, d: 1}", "a: x # text\nd: 1\n"),
            ("a: 'b'# text\n", "{a: c}", "a: c # text\n"),
            ("a:\nb:  # nothing\n", "{a: 1, b: x}", "a: 1\nb: x  # nothing\n"),
        ] {
            assert_eq!(edited(text, after).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn anchors_and_aliases_stay_while_they_are_correct() {
        let text = "a: &x {c: 1} # a\nb: *x # b\nd: 1\n";
        for (after, expected) in [
            ("{a: {c: 1}, b: {c: 1}, d: 2}", "a: &x {c: 1} # a\nb: *x # b\nd: 2\n"),
            ("{a: {c: 2}, b: {c: 2}, d: 1}", "a: &x {c: 2} # a\nb: *x # b\nd: 1\n"),
            ("{a: {c: 1}, b: {c: 2}, d: 1}", "a: &x {c: 1} # a\nb: # b\n  c: 2\nd: 1\n"),
            ("{a: {c: 2}, b: {c: 1}, d: 1}", "a: {c: 2} # a\nb: # b\n  c: 1\nd: 1\n"),
            ("{b: {c: 1}, d: 1}", "b: # b\n  c: 1\nd: 1\n"),
        ] {
            assert_eq!(edited(text, after).as_deref(), Some(expected), "{after}");
        }
        let merged = "a: &x\n  c: 1\nb: # b\n  <<: *x\n  d: 1 # d\ne: 1\n";
        assert_eq!(edited(merged, "{a: {c: 1}, b: {c: 1, d: 1}, e: 2}"), Some(merged.replace("e: 1", "e: 2")));
        // Fields beside a merge key are changed in place.
        assert_eq!(edited(merged, "{a: {c: 1}, b: {c: 1, d: 2}, e: 1}"), Some(merged.replace("d: 1", "d: 2")));
        let listed = "a: &x\n  c: 1\nb:\n- n: 1 # n\n  # above\n  <<: *x # merged\n  d: 1 # d\n- <<: *x\n  # e\n  e: 1\n";
        for (after, from, to) in [
            ("{a: {c: 1}, b: [{n: 1, c: 1, d: 2}, {c: 1, e: 1}]}", "d: 1", "d: 2"),
            ("{a: {c: 1}, b: [{n: 1, c: 1, d: 1}, {c: 1, e: 2}]}", "e: 1", "e: 2"),
            ("{a: {c: 1}, b: [{n: 1, c: 1}, {c: 1, e: 1}]}", "  d: 1 # d\n", ""),
            ("{a: {c: 1}, b: [{n: 1, c: 1, d: 1}, {c: 1, e: 1, f: 2}]}", "e: 1\n", "e: 1\n  f: 2\n"),
        ] {
            assert_eq!(edited(listed, after), Some(listed.replace(from, to)), "{after}");
        }
        // Inherited fields are written out if they change.
        let written_out = merged.replace("  <<: *x\n  d: 1 # d\n", "  c: 3\n  d: 1\n");
        assert_eq!(edited(merged, "{a: {c: 1}, b: {c: 3, d: 1}, e: 1}"), Some(written_out));
    }

    #[test]
    fn text_around_a_document_stays() {
        let text = "%YAML 1.1\n# head\n--- # mark\n\n# above\na: 1\n# below\n...\n# end\n";
        assert_eq!(edited(text, "{a: 2, b: 3}"), Some(text.replace("a: 1\n# below\n", "a: 2\n# below\nb: 3\n")));
        assert_eq!(edited("--- {a: 1} # c\n", "{a: 2}").as_deref(), Some("--- {a: 2} # c\n"));
        assert_eq!(edited("a: 1\rb: 2 # c\r", "{a: 1, b: 3, d: [e]}").as_deref(), Some("a: 1\rb: 3 # c\rd:\r- e\r"));
    }

    #[test]
    fn windows_line_ends_stay() {
        assert_eq!(edited("a: 1 # x\r\nb: 2\r\n", "{a: 3, c: {d: 4}, b: 2}").as_deref(), Some("a: 3 # x\r\nc:\r\n  d: 4\r\nb: 2\r\n"));
    }

    #[test]
    fn unusual_documents_are_rewritten() {
        for (text, after) in
            [("? a\n: 1\n", "{a: 2}"), ("a: !t 1\n", "[1]"), ("a: 1\n", "5"), ("a: [\n", "{a: 1}"), ("a: 1\n---\nb: 1\n", "{a: 2}")]
        {
            assert_eq!(edited(text, after), None, "{text}");
        }
        // An alias is replaced by its value when its anchor is removed.
        assert_eq!(edited("a: &x 1\nb: *x\n", "{b: 5, c: 1}").as_deref(), Some("b: 5\nc: 1\n"));
        let anchored = "a: &x\n  c: 1\nb: *x\n";
        assert_eq!(edited(anchored, "{a: {c: 1}, b: {c: 2}}").as_deref(), Some("a: &x\n  c: 1\nb:\n  c: 2\n"));
    }
}
