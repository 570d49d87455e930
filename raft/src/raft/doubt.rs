//! What a message says that cannot be true. Raft trusts its members (thesis, 3.1), but a
//! number near the end of its range, be it a bug's or a broken cable's, must not wrap a term,
//! move a log out of reach or make a lease of centuries: such a message counts as lost.
//!
//! That is no defence against a member that lies on purpose.

use std::fmt;

use super::{
    Body, Configuration, Index, Match, MessageOf, Position, Raft, Stamp, State, StateMachine, Term,
};

/// How far ahead of a member's own a term may be. At four elections a second that takes 34
/// years.
const FAR_TERM: Term = 1 << 32;
/// How far behind the end of a member's log a snapshot may end. At a million entries a second
/// that takes nine years.
const FAR_INDEX: Index = 1 << 48;

/// Why a message counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// Its term is too far ahead.
    Term {
        /// The term.
        found: Term,
        /// The member's own.
        own: Term,
    },
    /// It holds an entry of a term that is later than the message's.
    Entry {
        /// The entry's term.
        found: Term,
        /// The message's.
        message: Term,
    },
    /// It holds a configuration in which no one votes, or one that is a voter and a learner.
    Configuration,
    /// Its snapshot is too far ahead.
    Snapshot {
        /// Where the snapshot ends.
        found: Index,
        /// Where the member's log ends.
        own: Index,
    },
    /// It answers a message that this member, the leader, has yet to send.
    Stamp {
        /// When that was sent, it says.
        found: Stamp,
        /// When the last one was.
        own: Stamp,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Doubt::Term { found, own } => write!(
                f,
                "expected a term up to {FAR_TERM} ahead of this member's, {own}, found {found}"
            ),
            Doubt::Entry { found, message } => write!(
                f,
                "expected entries up to the message's term, {message}, found one of {found}"
            ),
            Doubt::Configuration => write!(
                f,
                "expected configurations of at least one voter, and learners that are no voters"
            ),
            Doubt::Snapshot { found, own } => write!(
                f,
                "expected a snapshot that ends up to {FAR_INDEX} behind this member's log, at \
                 {own}, found one at {found}"
            ),
            Doubt::Stamp { found, own } => write!(
                f,
                "expected an answer to a message sent at {own:?} or before, found one to {found:?}"
            ),
        }
    }
}

impl std::error::Error for Doubt {}

impl<M: StateMachine> Raft<M> {
    /// Whether a message can be true.
    pub(super) fn doubt(&self, message: &MessageOf<M>) -> Result<(), Doubt> {
        let MessageOf::<M> { term, ref body } = *message;
        let own = self.term;
        // Who asks before an election names the term that it would begin. Its own may be as
        // far ahead as is believed; and then it must be heard, or it would never come back.
        let begun = match body {
            Body::PreVote { .. } | Body::PreVoted { granted: true } => term.saturating_sub(1),
            _ => term,
        };
        if begun > own.saturating_add(FAR_TERM) {
            return Err(Doubt::Term { found: term, own });
        }
        let latest = match body {
            Body::Append { entries, .. } => {
                let terms = entries.iter().map(|entry| entry.term);
                terms.max().unwrap_or_default()
            }
            Body::Install { snapshot, .. } => snapshot.last.term,
            _ => 0,
        };
        if latest > term {
            let (found, message) = (latest, term);
            return Err(Doubt::Entry { found, message });
        }
        let has_members = match body {
            Body::Append { entries, .. } => entries
                .iter()
                .filter_map(|entry| entry.configuration.as_ref())
                .all(Configuration::is_sound),
            Body::Install { snapshot, .. } => {
                let configuration = snapshot.configuration.as_ref();
                configuration.is_none_or(Configuration::is_sound)
            }
            _ => true,
        };
        if !has_members {
            return Err(Doubt::Configuration);
        }
        match (body, &self.state) {
            (Body::Install { snapshot, .. }, _) => {
                let (Position { index: found, .. }, own) = (snapshot.last, self.log.last().index);
                if found > own.saturating_add(FAR_INDEX) {
                    return Err(Doubt::Snapshot { found, own });
                }
            }
            // That a term is over may also be the answer to an earlier life, and its clock.
            (
                &Body::Appended {
                    sent: found,
                    result,
                },
                State::Leader(_),
            ) if term == self.term && result != Match::Outdated => {
                let own = self.last_stamp;
                if found > own {
                    return Err(Doubt::Stamp { found, own });
                }
            }
            _ => {}
        }
        Ok(())
    }
}
