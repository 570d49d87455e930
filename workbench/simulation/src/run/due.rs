//! What a run waits for, and what it is at.

use crate::network::EndpointId;

/// What happens at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// An endpoint's reader wakes up.
    Wake(EndpointId),
    /// A node should have answered `init` by now.
    InitTimeout,
    /// A node should have answered what the workload sets it up with by now.
    SetupTimeout,
    /// The next operation of the main phase is due.
    Operation,
    /// A client should have had its reply by now.
    Timeout { thread: usize, request: usize },
    /// A partition begins or ends.
    Partition,
    /// The nemesis strikes nodes, or lets them be, in the way at this place.
    Strikes(usize),
    /// The rule at this place strikes.
    Rule(usize),
    /// What the rule at this place did is over.
    RuleOver(usize),
    /// A node that was to be killed at one of its next steps is killed by now.
    Kill { node: usize, life: u32 },
    /// A node that was started again should have answered `init` by now.
    RestartTimeout { node: usize, life: u32 },
    /// The main phase is over.
    TimeLimit,
    /// The recovery is over.
    Recovered,
    /// A client goes on in the final phase.
    FinalTurn { thread: usize },
}

/// What the run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Init,
    Setup,
    /// Operations are begun.
    Main,
    /// The last operations of the main phase come to their end.
    Settling,
    Recovery,
    Final,
    Over,
}
