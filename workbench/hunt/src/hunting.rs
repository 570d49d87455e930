//! Runs one after another, each chosen in the light of those before it.

use std::collections::BTreeSet;

use maelstrom_node::Rng;
use simulation::run::Config;
use simulation::schedule::Schedule;

use crate::mutate::mutate;
use crate::seen::Seen;
use crate::swarm;

/// How many schedules are kept to be changed.
const MOST_KEPT: usize = 64;

/// Looks for a run that fails among those that are like one.
///
/// Every second run is the base itself with another seed: so a hunt is hardly ever much
/// slower than trying one seed after the other. Of those between, half draw what goes wrong
/// ([`swarm()`](swarm::swarm)), and half change a schedule that came to situations which none before it
/// did. All of it follows from the seed and from what the runs told.
#[derive(Debug)]
pub struct Hunt {
    base: Config,
    rng: Rng,
    kept: Vec<Schedule>,
    situations: BTreeSet<u64>,
    kinds: BTreeSet<String>,
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
            kinds: BTreeSet::new(),
            runs: 0,
        }
    }

    /// The next run to be made.
    pub fn next_run(&mut self) -> Config {
        self.runs += 1;
        match self.rng.choose(&self.kept) {
            _ if self.runs % 2 == 1 => self.base.clone().seed(self.rng.u64()),
            Some(kept) if self.rng.chance(0.5) => mutate(kept, &self.rng).config(),
            _ => swarm::swarm(&self.base, &self.kinds, &self.rng),
        }
    }

    /// What was seen of the last one.
    pub fn learn(&mut self, seen: Seen) {
        self.kinds.extend(seen.kinds().iter().cloned());
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
