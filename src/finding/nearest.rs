//! The search behind "did you mean": finds the known name that is nearest to an unknown name.

/// Returns the candidate that is nearest to `wrong`; `None` if no candidate is near enough.
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

/// The characters of a name that are compared. `imagePullSecrets`, `image-pull-secrets` and `image_pull_secrets` have the
/// same.
fn comparable(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).take(64)
}

/// A summary of a name. Comparing two summaries is a fast way to exclude names that are far apart: a Flow may have
/// thousands of unknown names.
#[derive(Clone, Copy)]
struct Outline {
    length: usize,
    /// The set of letters, one bit for each. Some letters share a bit, so two sets may seem to differ less than they do.
    letters: u64,
}

impl Outline {
    fn of(name: &str) -> Self {
        comparable(name).fold(Self { length: 0, letters: 0 }, |Self { length, letters }, c| Self {
            length: length + 1,
            letters: letters | 1 << (u32::from(c) % 64),
        })
    }

    /// A lower bound of the edit distance: each edit changes the length by at most one, and adds or removes at most one
    /// letter.
    fn least_distance(self, other: Self) -> usize {
        let only_in = |a: u64, b: u64| (a & !b).count_ones() as usize;
        let letters = only_in(self.letters, other.letters).max(only_in(other.letters, self.letters));
        self.length.abs_diff(other.length).max(letters)
    }
}

/// The edit distance, where swapping two neighbouring letters is one step (optimal string alignment).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_proposed_and_far_ones_are_not() {
        let known = ["replicas", "image_pull_secrets", "gpus"];
        assert_eq!(nearest("replcias", known.into_iter()), Some("replicas"));
        assert_eq!(nearest("imagePullSecrets", known.into_iter()), Some("image_pull_secrets"));
        assert_eq!(nearest("frobnicate", known.into_iter()), None);
        assert_eq!(nearest("", known.into_iter()), None);
    }
}
