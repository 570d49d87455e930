//! Child processes as nodes: in lockstep if the program goes in it, in real time if
//! not.
//!
//! Which of the two, they are asked in their environment ([`LOCKSTEP`]): a program that
//! knows nothing of it is started, told `init` and served just as by Maelstrom. The
//! first line that one of them writes is the answer, so the question costs nothing.
//!
//! ```no_run
//! # use std::path::PathBuf; use std::time::Duration;
//! use programs::{Clock, Program, Programs};
//!
//! let program = Program {
//!     bin: PathBuf::from("./node.py"),
//!     args: vec![],
//!     logs: PathBuf::from("node-logs"),
//!     show_stderr: None,
//! };
//! let names = ["n0".to_owned(), "n1".to_owned()];
//! let host = Programs::start(&program, &names, Clock::Real)?;
//! # Ok::<_, std::io::Error>(())
//! ```

mod live;
mod lockstep;
mod log;
mod pipes;
mod process;
#[cfg(target_os = "linux")]
mod subreaper;

use std::io;
use std::time::{Duration, Instant};

pub use maelstrom_node::LOCKSTEP;
use maelstrom_node::Rng;

use live::Live;
use lockstep::{AGREED, Node};
use pipes::{Feed, Lines, Poll};
pub use process::Program;
use process::{Budget, Process, allow_files};
use simulation::host::{Ending, Host, Noise, Output, Silence, VirtualTime};

/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// What time nodes are to have.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Real time, whatever they are.
    Real,
    /// Virtual time, if they go in lockstep.
    Virtual {
        /// What their random numbers follow from.
        seed: u64,
        /// How tired the machine is.
        noise: Noise,
        /// What its delays follow from.
        noise_seed: u64,
        /// How long one of them may take for its first line.
        patience: Duration,
    },
}

/// Processes, one a node.
#[derive(Debug)]
pub struct Programs {
    state: State,
    refused: Option<&'static str>,
}

#[derive(Debug)]
enum State {
    /// None of them has written a line yet.
    Asked(Asked),
    Lockstep(VirtualTime<Node>),
    Live(Live),
}

#[derive(Debug)]
struct Asked {
    nodes: Vec<Started>,
    /// Which were told `init`, in that order.
    told: Vec<usize>,
    at: Instant,
    noise: Noise,
    noise_seed: u64,
    patience: Duration,
}

/// A process that was started, and its pipes.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) process: Process,
    pub(crate) feed: Feed,
    pub(crate) lines: Lines,
}

impl Programs {
    /// Starts a process for each name.
    ///
    /// # Errors
    /// When it cannot be started, or its log not be written: which, and what to do about
    /// it.
    pub fn start(program: &Program, names: &[String], clock: Clock) -> io::Result<Self> {
        let seed = match clock {
            Clock::Real => None,
            Clock::Virtual { seed, .. } => Some(Rng::new(seed)),
        };
        allow_files(names.len());
        let budget = Budget::new();
        let start = |name: &String| {
            let seed = seed.as_ref().map(Rng::u64);
            let (process, stdin, stdout) = Process::start(program, name, seed, &budget)?;
            Ok(Started {
                process,
                feed: Feed::new(stdin)?,
                lines: Lines::new(stdout),
            })
        };
        let nodes = names.iter().map(start).collect::<io::Result<_>>()?;
        let at = live::now();
        let state = match clock {
            Clock::Real => State::Live(Live::new(nodes, at)),
            Clock::Virtual {
                noise,
                noise_seed,
                patience,
                ..
            } => State::Asked(Asked {
                nodes,
                told: Vec::new(),
                at,
                noise,
                noise_seed,
                patience,
            }),
        };
        let refused = None;
        Ok(Programs { state, refused })
    }

    /// Why these nodes could not be run as it was asked for, if they could not: they
    /// have then all been stopped.
    pub fn refused(&self) -> Option<&str> {
        self.refused
    }

    /// Goes on as the answer has it.
    fn decide(&mut self, is_lockstep: bool) {
        let empty = State::Live(Live::new(Vec::new(), live::now()));
        let State::Asked(asked) = std::mem::replace(&mut self.state, empty) else {
            return;
        };
        if !is_lockstep && asked.noise != Noise::NONE {
            self.refused = Some(
                "--noise is for virtual time, and this program runs in real time, with the noise \
                 of its machine; leave it out",
            );
        }
        self.state = match is_lockstep {
            true => {
                let nodes = asked.nodes.into_iter().map(Node::new).collect();
                let host = VirtualTime::new(nodes);
                let mut host = host.with_noise(asked.noise, asked.noise_seed);
                for node in asked.told {
                    host.deliver(node, b"");
                }
                State::Lockstep(host)
            }
            false => State::Live(Live::new(asked.nodes, asked.at)),
        };
    }

    fn host(&mut self) -> Option<&mut dyn Host> {
        match &mut self.state {
            State::Asked(_) => None,
            State::Lockstep(host) => Some(host),
            State::Live(host) => Some(host),
        }
    }
}

impl Asked {
    /// Waits a little for the first line, or for what ends all waiting for one: true if
    /// it is that of lockstep.
    fn listen(&mut self) -> Option<bool> {
        self.nodes.iter_mut().for_each(|node| node.feed.write());
        let mut poll = Poll::default();
        for node in &self.nodes {
            poll.add_feed(&node.feed);
            poll.add_lines(&node.lines);
        }
        poll.wait(LONGEST_WAIT);
        let nodes = self.nodes.iter();
        let news: Vec<bool> = nodes.map(|node| poll.has_news(&node.lines)).collect();
        for (node, has_news) in self.nodes.iter_mut().zip(news) {
            if has_news {
                node.lines.read();
            }
            let rest = node.lines.rest();
            if rest.contains(&b'\n') {
                return Some(rest.starts_with(AGREED) && rest[AGREED.len()] == b'\n');
            }
            if node.lines.is_closed() || node.lines.is_too_long() {
                return Some(false);
            }
        }
        (self.at.elapsed() >= self.patience).then_some(false)
    }
}

impl Host for Programs {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        match &mut self.state {
            State::Asked(asked) => {
                let feed = &mut asked.nodes[node].feed;
                feed.push(line);
                feed.push(b"\n");
                asked.told.push(node);
            }
            State::Lockstep(host) => host.deliver(node, line),
            State::Live(host) => host.deliver(node, line),
        }
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        if let State::Asked(asked) = &mut self.state {
            let Some(is_lockstep) = asked.listen() else {
                return (Duration::ZERO, Vec::new());
            };
            self.decide(is_lockstep);
        }
        if self.refused.is_some() {
            return (Duration::ZERO, vec![(0, Output::Closed)]);
        }
        let host = self.host();
        host.map_or_else(Default::default, |host| host.wait(until))
    }

    fn stop(&mut self) -> Vec<Ending> {
        match &mut self.state {
            State::Asked(asked) => {
                let nodes = asked.nodes.iter_mut();
                nodes.map(|node| node.process.stop(false)).collect()
            }
            State::Lockstep(host) => host.stop(),
            State::Live(host) => host.stop(),
        }
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        let host = self.host();
        host.map_or_else(Vec::new, |host| host.last_words(node))
    }

    fn silence(&mut self, node: usize) -> Silence {
        let host = self.host();
        host.map_or_else(Silence::default, |host| host.silence(node))
    }

    fn is_live(&self) -> bool {
        matches!(self.state, State::Live(_))
    }
}
