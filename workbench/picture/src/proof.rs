//! Pictures that prove what is wrong with a run: SVG, each in a file of its own
//! that needs nothing else, in colours for light and for dark surroundings.
//!
//! One file each for:
//! - `cycle`: transactions each of which must come before the next.
//! - `anomaly`: transactions that contradict each other, or themselves.
//! - `window`: operations on a register that have no order.
//! - `path`: the way of an element, from its request to the reads that miss it.
//! - `log`: offsets of a log that were skipped, lost or given twice.
//! - `bars`: operations beside each other in time, such as requests that were given
//!   the same id.
//! - `sum`: final reads of a counter beside the sums that they may show.
//! - `echo`: requests beside replies that are something else.
//!
//! `page` is the sheet that all are drawn on, `transaction` the boxes of the
//! first two.

mod anomaly;
mod bars;
mod cycle;
mod echo;
mod log;
mod page;
mod path;
mod sum;
mod transaction;
mod window;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use finding::{Case, Evidence, Finding};
use history::{History, Op, Process};
use simulation::recording::Recording;

/// How many proofs of a kind are drawn.
pub const MOST: usize = finding::LISTED;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The name of its file, such as `G1c-0.svg`.
    pub name: String,
    /// What it proves, in a sentence.
    pub title: String,
    /// The file's text.
    pub svg: String,
}

/// The proofs of what is wrong with a history, in the order of the findings. Of a kind
/// at most [`MOST`] are drawn, and the last of them says how many there are beside. With
/// a recording of the run's messages, they show also what nodes did.
pub fn drawings(
    history: &History,
    findings: &[Finding],
    recording: Option<&Recording>,
) -> Vec<Drawing> {
    let mut transactions = Vec::new();
    let mut drawings = Vec::new();
    for finding in findings {
        let kind = &*finding.anomaly;
        transactions.extend(few(finding, |number, case, more| match case {
            Evidence::Cycle(cycle) => cycle::draw(kind, number, cycle, history, more),
            Evidence::Contradiction(case) => anomaly::draw(kind, number, case, history, more),
            _ => None,
        }));
        drawings.extend(few(finding, |number, case, more| match case {
            Evidence::Offsets(offsets) => log::draw(kind, number, offsets, history, more),
            Evidence::Causes(causes) => cycle::draw_causes(kind, number, causes, history, more),
            Evidence::Twins(twins) => bars::twins(number, twins, history, recording, more),
            Evidence::Case(case) => bars::case(kind, number, case, history, recording, more),
            Evidence::Reply(reply) => {
                let case = Case {
                    words: reply.to_string(),
                    operations: vec![reply.operation().clone()],
                };
                bars::case(kind, number, &case, history, recording, more)
            }
            Evidence::Mismatch(mismatch) => echo::draw(number, mismatch, history, more),
            _ => None,
        }));
        drawings.extend(window::drawings(finding));
        drawings.extend(sum::drawing(finding, history, recording));
    }
    drawings.extend(path::drawings(findings, history, recording));
    // Of many kinds, first what is understood soonest: the fewest transactions.
    transactions.sort_by_key(|drawing| drawing.svg.len());
    drawings.extend(transactions);
    tell_apart(&mut drawings);
    drawings
}

/// Gives each a file of its own: of several keys, each may have a finding of one kind.
fn tell_apart(drawings: &mut [Drawing]) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for drawing in drawings {
        let count = taken.entry(drawing.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let stem = drawing.name.trim_end_matches(".svg");
            drawing.name = format!("{stem}-again-{count}.svg");
        }
    }
}

/// The cases of a finding as drawings, each with its number; the last is told how many
/// are left out, in a sentence.
fn few(
    finding: &Finding,
    draw: impl Fn(usize, &Evidence, &str) -> Option<Drawing>,
) -> Vec<Drawing> {
    let shown = finding.cases.len().min(MOST);
    let more = left_out(finding.count - shown);
    let cases = finding.cases.iter().take(MOST).enumerate();
    cases
        .filter_map(|(i, case)| draw(i, case, if i + 1 == shown { &more } else { "" }))
        .collect()
}

/// How many of a kind are not drawn, in a sentence.
fn left_out(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "One more of this kind is not drawn.".into(),
        more => format!("{more} more of this kind are not drawn."),
    }
}

/// Where the event with this index is.
fn place(history: &History, index: usize) -> Option<usize> {
    let ops = history.ops();
    let here = ops.get(index).filter(|op| op.index == index);
    here.map(|_| index)
        .or_else(|| ops.iter().position(|op| op.index == index))
}

/// The event with this index.
fn indexed(history: &History, index: usize) -> Option<&Op> {
    Some(&history.ops()[place(history, index)?])
}

/// A time in nanoseconds as seconds.
fn seconds(time: i64) -> String {
    format!("{:.4} s", time as f64 / 1e9)
}

/// A text that may be part of a file's name: what is not a letter, a digit or
/// one of `-_` is left out.
fn file_part(text: &str) -> String {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.chars().filter(plain).take(40).collect()
}

/// The node that the client of an operation works with, if a recording knows.
fn node_of(recording: Option<&Recording>, process: Process) -> Option<&str> {
    match process {
        Process::Client(process) => recording?.node_of(process),
        Process::Nemesis => None,
    }
}
