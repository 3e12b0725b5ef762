//! Edits of manifests in block style: a line is changed, added or removed, and all others stay.

use std::ops::Range;

use serde_json::{Map, Value};

use super::oracle::entry_names;

/// A field or an entry: the comments above it, its own line, and the lines below.
struct Part {
    key: String,
    start: usize,
    head: usize,
    end: usize,
}

pub fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// The lines of fields or entries at an indentation.
fn parts(lines: &[String], indent: usize, is_list: bool) -> Vec<Part> {
    let mut found: Vec<Part> = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let text = line.trim_start_matches(' ');
        let is_entry = text.starts_with("- ") || text == "-";
        if indent_of(line) != indent || text.is_empty() || is_comment(line) || is_entry != is_list {
            continue;
        }
        let least = found.last().map_or(0, |part| part.head + 1);
        let mut start = place;
        while start > least && is_comment(&lines[start - 1]) && indent_of(&lines[start - 1]) == indent {
            start -= 1;
        }
        if let Some(part) = found.last_mut() {
            part.end = start;
        }
        found.push(Part { key: if is_list { String::new() } else { key_of(text).0 }, start, head: place, end: lines.len() });
    }
    found
}

/// The key of a field's line, and the position of the text after it.
fn key_of(text: &str) -> (String, usize) {
    let end = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map_or(text.len(), |end| end + 2),
        _ => text.find(": ").unwrap_or_else(|| text.trim_end().trim_end_matches(':').len()),
    };
    let key: Value = serde_yaml::from_str(&text[..end]).unwrap_or_default();
    (key.as_str().map_or_else(|| text[..end].to_owned(), str::to_owned), (end + 1).min(text.len()))
}

/// The lines of a value below a key or a dash: whether they are a list, and their indentation.
fn below(lines: &[String]) -> Option<(bool, usize)> {
    let line = lines.iter().find(|line| !line.trim().is_empty() && !is_comment(line))?;
    let text = line.trim_start_matches(' ');
    let is_list = text.starts_with("- ") || text == "-";
    let is_map = text.ends_with(':') || text.contains(": ");
    (is_list || is_map).then(|| (is_list, indent_of(line)))
}

/// The lines of an entry without its dash.
fn undashed(lines: &[String]) -> Vec<String> {
    let mut lines = lines.to_vec();
    if let Some(line) = lines.first_mut()
        && let Some(dash) = line.find('-')
    {
        line.replace_range(dash..=dash, " ");
    }
    lines
}

fn dashed(mut lines: Vec<String>, indent: usize) -> Vec<String> {
    // Comments above the first field are written after the dash.
    if let Some(line) = lines.first_mut() {
        line.replace_range(indent..=indent, "-");
    }
    lines
}

/// A value below a key, in a new spelling.
fn written(value: &Value, indent: usize) -> Vec<String> {
    let text = serde_yaml::to_string(value).unwrap_or_default();
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(indent)) }).collect()
}

fn field(key: &str, value: &Value, indent: usize) -> Vec<String> {
    written(&Value::Object(Map::from_iter([(key.to_owned(), value.clone())])), indent)
}

/// The lines of a mapping after a change. New fields are inserted at `at`.
pub fn patched_map(lines: &[String], indent: usize, before: &Map<String, Value>, after: &Map<String, Value>, at: usize) -> Vec<String> {
    let parts = parts(lines, indent, false);
    let mut out: Vec<Vec<String>> = Vec::new();
    if let Some(first) = parts.first() {
        out.push(lines[..first.start].to_vec());
    }
    for part in &parts {
        let own = &lines[part.start..part.end];
        match (before.get(&part.key), after.get(&part.key)) {
            (Some(one), Some(other)) if one == other => out.push(own.to_vec()),
            (Some(one), Some(other)) => out.push(patched(own, part, indent, one, other, at)),
            _ => {}
        }
    }
    for (key, value) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let place = if out.len() < 2 { out.len() } else { 1 + at % out.len() };
        out.insert(place, field(key, value, indent));
    }
    out.concat()
}

fn patched(own: &[String], part: &Part, indent: usize, before: &Value, after: &Value, at: usize) -> Vec<String> {
    let head = part.head - part.start;
    let inside = &own[head + 1..];
    let is_block = own[head].split(" #").next().unwrap_or_default().trim_end().ends_with(':');
    let patched = match (before, after, below(inside).filter(|_| is_block)) {
        (Value::Object(one), Value::Object(other), Some((false, inner))) if !other.is_empty() => patched_map(inside, inner, one, other, at),
        (Value::Array(one), Value::Array(other), Some((true, inner))) if !other.is_empty() => {
            patched_list(&part.key, inside, inner, one, other, at)
        }
        _ => {
            let mut lines = field(&part.key, after, indent);
            // A user who changes a value keeps the comment after it.
            if let (Some((_, comment)), [line]) = (own[head].split_once(" # "), lines.as_mut_slice())
                && inside.is_empty()
            {
                *line = format!("{line} # {comment}");
            }
            return [&own[..head], &lines].concat();
        }
    };
    [&own[..=head], &patched].concat()
}

fn patched_list(key: &str, lines: &[String], indent: usize, before: &[Value], after: &[Value], at: usize) -> Vec<String> {
    let parts = parts(lines, indent, true);
    let mut used = vec![false; before.len()];
    let mut out = Vec::new();
    let [old, new] = [before, after].map(|entries| entry_names(key, &Value::from(entries)).unwrap_or_default());
    for (index, value) in after.iter().enumerate() {
        let same = (0..before.len()).find(|place| !used[*place] && before[*place] == *value);
        let name = new.get(index);
        let alike = || (0..before.len()).find(|place| !used[*place] && name.is_some() && old.get(*place) == name);
        let place = same.or_else(alike).filter(|place| *place < parts.len());
        let Some(place) = place else {
            out.extend(written(&Value::from(vec![value.clone()]), indent));
            continue;
        };
        used[place] = true;
        let own = &lines[parts[place].start..parts[place].end];
        let head = parts[place].head - parts[place].start;
        match (&before[place], value) {
            (one, other) if one == other => out.extend_from_slice(own),
            (Value::Object(one), Value::Object(other)) if !own[head].trim_start().starts_with("- {") => {
                out.extend_from_slice(&own[..head]);
                out.extend(dashed(patched_map(&undashed(&own[head..]), indent + 2, one, other, at), indent));
            }
            _ => out.extend(written(&Value::from(vec![value.clone()]), indent)),
        }
    }
    out
}

/// The text of an item after a change of its object.
pub fn patched_item(text: &str, before: &Value, after: &Value, at: usize) -> String {
    let (Some(before), Some(after)) = (before.as_object(), after.as_object()) else { return text.to_owned() };
    if !is_block(text) {
        return format!("- {}\n", Value::from(after.clone()));
    }
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    joined(&dashed(patched_map(&undashed(&lines), 2, before, after, at), 0))
}

pub fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Whether an item is in block style.
pub fn is_block(text: &str) -> bool {
    text.starts_with("- ") && !text.starts_with("- {")
}

/// A part of an item with its lines.
pub struct Seen<'v> {
    pub value: &'v Value,
    /// The names on the path to the part.
    pub place: Vec<String>,
    /// The lines of the part, with the comments above it.
    pub lines: Range<usize>,
    /// The line of the part's key or dash.
    pub head: usize,
    pub indent: usize,
    pub is_entry: bool,
}

/// All parts of an item that have names. A list whose entries have no names is not divided.
pub fn seen<'v>(text: &str, value: &'v Value) -> Vec<Seen<'v>> {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut out = Vec::new();
    if is_block(text) {
        walk(&undashed(&lines), 0, (false, 2), ("", value), &mut Vec::new(), &mut out);
    }
    out
}

fn walk<'v>(
    lines: &[String],
    from: usize,
    (is_list, indent): (bool, usize),
    (name, value): (&str, &'v Value),
    place: &mut Vec<String>,
    out: &mut Vec<Seen<'v>>,
) {
    let names = if is_list { entry_names(name, value) } else { None };
    if is_list && names.is_none() {
        return;
    }
    for (index, part) in parts(lines, indent, is_list).into_iter().enumerate() {
        let (key, inner) = if is_list {
            let Some(key) = names.as_ref().and_then(|names| names.get(index)) else { return };
            (key.clone(), &value[index])
        } else {
            (part.key.clone(), &value[part.key.as_str()])
        };
        place.push(key);
        let range = from + part.start..from + part.end;
        out.push(Seen { value: inner, place: place.clone(), lines: range, head: from + part.head, indent, is_entry: is_list });
        let head = &lines[part.head];
        if is_list {
            if inner.is_object() && !head.trim_start().starts_with("- {") {
                walk(&undashed(&lines[part.head..part.end]), from + part.head, (false, indent + 2), ("", inner), place, out);
            }
        } else if head.split(" #").next().unwrap_or_default().trim_end().ends_with(':') {
            let inside = &lines[part.head + 1..part.end];
            if let Some(shape) = below(inside).filter(|_| inner.is_object() || inner.is_array()) {
                walk(inside, from + part.head + 1, shape, (&part.key, inner), place, out);
            }
        }
        place.pop();
    }
}
