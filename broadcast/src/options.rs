//! Where on the frontier between messages and latency the node is to be.

use std::time::Duration;

use gossip::Config;

/// What `--help` says.
pub const HELP: &str = "\
A node for the broadcast challenge.

usage: broadcast [--fast | --epoch MILLIS]

  --epoch MILLIS  gather messages for this long before they go to all nodes,
                  from 1 to 60000; 470 unless told otherwise, for 3d.
                  1600 is for 3e: a third of the messages, three times as late
  --fast          send every message to every node at once: one hop, and
                  fifteen times as many messages

All nodes of a test must be given the same options.
";

/// The choice of a place on the frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Options {
    /// Messages are gathered for this long at most.
    Epoch(Duration),
    /// Every message goes to every node at once.
    Fast,
}

impl Default for Options {
    /// The fewest messages within 3d's limits of 400 ms in the median and
    /// 600 ms at most.
    fn default() -> Self {
        Options::Epoch(Duration::from_millis(470))
    }
}

impl Options {
    /// Reads the command's arguments. `None` if they ask for help.
    ///
    /// # Errors
    /// What was expected and what was found.
    pub fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments[..] {
            [] => Ok(Some(Options::default())),
            ["--help" | "-h"] => Ok(None),
            ["--fast"] => Ok(Some(Options::Fast)),
            ["--epoch", millis] => match millis.parse() {
                Ok(millis @ 1..=60_000) => Ok(Some(Options::Epoch(Duration::from_millis(millis)))),
                _ => Err(format!(
                    "--epoch: expected milliseconds from 1 to 60000, found {millis:?}"
                )),
            },
            _ => Err(format!(
                "expected --fast, --epoch MILLIS or nothing, found {:?}",
                arguments.join(" ")
            )),
        }
    }

    /// What that means to gossip.
    pub(crate) fn config(self) -> Config {
        match self {
            Options::Epoch(epoch) => Config {
                epoch,
                eager: false,
            },
            Options::Fast => Config {
                epoch: Duration::from_millis(100),
                eager: true,
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
        assert_eq!(parse(""), Ok(Some(Options::default())));
        assert_eq!(parse("--fast"), Ok(Some(Options::Fast)));
        assert_eq!(
            parse("--epoch 1600"),
            Ok(Some(Options::Epoch(Duration::from_millis(1600))))
        );
        assert_eq!(parse("--help"), Ok(None));
        assert_eq!(
            parse("--epoch 0").unwrap_err(),
            "--epoch: expected milliseconds from 1 to 60000, found \"0\""
        );
        assert_eq!(
            parse("--fast --epoch").unwrap_err(),
            "expected --fast, --epoch MILLIS or nothing, found \"--fast --epoch\""
        );
    }
}
