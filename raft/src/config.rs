//! How long things take, and how much goes at once.

use std::time::Duration;

/// What can be chosen. All members must choose alike.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// After how long without news a leader sends some.
    pub heartbeat: Duration,
    /// For how long a member that has heard of a leader does not vote for another
    /// one. Also the least time after which it wants to be one itself, and,
    /// less [`Config::drift`] and [`Config::jump`], how long the leader's lease is.
    pub election_min: Duration,
    /// The most time after which a follower that hears nothing wants to be leader.
    pub election_max: Duration,
    /// Whether a leader answers reads by a lease. Then reads rest on clocks: that none is
    /// worse than `drift` and `jump` say. Without it, nothing rests on clocks, and a
    /// majority is asked whenever someone wants to read.
    pub lease: bool,
    /// By which part clocks may run too fast or too slow, and a lease still be sound.
    pub drift: f64,
    /// How far a clock may jump ahead, in all, within [`Config::election_min`], and a lease
    /// still be sound.
    pub jump: Duration,
    /// Whom new entries are sent to at once.
    pub replication: Replication,
    /// How many entries go into a message at most; at least 1.
    pub batch: usize,
    /// How many messages with entries may be under way to a member before the first is
    /// answered; at least 1.
    pub pipeline: usize,
    /// After how many entries a snapshot takes the place of the oldest.
    pub compact_after: u64,
    /// How many entries before the snapshot are kept for those that lag behind.
    pub keep: u64,
}

/// Whom new entries are sent to at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replication {
    /// Everyone.
    All,
    /// As many as are needed to commit; the others with the next heartbeat, or as soon
    /// as one of them is late. Fewer messages when all is well ("thrifty" in
    /// Moraru, Andersen, Kaminsky: There is more consensus in egalitarian
    /// parliaments, 2013).
    Quorum,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            heartbeat: Duration::from_millis(75),
            election_min: Duration::from_millis(250),
            election_max: Duration::from_millis(500),
            lease: true,
            drift: 0.05,
            jump: Duration::from_millis(20),
            replication: Replication::Quorum,
            batch: 256,
            pipeline: 8,
            compact_after: 4096,
            keep: 1024,
        }
    }
}
