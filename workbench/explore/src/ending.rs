//! How a run ends that nothing disturbs any more: everything arrives, dead nodes live
//! again, all timers fire, as in the recovery of a run; then the last operations.

use std::time::Duration;

use host::TimedNode;
use maelstrom_node::Rng;
use simulation::client::{Final, Turn};

use crate::execution::Execution;

/// How long nodes have, each by its own clock.
const RECOVERY: Duration = Duration::from_secs(10);
/// How often something may happen in it, lest it has no end.
const MOST: usize = 20_000;
/// How many operations each client does at the end, at most.
const MOST_TURNS: usize = 64;

impl<N: TimedNode> Execution<'_, N> {
    /// Brings the run to its end.
    pub(crate) fn end(&mut self) {
        for node in 0..self.nodes() {
            if !self.is_alive(node) {
                self.start(node);
            }
        }
        self.recover(RECOVERY);
        self.give_up();
        if !self.workload.has_final_phase() {
            return;
        }
        let rng = Rng::new(0);
        for place in 0..self.seats() {
            for number in 0..MOST_TURNS {
                self.passes();
                let Some(client) = self.free(place) else {
                    break;
                };
                let turn = Turn {
                    client,
                    number,
                    elapsed: RECOVERY,
                };
                match self.workload.finish(turn, &rng) {
                    Final::Now(operation) => self.invoke(place, operation),
                    Final::At(_) => continue,
                    Final::Done => break,
                }
                self.last(RECOVERY / 5);
                self.passes();
                self.give_up();
            }
        }
    }

    /// Lets everything arrive, and timers fire, the earliest first, until so long has passed
    /// on each clock, or nothing happens any more.
    pub(crate) fn recover(&mut self, time: Duration) {
        self.fair(time, false);
    }

    /// The same, at most until all clients are free.
    fn last(&mut self, time: Duration) {
        self.fair(time, true);
    }

    fn fair(&mut self, time: Duration, is_last: bool) {
        let clock = |node| {
            self.deadline(node)
                .map_or(Duration::ZERO, |(_, clock)| clock)
        };
        let begun: Vec<Duration> = (0..self.nodes()).map(clock).collect();
        for _ in 0..MOST {
            if self.arrive() {
                continue;
            }
            if let Some(node) = (0..self.nodes()).find(|node| self.syncs(*node)) {
                self.synced(node);
                continue;
            }
            if is_last && (0..self.seats()).all(|place| self.free(place).is_some()) {
                return;
            }
            let due = |node: usize| {
                let (deadline, _) = self.deadline(node)?;
                let passed = deadline.saturating_sub(begun[node]);
                (passed <= time).then_some((passed, node))
            };
            match (0..self.nodes()).filter_map(due).min() {
                Some((_, node)) => self.fire(node),
                None => return,
            }
            self.settle();
        }
    }
}
