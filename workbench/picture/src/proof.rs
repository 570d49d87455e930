//! Pictures that prove what is wrong with a run: SVG, each in a file of its own
//! that needs nothing else, in colours for light and for dark surroundings.
//!
//! One file each for:
//! - `cycle`: transactions each of which must come before the next.
//! - `anomaly`: transactions that contradict each other, or themselves.
//! - `window`: operations on a register that have no order.
//! - `path`: the way of an element, from its request to the reads that miss it.
//! - `log`: offsets of a log that were skipped, lost or given twice.
//! - `twins`: requests that were given the same id.
//! - `sum`: final reads of a counter beside the sums that they may show.
//! - `echo`: requests beside replies that are something else.
//!
//! `page` is the sheet that all are drawn on, `transaction` the boxes of the
//! first two.

mod anomaly;
mod cycle;
mod echo;
mod log;
mod page;
mod path;
mod sum;
mod transaction;
mod twins;
mod window;

#[cfg(test)]
mod tests;

use history::edn::Value;
use history::{History, Op};
use simulation::recording::Recording;

/// How many proofs of a kind are drawn.
pub const MOST: usize = 10;

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

/// The proofs of what is wrong, from the history and the results of the
/// workload's checker; those that say most come first. At most [`MOST`] of a
/// kind are drawn, and the last of them says how many there are beside. With a
/// recording of the run's messages, they show also what nodes did.
pub fn drawings(
    workload: &str,
    history: &History,
    results: &Value,
    recording: Option<&Recording>,
) -> Vec<Drawing> {
    match workload {
        "txn-list-append" | "txn-rw-register" => {
            let mut drawings = anomaly::drawings(history, results);
            // Of many kinds, first what is understood soonest: the fewest transactions.
            drawings.sort_by_key(|drawing| drawing.svg.len());
            drawings
        }
        "lin-kv" => window::drawings(results),
        "broadcast" => path::drawings("broadcast", history, results, recording),
        "g-set" => path::drawings("add", history, results, recording),
        "kafka" => log::drawings(history, results),
        "unique-ids" => twins::drawings(history, results, recording),
        "g-counter" | "pn-counter" => sum::drawings(history, results, recording),
        "echo" => echo::drawings(history, results),
        _ => Vec::new(),
    }
}

/// The first of these as drawings, each with its number; the last is told how
/// many of `all` are left out, in a sentence.
fn few<T>(
    cases: &[T],
    all: usize,
    draw: impl Fn(usize, &T, &str) -> Option<Drawing>,
) -> Vec<Drawing> {
    let shown = cases.len().min(MOST);
    let more = match all.max(cases.len()) - shown {
        0 => String::new(),
        1 => "One more of this kind is not drawn.".into(),
        more => format!("{more} more of this kind are not drawn."),
    };
    let cases = cases.iter().take(MOST).enumerate();
    cases
        .filter_map(|(i, case)| draw(i, case, if i + 1 == shown { &more } else { "" }))
        .collect()
}

/// The event with this index.
fn indexed(history: &History, index: i64) -> Option<&Op> {
    let index = usize::try_from(index).ok()?;
    let ops = history.ops();
    let here = ops.get(index).filter(|op| op.index == index);
    here.or_else(|| ops.iter().find(|op| op.index == index))
}

/// The event that results name briefly.
fn operation<'a>(history: &'a History, brief: &Value) -> Option<&'a Op> {
    indexed(history, brief.get("index")?.as_int()?)
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

/// The nodes of a run in the order in which clients are spread over them: that
/// in which the first of them was told their names.
fn nodes(recording: &Recording) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Line {
        body: Body,
    }
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "type")]
        kind: String,
        node_ids: Vec<String>,
    }
    let lines = recording.messages().map(|message| message.line);
    let inits = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
    let mut inits = inits.filter(|line| line.body.kind == "init");
    inits.next().map_or(Vec::new(), |line| line.body.node_ids)
}

/// The node that a client asks, of these.
fn asked(nodes: &[String], process: i64) -> Option<usize> {
    let count = i64::try_from(nodes.len()).ok().filter(|count| *count > 0)?;
    Some(process.rem_euclid(count) as usize)
}
