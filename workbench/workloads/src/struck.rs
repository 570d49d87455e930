//! Sweeps for tests of nodes that keep what they promise when they are killed, stand still, and
//! have clocks and disks that are wrong: many seeds of [`Config::struck`], on 3 and on 5 nodes.
//!
//! `STRUCK_SEEDS=1000 cargo test --release --package g-set struck -- --nocapture` sweeps over more
//! of them than a test does, and says what part of the operations was answered.

use simulation::Simulated;
use simulation::run::Config;
use verdict::Validity;

/// How many seeds, unless the environment says otherwise.
const SEEDS: u64 = 20;
/// Among so many seeds, a node that breaks its promise is convicted.
const CONVICTED_WITHIN: u64 = 1000;

/// What came of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Swept {
    /// The part of all clients' operations that were answered, from 0 to 1.
    pub ok_fraction: f64,
}

/// Runs every configuration of the sweep, and gives the mean of what was answered.
///
/// # Panics
/// If a run is not valid.
#[track_caller]
pub fn sweep(run: impl Fn(&Config) -> Simulated) -> Swept {
    let mut all = Vec::new();
    for nodes in [3, 5] {
        let mut answered = Vec::new();
        for seed in 0..seeds() {
            let simulated = run(&Config::struck(seed, nodes));
            simulated.assert_valid();
            answered.extend(simulated.figure("availability.ok-fraction"));
        }
        let mean = mean(&answered);
        eprintln!(
            "{} seeds, {nodes} nodes: {mean:.4} of all operations were answered",
            seeds()
        );
        all.extend(answered);
    }
    Swept {
        ok_fraction: mean(&all),
    }
}

/// For nodes that are broken on purpose: the first seed, on 3 nodes, with which a run of theirs is
/// not valid, and one of sound nodes is.
///
/// # Panics
/// If there is none among the first 1,000.
#[track_caller]
pub fn convicts(
    sound: impl Fn(&Config) -> Simulated,
    broken: impl Fn(&Config) -> Simulated,
) -> u64 {
    let is_convicted = |seed: &u64| {
        let config = Config::struck(*seed, 3);
        let found = broken(&config);
        found.checked.valid == Validity::Invalid && {
            eprintln!("seed {seed}: {}", found.checked.sentences().join("\n"));
            sound(&config).checked.valid == Validity::Valid
        }
    };
    let seed = (0..CONVICTED_WITHIN).find(is_convicted);
    let Some(seed) = seed else {
        panic!("expected to be convicted within {CONVICTED_WITHIN} seeds, found no run invalid")
    };
    seed
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is a test that asks, not a node"
)]
fn seeds() -> u64 {
    let seeds = std::env::var("STRUCK_SEEDS");
    seeds.map_or(SEEDS, |seeds| seeds.parse().expect("a number of seeds"))
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}
