//! Runs the node on stdin and stdout.

use broadcast::durability;
use g_set::{GSet, HELP};

fn main() -> std::process::ExitCode {
    durability::run(HELP, GSet::new, GSet::durable)
}
