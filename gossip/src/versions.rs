//! Version vectors: how much of each replica someone holds.

use serde::{Deserialize, Serialize};

/// A version for each replica, by its number; 0 for those beyond the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Versions(Vec<u64>);

impl Versions {
    /// The versions by number.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
        self.0.iter().copied()
    }

    /// The version of the replica.
    pub fn get(&self, replica: usize) -> u64 {
        self.0.get(replica).copied().unwrap_or(0)
    }

    /// Raises the replica's version to this, if it is lower.
    pub fn raise(&mut self, replica: usize, version: u64) {
        if version == 0 {
            return;
        }
        if self.0.len() <= replica {
            self.0.resize(replica + 1, 0);
        }
        self.0[replica] = self.0[replica].max(version);
    }

    /// Raises every version to the other's: the least upper bound.
    pub fn merge(&mut self, other: &Versions) {
        for (replica, version) in other.0.iter().enumerate() {
            self.raise(replica, *version);
        }
    }

    /// Whether no version of the other is higher.
    pub fn covers(&self, other: &Versions) -> bool {
        other.lacking(self).next().is_none()
    }

    /// The replicas of which this has more than the other.
    pub fn lacking<'a>(&'a self, other: &'a Versions) -> impl Iterator<Item = usize> + 'a {
        let all = self.0.iter().enumerate();
        all.filter_map(|(replica, version)| (*version > other.get(replica)).then_some(replica))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rng::Rng;

    fn random(rng: &Rng) -> Versions {
        Versions((0..rng.below(5)).map(|_| rng.below(4)).collect())
    }

    #[test]
    fn merging_is_the_least_upper_bound() {
        let rng = Rng::new(1);
        let merged = |a: &Versions, b: &Versions| {
            let mut merged = a.clone();
            merged.merge(b);
            merged
        };
        let same = |a: &Versions, b: &Versions| a.covers(b) && b.covers(a);
        for _ in 0..1000 {
            let [a, b, c] = [random(&rng), random(&rng), random(&rng)];
            let ab = merged(&a, &b);
            assert!(ab.covers(&a) && ab.covers(&b));
            assert!(!(c.covers(&a) && c.covers(&b)) || c.covers(&ab));
            assert!(same(&ab, &merged(&b, &a)));
            assert!(same(&merged(&ab, &c), &merged(&a, &merged(&b, &c))));
            assert!(same(&merged(&a, &a), &a));
        }
    }
}
