//! Random numbers that are the same in every run, unless the environment sets another seed.

/// A number from the environment.
pub fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `SplitMix64`.
pub struct Random(u64);

impl Random {
    /// Numbers from `JINAFLOW_SEED`.
    pub fn new(salt: u64) -> Self {
        Self::from(number("JINAFLOW_SEED", 1) as u64 ^ salt)
    }

    /// Numbers from a given seed.
    pub fn from(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed for another generator.
    pub fn seed(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.seed() % most.max(1) as u64).unwrap()
    }

    /// True once in `times` calls, on average.
    pub fn coin(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Up to `most` of these, in random order.
    pub fn some<T>(&mut self, all: &mut Vec<T>, most: usize) {
        for place in 0..all.len().min(most) {
            let other = place + self.below(all.len() - place);
            all.swap(place, other);
        }
        all.truncate(most);
    }
}
