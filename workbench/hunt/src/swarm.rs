//! Worlds that differ from each other in what can go wrong in them at all.
//!
//! A world in which everything goes wrong all the time shows few faults: what one of them
//! would bring to light, another one hides. So each run draws which faults there are, how
//! often they come, and how fast everything else is (Groce et al., "Swarm Testing", 2012).
//! And it draws moments at which more often than at others something depends on what comes
//! next: a node is struck just as it syncs, or just as it gets a message.

use std::collections::BTreeSet;
use std::time::Duration;

use maelstrom_node::Rng;
use simulation::host::{Health, Noise};
use simulation::nemesis::{Moment, NodeFault, NodeFaults, Rule, Target};
use simulation::network::{Distribution, Latency};
use simulation::run::Config;

/// At most so many moments are drawn for a run.
const MOST_RULES: u64 = 4;
/// How probable it is that a kind of fault is there.
const PRESENT: f64 = 0.75;
/// A moment is one of so many of its kind, on average.
const MEAN_NTH: f64 = 12.0;

/// A configuration like this one, in which by `rng` other things can go wrong, and not more
/// than in this. Nodes, clients, operations and the time stay as they are. `messages` are the
/// types of those that nodes get, if that is known.
pub fn swarm(base: &Config, messages: &BTreeSet<String>, rng: &Rng) -> Config {
    let mut config = base.clone().seed(rng.u64());
    let network = &mut config.network;
    network.latency = Latency {
        mean: latency(base.network.latency.mean, rng),
        distribution: *rng
            .choose(&[
                Distribution::Constant,
                Distribution::Uniform,
                Distribution::Exponential,
            ])
            .unwrap_or(&Distribution::Exponential),
    };
    for probability in [
        &mut network.loss,
        &mut network.duplicate,
        &mut network.reorder,
    ] {
        // What there is none of is not brought in.
        *probability *= *rng.choose(&[0.0, 0.0, 1.0, 4.0]).unwrap_or(&0.0);
        *probability = probability.min(0.5);
    }
    network.ideal = rng.chance(0.5);
    if base.noise != Noise::NONE {
        config.noise = *rng.choose(&Noise::LEVELS).unwrap_or(&base.noise);
    }
    config.disk.sync = base.disk.sync.mul_f64(scale(rng, 30.0));
    if let Some(interval) = base.partitions {
        config.partitions = rng.chance(PRESENT).then(|| often(interval, rng));
        config.one_way = rng.chance(0.3);
    }
    if let Some(faults) = &base.node_faults {
        let kinds = faults.kinds.iter().filter(|_| rng.chance(PRESENT)).copied();
        let kinds: Vec<NodeFault> = kinds.collect();
        let targets = faults.targets.iter().filter(|_| rng.chance(0.5)).copied();
        let targets: Vec<Target> = targets.collect();
        config.node_faults = (!kinds.is_empty()).then(|| NodeFaults {
            targets: match targets.is_empty() {
                true => faults.targets.clone(),
                false => targets,
            },
            drift: faults.drift,
            jump: faults.jump,
            ..NodeFaults::new(kinds, often(faults.interval, rng))
        });
        if rng.chance(0.5) {
            let count = 1 + rng.below(MOST_RULES);
            config.rules = (0..count)
                .filter_map(|_| rule(base, faults, messages, rng))
                .collect();
        }
    }
    config
}

/// From a third of what it is to three times that; 0 to 20 ms, if it is none.
fn latency(mean: Duration, rng: &Rng) -> Duration {
    match mean.is_zero() {
        true => Duration::from_millis(*rng.choose(&[0, 0, 1, 5, 20]).unwrap_or(&0)),
        false => Duration::from_millis(mean.mul_f64(scale(rng, 3.0)).as_millis() as u64),
    }
}

/// A fault may come twice as seldom, or twenty times as often.
fn often(interval: Duration, rng: &Rng) -> Duration {
    let interval = interval.mul_f64(2.0 * rng.factor(0.025));
    interval.max(Duration::from_millis(20))
}

/// From 1 / `most` to `most`; as likely below 1 as above it.
fn scale(rng: &Rng, most: f64) -> f64 {
    rng.factor(most * most) / most
}

/// A moment, and what happens to a node then. None, if no kind of fault is allowed.
fn rule(
    base: &Config,
    faults: &NodeFaults,
    messages: &BTreeSet<String>,
    rng: &Rng,
) -> Option<Rule> {
    let kinds: Vec<NodeFault> = faults.kinds.iter().copied().collect();
    let fault = *rng.choose(&kinds)?;
    let node = rng.below(base.nodes.len() as u64) as usize;
    let nth = 1 + (rng.exponential() * MEAN_NTH) as u32;
    let names: Vec<&String> = messages.iter().collect();
    let moment = match (rng.below(3), rng.choose(&names)) {
        (0, Some(kind)) => Moment::Receives {
            node,
            kind: (*kind).clone(),
            nth,
        },
        (1, Some(kind)) => Moment::Sends {
            node,
            kind: (*kind).clone(),
            nth,
        },
        _ => Moment::Syncs { node, nth },
    };
    let mut nodes = match rng.choose(&faults.targets) {
        Some(target) => target.draw(base.nodes.len(), None, rng),
        None => Vec::new(),
    };
    if !nodes.contains(&node) {
        nodes.push(node);
    }
    let lasts = Duration::from_millis(1).mul_f64(rng.factor(300.0));
    let healths = [Health::Slow, Health::Full, Health::Failing];
    let rule = Rule::new(moment, fault, nodes).lasts(lasts);
    Some(rule.health(*rng.choose(&healths).unwrap_or(&Health::Failing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_wrong_that_was_not_allowed() {
        let quiet = Config::for_nodes(3);
        let struck = Config::struck(1, 5);
        let messages = BTreeSet::from(["append".to_owned()]);
        let rng = Rng::new(1);
        let mut with_rules = 0;
        for _ in 0..200 {
            let config = swarm(&quiet, &messages, &rng);
            assert_eq!(config.check(), Ok(()));
            let network = &config.network;
            assert_eq!(
                (network.loss, network.duplicate, network.reorder),
                (0.0, 0.0, 0.0)
            );
            assert!(config.node_faults.is_none() && config.partitions.is_none());
            assert!(config.rules.is_empty() && config.noise == Noise::NONE);

            let config = swarm(&struck, &messages, &rng);
            assert_eq!(config.check(), Ok(()));
            let allowed = struck.node_faults.as_ref().unwrap();
            let faults = config.node_faults.iter().flat_map(|faults| &faults.kinds);
            assert!(
                faults
                    .chain(config.rules.iter().map(|rule| &rule.fault))
                    .all(|kind| allowed.kinds.contains(kind))
            );
            with_rules += usize::from(!config.rules.is_empty());
        }
        assert!((70..130).contains(&with_rules), "{with_rules}");
    }
}
