//! The command, and what it can be told.

use std::process::ExitCode;

use raft::Config;

use crate::LinKv;

/// What `--help` says.
const HELP: &str = "\
A node for the lin-kv workload.

usage: lin-kv [--no-lease]

  --no-lease  ask a majority before each answer to a read, instead of counting on
              the others' promises: for clocks that are wrong by more than 5 %, or
              that jump by more than 20 ms within a quarter of a second

All nodes of a test must be given the same options.
";

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
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

/// What differs from the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Options {
    /// Whether reads rest on nothing but messages.
    no_lease: bool,
}

impl Options {
    /// Reads the command's arguments. `None` if they ask for help.
    ///
    /// # Errors
    /// What was expected and what was found.
    fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] => Ok(Some(Options::default())),
            ["--no-lease"] => Ok(Some(Options { no_lease: true })),
            ["--help" | "-h"] => Ok(None),
            _ => Err(format!(
                "expected --no-lease or nothing, found {:?}",
                arguments.join(" ")
            )),
        }
    }

    /// How the members are to behave.
    fn config(self) -> Config {
        Config {
            lease: !self.no_lease,
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>, String> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn arguments() {
        assert_eq!(parse(&[]), Ok(Some(Options::default())));
        let no_lease = parse(&["--no-lease"]).expect("it is one").expect("no help");
        assert!(!no_lease.config().lease && Options::default().config().lease);
        assert_eq!(parse(&["--help"]), Ok(None));
        let found = parse(&["--lease", "no"]);
        let refused = "expected --no-lease or nothing, found \"--lease no\"";
        assert_eq!(found, Err(refused.to_owned()));
    }

    /// What [`HELP`] says of clocks.
    #[test]
    fn the_bounds_are_those_of_the_members() {
        let Config {
            drift,
            jump,
            election_min,
            ..
        } = Options::default().config();
        assert_eq!((drift, jump), (0.05, Duration::from_millis(20)));
        assert_eq!(election_min, Duration::from_millis(250));
    }
}
