//! Faults of nodes: kills, pauses, clocks that are wrong, disks that fail.
//!
//! Kill and pause have the names and the ways of Jepsen's: a killed node ends as with
//! SIGKILL, and is started again with `init`; a paused one stands still as with SIGSTOP.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::time::Duration;

use maelstrom_node::Rng;
use serde::{Deserialize, Serialize};

use crate::host::Health;
use crate::schedule::{Choice, Schedule, seconds};

/// What may happen to nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeFault {
    /// They are killed, and after a while started again. Of what they have not synced,
    /// their disks may lose any part.
    Kill,
    /// They stand still; messages to them wait.
    Pause,
    /// Their clocks jump ahead, and run fast or slow.
    Clock,
    /// Their disks are slow or full, or fail. A node whose disk fails ends, and is started
    /// again when that is over.
    Disk,
    /// Their disks say that something is synced, and lose it if the node is killed. No
    /// node can keep a promise on such a disk.
    LostWrites,
}

impl NodeFault {
    /// All of them.
    pub const ALL: [NodeFault; 5] = [
        NodeFault::Kill,
        NodeFault::Pause,
        NodeFault::Clock,
        NodeFault::Disk,
        NodeFault::LostWrites,
    ];

    /// The names of its beginning and of its end in a history: Jepsen's, if it has one.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            NodeFault::Kill => ("kill", "start"),
            NodeFault::Pause => ("pause", "resume"),
            NodeFault::Clock => ("bump-clock", "reset-clock"),
            NodeFault::Disk => ("start-disk", "stop-disk"),
            NodeFault::LostWrites => ("start-lost-writes", "stop-lost-writes"),
        }
    }
}

/// How many nodes are struck at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// One.
    One,
    /// Fewer than half; at least one.
    Minority,
    /// Just more than half.
    Majority,
    /// All of them.
    All,
    /// Whoever leads, as far as it shows: the node that sent and got most of the messages
    /// between nodes since something was last done to any; one by chance, if there were none.
    Primaries,
}

impl Target {
    /// Those that are drawn from unless one says otherwise.
    pub const ALL: [Target; 4] = [Target::One, Target::Minority, Target::Majority, Target::All];

    /// Which of so many nodes, drawn at random, in their order; of these, one is the busiest
    /// if there is any.
    pub fn draw(self, nodes: usize, busiest: Option<usize>, rng: &Rng) -> Vec<usize> {
        let count = match (self, busiest) {
            (Target::Primaries, Some(busiest)) => return vec![busiest],
            (target, _) => target.count(nodes),
        };
        let mut all: Vec<usize> = (0..nodes).collect();
        rng.shuffle(&mut all);
        all.truncate(count);
        all.sort_unstable();
        all
    }

    /// How many of so many nodes.
    fn count(self, nodes: usize) -> usize {
        match self {
            Target::One | Target::Primaries => 1,
            Target::Minority => (nodes.saturating_sub(1) / 2).max(1),
            Target::Majority => nodes / 2 + 1,
            Target::All => nodes,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Target::One => "one",
            Target::Minority => "minority",
            Target::Majority => "majority",
            Target::All => "all",
            Target::Primaries => "primaries",
        })
    }
}

/// What is to happen to nodes in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFaults {
    /// The kinds of faults.
    pub kinds: BTreeSet<NodeFault>,
    /// Of each kind, the mean time from a strike to its end, and from that to the next
    /// strike: from a millisecond to 10^6 seconds. The first strike comes after such a
    /// time, not at once.
    pub interval: Duration,
    /// How many nodes are struck: each time one of these, drawn at random. At least one.
    pub targets: Vec<Target>,
    /// By how many parts in a million clocks run fast or slow at most.
    pub drift: u32,
    /// How far they jump at most.
    pub jump: Duration,
}

/// How wrong clocks become unless one says otherwise, in parts in a million: as wrong as
/// nodes that rest on clocks are made for (five in a hundred).
pub const DRIFT: u32 = 50_000;
/// And how far they jump.
pub const JUMP: Duration = Duration::from_millis(10);

impl NodeFaults {
    /// These kinds at this interval, on any number of nodes.
    pub fn new(kinds: impl IntoIterator<Item = NodeFault>, interval: Duration) -> Self {
        NodeFaults {
            kinds: kinds.into_iter().collect(),
            interval,
            targets: Target::ALL.to_vec(),
            drift: DRIFT,
            jump: JUMP,
        }
    }
}

/// What is done next of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// So many nodes are struck, these.
    Strike(Target, Vec<(usize, Strike)>),
    /// It is over.
    End,
}

/// What is done to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Strike {
    /// It is killed: at once, or when it has done so many things more, if it does them soon.
    Kill {
        /// How many.
        after: u32,
    },
    /// It stands still.
    Pause,
    /// Its clock is wrong from now on.
    Clock {
        /// How far it jumps ahead.
        #[serde(with = "seconds")]
        jump: Duration,
        /// By how many parts in a million it is fast; slow, if below 0.
        fast: i32,
    },
    /// Its disk is like this from now on.
    Disk(Health),
}

/// Alternates between strikes of a kind and their ends, by chance; or does what is chosen.
#[derive(Debug)]
pub(crate) struct Strikes {
    kind: NodeFault,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Chance(Chance),
    Chosen(VecDeque<(Duration, Action)>),
}

#[derive(Debug)]
struct Chance {
    kind: NodeFault,
    faults: NodeFaults,
    nodes: usize,
    rng: Rng,
    is_active: bool,
}

/// A killed node does so many things at most after that was decided.
const MOST_STEPS: u64 = 8;

impl Strikes {
    /// Of each kind, on so many nodes; all that is drawn follows from the seed.
    pub(crate) fn all(faults: &NodeFaults, nodes: usize, seed: u64) -> Vec<Strikes> {
        let strikes = |kind: &NodeFault| Strikes {
            kind: *kind,
            source: Source::Chance(Chance {
                kind: *kind,
                faults: faults.clone(),
                nodes,
                // Of its own, whichever others there are.
                rng: Rng::new(seed ^ (*kind as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03)),
                is_active: false,
            }),
        };
        faults.kinds.iter().map(strikes).collect()
    }

    /// Of each kind that a schedule has, what it says.
    pub(crate) fn of(schedule: &Schedule) -> Vec<Strikes> {
        let place = |name: &String| schedule.world.nodes.iter().position(|node| node == name);
        let chosen = |kind: &NodeFault| {
            let actions = schedule.choices.iter().filter_map(|choice| match choice {
                Choice::Strike {
                    at,
                    fault,
                    target,
                    nodes,
                } if fault == kind => {
                    let nodes = nodes.iter();
                    let mut struck: Vec<_> = nodes
                        .filter_map(|(name, strike)| Some((place(name)?, *strike)))
                        .collect();
                    struck.sort_by_key(|(node, _)| *node);
                    Some((*at, Action::Strike(*target, struck)))
                }
                Choice::Relief { at, fault } if fault == kind => Some((*at, Action::End)),
                _ => None,
            });
            Strikes {
                kind: *kind,
                source: Source::Chosen(actions.collect()),
            }
        };
        schedule.world.faults.iter().map(chosen).collect()
    }

    pub(crate) fn kind(&self) -> NodeFault {
        self.kind
    }

    /// When the next action is, if it is `now` and the main phase began at `start`.
    pub(crate) fn next(&self, start: Duration, now: Duration) -> Option<Duration> {
        match &self.source {
            Source::Chance(chance) => Some(now + chance.gap()),
            Source::Chosen(actions) => actions.front().map(|(at, _)| start + *at),
        }
    }

    /// Whether it is looked at who leads.
    pub(crate) fn looks_at_primaries(&self) -> bool {
        matches!(&self.source, Source::Chance(chance) if chance.faults.targets.contains(&Target::Primaries))
    }

    /// The next action; the busiest node is known, if there is one.
    pub(crate) fn act(&mut self, busiest: Option<usize>) -> Action {
        match &mut self.source {
            Source::Chance(chance) => chance.act(busiest),
            Source::Chosen(actions) => actions
                .pop_front()
                .map_or(Action::End, |(_, action)| action),
        }
    }
}

impl Chance {
    fn gap(&self) -> Duration {
        self.faults.interval.mul_f64(2.0 * self.rng.f64())
    }

    fn act(&mut self, busiest: Option<usize>) -> Action {
        self.is_active = !self.is_active;
        if !self.is_active {
            return Action::End;
        }
        let target = *self
            .rng
            .choose(&self.faults.targets)
            .unwrap_or(&Target::One);
        let nodes = target.draw(self.nodes, busiest, &self.rng);
        let struck = nodes
            .into_iter()
            .map(|node| (node, self.strike()))
            .collect();
        Action::Strike(target, struck)
    }

    fn strike(&self) -> Strike {
        let rng = &self.rng;
        match self.kind {
            NodeFault::Kill => Strike::Kill {
                after: match rng.chance(0.5) {
                    true => 0,
                    false => 1 + rng.below(MOST_STEPS) as u32,
                },
            },
            NodeFault::Pause => Strike::Pause,
            NodeFault::Clock => {
                let drift = i64::from(self.faults.drift);
                let fast = rng.below(2 * drift as u64 + 1) as i64 - drift;
                Strike::Clock {
                    jump: self.faults.jump.mul_f64(rng.f64()),
                    fast: fast as i32,
                }
            }
            NodeFault::Disk => {
                let health = [Health::Slow, Health::Full, Health::Failing];
                Strike::Disk(*rng.choose(&health).unwrap_or(&Health::Slow))
            }
            NodeFault::LostWrites => Strike::Disk(Health::Lying),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_as_many_as_they_say() {
        let rng = Rng::new(1);
        for (nodes, counts) in [
            (1, [1, 1, 1, 1]),
            (2, [1, 1, 2, 2]),
            (3, [1, 1, 2, 3]),
            (5, [1, 2, 3, 5]),
        ] {
            for (target, count) in Target::ALL.into_iter().zip(counts) {
                let drawn = target.draw(nodes, None, &rng);
                assert!(drawn.is_sorted() && drawn.iter().all(|node| *node < nodes));
                assert_eq!(drawn.len(), count, "{target} of {nodes}");
            }
            assert_eq!(Target::Primaries.draw(nodes, Some(0), &rng), [0]);
            assert_eq!(Target::Primaries.draw(nodes, None, &rng).len(), 1);
        }
    }

    #[test]
    fn what_is_drawn_for_one_kind_does_not_depend_on_the_others() {
        let second = Duration::from_secs(1);
        let all = NodeFaults::new(NodeFault::ALL, second);
        for kind in NodeFault::ALL {
            let alone = NodeFaults::new([kind], second);
            let acts = |faults: &NodeFaults| {
                let all = Strikes::all(faults, 5, 7);
                let mut strikes = all
                    .into_iter()
                    .find(|strikes| strikes.kind() == kind)
                    .unwrap();
                (0..50)
                    .map(|_| {
                        (
                            strikes.next(Duration::ZERO, Duration::ZERO),
                            strikes.act(None),
                        )
                    })
                    .collect::<Vec<_>>()
            };
            let acted = acts(&alone);
            assert_eq!(acted, acts(&all));
            let ends = acted.iter().filter(|(_, action)| *action == Action::End);
            assert_eq!(ends.count(), 25);
        }
    }
}
