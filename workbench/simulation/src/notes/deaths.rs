//! Which death of a node explains what a verdict is about: the node had acknowledged it, and died.

use std::time::Duration;

use history::{Op, OpType, Process};
use verdict::Checked;
use verdict::finding::evidence::Sum;
use verdict::finding::{Evidence, Finding};

use super::told;
use crate::run::{Death, Outcome};

/// How many deaths are told at most.
const MOST: usize = 3;

/// The deaths of nodes that had acknowledged what these findings are about.
pub(crate) fn check(outcome: &Outcome, findings: &[Finding]) -> Checked {
    let deaths = find(outcome, findings);
    told(deaths.into_iter().map(|note| ("death", note)).collect())
}

/// Who acknowledged something that the findings are about, and died then: of each case
/// the death that followed soonest.
fn find(outcome: &Outcome, findings: &[Finding]) -> Vec<String> {
    let mut told: Vec<(&Op, &Death)> = Vec::new();
    for case in findings.iter().flat_map(|finding| &finding.cases) {
        let operations: Vec<&Op> = match case {
            Evidence::Sum(sum) => lacking(outcome, sum),
            _ => (case.operations().into_iter())
                .filter_map(|place| acknowledged(outcome, place))
                .collect(),
        };
        let followed = operations.into_iter().filter_map(|op| {
            let death = death_after(outcome, op)?;
            // What a read was told is not its own.
            let begin = outcome.history.pair(op.index).map(|begin| &begin.value);
            let is_told = begin.is_some_and(|begin| *begin != op.value);
            Some(((is_told, death.time - time(op), op.index), op, death))
        });
        if let Some((_, op, death)) = followed.min_by_key(|(key, ..)| *key)
            && !told.iter().any(|(known, _)| known.index == op.index)
        {
            told.push((op, death));
        }
    }
    let more = told.len().saturating_sub(MOST);
    let mut notes: Vec<String> = told.iter().take(MOST).map(|it| words(*it)).collect();
    if more > 0 {
        notes.push(format!("and {more} more such deaths"));
    }
    notes
}

/// The adds that a read may lack whose sum is too low or, if they take something away, too high. A
/// sum does not say which: these were acknowledged while there was something on the node's disk that
/// was not synced when it died.
fn lacking<'a>(outcome: &'a Outcome, sum: &Sum) -> Vec<&'a Op> {
    let (Some(shown), Some((least, _)), Some((_, most))) = (
        sum.value.as_int(),
        sum.acceptable.first(),
        sum.acceptable.last(),
    ) else {
        return Vec::new();
    };
    let shown = i128::from(shown);
    let may_lack = |op: &&Op| {
        let delta = op.value.as_int().unwrap_or(0);
        let is_of_it =
            op.f != sum.read.f && time(op) <= Duration::from_nanos(sum.read.time.max(0) as u64);
        let fits = shown < *least && delta > 0 || shown > *most && delta < 0;
        let death = death_after(outcome, op);
        let is_unsynced = death
            .and_then(|death| death.unsynced)
            .is_some_and(|since| since <= time(op));
        op.typ == OpType::Ok && is_of_it && fits && is_unsynced
    };
    let ops = outcome.history.clients().map(|(_, op)| op);
    ops.filter(may_lack).collect()
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

/// The first death after an operation of the node that it was done at.
fn death_after<'a>(outcome: &'a Outcome, op: &Op) -> Option<&'a Death> {
    let Process::Client(client) = op.process else {
        return None;
    };
    let node = client as usize % outcome.nodes.max(1);
    let mut deaths = outcome.deaths.iter();
    deaths.find(|death| death.node == node && death.time >= time(op))
}

fn time(op: &Op) -> Duration {
    Duration::from_nanos(op.time.max(0) as u64)
}

fn words((op, death): (&Op, &Death)) -> String {
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let (name, index, f) = (&death.name, op.index, &op.f);
    let acknowledged = seconds(time(op));
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
        None => "its disk lost nothing, so it had not written what is gone, or does not read it"
            .to_owned(),
    };
    format!("{name} acknowledged operation {index} ({f}) at {acknowledged}, and {died}: {lost}")
}
