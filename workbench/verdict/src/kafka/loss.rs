//! Messages that are not polled though they were sent, and the other way round.

use std::collections::BTreeSet;

use finding::Rules;
use history::edn::Value;
use history::{History, OpType};

use super::action::{Actions, Key, Message};
use super::log::{Fates, Log};

/// A message that no poll returned, though polls went on beyond it.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) key: Key,
    pub(super) message: Message,
    pub(super) index: usize,
    pub(super) writer: usize,
    /// How far polls went, by index, and one that went there.
    pub(super) bound: usize,
    pub(super) reader: Option<usize>,
}

/// The lost messages, of those that were certainly sent.
///
/// # Errors
/// A key that was polled though nobody knows of a message there: Jepsen's checker does not
/// end then. By sound rules none is lost there.
pub(super) fn lost(
    actions: &Actions<'_>,
    logs: &[Log],
    fates: &Fates,
    rules: Rules,
) -> Result<Vec<Lost>, String> {
    let mut all = Vec::new();
    let polls = actions.list.iter().filter(|action| action.is_ok());
    let polled: BTreeSet<Key> = polls
        .flat_map(|action| action.polled.iter().map(|batch| batch.key))
        .collect();
    for key in polled {
        let places = &logs[key].places;
        // A message may be at several offsets: it must have been polled once
        // polls went beyond its last, but they only went as far as its first.
        let messages = actions.messages(key).len();
        let (mut first, mut last) = (vec![None; messages], vec![0; messages]);
        for (index, (_, messages)) in places.iter().enumerate() {
            for &message in messages {
                first[message].get_or_insert(index);
                last[message] = index;
            }
        }
        let fates_here = fates.of_key(key).iter().zip(&first);
        let polled = fates_here.filter_map(|(fate, first)| first.filter(|_| fate.is_polled));
        let Some(bound) = polled.max() else {
            if rules.are_sound() {
                continue;
            }
            return Err(format!(
                "polls of key {} returned no message that is known to be there: there is no \
                 telling what they should have returned",
                actions.keys()[key]
            ));
        };
        let at_bound = places[bound].1.iter().copied();
        let reader = at_bound.filter_map(|message| fates.of(key, message).reader);
        let reader = reader.min();
        for (index, (_, messages)) in places[..=bound].iter().enumerate() {
            for &message in messages.iter().filter(|message| last[**message] == index) {
                let fate = fates.of(key, message);
                if fate.is_polled {
                    continue;
                }
                if let Some(writer) = fate.writer
                    && fates.is_certain(actions, writer)
                {
                    all.push(Lost {
                        key,
                        message,
                        index,
                        writer,
                        bound,
                        reader,
                    });
                }
            }
        }
    }
    Ok(all)
}

/// Every poll of a message of which no send ended, once each.
pub(super) fn unsent(actions: &Actions<'_>, fates: &Fates) -> Vec<Read> {
    let mut reads = Vec::new();
    for (reader, action) in actions.list.iter().enumerate() {
        for batch in &action.polled {
            let messages = batch.records.iter().map(|record| record.message);
            let unsent = messages.filter(|m| fates.of(batch.key, *m).writer.is_none());
            reads.extend(unsent.map(|message| Read {
                key: batch.key,
                message,
                reader,
            }));
        }
    }
    reads
}

/// Those of messages that nobody even asked to send, by polls that succeeded: each message
/// once.
pub(super) fn garbage(history: &History, actions: &Actions<'_>, unsent: &[Read]) -> Vec<Read> {
    let mut known: BTreeSet<(&Value, &Value)> = BTreeSet::new();
    if !unsent.is_empty() {
        for (_, op) in history.clients().filter(|(_, op)| op.typ == OpType::Invoke) {
            for step in op.value.items().unwrap_or_default() {
                if let Some([_, key, message]) = step.items() {
                    known.insert((key, message));
                }
            }
        }
    }
    let mut garbage = Vec::new();
    for read in unsent
        .iter()
        .filter(|read| actions.list[read.reader].is_ok())
    {
        let message = actions.messages(read.key)[read.message];
        if known.insert((actions.keys()[read.key], message)) {
            garbage.push(*read);
        }
    }
    garbage
}

/// Why a message that nobody sent leaves no verdict, by Maelstrom's rules.
pub(super) fn no_writer(actions: &Actions<'_>, read: &Read) -> String {
    format!(
        "the message {} of key {} was polled, but no send of it ended",
        actions.messages(read.key)[read.message],
        actions.keys()[read.key]
    )
}

/// Why there is no telling of messages that were sent several times, if one was: whose it is
/// that is polled.
pub(super) fn sent_again(actions: &Actions<'_>) -> Option<String> {
    let of_key = |key| vec![None; actions.messages(key).len()];
    let mut senders: Vec<Vec<Option<usize>>> = (0..actions.keys().len()).map(of_key).collect();
    for action in &actions.list {
        for batch in &action.sent {
            for record in &batch.records {
                let sender = &mut senders[batch.key][record.message];
                if let Some(first) = sender.replace(action.op.index) {
                    return Some(format!(
                        "{} was sent to key {} more than once, by operations {first} and {}, so polls \
                         do not say whose it is",
                        actions.messages(batch.key)[record.message],
                        actions.keys()[batch.key],
                        action.op.index,
                    ));
                }
            }
        }
    }
    None
}

/// The acknowledged messages of each key that no poll returned.
pub(super) fn unseen(actions: &Actions<'_>, fates: &Fates) -> Vec<(Key, Vec<Message>)> {
    let of_key = |key| {
        let fates = fates.of_key(key).iter().enumerate();
        let unseen = fates.filter(|(_, fate)| fate.is_acknowledged && !fate.is_polled);
        unseen.map(|(message, _)| message).collect()
    };
    let keys = (0..actions.keys().len()).map(|key| (key, of_key(key)));
    keys.filter(|(_, unseen): &(_, Vec<_>)| !unseen.is_empty())
        .collect()
}

/// A poll of a message that it should not have returned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) key: Key,
    pub(super) message: Message,
    pub(super) reader: usize,
}

/// Polls that succeeded and returned messages whose send was refused (G1a).
pub(super) fn aborted(actions: &Actions<'_>, fates: &Fates) -> Vec<Read> {
    let mut reads = Vec::new();
    for (reader, action) in actions.list.iter().enumerate() {
        for batch in action.polled.iter().filter(|_| action.is_ok()) {
            let messages = batch.records.iter().map(|record| record.message);
            let refused = messages.filter(|message| fates.of(batch.key, *message).is_refused);
            reads.extend(refused.map(|message| Read {
                key: batch.key,
                message,
                reader,
            }));
        }
    }
    reads
}

/// Transactions that polled what they themselves sent, once a key each: before
/// they commit, nobody may see that.
pub(super) fn precommitted(actions: &Actions<'_>) -> Vec<Read> {
    let mut reads = Vec::new();
    for (reader, action) in actions.list.iter().enumerate() {
        for sent in &action.sent {
            let own: BTreeSet<Message> = sent.records.iter().map(|r| r.message).collect();
            let polled = action.polled.iter().filter(|batch| batch.key == sent.key);
            let mut polled = polled.flat_map(|batch| &batch.records);
            if let Some(record) = polled.find(|record| own.contains(&record.message)) {
                reads.push(Read {
                    key: sent.key,
                    message: record.message,
                    reader,
                });
            }
        }
    }
    reads
}
