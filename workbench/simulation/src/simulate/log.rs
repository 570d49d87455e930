//! What a node of a simulated run logs at a moment: `RUST_LOG` for one node, and with times.

use std::ops::{ControlFlow, Range};
use std::time::Duration;

use super::Simulated;
use crate::run::{Inbox, Observer};

/// What is heard of a node.
struct Heard {
    moments: Range<Duration>,
    lines: Vec<(Duration, String)>,
}

impl Observer for Heard {
    fn logged(&mut self, at: Duration, _: &str, line: &str) {
        if self.moments.contains(&at) {
            self.lines.push((at, line.to_owned()));
        }
    }

    fn looks_at(&self) -> Option<Duration> {
        Some(self.moments.end)
    }

    fn look(&mut self, _: &[Inbox<'_>]) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

impl Simulated {
    /// What a node logs between these moments of the main phase, line by line: the run is done again
    /// for that, until then, and is the same. `filter` is what `RUST_LOG` is for a program, such as
    /// `debug`, or `raft=trace`. `workbench replay --log` is the same for programs.
    ///
    /// # Panics
    /// If there is no such node, or this program has a logger already, and not this one.
    #[track_caller]
    pub fn log(
        &self,
        node: &str,
        filter: &str,
        moments: Range<Duration>,
    ) -> Vec<(Duration, String)> {
        let nodes = &self.judged.config.nodes;
        assert!(
            nodes.iter().any(|name| name == node),
            "expected a node of the run, one of {nodes:?}, found {node}"
        );
        let lines = Vec::new();
        let mut heard = Heard { moments, lines };
        let _listening = maelstrom_node::testing::listen(node, filter).unwrap_or_else(|_| {
            panic!("what a node logs can be heard where the program has no logger; leave it out")
        });
        self.again(&mut heard);
        heard.lines
    }
}
