//! Runs the node on stdin and stdout.

use std::process::ExitCode;

use broadcast::{Broadcast, Durability, HELP, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Options::parse(&arguments) {
        Ok(Some((options, Durability::Gossiped))) => {
            maelstrom_node::run(move |node| Broadcast::new(&node, options))
        }
        Ok(Some((options, Durability::Durable))) => {
            maelstrom_node::run(move |node| Broadcast::durable(&node, options))
        }
        Ok(None) => {
            eprint!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}\n\n{HELP}");
            ExitCode::FAILURE
        }
    }
}
