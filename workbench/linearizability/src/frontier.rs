//! Configurations that a search has come to, without those that another one
//! makes needless.
//!
//! Of two that differ only in the offers used, one that leaves as many for later
//! can do all that the other can: only those are kept that leave most.

use super::bits::Bits;
use super::calls::ValueId;
use super::multisets::{Multisets, UsedId};

/// What has happened so far, as far as it matters for what can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Configuration<const N: usize> {
    /// Which step comes next.
    pub(super) step: u32,
    /// The register's value.
    pub(super) state: ValueId,
    /// Which offers were used.
    pub(super) used: UsedId,
    /// Which pending calls have taken effect.
    pub(super) done: Bits<N>,
}

impl<const N: usize> Configuration<N> {
    fn is_like(&self, other: &Self) -> bool {
        (self.done, self.state, self.step) == (other.done, other.state, other.step)
    }
}

/// An insertion-ordered set of configurations.
#[derive(Debug)]
pub(super) struct Frontier<const N: usize> {
    entries: Vec<Entry<N>>,
    /// Open addressing: for each set of configurations that differ only in the
    /// offers used, the number plus one of the last; 0 is a free place.
    table: Vec<u32>,
    /// How many places are taken.
    taken: usize,
}

#[derive(Debug)]
struct Entry<const N: usize> {
    configuration: Configuration<N>,
    /// The number plus one of another that differs only in the offers used.
    next: u32,
    is_needless: bool,
}

impl<const N: usize> Frontier<N> {
    /// What one configuration takes, with its place in the table.
    pub(super) const BYTES: usize = size_of::<Entry<N>>() + 4 * size_of::<u32>();

    pub(super) fn new() -> Self {
        Frontier {
            entries: Vec::new(),
            table: vec![0; 32],
            taken: 0,
        }
    }

    /// How many there are, needless ones included.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The one of this number, unless it has become needless.
    pub(super) fn get(&self, number: usize) -> Option<Configuration<N>> {
        let entry = &self.entries[number];
        (!entry.is_needless).then_some(entry.configuration)
    }

    /// Adds a configuration, unless another one makes it needless. True if it
    /// did; and with how many others it compared it.
    pub(super) fn insert(&mut self, new: Configuration<N>, multisets: &Multisets) -> (bool, u64) {
        let place = self.place(&new);
        let first = self.table[place];
        let mut number = first;
        let mut compared = 0;
        while number != 0 {
            let entry = &mut self.entries[number as usize - 1];
            number = entry.next;
            let known = entry.configuration.used;
            compared += 1;
            if entry.is_needless {
                continue;
            }
            if multisets.leaves_as_much(known, new.used) {
                return (false, compared);
            }
            entry.is_needless = multisets.leaves_as_much(new.used, known);
        }
        self.entries.push(Entry {
            configuration: new,
            next: first,
            is_needless: false,
        });
        self.table[place] = self.entries.len() as u32;
        self.taken += usize::from(first == 0);
        if 2 * self.taken > self.table.len() {
            self.grow();
        }
        (true, compared)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.taken = 0;
        // One that was large once is not wiped for ever after.
        self.table.truncate(1 << 10);
        self.table.fill(0);
    }

    fn place(&self, configuration: &Configuration<N>) -> usize {
        let mask = self.table.len() - 1;
        let Configuration {
            step, state, done, ..
        } = configuration;
        let seed = u64::from(*step) << 32 | u64::from(*state);
        let mut place = done.hash(seed.wrapping_mul(0xff51_afd7_ed55_8ccd)) as usize & mask;
        while let Some(number) = self.table[place].checked_sub(1) {
            let known = &self.entries[number as usize].configuration;
            if known.is_like(configuration) {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        let old = std::mem::take(&mut self.table);
        self.table = vec![0; 2 * old.len()];
        for number in old.into_iter().filter(|number| *number != 0) {
            let place = self.place(&self.entries[number as usize - 1].configuration);
            self.table[place] = number;
        }
    }
}
