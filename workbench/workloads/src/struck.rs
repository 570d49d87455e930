//! Sweeps for tests of nodes that keep what they promise when they are killed, stand still, and
//! have clocks and disks that are wrong: many seeds of [`Config::struck`], on 3 and on 5 nodes.
//!
//! `STRUCK_SEEDS=1000 cargo test --release --package g-set struck -- --nocapture` sweeps over more
//! of them than a test does, a tenth of them also in lockstep, and says what part of the operations
//! was answered, and how soon after a node was started again.

mod recovery;

use std::ops::Range;

use history::edn::Value;
use history::quantile;
use simulation::Simulated;
use simulation::run::{Config, Outcome};
use simulation::summary::sentence;
use verdict::{Checked, Finding, Validity};

pub use recovery::{Recovery, recoveries};

/// How many seeds, unless the environment says otherwise.
const SEEDS: u64 = 20;
/// Among so many seeds, a node that breaks its promise is convicted.
const CONVICTED_WITHIN: u64 = 1000;
/// One of so many runs may be fruitless. (Most are of lin-kv, where hardly any `cas` would succeed in a
/// sound world, either.)
const ONE_FRUITLESS_OF: usize = 50;
/// The findings that say so.
const FRUITLESS: [&str; 2] = ["none-succeeded", "empty-transaction-graph"];

/// One of so many runs is done again from its schedule.
const FOLLOWED: u64 = 10;

/// What came of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Swept {
    /// The part of all clients' operations that were answered, from 0 to 1.
    pub ok_fraction: f64,
    /// How often a node was started again, in a run.
    pub restarts: f64,
}

/// Runs every configuration of the sweep, and gives the mean of what was answered. Every tenth
/// run is done again, choice by choice, and must be the same.
///
/// Where so much fails, it happens that hardly anything succeeds: not one operation of some kind,
/// which the verdict counts as a fault, or no transaction that read what another one wrote. Such
/// runs are counted, and there may be one of fifty.
///
/// # Panics
/// If anything else is wrong with a run, or that with more of them.
#[track_caller]
pub fn sweep(run: impl Fn(&Config) -> Simulated) -> Swept {
    sweep_over(0..seeds().unwrap_or(SEEDS), run)
}

/// The same, over these seeds.
///
/// # Panics
/// As [`sweep`] does.
#[track_caller]
pub fn sweep_over(seeds: Range<u64>, run: impl Fn(&Config) -> Simulated) -> Swept {
    let (mut answered, mut restarts) = (Vec::new(), 0);
    for nodes in [3, 5] {
        let (mut fruitless, mut fractions) = (Vec::new(), Vec::new());
        let (mut times, mut lives) = (Vec::new(), 0);
        for seed in seeds.clone() {
            let simulated = run(&Config::struck(seed, nodes));
            match is_fruitless(&simulated) {
                true => fruitless.push(seed),
                false => simulated.assert_valid(),
            }
            if seed.is_multiple_of(FOLLOWED) {
                let again = run(&simulated.schedule().config());
                assert!(
                    again.outcome.history == simulated.outcome.history,
                    "seed {seed}, {nodes} nodes: a run that follows its schedule is another one"
                );
            }
            fractions.extend(simulated.figure("availability.ok-fraction"));
            let recoveries = recoveries(&simulated.outcome);
            lives += recoveries.len();
            times.extend(recoveries.iter().filter_map(|recovery| recovery.took));
        }
        times.sort_unstable();
        let quantile = |q| quantile(&times, q).unwrap_or_default();
        eprintln!(
            "seeds {seeds:?}, {nodes} nodes: {:.4} of all operations were answered; of {lives} \
             nodes that were started again and asked something, {} answered before they died \
             again, after {:?} (median; 90 %: {:?}); fruitless: {fruitless:?}",
            mean(&fractions),
            times.len(),
            quantile(0.5),
            quantile(0.9),
        );
        assert!(
            fruitless.len() <= fractions.len() / ONE_FRUITLESS_OF,
            "{nodes} nodes: with the seeds {fruitless:?}, so little succeeded that it shows nothing"
        );
        answered.extend(fractions);
        restarts += lives;
    }
    Swept {
        ok_fraction: mean(&answered),
        restarts: restarts as f64 / answered.len() as f64,
    }
}

/// Whether nothing is wrong with a run, but that so little succeeded that it shows nothing: not
/// one operation of some kind, or no transaction that read what another one wrote.
fn is_fruitless(simulated: &Simulated) -> bool {
    let Checked {
        results, findings, ..
    } = &simulated.checked;
    let Value::Map(parts) = results else {
        return false;
    };
    let is_invalid = |part: &Value| part.get("valid?") == Some(&false.into());
    let may_be = Value::keyword("stats");
    let is_wrong = (parts.iter()).any(|(name, part)| is_invalid(part) && *name != may_be);
    let shows_nothing = |finding: &Finding| FRUITLESS.contains(&&*finding.anomaly);
    !is_wrong && findings.iter().any(shows_nothing)
}

/// Holds a node's binary in lockstep against its engine: with one configuration, or a tenth of the
/// seeds that the environment asks for.
///
/// # Panics
/// If clients see a difference.
#[track_caller]
pub fn assert_alike(engine: impl Fn(&Config) -> Simulated, binary: impl Fn(&Config) -> Outcome) {
    let configs = match seeds() {
        None => vec![Config::struck(7, 3)],
        Some(seeds) => (0..seeds.div_ceil(10))
            .flat_map(|seed| [3, 5].map(|nodes| Config::struck(seed, nodes)))
            .collect(),
    };
    for config in configs {
        let (seed, nodes) = (config.seed, config.nodes.len());
        assert!(
            binary(&config).history == engine(&config).outcome.history,
            "seed {seed}, {nodes} nodes: the binary does not do as the engine does"
        );
    }
}

/// A run of nodes that are broken on purpose, which is not valid.
#[derive(Clone, Debug)]
pub struct Convicted {
    /// Its seed.
    pub seed: u64,
    /// The sentence that explains its verdict.
    pub said: String,
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
) -> Convicted {
    let convicted = |seed| {
        let config = Config::struck(seed, 3);
        let found = broken(&config);
        let is_convicted = found.checked.valid == Validity::Invalid
            && sound(&config).checked.valid == Validity::Valid;
        let said = sentence(&found.checked);
        is_convicted.then_some(Convicted { seed, said })
    };
    let Some(convicted) = (0..CONVICTED_WITHIN).find_map(convicted) else {
        panic!("expected to be convicted within {CONVICTED_WITHIN} seeds, found no run invalid")
    };
    eprintln!("seed {}: {}", convicted.seed, convicted.said);
    convicted
}

impl Convicted {
    /// # Panics
    /// Unless the run says first which death of a node it was that took what the node had
    /// acknowledged.
    #[track_caller]
    pub fn names_the_death(&self) {
        assert!(self.is_of_a_death(), "{self:?}");
    }

    /// For what nodes do wrong while they live, or as they start.
    ///
    /// # Panics
    /// If the run blames a death.
    #[track_caller]
    pub fn names_no_death(&self) {
        assert!(!self.is_of_a_death(), "{self:?}");
    }

    /// `n1 acknowledged operation 7 (add) at 1.234 s, and was killed at 1.3 s: ...`
    fn is_of_a_death(&self) -> bool {
        let ends = [", and was killed at ", ", and ended at "];
        self.said.contains(" acknowledged operation ")
            && ends.iter().any(|end| self.said.contains(end))
    }
}

/// `STRUCK_SEEDS`, if it is set.
#[expect(
    clippy::disallowed_methods,
    reason = "it is a test that asks, not a node"
)]
fn seeds() -> Option<u64> {
    let seeds = std::env::var("STRUCK_SEEDS").ok()?;
    Some(seeds.parse().expect("a number of seeds"))
}

fn mean(figures: &[f64]) -> f64 {
    figures.iter().sum::<f64>() / figures.len() as f64
}
