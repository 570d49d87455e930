//! The way of an element through the nodes: the request that added it with its
//! acknowledgement, each message that carried it on and whether that arrived,
//! and the reads that show or miss it. Time goes down, a lane each for the
//! clients and every node; a lane is thick from when its node has the element.
//!
//! Which messages carry an element is found without knowing the node's protocol:
//! those in whose body its value occurs anywhere. Without a recording of the
//! messages there is a lane for each client instead, with its request and its
//! reads.

mod clients;
mod cuts;
mod nodes;
mod picture;

use std::collections::BTreeMap;

use cause::carriers::{self, Carrier};
use finding::{Evidence, Finding, Operation};
use history::edn::Value;
use history::{History, Op, OpType};
use simulation::recording::Recording;

use self::cuts::Cuts;
use self::picture::{Row, What};
use super::page::fitted;
use super::{Drawing, few, file_part, place, seconds};
use crate::plot::fault;

/// How many lanes there are beside those of the clients and of the nodes that
/// have none.
const MOST_LANES: usize = 8;
/// How many lost messages are drawn to a node that had the element later, or
/// never.
const MOST_LOST: usize = 2;

/// Pictures of elements that were lost, that were never read, or that took longest to be
/// read everywhere.
pub(super) fn drawings(
    findings: &[Finding],
    history: &History,
    recording: Option<&Recording>,
) -> Vec<Drawing> {
    let cases = findings.iter().flat_map(|finding| finding.cases.iter());
    let shown: Vec<&Value> = cases.filter_map(added).map(|(value, _)| value).collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let run = recording.map(|recording| Run {
        recording,
        carriers: carriers::find(recording, &shown),
    });
    let faults = match recording {
        Some(recording) => fault::of_run(history, recording),
        None => fault::faults(history),
    };
    let cuts = Cuts::new(faults);
    let drawings = findings.iter().flat_map(|finding| {
        few(finding, |number, case, more| {
            let (value, add) = added(case)?;
            let story = Story::new(history, value, add)?;
            Some(story.draw(&finding.anomaly, number, run.as_ref(), &cuts, more))
        })
    });
    drawings.collect()
}

/// An element with its add.
fn added(case: &Evidence) -> Option<(&Value, &Operation)> {
    match case {
        Evidence::Element(element) => Some((&element.value, element.add()?)),
        _ => None,
    }
}

/// What the recording tells.
struct Run<'a> {
    recording: &'a Recording,
    /// The messages that carry each element.
    carriers: BTreeMap<&'a Value, Vec<Carrier>>,
}

/// An element, as the history has it.
struct Story<'a> {
    element: &'a Value,
    asked: &'a Op,
    answered: Option<&'a Op>,
    reads: Vec<Read<'a>>,
}

/// A read that showed the element, or should have.
struct Read<'a> {
    began: &'a Op,
    ended: &'a Op,
    shows: bool,
}

impl<'a> Story<'a> {
    fn new(history: &'a History, element: &'a Value, add: &Operation) -> Option<Self> {
        let place = place(history, add.index)?;
        let reads = history.clients().skip_while(|(other, _)| *other < place);
        let reads = reads.filter(|(_, op)| op.typ == OpType::Ok && op.f == "read");
        let reads = reads.filter_map(|(other, ended)| {
            let items = ended.value.items().unwrap_or_default();
            Some(Read {
                began: history.pair(other)?,
                ended,
                shows: items.contains(element),
            })
        });
        Some(Story {
            element,
            asked: &history.ops()[place],
            answered: history.pair(place),
            reads: reads.collect(),
        })
    }
}

impl Story<'_> {
    fn draw(
        &self,
        kind: &str,
        number: usize,
        run: Option<&Run<'_>>,
        cuts: &Cuts,
        more: &str,
    ) -> Drawing {
        let run = run.filter(|run| !run.recording.nodes().is_empty());
        let mut picture = match run {
            Some(run) => self.among_nodes(run, cuts),
            None => self.among_clients(),
        };
        picture.rows.sort_by_key(|row| row.time);
        picture.find_owners();
        let element = fitted(&self.element.to_string(), 40);
        let acknowledged = match self.answered {
            Some(op) if op.typ == OpType::Ok => format!("acknowledged at {}", seconds(op.time)),
            Some(op) if op.typ == OpType::Fail => "refused".into(),
            _ => "never acknowledged".into(),
        };
        let without: Vec<&str> = picture.without.iter().map(String::as_str).collect();
        let missing: Vec<&str> = picture.missing.iter().map(String::as_str).collect();
        let missed = self.reads.iter().filter(|read| !read.shows).count();
        let what = match (kind, &without[..]) {
            ("stale", _) => self.staleness(),
            ("lost", []) if !missing.is_empty() => format!(
                "is lost: {acknowledged}, and received, but {} not show it in the end",
                match missing[..] {
                    [one] => format!("{one} does"),
                    _ => format!("{} do", listed(&missing)),
                }
            ),
            ("lost", []) => {
                format!("is lost: {acknowledged}, but the read that began last misses it")
            }
            (_, []) if self.reads.is_empty() => {
                format!("was never read: {acknowledged}, and no read came after it")
            }
            (_, []) => format!("was never read: {acknowledged}, missed by {missed} reads"),
            ("lost", names) => {
                format!(
                    "is lost: {acknowledged}, but {} never got it",
                    listed(names)
                )
            }
            (_, names) => {
                format!(
                    "was never read: {acknowledged}, but {} never got it",
                    listed(names)
                )
            }
        };
        let title = format!("Element {element} {what}");
        let mut notes = vec![picture.note.clone()];
        if let Some(forgotten @ 1..) = run.map(|run| run.recording.forgotten()) {
            notes.push(format!(
                "{forgotten} messages at the end of the run were not recorded."
            ));
        }
        notes.push(more.to_owned());
        Drawing {
            name: format!(
                "{kind}-{number}-{}.svg",
                file_part(&self.element.to_string())
            ),
            svg: picture.draw(&title, &notes, cuts),
            title,
        }
    }

    /// Of each key the last read that shows the element and the last that
    /// misses it.
    fn telling_reads(&self, key: impl Fn(&Read<'_>) -> Option<usize>) -> Vec<(usize, &Read<'_>)> {
        let mut last: BTreeMap<(usize, bool), &Read<'_>> = BTreeMap::new();
        for read in &self.reads {
            if let Some(key) = key(read) {
                last.insert((key, read.shows), read);
            }
        }
        last.into_iter()
            .map(|((key, _), read)| (key, read))
            .collect()
    }

    /// How long reads missed it.
    fn staleness(&self) -> String {
        let missed = self.reads.iter().filter(|read| !read.shows);
        let last = missed.map(|read| read.began.time).max();
        let known = self.answered.filter(|op| op.typ == OpType::Ok);
        match (known, last) {
            (Some(known), Some(last)) if last > known.time => format!(
                "is stale: a read that began {:.1} ms after its acknowledgement still misses it",
                (last - known.time) as f64 / 1e6
            ),
            _ => "is stale: it was known before all reads showed it".into(),
        }
    }

    fn read_row(&self, lane: usize, read: &Read<'_>) -> Row {
        let Op { process, index, .. } = read.ended;
        let is_final = match read.ended.is_final() {
            true => " at the end",
            false => "",
        };
        let verb = if read.shows { "reads it" } else { "misses it" };
        Row {
            time: read.ended.time,
            what: What::Event {
                lane,
                is_good: read.shows,
            },
            words: format!(
                "client {process} {verb}{is_final} ({} to {index})",
                read.began.index
            ),
            is_bad: !read.shows,
        }
    }

    fn request_words(&self) -> String {
        let Op { process, index, .. } = self.asked;
        let element = fitted(&self.element.to_string(), 14);
        format!("client {process} adds {element} (operation {index})")
    }

    fn answer_words(&self) -> (i64, String, bool) {
        match self.answered {
            Some(op) => {
                let what = match op.typ {
                    OpType::Ok => "acknowledged",
                    OpType::Fail => "refused",
                    _ => "nobody knows whether it was added",
                };
                (
                    op.time,
                    format!("{what} (operation {})", op.index),
                    op.typ == OpType::Ok,
                )
            }
            None => (self.asked.time, "never answered".into(), false),
        }
    }

    /// How many reads there are beside the drawn ones.
    fn other_reads(&self, drawn: usize) -> String {
        let shows = self.reads.iter().filter(|read| read.shows).count();
        let misses = self.reads.len() - shows;
        format!(
            "{shows} reads show it, {misses} miss it{}.",
            if drawn < self.reads.len() {
                "; drawn are the last that shows it and the last that misses it of each lane"
            } else {
                ""
            }
        )
    }
}

/// Such as `n1, n2 and 3 more`.
fn listed(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(4).map(|name| fitted(name, 16)).collect();
    match (names.len().saturating_sub(4), shown.split_last()) {
        (0, Some((last, first))) if !first.is_empty() => {
            format!("{} and {last}", first.join(", "))
        }
        (0, _) => shown.concat(),
        (more, _) => format!("{} and {more} more", shown.join(", ")),
    }
}
