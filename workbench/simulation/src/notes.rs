//! What explains a verdict, or says what it is worth, and is no fault by itself: that
//! nodes did not talk to each other, that they talk too much, that the clients did less
//! than was asked of them, or that a node's last line never ended. (That a node died after it had
//! acknowledged what is lost is in [`deaths`].)

pub(crate) mod deaths;

use history::edn::Value;
use verdict::{Checked, Finding, Validity};

use crate::run::{MainPhase, Outcome};
use crate::workload::Workload;

/// More messages between servers than this for each operation are told.
const MANY: u64 = 100;
/// Below this part of the operations asked for, the rate counts as not reached, if this
/// many were asked for at least.
const ENOUGH: f64 = 0.8;
const AT_LEAST: f64 = 20.0;

/// The notes on a run whose other parts have this verdict.
pub(crate) fn check(workload: &dyn Workload, outcome: &Outcome, valid: Validity) -> Checked {
    let mut notes: Vec<(&str, String)> = Vec::new();
    let begun = outcome.history.begun();
    let servers = outcome.messages.servers().sent;
    if valid != Validity::Valid
        && servers == 0
        && outcome.nodes > 1
        && workload.shares_state()
        && begun > 0
    {
        let note = "the nodes sent nothing to each other, nor to a service: each knows only what \
                    its own clients told it";
        notes.push(("no-messages", note.to_owned()));
    }
    if servers > MANY * begun.max(1) as u64 {
        let note = format!(
            "{servers} messages between servers for {begun} operations: {:.0} for each",
            servers as f64 / begun.max(1) as f64
        );
        notes.push(("many-messages", note));
    }
    if let Some(MainPhase { requested, begun }) = outcome.main_phase
        && requested >= AT_LEAST
        && (begun as f64) < ENOUGH * requested
    {
        let note = format!(
            "the rate was not reached: clients began {begun} of about {requested:.0} operations, \
             since all of them were waiting for replies; more clients (--concurrency) begin more"
        );
        notes.push(("low-rate", note));
    }
    for (node, bytes) in &outcome.unfinished {
        let note = format!(
            "at the end, {node} had written {bytes} bytes to stdout without a newline: is its \
             stdout buffered, and not flushed after each message?"
        );
        notes.push(("unfinished-line", note));
    }
    told(notes)
}

fn told(notes: Vec<(&str, String)>) -> Checked {
    let texts = notes.iter().map(|(_, note)| note.as_str().into());
    Checked {
        valid: Validity::Valid,
        results: Value::map([
            ("valid?", true.into()),
            ("notes", Value::Vector(texts.collect())),
        ]),
        findings: notes
            .into_iter()
            .map(|(name, note)| Finding::statement(name, note))
            .collect(),
    }
}
