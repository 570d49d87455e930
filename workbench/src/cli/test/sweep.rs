//! Runs with many seeds, side by side, until one is not valid.

use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Args, Judged, broken_off, repeat_command, run_once};
use crate::checker::Validity;
use crate::run::{Observer, Position};
use crate::store::Store;

/// Seeds as the flag takes them: `A..B`, without B.
pub(super) fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(from, to)| {
        let range = from.trim().parse().ok()?..to.trim().parse().ok()?;
        (range.start < range.end).then_some(range)
    });
    range.ok_or_else(|| "expected a range such as 0..100, the second greater".into())
}

/// The first seed that was not valid, by its number.
struct Failed {
    seed: u64,
    verdict: Validity,
    why: Vec<String>,
}

pub(super) fn run(
    args: &Args,
    bin: &Path,
    seeds: Range<u64>,
    store: &Store,
    interrupted: &AtomicBool,
) -> Result<u8, String> {
    let next = AtomicU64::new(seeds.start);
    let tried = AtomicU64::new(0);
    let failed: Mutex<Option<Failed>> = Mutex::new(None);
    let error: Mutex<Option<String>> = Mutex::new(None);
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || interrupted.load(Ordering::Relaxed) {
                return;
            }
            match try_seed(args, bin, seed, store, interrupted) {
                Ok(judged) if judged.outcome.interrupted => return,
                Ok(judged) => {
                    tried.fetch_add(1, Ordering::Relaxed);
                    if judged.checked.valid != Validity::Valid {
                        // Smaller ones are under way; none above is begun.
                        next.store(seeds.end, Ordering::Relaxed);
                        keep_first(&failed, seed, judged);
                    }
                }
                Err(e) => {
                    next.store(seeds.end, Ordering::Relaxed);
                    *error.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
                }
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(worker);
        }
    });
    if let Some(error) = error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let tried = tried.into_inner();
    let name = &args.workload;
    let (status, text) = match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(Failed { seed, verdict, why }) => {
            let why: String = why.iter().take(5).map(|why| format!("- {why}\n")).collect();
            let verdict_text = match verdict {
                Validity::Unknown => "unknown",
                _ => "INVALID",
            };
            let repeat = repeat_command(seed);
            let text = format!(
                "{name}: {verdict_text} with seed {seed}, after {tried} seeds\n{why}repeat it: {repeat}\n"
            );
            (verdict.exit_status(), text)
        }
        None if interrupted.load(Ordering::Relaxed) => {
            let text = format!("{name}: interrupted; valid with {tried} seeds\n");
            (super::super::INTERRUPTED, text)
        }
        None => {
            let Range { start, end } = seeds;
            (
                0,
                format!("{name}: valid with all {tried} seeds, {start}..{end}\n"),
            )
        }
    };
    super::super::print(&text)?;
    Ok(status)
}

/// Ends a run at Ctrl-C.
struct Watcher<'a>(&'a AtomicBool);

impl Observer for Watcher<'_> {
    fn position(&mut self, _position: Position) -> ControlFlow<()> {
        broken_off(self.0)
    }
}

fn try_seed(
    args: &Args,
    bin: &Path,
    seed: u64,
    store: &Store,
    interrupted: &AtomicBool,
) -> Result<Judged, String> {
    let logs = store.node_logs().join(format!("seed-{seed}"));
    fs::create_dir_all(&logs).map_err(|e| format!("cannot make {}: {e}", logs.display()))?;
    let program = args.node_program(bin, logs.clone());
    let judged = run_once(args, seed, &program, &mut Watcher(interrupted))?;
    if judged.checked.valid == Validity::Valid {
        // Nobody will look for the logs of what went well.
        let _ = fs::remove_dir_all(&logs);
    }
    Ok(judged)
}

fn keep_first(failed: &Mutex<Option<Failed>>, seed: u64, judged: Judged) {
    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.as_ref().is_none_or(|first| seed < first.seed) {
        let problems = judged.outcome.problems.iter();
        let problems = problems.map(|problem| format!("node {}: {}", problem.node, problem.what));
        *failed = Some(Failed {
            seed,
            verdict: judged.checked.valid,
            why: problems.chain(judged.checked.findings).collect(),
        });
    }
}
