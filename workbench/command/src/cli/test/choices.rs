//! The values of flags that name one of several things.

use clap::ValueEnum;
use simulation::host::Noise;
use simulation::nemesis::{Fault, NodeFault, Target};
use simulation::network::Distribution;
use workloads::broadcast::Topology;

/// Of `--network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Model {
    Maelstrom,
    Ideal,
}

/// Of `--noise`: the levels of [`Noise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Level {
    /// A perfect machine
    None,
    /// Turns are 0.5 ms late on average; every 2 s a node stands still for 20 to 100 ms
    Light,
    /// Turns are 3 ms late on average; every second a node stands still for 50 to 400 ms
    Busy,
}

impl From<Level> for Noise {
    fn from(level: Level) -> Noise {
        match level {
            Level::None => Noise::NONE,
            Level::Light => Noise::LIGHT,
            Level::Busy => Noise::BUSY,
        }
    }
}

/// Of `--nemesis`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FaultName {
    /// Messages between some nodes are dropped
    Partition,
    /// Beyond Maelstrom: the same, but of any two nodes one still hears the other
    OneWayPartition,
    /// Nodes are killed, and after a while started again with what is on their disks
    Kill,
    /// Nodes stand still for a while
    Pause,
    /// Beyond Maelstrom, in virtual time: nodes' clocks jump ahead, and run fast or slow
    Clock,
    /// Beyond Maelstrom, in virtual time: nodes' disks are slow or full, or fail
    Disk,
    /// Beyond Maelstrom, in virtual time: nodes' disks lose what they say is synced
    LostWrites,
}

impl From<FaultName> for Fault {
    fn from(name: FaultName) -> Fault {
        match name {
            FaultName::Partition => Fault::Partition,
            FaultName::OneWayPartition => Fault::OneWayPartition,
            FaultName::Kill => Fault::Node(NodeFault::Kill),
            FaultName::Pause => Fault::Node(NodeFault::Pause),
            FaultName::Clock => Fault::Node(NodeFault::Clock),
            FaultName::Disk => Fault::Node(NodeFault::Disk),
            FaultName::LostWrites => Fault::Node(NodeFault::LostWrites),
        }
    }
}

/// Of `--nemesis-targets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TargetName {
    /// One node
    One,
    /// Fewer than half of them
    Minority,
    /// Just more than half
    Majority,
    /// All of them
    All,
    /// Whoever leads: the node that most messages between nodes came from or went to lately
    Primaries,
}

impl From<TargetName> for Target {
    fn from(name: TargetName) -> Target {
        match name {
            TargetName::One => Target::One,
            TargetName::Minority => Target::Minority,
            TargetName::Majority => Target::Majority,
            TargetName::All => Target::All,
            TargetName::Primaries => Target::Primaries,
        }
    }
}

/// Of `--latency-dist`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DistributionName {
    /// Always the mean
    Constant,
    /// From nothing to twice the mean, each as likely as the others
    Uniform,
    /// Many short, few long: the times between events that have no memory
    Exponential,
}

impl From<DistributionName> for Distribution {
    fn from(name: DistributionName) -> Distribution {
        match name {
            DistributionName::Constant => Distribution::Constant,
            DistributionName::Uniform => Distribution::Uniform,
            DistributionName::Exponential => Distribution::Exponential,
        }
    }
}

/// Of `--topology`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TopologyName {
    /// One after the other
    Line,
    /// A square, as well as can be; up to four neighbours
    Grid,
    /// A binary tree
    Tree,
    /// The same
    Tree2,
    /// A tree, three children to a node
    Tree3,
    /// A tree, four children to a node
    Tree4,
    /// Everybody is everybody's neighbour
    Total,
}

impl From<TopologyName> for Topology {
    fn from(name: TopologyName) -> Topology {
        match name {
            TopologyName::Line => Topology::Line,
            TopologyName::Grid => Topology::Grid,
            TopologyName::Tree => Topology::Tree,
            TopologyName::Tree2 => Topology::Tree2,
            TopologyName::Tree3 => Topology::Tree3,
            TopologyName::Tree4 => Topology::Tree4,
            TopologyName::Total => Topology::Total,
        }
    }
}
