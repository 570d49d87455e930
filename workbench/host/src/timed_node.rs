//! What can be told the time, and works by it.

use std::time::Duration;

use maelstrom_node::disk::Command;

use super::{Ending, Output};

/// A node that is told what time it is, by its own clock.
pub trait TimedNode {
    /// Lets it have a turn at this time: it does what it waited to do until now, and then what this
    /// asks for. What it writes is handed to `say`.
    fn turn(&mut self, now: Duration, happens: Happens<'_>, say: &mut dyn FnMut(Output));

    /// When it next has something to do by itself.
    fn deadline(&self) -> Option<Duration>;

    /// Takes what it wants done on its disk, since its last turn.
    fn disk_commands(&mut self) -> Vec<Command>;

    /// Takes what it wrote to its log since its last turn, if that is listened to.
    fn logged(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// Why it cannot go on, if it cannot: its disk has failed.
    fn failure(&self) -> Option<String>;

    /// What it shows of its state at the end of its last turn, as JSON text; none if it shows
    /// nothing, or nothing new. Only asked where [states are wanted](super::VirtualTime::with_states).
    fn state(&mut self) -> Option<String> {
        None
    }

    /// Itself, if it takes its turns elsewhere, such as in a process: others need not stand still
    /// meanwhile ([`VirtualTime::side_by_side`](super::VirtualTime::side_by_side)).
    fn elsewhere(&mut self) -> Option<&mut dyn Elsewhere> {
        None
    }

    /// Ends it.
    fn stop(&mut self) -> Ending {
        Ending::Stopped
    }

    /// Ends it before the others.
    fn give_up(&mut self) {}

    /// What it wrote to its log last.
    fn last_words(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// A node's turns, told and awaited one without the other. What comes of a turn is the same as when
/// it is waited for at once.
pub trait Elsewhere {
    /// Begins a turn, which comes after those that it has begun before. What it is told may wait
    /// for [`Elsewhere::send`], or longer.
    fn begin(&mut self, now: Duration, happens: Happens<'_>);

    /// Tells it as much as it takes.
    fn send(&mut self);

    /// Waits for the end of the turn that was begun first; what it wrote is handed to `say`. What
    /// it wants done on its disk, its deadline and its failure are those of this turn then.
    fn end(&mut self, say: &mut dyn FnMut(Output));

    /// What it has begun and not ended does not count, and it has no more turns: it is ended, as
    /// by whoever stops it.
    fn abandon(&mut self);
}

/// What a turn is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happens<'a> {
    /// A line arrives.
    Line(&'a [u8]),
    /// Nothing but that it is time for what waited until now.
    Nothing,
    /// What it asked its disk to sync is synced, or that failed.
    Synced(Result<(), String>),
}
