//! The command line, with Maelstrom's flags and exit codes.

mod assert;
mod cargo;
mod check;
mod command;
mod dashes;
mod draw;
mod judged_by;
mod page;
mod serve;
mod test;

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
    Serve(serve::Args),
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
        Ok(Command::Serve(args)) => serve::run(&args),
        Err(e) => {
            let text = e.render().to_string();
            return match e.use_stderr() {
                true => {
                    terminal::tell(text.trim_end());
                    ExitCode::from(USAGE)
                }
                false => match print(&text) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(why) => crash(&why),
                },
            };
        }
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(why) => crash(&why),
    }
}

fn crash(why: &str) -> ExitCode {
    terminal::tell(&format!("workbench: {why}"));
    ExitCode::from(CRASH)
}

/// The arguments; a workload must be one of these, or, of a history, a model.
fn parse(workloads: &Registry) -> Result<Command, clap::Error> {
    let mut command = Command::command();
    for subcommand in ["test", "check"] {
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
    let mut command_again = command.clone();
    let matches = command.try_get_matches()?;
    Command::from_arg_matches(&matches).map_err(|e| e.format(&mut command_again))
}

/// Prints what was asked for. That nobody reads it (any more) is no error.
fn print(text: &str) -> Result<(), String> {
    terminal::print(text).map_err(|e| cannot_print(&e))
}

fn cannot_print(e: &std::io::Error) -> String {
    format!("cannot print: {e}")
}
