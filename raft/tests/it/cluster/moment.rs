//! Moments at which something that goes wrong goes wrong with consequences: what has just been said
//! or done is on its way, and not everyone knows of it yet.

use raft::{Body, Event, Member};

use super::{Digest, Message};

/// Something that matters has just been said or done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// By whom.
    pub(crate) by: Member,
    /// To whom, if it was said.
    pub(crate) to: Option<Member>,
}

impl Moment {
    /// A vote, a hand-over, a snapshot, other members; or there is a new leader.
    pub(crate) fn of(
        by: Member,
        messages: &[(Member, Message)],
        events: &[Event<Digest>],
    ) -> Option<Moment> {
        let matters = |(_, message): &&(Member, Message)| match &message.body {
            Body::Voted { granted: true } | Body::TakeOver | Body::Install { .. } => true,
            Body::RequestVote { .. } => true,
            Body::Append { entries, .. } => {
                entries.iter().any(|entry| entry.configuration.is_some())
            }
            _ => false,
        };
        if events.contains(&Event::Leader(Some(by))) {
            return Some(Moment { by, to: None });
        }
        let (to, _) = messages.iter().find(matters)?;
        let to = Some(*to);
        Some(Moment { by, to })
    }
}
