//! What explains a verdict, or says what it is worth, and is no fault by itself: that
//! nodes did not talk to each other, that they talk too much, that the clients did less
//! than was asked of them, or that a node's last line never ended.

use history::edn::Value;
use verdict::{Checked, Validity};

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
    let mut notes = Vec::new();
    let begun = outcome.history.begun();
    let servers = outcome.messages.servers().sent;
    if valid != Validity::Valid
        && servers == 0
        && outcome.nodes > 1
        && workload.shares_state()
        && begun > 0
    {
        notes.push(
            "the nodes sent nothing to each other, nor to a service: each knows only what its own \
             clients told it"
                .to_owned(),
        );
    }
    if servers > MANY * begun.max(1) as u64 {
        notes.push(format!(
            "{servers} messages between servers for {begun} operations: {:.0} for each",
            servers as f64 / begun.max(1) as f64
        ));
    }
    if let Some(MainPhase { requested, begun }) = outcome.main_phase
        && requested >= AT_LEAST
        && (begun as f64) < ENOUGH * requested
    {
        notes.push(format!(
            "the rate was not reached: clients began {begun} of about {requested:.0} operations, \
             since all of them were waiting for replies; more clients (--concurrency) begin more"
        ));
    }
    for (node, bytes) in &outcome.unfinished {
        notes.push(format!(
            "at the end, {node} had written {bytes} bytes to stdout without a newline: is its \
             stdout buffered, and not flushed after each message?"
        ));
    }
    let texts = notes.iter().map(|note| note.as_str().into());
    Checked {
        valid: Validity::Valid,
        results: Value::map([
            ("valid?", true.into()),
            ("notes", Value::Vector(texts.collect())),
        ]),
        findings: notes,
    }
}
