//! `workbench replay` and `workbench shrink`: runs that follow a schedule.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use programs::{Listening, Onlookers, Processes};
use simulation::folder::SCHEDULE;
use simulation::schedule::Schedule;
use workloads::Registry;

use super::test;
use super::test::walking::Until;

/// A run, and what is to be other than it was.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The run's folder, or a schedule
    #[arg(value_name = "FOLDER", default_value = "store/latest")]
    file: PathBuf,

    /// Flags of `test` in place of those that the run had, such as --bin or --example
    #[arg(
        value_name = "FLAGS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    flags: Vec<String>,
}

/// Run again what a run did, choice by choice, from its schedule.jsonl; lines can be changed
/// or taken out before that
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// Stop at this moment of virtual time (before any flags of `test`), with the unit, such as
    /// 3.2s or 3200ms, and say what is under way to each node and what it did last
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Duration>,

    /// Of this node alone
    #[arg(long, value_name = "NAME", requires = "until")]
    node: Option<String>,

    /// Let a debugger attach to that node's process there; Enter lets the run go on
    #[arg(long, requires = "node")]
    attach: bool,

    /// Show that node's log up to there, each line with its time: this is its RUST_LOG, such as
    /// debug, or raft=trace
    #[arg(long, value_name = "FILTER", requires = "node")]
    log: Option<String>,

    /// Show it from this moment on, and not from the start
    #[arg(long, value_name = "TIME", requires = "log", value_parser = moment)]
    from: Option<Duration>,

    #[command(flatten)]
    args: Args,
}

/// Make a run that fails as small as can be, as long as it fails in the same way
#[derive(Debug, clap::Args)]
pub(super) struct ShrinkArgs {
    #[command(flatten)]
    args: Args,
}

pub(super) fn run(args: &ReplayArgs, workloads: &Registry) -> Result<u8, String> {
    let mut flags = args.args.flags_of_test(workloads)?;
    let schedule = read(&args.args.file)?;
    flags.until = args.until(&schedule.world.nodes)?;
    if args.attach && flags.reactive {
        return Err(
            "--attach is for nodes in lockstep: with --reactive, it is seen from outside \
                    what a node does, and one in a debugger does nothing"
                .to_owned(),
        );
    }
    if args.log.is_some() && flags.reactive {
        return Err(
            "--log is for nodes in lockstep: with --reactive, it is not known at what time a node \
             writes to its log; the whole of it is in node-logs of a run's folder"
                .to_owned(),
        );
    }
    flags.schedule = Some(Arc::new(schedule));
    test::run(&flags)
}

pub(super) fn shrink(args: &ShrinkArgs, workloads: &Registry) -> Result<u8, String> {
    let flags = args.args.flags_of_test(workloads)?;
    test::shrink(&flags, &args.args.file)
}

impl ReplayArgs {
    /// Where a run of these nodes is to stand still.
    fn until(&self, nodes: &[String]) -> Result<Option<Until>, String> {
        if let Some(node) = self.node.as_ref().filter(|node| !nodes.contains(node)) {
            let nodes = nodes.join(", ");
            return Err(format!("--node: expected one of {nodes}, found {node}"));
        }
        if let Some((from, until)) = self.from.zip(self.until).filter(|(from, at)| from >= at) {
            return Err(format!(
                "--from {from:?}: expected a moment before --until {until:?}"
            ));
        }
        let listening = self.log.as_ref().zip(self.node.as_ref());
        Ok(self.until.map(|at| Until {
            at,
            node: self.node.clone(),
            onlookers: Onlookers {
                debugger: self.attach.then(Processes::default),
                listening: listening.map(|(filter, node)| Listening {
                    node: node.clone(),
                    filter: filter.clone(),
                }),
            },
            listens_from: self.from.unwrap_or_default(),
        }))
    }
}

/// A moment of a run.
fn moment(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1000.0),
        None => (text.strip_suffix('s').unwrap_or_default(), 1.0),
    };
    let seconds = number.parse().unwrap_or(f64::NAN) / unit;
    let moment = Duration::try_from_secs_f64(seconds).ok();
    moment
        .filter(|at| !at.is_zero())
        .ok_or_else(|| "expected a time above 0 with its unit, such as 3.2s or 3200ms".to_owned())
}

impl Args {
    /// What `test` was told, and then what is told here.
    fn flags_of_test(&self, workloads: &Registry) -> Result<test::Args, String> {
        let world = read(&self.file)?.world;
        let command = world.command;
        // What follows `--` is for the node.
        let end = command.iter().position(|word| word == "--");
        let (flags, node) = command.split_at(end.unwrap_or(command.len()));
        let workload = ["-w".to_owned(), world.workload];
        let words = [flags, &workload, &self.flags, node].concat();
        super::test_flags(workloads, &words).map_err(|e| format!("its flags cannot be read: {e}"))
    }
}

/// The schedule of a run.
pub(super) fn read(file: &Path) -> Result<Schedule, String> {
    let path = match file.is_dir() {
        true => file.join(SCHEDULE),
        false => file.to_owned(),
    };
    let text = fs::read_to_string(&path);
    let text = text.map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let schedule = text.parse::<Schedule>();
    schedule.map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_units() {
        for (text, milliseconds) in [("3.2s", 3200), ("3200ms", 3200), ("0.5ms", 0), ("1s", 1000)] {
            let moment = moment(text).map(|at| at.as_millis());
            assert_eq!(moment, Ok(milliseconds), "{text}");
        }
        for text in [
            "", "s", "3", "0s", "-1s", "nans", "infs", "1e300s", "3 m", "3200us",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
