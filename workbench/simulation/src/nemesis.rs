//! The nemesis: faults that come and go, drawn from the seed, beside each other.
//!
//! - [`partition`]: messages between nodes are dropped.
//! - [`node`]: nodes are killed and started again, or stand still; their clocks are wrong,
//!   their disks fail.
//! - [`rule`]: a fault at a moment that a test says, such as between a node's write and its
//!   reply.
//!
//! Of each kind, a strike and its end alternate, and what is drawn for one kind does not
//! depend on which others there are. All of them end before the last operations of a
//! workload that has a final phase.

pub mod node;
pub mod partition;
pub mod rule;

pub use node::{NodeFault, NodeFaults, Target};
pub use recording::Shape;
pub use rule::{Moment, Rule};

/// The faults there are, by the names that `--nemesis` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Messages between some nodes are dropped.
    Partition,
    /// Beyond Maelstrom: the same, but of any two nodes one still hears the
    /// other.
    OneWayPartition,
    /// Something happens to nodes.
    Node(NodeFault),
}
