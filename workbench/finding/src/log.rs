//! Logs with offsets: what is wrong with the messages of a key.

use std::fmt;

use history::edn::Value;
use serde::{Deserialize, Serialize};

use crate::Operation;

/// A message of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What was sent.
    pub value: Value,
    /// Where it is, if that is known.
    pub offset: Option<i64>,
    /// The end of its send, if there is one.
    pub writer: Option<Operation>,
}

impl Message {
    /// Such as: message 5 of client 3's send (operation 7).
    fn origin(&self) -> String {
        let value = &self.value;
        match &self.writer {
            Some(writer) => format!("message {value} of {writer}"),
            None => format!("message {value}"),
        }
    }

    /// Such as: message 5 (offset 8).
    fn placed(&self) -> String {
        self.at(format!("message {}", self.value))
    }

    fn at(&self, name: String) -> String {
        match self.offset {
            Some(offset) => format!("{name} (offset {offset})"),
            None => name,
        }
    }
}

/// How many of a list of messages a sentence names.
const NAMED: usize = 4;

/// The first of `all` items, in words.
fn list<T>(items: &[T], all: usize, name: impl Fn(&T) -> String) -> String {
    let mut names: Vec<String> = items.iter().take(NAMED).map(name).collect();
    if all > names.len() {
        names.push(format!("{} more", all - names.len()));
    }
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// What is wrong in the log of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Offsets {
    /// The key.
    pub key: Value,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong in a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// An acknowledged message that polls went past.
    Lost {
        /// The message, with its offset.
        message: Message,
        /// How far polls went.
        polled_to: i64,
        /// One that went there.
        reader: Option<Operation>,
    },
    /// Several messages at one offset.
    Conflict {
        /// The offset.
        offset: i64,
        /// The messages, the one first that the place is taken to be of.
        messages: Vec<Message>,
    },
    /// A message at several offsets.
    Duplicate {
        /// The message.
        message: Message,
        /// The offsets.
        offsets: Vec<i64>,
        /// The first that polled it.
        reader: Option<Operation>,
    },
    /// A poll of a message whose send was refused.
    Refused {
        /// The message.
        message: Message,
        /// The poll.
        reader: Operation,
    },
    /// A transaction's poll of its own send.
    Precommitted {
        /// The message.
        message: Message,
        /// The transaction.
        reader: Operation,
    },
    /// Messages one after the other in sends or polls that are not so in the log.
    Jump(Jump),
    /// Acknowledged messages that no poll returned up to the end.
    Unseen {
        /// The first of them.
        messages: Vec<Message>,
        /// How many there are.
        count: usize,
    },
}

/// Two messages that a client sent or polled one after the other, where the second does
/// not follow on the first in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jump {
    /// Whether they were polled, or else sent.
    pub is_polled: bool,
    /// The first.
    pub from: Message,
    /// The second.
    pub to: Message,
    /// How far it is on in the log: 0 is the same again, less is back, and more than 1
    /// leaves messages out.
    pub distance: i64,
    /// The first of those left out.
    pub skipped: Vec<Message>,
    /// How many these are.
    pub skipped_count: usize,
    /// Where the first was sent or polled, and where the second: the same, if it is
    /// within one operation.
    pub operations: [Operation; 2],
}

impl Jump {
    /// Whether both are of one operation.
    pub fn is_within(&self) -> bool {
        self.operations[0].index == self.operations[1].index
    }
}

impl Offsets {
    /// The operations that it is about.
    pub fn operations(&self) -> Vec<Operation> {
        let writers = |messages: &[Message]| -> Vec<Operation> {
            let writers = messages.iter().filter_map(|message| message.writer.clone());
            writers.collect()
        };
        match &self.fault {
            Fault::Lost {
                message, reader, ..
            }
            | Fault::Duplicate {
                message, reader, ..
            } => {
                let writer = message.writer.iter();
                writer.chain(reader).cloned().collect()
            }
            Fault::Conflict { messages, .. } | Fault::Unseen { messages, .. } => writers(messages),
            Fault::Refused { message, reader } => {
                let writer = message.writer.iter();
                writer.chain([reader]).cloned().collect()
            }
            Fault::Precommitted { reader, .. } => vec![reader.clone()],
            Fault::Jump(jump) if jump.is_within() => vec![jump.operations[0].clone()],
            Fault::Jump(jump) => jump.operations.to_vec(),
        }
    }
}

impl fmt::Display for Offsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {}: ", self.key)?;
        match &self.fault {
            Fault::Lost {
                message,
                polled_to,
                reader,
            } => {
                write!(
                    f,
                    "{} at offset {} is lost: no poll ever returned it, while polls went on to \
                     offset {polled_to}",
                    message.origin(),
                    message.offset.unwrap_or_default()
                )?;
                match reader {
                    Some(reader) => write!(f, ", as in {reader}"),
                    None => Ok(()),
                }
            }
            Fault::Conflict { offset, messages } => {
                let messages = list(messages, messages.len(), Message::origin);
                write!(f, "at offset {offset} there are {messages}")
            }
            Fault::Duplicate {
                message, offsets, ..
            } => write!(
                f,
                "{} is in the log more than once, at the offsets {}",
                message.origin(),
                list(offsets, offsets.len(), i64::to_string)
            ),
            Fault::Refused { message, reader } => write!(
                f,
                "{reader} returned {}, though that send was refused",
                message.origin()
            ),
            Fault::Precommitted { message, reader } => write!(
                f,
                "{reader} polled message {}, which it sent itself and had not committed yet",
                message.value
            ),
            Fault::Jump(jump) => jump.fmt(f),
            Fault::Unseen { messages, count } => {
                let name = |message: &Message| message.at(message.origin());
                write!(
                    f,
                    "acknowledged, but never polled, up to the end: {}",
                    list(messages, *count, name)
                )
            }
        }
    }
}

impl fmt::Display for Jump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.operations;
        let (from, to) = (self.from.placed(), self.to.placed());
        match self.is_within() {
            true => write!(f, "{first} went from {from} to {to}: ")?,
            false => write!(
                f,
                "{first} ended with {from}, and {second} began with {to}: "
            )?,
        }
        match self.distance {
            0 => f.write_str("the same once more"),
            ..0 => write!(f, "{} back in the log", -self.distance),
            _ => {
                let skipped = list(&self.skipped, self.skipped_count, Message::placed);
                write!(f, "leaving out {skipped}")
            }
        }
    }
}

/// Sends and polls in a circle of cause and effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    /// Each is before the next, and the last before the first.
    pub steps: Vec<Cause>,
}

/// An operation that is before the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Its end.
    pub op: Operation,
    /// Why it is before the next.
    pub because: Because,
}

/// Why an operation is before another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The other polled what it sent.
    Polled {
        /// The key.
        key: Value,
        /// The message.
        message: Value,
    },
    /// The other sent the next message of a key.
    Followed {
        /// The key.
        key: Value,
        /// What the first sent.
        message: Value,
        /// What the second sent, at the next offset that is taken.
        next: Value,
    },
    /// It had ended when the other began.
    Ended,
}

impl fmt::Display for Causes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("in no possible order")?;
        for (i, Cause { op, because }) in self.steps.iter().enumerate() {
            let next = &self.steps[(i + 1) % self.steps.len()].op;
            f.write_str(if i == 0 { ": " } else { "; " })?;
            match because {
                Because::Polled { key, message } => write!(
                    f,
                    "{next} polled message {message} of key {key}, which {op} sent"
                )?,
                Because::Followed {
                    key,
                    message,
                    next: second,
                } => write!(
                    f,
                    "{next} sent message {second} to key {key} right behind message {message}, \
                     which {op} sent"
                )?,
                Because::Ended => write!(f, "{op} ended before {next} began")?,
            }
        }
        Ok(())
    }
}
