//! Runs with many seeds, side by side, until one is not valid.

use std::fs;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use hunt::sweep::{Line, Report, Subject};
use simulation::Judged;
use simulation::recording::Recording;
use simulation::run::{Observer, Position};
use verdict::Validity;

use super::results::Results;
use super::signals::Signals;
use super::{Args, Planned, broken_off, kept_or, run_and_report, run_once, smallest};
use crate::cli::command::{repeat_command, this_command, told};
use crate::local_time::LocalTime;
use crate::store::Store;
use simulation::summary::{Summary, Verdict};

/// More would not come to an end.
const MOST_SEEDS: u64 = 1_000_000_000;

/// Seeds as the flag takes them: `A..B`, without B.
pub(super) fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(from, to)| {
        let range: Range<u64> = from.trim().parse().ok()?..to.trim().parse().ok()?;
        let count = range.end.checked_sub(range.start)?;
        (1..=MOST_SEEDS).contains(&count).then_some(range)
    });
    range.ok_or_else(|| {
        "expected a range such as 0..100, the second greater, of 1,000,000,000 seeds at most".into()
    })
}

/// The first seed that was not valid, by its number.
struct Failed {
    seed: u64,
    verdict: Validity,
    why: Vec<String>,
    /// Whether it was in real time, and so will not happen again.
    live: bool,
}

pub(super) fn run(
    args: &Args,
    bin: &Path,
    seeds: Range<u64>,
    store: Store,
    signals: &Signals,
) -> Result<u8, String> {
    let began = LocalTime::now().to_the_second();
    let live = AtomicBool::new(false);
    // How many seeds were begun.
    let next = AtomicU64::new(0);
    let count = seeds.end - seeds.start;
    let tried = AtomicU64::new(0);
    let failed: Mutex<Option<Failed>> = Mutex::new(None);
    let results = args.results.as_ref().map(|path| {
        let subject = Subject::new(args.workload.clone(), told());
        Results::open(path, subject)
    });
    let results = results.transpose()?;
    let error: Mutex<Option<String>> = Mutex::new(None);
    let worker = |place: usize| {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count || signals.interrupted() {
                return;
            }
            let seed = seeds.start + i;
            let is_done = results.as_ref().is_some_and(|results| results.has(seed));
            if is_done || args.shard.is_some_and(|shard| !shard.has(i)) {
                continue;
            }
            match try_seed(args, bin, seed, &store, signals) {
                Ok(judged) if judged.outcome.interrupted => return,
                Ok(judged) => {
                    tried.fetch_add(1, Ordering::Relaxed);
                    if judged.virtual_time {
                        // So are all others, then.
                        programs::stay_on_processor(place);
                    }
                    live.fetch_or(!judged.virtual_time, Ordering::Relaxed);
                    if let Some(results) = &results {
                        if let Err(why) = results.add(&Line::of(&judged)) {
                            next.store(count, Ordering::Relaxed);
                            *error.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                        }
                        if judged.checked.valid != Validity::Valid {
                            keep_first(&failed, seed, judged);
                        }
                    } else if judged.checked.valid != Validity::Valid {
                        // Smaller ones are under way; none above is begun.
                        next.store(count, Ordering::Relaxed);
                        keep_first(&failed, seed, judged);
                    }
                }
                Err(e) => {
                    next.store(count, Ordering::Relaxed);
                    *error.lock().unwrap_or_else(PoisonError::into_inner) = Some(e);
                }
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for place in 0..workers {
            let worker = &worker;
            scope.spawn(move || worker(place));
        }
    });
    if let Some(error) = error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        if tried.load(Ordering::Relaxed) == 0 {
            store.discard();
        }
        return Err(error);
    }
    let tried = tried.into_inner();
    let name = &args.workload;
    let brief =
        |verdict: Verdict, sentence: &str, seed: u64, command: String| -> Result<(), String> {
            let config = args.config(seed)?;
            let summary = Summary {
                workload: name.clone(),
                verdict,
                interrupted: signals.interrupted(),
                sentence: sentence.into(),
                began: began.clone(),
                command,
                seed,
                virtual_time: !live.load(Ordering::Relaxed),
                nodes: config.nodes,
                concurrency: config.concurrency,
                start: 0,
                figures: Vec::new(),
            };
            store.keep_brief(&summary).map_err(|e| e.to_string())
        };
    let mut whole = Verdict::Valid;
    if let Some(results) = results {
        let sweep = results.finish()?;
        super::super::print(&Report(&sweep).to_string())?;
        whole = sweep.verdict();
    }
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(Failed {
        seed,
        verdict,
        why,
        live,
    }) = failed
    {
        let word = match verdict {
            Validity::Unknown => "unknown",
            _ => "INVALID",
        };
        let first = format!("{name}: {word} with seed {seed}, after {tried} seeds\n");
        super::super::print(&first)?;
        if !live {
            // Once more, for its page.
            let planned = Planned::of_seed(args, bin, seed)?;
            let again = run_and_report(args, &planned, store, signals)?;
            smallest::find(args, bin, &again, signals)?;
            return Ok(again.status.max(verdict.exit_status()));
        }
        let sentence = why.first().cloned().unwrap_or_default();
        let why: String = why.iter().take(5).map(|why| format!("- {why}\n")).collect();
        super::super::print(&format!("{why}run it again: {}\n", repeat_command(seed)))?;
        // After the verdict, since a full disk is no reason to keep it from anyone.
        let written = brief(verdict.into(), &sentence, seed, repeat_command(seed));
        return kept_or(written, verdict.exit_status());
    }
    let Range { start, end } = seeds;
    let (status, verdict, sentence) = match (signals.interrupted(), whole) {
        (true, _) => (
            super::super::INTERRUPTED,
            Verdict::Unknown,
            format!("interrupted; valid with {tried} seeds"),
        ),
        (_, Verdict::Invalid | Verdict::Unknown) => (
            if whole == Verdict::Invalid { 1 } else { 2 },
            whole,
            format!("valid with {tried} seeds, and not with some that were run before"),
        ),
        _ => (
            0,
            Verdict::Valid,
            format!("valid with all {tried} seeds, {start}..{end}"),
        ),
    };
    super::super::print(&format!("{name}: {sentence}\n"))?;
    kept_or(brief(verdict, &sentence, start, this_command()), status)
}

/// Ends a run at Ctrl-C.
pub(super) struct Watcher<'a>(pub(super) &'a Signals);

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
    signals: &Signals,
) -> Result<Judged, String> {
    let of_seed = |folder: PathBuf| folder.join(format!("seed-{seed}"));
    let (logs, disks) = (
        of_seed(store.folder().node_logs()),
        of_seed(store.folder().disks()),
    );
    fs::create_dir_all(&logs).map_err(|e| format!("cannot make {}: {e}", logs.display()))?;
    let program = args.node_program(bin, logs.clone(), disks.clone());
    let ran = run_once(
        args,
        args.config(seed)?,
        &program,
        Some(store),
        &mut Watcher(signals),
    )?;
    let judged = ran.judged(args, Recording::default());
    if judged.checked.valid == Validity::Valid {
        // Nobody will look at what is left of what went well.
        let _ = fs::remove_dir_all(&logs);
        let _ = fs::remove_dir_all(&disks);
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
            why: problems.chain(judged.checked.sentences()).collect(),
            live: !judged.virtual_time,
        });
    }
}
