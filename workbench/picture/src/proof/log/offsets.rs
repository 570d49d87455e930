//! What a history says of one key's log: which messages were seen at which
//! offset, and what each send and poll names.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

/// A message that a send or a poll names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch<'a> {
    pub(super) offset: Option<i64>,
    pub(super) message: &'a Value,
    is_send: bool,
}

/// One key's log.
pub(super) struct Log<'a> {
    places: BTreeMap<i64, Vec<&'a Value>>,
    /// Every operation that names a message of the key.
    ops: Vec<(&'a Op, Vec<Touch<'a>>)>,
}

impl<'a> Log<'a> {
    /// Polls count however they ended; sends, if they were acknowledged.
    pub(super) fn new(history: &'a History, key: &Value) -> Self {
        let mut log = Log {
            places: BTreeMap::new(),
            ops: Vec::new(),
        };
        for (_, op) in history.clients().filter(|(_, op)| op.typ != OpType::Invoke) {
            let touched = touched(op, key);
            if touched.is_empty() {
                continue;
            }
            for touch in &touched {
                if let Some(offset) = touch.offset.filter(|offset| *offset >= 0)
                    && (!touch.is_send || op.typ == OpType::Ok)
                {
                    let messages = log.places.entry(offset).or_default();
                    if !messages.contains(&touch.message) {
                        messages.push(touch.message);
                    }
                }
            }
            log.ops.push((op, touched));
        }
        log
    }

    pub(super) fn offsets(&self) -> impl Iterator<Item = i64> {
        self.places.keys().copied()
    }

    /// The messages seen at an offset.
    pub(super) fn at(&self, offset: i64) -> &[&'a Value] {
        self.places.get(&offset).map_or(&[], Vec::as_slice)
    }

    /// The offsets at which a message was seen.
    pub(super) fn places(&self, message: &Value) -> Vec<i64> {
        let places = self.places.iter();
        let places = places.filter(|(_, messages)| messages.contains(&message));
        places.map(|(offset, _)| *offset).collect()
    }

    /// Whether something is known between two offsets.
    pub(super) fn is_gap(&self, before: i64, after: i64) -> bool {
        self.places
            .range(before..after)
            .any(|(offset, _)| *offset > before)
    }

    /// The first operation that shows a message at an offset, and the first poll
    /// that does.
    pub(super) fn witness(&self, message: &Value, offset: i64) -> impl Iterator<Item = &'a Op> {
        let shows = |(op, touched): &(&'a Op, Vec<Touch<'a>>)| {
            let mut here = touched
                .iter()
                .filter(|touch| touch.offset == Some(offset) && touch.message == message);
            here.next().map(|touch| (*op, touch.is_send))
        };
        let shown: Vec<(&Op, bool)> = self.ops.iter().filter_map(shows).collect();
        let first = shown.first().map(|(op, _)| *op);
        let poll = shown
            .iter()
            .find(|(_, is_send)| !is_send)
            .map(|(op, _)| *op);
        first.into_iter().chain(poll)
    }

    /// Polls that show what is on both sides of an offset, but not what is
    /// there.
    pub(super) fn passing(&self, offset: i64) -> impl Iterator<Item = &'a Op> {
        let passes = move |(_, touched): &&(&'a Op, Vec<Touch<'a>>)| {
            let polled = || {
                touched
                    .iter()
                    .filter(|touch| !touch.is_send)
                    .filter_map(|touch| touch.offset)
            };
            polled().any(|o| o < offset) && polled().any(|o| o > offset)
        };
        let passing: Vec<&Op> = self
            .ops
            .iter()
            .filter(passes)
            .map(|(op, _)| *op)
            .take(3)
            .collect();
        passing.into_iter()
    }

    /// Who sent a message.
    pub(super) fn sender(&self, message: &Value) -> Option<&'a Op> {
        let sends = |(_, touched): &&(&Op, Vec<Touch<'_>>)| {
            touched
                .iter()
                .any(|touch| touch.is_send && touch.message == message)
        };
        self.ops.iter().find(sends).map(|(op, _)| *op)
    }

    /// The last polls of the key.
    pub(super) fn last_polls(&self, most: usize) -> impl Iterator<Item = &'a Op> {
        let polls = |(op, touched): &&(&Op, Vec<Touch<'_>>)| {
            op.typ == OpType::Ok && touched.iter().any(|touch| !touch.is_send)
        };
        self.ops
            .iter()
            .rev()
            .filter(polls)
            .map(|(op, _)| *op)
            .take(most)
    }

    /// The highest offset that a poll returned.
    pub(super) fn last_polled(&self) -> Option<i64> {
        let ok = self.ops.iter().filter(|(op, _)| op.typ == OpType::Ok);
        let polled = ok
            .flat_map(|(_, touched)| touched)
            .filter(|touch| !touch.is_send);
        polled.filter_map(|touch| touch.offset).max()
    }
}

/// The messages of a key that an operation names, in its order.
fn touched<'a>(op: &'a Op, key: &Value) -> Vec<Touch<'a>> {
    let mut touched = Vec::new();
    for step in op.value.items().unwrap_or_default() {
        match step.items() {
            Some([Value::Keyword(f), k, sent]) if f == "send" && k == key => {
                touched.push(touch(sent, true));
            }
            Some([Value::Keyword(f), Value::Map(polled), ..]) if f == "poll" => {
                let of_key = polled.iter().filter(|(k, _)| k == key);
                let pairs = of_key.flat_map(|(_, pairs)| pairs.items().unwrap_or_default());
                touched.extend(pairs.map(|pair| touch(pair, false)));
            }
            _ => {}
        }
    }
    touched
}

fn touch(sent: &Value, is_send: bool) -> Touch<'_> {
    match sent {
        Value::Vector(pair) if pair.len() == 2 => Touch {
            offset: pair[0].as_int(),
            message: &pair[1],
            is_send,
        },
        message => Touch {
            offset: None,
            message,
            is_send,
        },
    }
}

/// The same in pieces, each of which goes up the log; sends and polls apart.
pub(super) fn touches<'a>(op: &'a Op, key: &Value) -> Vec<Vec<Touch<'a>>> {
    let mut runs: Vec<Vec<Touch<'a>>> = Vec::new();
    for touch in touched(op, key) {
        let goes_on = |last: &Touch<'_>| {
            last.is_send == touch.is_send && last.offset.is_some() && last.offset < touch.offset
        };
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(goes_on) => run.push(touch),
            _ => runs.push(vec![touch]),
        }
    }
    runs
}
