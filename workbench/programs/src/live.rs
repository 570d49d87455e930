//! Programs in any language, in real time.
//!
//! One thread waits for all their pipes and for the next event of the run, so that
//! nothing but the machine itself makes a message late.

use std::time::{Duration, Instant};

use super::Started;
use super::pipes::{LONGEST_LINE, MOST_UNREAD, Poll};
use super::process::Nursery;
use simulation::host::{Ending, Host, Output, Silence};

/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Child processes, one a node.
#[derive(Debug)]
pub(super) struct Live {
    started: Instant,
    nodes: Vec<Node>,
    nursery: Nursery,
    /// What is to be said of nodes that could not be started again.
    said: Vec<(usize, Output)>,
}

#[derive(Debug)]
struct Node {
    started: Started,
    state: State,
    /// How often it was started again.
    restarts: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    /// It closed its stdout.
    Closed,
    GivenUp,
    /// It was killed, and not started again yet.
    Dead,
}

impl Live {
    /// These processes, which were started at this moment.
    pub(super) fn new(nodes: Vec<Started>, started: Instant, nursery: Nursery) -> Self {
        let node = |started| Node {
            started,
            state: State::Running,
            restarts: 0,
        };
        Live {
            started,
            nodes: nodes.into_iter().map(node).collect(),
            nursery,
            said: Vec::new(),
        }
    }
}

impl Live {
    /// Whether every node has read all of its input and waits for more, and for no time: now, or in
    /// a moment.
    #[cfg(target_os = "linux")]
    pub(super) fn is_still(&self) -> bool {
        use super::process::soon;
        use super::stillness::{Doing, Runtime, look, pipe_of};
        let mut runtime = Runtime::default();
        self.nodes.iter().all(|node| {
            let Started { process, feed, .. } = &node.started;
            let stdin = pipe_of(feed.pipe()).unwrap_or_default();
            node.state == State::Running
                && soon(|| {
                    feed.is_read() && look(process.id(), &stdin, &mut runtime).doing == Doing::Waits
                })
        })
    }

    /// That cannot be seen here.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_still(&self) -> bool {
        false
    }
}

impl Node {
    /// The lines that have been read, and what else there is to say of it.
    fn output(&mut self) -> Vec<Output> {
        let Started { lines, .. } = &mut self.started;
        let mut output: Vec<Output> = std::iter::from_fn(|| lines.next())
            .map(Output::Line)
            .collect();
        if lines.is_closed() {
            self.state = State::Closed;
            output.push(Output::Closed);
        } else if let Some(why) = self.excess() {
            self.state = State::GivenUp;
            self.started.process.stop(false);
            output.push(Output::GivenUp(why));
        }
        output
    }

    /// Why it must not go on, if it must not.
    fn excess(&self) -> Option<String> {
        let Started {
            process,
            lines,
            feed,
            ..
        } = &self.started;
        if lines.is_too_long() {
            return Some(too_long());
        }
        if feed.waiting() > MOST_UNREAD {
            let most = MOST_UNREAD >> 20;
            return Some(format!(
                "it does not read its stdin, where more than {most} MiB wait"
            ));
        }
        process.excess()
    }
}

/// What a node is told that never ends its line.
pub(super) fn too_long() -> String {
    let most = LONGEST_LINE >> 20;
    format!("it wrote more than {most} MiB to stdout without a newline")
}

impl Host for Live {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        let Node { started, state, .. } = &mut self.nodes[node];
        if *state != State::Dead {
            started.feed.push(line);
            started.feed.push(b"\n");
        }
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        let is_running = |node: &Node| node.state == State::Running;
        for node in self.nodes.iter_mut().filter(|node| is_running(node)) {
            node.started.feed.write();
        }
        let mut poll = Poll::default();
        for node in self.nodes.iter().filter(|node| is_running(node)) {
            poll.add_feed(&node.started.feed);
            poll.add_lines(&node.started.lines);
        }
        let left = until.map_or(LONGEST_WAIT, |until| {
            until.saturating_sub(self.started.elapsed())
        });
        poll.wait(left.min(LONGEST_WAIT));
        let nodes = self.nodes.iter();
        let news: Vec<bool> = nodes
            .map(|node| poll.has_news(&node.started.lines))
            .collect();
        let mut output = std::mem::take(&mut self.said);
        for (i, node) in self.nodes.iter_mut().enumerate() {
            if is_running(node) {
                if news[i] {
                    node.started.lines.read();
                }
                output.extend(node.output().into_iter().map(|said| (i, said)));
            }
        }
        (self.started.elapsed(), output)
    }

    fn kill(&mut self, node: usize) {
        let Node { started, state, .. } = &mut self.nodes[node];
        started.process.stop(false);
        *state = State::Dead;
    }

    fn start(&mut self, node: usize) {
        let place = node;
        let node = &mut self.nodes[place];
        node.restarts += 1;
        match self.nursery.start(place, node.restarts, Duration::ZERO) {
            Ok(started) => (node.started, node.state) = (started, State::Running),
            Err(e) => {
                let why = format!("it cannot be started again: {e}");
                self.said.push((place, Output::GivenUp(why)));
            }
        }
    }

    fn pause(&mut self, node: usize) {
        self.nodes[node].started.process.pause(true);
    }

    fn resume(&mut self, node: usize) {
        self.nodes[node].started.process.pause(false);
    }

    fn stop(&mut self) -> Vec<Ending> {
        let stop = |node: &mut Node| match node.state {
            State::Dead => Ending::Stopped,
            state => node.started.process.stop(state == State::Closed),
        };
        self.nodes.iter_mut().map(stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        self.nodes[node].started.process.last_words()
    }

    fn silence(&mut self, node: usize) -> Silence {
        self.nodes[node].started.silence()
    }

    fn is_live(&self) -> bool {
        true
    }
}

impl Started {
    /// What is seen of it from outside.
    fn silence(&self) -> Silence {
        let rest = self.lines.rest();
        Silence {
            unfinished: (!rest.is_empty())
                .then(|| (rest[..rest.len().min(1000)].to_vec(), rest.len())),
            pulse: self.process.pulse(),
        }
    }
}

/// Now, in real time.
pub(super) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "this is for real time")]
    Instant::now()
}
