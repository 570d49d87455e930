//! What explains a verdict, or says what it is worth, and is no fault by itself: that
//! nodes did not talk to each other, that they talk too much, that the clients did less
//! than was asked of them, that a node's last line never ended, or that a node died after it
//! had acknowledged what is lost.

use std::time::Duration;

use history::edn::Value;
use history::{Op, OpType, Process};
use verdict::{Checked, Finding, Validity};

use crate::run::{Death, MainPhase, Outcome};
use crate::workload::Workload;

/// More messages between servers than this for each operation are told.
const MANY: u64 = 100;
/// Below this part of the operations asked for, the rate counts as not reached, if this
/// many were asked for at least.
const ENOUGH: f64 = 0.8;
const AT_LEAST: f64 = 20.0;

/// How many deaths are told at most.
const MOST_DEATHS: usize = 3;

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

/// The deaths of nodes that had acknowledged what these findings are about.
pub(crate) fn deaths(outcome: &Outcome, findings: &[Finding]) -> Checked {
    let deaths = find_deaths(outcome, findings);
    told(deaths.into_iter().map(|note| ("death", note)).collect())
}

/// Who acknowledged something that the findings are about, and died then: of each case
/// the death that followed soonest.
fn find_deaths(outcome: &Outcome, findings: &[Finding]) -> Vec<String> {
    let mut told: Vec<(&Op, &Death)> = Vec::new();
    for case in findings.iter().flat_map(|finding| &finding.cases) {
        let operations = case.operations().into_iter();
        let followed = operations.filter_map(|place| {
            let op = acknowledged(outcome, place)?;
            let Process::Client(client) = op.process else {
                return None;
            };
            let node = client as usize % outcome.nodes.max(1);
            let time = Duration::from_nanos(op.time.max(0) as u64);
            let mut deaths = outcome.deaths.iter();
            let death = deaths.find(|death| death.node == node && death.time >= time)?;
            // What a read was told is not its own.
            let begin = outcome.history.pair(op.index).map(|begin| &begin.value);
            let is_told = begin.is_some_and(|begin| *begin != op.value);
            Some(((is_told, death.time - time, op.index), op, death))
        });
        if let Some((_, op, death)) = followed.min_by_key(|(key, ..)| *key)
            && !told.iter().any(|(known, _)| known.index == op.index)
        {
            told.push((op, death));
        }
    }
    let more = told.len().saturating_sub(MOST_DEATHS);
    let mut notes: Vec<String> = told.iter().take(MOST_DEATHS).map(|it| words(*it)).collect();
    if more > 0 {
        notes.push(format!("and {more} more such deaths"));
    }
    notes
}

/// The end of the operation that this is the beginning or the end of, if it succeeded.
fn acknowledged(outcome: &Outcome, place: usize) -> Option<&Op> {
    let op = outcome.history.ops().get(place)?;
    let end = match op.typ {
        OpType::Invoke => outcome.history.pair(place)?,
        _ => op,
    };
    (end.typ == OpType::Ok).then_some(end)
}

fn words((op, death): (&Op, &Death)) -> String {
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let (name, index, f) = (&death.name, op.index, &op.f);
    let acknowledged = seconds(Duration::from_nanos(op.time.max(0) as u64));
    let died = match &death.why {
        None => format!("was killed at {}", seconds(death.time)),
        Some(why) => format!(
            "ended at {}, as its disk failed ({why})",
            seconds(death.time)
        ),
    };
    let lost = match death.unsynced {
        Some(since) => format!(
            "what it had written to its disk since {} was not synced",
            seconds(since)
        ),
        None => "what it knew and had not written to a disk is gone".to_owned(),
    };
    format!("{name} acknowledged operation {index} ({f}) at {acknowledged}, and {died}: {lost}")
}
