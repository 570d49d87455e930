//! `workbench test`: runs a workload against a node's binary.

mod command;
mod flags;
mod meaningless;
mod nodes;
mod sweep;
mod values;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use maelstrom_node::Rng;

use self::command::repeat_command;
pub(super) use self::flags::Args;
use crate::checker::{Checked, Validity};
use crate::edn::Value;
use crate::host::live::Live;
use crate::host::process::Program;
use crate::host::{Host, Noise, lockstep};
use crate::page::Page;
use crate::progress::Progress;
use crate::recording::Recording;
use crate::report::Report;
use crate::run::{Message, MessageEvent, Observer, Position, Still};
use crate::store::{Journal, Store};
use crate::summary::{Origin, Summary};
use crate::{assertion, proof, run, terminal, verdict};

pub(super) fn run(args: &Args) -> Result<u8, String> {
    // What is wrong with the flags is known before anything is built.
    if let Err(why) = args.config(0).and_then(|config| args.workload(&config)) {
        terminal::tell(&format!("workbench: {why}"));
        return Ok(super::USAGE);
    }
    if let Some(said) = args.meaningless.said() {
        terminal::tell(&format!("workbench: {said}"));
    }
    let bin = args.program()?;
    let store = |folder: &Path| {
        let store = Store::create(folder, &args.workload).map_err(|e| e.to_string())?;
        Ok::<_, String>(store.with_json_log(args.logging_json))
    };
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
    };
    let printed = terminal::print_headed(&report.to_string(), report.colour());
    printed.map_err(|e| super::cannot_print(&e))?;
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
            let seconds = message.time.as_secs_f64();
            terminal::tell(&format!("{seconds:.6} {what} {line}"));
        }
    }

    fn still(&mut self, still: Still<'_>) {
        self.recording.still(still);
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

/// Lockstep, if the node goes in it.
fn host(
    live: bool,
    program: &Program,
    config: &run::Config,
) -> std::io::Result<(Box<dyn Host>, bool)> {
    let names = &config.nodes;
    let live = live || !lockstep::speaks(program, &names[0])?;
    let host: Box<dyn Host> = match live {
        true if config.noise != Noise::NONE => {
            let why = "--noise is for virtual time, and this runs in real time, with the noise of \
                       its machine";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
        }
        true => Box::new(Live::start(program, names)?),
        false => {
            let host = lockstep::start(program, names, &Rng::new(!config.seed))?;
            Box::new(host.with_noise(config.noise, config.noise_seed()))
        }
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
