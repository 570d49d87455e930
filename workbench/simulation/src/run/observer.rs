//! Whoever watches a run: how far it is, every message as it is sent and received, and
//! what else the run does.

use std::ops::ControlFlow;
use std::time::Duration;

use recording::{Event, Message, Recording};

use crate::schedule::{Choice, World};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The time since the start of the main phase.
    pub now: Duration,
    /// When the last phase is about to begin.
    pub end: Duration,
    /// How many events the history has.
    pub events: usize,
}

/// The messages that are under way to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox<'a> {
    /// The node.
    pub node: &'a str,
    /// What is to arrive, in the order in which it is due.
    pub under_way: Vec<UnderWay<'a>>,
}

/// A message that was sent and has neither arrived nor been dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderWay<'a> {
    /// When it is due, since the start of the main phase. On Maelstrom's network it may have to
    /// wait for others then.
    pub due: Duration,
    /// Whether it will be dropped, unless the partition that holds now heals before that.
    pub is_cut: bool,
    /// The whole of it, as the line it was written as.
    pub line: &'a [u8],
}

/// Watches a run. The methods do nothing by default.
pub trait Observer {
    /// Called now and then; `Break` ends the run at once, with what it has.
    fn position(&mut self, _position: Position) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// The moment since the start of the main phase at which it wants to be shown what is
    /// under way; asked once, before the run begins. Nodes in real time do not stop for that.
    fn looks_at(&self) -> Option<Duration> {
        None
    }

    /// Called at that moment, when all that is before it has happened and nothing of it:
    /// what is under way to each node. The nodes wait for as long as this takes. `Break` ends
    /// the run at once, with what it has.
    fn look(&mut self, _inboxes: &[Inbox<'_>]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// Called for each line of a log that is listened to: when it was written, since the start of
    /// the main phase, and by which node. Nothing is told of what comes before that phase. It is
    /// told with what the node does next, so perhaps later than what others did.
    fn logged(&mut self, _at: Duration, _node: &str, _line: &str) {}

    /// Called for every message, at either end.
    fn message(&mut self, _message: Message<'_>) {}

    /// Called for everything else that happens, at this time since the start of the run;
    /// what is about a message comes after that.
    fn event(&mut self, _time: Duration, _event: &Event) {}

    /// Whether it wants to be told what [`Observer::begins`] and [`Observer::choice`] tell:
    /// that costs something for each message.
    fn wants_choices(&self) -> bool {
        false
    }

    /// Called once, before anything is chosen: what the run is like.
    fn begins(&mut self, _world: &World) {}

    /// Called for everything that could have been otherwise, as it happens. With the world,
    /// that is the run's [`Schedule`](crate::schedule::Schedule).
    fn choice(&mut self, _choice: &Choice) {}
}

/// Nobody watches.
impl Observer for () {}

/// It can watch a run by itself.
impl Observer for Recording {
    fn message(&mut self, message: Message<'_>) {
        Recording::message(self, message);
    }

    fn event(&mut self, time: Duration, event: &Event) {
        Recording::event(self, time, event);
    }
}
