//! The way of an element where no messages are known: a lane for each client, with its
//! request and its reads.

use std::collections::BTreeMap;

use history::{Op, Process};

use super::picture::{Lane, Picture, Row, What};
use super::{MOST_LANES, Story};

impl Story<'_> {
    pub(super) fn among_clients(&self) -> Picture {
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
}
