//! Every run of a small world of processes that go in lockstep.

use std::fs;
use std::ops::Not;
use std::path::Path;
use std::time::Duration;

use ::explore::{Bounds, Explored};
use verdict::Validity;

use super::Args;
use super::signals::Signals;
use crate::cli::explore;
use crate::cli::{INTERRUPTED, print};
use crate::terminal::StatusLine;

/// How many states are looked at between two looks at the line that shows them.
const SHOWN_EVERY: usize = 50;

pub(super) fn run(
    args: &Args,
    small: &explore::Args,
    bin: &Path,
    signals: &Signals,
) -> Result<u8, String> {
    let config = args.config(small.seed)?;
    let workload = args.workload(&config)?;
    let bounds = Bounds {
        nodes: config.nodes.len(),
        operations: small.operations.into(),
        chosen: Vec::new(),
        seed: small.seed,
        warm_up: Duration::from_millis(small.warm_up),
        timers: small.timers.into(),
        drops: small.drops.into(),
        kills: small.kills.into(),
        states: usize::try_from(small.states).unwrap_or(usize::MAX),
    };
    let scratch = args.store.join(format!("exploring-{}", std::process::id()));
    let logs = scratch.join("logs");
    fs::create_dir_all(&logs).map_err(|e| format!("cannot make {}: {e}", logs.display()))?;
    let program = args.node_program(bin, logs, scratch.join("disks"));
    let start = programs::one_by_one(&program, &config.nodes, small.seed);
    let line = StatusLine::new();
    let explored = ::explore::explore(&bounds, &*workload, Box::new(start), &mut |progress| {
        if progress.looked_at % SHOWN_EVERY == 0 {
            line.write(&format!(
                "exploring: {} of {} known states, {} steps deep, {} runs judged",
                progress.looked_at, progress.known, progress.depth, progress.ended
            ));
        }
        signals.interrupted().not()
    });
    line.write("");
    let _ = fs::remove_dir_all(&scratch);
    let _ = fs::remove_dir(&args.store); // if there is nothing else in it
    print(&format!("{}: {explored}\n", args.workload))?;
    if let Some(wrong) = &explored.wrong {
        print(&format!("\n{wrong}"))?;
    }
    Ok(status(&explored, signals))
}

fn status(explored: &Explored, signals: &Signals) -> u8 {
    let verdict = match (&explored.wrong, explored.is_complete) {
        (Some(_), _) => Validity::Invalid,
        (None, true) => Validity::Valid,
        (None, false) if signals.interrupted() => return INTERRUPTED,
        (None, false) => Validity::Unknown,
    };
    verdict.exit_status()
}
