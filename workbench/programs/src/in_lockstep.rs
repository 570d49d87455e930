//! Child processes in virtual time: the real binary, as deterministic as the engine within it.
//! This is the workbench's side of what the crate `lockstep` has the lines of, and
//! `workbench/LOCKSTEP.md` the rules.

use std::collections::VecDeque;
use std::time::Duration;

use lockstep::{AHEAD, Event, Said, Told, VERSION};
use maelstrom_node::disk::{Command, Files};
use serde_json::value::RawValue;

use super::live::too_long;
use super::pipes::Poll;
use super::{Process, Started};
use simulation::host::{Elsewhere, Ending, Happens, Output, TimedNode};

/// How long, in real time, is waited before it is looked what else the node does.
const LOOK: Duration = Duration::from_millis(100);
/// How long a node may take for a turn, until it counts as one without end: [`Patience`] says how
/// that is counted.
const LONGEST: Duration = Duration::from_secs(10);
/// A turn that takes longer is a slow one. All slow ones of a node together may take as long as a
/// single one.
const SLOW: Duration = Duration::from_secs(1);
/// How much a node may write in a turn, in bytes.
const MOST_OUTPUT: usize = 16 << 20;

/// A node that is a process and goes in lockstep. It ends with this value.
#[derive(Debug)]
pub struct Node {
    started: Started,
    deadline: Option<Duration>,
    state: State,
    /// What it wants done on its disk, since that was last asked.
    commands: Vec<Command>,
    /// What it showed of its state, since that was last asked.
    shown: Option<String>,
    /// Why it cannot go on.
    failure: Option<String>,
    /// How long its slow turns took.
    slow: Duration,
    /// The turns that have begun and not ended, and whether it was told of them, or will be:
    /// of one that has ended, nobody waits for a turn.
    begun: VecDeque<bool>,
    /// What it is told when the turns before it have ended.
    later: VecDeque<Vec<u8>>,
    /// Whether it takes lines before the turns before them have ended: its version says so.
    reads_ahead: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// It was not told `init` yet.
    Fresh,
    /// It was told `init`, and its answer not yet read.
    Told,
    Running,
    Over(How),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Ended,
    GivenUp,
    Abandoned,
}

/// How long a node has taken for a turn. While it would go on and others have the processors, it
/// takes none of its time: what counts then is what it had of them.
#[derive(Debug, Default)]
struct Patience {
    taken: Duration,
    /// How much of the processors' time it had used when it was last looked at.
    used: Option<Duration>,
}

impl Patience {
    /// It was waited for, for the time between two looks.
    fn look(&mut self, process: &Process) {
        let pulse = process.pulse();
        let used = pulse.map(|pulse| pulse.processor);
        let since = self.used.zip(used);
        self.taken += match since {
            Some((before, now)) if pulse.is_some_and(|pulse| pulse.is_running) => {
                now.saturating_sub(before).min(LOOK)
            }
            _ => LOOK,
        };
        self.used = used;
    }
}

/// A turn that did not end as it should.
enum Broken {
    /// It closed its stdout.
    Closed,
    /// What it did, and what was expected.
    GivenUp(String),
}

impl Node {
    /// Of a process that has been told `init` and said that it goes in lockstep.
    pub(super) fn new(started: Started) -> Self {
        Node {
            started,
            deadline: None,
            state: State::Told,
            commands: Vec::new(),
            shown: None,
            failure: None,
            slow: Duration::ZERO,
            begun: VecDeque::new(),
            later: VecDeque::new(),
            reads_ahead: false,
        }
    }

    /// Of a process that was started again, and will find these files on its disk.
    pub(super) fn again(mut started: Started, files: Files) -> Self {
        let mut told = Vec::new();
        Told::Again.write(&mut told);
        for (name, bytes) in files {
            Told::File(name, bytes).write(&mut told);
        }
        started.feed.push(&told);
        let state = State::Fresh;
        Node {
            state,
            ..Node::new(started)
        }
    }

    /// Whether all its turns have ended.
    fn is_at_rest(&self) -> bool {
        !self.begun.contains(&true)
    }

    /// Tells it this, once it may be told.
    fn tell(&mut self, told: Vec<u8>) {
        match self.is_at_rest() || self.reads_ahead {
            true => self.started.feed.push(&told),
            false => self.later.push_back(told),
        }
        self.begun.push_back(true);
    }

    /// Waits for more of what it writes, and writes what it is to read meanwhile.
    fn more(&mut self, patience: &mut Patience) -> Result<(), Broken> {
        let given_up = |why: String| Err(Broken::GivenUp(why));
        let Started {
            feed,
            lines,
            process,
        } = &mut self.started;
        loop {
            feed.write();
            match lines.read_if_any() {
                Some(true) => return Ok(()),
                Some(false) => return Err(Broken::Closed),
                None => {}
            }
            let mut poll = Poll::default();
            poll.add_feed(feed);
            poll.add_lines(lines);
            if poll.wait(LOOK) {
                continue;
            }
            patience.look(process);
            if let Some(why) = process.excess() {
                return given_up(why);
            }
            if process.is_debugged {
                continue;
            }
            let (taken, seconds) = (patience.taken, LONGEST.as_secs());
            if taken >= LONGEST {
                return given_up(format!("it took more than {seconds} s for one turn"));
            }
            if taken > SLOW && self.slow + taken >= LONGEST {
                return given_up(format!(
                    "its turns of more than a second took {seconds} s together"
                ));
            }
        }
    }

    /// Reads what it writes until its turn ends.
    fn hear(&mut self, patience: &mut Patience, say: &mut dyn FnMut(Output)) -> Result<(), Broken> {
        let given_up = |why: String| Err(Broken::GivenUp(why));
        let quoted =
            |line: &[u8]| String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned();
        let mut written = 0;
        loop {
            let Some(line) = self.started.lines.next() else {
                if self.started.lines.is_too_long() {
                    return given_up(too_long());
                }
                self.more(patience)?;
                continue;
            };
            written += line.len() + 1;
            if self.state == State::Told {
                match lockstep::agreed(&line) {
                    Some(version) if version == u64::from(VERSION) => {}
                    Some(version) if version == u64::from(AHEAD) => self.reads_ahead = true,
                    Some(version) => {
                        return given_up(format!(
                            "expected that it goes in lockstep in version {VERSION} or {AHEAD}, the \
                             ones it was asked for, found version {version}"
                        ));
                    }
                    None => {
                        return given_up(format!(
                            "expected its first line to be \"= lockstep\", as of another node, found {:?}",
                            quoted(&line)
                        ));
                    }
                }
                self.state = State::Running;
                continue;
            }
            match Said::parse(&line) {
                Ok(Said::Message(_)) if written > MOST_OUTPUT => {
                    let most = MOST_OUTPUT >> 20;
                    return given_up(format!("it wrote more than {most} MiB in one turn"));
                }
                Ok(Said::Message(_)) => {
                    say(Output::Line(line));
                    continue;
                }
                Ok(Said::Disk(command)) => {
                    self.commands.push(command);
                    continue;
                }
                Ok(Said::State(json)) => {
                    if serde_json::from_str::<&RawValue>(json).is_err() {
                        let found = quoted(&line);
                        return given_up(format!("expected its state as JSON, found {found:?}"));
                    }
                    self.shown = Some(json.to_owned());
                    continue;
                }
                Ok(Said::Failed(why)) => {
                    self.failure = Some(why.to_owned());
                    // It takes nothing more, and is about to end.
                    self.state = State::Over(How::GivenUp);
                    return Ok(());
                }
                Ok(Said::End(deadline)) => self.deadline = deadline,
                Err(wrong) => {
                    let expected = wrong.expected;
                    return given_up(format!("expected {expected}, found {:?}", quoted(&line)));
                }
            }
            // Where it was told more, that is its answer.
            let is_quiet = self.reads_ahead && !self.is_at_rest();
            let rest = self.started.lines.rest();
            return match rest.is_empty() || is_quiet {
                true => Ok(()),
                false => given_up(format!(
                    "expected nothing between the end of its turn and the next one, found {:?}",
                    quoted(rest)
                )),
            };
        }
    }

    fn take_turn(&mut self, say: &mut dyn FnMut(Output)) {
        self.deadline = None;
        let mut patience = Patience::default();
        match self.hear(&mut patience, say) {
            Ok(()) if patience.taken > SLOW => self.slow += patience.taken,
            Ok(()) => {}
            Err(Broken::Closed) => {
                self.state = State::Over(How::Ended);
                // What it said before it ended counts, even half a line.
                while let Some(line) = self.started.lines.next() {
                    say(Output::Line(line));
                }
                say(Output::Closed);
            }
            Err(Broken::GivenUp(why)) => {
                self.deadline = None;
                self.state = State::Over(How::GivenUp);
                self.started.process.stop(false);
                say(Output::GivenUp(why));
            }
        }
    }
}

impl Elsewhere for Node {
    fn begin(&mut self, now: Duration, happens: Happens<'_>) {
        let mut told = Vec::new();
        match (&self.state, happens) {
            (State::Over(_), _) => return self.begun.push_back(false),
            // This line, its first, it has been told already.
            (State::Told, Happens::Line(_)) if self.is_at_rest() => {}
            (State::Fresh, Happens::Line(line)) => {
                told.extend_from_slice(line);
                told.push(b'\n');
                self.state = State::Told;
            }
            // It has no time yet.
            (State::Told, _) if self.is_at_rest() => return self.begun.push_back(false),
            (State::Fresh, _) => return self.begun.push_back(false),
            (State::Told | State::Running, Happens::Line(line)) => {
                Told::Turn(now, Event::Message(line)).write(&mut told);
            }
            (State::Told | State::Running, Happens::Nothing) => {
                Told::Turn(now, Event::Nothing).write(&mut told);
            }
            (State::Told | State::Running, Happens::Synced(result)) => {
                let event = result.map_or_else(Event::Failed, |()| Event::Synced);
                Told::Turn(now, event).write(&mut told);
            }
        }
        self.tell(told);
    }

    fn send(&mut self) {
        self.started.feed.write();
    }

    fn end(&mut self, say: &mut dyn FnMut(Output)) {
        let was_told = self.begun.pop_front().unwrap_or_default();
        if !was_told || matches!(self.state, State::Over(_)) {
            return;
        }
        self.take_turn(say);
        if let Some(told) = self.later.pop_front() {
            self.started.feed.push(&told);
            self.started.feed.write();
        }
    }

    fn abandon(&mut self) {
        self.begun.clear();
        if !matches!(self.state, State::Over(_)) {
            self.deadline = None;
            self.state = State::Over(How::Abandoned);
            self.started.process.stop(false);
        }
    }
}

impl TimedNode for Node {
    fn turn(&mut self, now: Duration, happens: Happens<'_>, say: &mut dyn FnMut(Output)) {
        self.begin(now, happens);
        self.end(say);
    }

    fn elsewhere(&mut self) -> Option<&mut dyn Elsewhere> {
        Some(self)
    }

    fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    fn disk_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn logged(&mut self) -> Vec<String> {
        self.started.process.heard()
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }

    fn state(&mut self) -> Option<String> {
        self.shown.take()
    }

    fn stop(&mut self) -> Ending {
        match self.state {
            // It had more to do.
            State::Over(How::Abandoned) => Ending::Stopped,
            State::Over(How::Ended) => self.started.process.stop(true),
            _ => self.started.process.stop(false),
        }
    }

    fn give_up(&mut self) {
        self.deadline = None;
        self.state = State::Over(How::GivenUp);
        self.started.process.stop(false);
    }

    fn last_words(&mut self) -> Vec<String> {
        self.started.process.last_words()
    }
}
