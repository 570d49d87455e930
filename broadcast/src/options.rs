//! The command, and where on the frontier between messages and latency it puts the node.

use std::process::ExitCode;
use std::time::Duration;

use gossip::Config;

use crate::Broadcast;
use crate::durability::{DURABLE, Durability, command};

/// What `--help` says.
const HELP: &str = "\
A node for the broadcast challenge.

usage: broadcast [--within MILLIS | --fast] [--durable]

  --within MILLIS  the promise: a message is at every node within this time, if
                   none is lost; from 1 to 60000. The longer, the fewer messages.
                   690 unless told otherwise, for 3d; 1900 is for 3e: a third of
                   the messages, three times as late
  --fast           send every message to every node at once: one hop, and
                   fifteen times as many messages
  --durable        a message is acknowledged once it is on the disk of this node,
                   and is not lost if that is killed
  --epoch MILLIS   the older way to say --within: 300 ms less

All nodes of a test must be given the same options.
";

/// What a promise is longer by than an epoch was, in 3d and 3e.
const UNDER_WAY: Duration = Duration::from_millis(300);

/// All of `main`: runs the node on stdin and stdout. It is compiled here, once for the command, its
/// tests and the examples.
pub fn main() -> ExitCode {
    command(
        HELP,
        Options::parse,
        |(options, durability)| match durability {
            Durability::Gossiped => maelstrom_node::run(move |node| Broadcast::new(&node, options)),
            Durability::Durable => {
                maelstrom_node::run(move |node| Broadcast::durable(&node, options))
            }
        },
    )
}

/// The choice of a place on the frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Options {
    /// Every message is everywhere within this time.
    Within(Duration),
    /// Every message goes to every node at once.
    Fast,
}

impl Default for Options {
    /// The fewest messages within 3d's limits of 400 ms in the median and
    /// 600 ms at most.
    fn default() -> Self {
        Options::Within(Duration::from_millis(690))
    }
}

impl Options {
    /// Reads the command's arguments. `None` if they ask for help.
    ///
    /// # Errors
    /// What was expected and what was found.
    fn parse(arguments: &[String]) -> Result<Option<(Options, Durability)>, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (durability, place) = match &arguments[..] {
            [place @ .., DURABLE] | [DURABLE, place @ ..] => (Durability::Durable, place),
            place => (Durability::Gossiped, place),
        };
        let options = match place[..] {
            [] => Options::default(),
            ["--help" | "-h"] => return Ok(None),
            ["--fast"] => Options::Fast,
            [option @ ("--within" | "--epoch"), millis] => {
                let under_way = match option {
                    "--epoch" => UNDER_WAY,
                    _ => Duration::ZERO,
                };
                match millis.parse() {
                    Ok(millis @ 1..=60_000) => {
                        let time = Duration::from_millis(millis);
                        Options::Within(time + under_way)
                    }
                    _ => {
                        return Err(format!(
                            "{option}: expected milliseconds from 1 to 60000, found {millis:?}"
                        ));
                    }
                }
            }
            _ => {
                return Err(format!(
                    "expected --within MILLIS, --fast or nothing, and perhaps {DURABLE}, found {:?}",
                    arguments.join(" ")
                ));
            }
        };
        Ok(Some((options, durability)))
    }

    /// What that means to gossip.
    pub(crate) fn config(self) -> Config {
        match self {
            Options::Within(within) => Config {
                within,
                eager: false,
                causal: false,
            },
            Options::Fast => Config {
                within: Duration::from_millis(330),
                eager: true,
                causal: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_understood_or_refused() {
        let parse = |arguments: &str| {
            let arguments: Vec<String> = arguments.split_whitespace().map(String::from).collect();
            Options::parse(&arguments)
        };
        let gossiped = |options| Ok(Some((options, Durability::Gossiped)));
        let durable = |options| Ok(Some((options, Durability::Durable)));
        let within = Options::Within(Duration::from_millis(1900));
        assert_eq!(parse(""), gossiped(Options::default()));
        assert_eq!(parse("--fast"), gossiped(Options::Fast));
        assert_eq!(parse("--within 1900"), gossiped(within));
        assert_eq!(parse("--durable"), durable(Options::default()));
        assert_eq!(parse("--durable --fast"), durable(Options::Fast));
        assert_eq!(parse("--within 1900 --durable"), durable(within));
        assert_eq!(parse("--help"), Ok(None));
        assert_eq!(
            parse("--within 0").unwrap_err(),
            "--within: expected milliseconds from 1 to 60000, found \"0\""
        );
        assert_eq!(
            parse("--fast --within").unwrap_err(),
            "expected --within MILLIS, --fast or nothing, and perhaps --durable, found \"--fast --within\""
        );
    }
}
