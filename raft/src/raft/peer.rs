//! What a leader knows of another member, and what it has sent it.

use std::collections::VecDeque;
use std::time::Duration;

use super::{Index, Stamp};

/// How messages go to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// One at a time, until it is known where the logs part.
    Probe,
    /// Without waiting for answers (thesis, 10.2.1).
    Pipeline,
}

#[derive(Debug)]
pub(super) struct Peer {
    /// Up to here the logs are the same.
    pub(super) matched: Index,
    /// What is sent next.
    pub(super) next: Index,
    /// Up to here it is to be sent without waiting for the next heartbeat.
    pub(super) owed: Index,
    /// It is to be sent something, even if there is nothing new.
    pub(super) due: bool,
    pub(super) flow: Flow,
    /// When each message was sent that is not answered yet.
    pub(super) under_way: VecDeque<Stamp>,
    /// When the last message was sent that it has answered.
    pub(super) answered: Option<Stamp>,
    /// When it was last sent anything.
    pub(super) sent: Duration,
    /// How many messages in a row were given up.
    pub(super) lost: u32,
    /// It is no member any more, which is committed: it is sent one more message, from which it
    /// may know.
    pub(super) is_leaving: bool,
}

impl Peer {
    pub(super) fn new(next: Index, now: Duration) -> Self {
        Peer {
            matched: 0,
            next,
            owed: next,
            due: true,
            flow: Flow::Probe,
            under_way: VecDeque::new(),
            answered: None,
            sent: now,
            lost: 0,
            is_leaving: false,
        }
    }

    /// Whether another message with entries may go out before one is answered.
    pub(super) fn may_send(&self, pipeline: usize) -> bool {
        let most = match self.flow {
            Flow::Probe => 1,
            Flow::Pipeline => pipeline,
        };
        self.under_way.len() < most
    }

    /// It answered the message of that time: what was sent before is answered, or lost
    /// and not missed.
    pub(super) fn answers(&mut self, sent: Stamp) {
        self.answered = self.answered.max(Some(sent));
        self.under_way.retain(|&stamp| stamp > sent);
        self.lost = 0;
    }

    /// The logs are the same up to here.
    pub(super) fn matches(&mut self, index: Index) {
        self.matched = self.matched.max(index);
        self.next = self.next.max(self.matched + 1);
        self.flow = Flow::Pipeline;
    }

    /// It has not what was thought: begin again from there.
    pub(super) fn rewind(&mut self, next: Index) {
        self.next = next.max(self.matched + 1);
        self.flow = Flow::Probe;
        self.under_way.clear();
    }

    /// Nothing is heard of what was sent.
    pub(super) fn give_up(&mut self) {
        self.lost += 1;
        self.rewind(self.matched + 1);
        if self.lost > 1 {
            // It is not just one message: wait for the next heartbeat.
            self.owed = 0;
        }
    }

    /// When it is to be sent something if there is nothing new. One that does not
    /// answer is asked less often.
    pub(super) fn heartbeat_at(&self, heartbeat: Duration) -> Duration {
        self.sent + heartbeat * (1 << self.lost.saturating_sub(1).min(2))
    }
}
