//! `workbench explore`: every run of a small world.

use std::path::PathBuf;

use super::test;

/// Look at every run of a small world: all orders of messages, operations and timers, and
/// every loss and kill up to a bound; the verdict is on all of them, or on one of the
/// shortest that is wrong
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many operations are begun, each by a client of its own
    #[arg(long, value_name = "NUM", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=20))]
    pub(super) operations: u16,

    /// How often timers fire before the end, all together
    #[arg(long, value_name = "NUM", default_value_t = 0)]
    pub(super) timers: u16,

    /// How many messages between nodes are lost
    #[arg(long, value_name = "NUM", default_value_t = 0)]
    pub(super) drops: u16,

    /// How often nodes are killed
    #[arg(long, value_name = "NUM", default_value_t = 0)]
    pub(super) kills: u16,

    /// For how long everything goes well before operations begin, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pub(super) warm_up: u64,

    /// After how many states the search is given up
    #[arg(long, value_name = "NUM", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(super) states: u64,

    /// What workload to run
    #[arg(short, long, value_name = "NAME")]
    workload: String,

    /// The program that is a node, written with maelstrom-node. Without it, the workspace's
    /// package named after the workload (or --package) is built and run
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,

    /// The workspace's package to build and run
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    package: Option<String>,

    /// The example to build and run in place of its binary
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    example: Option<String>,

    /// How many nodes there are
    #[arg(long, value_name = "NUM", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=9))]
    pub(super) node_count: u16,

    /// What operations and the nodes' random numbers follow from
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,

    /// Arguments for the node; those that begin with - after --
    args: Vec<String>,
}

impl Args {
    /// The words of `test` that run one of these worlds.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = vec!["-w".to_owned(), self.workload.clone()];
        let bin = self
            .bin
            .as_ref()
            .map(|bin| bin.to_string_lossy().into_owned());
        for (flag, value) in [
            ("--bin", bin.as_ref()),
            ("--package", self.package.as_ref()),
            ("--example", self.example.as_ref()),
        ] {
            if let Some(value) = value {
                words.extend([flag.to_owned(), value.clone()]);
            }
        }
        words.extend(["--node-count".to_owned(), self.node_count.to_string()]);
        words.push("--".to_owned());
        words.extend(self.args.iter().cloned());
        words
    }
}

pub(super) fn run(args: &Args, flags: &test::Args) -> Result<u8, String> {
    test::explore(flags, args)
}
