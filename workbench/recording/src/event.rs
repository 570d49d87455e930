//! What a run does beside sending messages, told as it happens: which client works with
//! which node, which message belongs to which operation, which fault holds when. It is
//! what `events.jsonl` keeps of a run, a line each, so that nobody has to guess it from
//! the history and the messages.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Change, Shape};
use host::Health;

/// Something that a run does.
///
/// Operations are named by the index of their invocation in the history, messages by
/// their number in the order of sending, nodes by their place among [`Event::Nodes`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It begins with these nodes, over which clients are spread in this order. No event
    /// is before this.
    Nodes {
        /// Their names.
        nodes: Vec<String>,
    },
    /// The main phase begins: this moment is 0 in the history.
    Begin,
    /// A client begins its first operation.
    Client {
        /// Its number in the history.
        process: i64,
        /// The node that it works with.
        node: usize,
    },
    /// A client has sent a request, the message before this event.
    Ask {
        /// The message.
        message: u64,
        /// What it is for; none for what sets a node up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operation: Option<usize>,
    },
    /// A client has received the reply that it waited for, the message before this event.
    Answer {
        /// The message.
        message: u64,
        /// What it is for, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operation: Option<usize>,
    },
    /// A partition holds from now on.
    Partition {
        /// Its shape.
        shape: Shape,
        /// Of each node, whom it does not hear.
        deaf: Vec<Vec<usize>>,
    },
    /// No partition holds any more.
    Heal,
    /// A node begins to stand still, and will then catch up.
    Still {
        /// The node.
        node: usize,
        /// When it goes on, since the start of the run.
        #[serde(with = "nanoseconds")]
        until: Duration,
    },
    /// A node is killed.
    Kill {
        /// The node.
        node: usize,
    },
    /// A node has ended, since its disk failed.
    DiskFailed {
        /// The node.
        node: usize,
        /// What the disk said.
        why: String,
    },
    /// A node that was dead is started again.
    Start {
        /// The node.
        node: usize,
    },
    /// A node stands still.
    Pause {
        /// The node.
        node: usize,
    },
    /// A node that stood still goes on.
    Resume {
        /// The node.
        node: usize,
    },
    /// A node's clock jumps, and runs fast or slow from now on.
    Clock {
        /// The node.
        node: usize,
        /// How far it jumps ahead.
        #[serde(with = "nanoseconds")]
        jump: Duration,
        /// By how many parts in a million it is fast; slow, if below 0.
        fast: i32,
    },
    /// A node's disk is well, or not, from now on.
    Disk {
        /// The node.
        node: usize,
        /// How it is.
        health: Health,
    },
    /// What a node shows of its state is another one.
    State {
        /// The node.
        node: usize,
        /// What changed, of nothing in the beginning.
        changes: Vec<Change>,
    },
}

/// A line of `events.jsonl`: when, since the start of the run, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine<E = Event> {
    /// In nanoseconds.
    #[serde(with = "nanoseconds")]
    pub time: Duration,
    /// What happens then.
    #[serde(flatten)]
    pub event: E,
}

/// Durations as whole numbers of nanoseconds: 584 years fit.
mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_and_what() {
        let lines = [
            r#"{"time":0,"event":"nodes","nodes":["n0","n1"]}"#,
            r#"{"time":5,"event":"begin"}"#,
            r#"{"time":5,"event":"client","process":-1,"node":1}"#,
            r#"{"time":6,"event":"ask","message":3}"#,
            r#"{"time":6,"event":"answer","message":4,"operation":0}"#,
            r#"{"time":7,"event":"partition","shape":"minority-third","deaf":[[1],[]]}"#,
            r#"{"time":8,"event":"heal"}"#,
            r#"{"time":9,"event":"still","node":0,"until":10}"#,
            r#"{"time":10,"event":"kill","node":0}"#,
            r#"{"time":11,"event":"start","node":0}"#,
            r#"{"time":12,"event":"pause","node":1}"#,
            r#"{"time":13,"event":"resume","node":1}"#,
            r#"{"time":14,"event":"clock","node":1,"jump":5,"fast":-40000}"#,
            r#"{"time":15,"event":"disk","node":1,"health":"full"}"#,
            r#"{"time":16,"event":"disk-failed","node":1,"why":"no space left on device"}"#,
            r#"{"time":17,"event":"state","node":1,"changes":[{"op":"replace","path":"/term","value":2}]}"#,
        ];
        for line in lines {
            let read: EventLine = serde_json::from_str(line).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), line);
        }
    }
}
