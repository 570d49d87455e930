//! Worlds that are dense in faults, at moments of one kind.
//!
//! What is lost by a crash is lost between two steps: when a node has answered and what it
//! answered is not on its disk, when it has told one other and not the rest. Chance
//! rarely strikes there. So a run draws one kind of moment (a client is answered, a node syncs,
//! a message of some type comes or goes), and nodes are struck at it over and over; with
//! most else as it is, since what one fault would bring to light another one hides.

use std::collections::BTreeSet;
use std::time::Duration;

use maelstrom_node::Rng;
use simulation::host::Noise;
use simulation::nemesis::{Moment, NodeFault, NodeFaults, Rule, Target};
use simulation::run::Config;

/// Of all nodes together, at most so many moments are struck in a run.
const MOST_MOMENTS: usize = 60;
/// Clients are multiplied up to so many.
const MOST_CLIENTS: usize = 24;

/// The types of the messages that were seen.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// Of those that nodes get.
    pub requests: BTreeSet<String>,
    /// Of the answers that clients get of nodes, but for errors.
    pub replies: BTreeSet<String>,
}

impl Kinds {
    pub(crate) fn merge(&mut self, others: &Kinds) {
        self.requests.extend(others.requests.iter().cloned());
        self.replies.extend(others.replies.iter().cloned());
    }
}

/// A configuration like this one in which, by `rng`, nodes are struck at moments of one kind, as
/// often as not by kills. No kind of fault is brought in that the base does not have; there may be
/// four times the clients and twice the operations. `kinds` are the messages for which
/// moments may wait: with none known, they are those at which nodes sync.
pub fn moments(base: &Config, kinds: &Kinds, rng: &Rng) -> Config {
    let mut config = dense(base, rng);
    let Some(faults) = &base.node_faults else {
        return config;
    };
    // Whoever lies dead for another reason has no moment.
    if rng.chance(0.85) {
        config.node_faults = None;
    }
    let nodes = base.nodes.len();
    let what = pick(
        rng,
        &[
            What::Answers,
            What::Answers,
            What::Answers,
            What::Messages,
            What::Syncs,
        ],
    );
    let whom = pick(
        rng,
        &[
            Some(Target::One),
            Some(Target::Majority),
            Some(Target::All),
            None,
        ],
    );
    let mean_gap = pick(rng, &[3.0, 10.0, 30.0, 100.0]);
    let longest = pick(rng, &[20, 100, 400, 1000]);
    for node in 0..nodes {
        let mut nth = 0.0;
        for _ in 0..MOST_MOMENTS / nodes {
            nth += 1.0 + mean_gap * rng.exponential();
            let Some(fault) = main_fault(&faults.kinds, rng) else {
                return config;
            };
            let struck = match whom {
                Some(Target::One) => vec![node],
                Some(target) => target.draw(nodes, None, rng),
                None => pick(rng, &some_targets(faults, rng)).draw(nodes, None, rng),
            };
            let others = struck.into_iter().filter(|other| *other != node);
            let struck = others.chain([node]).collect();
            let moment = what.moment(node, nth as u32, kinds, rng);
            let lasts = Duration::from_millis(1 + rng.below(longest));
            config
                .rules
                .push(Rule::new(moment, fault, struck).lasts(lasts));
        }
    }
    config
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
enum What {
    Answers,
    Messages,
    Syncs,
}

impl What {
    fn moment(self, node: usize, nth: u32, kinds: &Kinds, rng: &Rng) -> Moment {
        let of = match self {
            What::Answers => &kinds.replies,
            What::Messages => &kinds.requests,
            What::Syncs => return Moment::Syncs { node, nth },
        };
        let names: Vec<&String> = of.iter().collect();
        let Some(kind) = rng.choose(&names).map(|kind| (*kind).clone()) else {
            return Moment::Syncs { node, nth };
        };
        match matches!(self, What::Answers) || rng.chance(0.5) {
            true => Moment::Sends { node, kind, nth },
            false => Moment::Receives { node, kind, nth },
        }
    }
}

/// One kind of fault again and again, and few others.
fn dense(base: &Config, rng: &Rng) -> Config {
    let mut config = base.clone().seed(rng.u64());
    let clients = base.concurrency * pick(rng, &[1, 1, 2, 4]);
    config.concurrency = clients.min(base.concurrency.max(MOST_CLIENTS));
    config.rate = base.rate * pick(rng, &[1.0, 1.0, 2.0]);
    let network = &mut config.network;
    if rng.chance(0.5) {
        network.latency.mean = Duration::from_millis(pick(rng, &[1, 2, 5, 20]));
    }
    for probability in [
        &mut network.loss,
        &mut network.duplicate,
        &mut network.reorder,
    ] {
        *probability *= pick(rng, &[0.0, 0.0, 1.0]);
    }
    if rng.chance(0.5) {
        config.noise = Noise::NONE;
    }
    let sync = Duration::from_millis(pick(rng, &[1, 5, 20]));
    config.disk.sync = base.disk.sync.max(sync);
    let interval = Duration::from_millis(pick(rng, &[50, 100, 200, 400, 800]));
    if let Some(usual) = base.partitions {
        config.partitions = rng.chance(0.5).then_some(interval.min(usual));
        config.one_way = rng.chance(0.3);
    }
    if let Some(faults) = &base.node_faults {
        let others = faults.kinds.iter().copied().filter(|_| rng.chance(0.15));
        let others: Vec<NodeFault> = others.collect();
        let kinds = others.into_iter().chain(main_fault(&faults.kinds, rng));
        config.node_faults = Some(NodeFaults {
            targets: some_targets(faults, rng),
            drift: faults.drift,
            jump: faults.jump,
            ..NodeFaults::new(kinds, interval.min(faults.interval))
        });
    }
    config
}

/// Mostly a kill, if it is allowed: nothing else takes away what is not synced.
fn main_fault(allowed: &BTreeSet<NodeFault>, rng: &Rng) -> Option<NodeFault> {
    let all: Vec<NodeFault> = allowed.iter().copied().collect();
    match allowed.contains(&NodeFault::Kill) && rng.chance(0.7) {
        true => Some(NodeFault::Kill),
        false => rng.choose(&all).copied(),
    }
}

/// At least one.
fn some_targets(faults: &NodeFaults, rng: &Rng) -> Vec<Target> {
    let some = faults.targets.iter().copied().filter(|_| rng.chance(0.5));
    let some: Vec<Target> = some.collect();
    match some.is_empty() {
        true => faults.targets.clone(),
        false => some,
    }
}

fn pick<T: Copy>(rng: &Rng, from: &[T]) -> T {
    from[rng.below(from.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> BTreeSet<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn nothing_is_brought_in_that_was_not_allowed() {
        let kinds = Kinds {
            requests: names(&["append"]),
            replies: names(&["write_ok"]),
        };
        let rng = Rng::new(1);
        for count in [1, 3, 5] {
            let quiet = Config::for_nodes(count);
            let mut struck = Config::struck(1, count);
            struck
                .node_faults
                .as_mut()
                .unwrap()
                .kinds
                .remove(&NodeFault::Clock);
            for _ in 0..100 {
                let config = moments(&quiet, &kinds, &rng);
                assert_eq!(config.check(), Ok(()));
                assert!(config.node_faults.is_none() && config.partitions.is_none());
                assert!(config.rules.is_empty() && config.network.loss == 0.0);

                let config = moments(&struck, &kinds, &rng);
                assert_eq!(config.check(), Ok(()));
                assert_eq!(config.rules.len(), MOST_MOMENTS / count * count);
                let faults = config.node_faults.iter().flat_map(|faults| &faults.kinds);
                let mut all = faults.chain(config.rules.iter().map(|rule| &rule.fault));
                assert!(all.all(|kind| *kind != NodeFault::Clock));
                assert!(config.concurrency <= MOST_CLIENTS && config.rate <= 2.0 * struck.rate);
            }
        }
    }

    #[test]
    fn who_answers_is_struck_with_those_that_are_drawn() {
        let struck = Config::struck(1, 3);
        let kinds = Kinds {
            replies: names(&["write_ok"]),
            ..Kinds::default()
        };
        let rng = Rng::new(2);
        let runs = (0..100).map(|_| moments(&struck, &kinds, &rng));
        let of_answers = runs.filter(|config| {
            let mut answers = config.rules.iter().filter_map(|rule| match &rule.moment {
                Moment::Sends { node, kind, .. } => Some((node, kind, &rule.nodes)),
                _ => None,
            });
            answers.any(|(node, kind, struck)| kind == "write_ok" && struck.contains(node))
        });
        let of_answers = of_answers.count();
        assert!((45..75).contains(&of_answers), "{of_answers}");
    }
}
