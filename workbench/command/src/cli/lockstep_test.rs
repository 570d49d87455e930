//! `workbench lockstep-test`: holds a program against the rules of lockstep.

use std::path::{Path, PathBuf};
use std::time::Duration;

use programs::Program;
use programs::cargo::{self, Build};
use programs::conformance::{self, Logs, Options};

use super::modules::ModuleFlags;

/// Test whether a program keeps the rules of lockstep, workbench/LOCKSTEP.md: which of them it
/// keeps, which it breaks, and how
///
/// Exit status: 0 none is broken, 1 one is, 254 wrong usage, 255 error.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The program that is a node
    #[arg(long, value_name = "FILE", required_unless_present = "package")]
    bin: Option<PathBuf>,

    /// The workspace's package to build and test
    #[arg(short, long, value_name = "NAME", conflicts_with = "bin")]
    package: Option<String>,

    /// The example to build and test in place of its binary
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "bin",
        requires = "package"
    )]
    example: Option<String>,

    #[command(flatten)]
    modules: ModuleFlags,

    /// The workload whose requests it is sent. Without it, those of each of Maelstrom's are
    /// tried, and the first that are answered taken
    #[arg(short, long, value_name = "NAME")]
    workload: Option<String>,

    /// What the program's random numbers follow from
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How long a turn may take, in seconds of real time
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    turn_time: u64,

    /// Arguments for the program; those that begin with - after --
    args: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<u8, String> {
    let bin = match (&args.bin, &args.package) {
        (None, Some(package)) => cargo::build(package, args.example.as_deref(), Build::Quickly)?,
        (bin, _) => {
            let bin = bin.as_deref().unwrap_or(Path::new(""));
            std::path::absolute(bin).map_err(|e| format!("--bin {}: {e}", bin.display()))?
        }
    };
    let logs = Logs::create().map_err(|e| format!("cannot make a folder for its log: {e}"))?;
    let program = Program {
        bin: bin.clone(),
        args: args.args.clone(),
        logs: logs.path().to_owned(),
        disks: logs.path().to_owned(),
        show_stderr: None,
    };
    let program = program.run_by(args.modules.runner(&bin)?, &args.modules.given());
    let options = Options {
        seed: args.seed,
        patience: Duration::from_secs(args.turn_time),
        workload: args.workload.clone(),
    };
    let report = conformance::test(&program, &options).map_err(|e| e.to_string())?;
    let count = report.broken().len();
    let verdict = match count {
        0 => "lockstep: no rule is broken".to_owned(),
        1 => "lockstep: 1 rule is BROKEN".to_owned(),
        count => format!("lockstep: {count} rules are BROKEN"),
    };
    super::print(&format!("{report}\n{verdict} (workbench/LOCKSTEP.md)\n"))?;
    Ok(u8::from(count > 0))
}
