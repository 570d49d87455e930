//! A seeded random generator: xoshiro256++ (Blackman and Vigna, "Scrambled
//! linear pseudorandom number generators", 2018), seeded by SplitMix64 as its
//! authors advise.
//!
//! Its own few lines rather than a crate's, because its sequence is part of
//! what a seed promises: it must not change with a version of a dependency.

mod elementary;

use std::cell::Cell;
use std::ops::Range;

/// A random generator whose whole sequence follows from its seed. Not for
/// secrets.
///
/// Methods take `&self`, so that one generator can be shared by all handlers
/// of a node: `node.rng().below(6)`.
#[derive(Clone, Debug)]
pub struct Rng {
    state: Cell<[u64; 4]>,
}

impl Rng {
    /// The generator that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        let mut z = seed;
        let state = std::array::from_fn(|_| {
            z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let x = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            x ^ (x >> 31)
        });
        Rng {
            state: Cell::new(state),
        }
    }

    /// A new generator whose sequence has nothing to do with this one's.
    pub fn fork(&self) -> Rng {
        Rng::new(self.u64())
    }

    /// Any `u64`, each as likely as the others.
    pub fn u64(&self) -> u64 {
        let [a, b, c, d] = self.state.get();
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c2, d2) = (c ^ a, d ^ b);
        self.state
            .set([a ^ d2, b ^ c2, c2 ^ (b << 17), d2.rotate_left(45)]);
        result
    }

    /// A number from 0 up to, not including, `bound`, each as likely as the
    /// others (Lemire, "Fast random integer generation in an interval", 2019).
    /// 0 if `bound` is 0.
    pub fn below(&self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        loop {
            let wide = u128::from(self.u64()) * u128::from(bound);
            let low = wide as u64;
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (wide >> 64) as u64;
            }
        }
    }

    /// A number of the range; its start if the range is empty.
    pub fn range(&self, range: Range<u64>) -> u64 {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    /// A number from 0 up to, not including, 1.
    pub fn f64(&self) -> f64 {
        (self.u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number from 0 up, exponentially distributed, of mean 1: the same on every system.
    pub fn exponential(&self) -> f64 {
        // Of 1 - u, since u may be 0 but never 1.
        -elementary::ln(1.0 - self.f64())
    }

    /// A number from 1 to `base`, which is above 0, each factor as likely as the others: the same on
    /// every system.
    pub fn factor(&self, base: f64) -> f64 {
        elementary::exp(self.f64() * elementary::ln(base))
    }

    /// True with this probability (0 never, 1 always).
    pub fn chance(&self, probability: f64) -> bool {
        self.f64() < probability
    }

    /// One of the items, or `None` if there are none.
    pub fn choose<'a, T>(&self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// Puts the items in a random order, each as likely as the others.
    pub fn shuffle<T>(&self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's first outputs for the state that
    /// SplitMix64 makes of seed 0.
    #[test]
    fn the_sequence_of_a_seed_never_changes() {
        let rng = Rng::new(0);
        let first: Vec<u64> = (0..4).map(|_| rng.u64()).collect();
        assert_eq!(
            first,
            [
                0x53175d61490b23df,
                0x61da6f3dc380d507,
                0x5c0fdf91ec9a7bfc,
                0x02eebf8c3bbe5e1a
            ]
        );
    }

    #[test]
    fn below_reaches_every_number_and_no_other() {
        let rng = Rng::new(7);
        let mut seen = [0; 5];
        for _ in 0..1000 {
            seen[rng.below(5) as usize] += 1;
        }
        assert!(seen.iter().all(|&n| n > 120), "{seen:?}");
        assert_eq!(rng.below(0), 0);
        assert_eq!(rng.range(3..4), 3);
    }

    #[test]
    fn what_is_drawn_is_the_same_on_every_system() {
        let rng = Rng::new(0);
        let drawn = [(); 3].map(|()| (rng.exponential().to_bits(), rng.factor(300.0).to_bits()));
        let first = [
            (0x3fd91d4dbca40faa, 0x4021b2425807661b),
            (0x3fdc862bdc96bbb6, 0x3ff11491905deb59),
            (0x3fe5e121797d51d1, 0x3ff1fdc5ea990462),
        ];
        assert_eq!(drawn, first);
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let rng = Rng::new(1);
        let mut items: Vec<u32> = (0..100).collect();
        rng.shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
