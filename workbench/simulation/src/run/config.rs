//! What a run is to be like: how many nodes and clients, how fast and for how long, on
//! which network and machine, with which faults, and from which seed. The ranges of its
//! numbers are in [`limits`](super::limits).

use std::sync::Arc;
use std::time::Duration;

use crate::host::{DiskConfig, Noise};
use crate::nemesis::{NodeFault, NodeFaults, Rule};
use crate::network::{self, Distribution, Latency};
use crate::schedule::Schedule;

/// How long a node may take to answer `init`, unless one says otherwise: as under
/// Maelstrom.
pub const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// More messages than this at once are a flood, unless one says otherwise.
pub const FLOOD: usize = 1_000_000;

/// What to run, apart from the workload and the nodes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The nodes' names, 1 to 1,000: different ones of 1 to 64 letters a to z, digits,
    /// `-`, `_` and `.`, that begin with a letter or a digit, not with `c` as those of
    /// clients do, and are not those of services.
    pub nodes: Vec<String>,
    /// How many clients work at a time, 1 to 10,000; each does one operation after
    /// another.
    pub concurrency: usize,
    /// Operations a second, of all clients together: 10^-6 to 10^6, or 0 for none at
    /// all. There may be 10^7 in the whole run.
    pub rate: f64,
    /// How long the main phase takes: 10^6 seconds at most.
    pub time_limit: Duration,
    /// How messages travel.
    pub network: network::Config,
    /// How tired the machine is on which the nodes run. It is the host that makes it
    /// so, given this and [`Config::noise_seed`].
    pub noise: Noise,
    /// The mean time between two actions of the nemesis, from a millisecond to 10^6
    /// seconds, if there are to be partitions.
    pub partitions: Option<Duration>,
    /// Whether a partition leaves one direction between any two nodes.
    pub one_way: bool,
    /// What the nemesis does to nodes, if it does anything.
    pub node_faults: Option<NodeFaults>,
    /// What happens to nodes at moments that are said here, besides.
    pub rules: Vec<Rule>,
    /// How fast the nodes' disks are. It is the host that has them, given this and
    /// [`Config::disk_seed`].
    pub disk: DiskConfig,
    /// How long a node may take to answer `init`: 100 milliseconds to an hour.
    pub init_timeout: Duration,
    /// How many messages may be under way at a time, and how many nodes may
    /// write at one moment. More is taken for a flood that never ends, and ends
    /// the run.
    pub flood: usize,
    /// Whether nodes are asked what they show of their states (`Server::state`), which become
    /// events of the run. Nothing else is other than without. It is the host that asks.
    pub states: bool,
    /// What all chance follows from.
    pub seed: u64,
    /// What is to happen, in place of chance. Then the rate is only what was asked for, and
    /// how latencies are distributed, messages lost and faults drawn is not looked at.
    pub schedule: Option<Arc<Schedule>>,
}

impl Config {
    /// Maelstrom's defaults for this many nodes, n0, n1, ...: a client a node, 5
    /// operations a second for 60 seconds, no latency and no faults; seed 0.
    pub fn for_nodes(count: usize) -> Self {
        Config {
            nodes: (0..count).map(|i| format!("n{i}")).collect(),
            concurrency: count,
            rate: 5.0,
            time_limit: Duration::from_secs(60),
            network: network::Config::default(),
            noise: Noise::NONE,
            partitions: None,
            one_way: false,
            node_faults: None,
            rules: Vec::new(),
            disk: DiskConfig::default(),
            init_timeout: INIT_TIMEOUT,
            flood: FLOOD,
            states: false,
            seed: 0,
            schedule: None,
        }
    }

    /// Everything that can go wrong at once, for sweeps over many seeds: of messages
    /// between nodes, 5 % are lost, 5 % arrive twice and 5 % late; latencies are
    /// exponential with a mean of 0 to 29 ms; every 2 s on average a partition begins or
    /// heals, with every third seed one that leaves a direction; the machine is quiet,
    /// lightly tired or busy; and with every fifth seed no message waits for another.
    pub fn rough(seed: u64, nodes: usize) -> Self {
        Config {
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(seed % 30),
                    distribution: Distribution::Exponential,
                },
                loss: 0.05,
                duplicate: 0.05,
                reorder: 0.05,
                ideal: seed.is_multiple_of(5),
            },
            partitions: Some(Duration::from_secs(2)),
            one_way: seed.is_multiple_of(3),
            noise: Noise::LEVELS[seed as usize / 2 % Noise::LEVELS.len()],
            ..Config::for_nodes(nodes).seed(seed)
        }
    }

    /// As [`Config::rough`], and the nodes are struck as well: every second on average, some
    /// are killed or started again, stand still, have a clock that jumps and drifts, or a disk
    /// that fails; partitions come as often. Of messages between nodes, 2 % are lost. (Disks do
    /// not lie: no node can keep a promise on such a one.) Ten seconds, 20 operations a second.
    pub fn struck(seed: u64, nodes: usize) -> Self {
        let rough = Config::rough(seed, nodes);
        let faults = [
            NodeFault::Kill,
            NodeFault::Pause,
            NodeFault::Clock,
            NodeFault::Disk,
        ];
        Config {
            rate: 20.0,
            concurrency: 2 * nodes,
            time_limit: Duration::from_secs(10),
            network: network::Config {
                loss: 0.02,
                ..rough.network
            },
            partitions: Some(Duration::from_secs(1)),
            node_faults: Some(NodeFaults::new(faults, Duration::from_secs(1))),
            ..rough
        }
    }

    /// The same with this seed.
    pub fn seed(self, seed: u64) -> Self {
        Config { seed, ..self }
    }

    /// What the delays of a tired machine follow from: so that the rest of a run is
    /// drawn the same with them as without.
    pub fn noise_seed(&self) -> u64 {
        self.seed ^ 0x5E1F_5700_D571_1100
    }

    /// Whether clocks or disks are to be wrong: only those of virtual time can be.
    pub fn has_virtual_faults(&self) -> bool {
        let is_virtual = |kind: &NodeFault| !matches!(kind, NodeFault::Kill | NodeFault::Pause);
        let faults = self.node_faults.as_ref();
        faults.is_some_and(|faults| faults.kinds.iter().any(is_virtual))
            || self.rules.iter().any(|rule| is_virtual(&rule.fault))
    }

    /// What follows from this is how long disks take, and what they lose.
    pub fn disk_seed(&self) -> u64 {
        self.seed ^ 0x0D15_C0F0_CA7A_1065
    }

    /// What happens to nodes, and when, follows from this.
    pub(super) fn nemesis_seed(&self) -> u64 {
        self.seed ^ 0x4E6D_6E73_1550_A1D5
    }
}
