//! Runs the node on stdin and stdout.

use std::process::ExitCode;

use kafka::{Acks, HELP, Kafka};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Acks::parse(&arguments) {
        Ok(Some(acks)) => maelstrom_node::run(move |node| Kafka::new(&node, acks)),
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
