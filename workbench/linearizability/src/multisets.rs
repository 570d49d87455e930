//! Multisets of offers, by number: each is kept once, and the same one always
//! has the same number.
//!
//! They are ordered by how much they leave for later. Fewer offers used leave
//! more; and a cas used in place of a write of the same value leaves more as
//! well, since the write can do whatever the cas could have done.

/// Which offers were used so far, by the number of the multiset.
pub(super) type UsedId = u32;

/// Kinds that set the same value.
#[derive(Clone, Debug, Default)]
pub(super) struct Family {
    /// The one that can take the place of the others: the write.
    pub(super) write: Option<u32>,
    pub(super) others: Vec<u32>,
}

/// All multisets that came up.
#[derive(Debug)]
pub(super) struct Multisets {
    /// How many kinds (of offers, or of what they are counted with) there are.
    width: usize,
    families: Vec<Family>,
    /// Row by row, how many there are of each kind.
    counts: Vec<u32>,
    /// How many there are of all kinds.
    sizes: Vec<u32>,
    /// Open addressing: numbers plus one; 0 is a free place.
    table: Vec<u32>,
}

impl Multisets {
    /// The number of the empty one.
    pub(super) const EMPTY: UsedId = 0;

    /// Of this many kinds, which belong to these families, each to one.
    pub(super) fn new(width: usize, families: Vec<Family>) -> Self {
        let mut multisets = Multisets {
            width,
            families,
            counts: vec![0; width],
            sizes: vec![0],
            table: vec![0; 64],
        };
        let place = multisets.place(0);
        multisets.table[place] = 1;
        multisets
    }

    pub(super) fn count(&self, id: UsedId, kind: u32) -> u32 {
        self.row(id)[kind as usize]
    }

    /// The multiset with one more of this kind.
    pub(super) fn with(&mut self, id: UsedId, kind: u32) -> UsedId {
        let row = id as usize * self.width;
        self.counts.extend_from_within(row..row + self.width);
        let new = self.sizes.len();
        self.counts[new * self.width + kind as usize] += 1;
        self.sizes.push(self.sizes[id as usize] + 1);
        let place = self.place(new as UsedId);
        if let Some(known) = self.table[place].checked_sub(1) {
            self.counts.truncate(new * self.width);
            self.sizes.truncate(new);
            return known;
        }
        self.table[place] = new as u32 + 1;
        if 2 * self.sizes.len() > self.table.len() {
            self.grow();
        }
        new as UsedId
    }

    /// Whether the first leaves as much for later as the second does.
    pub(super) fn leaves_as_much(&self, a: UsedId, b: UsedId) -> bool {
        if a == b {
            return true;
        }
        let (sparing, other) = (self.row(a), self.row(b));
        self.sizes[a as usize] <= self.sizes[b as usize]
            && self.families.iter().all(|family| {
                let missing = family.others.iter();
                let missing = missing.map(|kind| {
                    let kind = *kind as usize;
                    sparing[kind].saturating_sub(other[kind])
                });
                let count = |row: &[u32]| family.write.map_or(0, |kind| row[kind as usize]);
                count(sparing) + missing.sum::<u32>() <= count(other)
            })
    }

    /// How many offers are in it.
    pub(super) fn size(&self, id: UsedId) -> u32 {
        self.sizes[id as usize]
    }

    /// What it costs to make or to compare one, in units of work.
    pub(super) fn cost(&self) -> u64 {
        1 + self.width as u64 / 16
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        (self.counts.len() + self.sizes.len() + self.table.len()) * size_of::<u32>()
    }

    fn row(&self, id: UsedId) -> &[u32] {
        &self.counts[id as usize * self.width..][..self.width]
    }

    /// Where in the table this one is, or would be.
    fn place(&self, id: UsedId) -> usize {
        let mask = self.table.len() - 1;
        let row = self.row(id);
        let hash = row.iter().fold(0u64, |hash, count| {
            let mixed = (hash ^ u64::from(*count)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed ^ (mixed >> 29)
        });
        let mut place = hash as usize & mask;
        while let Some(known) = self.table[place].checked_sub(1) {
            if self.row(known) == row {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    fn grow(&mut self) {
        self.table = vec![0; 2 * self.table.len()];
        for id in 0..self.sizes.len() as UsedId {
            let place = self.place(id);
            self.table[place] = id + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_multiset_has_the_same_number() {
        let mut multisets = Multisets::new(
            3,
            vec![
                Family {
                    write: Some(0),
                    others: vec![1],
                },
                Family {
                    write: None,
                    others: vec![2],
                },
            ],
        );
        let make = |multisets: &mut Multisets, kinds: &[u32]| {
            let add = |id, kind: &u32| multisets.with(id, *kind);
            kinds.iter().fold(Multisets::EMPTY, add)
        };
        let a = make(&mut multisets, &[0, 1, 1, 2]);
        let b = make(&mut multisets, &[1, 2, 1, 0]);
        let c = make(&mut multisets, &[1, 2]);
        assert_eq!(a, b);
        assert!(multisets.leaves_as_much(c, a) && !multisets.leaves_as_much(a, c));
        assert!(multisets.leaves_as_much(Multisets::EMPTY, c));
        // Kind 0 is a write of what kind 1 makes of another value.
        let (write, cas) = (make(&mut multisets, &[0]), make(&mut multisets, &[1]));
        assert!(multisets.leaves_as_much(cas, write) && !multisets.leaves_as_much(write, cas));
        let other = make(&mut multisets, &[2]);
        assert!(!multisets.leaves_as_much(other, write) && !multisets.leaves_as_much(cas, other));
        for count in 0..1000 {
            let many = make(&mut multisets, &vec![2; count]);
            assert_eq!(multisets.count(many, 2), count as u32);
            assert_eq!(make(&mut multisets, &vec![2; count]), many);
        }
        assert_eq!(make(&mut multisets, &[0, 1, 1, 2]), a);
    }
}
