//! What the log is for: a state machine, the same on every member.

/// A state that changes by commands.
///
/// It must be a function of the commands alone: no clock, no dice, no order of
/// its own, or the members drift apart.
pub trait StateMachine {
    /// What changes the state.
    type Command: Clone;
    /// What a change gives.
    type Response;
    /// The whole state, to be sent to a member that lacks the beginning of the
    /// log.
    type Snapshot: Clone;

    /// Carries out a command. Each is given once, in the order of the log.
    fn apply(&mut self, command: &Self::Command) -> Self::Response;

    /// The whole state.
    fn snapshot(&self) -> Self::Snapshot;

    /// Takes another state for its own.
    fn restore(&mut self, snapshot: &Self::Snapshot);
}
