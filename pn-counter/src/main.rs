//! Runs the node on stdin and stdout.

use broadcast::durability;
use pn_counter::{HELP, PnCounter};

fn main() -> std::process::ExitCode {
    durability::run(HELP, PnCounter::new, PnCounter::durable)
}
