//! `workbench hunt`: looks for a run that fails, until there is one or the time is over.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hunt::{Failure, Hunt, Seen};
use simulation::host::Noise;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::recording::Recording;
use simulation::run::{Config, Event, Message, Observer, Position};
use simulation::schedule::{Choice, World};
use verdict::Validity;

use super::signals::Signals;
use super::{Args, Planned, broken_off, run_and_report, run_once, shown, smallest};
use crate::cli::command::{other_command, told};
use crate::store::Store;
use crate::terminal::StatusLine;

/// How often what is going on is shown.
const EVERY: Duration = Duration::from_millis(200);

/// Looks for a run that fails, for so long.
pub(super) fn run(
    args: &Args,
    bin: &Path,
    patience: Duration,
    signals: &Signals,
) -> Result<u8, String> {
    let first = args.seed.unwrap_or_else(super::draw_seed);
    let mut base = args.config(first)?;
    if !args.says_what_goes_wrong() {
        kinder_than_a_kill(&mut base);
    }
    let found = search(args, bin, &base, patience, signals)?;
    let Some(config) = found.config else {
        let how = match signals.interrupted() {
            true => "interrupted",
            false => "the time is over",
        };
        super::super::print(&format!(
            "{}: nothing found in {} runs, which came to {} situations; {how}\n",
            args.workload, found.runs, found.situations
        ))?;
        return Ok(match signals.interrupted() {
            true => super::super::INTERRUPTED,
            false => Validity::Valid.exit_status(),
        });
    };
    super::super::print(&format!(
        "{}: found after {} runs\n",
        args.workload, found.runs
    ))?;
    let store = Store::create(&args.store, &args.workload).map_err(|e| e.to_string())?;
    let folder = shown(store.folder().path()).to_string_lossy().into_owned();
    let planned = Planned {
        bin,
        config,
        command: other_command(&["replay", &folder]),
        told: told(),
        heading: None,
    };
    let done = run_and_report(args, &planned, store, signals)?;
    smallest::find(args, bin, &done, signals)?;
    Ok(done.status)
}

/// What every node is made for, if the flags do not say what may go wrong: partitions, nodes
/// that stand still, and messages that are lost, late, or come twice.
fn kinder_than_a_kill(config: &mut Config) {
    const INTERVAL: Duration = Duration::from_secs(2);
    config.partitions = Some(INTERVAL);
    config.node_faults = Some(NodeFaults::new([NodeFault::Pause], INTERVAL));
    config.noise = Noise::LIGHT;
    let network = &mut config.network;
    for probability in [
        &mut network.loss,
        &mut network.duplicate,
        &mut network.reorder,
    ] {
        *probability = 0.02;
    }
}

struct Found {
    config: Option<Config>,
    runs: u64,
    situations: usize,
}

/// One hunt a processor, each from a seed of its own.
#[expect(clippy::disallowed_methods, reason = "the budget is one of real time")]
fn search(
    args: &Args,
    bin: &Path,
    base: &Config,
    patience: Duration,
    signals: &Signals,
) -> Result<Found, String> {
    let began = Instant::now();
    let is_over = AtomicBool::new(false);
    let runs = AtomicU64::new(0);
    let situations = Mutex::new(vec![0; workers()]);
    let found: Mutex<Option<Result<Config, String>>> = Mutex::new(None);
    let end = |with: Option<Result<Config, String>>| {
        is_over.store(true, Ordering::Relaxed);
        if let Some(with) = with {
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.get_or_insert(with);
        }
    };
    let worker = |place: usize| {
        let mut hunt = Hunt::new(base.clone().seed(base.seed.wrapping_add(place as u64)));
        while !is_over.load(Ordering::Relaxed) {
            if began.elapsed() >= patience || signals.interrupted() {
                return end(None);
            }
            let config = hunt.next_run();
            let mut watcher = Watcher {
                signals,
                seen: Seen::default(),
            };
            match shows(args, bin, place, config.clone(), &mut watcher) {
                Ok(None) => {}
                Ok(Some(_)) => {
                    runs.fetch_add(1, Ordering::Relaxed);
                    return end(Some(Ok(config)));
                }
                Err(why) => return end(Some(Err(why))),
            }
            runs.fetch_add(1, Ordering::Relaxed);
            // It was in virtual time, and so are all others.
            programs::stay_on_processor(place);
            hunt.learn(watcher.seen);
            situations.lock().unwrap_or_else(PoisonError::into_inner)[place] = hunt.situations();
        }
    };
    let most = || {
        let situations = situations.lock().unwrap_or_else(PoisonError::into_inner);
        situations.iter().copied().max().unwrap_or(0)
    };
    thread::scope(|scope| {
        for place in 0..workers() {
            let worker = &worker;
            scope.spawn(move || worker(place));
        }
        let line = StatusLine::new();
        while line.is_shown() && !is_over.load(Ordering::Relaxed) {
            line.write(&format!(
                "hunting: {} s, {} runs, {} situations",
                began.elapsed().as_secs(),
                runs.load(Ordering::Relaxed),
                most()
            ));
            thread::sleep(EVERY);
        }
        line.write("");
    });
    let (runs, situations) = (runs.into_inner(), most());
    match found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Err(why)) => Err(why),
        found => Ok(Found {
            config: found.and_then(Result::ok),
            runs,
            situations,
        }),
    }
}

fn workers() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// What is wrong with a run, if something is.
fn shows(
    args: &Args,
    bin: &Path,
    place: usize,
    config: Config,
    watcher: &mut Watcher<'_>,
) -> Result<Option<Failure>, String> {
    let scratch = args
        .store
        .join(format!("hunting-{}-{place}", std::process::id()));
    let logs = scratch.join("logs");
    fs::create_dir_all(&logs).map_err(|e| format!("cannot make {}: {e}", logs.display()))?;
    let program = args.node_program(bin, logs, scratch.join("disks"));
    let ran = run_once(args, config, &program, None, watcher);
    let _ = fs::remove_dir_all(&scratch);
    let ran = ran?;
    if !ran.virtual_time {
        return Err(
            "this program runs in real time: a hunt needs one that goes in lockstep".into(),
        );
    }
    if ran.outcome.interrupted {
        return Ok(None);
    }
    let failure = Failure::of(&ran.judged(args, Recording::default()));
    // What is done to nodes may be so much that sound ones would hardly answer.
    Ok(failure.filter(|failure| !failure.is_fruitless()))
}

struct Watcher<'a> {
    signals: &'a Signals,
    seen: Seen,
}

impl Observer for Watcher<'_> {
    fn position(&mut self, _position: Position) -> ControlFlow<()> {
        broken_off(self.signals)
    }

    fn message(&mut self, message: Message<'_>) {
        self.seen.message(message);
    }

    fn event(&mut self, time: Duration, event: &Event) {
        self.seen.event(time, event);
    }

    fn wants_choices(&self) -> bool {
        self.seen.wants_choices()
    }

    fn begins(&mut self, world: &World) {
        self.seen.begins(world);
    }

    fn choice(&mut self, choice: &Choice) {
        self.seen.choice(choice);
    }
}
