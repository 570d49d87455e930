//! What is known of each of many keys, such as who wrote it: side by side in one array, those
//! of a key together. There may be a hundred thousand keys with a few items each, and a tree
//! or a list of its own for each of them takes far more time and memory than what is in it.

use std::ops::Range;

/// Items of each key, which are numbers from 0.
#[derive(Debug)]
pub(super) struct ByKey<T> {
    /// Where the items of each key begin, and at last their number.
    starts: Vec<u32>,
    items: Vec<T>,
}

impl<T: Copy> ByKey<T> {
    /// Those of so many keys, each item with its key; those of a key stay in their order.
    ///
    /// # Panics
    /// With 2^32 items or more.
    pub(super) fn new(keys: usize, items: &[(u32, T)]) -> Self {
        assert!(u32::try_from(items.len()).is_ok(), "fewer than 2^32 items");
        let mut starts = vec![0; keys + 2];
        for (key, _) in items {
            starts[*key as usize + 2] += 1;
        }
        for key in 2..starts.len() {
            starts[key] += starts[key - 1];
        }
        let mut sorted: Vec<T> = items.iter().map(|(_, item)| *item).collect();
        for (key, item) in items {
            let next = &mut starts[*key as usize + 1];
            sorted[*next as usize] = *item;
            *next += 1;
        }
        starts.pop();
        ByKey {
            starts,
            items: sorted,
        }
    }

    /// Where those of a key are among all.
    pub(super) fn range(&self, key: u32) -> Range<usize> {
        self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize
    }

    /// Those of a key.
    pub(super) fn of(&self, key: u32) -> &[T] {
        &self.items[self.range(key)]
    }

    /// The key of an item, by its place among all.
    pub(super) fn key_of(&self, place: usize) -> u32 {
        let begun = self
            .starts
            .partition_point(|start| *start as usize <= place);
        begun as u32 - 1
    }

    /// How many keys there are.
    pub(super) fn keys(&self) -> u32 {
        self.starts.len() as u32 - 1
    }

    /// All, key by key.
    pub(super) fn all(&self) -> &[T] {
        &self.items
    }

    /// Each key's, in turn.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[T])> {
        (0..self.keys()).map(|key| (key, self.of(key)))
    }

    /// Sorts the items of each key; what is the same to `compare` stays in its order.
    pub(super) fn sort_by(&mut self, compare: impl Fn(&T, &T) -> std::cmp::Ordering) {
        for key in 0..self.keys() {
            let range = self.range(key);
            self.items[range].sort_by(&compare);
        }
    }
}

impl<T: Copy + Ord> ByKey<T> {
    /// The items of each key sorted, each once.
    pub(super) fn set(keys: usize, items: &[(u32, T)]) -> Self {
        let mut set = ByKey::new(keys, items);
        set.sort_by(Ord::cmp);
        let mut kept = 0;
        for key in 0..set.keys() {
            let range = set.range(key);
            let start = kept;
            for at in range {
                if kept == start || set.items[kept - 1] != set.items[at] {
                    set.items[kept] = set.items[at];
                    kept += 1;
                }
            }
            set.starts[key as usize] = start as u32;
        }
        *set.starts.last_mut().expect("the number of items") = kept as u32;
        set.items.truncate(kept);
        set
    }

    /// Where an item of a sorted key is among all.
    pub(super) fn find(&self, key: u32, item: T) -> Option<usize> {
        let range = self.range(key);
        let place = self.items[range.clone()].binary_search(&item).ok()?;
        Some(range.start + place)
    }
}

/// What is known of some values of each key, such as who wrote them.
#[derive(Debug)]
pub(super) struct OfValues<V, T> {
    /// By value.
    rows: ByKey<(V, T)>,
}

impl<V: Copy + Ord, T: Copy> OfValues<V, T> {
    /// Of so many keys: a key, a value, and what is known.
    pub(super) fn new(keys: usize, known: &[(u32, (V, T))]) -> Self {
        let mut rows = ByKey::new(keys, known);
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        OfValues { rows }
    }

    /// All that is known of a key's values.
    pub(super) fn of(&self, key: u32) -> &[(V, T)] {
        self.rows.of(key)
    }

    /// All that is known of a value.
    pub(super) fn all(&self, key: u32, value: V) -> impl Iterator<Item = T> {
        let rows = self.of(key);
        let first = rows.partition_point(|(other, _)| *other < value);
        let same = rows[first..]
            .iter()
            .take_while(move |(other, _)| *other == value);
        same.map(|(_, known)| *known)
    }

    /// What is known of a value: of several, the last.
    pub(super) fn get(&self, key: u32, value: V) -> Option<T> {
        let rows = self.of(key);
        let after = rows.partition_point(|(other, _)| *other <= value);
        let (found, known) = rows[..after].last()?;
        (*found == value).then_some(*known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_key_are_together() {
        let items = [(2, 'c'), (0, 'b'), (2, 'a'), (2, 'c'), (0, 'a')];
        let by_key = ByKey::new(4, &items);
        let all: Vec<(u32, &[char])> = by_key.iter().collect();
        let expected: [&[char]; 4] = [&['b', 'a'], &[], &['c', 'a', 'c'], &[]];
        assert_eq!(all, (0..).zip(expected).collect::<Vec<_>>());
        let keys: Vec<u32> = (0..5).map(|place| by_key.key_of(place)).collect();
        assert_eq!(keys, [0, 0, 2, 2, 2]);

        let set = ByKey::set(4, &items);
        assert_eq!((set.of(0), set.of(2)), (&['a', 'b'][..], &['a', 'c'][..]));
        assert_eq!((set.find(2, 'c'), set.find(1, 'c')), (Some(3), None));
        assert_eq!(ByKey::<u32>::set(0, &[]).keys(), 0);
    }

    #[test]
    fn of_what_is_known_of_a_value_the_last_counts() {
        let known = [(1, (7, 'a')), (1, (5, 'b')), (1, (7, 'c')), (0, (7, 'd'))];
        let known = OfValues::new(2, &known);
        assert_eq!((known.get(1, 7), known.get(1, 6)), (Some('c'), None));
        assert_eq!(known.all(1, 7).collect::<String>(), "ac");
        assert_eq!(known.of(1), [(5, 'b'), (7, 'a'), (7, 'c')]);
    }
}
