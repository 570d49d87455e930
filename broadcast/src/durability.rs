//! Whether a node keeps what it acknowledges on its disk, as its command line says.

use std::process::ExitCode;

use maelstrom_node::{Node, Server};

/// What becomes of what a node has acknowledged when it is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// It survives where it has come to other nodes; for that, a promise's time is needed.
    #[default]
    Gossiped,
    /// It survives on the node's own disk: it is synced before it is acknowledged, and before
    /// any other node hears of it.
    Durable,
}

/// The flag of [`Durability::Durable`].
pub const DURABLE: &str = "--durable";

impl Durability {
    /// Reads the arguments of a command that knows no others. `None` if they ask for help.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn parse(arguments: &[String]) -> Result<Option<Durability>, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] => Ok(Some(Durability::Gossiped)),
            [DURABLE] => Ok(Some(Durability::Durable)),
            ["--help" | "-h"] => Ok(None),
            _ => Err(format!(
                "expected {DURABLE} or nothing, found {:?}",
                arguments.join(" ")
            )),
        }
    }
}

/// The main function of a node whose command knows the flag [`DURABLE`], with which a node is
/// another one, and `--help`, for which it says this.
pub fn run<S: Server>(
    help: &str,
    gossiped: impl FnOnce(Node) -> S + 'static,
    durable: impl FnOnce(Node) -> S + 'static,
) -> ExitCode {
    command(help, Durability::parse, |durability| match durability {
        Durability::Gossiped => maelstrom_node::run(gossiped),
        Durability::Durable => maelstrom_node::run(durable),
    })
}

/// The main function of a node whose command has options: runs it with those that are read from its
/// arguments, or says what these ask for, help, or what is wrong with them.
pub fn command<O>(
    help: &str,
    parse: impl FnOnce(&[String]) -> Result<Option<O>, String>,
    run: impl FnOnce(O) -> ExitCode,
) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match parse(&arguments) {
        Ok(Some(options)) => run(options),
        Ok(None) => {
            eprint!("{help}");
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}\n\n{help}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_understood_or_refused() {
        let parse = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().copied().map(String::from).collect();
            Durability::parse(&arguments)
        };
        assert_eq!(parse(&[]), Ok(Some(Durability::Gossiped)));
        assert_eq!(parse(&["--durable"]), Ok(Some(Durability::Durable)));
        assert_eq!(parse(&["-h"]), Ok(None));
        assert_eq!(
            parse(&["--durable", "--durable"]).unwrap_err(),
            "expected --durable or nothing, found \"--durable --durable\""
        );
    }
}
