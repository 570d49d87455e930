//! What a node knows of another.

use std::collections::VecDeque;
use std::time::Duration;

use crate::versions::Versions;

/// What is sent within this time is acknowledged together.
const TOGETHER: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// Its life; 0 if it is not known.
    pub(crate) life: u32,
    /// By its numbers of replicas, this node's.
    pub(crate) numbers: Vec<usize>,
    /// Of how many replicas it knows this node's numbers.
    pub(crate) knows: usize,
    /// When it was first told of how many, by this node's clock. Ascending.
    pub(crate) told: VecDeque<(u64, usize)>,
    /// It said something to this node in its present life.
    pub(crate) knows_this_life: bool,
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
    /// It is in this life: what was known of it in another one is void.
    pub(crate) fn lives(&mut self, life: u32) {
        if self.life != life && self.life != 0 {
            *self = Peer::default();
        }
        self.life = life;
    }

    /// It does not know what this node's numbers stand for.
    pub(crate) fn forgets(&mut self) {
        self.knows = 0;
        self.told.clear();
    }

    /// It has heard what this node said at that time, by this node's clock.
    pub(crate) fn heard(&mut self, at: u64) {
        while let Some(&(_, count)) = self.told.front().filter(|(told, _)| *told <= at) {
            self.knows = count;
            self.told.pop_front();
        }
    }

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
