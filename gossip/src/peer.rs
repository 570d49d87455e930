//! What a node knows of another.

use std::collections::VecDeque;
use std::time::Duration;

use crate::versions::Versions;

/// What is sent within this time is acknowledged together.
const TOGETHER: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// What it has, by its own words.
    pub(crate) has: Versions,
    /// What it should have, if nothing that was sent to it is lost.
    sent: Versions,
    /// What it must acknowledge by when, or it is lost. Ascending.
    owed: VecDeque<(Duration, Versions)>,
    /// It did not, and was not sent anything since.
    pub(crate) again: bool,
    /// How often in a row it did not.
    pub(crate) failures: u32,
    /// Since when this node thinks that it cannot be reached.
    pub(crate) suspected: Option<Duration>,
    /// Until when it counts on this node as its hub.
    pub(crate) below_until: Duration,
    /// When it is to have an acknowledgement, if nothing else goes to it before.
    pub(crate) acknowledge_at: Option<Duration>,
    /// It is to have a message at once.
    pub(crate) answer: bool,
    /// And should answer that.
    pub(crate) ask: bool,
    /// Whom it is to be asked to relay to.
    pub(crate) relay: Vec<usize>,
    /// Its clock as it said last, and when that came.
    pub(crate) stamp: Option<(u64, Duration)>,
}

impl Peer {
    /// What it has if nothing is lost that may still arrive.
    pub(crate) fn expected(&self) -> &Versions {
        match self.owed.is_empty() {
            true => &self.has,
            false => &self.sent,
        }
    }

    /// Everything that `all` says is on its way to it, and must be acknowledged
    /// by `until`.
    pub(crate) fn sent(&mut self, all: &Versions, until: Duration) {
        if self.owed.is_empty() {
            self.sent = self.has.clone();
        }
        if self.sent.covers(all) {
            return;
        }
        self.sent.merge(all);
        match self.owed.back_mut() {
            // So that there are not too many of them.
            Some((last, owed)) if until < *last + TOGETHER => *owed = self.sent.clone(),
            _ => self.owed.push_back((until + TOGETHER, self.sent.clone())),
        }
    }

    /// It has this, by its own words or those of one who relays to it.
    pub(crate) fn has(&mut self, has: &Versions) {
        self.has.merge(has);
        self.sent.merge(has);
        while let Some((_, owed)) = self.owed.front()
            && self.has.covers(owed)
        {
            self.owed.pop_front();
        }
    }

    /// When the first thing it owes counts as lost.
    pub(crate) fn owes_until(&self) -> Option<Duration> {
        self.owed.front().map(|(until, _)| *until)
    }

    /// Something that was sent to it did not arrive: nothing counts that is not
    /// acknowledged.
    pub(crate) fn lost(&mut self) {
        self.owed.clear();
    }
}
