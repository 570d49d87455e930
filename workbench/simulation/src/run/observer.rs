//! Whoever watches a run: how far it is, every message as it is sent and received, and
//! what else the run does.

use std::ops::ControlFlow;
use std::time::Duration;

use super::event::Event;
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

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum MessageEvent {
    /// It was put onto the network. One that is lost is never received.
    #[serde(rename = "send")]
    Sent,
    /// It was handed to its destination; a duplicate each time.
    #[serde(rename = "recv")]
    Received,
}

/// A message at one end of its way.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Which end.
    pub event: MessageEvent,
    /// When, since the start of the run.
    pub time: Duration,
    /// Its number in the order of sending, from 0.
    pub id: u64,
    /// Who sent it.
    pub src: &'a str,
    /// Whom it is for.
    pub dest: &'a str,
    /// The whole of it, as the line it was written as.
    pub line: &'a [u8],
}

/// Watches a run. The methods do nothing by default.
pub trait Observer {
    /// Called now and then; `Break` ends the run at once, with what it has.
    fn position(&mut self, _position: Position) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

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
