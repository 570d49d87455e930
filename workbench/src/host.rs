//! Where nodes live: something that takes lines for them, gives back the lines
//! they write, and says what time it is.
//!
//! - [`in_process`]: engines within this process, in virtual time.
//! - [`lockstep`]: child processes written with maelstrom-node, told the time
//!   over their pipes, in virtual time.
//! - [`live`]: programs in any language, in real time, as Maelstrom runs them.

pub mod in_process;
pub mod live;
pub mod lockstep;
mod noise;
pub mod process;
mod virtual_time;

use std::time::Duration;

pub use noise::{Noise, Stall, Stalls};
pub use virtual_time::{TimedNode, VirtualTime};

/// The nodes of a run, behind one trait, whatever they are.
///
/// Nodes are counted from 0, in the order in which they were given.
pub trait Host {
    /// Gives a node a line, without its newline.
    fn deliver(&mut self, node: usize, line: &[u8]);

    /// Waits until `until`, or until a node does something, whichever comes
    /// first; says what time it is then, and what the nodes did. In real time it
    /// may return sooner, so that an interrupt is noticed.
    ///
    /// The time is that since the host was made, and never goes back. With
    /// `None` only a node can end the wait; a host in virtual time then returns
    /// at once if no node will ever do anything by itself.
    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>);

    /// Ends all nodes, and says how each of them ended.
    fn stop(&mut self) -> Vec<Ending>;

    /// What a node wrote last, for a report: its log, the oldest line first.
    fn last_words(&mut self, node: usize) -> Vec<String>;
}

/// What a node did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It wrote a line, here without its newline.
    Line(Vec<u8>),
    /// It closed its output, or ended. Nothing more comes from it.
    Closed,
    /// It stands still from now until this time, and then catches up.
    Still(Duration),
}

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ran until it was stopped, as it should.
    Stopped,
    /// It ended by itself before that; how, for a person to read.
    Ended(String),
}
