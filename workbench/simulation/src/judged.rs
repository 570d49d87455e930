//! A run and the verdict on it: what is kept, shown and told of it.

use verdict::assertion::{self, Assertion};
use verdict::{Availability, Checked, Rules};

use crate::folder::Kept;
use crate::judge;
use crate::recording::Recording;
use crate::run::{Config, Outcome};
use crate::summary::Summary;
use crate::workload::Workload;

/// What is asked of a run beside what its workload asks; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// By whose rules the history is judged.
    pub rules: Rules,
    /// What fraction of the operations must succeed.
    pub availability: Option<Availability>,
    /// Limits for figures of the results.
    pub assertions: Vec<Assertion>,
}

/// A run and the verdict on it.
#[derive(Debug)]
pub struct Judged {
    /// The workload's name.
    pub workload: &'static str,
    /// What the run was to be like.
    pub config: Config,
    /// Whether the nodes' time was virtual, so that the seed gives the same run again.
    pub virtual_time: bool,
    /// What came of it.
    pub outcome: Outcome,
    /// Its messages, if they were recorded.
    pub recording: Recording,
    /// What the checkers say.
    pub checked: Checked,
    /// What was asked.
    pub limits: Limits,
}

impl Judged {
    /// Judges a run.
    pub fn new(
        workload: &dyn Workload,
        config: Config,
        virtual_time: bool,
        outcome: Outcome,
        recording: Recording,
        limits: Limits,
    ) -> Self {
        let mut checked = judge::run(
            workload,
            &outcome,
            &recording,
            limits.availability,
            limits.rules,
        );
        if !limits.assertions.is_empty() {
            let asserted = assertion::check(&checked.results, &limits.assertions);
            checked.add("assertions", asserted);
        }
        Judged {
            workload: workload.name(),
            config,
            virtual_time,
            outcome,
            recording,
            checked,
            limits,
        }
    }

    /// Judges one in virtual time of which no messages were recorded, without further limits.
    pub fn of(workload: &dyn Workload, config: Config, outcome: Outcome) -> Self {
        let recording = Recording::default();
        Judged::new(
            workload,
            config,
            true,
            outcome,
            recording,
            Limits::default(),
        )
    }

    /// It in a few lines. It began at `began`, local time as in ISO 8601 to the second,
    /// and this command runs it again.
    pub fn summary(&self, began: String, command: String) -> Summary {
        Summary::new(self, began, command)
    }

    /// What of it is kept and shown.
    pub fn kept<'a>(&'a self, summary: &'a Summary) -> Kept<'a> {
        Kept {
            summary,
            history: &self.outcome.history,
            recording: &self.recording,
            findings: &self.checked.findings,
            problems: &self.outcome.problems,
            results: &self.checked.results,
        }
    }
}
