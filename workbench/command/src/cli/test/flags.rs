//! The flags of `workbench test`, and what they ask for: what to run, on which
//! network, for how long.

use history::edn::Value;
use std::ffi::OsStr;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use programs::Program;
use programs::cargo::{self, Build};
use simulation::host::DiskConfig;
use simulation::nemesis::{Fault, NodeFaults, Target};
use simulation::network::{self, Latency};
use simulation::run::{self, limits};
use simulation::schedule::Schedule;
use simulation::workload::Workload;
use verdict::Availability;
use verdict::assertion::Assertion;
use workloads::{Registry, txn};

use super::choices::{DistributionName, Level, Model, TopologyName};
use super::values::{
    Concurrency, Several, faults, init_timeout, nemesis_interval, probability, rate, sync_time,
    targets, time_limit,
};
use super::walking::Until;
use super::{meaningless, nodes, results, sweep};
use crate::cli::judged_by::JudgedBy;
use crate::cli::modules::ModuleFlags;
use crate::terminal;

/// How many runs one command makes at most, each with a folder.
const MOST_TESTS: u64 = 10_000;

/// For how long a run is made smaller, in seconds.
const MOST_SHRINKING: u64 = 86_400;

/// A number in this range.
pub(super) fn within(range: RangeInclusive<u32>) -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(i64::from(*range.start())..=i64::from(*range.end()))
}

/// Run a workload against the nodes of a test
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// What workload to run
    #[arg(short, long, value_name = "NAME", default_value = "lin-kv")]
    pub(super) workload: String,

    /// The workloads that there are
    #[arg(skip)]
    pub(in crate::cli) workloads: Registry,

    /// The program that is a node. Without it, the workspace's package named after
    /// the workload (or --package) is built and run
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,

    /// The workspace's package to build and run, if it is not named after the
    /// workload
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    package: Option<String>,

    /// The example to build and run in place of its binary, such as a broken
    /// variant of it
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    example: Option<String>,

    #[command(flatten)]
    modules: ModuleFlags,

    #[command(flatten)]
    nodes: nodes::NodeFlags,

    /// How many clients work at a time: a number, or a multiple of the nodes'
    /// such as 2n
    #[arg(long, value_name = "NUMBER", default_value = "1n")]
    concurrency: Concurrency,

    /// Operations a second, of all clients together
    #[arg(long, default_value_t = 5.0, value_parser = rate, allow_negative_numbers = true)]
    rate: f64,

    /// How long clients begin operations, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = time_limit, allow_negative_numbers = true)]
    time_limit: f64,

    /// What fraction of the operations must succeed: total, or from 0 to 1
    #[arg(long, value_name = "EXPECTED")]
    pub(super) availability: Option<Availability>,

    /// Judge as Maelstrom v0.2.4 does, which lets some of what is wrong pass
    #[arg(long)]
    pub(super) as_maelstrom: bool,

    /// The mean latency of messages between nodes, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(limits::LATENCY))]
    latency: u64,

    /// The latencies' distribution
    #[arg(long, value_name = "TYPE", value_enum, default_value = "constant")]
    latency_dist: DistributionName,

    /// The topology that nodes are told, by workloads that have one
    #[arg(long, value_name = "SPEC", value_enum, default_value = "grid")]
    topology: TopologyName,

    /// Beyond Maelstrom: the probability that a message between nodes is lost
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0, value_parser = probability)]
    loss: f64,

    /// Beyond Maelstrom: the probability that a message between nodes arrives
    /// twice
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0, value_parser = probability)]
    duplicate: f64,

    /// Beyond Maelstrom: the probability that a message between nodes is late,
    /// and may be overtaken
    #[arg(long, value_name = "PROBABILITY", default_value_t = 0.0, value_parser = probability)]
    reorder: f64,

    /// How messages queue: maelstrom, where each endpoint takes one after the
    /// other, or ideal, where none waits for another
    #[arg(long, value_name = "MODEL", value_enum, default_value = "maelstrom")]
    network: Model,

    /// Faults to inject, with commas between
    #[arg(long, value_name = "FAULTS", value_parser = faults)]
    nemesis: Option<Several<Fault>>,

    /// The mean time between two actions of the nemesis, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = nemesis_interval, allow_negative_numbers = true)]
    nemesis_interval: f64,

    /// How many nodes are struck by what the nemesis does to nodes, with commas between:
    /// each time one of these, drawn at random
    #[arg(long, value_name = "TARGETS", value_parser = targets, default_value = "one,minority,majority,all")]
    nemesis_targets: Several<Target>,

    /// Beyond Maelstrom: how long a node's disk takes to sync, in milliseconds, in
    /// virtual time
    #[arg(long, value_name = "MILLIS", default_value_t = 1.0, value_parser = sync_time, allow_negative_numbers = true)]
    sync_time: f64,

    /// Beyond Maelstrom: how tired the machine is, in virtual time: how late nodes
    /// have their turn, and how often and long one stands still
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "none")]
    noise: Level,

    /// How long a node may take to answer init, in seconds: with Maelstrom, 10
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = init_timeout, allow_negative_numbers = true)]
    init_timeout: f64,

    /// Run in real time even if the node goes in lockstep
    #[arg(long)]
    pub(super) live: bool,

    /// Beyond Maelstrom, on Linux: run in virtual time a program that knows nothing of lockstep,
    /// and only reacts to messages: its turn ends when it has read its input and waits for more
    #[arg(long, conflicts_with = "live")]
    pub(in crate::cli) reactive: bool,

    /// Copy the nodes' stderr to this one's
    #[arg(long)]
    log_stderr: bool,

    /// Print every message to stderr as it is sent
    #[arg(long)]
    pub(super) log_net_send: bool,

    /// Print every message to stderr as it is received
    #[arg(long)]
    pub(super) log_net_recv: bool,

    /// A limit on a figure of the results, such as
    /// 'net.servers.msgs-per-op < 20'; may be given several times
    #[arg(long, value_name = "LIMIT")]
    pub(super) assert: Vec<Assertion>,

    /// What all chance follows from; drawn if it is not given
    #[arg(long)]
    pub(super) seed: Option<u64>,

    /// Run with each of these seeds, such as 0..100, until one is not valid
    #[arg(long, value_name = "A..B", value_parser = sweep::seeds, conflicts_with = "seed")]
    pub(super) seeds: Option<Range<u64>>,

    /// Run only this part of the seeds: which, of how many
    #[arg(long, value_name = "K/N", value_parser = results::shard, requires = "seeds")]
    pub(super) shard: Option<results::Shard>,

    /// Run all of the seeds, and write what came of each to this file, a line of JSON each; one
    /// that is there in part is gone on with
    #[arg(long, value_name = "FILE", requires = "seeds")]
    pub(super) results: Option<PathBuf>,

    /// How many times to run, each with the seed after the last one's; ends
    /// with the first that is not valid
    #[arg(long, value_name = "NUM", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=MOST_TESTS), conflicts_with = "seeds")]
    pub(super) test_count: u64,

    /// For how many seconds a failing run is made smaller, in virtual time: 60 if nothing
    /// else is said, but none after a run with one seed
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "60", value_parser = clap::value_parser!(u64).range(0..=MOST_SHRINKING))]
    shrink: Option<u64>,

    /// Whether these are the flags of a hunt
    #[arg(skip)]
    pub(in crate::cli) hunts: bool,

    /// What happens, in place of chance
    #[arg(skip)]
    pub(in crate::cli) schedule: Option<Arc<Schedule>>,

    /// Where the run is to stand still, if anywhere
    #[arg(skip)]
    pub(in crate::cli) until: Option<Until>,

    /// The folder for what is kept of runs
    #[arg(long, value_name = "FOLDER", default_value = "store")]
    pub(in crate::cli) store: PathBuf,

    #[command(flatten)]
    judged_by: JudgedBy,

    /// Of transactions and kafka: how many keys are in use at a time
    #[arg(long, value_name = "INT", default_value_t = 10, value_parser = within(txn::KEY_COUNT))]
    key_count: u32,

    /// Of transactions: how many reads and writes each has at most
    #[arg(long, value_name = "INT", default_value_t = 4, value_parser = within(txn::MAX_TXN_LENGTH))]
    max_txn_length: u32,

    /// Of transactions and kafka: how often each key is written
    #[arg(long, value_name = "INT", default_value_t = 16, value_parser = within(txn::MAX_WRITES_PER_KEY))]
    max_writes_per_key: u32,

    /// Write jepsen.log as JSON, an object a line
    #[arg(long)]
    pub(super) logging_json: bool,

    /// Arguments for the node; those that begin with - after --
    args: Vec<String>,

    // The last, since its heading is for all that follow.
    #[command(flatten)]
    pub(super) meaningless: meaningless::Meaningless,
}

impl Args {
    /// Whether they say which faults there are, of whatever kind.
    pub(super) fn says_what_goes_wrong(&self) -> bool {
        let chances = [self.loss, self.duplicate, self.reorder];
        self.nemesis.is_some() || chances.iter().any(|chance| *chance > 0.0)
    }

    /// What is wrong with the flags, if something is.
    pub(super) fn is_refused(&self) -> Option<String> {
        let workload = self.config(0).and_then(|config| self.workload(&config));
        workload.err()
    }

    /// For how long a failing run is made smaller.
    pub(super) fn shrinking(&self) -> Duration {
        let is_search = self.seeds.is_some() || self.hunts;
        let otherwise = if is_search { 60 } else { 0 };
        Duration::from_secs(self.shrink.unwrap_or(otherwise))
    }

    pub(super) fn config(&self, seed: u64) -> Result<run::Config, String> {
        if let Some(schedule) = &self.schedule {
            return Ok(schedule.config());
        }
        let nodes = self.nodes.names();
        let faults = self.nemesis.as_ref().map(|Several(faults)| &faults[..]);
        let faults = faults.unwrap_or_default();
        let has = |fault| faults.contains(&fault);
        let interval = Duration::from_secs_f64(self.nemesis_interval);
        let config = run::Config {
            concurrency: self.concurrency.clients(nodes.len()),
            nodes,
            rate: self.rate,
            time_limit: Duration::from_secs_f64(self.time_limit),
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(self.latency),
                    distribution: self.latency_dist.into(),
                },
                loss: self.loss,
                duplicate: self.duplicate,
                reorder: self.reorder,
                ideal: self.network == Model::Ideal,
            },
            noise: self.noise.into(),
            partitions: (has(Fault::Partition) || has(Fault::OneWayPartition)).then_some(interval),
            one_way: has(Fault::OneWayPartition),
            node_faults: self.node_faults(faults, interval),
            rules: Vec::new(),
            disk: DiskConfig {
                sync: Duration::from_secs_f64(self.sync_time / 1000.0),
            },
            init_timeout: Duration::from_secs_f64(self.init_timeout),
            flood: run::FLOOD,
            states: false,
            seed,
            schedule: None,
        };
        match self.live && config.has_virtual_faults() {
            true => Err(
                "--nemesis clock, disk and lost-writes are for virtual time, and --live is real \
                 time, with the clock and the disk of this machine; kill, pause and partitions are \
                 there for both"
                    .to_owned(),
            ),
            false => Ok(config),
        }
    }

    fn node_faults(&self, faults: &[Fault], interval: Duration) -> Option<NodeFaults> {
        let kinds = faults.iter().filter_map(|fault| match fault {
            Fault::Node(kind) => Some(*kind),
            _ => None,
        });
        let faults = NodeFaults {
            targets: self.nemesis_targets.0.clone(),
            ..NodeFaults::new(kinds, interval)
        };
        (!faults.kinds.is_empty()).then_some(faults)
    }

    pub(super) fn workload(&self, config: &run::Config) -> Result<Box<dyn Workload>, String> {
        let options = workloads::Options {
            initial: Value::Nil,
            topology: self.topology.into(),
            txn: workloads::txn::Options {
                key_count: self.key_count,
                max_txn_length: self.max_txn_length,
                max_writes_per_key: self.max_writes_per_key,
                consistency_models: self.judged_by.consistency_models.clone(),
                anomalies: self.judged_by.anomalies.clone(),
                keys: self.judged_by.keys(),
            },
            ww_deps: self.judged_by.ww_deps,
            nodes: config.nodes.len(),
            latency: config.network.latency.mean,
        };
        let workload = self
            .workloads
            .find(&self.workload, &options)
            .ok_or("no such workload")?;
        config
            .check_with(&*workload)
            .map_err(|e| self.flag_of(&e))?;
        if config.schedule.is_none() {
            workload.suits(config.concurrency)?;
        }
        Ok(workload)
    }

    /// What is wrong with a configuration, with the name of the flag for the part.
    fn flag_of(&self, error: &run::ConfigError) -> String {
        let flag = match error.part {
            "nodes" => self.nodes.flag(),
            "concurrency" => "--concurrency",
            "rate" => "--rate",
            "time_limit" => "--time-limit",
            "init_timeout" => "--init-timeout",
            "partitions" | "node_faults" => "--nemesis-interval",
            "network.latency" => "--latency",
            "network.loss" => "--loss",
            "network.duplicate" => "--duplicate",
            "network.reorder" => "--reorder",
            part => part,
        };
        format!("{flag}: {}", error.why)
    }

    pub(super) fn node_program(&self, bin: &Path, logs: PathBuf, disks: PathBuf) -> Program {
        let runner = cargo::runner(bin).unwrap_or_default(); // found: see `program`
        Program {
            bin: bin.to_owned(),
            args: self.args.clone(),
            logs,
            disks,
            show_stderr: self.log_stderr.then_some(terminal::tell as fn(&str)),
        }
        .run_by(runner, &self.modules.given())
    }

    /// The package whose binary is run, if it is one of the workspace's.
    pub(super) fn package(&self) -> Option<&str> {
        let is_binary = self.bin.is_none() && self.example.is_none();
        is_binary.then(|| self.package.as_deref().unwrap_or(&self.workload))
    }

    /// What the node is told.
    pub(super) fn node_args(&self) -> &[String] {
        &self.args
    }

    pub(super) fn program(&self) -> Result<PathBuf, String> {
        let Some(bin) = &self.bin else {
            let named = || cargo::package_for(&self.workload);
            let package = &self.package.clone().unwrap_or_else(named);
            let own = std::env::current_exe().unwrap_or_default();
            if self.example.is_none() && own.file_stem() == Some(OsStr::new(package)) {
                return Err(format!(
                    "{package} is this command, and no node: pass --example NAME, --package NAME \
                     or --bin FILE"
                ));
            }
            let how = match self.live {
                true => Build::Shipped,
                false => Build::Quickly,
            };
            return cargo::build(package, self.example.as_deref(), how);
        };
        if self.modules.runner(bin)?.is_some() && self.live {
            return Err(
                "--live is not for WebAssembly modules: they run in virtual time".to_owned(),
            );
        }
        // Not looked for in PATH: Maelstrom does not, either.
        std::path::absolute(bin).map_err(|e| format!("--bin {}: {e}", bin.display()))
    }
}
