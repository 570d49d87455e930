//! The command line, with Maelstrom's flags and exit codes.

mod assert;
mod cargo;
mod check;
mod dashes;
mod draw;
mod serve;
mod test;

use std::process::ExitCode;

use clap::Parser;

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
    Check(check::Args),
    Assert(assert::Args),
    Draw(draw::Args),
    Serve(serve::Args),
}

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    if let Some(why) = dashes::look_alike(std::env::args_os().skip(1)) {
        terminal::tell(&format!("workbench: {why}"));
        return ExitCode::from(USAGE);
    }
    let done = match Command::try_parse() {
        Ok(Command::Test(args)) => test::run(&args),
        Ok(Command::Check(args)) => check::run(&args),
        Ok(Command::Assert(args)) => assert::run(&args),
        Ok(Command::Draw(args)) => draw::run(&args),
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

/// The workload of this name, or which there are.
fn workload_name(name: &str) -> Result<String, String> {
    let known: Vec<&str> = workloads::ALL.iter().map(|(name, _)| *name).collect();
    match known.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(format!("expected one of {}", known.join(", "))),
    }
}

/// Prints what was asked for. That nobody reads it (any more) is no error.
fn print(text: &str) -> Result<(), String> {
    terminal::print(text).map_err(|e| cannot_print(&e))
}

fn cannot_print(e: &std::io::Error) -> String {
    format!("cannot print: {e}")
}
