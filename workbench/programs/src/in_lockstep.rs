//! Child processes in virtual time: the real binary, as deterministic as the engine within it.
//! This is the workbench's side of what the crate `lockstep` has the lines of, and
//! `workbench/LOCKSTEP.md` the rules.

use std::time::Duration;

use lockstep::{Event, Said, Told, VERSION};
use maelstrom_node::disk::{Command, Files};

use super::Started;
use super::live::too_long;
use super::pipes::Poll;
use simulation::host::{Ending, Output, TimedNode};

/// How long, in real time, is waited before it is looked what else the node does.
const LOOK: Duration = Duration::from_millis(100);
/// How often, until a node's turn counts as one without end: 10 s.
const LOOKS: u32 = 100;
/// A turn that takes longer is a slow one: 1 s. All slow ones of a node together may
/// take as long as a single one.
const SLOW: u32 = 10;
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
    /// Why it cannot go on.
    failure: Option<String>,
    /// How long its slow turns took, in looks.
    slow: u32,
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
            failure: None,
            slow: 0,
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

    /// Tells it what happens now.
    fn tell(&mut self, now: Duration, event: Event<&[u8]>) {
        let mut told = Vec::new();
        Told::Turn(now, event).write(&mut told);
        self.started.feed.push(&told);
    }

    /// Waits for more of what it writes, and writes what it is to read meanwhile.
    fn more(&mut self, looks: &mut u32) -> Result<(), Broken> {
        let given_up = |why: String| Err(Broken::GivenUp(why));
        let Started {
            feed,
            lines,
            process,
        } = &mut self.started;
        loop {
            feed.write();
            let mut poll = Poll::default();
            poll.add_feed(feed);
            poll.add_lines(lines);
            let is_over = !poll.wait(LOOK);
            let has_news = poll.has_news(lines);
            if has_news {
                return match lines.read() {
                    true => Ok(()),
                    false => Err(Broken::Closed),
                };
            }
            if !is_over {
                continue;
            }
            *looks += 1;
            if let Some(why) = process.excess() {
                return given_up(why);
            }
            if process.is_debugged {
                continue;
            }
            let seconds = u64::from(LOOKS) * LOOK.as_millis() as u64 / 1000;
            if *looks >= LOOKS {
                return given_up(format!("it took more than {seconds} s for one turn"));
            }
            if *looks > SLOW && self.slow + *looks >= LOOKS {
                return given_up(format!(
                    "its turns of more than a second took {seconds} s together"
                ));
            }
        }
    }

    /// Reads what it writes until its turn ends.
    fn turn(&mut self, looks: &mut u32, say: &mut dyn FnMut(Output)) -> Result<(), Broken> {
        let given_up = |why: String| Err(Broken::GivenUp(why));
        let quoted =
            |line: &[u8]| String::from_utf8_lossy(&line[..line.len().min(100)]).into_owned();
        let mut written = 0;
        loop {
            let Some(line) = self.started.lines.next() else {
                if self.started.lines.is_too_long() {
                    return given_up(too_long());
                }
                self.more(looks)?;
                continue;
            };
            written += line.len() + 1;
            if self.state == State::Told {
                match lockstep::agreed(&line) {
                    Some(version) if version == u64::from(VERSION) => {}
                    Some(version) => {
                        return given_up(format!(
                            "expected that it goes in lockstep in version {VERSION}, the one it was \
                             asked for, found version {version}"
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
            let rest = self.started.lines.rest();
            return match rest.is_empty() {
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
        let mut looks = 0;
        match self.turn(&mut looks, say) {
            Ok(()) if looks > SLOW => self.slow += looks,
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

impl TimedNode for Node {
    fn line(&mut self, now: Duration, line: &[u8], say: &mut dyn FnMut(Output)) {
        match self.state {
            State::Over(_) => return,
            // This line, its first, it has been told already.
            State::Told => {}
            State::Fresh => {
                let feed = &mut self.started.feed;
                feed.push(line);
                feed.push(b"\n");
                self.state = State::Told;
            }
            State::Running => self.tell(now, Event::Message(line)),
        }
        self.take_turn(say);
    }

    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output)) {
        if self.state == State::Running {
            self.tell(now, Event::Nothing);
            self.take_turn(say);
        }
    }

    fn synced(&mut self, now: Duration, result: Result<(), String>, say: &mut dyn FnMut(Output)) {
        if self.state == State::Running {
            let event = result.map_or_else(Event::Failed, |()| Event::Synced);
            self.tell(now, event);
            self.take_turn(say);
        }
    }

    fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    fn disk_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    fn failure(&self) -> Option<String> {
        self.failure.clone()
    }

    fn stop(&mut self) -> Ending {
        let ended = self.state == State::Over(How::Ended);
        self.started.process.stop(ended)
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
