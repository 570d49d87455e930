//! Partitions between nodes, as Maelstrom draws them.
//!
//! A start and a heal alternate; the first start comes at once, the next events
//! after gaps uniform on 0 to twice the interval.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use maelstrom_node::Rng;
use recording::Shape;

use crate::schedule::{Choice, Schedule};

/// The pairs of `n` nodes, source and destination, that a partition of this shape cuts.
pub fn cut(shape: Shape, n: usize, rng: &Rng) -> BTreeSet<(usize, usize)> {
    let mut nodes: Vec<usize> = (0..n).collect();
    rng.shuffle(&mut nodes);
    match shape {
        Shape::One => split(nodes.split_at(1.min(n))),
        Shape::Majority => split(nodes.split_at(n / 2)),
        Shape::MinorityThird => split(nodes.split_at(n.saturating_sub(1) / 3)),
        Shape::MajoritiesRing if n <= 5 => ring(&nodes),
        Shape::MajoritiesRing => web(nodes, rng),
    }
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

/// Links between the nodes that have the fewest are added until each hears a
/// majority; not every number of nodes has a ring. Who hears whom is mutual.
fn web(mut nodes: Vec<usize>, rng: &Rng) -> BTreeSet<(usize, usize)> {
    let n = nodes.len();
    let mut hears: Vec<BTreeSet<usize>> = (0..n).map(|node| BTreeSet::from([node])).collect();
    loop {
        rng.shuffle(&mut nodes);
        nodes.sort_by_key(|node| hears[*node].len());
        let fewest = nodes[0];
        let other = nodes.iter().find(|node| !hears[fewest].contains(node));
        match other {
            Some(&other) if hears[fewest].len() <= n / 2 => {
                hears[fewest].insert(other);
                hears[other].insert(fewest);
            }
            _ => break,
        }
    }
    let pairs = (0..n).flat_map(|src| (0..n).map(move |dest| (src, dest)));
    pairs
        .filter(|(src, dest)| !hears[*dest].contains(src))
        .collect()
}

/// What is done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Begins a partition of this shape, which cuts these pairs.
    Start(Shape, BTreeSet<(usize, usize)>),
    /// Heals it.
    Stop,
}

/// Alternates between starts and stops, by chance; or does what is chosen.
#[derive(Debug)]
pub struct Partitions(Source);

#[derive(Debug)]
enum Source {
    Chance(Chance),
    Chosen(VecDeque<(Duration, Action)>),
}

#[derive(Debug)]
struct Chance {
    rng: Rng,
    interval: Duration,
    nodes: usize,
    one_way: bool,
    active: bool,
}

impl Partitions {
    /// For this many nodes, with this mean time between two actions. If
    /// `one_way`, each pair of nodes is cut in one direction at most.
    pub fn new(nodes: usize, interval: Duration, one_way: bool, rng: Rng) -> Self {
        Partitions(Source::Chance(Chance {
            one_way,
            rng,
            interval,
            nodes,
            active: false,
        }))
    }

    /// What a schedule says.
    pub fn of(schedule: &Schedule) -> Self {
        let place = |name: &String| schedule.world.nodes.iter().position(|node| node == name);
        let actions = schedule.choices.iter().filter_map(|choice| match choice {
            Choice::Partition { at, shape, cut } => {
                let pairs = cut.iter();
                let pairs = pairs.filter_map(|(src, dest)| Some((place(src)?, place(dest)?)));
                Some((*at, Action::Start(*shape, pairs.collect())))
            }
            Choice::Heal { at } => Some((*at, Action::Stop)),
            _ => None,
        });
        Partitions(Source::Chosen(actions.collect()))
    }

    /// When the first action is, if the main phase begins at `start`.
    pub fn first(&self, start: Duration) -> Option<Duration> {
        match &self.0 {
            Source::Chance(_) => Some(start),
            Source::Chosen(actions) => actions.front().map(|(at, _)| start + *at),
        }
    }

    /// The next action, if it is `now` and the main phase began at `start`; and when the one
    /// after it is.
    pub fn act(&mut self, start: Duration, now: Duration) -> Option<(Action, Option<Duration>)> {
        match &mut self.0 {
            Source::Chance(chance) => {
                let action = chance.act();
                Some((action, Some(now + chance.gap())))
            }
            Source::Chosen(actions) => {
                let (_, action) = actions.pop_front()?;
                Some((action, self.first(start)))
            }
        }
    }
}

impl Chance {
    fn act(&mut self) -> Action {
        self.active = !self.active;
        if !self.active {
            return Action::Stop;
        }
        let shape = *self.rng.choose(&Shape::ALL).unwrap_or(&Shape::One);
        let mut cut = cut(shape, self.nodes, &self.rng);
        if self.one_way {
            let pairs: Vec<_> = cut.iter().copied().filter(|(a, b)| a < b).collect();
            for (a, b) in pairs {
                let heard = if self.rng.chance(0.5) { (a, b) } else { (b, a) };
                cut.remove(&heard);
            }
        }
        Action::Start(shape, cut)
    }

    fn gap(&self) -> Duration {
        self.interval.mul_f64(2.0 * self.rng.f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Duration = Duration::ZERO;

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
                    let cut = super::cut(shape, n, &rng);
                    let mutual = cut.iter().all(|&(a, b)| cut.contains(&(b, a)));
                    assert!(cut.iter().all(|&(a, b)| a != b));
                    assert!(mutual || shape == Shape::MajoritiesRing);
                    let seen: Vec<_> = (0..n).map(|node| seen(&cut, n, node)).collect();
                    let sizes = seen.iter().map(BTreeSet::len);
                    let smallest = sizes.clone().min().unwrap();
                    let largest = sizes.max().unwrap();
                    let different = seen.iter().collect::<BTreeSet<_>>().len();
                    // The sizes of two parts, of which one may be nothing.
                    let parts = |small: usize| match small {
                        0 => (n, n, 1),
                        small => (small, n - small, 2),
                    };
                    let majority = n / 2 + 1;
                    let expected = match shape {
                        Shape::One if n == 1 => parts(0),
                        Shape::One => (1, n - 1, 2),
                        Shape::Majority => parts(n / 2),
                        Shape::MinorityThird => parts((n - 1) / 3),
                        Shape::MajoritiesRing if n <= 2 => (n, n, 1),
                        Shape::MajoritiesRing if n <= 5 => (majority, majority, n),
                        Shape::MajoritiesRing => {
                            assert!(smallest == majority && largest <= majority + 1);
                            assert!(mutual && different > 2);
                            continue;
                        }
                    };
                    assert_eq!((smallest, largest, different), expected, "{shape} of {n}");
                }
            }
        }
    }

    /// The nodes that hear fewest others, in partitions of five.
    #[test]
    fn minority_third_of_five_cuts_off_one_as_jepsens_does() {
        let mut lone = [0; 5];
        for seed in 0..1000 {
            let cut = super::cut(Shape::MinorityThird, 5, &Rng::new(seed));
            let cut_off = (0..5).filter(|&node| seen(&cut, 5, node).len() == 1);
            let cut_off: Vec<usize> = cut_off.collect();
            assert_eq!((cut_off.len(), cut.len()), (1, 8));
            lone[cut_off[0]] += 1;
        }
        assert!(
            lone.iter().all(|times| (150..250).contains(times)),
            "{lone:?}"
        );
    }

    #[test]
    fn one_way_partitions_leave_one_direction() {
        let mut partitions = Partitions::new(5, Duration::from_secs(1), true, Rng::new(3));
        let mut cuts = 0;
        for _ in 0..100 {
            if let Some((Action::Start(_, cut), _)) = partitions.act(ZERO, ZERO) {
                cuts += cut.len();
                assert!(cut.iter().all(|&(a, b)| !cut.contains(&(b, a))), "{cut:?}");
            }
        }
        assert!(cuts > 50, "{cuts}");
    }

    #[test]
    fn starts_and_stops_alternate_at_the_interval() {
        let mut partitions = Partitions::new(5, Duration::from_secs(10), false, Rng::new(3));
        let actions: Vec<_> = (0..1000)
            .filter_map(|_| partitions.act(ZERO, ZERO))
            .filter_map(|(action, next)| Some((action, next?)))
            .collect();
        assert_eq!(actions.len(), 1000);
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
