//! The final phase: every client crashes, assigns itself all keys from the
//! beginning, and polls until it has seen what any client knows to be there; for
//! ten seconds at most.

use std::collections::BTreeMap;
use std::time::Duration;

use history::Op;
use history::edn::Value;
use maelstrom_node::Rng;

use super::generator::{names, poll};
use super::offsets;
use simulation::client::{Client, Final, Operation, Turn};

/// How long it takes at most.
const LIMIT: Duration = Duration::from_secs(10);
/// The mean time from one poll of a client to its next.
const PACE: Duration = Duration::from_millis(200);

/// Leads each client through the final phase.
#[derive(Clone, Debug, Default)]
pub(super) struct CatchUp {
    /// The highest known offset of each key.
    highest: BTreeMap<i64, i64>,
    /// What each place's client has yet to see of that, and when it polls next,
    /// from the beginning of the phase.
    behind: BTreeMap<usize, (BTreeMap<i64, i64>, Duration)>,
}

impl CatchUp {
    pub(super) fn next(&mut self, turn: Turn, rng: &Rng) -> Final {
        let (behind, next) = (self.behind)
            .entry(turn.client.thread)
            .or_insert_with(|| (self.highest.clone(), Duration::ZERO));
        if behind.is_empty() || turn.elapsed >= LIMIT {
            return Final::Done;
        }
        match turn.number {
            0 => Final::Now(Operation::new("crash", Value::Nil)),
            1 => {
                let keys: Vec<i64> = self.highest.keys().copied().collect();
                let assign = Operation::new("assign", names(&keys));
                Final::Now(assign.with("seek-to-beginning?", true))
            }
            _ if turn.elapsed < *next => Final::At((*next).min(LIMIT)),
            _ => {
                *next = turn.elapsed + PACE.mul_f64(2.0 * rng.f64());
                Final::Now(poll().with("poll-ms", 1000_i64))
            }
        }
    }

    /// Learns from a line of the history.
    pub(super) fn recorded(&mut self, client: Client, op: &Op) {
        let seen = offsets::highest(op);
        match self.behind.get_mut(&client.thread) {
            Some((behind, _)) if &*op.f == "poll" => {
                for (key, offset) in seen {
                    if behind.get(&key).is_some_and(|highest| *highest <= offset) {
                        behind.remove(&key);
                    }
                }
            }
            Some(_) => {}
            None => {
                for (key, offset) in seen {
                    let highest = self.highest.entry(key).or_insert(-1);
                    *highest = offset.max(*highest);
                }
            }
        }
    }
}
