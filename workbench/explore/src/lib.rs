//! Every run of a small world: all orders in which messages arrive, operations begin and
//! timers fire, and every loss and kill, up to a bound. If none of them is wrong, none can
//! be, in so small a world.
//!
//! ```
//! use explore::{Bounds, explore, in_process};
//! use specimens::flood::{Fault, Flood};
//! use workloads::broadcast::{Broadcast, Topology};
//!
//! let bounds = Bounds { nodes: 2, operations: 2, timers: 1, drops: 1, ..Bounds::default() };
//! let workload = Broadcast::new(Topology::Total);
//! let explored = explore(&bounds, &workload, in_process(1, |node| Flood::new(node, Fault::NoRetry)), &mut |_| true);
//! let wrong = explored.wrong.expect("a message that is lost is lost for good");
//! assert!(wrong.steps.iter().any(|step| step.to_string().contains("is lost")), "{wrong}");
//!
//! let explored = explore(&bounds, &workload, in_process(1, |node| Flood::new(node, Fault::None)), &mut |_| true);
//! assert!(explored.is_complete && explored.wrong.is_none());
//! ```
//!
//! # How
//!
//! Nodes are deterministic: what one is follows from what it was told, in which order. So two
//! runs are in the same state if each node was told the same by then, the same messages are
//! under way, and clients have seen the same history; from there on, whatever can happen
//! after the one can happen after the other, and is looked at once. This merges all orders of
//! events that have nothing to do with each other. States are kept as 64-bit hashes: with a
//! million of them, two that differ are taken for one with a probability of 1 in 36 million.
//!
//! Clients are with their nodes: what they ask, and the answer, is there at once. An operation
//! that took longer would overlap with more of the others, and be only easier to explain.
//!
//! Once nobody can be killed any more, disks sync at once.
//!
//! Since nodes cannot be copied, a state is reached again by doing what led to it. States are
//! looked at in the order of their distance from the beginning, so that the first wrong run
//! that is found is one of the shortest.
//!
//! Time has no say: a timer may fire whenever it is set, however long that would take, and
//! the clocks of nodes have nothing to do with each other. That is more than can happen, so
//! nodes whose promises rest on clocks may be found wrong. Timers fire so often at most as
//! the bounds say. Then, whenever nothing is under way, the rest of the run is a fair one:
//! everything arrives and all timers fire, for as long as Jepsen lets a system recover, and
//! the last operations are done and judged.

mod clients;
mod ending;
mod execution;
mod search;
mod step;

use std::io;

use host::in_process::InProcess;
use maelstrom_node::disk::Files;
use maelstrom_node::{Node, Rng, Server};

pub use search::{Bounds, Explored, Progress, Wrong, explore};
pub use step::Step;

/// Starts a node: its place, how often it was started before, and what its disk holds.
pub type Start<N> = Box<dyn FnMut(usize, u64, Files) -> io::Result<N>>;

/// Engines within this process. What they draw follows from the seed.
pub fn in_process<S, F>(seed: u64, start: F) -> Start<InProcess<S>>
where
    S: Server,
    F: Fn(Node) -> S + Clone + 'static,
{
    Box::new(move |node, restarts, files| {
        let seed = Rng::new(seed ^ (node as u64) << 32 ^ restarts).u64();
        Ok(InProcess::new(seed, start.clone(), files))
    })
}
