//! Sets of small numbers, as many as `64 * N`.

/// A set of the slots of pending calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits<const N: usize>([u64; N]);

impl<const N: usize> Bits<N> {
    /// How many slots there are.
    pub(super) const CAPACITY: usize = 64 * N;
    /// What it costs to look at one, in units of work.
    pub(super) const COST: u64 = 1 + N as u64 / 4;
    pub(super) const EMPTY: Self = Bits([0; N]);

    pub(super) fn contains(&self, slot: u32) -> bool {
        self.0[slot as usize / 64] >> (slot % 64) & 1 == 1
    }

    #[must_use]
    pub(super) fn with(mut self, slot: u32) -> Self {
        self.0[slot as usize / 64] |= 1 << (slot % 64);
        self
    }

    #[must_use]
    pub(super) fn without(mut self, slot: u32) -> Self {
        self.0[slot as usize / 64] &= !(1 << (slot % 64));
        self
    }

    #[must_use]
    pub(super) fn union(mut self, other: &Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        self
    }

    pub(super) fn is_superset(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| b & !a == 0)
    }

    /// How many are in the set.
    pub(super) fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// Spreads the set over 64 bits (multiplicative hashing, word by word).
    pub(super) fn hash(&self, seed: u64) -> u64 {
        self.0.iter().fold(seed, |hash, word| {
            let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 29)
        })
    }
}
