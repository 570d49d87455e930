//! What a node did wrong beside its replies: it ended, wrote something that is
//! no message, or wrote to nobody.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::wire::NotAMessage;

/// Something that went wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The node.
    pub node: String,
    /// When, since the start of the main phase.
    pub time: Duration,
    /// What it did, and what was expected.
    pub what: String,
    /// What it had written to its log just before.
    pub last_words: Vec<String>,
}

impl Problem {
    pub(super) fn no_message(error: &NotAMessage, line: &[u8]) -> String {
        format!(
            "it wrote a line to stdout that is no message, and is not listened to any more: {}\n\
             {error}\nLogs belong on stderr.",
            quoted(line)
        )
    }

    pub(super) fn unknown(key: &str, name: &str, line: &[u8]) -> String {
        let hint = match (key, name.starts_with('c')) {
            ("dest", true) => "; this client has given up: its operation took too long",
            ("dest", false) => "; expected a node of the test, a client or a service",
            _ => "; expected the node's own name",
        };
        format!(
            "it wrote a message whose {key} {name:?} is not on the network, and is not listened \
             to any more: {}{hint}",
            quoted(line)
        )
    }
}

/// Requests that a service did not answer, as Maelstrom's does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The service.
    pub service: String,
    /// How many there were.
    pub count: usize,
    /// Why the first of them was not.
    pub why: String,
    /// Who sent it.
    pub node: String,
    /// When, since the start of the main phase.
    pub time: Duration,
    /// It itself, cut where it gets long.
    pub line: String,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unanswered {
            service,
            count,
            why,
            node,
            line,
            ..
        } = self;
        let seconds = self.time.as_secs_f64();
        write!(
            f,
            "{service} left {count} requests unanswered, as Maelstrom's does: {why}; the first, \
             of {node} after {seconds:.3} s: {line}"
        )
    }
}

/// The line as text, cut where it gets long.
pub(super) fn quoted(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}... ({} bytes)", &text[..end], line.len()),
        None => text.into_owned(),
    }
}
