//! A schedule with small changes.

use std::collections::BTreeMap;
use std::time::Duration;

use maelstrom_node::Rng;
use simulation::nemesis::node::Strike;
use simulation::nemesis::{NodeFault, Shape, Target};
use simulation::schedule::{Choice, Schedule};

/// How many changes there are at once, at most.
const MOST_CHANGES: u64 = 6;
/// How late a message may become.
const LATEST: Duration = Duration::from_millis(500);

/// The same with some changes, of those kinds that happen in it.
pub(crate) fn mutate(schedule: &Schedule, rng: &Rng) -> Schedule {
    let mut changed = schedule.clone();
    for _ in 0..1 + rng.below(MOST_CHANGES) {
        change(&mut changed, rng);
    }
    changed.choices.sort_by_key(at);
    changed
}

/// When it is; what has no time comes last.
fn at(choice: &Choice) -> Duration {
    match choice {
        Choice::Operation { at, .. }
        | Choice::Partition { at, .. }
        | Choice::Heal { at }
        | Choice::Strike { at, .. }
        | Choice::Relief { at, .. } => *at,
        Choice::Message { .. } | Choice::Answer { .. } => Duration::MAX,
    }
}

fn change(schedule: &mut Schedule, rng: &Rng) {
    let limit = schedule.world.time_limit;
    let begin = limit.mul_f64(rng.f64());
    let end = begin + LATEST.mul_f64(rng.f64());
    let node = rng.choose(&schedule.world.nodes).cloned();
    let node = node.unwrap_or_default();
    let faults: Vec<NodeFault> = schedule.world.faults.iter().copied().collect();
    match rng.below(6) {
        0 => schedule.world.seed = rng.u64(),
        1 if schedule.world.partitions => {
            let others = schedule.world.nodes.iter().filter(|other| **other != node);
            let cut = others.flat_map(|other| {
                let both = [(node.clone(), other.clone()), (other.clone(), node.clone())];
                let kept = if rng.chance(0.3) { 1 } else { 2 };
                both.into_iter().take(kept)
            });
            let shape = Shape::One;
            let cut = cut.collect();
            schedule.choices.push(Choice::Partition {
                at: begin,
                shape,
                cut,
            });
            schedule.choices.push(Choice::Heal { at: end });
        }
        2 => {
            // A fault comes sooner or later.
            let is_fault = |choice: &&mut Choice| {
                matches!(
                    choice,
                    Choice::Strike { .. }
                        | Choice::Relief { .. }
                        | Choice::Partition { .. }
                        | Choice::Heal { .. }
                )
            };
            let mut all: Vec<&mut Choice> = schedule.choices.iter_mut().filter(is_fault).collect();
            let place = rng.below(all.len() as u64) as usize;
            if let Some(
                Choice::Strike { at, .. }
                | Choice::Relief { at, .. }
                | Choice::Partition { at, .. }
                | Choice::Heal { at },
            ) = all.get_mut(place)
            {
                *at = (*at + LATEST.mul_f64(rng.f64()))
                    .saturating_sub(LATEST / 2)
                    .min(limit);
            }
        }
        3 if !faults.is_empty() => {
            let fault = *rng.choose(&faults).unwrap_or(&NodeFault::Kill);
            let strike = match fault {
                NodeFault::Kill => Strike::Kill {
                    after: rng.below(9) as u32,
                },
                NodeFault::Pause => Strike::Pause,
                _ => return,
            };
            schedule.choices.push(Choice::Strike {
                at: begin,
                fault,
                target: Target::One,
                nodes: BTreeMap::from([(node, strike)]),
            });
            schedule.choices.push(Choice::Relief { at: end, fault });
        }
        4 => {
            // Some messages are late, or lost if that happens.
            let is_lossy = schedule
                .choices
                .iter()
                .any(|choice| matches!(choice, Choice::Message { takes, .. } if takes.is_empty()));
            let messages = schedule.choices.iter_mut();
            let mut messages: Vec<&mut Vec<Duration>> = messages
                .filter_map(|choice| match choice {
                    Choice::Message { takes, .. } => Some(takes),
                    _ => None,
                })
                .collect();
            let first = rng.below(messages.len() as u64) as usize;
            let count = 1 + rng.below(8) as usize;
            for takes in messages.iter_mut().skip(first).take(count) {
                **takes = match is_lossy && rng.chance(0.5) {
                    true => Vec::new(),
                    false => vec![LATEST.mul_f64(rng.f64())],
                };
            }
        }
        _ => {
            // Operations come closer to each other, or to a moment.
            let part = 0.1 + rng.f64();
            for choice in &mut schedule.choices {
                if let Choice::Operation { at, .. } = choice
                    && *at >= begin
                {
                    *at = begin + (*at - begin).mul_f64(part);
                }
            }
        }
    }
}
