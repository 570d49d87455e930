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
//!     disks: PathBuf::from("disks"),
//!     show_stderr: None,
//! };
//! let names = ["n0".to_owned(), "n1".to_owned()];
//! let host = Programs::start(&program, &names, Clock::Real)?;
//! # Ok::<_, std::io::Error>(())
//! ```

pub mod cargo;
mod clock;
pub mod conformance;
#[cfg(target_os = "linux")]
mod forgetting;
mod in_lockstep;
mod live;
mod log;
pub mod module;
mod os;
mod pipes;
mod process;
mod processor;
pub mod profile;
#[cfg(target_os = "linux")]
mod reactive;
#[cfg(target_os = "linux")]
mod stillness;
#[cfg(target_os = "linux")]
mod subreaper;
#[cfg(target_os = "linux")]
mod zygote;

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub use lockstep::LOCKSTEP;
use maelstrom_node::Rng;
use maelstrom_node::disk::Files;

pub use clock::{Clock, Machines};
pub use in_lockstep::Node as Lockstep;
use live::Live;
use pipes::{Feed, Lines, Poll};
pub use process::{Listening, Onlookers, Processes, Program};
use process::{Nursery, Process, allow_files};
pub use processor::stay_on_processor;
use simulation::host::{Ending, Health, Host, Noise, Output, Silence, VirtualTime};
use simulation::run;
use simulation::workload::Workload;

/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Runs a program in virtual time, as [`simulate()`](simulation::simulate()) runs an engine: for
/// tests that hold the two against each other. The nodes' logs go to a folder that exists.
///
/// # Panics
/// If it cannot be started, or does not go in lockstep.
#[track_caller]
pub fn in_lockstep(
    bin: &str,
    args: &[&str],
    logs: &Path,
    config: &run::Config,
    workload: &mut dyn Workload,
) -> run::Outcome {
    let program = Program {
        bin: PathBuf::from(bin),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        logs: logs.to_owned(),
        disks: logs.to_owned(),
        show_stderr: None,
    };
    let started = Programs::start(&program, &config.nodes, Clock::of(config));
    let mut host = started.unwrap_or_else(|e| panic!("{e}"));
    let outcome = run::run(config, workload, &mut host, &mut ());
    assert!(!host.is_live(), "{bin} does not go in lockstep");
    outcome
}

/// Starts single nodes of a program that goes in lockstep, as [`host::TimedNode`]s, for whoever
/// moves their time alone: a node's place, how often it was started before, and what its disk
/// holds. What they draw follows from the seed.
///
/// [`host::TimedNode`]: simulation::host::TimedNode
pub fn one_by_one(
    program: &Program,
    names: &[String],
    seed: u64,
) -> impl FnMut(usize, u64, Files) -> io::Result<Lockstep> + use<> {
    let rng = Rng::new(seed);
    let seeds = names.iter().map(|_| rng.u64()).collect();
    allow_files(names.len());
    let nursery = Nursery::new(program, names, Some(seeds));
    move |node, restarts, files| {
        // There is no time but the nodes' own.
        let started = nursery.start(node, restarts, Duration::ZERO)?;
        Ok(Lockstep::again(started, files))
    }
}

/// Processes, one a node.
#[derive(Debug)]
pub struct Programs {
    state: State,
    refused: Option<String>,
    /// Whether it was asked for virtual time.
    is_asked: bool,
    looks_reactive: bool,
}

#[derive(Debug)]
enum State {
    /// None of them has written a line yet.
    Asked(Asked),
    Lockstep(VirtualTime<Lockstep>),
    #[cfg(target_os = "linux")]
    Reactive(VirtualTime<reactive::Reactive>, reactive::Refused),
    Live(Live),
    /// There are none.
    Over,
}

#[derive(Debug)]
struct Asked {
    nodes: Vec<Started>,
    /// Which were told `init`, in that order.
    told: Vec<usize>,
    at: Instant,
    nursery: Nursery,
    machines: Machines,
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
        Programs::start_for(program, names, clock, &Onlookers::default())
    }

    /// The same, with onlookers: not with [`Clock::Reactive`].
    ///
    /// # Errors
    /// As for [`Programs::start`].
    pub fn start_for(
        program: &Program,
        names: &[String],
        clock: Clock,
        onlookers: &Onlookers,
    ) -> io::Result<Self> {
        if let Clock::Reactive(machines) = clock {
            return Programs::reactive(program, names, machines);
        }
        let seeds = match clock {
            Clock::Real | Clock::Reactive(_) => None,
            Clock::Virtual(Machines { seed, .. }) => {
                let rng = Rng::new(seed);
                Some(names.iter().map(|_| rng.u64()).collect())
            }
        };
        allow_files(names.len());
        let mut nursery = Nursery::new(program, names, seeds).seen_by(onlookers);
        if matches!(clock, Clock::Virtual(machines) if machines.shows_states) {
            nursery = nursery.with(&[(lockstep::STATE, "1")]);
        }
        let nodes = (0..names.len()).map(|node| nursery.start(node, 0, Duration::ZERO));
        let nodes = nodes.collect::<io::Result<_>>()?;
        let at = live::now();
        let state = match clock {
            Clock::Real | Clock::Reactive(_) => State::Live(Live::new(nodes, at, nursery)),
            Clock::Virtual(machines) => State::Asked(Asked {
                nodes,
                told: Vec::new(),
                at,
                nursery,
                machines,
            }),
        };
        Ok(Programs {
            state,
            refused: None,
            is_asked: matches!(clock, Clock::Virtual(_)),
            looks_reactive: false,
        })
    }

    /// Whether nodes that ran in real time, though virtual time was asked for, seem to do nothing by
    /// themselves: when they were stopped, each of them waited for its input and for no time. Then
    /// [`Clock::reactive`] may be for them. Only on Linux.
    pub fn looks_reactive(&self) -> bool {
        self.looks_reactive
    }

    #[cfg(target_os = "linux")]
    fn reactive(program: &Program, names: &[String], machines: Machines) -> io::Result<Self> {
        if machines.has_virtual_faults {
            return Err(io::Error::other(
                "--nemesis clock, disk and lost-writes are for nodes that go in lockstep: a \
                 reactive one has no clock, and the disk of its machine; leave them out",
            ));
        }
        allow_files(names.len());
        // One thread of Go's at a time, and the same order of Python's sets: so that what comes
        // in between does not differ. Go gives memory back by timers, after a collection.
        let environment = &[
            ("GOMAXPROCS", "1"),
            ("GOGC", "off"),
            ("GOMEMLIMIT", "128MiB"),
            ("PYTHONHASHSEED", "0"),
        ];
        let nursery = Nursery::new(program, names, None).with(environment);
        let refused = reactive::Refused::default();
        let nodes = (0..names.len()).map(|node| nursery.start(node, 0, Duration::ZERO));
        let nodes = nodes
            .map(|started| Ok(reactive::Reactive::new(started?, &refused)))
            .collect::<io::Result<_>>()?;
        let again = std::rc::Rc::clone(&refused);
        let start = move |node, restarts, now, _: Files| {
            let started = nursery.start(node, restarts, now)?;
            Ok(reactive::Reactive::new(started, &again))
        };
        let host = VirtualTime::new(nodes, Box::new(start));
        let host = host.with_noise(machines.noise, machines.noise_seed);
        Ok(Programs {
            state: State::Reactive(host, refused),
            refused: None,
            is_asked: true,
            looks_reactive: false,
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn reactive(_: &Program, _: &[String], _: Machines) -> io::Result<Self> {
        Err(io::Error::other(
            "--reactive needs Linux, where it can be seen what a program waits for",
        ))
    }

    /// Why these nodes could not be run as it was asked for, if they could not: they
    /// have then all been stopped.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// Goes on as the answer has it.
    fn decide(&mut self, is_lockstep: bool) {
        let State::Asked(asked) = std::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        if !is_lockstep && asked.machines.noise != Noise::NONE {
            self.refused = Some(
                "--noise is for virtual time, and this program runs in real time, with the noise \
                 of its machine; leave it out"
                    .to_owned(),
            );
        } else if !is_lockstep && asked.machines.has_virtual_faults {
            self.refused = Some(
                "--nemesis clock, disk and lost-writes are for virtual time, and this program runs \
                 in real time, with the clock and the disk of its machine; leave them out: kill, \
                 pause and partitions are there for any program"
                    .to_owned(),
            );
        }
        self.state = match is_lockstep {
            true => {
                let nodes = asked.nodes.into_iter().map(Lockstep::new).collect();
                let (nursery, machines) = (asked.nursery, asked.machines);
                let is_looked_into = nursery.is_looked_into();
                let start = move |node, restarts, now, files: Files| {
                    Ok(Lockstep::again(nursery.start(node, restarts, now)?, files))
                };
                let host = VirtualTime::new(nodes, Box::new(start));
                let host = host.with_noise(machines.noise, machines.noise_seed);
                let host = host.with_disks(machines.disk, machines.disk_seed);
                let host = host.with_states(machines.shows_states);
                let mut host = match is_looked_into {
                    true => host, // whoever looks into one finds it between two turns
                    false => host.side_by_side(),
                };
                for node in asked.told {
                    host.deliver(node, b"");
                }
                State::Lockstep(host)
            }
            false => State::Live(Live::new(asked.nodes, asked.at, asked.nursery)),
        };
    }

    fn host(&mut self) -> Option<&mut dyn Host> {
        match &mut self.state {
            State::Asked(_) | State::Over => None,
            State::Lockstep(host) => Some(host),
            #[cfg(target_os = "linux")]
            State::Reactive(host, _) => Some(host),
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
            if let Some(line) = node.lines.peek() {
                return Some(lockstep::agreed(line).is_some());
            }
            if node.lines.is_closed() || node.lines.is_too_long() {
                return Some(false);
            }
        }
        (self.at.elapsed() >= self.machines.patience).then_some(false)
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
            #[cfg(target_os = "linux")]
            State::Reactive(host, _) => host.deliver(node, line),
            State::Live(host) => host.deliver(node, line),
            State::Over => {}
        }
    }

    fn foresee(&mut self, node: usize, at: Duration, line: &[u8]) {
        if let State::Lockstep(host) = &mut self.state {
            host.foresee(node, at, line);
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
        let waited = host.map_or_else(Default::default, |host| host.wait(until));
        #[cfg(target_os = "linux")]
        if let State::Reactive(_, refused) = &self.state
            && let Some(why) = &*refused.borrow()
        {
            self.refused = Some(format!(
                "--reactive is for programs that do nothing by themselves, and of this one {why}: \
                 it has timers, whose time is real; leave --reactive out, or let it go in \
                 lockstep (workbench/adapters)"
            ));
        }
        waited
    }

    fn kill(&mut self, node: usize) {
        if let Some(host) = self.host() {
            host.kill(node);
        }
    }

    fn start(&mut self, node: usize) {
        if let Some(host) = self.host() {
            host.start(node);
        }
    }

    fn pause(&mut self, node: usize) {
        if self.is_live() && !os::PAUSES {
            self.refused = Some(
                "--nemesis pause is for virtual time here, and this program runs in real time: \
                 Windows does not stop a process and let it go on; leave it out: kill and \
                 partitions are there for any program"
                    .to_owned(),
            );
        } else if let Some(host) = self.host() {
            host.pause(node);
        }
    }

    fn resume(&mut self, node: usize) {
        if let Some(host) = self.host() {
            host.resume(node);
        }
    }

    fn set_clock(&mut self, node: usize, jump: Duration, fast: i32) {
        if let Some(host) = self.host() {
            host.set_clock(node, jump, fast);
        }
    }

    fn set_disk(&mut self, node: usize, health: Health) {
        if let Some(host) = self.host() {
            host.set_disk(node, health);
        }
    }

    fn stop(&mut self) -> Vec<Ending> {
        if let State::Live(host) = &self.state {
            self.looks_reactive = self.is_asked && host.is_still();
        }
        match &mut self.state {
            State::Asked(asked) => {
                let nodes = asked.nodes.iter_mut();
                nodes.map(|node| node.process.stop(false)).collect()
            }
            State::Lockstep(host) => host.stop(),
            #[cfg(target_os = "linux")]
            State::Reactive(host, _) => host.stop(),
            State::Live(host) => host.stop(),
            State::Over => Vec::new(),
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
