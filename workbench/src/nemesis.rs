//! Faults that come and go: partitions between nodes, as Maelstrom draws them.
//!
//! A start and a heal alternate; the first start comes at once, the next events
//! after gaps uniform on 0 to twice the interval.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use maelstrom_node::Rng;

/// The faults there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// Messages between some nodes are dropped.
    Partition,
    /// Beyond Maelstrom: the same, but of any two nodes one still hears the
    /// other.
    OneWayPartition,
}

/// The shape of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One node is cut off from all others.
    One,
    /// A majority and a minority of about half, drawn at random.
    Majority,
    /// Every node sees a majority, and no two the same one.
    MajoritiesRing,
    /// Less than a third is cut off, drawn at random.
    MinorityThird,
}

impl Shape {
    /// All of them; each is as likely as the others.
    pub const ALL: [Shape; 4] = [
        Shape::One,
        Shape::Majority,
        Shape::MajoritiesRing,
        Shape::MinorityThird,
    ];

    /// The pairs of `n` nodes, source and destination, that this cuts.
    pub fn cut(self, n: usize, rng: &Rng) -> BTreeSet<(usize, usize)> {
        let mut nodes: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut nodes);
        match self {
            Shape::One => split(nodes.split_at(1.min(n))),
            Shape::Majority => split(nodes.split_at(n.saturating_sub(1) / 2)),
            Shape::MinorityThird => split(nodes.split_at(third(n, rng))),
            Shape::MajoritiesRing => ring(&nodes),
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::One => "one",
            Shape::Majority => "majority",
            Shape::MajoritiesRing => "majorities-ring",
            Shape::MinorityThird => "minority-third",
        })
    }
}

/// From 0 to less than a third of `n`.
fn third(n: usize, rng: &Rng) -> usize {
    rng.below(n.div_ceil(3) as u64) as usize
}

fn split((left, right): (&[usize], &[usize])) -> BTreeSet<(usize, usize)> {
    let mut cut = BTreeSet::new();
    for &l in left {
        for &r in right {
            cut.extend([(l, r), (r, l)]);
        }
    }
    cut
}

/// Each node hears a window of the ring that is just a majority, with itself
/// in its middle. Where that has no middle, who hears whom is not mutual.
fn ring(nodes: &[usize]) -> BTreeSet<(usize, usize)> {
    let n = nodes.len();
    let majority = n / 2 + 1;
    let mut cut = BTreeSet::new();
    for dest in 0..n {
        let first = dest + n - majority / 2;
        for src in (majority..n).map(|i| (first + i) % n) {
            cut.insert((nodes[src], nodes[dest]));
        }
    }
    cut
}

/// What the nemesis does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begins a partition of this shape, which cuts these pairs.
    Start(Shape, BTreeSet<(usize, usize)>),
    /// Heals it.
    Stop,
}

/// Alternates between starts and stops.
#[derive(Debug)]
pub struct Nemesis {
    rng: Rng,
    interval: Duration,
    nodes: usize,
    one_way: bool,
    active: bool,
}

impl Nemesis {
    /// For this many nodes, with this mean time between two actions. If
    /// `one_way`, each pair of nodes is cut in one direction at most.
    pub fn new(nodes: usize, interval: Duration, one_way: bool, rng: Rng) -> Self {
        Nemesis {
            one_way,
            rng,
            interval,
            nodes,
            active: false,
        }
    }

    /// The next action, and the time from it to the one after it.
    pub fn act(&mut self) -> (Action, Duration) {
        self.active = !self.active;
        let action = match self.active {
            true => {
                let shape = *self.rng.choose(&Shape::ALL).unwrap_or(&Shape::One);
                let mut cut = shape.cut(self.nodes, &self.rng);
                if self.one_way {
                    let pairs: Vec<_> = cut.iter().copied().filter(|(a, b)| a < b).collect();
                    for (a, b) in pairs {
                        let heard = if self.rng.chance(0.5) { (a, b) } else { (b, a) };
                        cut.remove(&heard);
                    }
                }
                Action::Start(shape, cut)
            }
            false => Action::Stop,
        };
        (action, self.interval.mul_f64(2.0 * self.rng.f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(cut: &BTreeSet<(usize, usize)>, n: usize, node: usize) -> BTreeSet<usize> {
        (0..n)
            .filter(|&other| !cut.contains(&(other, node)))
            .collect()
    }

    #[test]
    fn every_shape_is_what_it_says() {
        for n in 1..12 {
            for seed in 0..20 {
                let rng = Rng::new(seed);
                for shape in Shape::ALL {
                    let cut = shape.cut(n, &rng);
                    let mutual = cut.iter().all(|&(a, b)| cut.contains(&(b, a)));
                    assert!(cut.iter().all(|&(a, b)| a != b));
                    assert!(mutual || shape == Shape::MajoritiesRing);
                    let seen: Vec<_> = (0..n).map(|node| seen(&cut, n, node)).collect();
                    let smallest = seen.iter().map(BTreeSet::len).min().unwrap();
                    let largest = seen.iter().map(BTreeSet::len).max().unwrap();
                    let different = seen.iter().collect::<BTreeSet<_>>().len();
                    match shape {
                        Shape::One => assert_eq!((smallest, different), (1, n.min(2))),
                        Shape::Majority => assert!(largest > n / 2 && different <= 2),
                        Shape::MinorityThird => assert!(3 * (n - largest) < n && different <= 2),
                        Shape::MajoritiesRing => {
                            assert_eq!((smallest, largest), (n / 2 + 1, n / 2 + 1));
                            assert_eq!(different, if n > 2 { n } else { 1 });
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn one_way_partitions_leave_one_direction() {
        let mut nemesis = Nemesis::new(5, Duration::from_secs(1), true, Rng::new(3));
        let mut cuts = 0;
        for _ in 0..100 {
            if let (Action::Start(_, cut), _) = nemesis.act() {
                cuts += cut.len();
                assert!(cut.iter().all(|&(a, b)| !cut.contains(&(b, a))), "{cut:?}");
            }
        }
        assert!(cuts > 50, "{cuts}");
    }

    #[test]
    fn starts_and_stops_alternate_at_the_interval() {
        let mut nemesis = Nemesis::new(5, Duration::from_secs(10), false, Rng::new(3));
        let actions: Vec<_> = (0..1000).map(|_| nemesis.act()).collect();
        for (i, (action, _)) in actions.iter().enumerate() {
            assert_eq!(matches!(action, Action::Start(..)), i % 2 == 0);
        }
        let mean = actions
            .iter()
            .map(|(_, gap)| gap.as_secs_f64())
            .sum::<f64>()
            / 1000.0;
        assert!((9.5..10.5).contains(&mean), "{mean}");
    }
}
