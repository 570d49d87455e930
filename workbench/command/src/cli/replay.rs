//! `workbench replay` and `workbench shrink`: runs that follow a schedule.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use simulation::folder::SCHEDULE;
use simulation::schedule::Schedule;
use workloads::Registry;

use super::test;

/// Run again what a run did, choice by choice, from its schedule.jsonl; lines can be changed
/// or taken out before that
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

/// Make a run that fails as small as can be, as long as it fails in the same way
#[derive(Debug, clap::Args)]
pub(super) struct ShrinkArgs {
    #[command(flatten)]
    args: Args,
}

pub(super) fn run(args: &Args, workloads: &Registry) -> Result<u8, String> {
    let mut flags = args.flags_of_test(workloads)?;
    flags.schedule = Some(Arc::new(read(&args.file)?));
    test::run(&flags)
}

pub(super) fn shrink(args: &ShrinkArgs, workloads: &Registry) -> Result<u8, String> {
    let flags = args.args.flags_of_test(workloads)?;
    test::shrink(&flags, &args.args.file)
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
