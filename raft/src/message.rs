//! What the members say to each other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::configuration::Configuration;
use crate::log::{Entry, Index, Position, Term};
use crate::machine::StateMachine;

/// A member by its number, which is the same everywhere, and never another one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Member(pub usize);

/// When a leader sent a message, by its own clock; no two of a leader's messages
/// have the same. The answer carries it back.
pub type Stamp = Duration;

/// The state machine's state after some entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot<S> {
    /// The last entry that was applied.
    pub last: Position,
    /// The state.
    pub state: S,
    /// Who the members were then, if not those that the cluster began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Configuration>,
}

/// A message of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message<C, S> {
    /// The sender's term; for [`Body::PreVote`] and a vote for it, the one that the
    /// candidate would begin.
    pub term: Term,
    /// What it says.
    pub body: Body<C, S>,
}

/// The messages for a state machine.
pub type MessageOf<M> = Message<<M as StateMachine>::Command, <M as StateMachine>::Snapshot>;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body<C, S> {
    /// Would you vote for me? (thesis, 9.6)
    PreVote {
        /// The end of the sender's log.
        last: Position,
    },
    /// The answer.
    PreVoted {
        /// Whether it would.
        granted: bool,
    },
    /// Vote for me (paper, 5.2).
    RequestVote {
        /// The end of the sender's log.
        last: Position,
        /// Whether the leader itself asked it to (thesis, 3.10).
        hand_over: bool,
    },
    /// The answer.
    Voted {
        /// Whether it did.
        granted: bool,
    },
    /// The leader's entries, or just that it is there (paper, 5.3).
    Append {
        /// The entry before the first.
        previous: Position,
        /// What follows it.
        entries: Vec<Entry<C>>,
        /// What is committed.
        commit: Index,
        /// When it was sent.
        sent: Stamp,
    },
    /// The leader's whole state, in place of entries that are gone (paper, 7).
    Install {
        /// The state.
        snapshot: Snapshot<S>,
        /// When it was sent.
        sent: Stamp,
    },
    /// The answer to both.
    Appended {
        /// Whether, and how far, the logs are the same.
        result: Match,
        /// When the message was sent to which this is the answer.
        sent: Stamp,
    },
    /// Become the leader, now (thesis, 3.10).
    TakeOver,
}

/// What a follower found of the leader's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The logs are the same up to this entry.
    UpTo(Index),
    /// They were not at `previous`; at what comes before `hint` they may be.
    Differs {
        /// The index that was asked for.
        previous: Index,
        /// Where to begin.
        hint: Index,
    },
    /// The message came from a leader of an older term.
    Outdated,
}
