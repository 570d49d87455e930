//! What a run is like in which choices are made.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{VERSION, seconds};
use crate::host::{DiskConfig, Noise, Stalls};
use crate::nemesis::{NodeFault, NodeFaults, Rule};
use crate::network::{self, Latency};
use crate::run::{Config, FLOOD, INIT_TIMEOUT};

/// All that is not a choice. The parts are those of [`Config`], which gives their ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct World {
    /// The version of the format: [`VERSION`].
    pub schedule: u32,
    /// The workload's name.
    pub workload: String,
    /// What the command `workbench test` was told beside: how it finds the nodes again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The nodes' names.
    pub nodes: Vec<String>,
    /// How many clients work at a time. Each works with the node at its own place, counted
    /// round and round.
    pub clients: usize,
    /// How long the main phase takes.
    #[serde(with = "seconds")]
    pub time_limit: Duration,
    /// How many operations a second were asked for, of all clients together; 0, if nobody
    /// asks.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rate: f64,
    /// What the nodes' own random numbers follow from, how late a tired machine is, and
    /// what disks lose.
    #[serde(default)]
    pub seed: u64,
    /// How long messages take of which nothing else is said.
    #[serde(default, with = "seconds", skip_serializing_if = "Duration::is_zero")]
    pub latency: Duration,
    /// Whether no message waits for another.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ideal: bool,
    /// Whether there are partitions, all of which are healed before the last operations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partitions: bool,
    /// What may happen to nodes, all of which is over before the last operations.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub faults: BTreeSet<NodeFault>,
    /// How tired the machine is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    noise: Option<NoiseLine>,
    /// How long disks take to sync, on average.
    #[serde(default = "sync_time", with = "seconds")]
    pub sync_time: Duration,
    /// How long a node may take to answer `init`.
    #[serde(default = "init_timeout", with = "seconds")]
    pub init_timeout: Duration,
    /// How many messages are a flood.
    #[serde(default = "flood", skip_serializing_if = "is_flood")]
    pub flood: usize,
    /// What happens at moments that are said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoiseLine {
    #[serde(with = "seconds")]
    turn: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stalls: Option<StallsLine>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StallsLine {
    #[serde(with = "seconds")]
    every: Duration,
    #[serde(with = "seconds")]
    shortest: Duration,
    #[serde(with = "seconds")]
    longest: Duration,
}

fn sync_time() -> Duration {
    DiskConfig::default().sync
}

fn init_timeout() -> Duration {
    INIT_TIMEOUT
}

fn flood() -> usize {
    FLOOD
}

fn is_flood(flood: &usize) -> bool {
    *flood == FLOOD
}

fn is_zero(rate: &f64) -> bool {
    *rate == 0.0
}

impl World {
    /// That of a run with this configuration.
    pub fn of(config: &Config, workload: &str) -> Self {
        let faults = config.node_faults.as_ref();
        let stalls = |stalls: Stalls| StallsLine {
            every: stalls.every,
            shortest: stalls.shortest,
            longest: stalls.longest,
        };
        let noise = NoiseLine {
            turn: config.noise.turn,
            stalls: config.noise.stalls.map(stalls),
        };
        World {
            schedule: VERSION,
            workload: workload.to_owned(),
            command: Vec::new(),
            nodes: config.nodes.clone(),
            clients: config.concurrency,
            time_limit: config.time_limit,
            rate: config.rate,
            seed: config.seed,
            latency: config.network.latency.plain(),
            ideal: config.network.ideal,
            partitions: config.partitions.is_some(),
            faults: faults.map_or_else(BTreeSet::new, |faults| faults.kinds.clone()),
            noise: (config.noise != Noise::NONE).then_some(noise),
            sync_time: config.disk.sync,
            init_timeout: config.init_timeout,
            flood: config.flood,
            rules: config.rules.clone(),
        }
    }

    /// A configuration that is like it, in which nothing is chosen.
    pub(super) fn config(&self) -> Config {
        /// Of what does not come by chance; it is not looked at.
        const NEVER: Duration = Duration::from_secs(1_000_000);
        let faults = NodeFaults::new(self.faults.iter().copied(), NEVER);
        Config {
            nodes: self.nodes.clone(),
            concurrency: self.clients,
            rate: self.rate,
            time_limit: self.time_limit,
            network: network::Config {
                latency: Latency {
                    mean: self.latency,
                    ..Latency::default()
                },
                ideal: self.ideal,
                ..network::Config::default()
            },
            noise: self.noise(),
            partitions: self.partitions.then_some(NEVER),
            one_way: false,
            node_faults: (!self.faults.is_empty()).then_some(faults),
            rules: self.rules.clone(),
            disk: DiskConfig {
                sync: self.sync_time,
            },
            init_timeout: self.init_timeout,
            flood: self.flood,
            states: false,
            seed: self.seed,
            schedule: None,
        }
    }

    /// How tired the machine is.
    pub fn noise(&self) -> Noise {
        let stalls = |stalls: StallsLine| Stalls {
            every: stalls.every,
            shortest: stalls.shortest,
            longest: stalls.longest,
        };
        self.noise.map_or(Noise::NONE, |noise| Noise {
            turn: noise.turn,
            stalls: noise.stalls.map(stalls),
        })
    }

    /// The same on a perfect machine.
    #[must_use]
    pub fn without_noise(self) -> Self {
        World {
            noise: None,
            ..self
        }
    }
}
