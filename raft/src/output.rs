//! What a member wants done.

use std::fmt;

use crate::log::{Index, Position};
use crate::machine::StateMachine;
use crate::message::{Member, MessageOf};

/// A read that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadId(pub u64);

/// What to do, in this order: save, then send, then look at what happened.
/// What was promised or acknowledged before it was saved is forgotten by a
/// crash.
pub struct Output<M: StateMachine> {
    /// What is to be saved, where members are to survive a crash.
    pub unsaved: Unsaved,
    /// What is to be sent, and to whom.
    pub messages: Vec<(Member, MessageOf<M>)>,
    /// What happened.
    pub events: Vec<Event<M::Response>>,
}

/// What has changed of [`Raft::term`](crate::Raft::term) and
/// [`Raft::vote`](crate::Raft::vote), of [`Raft::snapshot`](crate::Raft::snapshot)
/// and of [`Raft::log`](crate::Raft::log).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    /// The term or the vote.
    pub vote: bool,
    /// The snapshot.
    pub snapshot: bool,
    /// The log, from this entry on: what was saved there is void.
    pub log: Option<Index>,
}

impl Unsaved {
    pub(crate) fn log_from(&mut self, index: Index) {
        self.log = Some(self.log.map_or(index, |before| before.min(index)));
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<R> {
    /// Another leader, or none that is known.
    Leader(Option<Member>),
    /// A command is committed and was carried out.
    Applied {
        /// Which.
        position: Position,
        /// What it gave.
        response: R,
    },
    /// A change of the members is committed: see [`Raft::change`](crate::Raft::change).
    Changed {
        /// Which.
        position: Position,
    },
    /// The state came as a whole: there will be no [`Event::Applied`] for commands up to
    /// this.
    Restored {
        /// The last one.
        last: Position,
    },
    /// What is read from the state now is as new as the read.
    ReadReady(ReadId),
    /// This is not the leader any more, and cannot say.
    ReadLost(ReadId),
}

impl<M: StateMachine> Default for Output<M> {
    fn default() -> Self {
        Output {
            unsaved: Unsaved::default(),
            messages: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl<M: StateMachine> fmt::Debug for Output<M>
where
    M::Command: fmt::Debug,
    M::Snapshot: fmt::Debug,
    M::Response: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("unsaved", &self.unsaved)
            .field("messages", &self.messages)
            .field("events", &self.events)
            .finish()
    }
}
