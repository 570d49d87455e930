//! Walking through a run: it stands still at a moment of virtual time, says what is under way to
//! each node and what the node did last, and lets a debugger look into a node's process.

use std::fmt::Write as _;
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use programs::{Listening, Onlookers};
use simulation::run::{Inbox, Position};
use simulation::walk::{Walk as Way, shown};

use super::broken_off;
use super::signals::Signals;
use crate::cli::print;
use crate::terminal;

/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Where a run is to stand still.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Until {
    /// The time since the start of the main phase.
    pub(in crate::cli) at: Duration,
    /// The only node of interest, if there is one.
    pub(in crate::cli) node: Option<String>,
    /// Who is to look into that node.
    pub(in crate::cli) onlookers: Onlookers,
    /// From when on its log is shown, if it is listened to.
    pub(in crate::cli) listens_from: Duration,
}

/// A run on the way there.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    until: &'a Until,
    signals: &'a Signals,
    /// When the last phase is about to begin, since then.
    end: Duration,
    way: Way,
    /// Whether something of the log was shown.
    has_heard: bool,
    is_there: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(until: &'a Until, signals: &'a Signals) -> Self {
        Walk {
            until,
            signals,
            end: Duration::ZERO,
            way: Way::default(),
            has_heard: false,
            is_there: false,
        }
    }

    /// What is remembered of the way.
    pub(super) fn way(&mut self) -> &mut Way {
        &mut self.way
    }

    pub(super) fn moment(&self) -> Duration {
        self.until.at
    }

    pub(super) fn position(&mut self, position: Position) {
        self.end = position.end;
    }

    /// A line of the log that is listened to: shown at once, since the run may not come to the
    /// moment.
    pub(super) fn logged(&mut self, at: Duration, line: &str) {
        if self.is_there || at < self.until.listens_from {
            return;
        }
        let mut text = String::new();
        if !std::mem::replace(&mut self.has_heard, true) {
            let node = self.until.node.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{node} logs:");
        }
        let _ = writeln!(text, "    {} {}", shown(at), terminal::shown(line));
        say(&text);
    }

    /// The run stands at the moment, until it is to go on.
    pub(super) fn look(&mut self, inboxes: &[Inbox<'_>]) -> ControlFlow<()> {
        self.is_there = true;
        let Until {
            at,
            node,
            onlookers,
            listens_from,
        } = self.until;
        let mut text = String::new();
        if let Some(Listening { node, filter }) = &onlookers.listening
            && !self.has_heard
        {
            let _ = writeln!(
                text,
                "{node} logged nothing between {} and {}: it was told RUST_LOG={filter}, which \
                 nodes of maelstrom-node go by",
                shown(*listens_from),
                shown(*at)
            );
        }
        text += &self.way.told(*at, node.as_deref(), inboxes);
        let process = onlookers.debugger.as_ref().zip(node.as_ref());
        if let Some((processes, node)) = process {
            match processes.id(node) {
                Some(id) => {
                    let _ = writeln!(
                        text,
                        "{node} is process {id}: gdb -p {id}, or lldb -p {id}\n\
                         it waits for its next line, and so does the run: Enter to go on"
                    );
                }
                None => {
                    let _ = writeln!(text, "{node} has no process now: Enter to go on");
                }
            }
        }
        say(&text);
        match process {
            Some(_) => self.wait(),
            None => ControlFlow::Break(()),
        }
    }

    /// Waits for Enter, the end of the input, or an interrupt.
    fn wait(&self) -> ControlFlow<()> {
        let (told, tells) = mpsc::channel();
        let read = move || {
            let _ = io::stdin().read_line(&mut String::new());
            let _ = told.send(());
        };
        // Where no thread can be had, the channel is closed, and nobody waits.
        let _ = thread::Builder::new().spawn(read);
        while !self.signals.interrupted()
            && tells.recv_timeout(LONGEST_WAIT) == Err(RecvTimeoutError::Timeout)
        {}
        broken_off(self.signals)
    }

    /// What comes of the command if the run is not to be judged: it stood where it should, or
    /// never came there.
    pub(super) fn over(&self, virtual_time: bool, interrupted: bool) -> Option<Result<u8, String>> {
        match self.is_there {
            true if self.until.onlookers.debugger.is_none() => Some(Ok(0)),
            true => None,
            false if !virtual_time => Some(Err(
                "--until is for virtual time, and this program runs in real time, which does not \
                 stop: let it go in lockstep (workbench/LOCKSTEP.md)"
                    .to_owned(),
            )),
            false if interrupted => None,
            false => Some(Err(format!(
                "--until {}: expected a moment before the end of the run, at about {}",
                shown(self.until.at),
                shown(self.end)
            ))),
        }
    }
}

fn say(text: &str) {
    if let Err(why) = print(text) {
        terminal::tell(&format!("workbench: {why}"));
    }
}
