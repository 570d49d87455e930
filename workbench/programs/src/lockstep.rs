//! Child processes written with maelstrom-node, in virtual time: the real
//! binary, as deterministic as the engine within it.
//!
//! One that was asked for it agrees with the line `= lockstep`, its first. After
//! `init`, each line to the node begins with the time in nanoseconds, and each turn of
//! the node ends with `= ` and its next deadline, or `-`. What it wants done on its disk it
//! says in lines of its own, such as `= append raft.log 00ff` and `= sync`; `= synced`, in
//! the place of a message, tells it that this was done. Before `init`, `= again` says that it is
//! started again, and `= file raft.log 00ff` what its disk holds then.

use std::time::Duration;

use maelstrom_node::disk::{Command, Files};

use super::Started;
use super::live::too_long;
use super::pipes::Poll;
use simulation::host::{Ending, Output, TimedNode};

/// What a node says first if it goes in lockstep.
pub(super) const AGREED: &[u8] = b"= lockstep";

/// What begins what it says of its disk, behind `= `.
const DISK: [&[u8]; 5] = [b"append", b"replace", b"truncate", b"sync", b"failed"];

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
        started.feed.push(b"= again\n");
        for (name, bytes) in files {
            let line = format!("= file {name} {}\n", hex(&bytes));
            started.feed.push(line.as_bytes());
        }
        let state = State::Fresh;
        Node {
            state,
            ..Node::new(started)
        }
    }

    /// Takes what it says of its disk, between `= ` and the line's end.
    fn disk(&mut self, said: &[u8]) -> Option<()> {
        let said = str::from_utf8(said).ok()?;
        let (what, rest) = said.split_once(' ').unwrap_or((said, ""));
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let file = name.to_owned();
        self.commands.push(match what {
            "append" => Command::Append {
                file,
                bytes: bytes(rest)?,
            },
            "replace" => Command::Replace {
                file,
                bytes: bytes(rest)?,
            },
            "truncate" => Command::Truncate {
                file,
                len: rest.parse().ok()?,
            },
            "sync" => Command::Sync,
            "failed" => {
                self.failure = said.strip_prefix("failed ").map(str::to_owned);
                return self.failure.is_some().then_some(());
            }
            _ => return None,
        });
        Some(())
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
                if line != AGREED {
                    return given_up(format!(
                        "expected its first line to be \"= lockstep\", as of another node, found {:?}",
                        quoted(&line)
                    ));
                }
                self.state = State::Running;
                continue;
            }
            let Some(end) = line.strip_prefix(b"= ") else {
                if written > MOST_OUTPUT {
                    let most = MOST_OUTPUT >> 20;
                    return given_up(format!("it wrote more than {most} MiB in one turn"));
                }
                say(Output::Line(line));
                continue;
            };
            let word = end.split(|byte| *byte == b' ').next();
            if word.is_some_and(|word| DISK.contains(&word)) {
                if self.disk(end).is_none() {
                    return given_up(format!(
                        "expected what it wants done on its disk, such as \"= append FILE HEX\" or \
                         \"= sync\", found {:?}",
                        quoted(&line)
                    ));
                }
                if self.failure.is_some() {
                    // It takes nothing more, and is about to end.
                    self.state = State::Over(How::GivenUp);
                    return Ok(());
                }
                continue;
            }
            let nanos = || str::from_utf8(end).ok()?.parse().ok();
            self.deadline = match (end, nanos()) {
                (b"-", _) => None,
                (_, Some(nanos)) => Some(Duration::from_nanos(nanos)),
                _ => {
                    return given_up(format!(
                        "expected \"= \" and its next deadline in nanoseconds, or \"= -\", at the end \
                         of its turn, found {:?}",
                        quoted(&line)
                    ));
                }
            };
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
            State::Running => {
                let feed = &mut self.started.feed;
                feed.push(format!("{} ", now.as_nanos()).as_bytes());
                feed.push(line);
                feed.push(b"\n");
            }
        }
        self.take_turn(say);
    }

    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output)) {
        if self.state == State::Running {
            let feed = &mut self.started.feed;
            feed.push(format!("{}\n", now.as_nanos()).as_bytes());
            self.take_turn(say);
        }
    }

    fn synced(&mut self, now: Duration, result: Result<(), String>, say: &mut dyn FnMut(Output)) {
        if self.state == State::Running {
            let result = match result {
                Ok(()) => "synced".to_owned(),
                Err(why) => format!("failed {why}"),
            };
            let feed = &mut self.started.feed;
            feed.push(format!("{} = {result}\n", now.as_nanos()).as_bytes());
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

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
        _ => None,
    };
    pairs.map(byte).collect()
}
