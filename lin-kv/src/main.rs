//! Runs the node on stdin and stdout.

use std::process::ExitCode;

use lin_kv::{HELP, LinKv, Options};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Options::parse(&arguments) {
        Ok(Some(options)) => maelstrom_node::run(move |node| LinKv::with(node, options.config())),
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
