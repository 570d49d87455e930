//! The command `workbench`: Maelstrom without the JVM.
//!
//! # The command
//!
//! `workbench test -w broadcast --bin ./my-node` takes Maelstrom's flags and exits
//! with Maelstrom's codes. It runs real processes: those written with
//! `maelstrom-node` in virtual time, all others in real time. What it keeps of a run
//! is a folder ([`store`]) with a page ([`page`]) that shows what happened: verdict,
//! figures, charts, every message, and a drawing ([`picture::proof`]) of each anomaly.
//! `workbench check` judges a `history.edn` from elsewhere, `workbench serve` shows
//! the runs in a browser, `workbench assert` compares figures with limits.
//!
//! # The parts
//!
//! - `cli`: the flags, and what they ask for.
//! - [`store`]: what is kept of a run.
//! - [`report`], [`progress`], [`live_page`]: what a person sees meanwhile and at the end.
//!
//! What it runs, how it is judged, drawn and shown is in the crates [`simulation`],
//! [`verdict`], [`picture`], [`page`] and [`serve`].

mod cli;
pub mod live_page;
mod local_time;
pub mod progress;
pub mod report;
pub mod store;
mod terminal;

use std::process::ExitCode;

pub use workloads::{Make, Options};

/// The flags, for completions and the manual.
pub fn flags() -> clap::Command {
    cli::flags()
}

/// Runs the command with the arguments of this process. Beside Maelstrom's workloads it
/// knows these; one of Maelstrom's names is in place of Maelstrom's.
pub fn main_with(own: &[Make]) -> ExitCode {
    cli::main(workloads::Registry::default().with(own))
}
