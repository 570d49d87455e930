//! Where nodes live: something that takes lines for them, gives back the lines
//! they write, and says what time it is.
//!
//! - [`in_process`]: engines within this process, in virtual time.
//! - The crate `programs`: child processes. Those written with maelstrom-node go in lockstep:
//!   told the time over their pipes, in virtual time. Those in any other language run
//!   in real time, as under Maelstrom.

mod clock;
mod disk;
mod foresight;
pub mod in_process;
mod noise;
mod timed_node;
mod turns;
mod virtual_time;

use std::time::Duration;

use maelstrom_node::disk::Command;

pub use disk::{Config as DiskConfig, Health, apply};
pub use noise::{Noise, Stall, Stalls};
pub use timed_node::{Elsewhere, Happens, TimedNode};
pub use virtual_time::{Start, VirtualTime};

/// The nodes of a run, behind one trait, whatever they are.
///
/// Nodes are counted from 0, in the order in which they were given.
pub trait Host {
    /// Gives a node a line, without its newline.
    fn deliver(&mut self, node: usize, line: &[u8]);

    /// Says which line a node will be given next, and when: none comes before it, and until then the
    /// node is neither paused nor struck otherwise, unless the run ends. It may so begin early.
    fn foresee(&mut self, _node: usize, _at: Duration, _line: &[u8]) {}

    /// Waits until `until`, or until a node does something, whichever comes
    /// first; says what time it is then, and what the nodes did. In real time it
    /// may return sooner, so that an interrupt is noticed.
    ///
    /// The time is that since the host was made, and never goes back. With
    /// `None` only a node can end the wait; a host in virtual time then returns
    /// at once if no node will ever do anything by itself.
    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>);

    /// Kills a node, as SIGKILL does: it says nothing more, and what waits for it is lost.
    /// Of what it has not synced, its disk may lose any part.
    fn kill(&mut self, node: usize);

    /// Starts a node that is dead, with what its disk holds. It has to be told `init`.
    fn start(&mut self, node: usize);

    /// Stops a node where it is, as SIGSTOP does. What arrives waits.
    fn pause(&mut self, node: usize);

    /// Lets it go on, as SIGCONT does.
    fn resume(&mut self, node: usize);

    /// From now on, a node's clock is ahead by `jump` more, and runs fast by so many parts
    /// in a million, or slow if they are below 0. Only in virtual time.
    fn set_clock(&mut self, _node: usize, _jump: Duration, _fast: i32) {}

    /// How well a node's disk is from now on. Only in virtual time.
    fn set_disk(&mut self, _node: usize, _health: Health) {}

    /// Ends all nodes, and says how each of them ended.
    fn stop(&mut self) -> Vec<Ending>;

    /// What a node wrote last, for a report: its log, the oldest line first.
    fn last_words(&mut self, node: usize) -> Vec<String>;

    /// What is seen of a node that owes an answer.
    fn silence(&mut self, _node: usize) -> Silence {
        Silence::default()
    }

    /// Whether time is real: then a run does not repeat from its seed.
    fn is_live(&self) -> bool {
        false
    }
}

/// A node that does not say what it should, seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// What it has written of a line that it has not ended; its beginning, and how
    /// many bytes there are.
    pub unfinished: Option<(Vec<u8>, usize)>,
    /// What its processes do, if that can be told.
    pub pulse: Option<Pulse>,
}

/// What a process, with those that it started, does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Whether one of them has work to do just now.
    pub is_running: bool,
    /// How much of the processors' time they have used.
    pub processor: Duration,
}

/// What a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It wrote a line, here without its newline.
    Line(Vec<u8>),
    /// It closed its output, or ended. Nothing more comes from it.
    Closed,
    /// The host gave it up, since it would have gone on without end; why. Nothing more
    /// comes from it.
    GivenUp(String),
    /// It stands still from now until this time, and then catches up.
    Still(Duration),
    /// It wrote to a file on its disk, of this name; that may still be lost.
    Wrote(String),
    /// It waits for its disk to have written all that.
    Syncs,
    /// That is done: nothing of what it had written by then can be lost.
    Synced,
    /// It has ended, since its disk failed; why.
    Failed(String),
    /// It wrote this line to its log, which is listened to, at this time. It is told with whatever
    /// the node does next: nothing follows from it.
    Logged(Duration, String),
    /// It shows this of its state, JSON text, from then on. Nobody waits for that: it comes with
    /// what a node does next.
    Shows {
        /// When that came to be so.
        at: Duration,
        /// The state.
        state: String,
    },
}

impl Output {
    /// Whether it only tells of the node, so that nobody need wait for it.
    pub fn is_aside(&self) -> bool {
        matches!(self, Output::Logged(..) | Output::Shows { .. })
    }

    fn of_disk(command: &Command) -> Output {
        match command {
            Command::Append { file, .. }
            | Command::Truncate { file, .. }
            | Command::Replace { file, .. } => Output::Wrote(file.clone()),
            Command::Sync => Output::Syncs,
        }
    }
}

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ran until it was stopped, as it should.
    Stopped,
    /// It ended by itself before that; how, for a person to read.
    Ended(String),
}
