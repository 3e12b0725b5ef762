//! YAML in unusual spellings, to compare readers. Some are written by hand; the rest is generated from a fixed seed.

/// Spellings that people use and that readers often misread, a few of each kind.
pub const BY_HAND: &[&str] = &[
    // Comments directly after a quote, a bracket, an alias, an indicator.
    "a: 'b'# c\n",
    "a: \"b\"# c\nd: [e]# f\ng: {h: i}# j\n",
    "a: &x b\nc: *x # d\n",
    "a: *x# c\n",
    "a: |# c\n  b\n",
    "a: >-\t# c\n  b\n",
    "a: b# c\n",
    "a: [b,# c\n  d]\n",
    "a:# c\n  b: 1\n",
    "-# c\n",
    "--- # c\na: 1\n",
    "---# c\n",
    // Closing brackets at the key's column, and further left.
    "a: [\n  \"b\"\n]\n",
    "a:\n  b: {\n    \"c\": \"d\"\n  }\n",
    "a:\n  b: {\n    \"c\": \"d\"\n}\ne: 1\n",
    "- a: [\n'b'\n]\n- c\n",
    "a: {\n}\nb: [\n]\n",
    "a: [b, [c,\nd\n], {e: f\n}]\n",
    "a: [\n]: b\n",
    // Quoted scalars over several lines.
    "a: \"b\nc\"\n",
    "a:\n  b: 'c\n\n   d'\ne: 1\n",
    "a: \"b \\\n  c\"\n",
    "a: \"b\\\n\n\n c\"\n",
    "a: \"b\n---\nc\"\n",
    "a: \"b\n... c\"\n",
    "- 'a\n- b'\n",
    "\"a\n b\": c\n",
    "'a': b\n\"c\" : d\n",
    "{\"a\":1,'b':[2],c: 3}\n",
    "\"a\":1\n",
    // Escapes.
    "a: \"\\x41\\u00e9\\U0001F680\\/\\e\\N\\_\\L\\P\\0\"\n",
    "a: \"\\ud83d\\ude80\"\n",
    "a: \"\\ud83d\"\n",
    "a: \"\\'\"\n",
    "a: \"\\q\"\n",
    "a: '\\n'\n",
    // Tabs.
    "a:\tb\n",
    "a: b\t\n",
    "a: b\t# c\n",
    "a:\n\tb: 1\n",
    "\ta: 1\n",
    "-\ta\n",
    "- a\t\n- b\n",
    "a: [\tb,\n\tc]\n",
    "a: \"b\n\tc\"\n",
    "a: b\n\tc\n",
    "a: b\n  \tc\n",
    "a: |\n  b\n\tc\n",
    "a: |\n \tb\n",
    "a: 1\n# c\n\t# d\nb: 2\n",
    "a: 1\n\t# d\nb: 2\n",
    "a: \"b\"\n\t\nc: 1\n",
    "? \ta\n",
    "&x\ta: b\n",
    "!t\ta: b\n",
    // Block scalars.
    "a: |\n  b\n\n c: 1\n",
    "a: |2\n    b\n   c\n",
    "a: >\n  b\n  c\n\n    d\n\n  e\n",
    "a: |+\n  b\n\n\nc: 1\n",
    "a: |-\n\n\n  b\n",
    "a: |0\n  b\n",
    "a: |\n\n   \n  b\n",
    "- |\n a\n- >-\n\n  b\n",
    "|\n a\n",
    "--- |\na\n",
    "--- >\n a\n b\n",
    "a: |",
    "a: |\n  b",
    "a: |\nb: 1\n",
    // Plain scalars.
    "a: b: c\n",
    "a: - b\n",
    "a: b\n c\n  d: e\n",
    "a: b\n  c\n\n  d\ne: 1\n",
    "a: b #c\nd: e#f\ng: #h\n",
    "a: http://b?c=d&e#f\n",
    "[http://b?c=d]\n",
    "{a: b?c}\n",
    "[a?b, c]\n",
    "{a:}\n",
    "{a:, b}\n",
    "[a:, b: c, d]\n",
    "[a:b, {c:d}]\n",
    "[-, a]\n",
    "[- a]\n",
    "a: -\n",
    "a: ?\n",
    "a: :b\n",
    "a: @b\n",
    "a: `b`\n",
    "a: %b\n",
    "%a: b\n",
    "a: !b\nc: !!str 5\nd: ! 5\ne: !!int '5'\n",
    "a: !<tag:yaml.org,2002:str> 5\n",
    "%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 5\n",
    "a: !e!str 5\n",
    "a: !a/b!c d\n",
    "[!a, b]\n",
    // Keys.
    "? a\n: b\n",
    "? - a\n: - b\n",
    "? |\n  a\n: b\n",
    "? a\n? b\n",
    "[a]: b\n",
    "{a: b}: c\n",
    "[? a : b, c]\n",
    "[? : b]\n",
    ": a\n",
    "a\nb: c\n",
    "a: 1\nb\nc: 2\n",
    "a: 1\n b: 2\n",
    " a: 1\nb: 2\n",
    "a:\n  b: 1\n c: 2\n",
    "a:\n- b\n- c\nd: 1\n",
    "a:\n- b\n - c\n",
    "- a\nb: 1\n",
    "- - a\n  - b\n-\n  - c\n",
    "- a: 1\n  b: 2\n-\n  c: 3\n- # d\n  e: 4\n",
    "a: 1\na: 2\n",
    // Anchors, aliases, merge keys.
    "a: &x {b: 1}\nc: {<<: *x, d: 2}\n",
    "a: &x {b: 1}\nc:\n  <<: [*x, {b: 2, e: 3}]\n",
    "a: {<<: 5}\n",
    "a: &x [*x]\n",
    "a: *x\n",
    "a: &x 1\nb: &x 2\nc: *x\n",
    "&x a: *x\n",
    "a: &x\nb: *x\n",
    "a: & b\n",
    // Documents, markers, directives.
    "",
    "# c\n",
    "---\n",
    "---\n---\n",
    "a\n---\nb\n...\n",
    "a\n...\nb\n",
    "...\na\n",
    "a\n... # c\n---\nb\n",
    "--- a\n--- {b: c}\n---\n- d\n",
    "--- a: 1\n",
    "%YAML 1.1\n---\na: 1\n",
    "%YAML 1.2\n---\na: 1\n",
    "%YAML 2.0\n---\na: 1\n",
    "%FOO bar\n---\na: 1\n",
    "%YAML 1.1\na: 1\n",
    "a: 1\n%YAML 1.1\n---\nb: 1\n",
    // Characters and line breaks.
    "\u{feff}a: 1\n",
    "a: 1\r\nb:\r\n- c\r\n- |\r\n  d\r\n  e\r\n",
    "a: 1\rb: 2\r",
    "a: 1\u{85}b: 2\u{85}",
    "a: 'b\u{2028}c'\n",
    "a: b\u{2028}\u{2028} c\n",
    "a: \u{7f}\n",
    "a: \u{0}\n",
    "a: \u{1b}[0m\n",
    "a: \u{e9}\u{65e5}\u{1f680}\n\u{65e5}: \"\u{e9}\n\u{e9}\"\n",
    // Brackets that do not match, quotes that do not end.
    "[a\n",
    "{a: b\n",
    "a]\n",
    "[a}\n",
    "[a b: c]\n",
    "[a, , b]\n",
    "[a,]\n",
    "[,]\n",
    "{,}\n",
    "'a\n",
    "\"a\n",
    "'a' b\n",
    "[a] b\n",
    "{a: b} c\n",
];

/// A random number generator that gives the same numbers everywhere (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % count as u64).unwrap()
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const PIECES: &[&str] = &[
    "a",
    "b",
    "c: d",
    "a:",
    "- ",
    "-",
    "? ",
    "?",
    ": ",
    ":",
    " ",
    "  ",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\n ",
    "\n    ",
    "\n- ",
    "\n  - ",
    "\r\n",
    "\r",
    "\t",
    "# c",
    "#",
    "'x'",
    "\"y\"",
    "'it''s'",
    "\"\\n\"",
    "\"a\n b\"",
    "'a\n\n  b'",
    "\"a\\\n  b\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    ", ",
    "[a, b]",
    "{a: b}",
    "{a:}",
    "[a:, b]",
    "&x ",
    "*x",
    "&y",
    "*y",
    "!t ",
    "!!str ",
    "!<a> ",
    "|",
    "|-\n",
    "|+\n",
    "|\n  a\n  b\n",
    ">\n  a\n  b\n\n   c\n",
    "|2\n   x\n",
    ">-\n\n  a\n",
    "---\n",
    "--- ",
    "...\n",
    "---",
    "%YAML 1.1\n",
    "%TAG !e! tag:e,1:\n",
    "<<: ",
    "<<",
    "\u{85}",
    "\u{2028}",
    "\u{e9}",
    "\u{65e5}: ",
    "1",
    "~",
    "null",
    "0x1",
    "yes",
    "key",
    "key: ",
    "key:\n",
    "  key: v\n",
    "- a\n",
    "\\",
    "\"",
    "'",
    "`",
    "@",
    "%",
    "a b",
    "a#b",
    "a #b",
    "a:b",
    "::",
    "--",
    "-a",
    "?a",
    ":a",
    "a?b",
    "=",
    "|#c\n",
    "\"\\x41\"",
];

const LINES: &[&str] = &[
    "a: b",
    "a:",
    "- a",
    "-",
    "- a: b",
    "  b: c",
    "    c: d",
    "- - x",
    "? a",
    ": b",
    "'q': 'v'",
    "\"q\": \"v\"",
    "k: [a, b]",
    "k: {a: b}",
    "k: [",
    "]",
    "{",
    "}",
    "  a,",
    "  b]",
    "k: |",
    "k: >-",
    "  text",
    "   more",
    "",
    "  ",
    "# c",
    "  # c",
    "\t",
    "\ta",
    "k: 'x",
    "  y'",
    "k: \"x",
    "y\"",
    "  \"k\": v,",
    "  'v'",
    "&a k: v",
    "k: &a v",
    "k: *a",
    "*a : v",
    "k: !t v",
    "!t",
    "---",
    "...",
    "--- a",
    "--- |",
    "%YAML 1.1",
    "a b",
    "c",
    "  d: e",
    "k: v # c",
    "k: 'v'# c",
    "k: [a]# c",
    "k:\t v",
    "- \tv",
    "k: v\t",
    "k: v\t# c",
    "- ? a",
    "  : b",
    "<<: *a",
    "<<: {x: y}",
    "k: ''",
    "k: \"\"",
    "\u{e9}: \u{e9}",
    "  - a",
    "  - b",
    "   - c",
    " a: b",
    "a:b",
    "'a b':c",
    "k: a: b",
    "k: - a",
    "k: [a: b, c]",
    "k: {a, b: }",
    "k: {a: [b, {c: d}]}",
    "k: [a,",
    "  b: c]",
    "[a]: b",
    "{a: b}: c",
    "? [a]",
    ": - b",
    "? |",
    "  x",
    ": >",
];

/// Random documents, of which about a third is valid YAML.
pub fn odd(seed: u64, count: usize) -> Vec<String> {
    let mut dice = Dice(seed);
    (0..count).map(|_| if dice.below(2) == 0 { of_pieces(&mut dice) } else { of_lines(&mut dice) }).collect()
}

fn of_pieces(dice: &mut Dice) -> String {
    (0..=dice.below(12)).map(|_| dice.of(PIECES)).collect()
}

fn of_lines(dice: &mut Dice) -> String {
    let end = dice.of(&["\n", "\n", "\n", "\n", "\r\n", "\r"]);
    let mut text = String::new();
    for _ in 0..=dice.below(7) {
        if dice.below(3) == 0 {
            text.push_str(dice.of(&["", " ", "  ", "    "]));
        }
        text.push_str(dice.of(LINES));
        text.push_str(end);
    }
    if dice.below(5) == 0 {
        text.truncate(text.len() - end.len());
    }
    text
}

/// A document in another layout, which may have the same meaning, another one, or be invalid: comments, blank lines,
/// tabs, line ends, markers, directives, and brackets and quotes that continue where they should not.
pub fn relaid(text: &str, seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(lines.len().max(1));
        let Some(line) = lines.get_mut(at) else { break };
        match dice.below(16) {
            0 => line.push_str(dice.of(&[" # c", "# c", "\t# c", "  #", "#"])),
            1 => lines.insert(at, dice.of(&["# c", "  # c", "      # c", "\t# c", "", "   ", "\t"]).to_owned()),
            2 => line.push_str(dice.of(&[" ", "\t", " \t "])),
            3 => *line = line.replacen("  ", "\t", 1),
            4 => *line = line.replacen(": ", ":\t", 1),
            5 => lines.insert(at, dice.of(&["---", "...", "--- # c", "%YAML 1.1", "%YAML 1.2", "--- "]).to_owned()),
            // A closing bracket on its own line, indented less than it should be.
            6 => break_before(line, &["]", "}"], dice.of(&["", " ", "  "])),
            7 => break_before(line, &[", ", " "], dice.of(&["", " ", "        "])),
            // A quoted scalar over two lines.
            8 => break_before(line, &["\"", "'"], ""),
            9 => break_before(line, &[" "], ""),
            10 => *line = format!(" {line}"),
            11 => *line = line.strip_prefix(' ').unwrap_or(line).to_owned(),
            12 => *line = line.replacen(": ", dice.of(&[": &x ", ": !t ", ": !!str ", ": ? ", ": - ", ":"]), 1),
            13 => *line = line.replacen('"', "'", 1),
            14 => *line = line.replacen(dice.of(&["'", "\"", "[", "{", ",", ": "]), "", 1),
            _ => lines.remove(at).clear(),
        }
    }
    let end = dice.of(&["\n", "\n", "\n", "\r\n", "\r"]);
    let start = dice.of(&["", "", "", "\u{feff}", "# c\n", "---\n"]);
    let mut text = start.to_owned() + &lines.join(end);
    if dice.below(4) > 0 {
        text.push_str(end);
    }
    text
}

/// Inserts a line break before the last occurrence of some words.
fn break_before(line: &mut String, words: &[&str], indent: &str) {
    if let Some(at) = words.iter().filter_map(|word| line.rfind(word)).max() {
        line.insert_str(at, &format!("\n{indent}"));
    }
}
