//! How soon what is broken is found, by plain seeds and by a hunt: for whoever changes the hunt.

use std::fmt;

use maelstrom_node::Rng;
use simulation::Simulated;
use simulation::run::Config;

use crate::{Failure, Hunt, Seen};

/// With how many seeds the search begins anew.
const STARTS: u64 = 15;
/// After so many runs it is given up.
const MOST: u64 = 300;

/// Of each search, the number of the run that failed, from 1; one more than there may be, if
/// none did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HowSoon {
    /// Of one seed after another.
    pub plain: Vec<u64>,
    /// Of a hunt.
    pub hunt: Vec<u64>,
}

/// Looks for a run that fails, 15 times in each way, in 300 runs at most. `base` is what is
/// searched from, by the number of the start.
pub fn how_soon(base: impl Fn(u64) -> Config, run: impl Fn(&Config) -> Simulated) -> HowSoon {
    HowSoon {
        plain: (0..STARTS).map(|start| plain(&base(start), &run)).collect(),
        hunt: (0..STARTS).map(|start| hunt(&base(start), &run)).collect(),
    }
}

fn is_found(run: &Simulated) -> bool {
    Failure::of(run).is_some_and(|failure| !failure.is_fruitless())
}

fn plain(base: &Config, run: impl Fn(&Config) -> Simulated) -> u64 {
    let rng = Rng::new(!base.seed);
    let mut runs = 1..=MOST;
    let found = runs.find(|_| is_found(&run(&base.clone().seed(rng.u64()))));
    found.unwrap_or(MOST + 1)
}

fn hunt(base: &Config, run: impl Fn(&Config) -> Simulated) -> u64 {
    let mut hunt = Hunt::new(base.clone());
    while hunt.runs() < MOST {
        let run = run(&hunt.next_run());
        if is_found(&run) {
            return hunt.runs();
        }
        let mut seen = Seen::default();
        run.again(&mut seen);
        hunt.learn(seen);
    }
    MOST + 1
}

/// "plain seeds: run 12 (1 to 63), hunt: run 4 (1 to 14)": the medians, and from which to which.
impl fmt::Display for HowSoon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |runs: &[u64]| {
            let mut runs = runs.to_vec();
            runs.sort_unstable();
            let [first, median, last] = [0, runs.len() / 2, runs.len() - 1].map(|at| runs[at]);
            format!("run {median} ({first} to {last})")
        };
        let (plain, hunt) = (figure(&self.plain), figure(&self.hunt));
        write!(f, "plain seeds: {plain}, hunt: {hunt}")
    }
}
