//! The way of an element through the nodes: a lane for each of those of whom something
//! is to be told, with the messages that carry the element.

use std::collections::{BTreeMap, BTreeSet};

use cause::carriers::Carrier;
use history::{Op, OpType};
use simulation::recording::Wrong;

use super::cuts::Cuts;
use super::picture::{Lane, Picture, Row, What};
use super::{MOST_LANES, MOST_LOST, Run, Story};
use crate::proof::page::fitted;

/// Of each node that has a lane its first death after this time, and its last.
fn deaths(
    run: &Run<'_>,
    names: &[&str],
    after: i64,
    lane: impl Fn(usize) -> Option<usize>,
) -> Vec<Row> {
    let mut rows: BTreeMap<(usize, bool), Row> = BTreeMap::new();
    for trouble in run.recording.troubles() {
        let words = match trouble.wrong {
            Wrong::Killed => "is killed".to_owned(),
            Wrong::DiskFailed(why) => format!("ends, as its disk failed ({why})"),
            _ => continue,
        };
        let node = names.iter().position(|name| *name == trouble.node);
        let Some(lane) = node.and_then(&lane).filter(|_| trouble.began >= after) else {
            continue;
        };
        let row = Row {
            time: trouble.began,
            what: What::Death { lane },
            words: format!("{} {words}", trouble.node),
            is_bad: true,
        };
        let is_later = rows.contains_key(&(lane, false));
        rows.insert((lane, is_later), row);
    }
    rows.into_values().collect()
}

impl Story<'_> {
    pub(super) fn among_nodes(&self, run: &Run<'_>, cuts: &Cuts) -> Picture {
        let nodes = run.recording.nodes();
        let none = Vec::new();
        let carriers = run.carriers.get(self.element).unwrap_or(&none);
        let node_of = |op: &Op| {
            let node = super::super::node_of(Some(run.recording), op.process)?;
            nodes.iter().position(|name| name == node)
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

        let reached = server.filter(|_| self.request_arrives(run, carriers));
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
            self.client_rows(&mut rows, run, carriers, place(server));
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
                None if carrier.lost.is_some() => format!(
                    "{} to {}: lost, as {} was dead",
                    fitted(names[*from], 12),
                    fitted(names[*to], 12),
                    fitted(names[*to], 12)
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
        rows.extend(deaths(run, names.as_slice(), self.asked.time, |node| {
            order.binary_search(&node).ok().map(|place| place + 1)
        }));
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

    fn request_arrives(&self, run: &Run<'_>, carriers: &[Carrier]) -> bool {
        let exchange = run.recording.exchange(self.asked.index);
        let is_request =
            |carrier: &&Carrier| exchange.is_some_and(|exchange| exchange.request == carrier.id);
        let request = carriers.iter().find(is_request);
        request.is_none_or(|request| request.received.is_some())
    }

    /// The client's request and its answer, as messages.
    fn client_rows(&self, rows: &mut Vec<Row>, run: &Run<'_>, carriers: &[Carrier], server: usize) {
        let arrives = self.request_arrives(run, carriers);
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
