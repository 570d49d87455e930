//! The way of an element through the nodes: the request that added it with its
//! acknowledgement, each message that carried it on and whether that arrived,
//! and the reads that show or miss it. Time goes down, a lane each for the
//! clients and every node; a lane is thick from when its node has the element.
//!
//! Which messages carry an element is found without knowing the node's protocol:
//! those in whose body its value occurs anywhere. Without a recording of the
//! messages there is a lane for each client instead, with its request and its
//! reads.

mod carriers;
mod cuts;
mod picture;

use std::collections::{BTreeMap, BTreeSet};

use finding::{Evidence, Finding, Operation};
use history::edn::Value;
use history::{History, Op, OpType, Process};
use simulation::recording::Recording;

use self::carriers::Carrier;
use self::cuts::Cuts;
use self::picture::{Lane, Picture, Row, What};
use super::page::fitted;
use super::{Drawing, asked, few, file_part, nodes, place, seconds};

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
        nodes: nodes(recording),
        carriers: carriers::find(recording, &shown),
        forgotten: recording.forgotten(),
    });
    let cuts = Cuts::new(history);
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
    nodes: Vec<String>,
    /// The messages that carry each element.
    carriers: BTreeMap<&'a Value, Vec<Carrier>>,
    /// How many messages are not known.
    forgotten: u64,
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
        let run = run.filter(|run| !run.nodes.is_empty());
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
        if let Some(run) = run.filter(|run| run.forgotten > 0) {
            notes.push(format!(
                "{} messages at the end of the run were not recorded.",
                run.forgotten
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

    fn among_clients(&self) -> Picture {
        let process = |op: &Op| match op.process {
            Process::Client(process) => process,
            Process::Nemesis => -1,
        };
        // Whoever added it, and those who read last.
        let mut last: BTreeMap<i64, (bool, i64)> = BTreeMap::new();
        for read in &self.reads {
            let entry = last.entry(process(read.ended)).or_default();
            entry.0 |= read.ended.is_final();
            entry.1 = read.ended.time;
        }
        let adder = process(self.asked);
        let mut order: Vec<i64> = last
            .keys()
            .copied()
            .filter(|client| *client != adder)
            .collect();
        order.sort_by_key(|client| {
            let (is_final, time) = last[client];
            (std::cmp::Reverse(is_final), std::cmp::Reverse(time))
        });
        // Those of the last read that shows it and of the last that misses it
        // are what it is about.
        for shows in [true, false] {
            let reads = self.reads.iter().filter(|read| read.shows == shows);
            let decisive = reads.max_by_key(|read| read.began.index);
            let client = decisive.map(|read| process(read.ended));
            if let Some(place) = order.iter().position(|other| Some(*other) == client) {
                order[..=place].rotate_right(1);
            }
        }
        order.truncate(MOST_LANES - 1);
        order.push(adder);
        order.sort_unstable();
        let place = |client: i64| order.iter().position(|other| *other == client);
        let lanes = order
            .iter()
            .map(|client| Lane::new(&client.to_string(), false));
        let lanes: Vec<Lane> = lanes.collect();
        let mut rows = Vec::new();
        let lane = place(adder).unwrap_or_default();
        let (time, words, is_good) = self.answer_words();
        for (time, words, is_good) in [
            (self.asked.time, self.request_words(), true),
            (time, words, is_good),
        ] {
            rows.push(Row {
                time,
                what: What::Event { lane, is_good },
                words,
                is_bad: !is_good,
            });
        }
        let reads = self.telling_reads(|read| place(process(read.ended)));
        let note = self.other_reads(reads.len());
        rows.extend(reads.iter().map(|(lane, read)| self.read_row(*lane, read)));
        Picture {
            lanes,
            rows,
            note,
            of: "client",
            without: Vec::new(),
            missing: Vec::new(),
        }
    }

    fn among_nodes(&self, run: &Run<'_>, cuts: &Cuts) -> Picture {
        let nodes = &run.nodes;
        let none = Vec::new();
        let carriers = run.carriers.get(self.element).unwrap_or(&none);
        let node_of = |op: &Op| match op.process {
            Process::Client(process) => asked(nodes, process),
            Process::Nemesis => None,
        };
        let server = node_of(self.asked);
        // Nodes and whoever else carried it, such as a service, but clients.
        let mut names: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let is_client = |name: &str| {
            let number = name.strip_prefix('c').unwrap_or_default();
            number.parse::<u64>().is_ok() && !nodes.iter().any(|node| node == name)
        };
        for carrier in carriers {
            for name in [&*carrier.src, &*carrier.dest] {
                if !is_client(name) && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let number = |name: &str| names.iter().position(|other| *other == name);
        let between: Vec<(usize, usize, &Carrier)> = carriers
            .iter()
            .filter_map(|carrier| Some((number(&carrier.src)?, number(&carrier.dest)?, carrier)))
            .collect();
        let mut arrived: BTreeMap<usize, &Carrier> = BTreeMap::new();
        for (_, to, carrier) in between
            .iter()
            .filter(|(.., carrier)| carrier.received.is_some())
        {
            let first = arrived.entry(*to).or_insert(carrier);
            if carrier.received < first.received {
                *first = carrier;
            }
        }
        let showed: BTreeSet<usize> = (self.reads.iter().filter(|read| read.shows))
            .filter_map(|read| node_of(read.ended))
            .collect();
        let missed: BTreeSet<usize> = (self
            .reads
            .iter()
            .filter(|read| !read.shows && read.ended.is_final()))
        .filter_map(|read| node_of(read.ended))
        .collect();

        let reached = server.filter(|_| self.request_arrives(carriers));
        let is_without = |node: &usize| {
            !arrived.contains_key(node) && !showed.contains(node) && reached != Some(*node)
        };
        let never: BTreeSet<usize> = (0..nodes.len()).filter(is_without).collect();

        // The lanes: of whom something is to be told; the others share one.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by_key(|node| {
            let never = never.contains(node);
            let rank = match (Some(*node) == server, never, missed.contains(node)) {
                (true, ..) => 0,
                (_, true, true) => 1,
                (_, true, _) => 2,
                (_, _, true) => 3,
                _ => 4,
            };
            (
                rank,
                arrived.get(node).and_then(|carrier| carrier.received),
                *node,
            )
        });
        // A few of those that got it stand for the others.
        let got = order
            .iter()
            .rev()
            .take_while(|node| arrived.contains_key(node))
            .count();
        if order.len() > MOST_LANES && got >= 3 {
            let first_got = order.len() - got;
            let keep = first_got.min(MOST_LANES - 3);
            order.drain(keep..first_got);
        }
        let hidden = names.len().saturating_sub(MOST_LANES);
        order.truncate(MOST_LANES);
        order.sort_unstable();
        let mut lanes = vec![Lane::new("clients", false)];
        lanes.extend(
            order
                .iter()
                .map(|node| Lane::new(names[*node], *node < nodes.len())),
        );
        if hidden > 0 {
            lanes.push(Lane::new(&format!("+{hidden}"), false));
        }
        let others = lanes.len() - 1;
        let place = |node: usize| match order.binary_search(&node) {
            Ok(place) => place + 1,
            Err(_) => others,
        };

        let mut rows = Vec::new();
        if let Some(server) = server {
            self.client_rows(&mut rows, carriers, place(server));
        }
        let mut drawn = 0;
        let mut lost: BTreeMap<usize, usize> = BTreeMap::new();
        for (from, to, carrier) in &between {
            let is_shown = order.binary_search(to).is_ok();
            let first = arrived.get(to);
            let is_first = first.is_some_and(|first| first.id == carrier.id);
            let is_early = first.is_none_or(|first| carrier.sent < first.sent);
            let is_lost = carrier.received.is_none() && is_early && Some(*to) != server;
            if !is_shown || (is_first && Some(*to) == server) {
                continue;
            }
            if is_lost {
                let count = lost.entry(*to).or_default();
                *count += 1;
                if *count > MOST_LOST {
                    continue;
                }
            } else if !is_first {
                continue;
            }
            drawn += 1;
            let words = match carrier.received {
                Some(received) => format!(
                    "{} to {}: {:.1} ms",
                    fitted(names[*from], 12),
                    fitted(names[*to], 12),
                    (received - carrier.sent) as f64 / 1e6
                ),
                None if cuts.cut(carrier.sent, names[*from], names[*to]) => format!(
                    "{} to {}: lost in the partition",
                    fitted(names[*from], 12),
                    fitted(names[*to], 12)
                ),
                None => {
                    format!(
                        "{} to {}: lost",
                        fitted(names[*from], 12),
                        fitted(names[*to], 12)
                    )
                }
            };
            rows.push(Row {
                time: carrier.sent,
                what: What::Message {
                    from: place(*from),
                    to: place(*to),
                    arrives: !is_lost,
                },
                words,
                is_bad: is_lost,
            });
        }
        let reads = self.telling_reads(|read| {
            let node = node_of(read.ended)?;
            order.binary_search(&node).ok().map(|place| place + 1)
        });
        let others = between.len() - drawn;
        let note = format!(
            "{} messages between nodes hold the value{}. {}",
            between.len(),
            match others {
                0 => String::new(),
                others => format!(
                    "; drawn are the first to reach each node, and lost ones before that, but not \
                     {others} others"
                ),
            },
            self.other_reads(reads.len())
        );
        let note = match hidden {
            0 => note,
            hidden => format!(
                "{note} {hidden} of {} nodes share the last lane.",
                names.len()
            ),
        };
        rows.extend(reads.iter().map(|(lane, read)| self.read_row(*lane, read)));
        // Later ones of a node come later.
        let mut last: BTreeMap<usize, bool> = BTreeMap::new();
        for read in &self.reads {
            if let Some(node) = node_of(read.ended) {
                last.insert(node, read.shows);
            }
        }
        let missing = last.iter().filter(|(_, shows)| !**shows);
        Picture {
            lanes,
            rows,
            note,
            of: "node",
            without: never.iter().map(|node| names[*node].to_owned()).collect(),
            missing: missing.map(|(node, _)| names[*node].to_owned()).collect(),
        }
    }

    fn request_arrives(&self, carriers: &[Carrier]) -> bool {
        let mut requests = carriers
            .iter()
            .filter(|carrier| carrier.sent == self.asked.time);
        requests
            .next()
            .is_none_or(|request| request.received.is_some())
    }

    /// The client's request and its answer, as messages.
    fn client_rows(&self, rows: &mut Vec<Row>, carriers: &[Carrier], server: usize) {
        let arrives = self.request_arrives(carriers);
        rows.push(Row {
            time: self.asked.time,
            what: What::Message {
                from: 0,
                to: server,
                arrives,
            },
            words: self.request_words(),
            is_bad: !arrives,
        });
        let (time, words, is_good) = self.answer_words();
        let came = self.answered.is_some_and(|op| op.typ != OpType::Info);
        rows.push(Row {
            time,
            what: match came {
                true => What::Message {
                    from: server,
                    to: 0,
                    arrives: true,
                },
                false => What::Event {
                    lane: 0,
                    is_good: false,
                },
            },
            words,
            is_bad: !is_good,
        });
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
