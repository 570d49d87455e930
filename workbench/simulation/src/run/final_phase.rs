//! The final phase: after the recovery, clients go on one operation after
//! another until each is done.

use std::time::Duration;

use maelstrom_node::Rng;

use super::{Due, Phase, Run};
use crate::client::{Final, Turn};

/// How far the final phase is.
#[derive(Debug)]
pub(super) struct FinalPhase {
    /// Of its own: what is drawn here does not depend on how often before.
    rng: Rng,
    began: Duration,
    /// How many operations each thread has begun.
    turns: Vec<usize>,
    /// How many threads are not done.
    unfinished: usize,
}

impl FinalPhase {
    pub(super) fn new(seed: u64) -> Self {
        FinalPhase {
            rng: Rng::new(seed ^ 0xF1A1_0F7E_2BAD_CAFE),
            began: Duration::ZERO,
            turns: Vec::new(),
            unfinished: 0,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.unfinished == 0
    }
}

impl Run<'_> {
    pub(super) fn begin_final_phase(&mut self) {
        self.phase = Phase::Final;
        let threads = self.config.concurrency;
        self.final_phase.began = self.now;
        self.final_phase.turns = vec![0; threads];
        self.final_phase.unfinished = threads;
        for thread in 0..threads {
            self.final_turn(thread);
        }
    }

    /// Lets a thread that is free take its next turn.
    pub(super) fn final_turn(&mut self, thread: usize) {
        let began = self.final_phase.began;
        let turn = Turn {
            client: self.threads.client(thread),
            number: self.final_phase.turns[thread],
            elapsed: self.now.saturating_sub(began),
        };
        match self.workload.finish(turn, &self.final_phase.rng) {
            Final::Now(operation) => {
                self.final_phase.turns[thread] += 1;
                self.invoke(thread, operation);
            }
            Final::At(elapsed) => (self.events).add(began + elapsed, Due::FinalTurn { thread }),
            Final::Done => {
                self.final_phase.unfinished -= 1;
                self.next_phase();
            }
        }
    }
}
