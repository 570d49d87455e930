//! The logs as all clients together saw them: for each key, which messages were
//! seen at which offset.
//!
//! Offsets may have gaps, so what counts is a message's *index*: how many
//! offsets below its own are taken. What a poll saw counts even if the poll
//! failed, and a send if it is certain that it happened.

use history::OpType;
use history::edn::Value;

use super::action::{Actions, Key, Message};
use isolation::clojure_order::{compare_in_set, hash_integer};

/// What was seen of one key's log.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The taken offsets, ascending, each with the messages seen there, first
    /// the one that the place is taken to be of.
    pub(super) places: Vec<(i64, Vec<Message>)>,
    /// The last index of each message, where it stands for its place.
    index: Vec<Option<usize>>,
}

impl Log {
    /// Of the key's messages at offsets, in any order and as often as they were
    /// seen.
    fn new(mut seen: Vec<(i64, Message)>, values: &[&Value]) -> Self {
        seen.sort_unstable();
        seen.dedup();
        let mut places: Vec<(i64, Vec<Message>)> = Vec::new();
        for (offset, message) in seen {
            match places.last_mut() {
                Some((last, messages)) if *last == offset => messages.push(message),
                _ => places.push((offset, vec![message])),
            }
        }
        // Where several messages claim an offset, one of them has it: for a
        // verdict like that of Jepsen's checker, the first in a Clojure set.
        let hash = |message: Message| values[message].as_int().map_or(0, hash_integer);
        let mut index = vec![None; values.len()];
        for (i, (_, messages)) in places.iter_mut().enumerate() {
            messages.sort_by(|a, b| compare_in_set(hash(*a), hash(*b)));
            index[messages[0]] = Some(i);
        }
        Log { places, index }
    }

    pub(super) fn index(&self, message: Message) -> Option<usize> {
        self.index[message]
    }

    /// How far it is from one message on to another.
    pub(super) fn distance(&self, from: Message, to: Message) -> Option<i64> {
        let (from, to) = (self.index(from)?, self.index(to)?);
        Some(to as i64 - from as i64)
    }

    /// The messages and their offsets between two of them.
    pub(super) fn between(&self, from: Message, to: Message) -> Vec<(i64, Message)> {
        let (Some(from), Some(to)) = (self.index(from), self.index(to)) else {
            return Vec::new();
        };
        let places = self.places.get(from + 1..to).unwrap_or_default();
        let place = |(offset, messages): &(i64, Vec<Message>)| (*offset, messages[0]);
        places.iter().map(place).collect()
    }

    /// The message right before one.
    pub(super) fn before(&self, message: Message) -> Option<Message> {
        let (_, messages) = &self.places[self.index(message)?.checked_sub(1)?];
        Some(messages[0])
    }

    /// The offset of a message at its index.
    pub(super) fn offset(&self, message: Message) -> Option<i64> {
        self.index(message).map(|index| self.places[index].0)
    }
}

/// What is known of every message of a key, beside its place: by its number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    /// The last action that sent it, however that ended.
    pub(super) writer: Option<usize>,
    /// Whether a send of it was acknowledged, ...
    pub(super) is_acknowledged: bool,
    /// ... or refused.
    pub(super) is_refused: bool,
    /// Whether a poll that succeeded returned it.
    pub(super) is_polled: bool,
    /// The first action that polled it, however that ended.
    pub(super) reader: Option<usize>,
}

/// The fates of the messages of each key.
#[derive(Debug)]
pub(super) struct Fates(Vec<Vec<Fate>>);

impl Fates {
    pub(super) fn new(actions: &Actions<'_>) -> Self {
        let of_key = |key| vec![Fate::default(); actions.messages(key).len()];
        let mut fates: Vec<Vec<Fate>> = (0..actions.keys().len()).map(of_key).collect();
        for (i, action) in actions.list.iter().enumerate() {
            for batch in &action.sent {
                for record in &batch.records {
                    let fate = &mut fates[batch.key][record.message];
                    fate.writer = Some(i);
                    fate.is_acknowledged |= action.is_ok();
                    fate.is_refused |= action.op.typ == OpType::Fail;
                }
            }
            for batch in &action.polled {
                for record in &batch.records {
                    let fate = &mut fates[batch.key][record.message];
                    fate.is_polled |= action.is_ok();
                    fate.reader.get_or_insert(i);
                }
            }
        }
        Fates(fates)
    }

    pub(super) fn of(&self, key: Key, message: Message) -> &Fate {
        &self.0[key][message]
    }

    pub(super) fn of_key(&self, key: Key) -> &[Fate] {
        &self.0[key]
    }

    /// Whether it is certain that an action's sends happened: it succeeded, or
    /// nobody knows its outcome but what it sent was polled.
    pub(super) fn is_certain(&self, actions: &Actions<'_>, action: usize) -> bool {
        let action = &actions.list[action];
        let mut sent = action.sent.iter().flat_map(|batch| {
            let records = batch.records.iter();
            records.map(|record| self.of(batch.key, record.message))
        });
        match action.op.typ {
            OpType::Ok => true,
            OpType::Info => sent.any(|fate| fate.is_polled),
            OpType::Fail | OpType::Invoke => false,
        }
    }
}

/// The log of each key.
pub(super) fn logs(actions: &Actions<'_>, fates: &Fates) -> Vec<Log> {
    let mut seen: Vec<Seen> = (0..actions.keys().len())
        .map(|key| Seen {
            all: Vec::new(),
            last: vec![-1; actions.messages(key).len()],
        })
        .collect();
    for (i, action) in actions.list.iter().enumerate() {
        let sent = match fates.is_certain(actions, i) {
            true => &action.sent[..],
            false => &[],
        };
        for batch in sent.iter().chain(&action.polled) {
            let seen = &mut seen[batch.key];
            for record in &batch.records {
                if let Some(offset) = record.offset.filter(|offset| *offset >= 0) {
                    seen.add(offset, record.message);
                }
            }
        }
    }
    let logs = seen.into_iter().enumerate();
    logs.map(|(key, seen)| Log::new(seen.all, actions.messages(key)))
        .collect()
}

/// The messages of a key at offsets.
struct Seen {
    all: Vec<(i64, Message)>,
    /// Where each was seen last; -1 for nowhere. That is where it is seen again, nearly
    /// always.
    last: Vec<i64>,
}

impl Seen {
    fn add(&mut self, offset: i64, message: Message) {
        if std::mem::replace(&mut self.last[message], offset) != offset {
            self.all.push((offset, message));
        }
    }
}
