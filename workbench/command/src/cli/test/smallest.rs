//! Of a run that failed the smallest one that fails as well: a run of its own, with its page,
//! its schedule and a test.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hunt::{Failure, Shrunk, Struck};
use simulation::recording::Recording;
use simulation::schedule::Schedule;
use verdict::Validity;

use super::signals::Signals;
use super::sweep::Watcher;
use super::{Args, Done, Planned, run_and_report, run_once, shown};
use crate::cli::command::other_command;
use crate::cli::print;
use crate::cli::replay;
use crate::store::Store;
use crate::terminal::StatusLine;

/// For how long a stored run is made smaller, unless the flags say so.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many choices a schedule may have to be kept as a test as well.
const MOST_CHOICES: usize = 200;

/// Makes a run that has failed smaller, if that is asked for; else says how.
pub(super) fn find(args: &Args, bin: &Path, done: &Done, signals: &Signals) -> Result<(), String> {
    let Some(failure) = &done.failure else {
        return Ok(());
    };
    if args.shrinking().is_zero() {
        let shrink = other_command(&["shrink", &shown(&done.folder).to_string_lossy()]);
        return print(&format!("smaller:   {shrink}\n"));
    }
    let schedule = replay::read(&done.folder)?;
    keep_smallest(args, bin, schedule, failure, args.shrinking(), signals)?;
    Ok(())
}

/// Makes what a folder or a file holds smaller.
pub(super) fn of_schedule(
    args: &Args,
    bin: &Path,
    file: &Path,
    signals: &Signals,
) -> Result<u8, String> {
    let schedule = replay::read(file)?;
    let mut runs = Runs::new(args, bin);
    let Some(failure) = runs.failure(&schedule, signals)? else {
        print("it does not fail: there is nothing to make smaller\n")?;
        return Ok(Validity::Valid.exit_status());
    };
    let patience = match args.shrinking() {
        Duration::ZERO => PATIENCE,
        patience => patience,
    };
    keep_smallest(args, bin, schedule, &failure, patience, signals)
}

fn keep_smallest(
    args: &Args,
    bin: &Path,
    schedule: Schedule,
    failure: &Failure,
    patience: Duration,
    signals: &Signals,
) -> Result<u8, String> {
    let shrunk = shrink(args, bin, schedule, failure, patience, signals)?;
    let (runs, size) = (shrunk.runs, &shrunk.size);
    let heading = match shrunk.is_smallest {
        true => format!("The smallest run found: {size}"),
        false => format!("The smallest run found in {} s: {size}", patience.as_secs()),
    };
    print(&format!("\nmade smaller in {runs} runs:\n"))?;
    let store = Store::create(&args.store, &args.workload).map_err(|e| e.to_string())?;
    let path = store.folder().path().to_owned();
    let planned = Planned {
        bin,
        config: shrunk.schedule.config(),
        command: other_command(&["replay", &shown(&path).to_string_lossy()]),
        told: shrunk.schedule.world.command.clone(),
        heading: Some(heading),
    };
    let done = run_and_report(args, &planned, store, signals)?;
    if shrunk.schedule.choices.len() <= MOST_CHOICES {
        let test = path.join("smallest.rs");
        let text = as_test(args, &shrunk.schedule);
        fs::write(&test, text).map_err(|e| format!("cannot write {}: {e}", test.display()))?;
        print(&format!("as a test: {}\n", shown(&test).display()))?;
    }
    Ok(done.status)
}

#[expect(clippy::disallowed_methods, reason = "the budget is one of real time")]
fn shrink(
    args: &Args,
    bin: &Path,
    schedule: Schedule,
    failure: &Failure,
    patience: Duration,
    signals: &Signals,
) -> Result<Shrunk, String> {
    let began = Instant::now();
    let line = StatusLine::new();
    let mut runs = Runs::new(args, bin);
    let error = RefCell::new(None);
    let mut fails = |schedule: &Schedule| match runs.shows(failure, schedule, signals) {
        Ok(struck) => struck,
        Err(why) => {
            error.replace(Some(why));
            None
        }
    };
    let shrunk = hunt::shrink(schedule, &mut fails, &mut |progress| {
        let seconds = began.elapsed().as_secs();
        line.write(&format!(
            "making it smaller: {} s, {} runs; {}",
            seconds, progress.runs, progress.size
        ));
        began.elapsed() < patience && !signals.interrupted() && error.borrow().is_none()
    });
    line.write("");
    match error.into_inner() {
        Some(why) => Err(why),
        None => Ok(shrunk),
    }
}

/// Runs of schedules of which nothing is kept.
struct Runs<'a> {
    args: &'a Args,
    bin: &'a Path,
    /// For what nodes write meanwhile.
    scratch: PathBuf,
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.scratch);
    }
}

impl<'a> Runs<'a> {
    fn new(args: &'a Args, bin: &'a Path) -> Self {
        let name = format!("shrinking-{}", std::process::id());
        Runs {
            args,
            bin,
            scratch: args.store.join(name),
        }
    }

    fn judged(
        &mut self,
        schedule: &Schedule,
        signals: &Signals,
    ) -> Result<simulation::Judged, String> {
        let (logs, disks) = (self.scratch.join("logs"), self.scratch.join("disks"));
        let _ = fs::remove_dir_all(&self.scratch);
        fs::create_dir_all(&logs).map_err(|e| format!("cannot make {}: {e}", logs.display()))?;
        let program = self.args.node_program(self.bin, logs, disks);
        let config = schedule.config();
        let ran = run_once(self.args, config, &program, None, &mut Watcher(signals))?;
        match ran.virtual_time {
            true => Ok(ran.judged(self.args, Recording::default())),
            false => Err("this program runs in real time, where no run is like another".to_owned()),
        }
    }

    fn failure(
        &mut self,
        schedule: &Schedule,
        signals: &Signals,
    ) -> Result<Option<Failure>, String> {
        Ok(Failure::of(&self.judged(schedule, signals)?))
    }

    fn shows(
        &mut self,
        failure: &Failure,
        schedule: &Schedule,
        signals: &Signals,
    ) -> Result<Option<Struck>, String> {
        Ok(failure.struck_in(&self.judged(schedule, signals)?))
    }
}

/// A test that fails as the run does, for the package of the node.
fn as_test(args: &Args, schedule: &Schedule) -> String {
    let mut bare = schedule.clone();
    bare.world.command.clear();
    let name = &args.workload;
    let (how, run) = match args.package() {
        Some(package) => {
            let words = args.node_args().iter().map(|word| format!("{word:?}"));
            let words = words.collect::<Vec<_>>().join(", ");
            (
                format!("a test of the package `{package}`"),
                format!(
                    "    let logs = tempfile::tempdir().unwrap();\n    \
                     let bin = env!(\"CARGO_BIN_EXE_{package}\");\n    \
                     let outcome =\n        \
                     programs::in_lockstep(bin, &[{words}], logs.path(), &config, &mut *workload);\n    \
                     let judged = simulation::Judged::of(&*workload, config, outcome);\n    \
                     assert_eq!(judged.checked.sentences(), [\"\"; 0]);\n"
                ),
            )
        }
        None => (
            "a test of the node's package; say there how a node is made".to_owned(),
            "    let simulated = simulation::simulate(&config, &mut *workload, |node| MyNode::new(node));\n    \
             simulated.assert_valid();\n"
                .to_owned(),
        ),
    };
    format!(
        "// The smallest run found: {how}.\n\
         #[test]\n\
         fn the_smallest_run_found() {{\n    \
         const SCHEDULE: &str = r##\"\n{bare}\"##;\n    \
         let schedule: simulation::schedule::Schedule = SCHEDULE.parse().unwrap();\n    \
         let config = schedule.config();\n    \
         let options = workloads::Options {{\n        \
         nodes: config.nodes.len(),\n        \
         latency: config.network.latency.mean,\n        \
         ..workloads::Options::default()\n    \
         }};\n    \
         let mut workload = workloads::find({name:?}, &options).unwrap();\n\
         {run}}}\n"
    )
}
