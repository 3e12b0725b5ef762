//! Edits that change the spelling of an object, but not its values.

use serde_json::Value;

use super::lines::{indent_of, is_block, joined, seen};
use crate::support::random::Random;

/// A comment with a number that identifies it.
pub fn comment(random: &mut Random) -> String {
    format!("# note-{:x}", random.seed())
}

#[allow(clippy::ptr_arg)]
pub fn comment_at_the_end(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let line = random.pick(&parts).head;
    if lines[line].contains('#') || lines[line].trim_end().ends_with(['|', '>', '-', '+']) {
        return false;
    }
    lines[line] = format!("{} {}", lines[line], comment(random));
    true
}

pub fn comment_above(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    // The line of a dash is also the line of its first field.
    if part.head == 0 || (!part.is_entry && lines[part.head].trim_start().starts_with("- ")) {
        return false;
    }
    lines.insert(part.head, format!("{}{}", " ".repeat(part.indent), comment(random)));
    true
}

pub fn fields_reordered(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let (around, depth) = (&part.place[..part.place.len() - 1], part.place.len());
    let fields: Vec<_> =
        parts.iter().filter(|other| other.place.len() == depth && other.place[..depth - 1] == *around && !other.is_entry).collect();
    let is_dashed = |line: usize| lines[line].trim_start().starts_with("- ");
    if part.is_entry || fields.len() < 2 || fields.iter().any(|field| is_dashed(field.head)) {
        return false;
    }
    let (first, last) = (fields[0].lines.start, fields[fields.len() - 1].lines.end);
    // The dash of an item is in the line of the comment above its first field.
    if first == 0 {
        return false;
    }
    let mut blocks: Vec<Vec<String>> = fields.iter().map(|field| lines[field.lines.clone()].to_vec()).collect();
    blocks.rotate_left(1 + random.below(fields.len() - 1));
    lines.splice(first..last, blocks.concat());
    true
}

#[allow(clippy::ptr_arg)]
pub fn quoted(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let line = &lines[part.head];
    let Some((key, _)) = line.split_once(": ").filter(|_| !part.is_entry && !line.contains(" #")) else { return false };
    let Value::String(text) = part.value else { return false };
    if part.lines.end - part.head > 1 || text.contains(['\\', '\u{7f}']) || text.chars().any(char::is_control) {
        return false;
    }
    let single = format!("'{}'", text.replace('\'', "''"));
    lines[part.head] = format!("{key}: {}", if random.coin(2) { single } else { format!("{text:?}") });
    true
}

pub fn in_brackets(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let is_scalar = !part.value.is_object() && !part.value.is_array();
    if is_scalar
        || part.is_entry
        || part.place.len() < 2
        || part.place[1] == "annotations"
        || lines[part.lines.clone()].concat().contains('#')
    {
        return false;
    }
    let line = &lines[part.head];
    let Some(key) = line.trim_end().strip_suffix(':') else { return false };
    let text = format!("{key}: {}", part.value);
    lines.splice(part.head..part.lines.end, [text]);
    true
}

pub fn empty_line(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let line = random.pick(&parts).lines.start;
    if line == 0 || indent_of(&lines[line]) > 8 {
        return false;
    }
    lines.insert(line, String::new());
    true
}

pub fn by_another_tool(text: &str, object: &Value, _: &mut Random) -> Option<String> {
    let list = serde_yaml::to_string(&[object]).ok()?;
    (is_block(text) && list != text).then_some(list)
}

pub fn as_json(text: &str, object: &Value, _: &mut Random) -> Option<String> {
    is_block(text).then(|| format!("- {object}\n"))
}
