//! The command, and when a record is acknowledged.

use std::process::ExitCode;

use broadcast::durability::command;

use crate::Kafka;

/// What `--help` says.
const HELP: &str = "\
A node for the kafka challenge.

usage: kafka [--acks one | --acks all]

  --acks one  acknowledge a record once this node has it: no message to another
              node on the way (the default)
  --acks all  acknowledge a record once it is on the disks of this node and of
              every other that can be reached: nothing acknowledged is lost if
              nodes die, even if all do

All nodes of a test must be given the same options.
";

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
    command(HELP, Acks::parse, |acks| {
        maelstrom_node::run(move |node| Kafka::new(&node, acks))
    })
}

/// Who must have a record before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acks {
    /// The node it was sent to.
    #[default]
    One,
    /// Every node that can be reached, on its disk; that of the one that it was sent to among them.
    All,
}

impl Acks {
    /// Reads the command's arguments. `None` if they ask for help.
    ///
    /// # Errors
    /// What was expected and what was found.
    fn parse(arguments: &[String]) -> Result<Option<Acks>, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] | ["--acks", "one"] => Ok(Some(Acks::One)),
            ["--acks", "all"] => Ok(Some(Acks::All)),
            ["--help" | "-h"] => Ok(None),
            _ => Err(format!(
                "expected --acks one, --acks all or nothing, found {:?}",
                arguments.join(" ")
            )),
        }
    }
}
