//! Runs one after another, each chosen in the light of those before it.

use std::collections::BTreeSet;

use maelstrom_node::Rng;
use simulation::run::Config;
use simulation::schedule::Schedule;

use crate::moments::{Kinds, moments};
use crate::mutate::mutate;
use crate::seen::Seen;
use crate::swarm;

/// How many schedules are kept to be changed.
const MOST_KEPT: usize = 64;

/// Looks for a run that fails among those that are like one.
///
/// Every second run is the base itself with another seed: so a hunt is hardly ever much
/// slower than trying one seed after the other. Of those between, eight of ten strike nodes at
/// moments of one kind ([`moments()`](moments())), one draws anew what goes wrong
/// ([`swarm()`](swarm::swarm)), and one changes a schedule that came to situations which none
/// before it did. All of it follows from the seed and from what the runs told.
#[derive(Debug)]
pub struct Hunt {
    base: Config,
    rng: Rng,
    kept: Vec<Schedule>,
    situations: BTreeSet<u64>,
    kinds: Kinds,
    /// How many runs were chosen.
    runs: u64,
}

impl Hunt {
    /// Among runs like this one; whatever goes wrong in them may go wrong in this.
    pub fn new(base: Config) -> Self {
        Hunt {
            rng: Rng::new(base.seed ^ 0x4855_4E54_0000_0001),
            base,
            kept: Vec::new(),
            situations: BTreeSet::new(),
            kinds: Kinds::default(),
            runs: 0,
        }
    }

    /// The next run to be made.
    pub fn next_run(&mut self) -> Config {
        self.runs += 1;
        if self.runs % 2 == 1 {
            return self.base.clone().seed(self.rng.u64());
        }
        match (self.rng.below(10), self.rng.choose(&self.kept)) {
            (0, Some(kept)) => mutate(kept, &self.rng).config(),
            (0 | 1, _) => swarm::swarm(&self.base, &self.kinds.requests, &self.rng),
            _ => moments(&self.base, &self.kinds, &self.rng),
        }
    }

    /// What was seen of the last one.
    pub fn learn(&mut self, seen: Seen) {
        self.kinds.merge(seen.kinds());
        let before = self.situations.len();
        self.situations.extend(seen.situations());
        if self.situations.len() == before {
            return;
        }
        let Some(schedule) = seen.schedule() else {
            return;
        };
        if self.kept.len() == MOST_KEPT {
            let place = self.rng.below(MOST_KEPT as u64) as usize;
            self.kept.swap_remove(place);
        }
        self.kept.push(schedule);
    }

    /// How many runs were chosen.
    pub fn runs(&self) -> u64 {
        self.runs
    }

    /// How many situations were seen.
    pub fn situations(&self) -> usize {
        self.situations.len()
    }
}
