//! What is wrong with the input, or worth knowing about it.
//!
//! Every room reports through [`Findings`] and goes on, so that one run shows every problem. A finding knows the
//! field, the value and the mend; who it is about (which object, which file) is added by the room that knows.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;

/// A place in a text, both numbers counted from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Mark {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// `severity` of a KRM result (Functions Spec v1, `results[].severity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run fails; nothing is changed.
    Error,
    /// The run succeeds, but something is lost or risky.
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// The word used in `results` and on stderr.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// One problem or remark about one field. Boxed, since findings are rare and every place that makes one would
/// otherwise move two hundred bytes several times.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding(Box<Remark>);

/// What a [`Finding`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    /// How bad it is.
    pub severity: Severity,
    /// Field path such as `spec.flow.executors[1].replicas`; empty when the whole document is meant.
    pub path: String,
    /// What is wrong, in a few words without a final period.
    pub message: String,
    /// The value as the user wrote it.
    pub got: Option<String>,
    /// How to mend it.
    pub mend: Option<String>,
    /// A value that would be right, where one is known (`field.proposedValue`).
    pub proposed: Option<String>,
    /// Where in the text it stands.
    pub mark: Option<Mark>,
    /// That place, for people.
    pub excerpt: Option<Box<Excerpt>>,
}

/// A line of a text that somebody wrote, and a place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// What the text is called: a file, `stdin`, or the field that holds it.
    pub name: String,
    /// The place.
    pub mark: Mark,
    /// The line, or of a long one what is around the place.
    pub line: String,
    /// What a caret below the place stands behind: as wide as what is before it in the line.
    pub indent: String,
}

impl Excerpt {
    /// The place in a text that is called `name`; `None` when the text has no such line. What is missed at the end of the
    /// text is missed behind its last line.
    #[must_use]
    pub fn of(name: &str, text: &str, mark: Mark) -> Option<Self> {
        const BEFORE: usize = 60;
        const AFTER: usize = 40;
        let mut lines = text.lines().skip(mark.line.saturating_sub(2) as usize);
        let (line, mark) = match (mark.line, lines.next()?, lines.next()) {
            (0, ..) => return None,
            (1, first, _) => (first, mark),
            (_, _, Some(line)) => (line, mark),
            (_, last, None) => {
                let column = u32::try_from(last.chars().count()).ok()?.saturating_add(1);
                (last, Mark { line: mark.line - 1, column })
            }
        };
        let line = without_secrets(line);
        let at = (mark.column as usize).saturating_sub(1);
        let skipped = at.saturating_sub(BEFORE);
        let start = if skipped > 0 { "…" } else { "" };
        let mut rest = line.chars().skip(skipped);
        let shown: String = rest.by_ref().take(at - skipped + AFTER).map(harmless).collect();
        let end = if rest.next().is_some() { "…" } else { "" };
        // A tab is as wide here as it is above.
        let before = shown.chars().take(at - skipped).map(|c| if c == '\t' { c } else { ' ' });
        let indent = start.chars().map(|_| ' ').chain(before).collect();
        Some(Self { name: name.to_owned(), mark, line: format!("{start}{shown}{end}"), indent })
    }
}

/// The secret of a name on the Jina Hub, `jinahub+docker://NAME:SECRET/TAG`, is not for logs.
fn without_secrets(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("jinahub") {
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '\'' | '"' | ',' | '}' | ']');
        let name = rest[at..].find("://").map_or(rest.len(), |scheme| at + scheme + "://".len());
        let word = rest[name..].find(ends).map_or(rest.len(), |end| name + end);
        let secret = rest[name..word].find(':').map_or(word, |colon| name + colon + 1);
        shown.push_str(&rest[..secret]);
        shown.extend(rest[secret..word].chars().map(|_| '*'));
        rest = &rest[word..];
    }
    shown + rest
}

/// Where it is, the line, and a caret below the place; each on a line of its own, indented.
impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { line, column } = self.mark;
        let number = line.to_string();
        writeln!(f, "  --> {}:{line}:{column}", self.name.chars().map(harmless).collect::<String>())?;
        writeln!(f, "  {number} | {}", self.line)?;
        writeln!(f, "  {:1$} | {2}^", "", number.len(), self.indent)
    }
}

/// A character as a terminal may get it: what could be a command to it is replaced, and so is what is not seen or turns the
/// order of letters around, by which a name looks like another one (<https://trojansource.codes>).
#[must_use]
pub fn harmless(c: char) -> char {
    let is_hidden =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}' | '\u{180e}');
    if c.is_control() && c != '\t' || is_hidden { '\u{fffd}' } else { c }
}

impl Deref for Finding {
    type Target = Remark;
    fn deref(&self) -> &Remark {
        &self.0
    }
}

impl Finding {
    /// A finding that fails the run.
    pub fn error(path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, path.to_string(), message.into())
    }

    /// A finding that does not change the exit code.
    pub fn warning(path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, path.to_string(), message.into())
    }

    /// Something worth knowing.
    pub fn info(path: impl fmt::Display, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, path.to_string(), message.into())
    }

    #[inline(never)]
    fn new(severity: Severity, path: String, message: String) -> Self {
        Self(Box::new(Remark { severity, path, message, got: None, mend: None, proposed: None, mark: None, excerpt: None }))
    }

    /// Makes it as severe as that.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.0.severity = severity;
        self
    }

    /// Moves it to another field.
    #[must_use]
    pub fn on(mut self, path: String) -> Self {
        self.0.path = path;
        self
    }

    /// Adds the value as written. Long values are cut, since one line must stay one line.
    #[must_use]
    pub fn got(mut self, value: impl AsRef<str>) -> Self {
        self.0.got = Some(shortened(value.as_ref()));
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn mend(mut self, how: impl Into<String>) -> Self {
        self.0.mend = Some(how.into());
        self
    }

    /// Adds a value that would be right, and says so when there is no other mend.
    #[must_use]
    pub fn propose(self, value: impl Into<String>) -> Self {
        self.proposing(value.into())
    }

    #[inline(never)]
    fn proposing(mut self, value: String) -> Self {
        if self.mend.is_none() {
            self.0.mend = Some(format!("did you mean `{value}`?"));
        }
        self.0.proposed = Some(value);
        self
    }

    /// Proposes the nearest of `candidates`, or lists what is allowed when nothing is near.
    #[must_use]
    pub fn suggest<'c>(self, wrong: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Self {
        if let Some(near) = nearest(wrong, candidates.clone()) {
            self.propose(near)
        } else {
            let all: Vec<&str> = candidates.collect();
            if all.is_empty() {
                return self.mend("remove it");
            }
            self.mend(format!("use one of: {}", all.join(", ")))
        }
    }

    /// Adds the place in the text.
    #[must_use]
    pub fn at(mut self, mark: Mark) -> Self {
        self.0.mark = Some(mark);
        self
    }

    /// Adds the place for people.
    #[must_use]
    pub fn quoting(mut self, excerpt: Option<Excerpt>) -> Self {
        self.0.excerpt = excerpt.map(Box::new);
        self
    }
}

/// `message (got "x"); mend`, without severity, subject or path.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(got) = &self.got {
            write!(f, " (got {got:?})")?;
        }
        if let Some(mend) = &self.mend {
            write!(f, "; {mend}")?;
        }
        Ok(())
    }
}

/// All findings of one subject, in the order in which they were met.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    all: Vec<Finding>,
    messages: Known,
    places: Known,
}

/// Where each thing was said first, by its hash: looking through all findings for each new one takes too long.
#[derive(Debug, Default, Clone)]
struct Known {
    first: HashMap<u64, usize>,
    /// How many findings are in `first`.
    count: usize,
}

impl Known {
    /// Whether one of `all` is the same as `finding`, by what `key` is of each.
    fn has<'f, K: Hash + PartialEq>(&mut self, all: &'f [Finding], finding: &'f Finding, key: impl Fn(&'f Finding) -> K) -> bool {
        let hash = |finding| {
            let mut hasher = DefaultHasher::new();
            key(finding).hash(&mut hasher);
            hasher.finish()
        };
        for (place, known) in all.iter().enumerate().skip(self.count) {
            self.first.entry(hash(known)).or_insert(place);
        }
        self.count = all.len();
        self.first.get(&hash(finding)).is_some_and(|&place| key(&all[place]) == key(finding))
    }
}

impl Findings {
    /// Adds one.
    #[inline(never)]
    pub fn push(&mut self, finding: Finding) {
        self.all.push(finding);
    }

    /// Adds one, unless another says the same about another place.
    pub fn push_once(&mut self, finding: Finding) {
        if !self.messages.has(&self.all, &finding, |finding| finding.message.as_str()) {
            self.all.push(finding);
        }
    }

    /// Adds one, unless another says the same about the same place.
    pub fn push_once_for_each_place(&mut self, finding: Finding) {
        if !self.places.has(&self.all, &finding, |finding| (finding.path.as_str(), finding.message.as_str())) {
            self.all.push(finding);
        }
    }

    /// As [`nearest`], as long as there are few findings: looking takes time, and nobody reads the hundredth.
    #[must_use]
    pub fn nearest<'c>(&self, wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        if self.len() < MOST_PROPOSALS { nearest(wrong, candidates) } else { None }
    }

    /// The value, if there is one; what is wrong with it otherwise joins these.
    pub fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.push(finding)).ok()
    }

    /// Whether the run must fail.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error)
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.all.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.all.extend(findings);
    }
}

impl<'f> IntoIterator for &'f Findings {
    type Item = &'f Finding;
    type IntoIter = std::slice::Iter<'f, Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

/// A field path that is only spelled out when something is wrong with the field.
#[derive(Clone, Copy)]
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root(&'p str),
    Key(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    /// The path of the document itself (`""`) or of a known part (`"spec.flow"`).
    #[must_use]
    pub fn root(name: &'p str) -> Self {
        Path { parent: None, step: Step::Root(name) }
    }

    /// The field `name` of the mapping at this path.
    #[must_use]
    pub fn key(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), step: Step::Key(name) }
    }

    /// The entry `index` of the list at this path, from 0.
    #[must_use]
    pub fn index(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_start = match self.parent {
            None => true,
            Some(parent) => {
                parent.fmt(f)?;
                matches!(parent.step, Step::Root(""))
            }
        };
        match self.step {
            Step::Root(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(name) => {
                let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
                match (plain, at_start) {
                    (true, true) => f.write_str(name),
                    (true, false) => write!(f, ".{name}"),
                    (false, _) => write!(f, "[{:?}]", shortened(name)),
                }
            }
        }
    }
}

/// Findings after which no nearest name is looked for any more.
const MOST_PROPOSALS: usize = 100;

/// The candidate that `wrong` most likely stands for, when one is near enough to be worth proposing.
#[must_use]
pub fn nearest<'c>(wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let outline = Outline::of(wrong);
    let wrong: Vec<char> = comparable(wrong).collect();
    let mut limit = (wrong.len() / 3).max(1) + 1;
    let mut found = None;
    for candidate in candidates {
        if outline.least_distance(Outline::of(candidate)) >= limit {
            continue;
        }
        let far = distance(&wrong, &comparable(candidate).collect::<Vec<char>>());
        if far < limit {
            limit = far;
            found = Some(candidate);
        }
    }
    found
}

/// `imagePullSecrets`, `image-pull-secrets` and `image_pull_secrets` are the same guess.
fn comparable(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).take(64)
}

/// What shows without counting steps that two names are far apart: a Flow may have thousands of unknown ones.
#[derive(Clone, Copy)]
struct Outline {
    length: usize,
    /// Which letters there are. Some share a bit, so that fewer may seem to differ.
    letters: u64,
}

impl Outline {
    fn of(name: &str) -> Self {
        comparable(name).fold(Self { length: 0, letters: 0 }, |Self { length, letters }, c| Self {
            length: length + 1,
            letters: letters | 1 << (u32::from(c) % 64),
        })
    }

    /// Every step changes the length by one at most, and brings or takes one letter at most.
    fn least_distance(self, other: Self) -> usize {
        let only_in = |a: u64, b: u64| (a & !b).count_ones() as usize;
        let letters = only_in(self.letters, other.letters).max(only_in(other.letters, self.letters));
        self.length.abs_diff(other.length).max(letters)
    }
}

/// Edit distance with neighbouring letters swapped counted as one step (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut rows: Vec<usize> = vec![0; width * (a.len() + 1)];
    rows[..width].iter_mut().enumerate().for_each(|(j, cell)| *cell = j);
    for i in 1..=a.len() {
        rows[i * width] = i;
        for j in 1..=b.len() {
            let substituted = rows[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = substituted.min(rows[(i - 1) * width + j] + 1).min(rows[i * width + j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = best;
        }
    }
    rows[width * (a.len() + 1) - 1]
}

/// A value for a message: the start of a long one.
#[must_use]
pub fn shortened(value: &str) -> String {
    const LONGEST: usize = 80;
    match value.char_indices().nth(LONGEST) {
        None => value.to_owned(),
        Some((cut, _)) => format!("{}…", &value[..cut]),
    }
}

/// What stands in a message for a value that may be a secret.
pub const HIDDEN: &str = "(hidden: it may be a secret)";

/// Words of names that hold secrets; those that scanners look for (gitleaks, "generic-api-key").
const WORDS_OF_SECRETS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "apikey",
    "auth",
    "authorization",
];

/// What every such name has in it, so that nearly every other name need not be split.
const STEMS_OF_SECRETS: [&str; 7] = ["pass", "pwd", "secret", "token", "credential", "auth", "key"];

/// Fields of Kubernetes that name a Secret, or say that there is one, and hold none.
const FIELDS_ABOUT_SECRETS: [&str; 9] = [
    "authenticationRef",
    "automountServiceAccountToken",
    "imagePullSecrets",
    "secret",
    "secretKeyRef",
    "secretName",
    "secretRef",
    "secrets",
    "serviceAccountToken",
];

/// Whether a variable or an option of this name is likely to hold a secret: messages go to logs, and values of such names
/// do not belong there.
#[must_use]
pub fn names_a_secret(name: &str) -> bool {
    let has = |stem: &&str| name.as_bytes().windows(stem.len()).any(|part| part.eq_ignore_ascii_case(stem.as_bytes()));
    if FIELDS_ABOUT_SECRETS.contains(&name) || !STEMS_OF_SECRETS.iter().any(has) {
        return false;
    }
    let words = words_of(name);
    let is_key = |word: &String| word == "key" && (words.len() > 1 || name.contains("KEY"));
    words.iter().any(|word| WORDS_OF_SECRETS.contains(&word.as_str()) || is_key(word))
}

/// Whether a text that shows a mapping, a list or a command line has the name of a secret in it.
#[must_use]
pub fn shows_a_secret(text: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(|c| !is_inner(c)).any(names_a_secret)
}

/// `HF_TOKEN`, `hf-token` and `hfToken` are two words each.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in name.chars() {
        let starts = c.is_uppercase() && was_small;
        if !c.is_alphanumeric() || starts {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_small = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in
            ["PASSWORD", "DB_PASSWORD", "HF_TOKEN", "apiKey", "OPENAI_API_KEY", "KEY", "client-secret", "--uses-with {\"token\": 1}"]
        {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["MODEL", "key", "MONKEY", "TOKENIZER", "PASSAGE", "replicas", "author", "image"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }

    #[test]
    fn paths_read_like_kubernetes_field_paths() {
        let root = Path::root("");
        let executors = root.key("executors");
        let second = executors.index(1);
        assert_eq!(second.key("replicas").to_string(), "executors[1].replicas");
        let flow = Path::root("spec.flow");
        let env = flow.key("env");
        assert_eq!(env.key("a.b").to_string(), "spec.flow.env[\"a.b\"]");
        assert_eq!(Path::root("").to_string(), "");
    }

    #[test]
    fn a_finding_reads_as_one_line() {
        let f = Finding::error("executors[0].replicas", "must be 1 or more").got("0").mend("write how many pods you want");
        assert_eq!(f.to_string(), "must be 1 or more (got \"0\"); write how many pods you want");
        assert_eq!(Finding::error("a", "b").got("x\ny").to_string(), "b (got \"x\\ny\")");
        assert_eq!(Finding::error("a", "b").got("é".repeat(81)).got.as_ref().map(|g| g.chars().count()), Some(81));
    }

    #[test]
    fn an_excerpt_points_at_its_place() {
        let shown = |text: &str, line, column| Excerpt::of("f.yml", text, Mark { line, column }).map(|e| e.to_string());
        assert_eq!(shown("a: 1\r\n\tb: 2\r\n", 2, 5).as_deref(), Some("  --> f.yml:2:5\n  2 | \tb: 2\n    | \t   ^\n"));
        assert_eq!(shown("a: \u{1b}[31m", 1, 1).as_deref(), Some("  --> f.yml:1:1\n  1 | a: \u{fffd}[31m\n    | ^\n"));
        let long = format!("{}X{}", "é".repeat(200), "-".repeat(200));
        let expected = format!("  --> f.yml:1:201\n  1 | …{}X{}…\n    | {}^\n", "é".repeat(60), "-".repeat(39), " ".repeat(61));
        assert_eq!(shown(&long, 1, 201), Some(expected));
        let secret = "a: [jinahub+docker://A:s3cr/v1, 'jinahub://B:t', jinahub+docker://C/v1] # a:b";
        let shown_line = Excerpt::of("f", secret, Mark { line: 1, column: 60 }).map(|e| e.line);
        assert_eq!(shown_line.as_deref(), Some("a: [jinahub+docker://A:****/v1, 'jinahub://B:*', jinahub+docker://C/v1] # a:b"));
        // Behind the end of the line, which is where a missing bracket is.
        assert_eq!(shown("[a", 1, 3).as_deref(), Some("  --> f.yml:1:3\n  1 | [a\n    |   ^\n"));
        assert_eq!(shown("[a\n", 2, 1), shown("[a", 1, 3));
        assert_eq!((shown("a", 0, 0), shown("a", 3, 1), shown("", 1, 1)), (None, None, None));
    }

    #[test]
    fn near_names_are_proposed_and_far_ones_are_not() {
        let known = ["replicas", "image_pull_secrets", "gpus"];
        assert_eq!(nearest("replcias", known.into_iter()), Some("replicas"));
        assert_eq!(nearest("imagePullSecrets", known.into_iter()), Some("image_pull_secrets"));
        assert_eq!(nearest("frobnicate", known.into_iter()), None);
        assert_eq!(nearest("", known.into_iter()), None);
    }
}
