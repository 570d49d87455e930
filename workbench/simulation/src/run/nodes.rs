//! What the nodes write, and how they end.

use std::time::Duration;

use super::{Event, Phase, Problem, Run, limits};
use crate::host::{Ending, Output};
use crate::nemesis::rule::Happening;
use crate::network::EndpointId;
use crate::wire::{self, Body, Envelope};

/// A node, as the run knows it.
pub(super) struct Node {
    pub(super) endpoint: EndpointId,
    /// The client that sent `init` or what the workload sets it up with, until
    /// that is answered.
    pub(super) asked_by: Option<EndpointId>,
    /// What that client was sent that is no answer, of such the first.
    pub(super) instead: Option<String>,
    /// Whether it has written a line.
    pub(super) wrote: bool,
    /// Whether a problem of it is known.
    pub(super) accused: bool,
    /// Once it broke the protocol, nothing it writes counts any more.
    pub(super) mute: bool,
    pub(super) ended: bool,
    pub(super) is_alive: bool,
    /// It ended because its disk failed.
    pub(super) disk_failed: bool,
    /// How often it was started again.
    pub(super) life: u32,
    /// After how many things more that it does it is killed, if it is to be.
    pub(super) steps_left: Option<u32>,
    pub(super) unsynced: Unsynced,
}

/// Since when there is something on a node's disk that may be lost.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// Which no sync is about,
    new: Option<Duration>,
    /// or the one that is under way.
    in_sync: Option<Duration>,
}

impl Unsynced {
    pub(super) fn since(&self) -> Option<Duration> {
        self.in_sync.or(self.new)
    }
}

impl Node {
    /// At this endpoint, alive, and told nothing yet.
    pub(super) fn new(endpoint: EndpointId) -> Self {
        Node {
            endpoint,
            asked_by: None,
            instead: None,
            wrote: false,
            accused: false,
            mute: false,
            ended: false,
            is_alive: true,
            disk_failed: false,
            life: 0,
            steps_left: None,
            unsynced: Unsynced::default(),
        }
    }
}

impl Run<'_> {
    pub(super) fn output(&mut self, node: usize, output: Output) {
        if let Output::Logged(at, line) = output {
            let since = at.checked_sub(self.start);
            if let Some(at) = since.filter(|_| self.has_begun()) {
                self.observer.logged(at, &self.config.nodes[node], &line);
            }
            return;
        }
        if let Output::Shows { at, state } = output {
            if self.nodes[node].is_alive {
                self.shows(node, at, &state);
            }
            return;
        }
        // It did this before it died, but nobody has taken it over.
        if !self.nodes[node].is_alive || self.dies_before(node) {
            return;
        }
        match output {
            Output::Line(line) => self.line(node, &line),
            Output::Closed if !self.nodes[node].ended => {
                self.nodes[node].ended = true;
                // It will not recover, and its end is what there is to see.
                self.phase = Phase::Over;
            }
            Output::Closed => {}
            Output::GivenUp(why) => {
                self.problem(node, format!("{why}; it was ended, and the run with it"));
                self.phase = Phase::Over;
            }
            Output::Still(until) => self.tell(Event::Still { node, until }),
            Output::Wrote(file) => {
                self.nodes[node].unsynced.new.get_or_insert(self.now);
                self.happens(Happening::Wrote { node, file: &file });
            }
            Output::Syncs => {
                let Unsynced { new, in_sync } = &mut self.nodes[node].unsynced;
                *in_sync = new.take();
                self.happens(Happening::Syncs { node });
            }
            Output::Synced => self.nodes[node].unsynced.in_sync = None,
            Output::Failed(why) => self.failed(node, why),
            Output::Logged(..) | Output::Shows { .. } => {}
        }
    }

    /// Puts what a node wrote onto the network. After a line that is no message
    /// or that goes nowhere, Maelstrom reads no more of this node; so it is
    /// here, since a node that only works here would be worth nothing.
    fn line(&mut self, node: usize, line: &[u8]) {
        self.nodes[node].wrote = true;
        if self.nodes[node].mute {
            return;
        }
        if let Err(what) = self.put_through(node, line) {
            self.nodes[node].mute = true;
            self.problem(node, what);
            // It will never answer what everything waits for.
            if self.nodes[node].asked_by.is_some() {
                self.phase = Phase::Over;
            }
            return;
        }
        self.dam(node);
    }

    /// Sends a node's line on its way, its body as it is.
    fn put_through(&mut self, node: usize, line: &[u8]) -> Result<(), String> {
        let no_message = |e| Problem::no_message(&e, line);
        let text = wire::text(line).map_err(no_message)?;
        let Envelope { src, dest, body } = Envelope::parse(&text).map_err(no_message)?;
        let (from, to) = (self.network.find(&src), self.network.find(&dest));
        let from = from.ok_or_else(|| Problem::unknown("src", &src, line))?;
        let Some(to) = to else {
            // It may have stood still for so long that its client has given up.
            return match self.may_stand_still() && dest.starts_with('c') {
                true => Ok(()),
                false => Err(Problem::unknown("dest", &dest, line)),
            };
        };
        self.send(from, to, body);
        if !self.rules.is_empty() {
            let kind = Body::parse(body).ok();
            let kind = kind.as_ref().and_then(Body::kind).unwrap_or_default();
            self.happens(Happening::Sent { node, kind });
        }
        Ok(())
    }

    /// Ends the run when there are more messages than anyone means to send: they would
    /// fill the memory, or time would never pass.
    fn dam(&mut self, node: usize) {
        self.at_this_moment += 1;
        self.by_nodes += 1;
        let limit = self.config.flood;
        let seconds = self.now.saturating_sub(self.start).as_secs_f64();
        let count = self.nodes.len() as f64;
        let allowed = limits::MESSAGES_PER_SECOND * (1.0 + seconds)
            + limits::MESSAGES_PER_PAIR * count * count
            + limits::MESSAGES_PER_OPERATION * self.history.len() as f64;
        let what = if self.at_this_moment > limit {
            format!("it and the others wrote more than {limit} messages at one moment")
        } else if self.network.under_way() > limit {
            format!("more than {limit} messages were under way when it sent one more")
        } else if self.network.bytes_under_way() > limits::BYTES_UNDER_WAY {
            let most = limits::BYTES_UNDER_WAY >> 20;
            format!("messages of more than {most} MiB were under way when it sent one more")
        } else if self.by_nodes as f64 > allowed {
            let (count, operations) = (self.by_nodes, self.history.len().div_ceil(2));
            format!(
                "it and the others wrote {count} messages in {seconds:.3} s, for {operations} \
                 operations"
            )
        } else {
            return;
        };
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.problem(node, format!("a flood: {what}; the run ends here"));
        }
    }

    /// The nodes that have written part of a line.
    pub(super) fn unfinished(&mut self) -> Vec<(String, usize)> {
        let mut unfinished = Vec::new();
        for (node, name) in self.config.nodes.iter().enumerate() {
            let silence = self.host.silence(node);
            let bytes = silence.unfinished.map(|(_, bytes)| (name.clone(), bytes));
            unfinished.extend(bytes.filter(|_| !self.nodes[node].accused));
        }
        unfinished
    }

    /// Accuses a node, unless it has been already: what it does after its first fault
    /// follows from that.
    pub(super) fn problem(&mut self, node: usize, what: String) {
        if self.nodes[node].accused {
            return;
        }
        self.nodes[node].accused = true;
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
