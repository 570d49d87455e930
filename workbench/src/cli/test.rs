//! `workbench test`: runs a workload against a node's binary.

mod sweep;

use std::io::{IsTerminal, Write};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use maelstrom_node::Rng;

use crate::assertion::{self, Assertion};
use crate::checker::isolation::model::Models;
use crate::checker::{Availability, Checked, Validity};
use crate::edn::Value;
use crate::host::live::Live;
use crate::host::process::Program;
use crate::host::{Host, lockstep};
use crate::nemesis::Fault;
use crate::network::{self, Distribution, Latency};
use crate::page::Page;
use crate::progress::Progress;
use crate::recording::Recording;
use crate::report::Report;
use crate::run::{Message, MessageEvent, Observer, Position};
use crate::store::{Journal, Store};
use crate::summary::{Origin, Summary};
use crate::workload::Workload;
use crate::workload::broadcast::Topology;
use crate::{proof, run, verdict, workload};

/// Run a workload against the nodes of a test
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// What workload to run
    #[arg(short, long, value_name = "NAME", value_parser = super::workload_name)]
    workload: String,

    /// The program that is a node. Without it, the workspace's binary named
    /// after the workload (or --node) is built and run
    #[arg(long, value_name = "FILE")]
    bin: Option<PathBuf>,

    /// The workspace's binary to build and run, if it is not named after the
    /// workload
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    node: Option<String>,

    /// The example to build and run in place of that binary, such as a broken
    /// variant of it
    #[arg(long, value_name = "NAME", conflicts_with = "bin")]
    example: Option<String>,

    /// How many nodes: n0, n1, ...; without it and --nodes, five: n1 to n5
    #[arg(long, value_name = "NUM", value_parser = clap::value_parser!(u32).range(1..))]
    node_count: Option<u32>,

    /// The nodes' names, with commas between
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        default_value = "n1,n2,n3,n4,n5"
    )]
    nodes: Vec<String>,

    /// How many clients work at a time: a number, or a multiple of the nodes'
    /// such as 2n
    #[arg(long, value_name = "NUMBER", default_value = "1n")]
    concurrency: Concurrency,

    /// Operations a second, of all clients together
    #[arg(long, default_value_t = 5.0, value_parser = not_negative, allow_negative_numbers = true)]
    rate: f64,

    /// How long clients begin operations, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = not_negative, allow_negative_numbers = true)]
    time_limit: f64,

    /// What fraction of the operations must succeed: total, or from 0 to 1
    #[arg(long, value_name = "EXPECTED")]
    availability: Option<Availability>,

    /// The mean latency of messages between nodes, in milliseconds
    #[arg(long, value_name = "MILLIS", default_value_t = 0)]
    latency: u64,

    /// The latencies' distribution
    #[arg(long, value_name = "TYPE", value_enum, default_value = "constant")]
    latency_dist: Distribution,

    /// The topology that nodes are told, by workloads that have one
    #[arg(long, value_name = "SPEC", value_enum, default_value = "grid")]
    topology: Topology,

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
    #[arg(long, value_name = "FAULTS", value_enum, value_delimiter = ',')]
    nemesis: Vec<Fault>,

    /// The mean time between two actions of the nemesis, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = positive, allow_negative_numbers = true)]
    nemesis_interval: f64,

    /// Run in real time even if the node goes in lockstep
    #[arg(long)]
    live: bool,

    /// Copy the nodes' stderr to this one's
    #[arg(long)]
    log_stderr: bool,

    /// Print every message to stderr as it is sent
    #[arg(long)]
    log_net_send: bool,

    /// Print every message to stderr as it is received
    #[arg(long)]
    log_net_recv: bool,

    /// A limit on a figure of the results, such as
    /// 'net.servers.msgs-per-op < 20'; may be given several times
    #[arg(long, value_name = "LIMIT")]
    assert: Vec<Assertion>,

    /// What all chance follows from; drawn if it is not given
    #[arg(long)]
    seed: Option<u64>,

    /// Run with each of these seeds, such as 0..100, until one is not valid
    #[arg(long, value_name = "A..B", value_parser = sweep::seeds, conflicts_with = "seed")]
    seeds: Option<Range<u64>>,

    /// How many times to run, each with the seed after the last one's; ends
    /// with the first that is not valid
    #[arg(long, value_name = "NUM", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "seeds")]
    test_count: u64,

    /// The folder for what is kept of runs
    #[arg(long, value_name = "FOLDER", default_value = "store")]
    store: PathBuf,

    /// What consistency models transactions must keep to, with commas between
    #[arg(long, value_name = "MODELS", default_value = "strict-serializable")]
    consistency_models: Models,

    /// Of transactions and kafka: how many keys are in use at a time
    #[arg(long, value_name = "INT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    key_count: u32,

    /// Of transactions: how many reads and writes each has at most
    #[arg(long, value_name = "INT", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    max_txn_length: u32,

    /// Of transactions and kafka: how often each key is written
    #[arg(long, value_name = "INT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    max_writes_per_key: u32,

    /// Arguments for the node
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Model {
    Maelstrom,
    Ideal,
}

#[derive(Clone, Copy, Debug)]
enum Concurrency {
    Clients(usize),
    PerNode(usize),
}

impl std::str::FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.strip_suffix('n') {
            Some(number) => number.parse().map(Concurrency::PerNode),
            None => text.parse().map(Concurrency::Clients),
        };
        match parsed {
            Ok(Concurrency::Clients(1..=100_000) | Concurrency::PerNode(1..=1000)) => {
                parsed.map_err(|_| String::new())
            }
            _ => Err("expected a number such as 10, or a multiple of the nodes' such as 2n".into()),
        }
    }
}

/// A century; more is a mistake, and overflows somewhere.
const MOST_SECONDS: f64 = 3.2e9;

fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=MOST_SECONDS).contains(&number) => Ok(number),
        _ => Err("expected a number, at least 0".into()),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("expected a probability, from 0 to 1".into()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}

impl Args {
    fn config(&self, seed: u64) -> Result<run::Config, String> {
        let nodes: Vec<String> = match self.node_count {
            Some(count) => (0..count).map(|i| format!("n{i}")).collect(),
            None => self.nodes.clone(),
        };
        let mut sorted = nodes.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() < nodes.len() || nodes.iter().any(String::is_empty) {
            return Err(format!(
                "--nodes: expected different names, found {}",
                nodes.join(",")
            ));
        }
        let partitions = !self.nemesis.is_empty();
        Ok(run::Config {
            concurrency: match self.concurrency {
                Concurrency::Clients(clients) => clients,
                Concurrency::PerNode(clients) => clients * nodes.len(),
            },
            nodes,
            rate: self.rate,
            time_limit: Duration::from_secs_f64(self.time_limit),
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(self.latency),
                    distribution: self.latency_dist,
                },
                loss: self.loss,
                duplicate: self.duplicate,
                reorder: self.reorder,
                ideal: self.network == Model::Ideal,
            },
            partitions: partitions.then(|| Duration::from_secs_f64(self.nemesis_interval)),
            one_way: self.nemesis.contains(&Fault::OneWayPartition),
            flood: run::FLOOD,
            seed,
        })
    }

    fn workload(&self, config: &run::Config) -> Result<Box<dyn Workload>, String> {
        let options = workload::Options {
            topology: self.topology,
            txn: workload::txn::Options {
                key_count: self.key_count,
                max_txn_length: self.max_txn_length,
                max_writes_per_key: self.max_writes_per_key,
                consistency_models: self.consistency_models.clone(),
            },
            nodes: config.nodes.len(),
            latency: config.network.latency.mean,
        };
        let workload = workload::find(&self.workload, &options).ok_or("no such workload")?;
        workload.suits(config.concurrency)?;
        Ok(workload)
    }

    fn node_program(&self, bin: &Path, logs: PathBuf) -> Program {
        Program {
            bin: bin.to_owned(),
            args: self.args.clone(),
            logs,
            log_stderr: self.log_stderr,
        }
    }

    fn program(&self) -> Result<PathBuf, String> {
        let Some(bin) = &self.bin else {
            let package = self.node.as_ref().unwrap_or(&self.workload);
            return super::cargo::build(package, self.example.as_deref());
        };
        // Not looked for in PATH: Maelstrom does not, either.
        std::path::absolute(bin).map_err(|e| format!("--bin {}: {e}", bin.display()))
    }
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    // What is wrong with the flags is known before anything is built.
    if let Err(why) = args.config(0).and_then(|config| args.workload(&config)) {
        let _ = writeln!(std::io::stderr(), "workbench: {why}");
        return Ok(super::USAGE);
    }
    let bin = args.program()?;
    let store = |folder: &Path| Store::create(folder, &args.workload).map_err(|e| e.to_string());
    let interrupted = interrupt_flag()?;
    if let Some(seeds) = &args.seeds {
        return sweep::run(args, &bin, seeds.clone(), store(&args.store)?, &interrupted);
    }

    let first = args.seed.unwrap_or_else(draw_seed);
    for seed in (0..args.test_count).map(|i| first.wrapping_add(i)) {
        let status = run_and_report(args, seed, &bin, store(&args.store)?, &interrupted)?;
        if status != Validity::Valid.exit_status() {
            return Ok(status);
        }
    }
    Ok(Validity::Valid.exit_status())
}

/// Runs the workload with this seed, keeps everything and prints the summary.
fn run_and_report(
    args: &Args,
    seed: u64,
    bin: &Path,
    mut store: Store,
    interrupted: &AtomicBool,
) -> Result<u8, String> {
    store.log(&repeat_command(seed));
    let began = began();
    let program = args.node_program(bin, store.node_logs());
    let mut watcher = Watcher {
        interrupted,
        progress: Progress::new(),
        journal: store.journal().map_err(|e| e.to_string())?,
        recording: Recording::default(),
        log_send: args.log_net_send,
        log_recv: args.log_net_recv,
    };
    let judged = run_once(args, seed, &program, &mut watcher)?;
    watcher.progress.clear();
    watcher.journal.flush().map_err(|e| e.to_string())?;

    let Judged {
        outcome,
        checked,
        live,
    } = &judged;
    watcher.recording.start_at(outcome.start);
    for problem in &outcome.problems {
        store.log(&format!("{}: {}", problem.node, problem.what));
    }
    store.log(&format!("valid? {}", checked.valid.to_edn()));
    let config = args.config(seed)?;
    let origin = Origin {
        workload: args.workload.clone(),
        began,
        command: repeat_command(seed),
        seed,
        virtual_time: !live,
        nodes: config.nodes,
        concurrency: config.concurrency,
        availability: args.availability,
    };
    let summary = Summary::new(origin, outcome, checked);
    let results = checked.results.get("workload").unwrap_or(&Value::Nil);
    let recording = Some(&watcher.recording);
    let drawings = proof::drawings(&args.workload, &outcome.history, results, recording);
    let logs = store.tails(&summary.nodes);
    let page = Page {
        summary: &summary,
        findings: &checked.findings,
        problems: &outcome.problems,
        history: &outcome.history,
        recording: &watcher.recording,
        pictures: &[],
        drawings: &drawings,
        logs: &logs,
        files: &[],
    };
    let written = store.write(&checked.results, &page);
    let report = Report {
        workload: &args.workload,
        outcome,
        checked,
        repeat: (!live).then(|| repeat_command(seed)),
        folder: shown(store.folder()),
        colours: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    super::print(&report.to_string())?;
    // A full disk is no reason to keep the verdict from anyone.
    written.map_err(|e| e.to_string())?;
    Ok(match outcome.interrupted {
        true => super::INTERRUPTED,
        false => checked.valid.exit_status(),
    })
}

/// Becomes true at Ctrl-C. A second one ends this process at once, and the
/// kernel then the nodes.
fn interrupt_flag() -> Result<Arc<AtomicBool>, String> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(super::INTERRUPTED));
        }
    })
    .map_err(|e| format!("cannot listen to Ctrl-C: {e}"))?;
    Ok(interrupted)
}

/// A run and the verdict on it.
struct Judged {
    outcome: run::Outcome,
    checked: Checked,
    /// Whether it was in real time, and so cannot be repeated from its seed.
    live: bool,
}

/// Shows how far a run is, keeps its messages, and ends it at Ctrl-C.
struct Watcher<'a> {
    interrupted: &'a AtomicBool,
    progress: Progress,
    journal: Journal,
    recording: Recording,
    log_send: bool,
    log_recv: bool,
}

impl Observer for Watcher<'_> {
    fn position(&mut self, position: Position) -> ControlFlow<()> {
        let Position { now, end, events } = position;
        self.progress.at(now, end, events / 2);
        broken_off(self.interrupted)
    }

    fn message(&mut self, message: Message<'_>) {
        self.journal.message(message);
        self.recording.message(message);
        let (shown, what) = match message.event {
            MessageEvent::Sent => (self.log_send, "send"),
            MessageEvent::Received => (self.log_recv, "recv"),
        };
        if shown {
            let line = String::from_utf8_lossy(message.line);
            let _ = writeln!(
                std::io::stderr(),
                "{:.6} {what} {line}",
                message.time.as_secs_f64()
            );
        }
    }
}

fn broken_off(interrupted: &AtomicBool) -> ControlFlow<()> {
    match interrupted.load(Ordering::Relaxed) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    }
}

/// Runs the workload with this seed.
fn run_once(
    args: &Args,
    seed: u64,
    program: &Program,
    observer: &mut dyn Observer,
) -> Result<Judged, String> {
    let config = args.config(seed)?;
    let mut workload = args.workload(&config)?;
    let (mut host, live) = host(args.live, program, &config).map_err(|e| e.to_string())?;
    let outcome = run::run(&config, &mut *workload, &mut *host, observer);
    let mut checked = verdict::judge(&*workload, &outcome, args.availability);
    if !args.assert.is_empty() {
        let asserted = assertion::check(&checked.results, &args.assert);
        checked.add("assertions", asserted);
    }
    Ok(Judged {
        outcome,
        checked,
        live,
    })
}

/// Now: local time as in ISO 8601, to the second.
fn began() -> String {
    let now = jiff::ZonedDateTime::now();
    now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// This command as it was given.
fn this_command() -> String {
    let words = std::env::args().skip(1).map(|word| quoted(&word));
    let words: Vec<String> = std::iter::once(this_program()).chain(words).collect();
    words.join(" ")
}

/// How this program was called, so that the same words call it again.
fn this_program() -> String {
    match std::env::var_os("CARGO_PKG_NAME") {
        // By `cargo run`, for which the workspace has an alias.
        Some(package) if package == env!("CARGO_PKG_NAME") => "cargo workbench".into(),
        _ => std::env::args()
            .next()
            .map_or("workbench".into(), |name| quoted(&name)),
    }
}

/// This command with this seed, in place of whichever it had.
fn repeat_command(seed: u64) -> String {
    let mut words = vec![this_program()];
    let mut args = std::env::args().skip(1);
    let mut seeded = false;
    while let Some(arg) = args.next() {
        if arg == "--" && !seeded {
            words.push(format!("--seed {seed}"));
            seeded = true;
        }
        match arg.split('=').next() {
            Some("--seed" | "--seeds" | "--test-count") if !seeded => {
                if !arg.contains('=') {
                    args.next();
                }
            }
            _ => words.push(quoted(&arg)),
        }
    }
    if !seeded {
        words.push(format!("--seed {seed}"));
    }
    words.join(" ")
}

/// The word as a shell wants it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Lockstep, if the node goes in it.
fn host(
    live: bool,
    program: &Program,
    config: &run::Config,
) -> std::io::Result<(Box<dyn Host>, bool)> {
    let names = &config.nodes;
    let live = live || !lockstep::speaks(program, &names[0])?;
    let host: Box<dyn Host> = match live {
        true => Box::new(Live::start(program, names)?),
        false => Box::new(lockstep::start(program, names, &Rng::new(!config.seed))?),
    };
    Ok((host, live))
}

fn draw_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // Short enough to be typed.
    Rng::new(RandomState::new().hash_one(0)).below(1 << 32)
}

fn shown(folder: &Path) -> &Path {
    folder.strip_prefix("./").unwrap_or(folder)
}
