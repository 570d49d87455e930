//! What a chapter says of its broken example, for the test that holds it to that: the command that
//! runs the example, and the report that it quotes. So the chapter's command is the only place
//! that says with how many nodes, how fast and under which faults.
//!
//! ```
//! use workloads::chapter::Chapter;
//!
//! let chapter = Chapter::of(
//!     "A node that only counts:
//!
//! cargo workbench test -w unique-ids --example counts --node-count 3 --rate 100 --time-limit 5 --seed 8 # invalid: ids are given twice
//! ",
//!     "counts",
//! );
//! assert_eq!(chapter.config(1).nodes, ["n0", "n1", "n2"]);
//! assert_eq!(chapter.seed(), 8);
//! ```

use std::str::FromStr;
use std::time::Duration;

use maelstrom_node::{Node, Server};
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::Config;
use simulation::{Simulated, simulate};

use crate::{Options, find};

/// Maelstrom's number of nodes, where the command names none.
const NODES: usize = 5;
/// Maelstrom's interval of the nemesis, where the command names none.
const NEMESIS_INTERVAL: Duration = Duration::from_secs(10);

/// A chapter, and the command in it that runs its broken example.
#[derive(Clone, Debug)]
pub struct Chapter<'a> {
    text: &'a str,
    workload: &'a str,
    config: Config,
    options: Options,
}

impl<'a> Chapter<'a> {
    /// The chapter with this text, which has one command, on a line of its own, that runs this
    /// example and says that it is invalid:
    /// `cargo workbench test -w NAME --example NAME ... --seed N # invalid: WHY`.
    ///
    /// It knows the flags that chapters use: `--node-count`, `--concurrency`, `--rate`,
    /// `--time-limit`, `--latency`, `--nemesis partition` or `kill`, `--nemesis-interval`,
    /// `--sync-time`, `--consistency-models` and `--seed`, with the defaults of the command.
    ///
    /// # Panics
    /// If there is no such command, or another one; if it has no seed, no flag's value is what it
    /// should be, or a flag is not one of those.
    #[track_caller]
    pub fn of(text: &'a str, example: &str) -> Self {
        let commands = text.lines().filter_map(|line| {
            let flags = line.strip_prefix("cargo workbench test ")?;
            let words: Vec<&str> = flags.split_once(" # invalid: ")?.0.split(' ').collect();
            let runs = |pair: &[&str]| pair == ["--example", example];
            words.windows(2).any(runs).then_some(words)
        });
        let commands: Vec<Vec<&str>> = commands.collect();
        let [command] = &commands[..] else {
            panic!(
                "expected one command that runs {example} and is invalid, found {}",
                commands.len()
            )
        };
        let (config, options) = read(command);
        Chapter {
            text,
            workload: flag(command, "-w").expect("-w says which workload"),
            config,
            options,
        }
    }

    /// The seed of the command: that of the run whose report the chapter quotes.
    pub fn seed(&self) -> u64 {
        self.config.seed
    }

    /// What the command asks for, with this seed.
    pub fn config(&self, seed: u64) -> Config {
        self.config.clone().seed(seed)
    }

    /// The command, with this seed and nodes whose servers are made by `start`.
    #[track_caller]
    pub fn run<S, F>(&self, seed: u64, start: F) -> Simulated
    where
        S: Server,
        F: Fn(Node) -> S + Clone + 'static,
    {
        self.run_with(&self.config(seed), start)
    }

    /// The command's workload, and another configuration.
    #[track_caller]
    pub fn run_with<S, F>(&self, config: &Config, start: F) -> Simulated
    where
        S: Server,
        F: Fn(Node) -> S + Clone + 'static,
    {
        let Some(mut workload) = find(self.workload, &self.options) else {
            panic!("there is no workload {}", self.workload)
        };
        simulate(config, &mut *workload, start)
    }

    /// # Panics
    /// Unless the chapter quotes the report of its command as it is.
    #[track_caller]
    pub fn assert_quotes_what_comes_of_it<S, F>(&self, start: F)
    where
        S: Server,
        F: Fn(Node) -> S + Clone + 'static,
    {
        self.run(self.seed(), start).assert_quoted(self.text);
    }
}

/// The value of a flag.
fn flag<'a>(command: &[&'a str], name: &str) -> Option<&'a str> {
    let pair = command.chunks(2).find(|pair| pair[0] == name)?;
    pair.get(1).copied()
}

/// What the flags ask for.
#[track_caller]
fn read(command: &[&str]) -> (Config, Options) {
    let count = flag(command, "--node-count").map_or(NODES, |value| number("--node-count", value));
    let mut config = Config::for_nodes(count);
    let mut options = Options {
        nodes: count,
        ..Options::default()
    };
    let mut interval = NEMESIS_INTERVAL;
    let (mut has_partitions, mut has_kills) = (false, false);
    for pair in command.chunks(2) {
        let &[name, value] = pair else {
            panic!("{} has no value", pair[0])
        };
        match name {
            "-w" | "--example" | "--node-count" => {}
            "--concurrency" => {
                config.concurrency = match value.strip_suffix('n') {
                    Some(a_node) => count * number::<usize>(name, a_node),
                    None => number(name, value),
                }
            }
            "--rate" => config.rate = number(name, value),
            "--time-limit" => config.time_limit = seconds(name, value),
            "--latency" => {
                options.latency = Duration::from_millis(number(name, value));
                config.network.latency.mean = options.latency;
            }
            "--nemesis" if value == "partition" => has_partitions = true,
            "--nemesis" if value == "kill" => has_kills = true,
            "--sync-time" => config.disk.sync = Duration::from_millis(number(name, value)),
            "--nemesis-interval" => interval = seconds(name, value),
            "--consistency-models" => options.txn.consistency_models = number(name, value),
            "--seed" => config.seed = number(name, value),
            _ => panic!("{name} {value}: chapters have not used this until now"),
        }
    }
    assert!(flag(command, "--seed").is_some(), "the run has no seed");
    config.partitions = has_partitions.then_some(interval);
    config.node_faults = has_kills.then(|| NodeFaults::new([NodeFault::Kill], interval));
    (config, options)
}

#[track_caller]
fn number<T: FromStr>(name: &str, value: &str) -> T {
    match value.parse() {
        Ok(number) => number,
        Err(_) => panic!("{name}: {value:?} is not what it takes"),
    }
}

#[track_caller]
fn seconds(name: &str, value: &str) -> Duration {
    Duration::try_from_secs_f64(number(name, value)).expect(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(flags: &str) -> Chapter<'static> {
        let command = format!("cargo workbench test -w lin-kv --example bad {flags} # invalid: so");
        Chapter::of(Box::leak(command.into_boxed_str()), "bad")
    }

    #[test]
    fn flags_mean_what_they_mean_to_the_command() {
        let flags = "--node-count 3 --concurrency 2n --rate 0.5 --time-limit 1.5 --latency 20 \
                     --nemesis partition --nemesis-interval 2 --seed 7";
        let Config {
            concurrency,
            rate,
            time_limit,
            network,
            partitions,
            seed,
            ..
        } = chapter(flags).config;
        assert_eq!((concurrency, rate, seed), (6, 0.5, 7));
        assert_eq!(time_limit, Duration::from_millis(1500));
        assert_eq!(network.latency.mean, Duration::from_millis(20));
        assert_eq!(partitions, Some(Duration::from_secs(2)));
        let defaults = chapter("--seed 1").config;
        assert_eq!((defaults.nodes.len(), defaults.concurrency), (5, 5));
        assert_eq!(defaults.partitions, None);
        let partitions = chapter("--nemesis partition --seed 1").config.partitions;
        assert_eq!(partitions, Some(Duration::from_secs(10)));
    }

    #[test]
    #[should_panic(expected = "--loss 0.1: chapters have not used this until now")]
    fn no_flag_goes_unheard() {
        chapter("--loss 0.1 --seed 1");
    }

    #[test]
    #[should_panic(expected = "expected one command that runs bad and is invalid, found 0")]
    fn a_chapter_without_its_command_is_noticed() {
        Chapter::of("cargo workbench test -w echo --seed 1", "bad");
    }
}
