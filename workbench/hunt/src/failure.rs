//! What went wrong with a run.

use std::fmt;

use simulation::Judged;
use verdict::Validity;

use crate::Struck;

/// The kinds of findings that make no run invalid, or that follow from something else: what a
/// run is worth, what explains it, which errors clients saw.
const NOTES: [&str; 13] = [
    "cause",
    "death",
    "exceptions",
    "never-read",
    "no-messages",
    "no-reply",
    "many-messages",
    "low-rate",
    "unfinished-line",
    "unanswered",
    "unknown",
    "none-succeeded",
    "storm",
];

/// Those of runs in which next to nothing succeeded.
const FRUITLESS: [&str; 2] = ["none-succeeded", "empty-transaction-graph"];

/// A kind of failure: two runs have the same if they break the same rule, whatever the
/// operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The history has this anomaly: a finding's name.
    Anomaly(String),
    /// A node broke the protocol, or ended.
    Node,
}

impl Failure {
    /// What is wrong with a run, if something is that could be looked for in others.
    pub fn of(run: &Judged) -> Option<Failure> {
        if run.checked.valid != Validity::Invalid {
            return None;
        }
        let findings = run.checked.findings.iter();
        let mut anomalies = findings.map(|finding| &*finding.anomaly);
        let first = anomalies.clone().find(|anomaly| !NOTES.contains(anomaly));
        match first {
            Some(anomaly) => Some(Failure::Anomaly(anomaly.to_owned())),
            None if !run.outcome.problems.is_empty() => Some(Failure::Node),
            None => anomalies
                .find(|anomaly| *anomaly == "none-succeeded")
                .map(|anomaly| Failure::Anomaly(anomaly.to_owned())),
        }
    }

    /// Whether it is only that so little succeeded that the run shows nothing: where enough
    /// goes wrong, that comes of any nodes.
    pub fn is_fruitless(&self) -> bool {
        matches!(self, Failure::Anomaly(name) if FRUITLESS.contains(&&**name))
    }

    /// When the rules struck in a run, if it shows this.
    pub fn struck_in(&self, run: &Judged) -> Option<Struck> {
        self.is_in(run).then(|| run.outcome.struck.clone())
    }

    /// Whether a run shows it.
    pub fn is_in(&self, run: &Judged) -> bool {
        run.checked.valid == Validity::Invalid
            && match self {
                Failure::Anomaly(name) => {
                    let mut findings = run.checked.findings.iter();
                    findings.any(|finding| finding.anomaly == *name)
                }
                Failure::Node => !run.outcome.problems.is_empty(),
            }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Anomaly(name) => f.write_str(name),
            Failure::Node => f.write_str("a node that breaks the protocol"),
        }
    }
}
