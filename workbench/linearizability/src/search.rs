//! What both searches have in common: they can be stopped and taken up again,
//! and they know their limits.

/// A search for a linearization.
pub(super) trait Search {
    /// Goes on until the work done comes to this much; `None` if there is no
    /// answer by then.
    ///
    /// # Errors
    /// The limit that keeps it from ever having one.
    fn run(&mut self, until: u64) -> Result<Option<Ended>, Limit>;

    /// How much work it has done: configurations and chains of offers that it
    /// looked at.
    fn work(&self) -> u64;
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is a linearization.
    Linearizable,
    /// There is one up to this step, but not beyond.
    Stuck(usize),
}

/// What an answer would have taken too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// More steps than were granted.
    Work(u64),
    /// More memory than a search may take.
    Memory,
    /// More exactness than its trace has.
    Detail,
    /// More calls pending at a time than a search can tell apart.
    Width(usize),
}

/// How much memory a search may take. There are five, and vectors that grow have up to
/// as much in reserve: 160 MiB in all.
pub(super) const MOST_BYTES: usize = 16 << 20;
