//! What may happen next.

use std::fmt;

/// One of the things that may happen in a state. Messages are named by their places among
/// those under way, which the state orders; nodes by their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client begins its operation.
    Begin {
        /// Which, from 0.
        client: usize,
        /// The operation, in words.
        what: String,
    },
    /// A message arrives.
    Deliver {
        /// Which.
        message: usize,
        /// The message, in words.
        what: String,
    },
    /// A message is lost.
    Drop {
        /// Which.
        message: usize,
        /// The message, in words.
        what: String,
    },
    /// A node's next timer fires.
    Timer {
        /// Which.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A node's disk has synced what it was to sync.
    Sync {
        /// Which.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A node is killed. What arrives before it is started again is lost; of what it has not
    /// synced, all is lost, or nothing.
    Kill {
        /// Which.
        node: usize,
        /// Its name.
        name: String,
        /// Whether what it has not synced is kept.
        keeps: bool,
    },
    /// A node that was killed is started again.
    Start {
        /// Which.
        node: usize,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Begin { client, what } => write!(f, "client {client} begins {what}"),
            Step::Deliver { what, .. } => write!(f, "{what} arrives"),
            Step::Drop { what, .. } => write!(f, "{what} is lost"),
            Step::Timer { name, .. } => write!(f, "{name}'s timer fires"),
            Step::Sync { name, .. } => write!(f, "{name}'s disk has synced"),
            Step::Kill { name, keeps, .. } => write!(
                f,
                "{name} is killed, {} of what it had not synced is kept",
                if *keeps { "and all" } else { "and nothing" }
            ),
            Step::Start { name, .. } => write!(f, "{name} is started again"),
        }
    }
}
