//! What [`dissemination`](crate::dissemination) promises of nodes that are killed, each promise
//! broken on purpose, so that tests see what it is good for. Only with the feature `mutations`,
//! which tests turn on, does anything come of it.

#[cfg(feature = "mutations")]
use std::cell::Cell;

/// A promise that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Acknowledges, and answers reads, before the sync.
    AcknowledgesUnsynced,
    /// Tells other nodes before the sync.
    SendsUnsynced,
    /// Begins with nothing, whatever is on the disk.
    RecallsNothing,
    /// Takes each of its former lives for two.
    RecallsTwice,
    /// Keeps its own replica only, where it should keep all.
    KeepsOwn,
    /// Draws no new life: it is always in the same.
    LivesOn,
}

#[cfg(feature = "mutations")]
thread_local! {
    // The nodes of a simulation, and the test that runs it, are in one thread.
    static BROKEN: Cell<Option<Mutation>> = const { Cell::new(None) };
}

/// Runs nodes, in this thread, that break this promise.
#[cfg(feature = "mutations")]
pub fn broken<T>(mutation: Mutation, run: impl FnOnce() -> T) -> T {
    BROKEN.set(Some(mutation));
    let result = run();
    BROKEN.set(None);
    result
}

/// Whether nodes break this promise.
pub(crate) fn breaks(mutation: Mutation) -> bool {
    #[cfg(feature = "mutations")]
    return BROKEN.get() == Some(mutation);
    #[cfg(not(feature = "mutations"))]
    {
        let _ = mutation;
        false
    }
}
