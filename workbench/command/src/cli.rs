//! The command line, with Maelstrom's flags and exit codes.

mod assert;
mod check;
mod command;
mod compare;
mod dashes;
mod draw;
mod explore;
mod hunt;
mod judged_by;
mod lockstep_test;
mod merge;
mod modules;
mod new;
mod page;
mod replay;
mod serve;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};
use workloads::Registry;

use crate::terminal;

/// Exit status of a command that was called wrongly.
const USAGE: u8 = 254;
/// Exit status of a command that could not do its work.
const CRASH: u8 = 255;
/// Exit status of a run that was broken off with Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Maelstrom without the JVM.
///
/// Exit status: 0 valid, 1 invalid, 2 unknown, 254 wrong usage, 255 error.
#[derive(Debug, Parser)]
#[command(name = "workbench", version, args_override_self = true)]
enum Command {
    Test(Box<test::Args>),
    Check(Box<check::Args>),
    Assert(assert::Args),
    Draw(draw::Args),
    Page(page::Args),
    Compare(compare::Args),
    Hunt(Box<hunt::Args>),
    Explore(explore::Args),
    Merge(merge::Args),
    Replay(replay::ReplayArgs),
    Shrink(replay::ShrinkArgs),
    Serve(serve::Args),
    LockstepTest(lockstep_test::Args),
    New(new::Args),
}

/// Runs the command, which knows these workloads, with the arguments of this process.
pub(crate) fn main(workloads: Registry) -> ExitCode {
    if let Some(why) = dashes::look_alike(std::env::args_os().skip(1)) {
        terminal::tell(&format!("workbench: {why}"));
        return ExitCode::from(USAGE);
    }
    let done = match parse(&workloads) {
        Ok(Command::Test(mut args)) => {
            args.workloads = workloads;
            test::run(&args)
        }
        Ok(Command::Check(args)) => check::run(&args, &workloads),
        Ok(Command::Assert(args)) => assert::run(&args),
        Ok(Command::Draw(args)) => draw::run(&args),
        Ok(Command::Page(args)) => page::run(&args),
        Ok(Command::Compare(args)) => compare::run(&args),
        Ok(Command::Hunt(mut args)) => {
            args.test.workloads = workloads;
            args.test.hunts = true;
            hunt::run(&args)
        }
        Ok(Command::Explore(args)) => match test_flags(&workloads, &args.words()) {
            Ok(flags) => explore::run(&args, &flags),
            Err(e) => return refused(&e),
        },
        Ok(Command::Merge(args)) => merge::run(&args),
        Ok(Command::Replay(args)) => replay::run(&args, &workloads),
        Ok(Command::Shrink(args)) => replay::shrink(&args, &workloads),
        Ok(Command::Serve(args)) => serve::run(&args),
        Ok(Command::LockstepTest(args)) => lockstep_test::run(&args),
        Ok(Command::New(args)) => new::run(&args),
        Err(e) => return refused(&e),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(why) => crash(&why),
    }
}

/// What is wrong with the arguments, or the help that was asked for.
fn refused(e: &clap::Error) -> ExitCode {
    let text = e.render().to_string();
    match e.use_stderr() {
        true => {
            terminal::tell(text.trim_end());
            ExitCode::from(USAGE)
        }
        false => match print(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => crash(&why),
        },
    }
}

/// The flags of `test` that these words are.
fn test_flags(workloads: &Registry, words: &[String]) -> Result<test::Args, clap::Error> {
    let words = ["workbench", "test"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    let matches = parse_from(workloads, words.map(OsString::from))?;
    match Command::from_arg_matches(&matches)? {
        Command::Test(mut args) => {
            args.workloads = workloads.clone();
            Ok(*args)
        }
        _ => Err(clap::Error::new(clap::error::ErrorKind::InvalidSubcommand)),
    }
}

fn crash(why: &str) -> ExitCode {
    terminal::tell(&format!("workbench: {why}"));
    ExitCode::from(CRASH)
}

/// The arguments of this process.
fn parse(workloads: &Registry) -> Result<Command, clap::Error> {
    let matches = parse_from(workloads, std::env::args_os())?;
    Command::from_arg_matches(&matches).map_err(|e| e.format(&mut known(workloads)))
}

/// All flags.
pub(crate) fn flags() -> clap::Command {
    known(&Registry::default())
}

/// These words; a workload must be one of these, or, of a history, a model.
fn parse_from(
    workloads: &Registry,
    words: impl IntoIterator<Item = OsString>,
) -> Result<clap::ArgMatches, clap::Error> {
    known(workloads).try_get_matches_from(words)
}

/// The command that knows these workloads.
fn known(workloads: &Registry) -> clap::Command {
    let mut command = Command::command();
    for subcommand in ["test", "hunt", "check"] {
        let workloads = workloads.clone();
        let name = move |name: &str| {
            let known: Vec<&str> = workloads.names().collect();
            let is_model = subcommand == "check" && verdict::models::find(name).is_some();
            match known.contains(&name) || is_model {
                true => Ok(name.to_owned()),
                false => Err(format!("expected one of {}", known.join(", "))),
            }
        };
        command = command.mut_subcommand(subcommand, |subcommand| {
            subcommand.mut_arg("workload", |arg| arg.value_parser(name))
        });
    }
    command
}

/// Prints what was asked for. That nobody reads it (any more) is no error.
fn print(text: &str) -> Result<(), String> {
    terminal::print(text).map_err(|e| cannot_print(&e))
}

fn cannot_print(e: &std::io::Error) -> String {
    format!("cannot print: {e}")
}
