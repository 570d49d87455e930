//! What the nodes write, and how they end.

use maelstrom_node::wire;

use super::{Phase, Problem, Run};
use crate::host::{Ending, Output};

impl Run<'_> {
    pub(super) fn output(&mut self, node: usize, output: Output) {
        match output {
            Output::Line(line) => self.line(node, line),
            Output::Closed if !self.nodes[node].ended => {
                self.nodes[node].ended = true;
                // It will not recover, and its end is what there is to see.
                self.phase = Phase::Over;
            }
            Output::Closed => {}
        }
    }

    /// Puts what a node wrote onto the network. After a line that is no message
    /// or that goes nowhere, Maelstrom reads no more of this node; so it is
    /// here, since a node that only works here would be worth nothing.
    fn line(&mut self, node: usize, line: Vec<u8>) {
        if self.nodes[node].mute {
            return;
        }
        let found = match wire::Message::parse(&line) {
            Ok(message) => {
                let src = self.network.find(&message.src);
                let dest = self.network.find(&message.dest);
                match (src, dest) {
                    (Some(src), Some(dest)) => Ok((src, dest)),
                    (None, _) => Err(Problem::unknown("src", &message.src, &line)),
                    (_, None) => Err(Problem::unknown("dest", &message.dest, &line)),
                }
            }
            Err(e) => Err(Problem::no_message(&e, &line)),
        };
        match found {
            Ok((src, dest)) => {
                self.transmit(src, dest, line);
                self.dam(node);
            }
            Err(what) => {
                self.nodes[node].mute = true;
                self.problem(node, what);
            }
        }
    }

    /// Ends the run when there are more messages than anyone means to send:
    /// they would fill the memory, or time would never pass.
    fn dam(&mut self, node: usize) {
        self.at_this_moment += 1;
        let limit = self.config.flood;
        let what = if self.at_this_moment > limit {
            format!("it and the others wrote more than {limit} messages at one moment")
        } else if self.network.under_way() > limit {
            format!("more than {limit} messages were under way when it sent one more")
        } else {
            return;
        };
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.problem(node, format!("a flood: {what}; the run ends here"));
        }
    }

    pub(super) fn problem(&mut self, node: usize, what: String) {
        let last_words = self.host.last_words(node);
        self.problems.push(Problem {
            node: self.config.nodes[node].clone(),
            time: self.now.saturating_sub(self.start),
            what,
            last_words,
        });
    }

    pub(super) fn ended(&mut self, node: usize, ending: Ending) {
        let what = match ending {
            Ending::Ended(how) => {
                format!("it ended by itself during the test: {how}")
            }
            Ending::Stopped if self.nodes[node].ended => {
                "it closed its stdout during the test".to_owned()
            }
            Ending::Stopped => return,
        };
        self.problem(node, what);
    }
}
