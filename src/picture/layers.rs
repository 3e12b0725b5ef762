//! Columns of a graph: each item is to the right of the items that lead to it, with few crossings.
//!
//! The method of Sugiyama: columns by the longest path, the order within a column by the mean of the neighbors, positions as
//! near to the neighbors as the order allows.

/// Items in columns.
#[derive(Debug)]
pub struct Columns {
    /// The items of each column from top to bottom. Items from `count` on are bends of long lines.
    pub lists: Vec<Vec<usize>>,
    /// The bends of each line.
    pub bends: Vec<Vec<usize>>,
    /// The number of items with the bends.
    pub count: usize,
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
}

/// The most bends of a picture. Further lines are drawn without bends.
const MOST_BENDS: usize = 20_000;

/// How often the order is improved.
const SWEEPS: usize = 4;

impl Columns {
    /// Puts items into columns.
    pub fn of(count: usize, lines: &[(usize, usize)]) -> Self {
        let forward = without_cycles(count, lines);
        let column = longest_paths(count, &forward);
        let mut columns: Vec<Vec<usize>> = vec![Vec::new(); column.iter().max().map_or(0, |last| last + 1)];
        for (item, column) in column.iter().enumerate() {
            columns[*column].push(item);
        }
        let mut all = Self { lists: columns, bends: Vec::new(), count, before: vec![Vec::new(); count], after: vec![Vec::new(); count] };
        for (from, to) in &forward {
            let mut bends = Vec::new();
            let mut last = *from;
            // A line that was turned around because of a cycle has no bends: it is drawn from right to left.
            for between in column[*from] + 1..column[*to] {
                if all.count - count >= MOST_BENDS {
                    break;
                }
                let bend = all.count;
                all.count += 1;
                all.before.push(Vec::new());
                all.after.push(Vec::new());
                all.lists[between].push(bend);
                all.connect(last, bend);
                bends.push(bend);
                last = bend;
            }
            all.connect(last, *to);
            all.bends.push(bends);
        }
        for (place, (from, to)) in lines.iter().enumerate() {
            if forward[place] != (*from, *to) {
                all.bends[place].clear();
            }
        }
        for sweep in 0..SWEEPS {
            all.sort(sweep % 2 == 0);
        }
        all
    }

    fn connect(&mut self, from: usize, to: usize) {
        self.after[from].push(to);
        self.before[to].push(from);
    }

    /// Sorts each column by the mean place of the neighbors in the column before it, or after it.
    fn sort(&mut self, is_forward: bool) {
        let mut place = vec![0_i64; self.count];
        let neighbors = if is_forward { &self.before } else { &self.after };
        let last = self.lists.len();
        let order: Vec<usize> = if is_forward { (0..last).collect() } else { (0..last).rev().collect() };
        for column in order {
            for (index, item) in self.lists[column].iter().enumerate() {
                place[*item] = number(index);
            }
            let mut keyed: Vec<((i64, i64), usize)> = Vec::new();
            for item in &self.lists[column] {
                let sum: i64 = neighbors[*item].iter().map(|other| place[*other]).sum();
                let count = number(neighbors[*item].len());
                keyed.push((if count == 0 { (place[*item], 1) } else { (sum, count) }, *item));
            }
            keyed.sort_by(|((one, of), _), ((other, among), _)| (one * among).cmp(&(other * of)));
            self.lists[column] = keyed.into_iter().map(|(_, item)| item).collect();
            for (index, item) in self.lists[column].iter().enumerate() {
                place[*item] = number(index);
            }
        }
    }

    /// The top of each item, with these heights and this gap.
    pub fn tops(&self, heights: &[i64], gap: i64) -> Vec<i64> {
        let mut middles = vec![0; self.count];
        for column in &self.lists {
            let mut top = 0;
            for item in column {
                middles[*item] = top + heights[*item] / 2;
                top += heights[*item] + gap;
            }
        }
        for sweep in 0..SWEEPS {
            let is_forward = sweep % 2 == 0;
            let neighbors = if is_forward { &self.before } else { &self.after };
            let last = self.lists.len();
            for index in 0..last {
                let column = &self.lists[if is_forward { index } else { last - 1 - index }];
                let wanted: Vec<i64> = column
                    .iter()
                    .map(|item| mean(neighbors[*item].iter().map(|other| middles[*other])).unwrap_or(middles[*item]))
                    .collect();
                for (item, middle) in column.iter().zip(nearest(&wanted, column, heights, gap)) {
                    middles[*item] = middle;
                }
            }
        }
        let tops: Vec<i64> = (0..self.count).map(|item| middles[item] - heights[item] / 2).collect();
        let first = tops.iter().min().copied().unwrap_or_default();
        tops.into_iter().map(|top| top - first).collect()
    }
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn mean(values: impl Iterator<Item = i64>) -> Option<i64> {
    let (sum, count) = values.fold((0_i64, 0_i64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum.div_euclid(count))
}

/// The middles nearest to the wanted ones that keep the order and the gap: blocks of items that would overlap move together
/// (the "pool adjacent violators" algorithm).
fn nearest(wanted: &[i64], column: &[usize], heights: &[i64], gap: i64) -> Vec<i64> {
    let mut offsets = Vec::with_capacity(column.len());
    let mut top = 0;
    for item in column {
        offsets.push(top + heights[*item] / 2);
        top += heights[*item] + gap;
    }
    // The sum of the positions of the first items of each block, and the number of its items.
    let mut blocks: Vec<(i64, i64)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut block = (wanted - offset, 1);
        while let Some(last) = blocks.pop_if(|last| last.0 * block.1 > block.0 * last.1) {
            block = (last.0 + block.0, last.1 + block.1);
        }
        blocks.push(block);
    }
    let starts =
        blocks.into_iter().flat_map(|(sum, count)| std::iter::repeat_n(sum.div_euclid(count), usize::try_from(count).unwrap_or_default()));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

/// How far the search for cycles has come at an item.
#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// The lines, with those turned around that close a cycle.
fn without_cycles(count: usize, lines: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (place, (from, _)) in lines.iter().enumerate() {
        after[*from].push(place);
    }
    let mut states = vec![State::New; count];
    let mut forward = lines.to_vec();
    for root in 0..count {
        if states[root] != State::New {
            continue;
        }
        states[root] = State::Open;
        let mut path = vec![(root, 0)];
        while let Some((item, tried)) = path.last_mut() {
            let Some(&line) = after[*item].get(*tried) else {
                states[*item] = State::Done;
                path.pop();
                continue;
            };
            *tried += 1;
            let to = lines[line].1;
            match states[to] {
                State::Open => forward[line] = (to, lines[line].0),
                State::New => {
                    states[to] = State::Open;
                    path.push((to, 0));
                }
                State::Done => {}
            }
        }
    }
    forward
}

/// The length of the longest path to each item. A line from an item to itself does not count.
fn longest_paths(count: usize, lines: &[(usize, usize)]) -> Vec<usize> {
    let mut waiting = vec![0_usize; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in lines.iter().filter(|(from, to)| from != to) {
        waiting[*to] += 1;
        after[*from].push(*to);
    }
    let mut ready: Vec<usize> = (0..count).filter(|item| waiting[*item] == 0).collect();
    let mut length = vec![0; count];
    while let Some(item) = ready.pop() {
        for to in &after[item] {
            length[*to] = length[*to].max(length[item] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_to_the_right_of_those_that_lead_to_them() {
        let columns = Columns::of(5, &[(0, 1), (1, 2), (0, 2), (0, 3), (2, 0), (4, 4)]);
        assert_eq!(columns.lists[0].iter().copied().collect::<std::collections::BTreeSet<_>>(), [0, 4].into());
        assert!(columns.lists[1].contains(&1) && columns.lists[1].contains(&3));
        assert_eq!(columns.lists[2], [2]);
        // The line from 0 to 2 passes the column between them, and the line that closes the cycle does not.
        assert_eq!(columns.bends, [vec![], vec![], vec![5], vec![], vec![], vec![]]);
    }

    #[test]
    fn items_do_not_overlap() {
        let lines: Vec<(usize, usize)> = (1..20).map(|item| (0, item)).chain([(3, 20), (4, 20), (19, 21)]).collect();
        let columns = Columns::of(22, &lines);
        let heights: Vec<i64> = (0..columns.count).map(|item| 20 + number(item)).collect();
        let tops = columns.tops(&heights, 10);
        for column in &columns.lists {
            for pair in column.windows(2) {
                assert!(tops[pair[0]] + heights[pair[0]] + 10 <= tops[pair[1]], "{tops:?}");
            }
        }
        assert_eq!(tops.iter().min(), Some(&0));
    }
}
