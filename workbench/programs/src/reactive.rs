//! Programs that know nothing of lockstep and do nothing but react, in virtual time: a node's turn
//! ends when it has read all of its input and waits for more ([`stillness`](super::stillness)).
//!
//! What such a program does by itself, with time, is not seen: as soon as one of its threads is
//! found to wait for a time, it is refused.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::disk::Command;
use simulation::host::{Ending, Happens, Output, TimedNode};

use super::Started;
use super::live::{now as real_time, too_long};
use super::pipes::Poll;
use super::stillness::{Doing, Runtime, has_timer, look, pipe_of};

/// How long a turn may take, in real time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a thread may wait for a time within a turn, again and again: a handler may, and a
/// runtime's threads do before they find that there is nothing to do; those of Go on a busy
/// machine for longer, in this call.
const SHORT: Duration = Duration::from_millis(250);
const SHORT_OF_GO: (&str, Duration) = ("nanosleep", Duration::from_secs(1));
/// How long is waited between two looks, at first and at most.
const LOOK: Duration = Duration::from_micros(20);
const LAST_LOOK: Duration = Duration::from_millis(2);
/// How much a node may write in a turn, in bytes.
const MOST_OUTPUT: usize = 16 << 20;
/// In every so many turns, it is looked for timers that no thread waits for.
const TIMERS: u64 = 256;

/// Why a run was refused, once it is.
pub(super) type Refused = Rc<RefCell<Option<String>>>;

/// A node that is a process and only reacts.
#[derive(Debug)]
pub(super) struct Reactive {
    started: Started,
    /// What its stdin is known by.
    stdin: String,
    runtime: Runtime,
    is_over: bool,
    has_ended: bool,
    turns: u64,
    refused: Refused,
}

/// A turn that did not end as it should.
enum Broken {
    Closed,
    GivenUp(String),
    /// It cannot be run like this.
    Refused(String),
}

impl Reactive {
    pub(super) fn new(started: Started, refused: &Refused) -> Self {
        let stdin = pipe_of(started.feed.pipe()).unwrap_or_default();
        Reactive {
            started,
            stdin,
            runtime: Runtime::default(),
            is_over: false,
            has_ended: false,
            turns: 0,
            refused: Rc::clone(refused),
        }
    }

    /// Hands on what it has written by now; how many bytes that were.
    fn hear(&mut self, say: &mut dyn FnMut(Output)) -> Result<usize, Broken> {
        let lines = &mut self.started.lines;
        let mut heard = 0;
        loop {
            let mut poll = Poll::default();
            poll.add_lines(lines);
            poll.wait(Duration::ZERO);
            if !poll.has_news(lines) {
                return Ok(heard);
            }
            let before = lines.rest().len();
            if !lines.read() {
                return Err(Broken::Closed);
            }
            heard += lines.rest().len() - before;
            while let Some(line) = lines.next() {
                say(Output::Line(line));
            }
            if lines.is_too_long() {
                return Err(Broken::GivenUp(too_long()));
            }
        }
    }

    /// Waits until it has done all that it does.
    fn finish(&mut self, say: &mut dyn FnMut(Output)) -> Result<(), Broken> {
        let began = real_time();
        let process = self.started.process.id();
        let (mut heard, mut pause) = (0, LOOK);
        let mut slept = None;
        loop {
            self.started.feed.write();
            heard += self.hear(say)?;
            if heard > MOST_OUTPUT {
                let most = MOST_OUTPUT >> 20;
                return Err(Broken::GivenUp(format!(
                    "it wrote more than {most} MiB in one turn"
                )));
            }
            if let Some(why) = self.started.process.excess() {
                return Err(Broken::GivenUp(why));
            }
            let seen = match self.started.feed.is_read() {
                true => Some(look(process, &self.stdin, &mut self.runtime)),
                false => None,
            };
            match seen.as_ref().map(|seen| &seen.doing) {
                // What it wrote before it began to wait is there by now. It waits still: so
                // nothing has happened in between.
                Some(Doing::Waits) => {
                    let news = self.hear(say)?;
                    heard += news;
                    if news == 0
                        && self.started.feed.is_read()
                        && Some(look(process, &self.stdin, &mut self.runtime)) == seen
                    {
                        break;
                    }
                }
                Some(Doing::Works) | None => {}
                Some(&Doing::Sleeps(call)) => {
                    let most = match SHORT_OF_GO {
                        (of_go, most) if of_go == call => most,
                        _ => SHORT,
                    };
                    if slept.get_or_insert(real_time()).elapsed() > most {
                        return Err(Broken::Refused(format!(
                            "one of its threads waits in {call} for a time"
                        )));
                    }
                }
                Some(Doing::Unseen) => {
                    return Err(Broken::Refused(
                        "what its threads wait for cannot be seen here (proc_pid_syscall(5) \
                         wants the permission to trace it)"
                            .to_owned(),
                    ));
                }
            }
            if began.elapsed() > PATIENCE {
                let seconds = PATIENCE.as_secs();
                let what = match self.started.feed.is_read() {
                    true => "it has read its input, and neither ends its work nor waits for more",
                    false => "it does not read its input",
                };
                return Err(Broken::GivenUp(format!(
                    "it took more than {seconds} s for one turn: {what}"
                )));
            }
            let Started { feed, lines, .. } = &self.started;
            let mut poll = Poll::default();
            poll.add_feed(feed);
            poll.add_lines(lines);
            poll.wait(pause);
            pause = (pause * 2).min(LAST_LOOK);
        }
        self.turns += 1;
        match self.turns % TIMERS == 1 && has_timer(process) {
            true => Err(Broken::Refused("it has a timerfd".to_owned())),
            false => Ok(()),
        }
    }

    fn take_turn(&mut self, say: &mut dyn FnMut(Output)) {
        match self.finish(say) {
            Ok(()) => {}
            Err(Broken::Closed) => {
                (self.is_over, self.has_ended) = (true, true);
                // What it said before it ended counts, even half a line.
                while let Some(line) = self.started.lines.next() {
                    say(Output::Line(line));
                }
                say(Output::Closed);
            }
            Err(Broken::GivenUp(why)) => {
                self.give_up();
                say(Output::GivenUp(why));
            }
            Err(Broken::Refused(why)) => {
                self.give_up();
                self.refused.borrow_mut().get_or_insert(why.clone());
                say(Output::GivenUp(why));
            }
        }
    }
}

impl TimedNode for Reactive {
    /// It has no clock, and its disk is that of its machine: nothing happens to it but lines.
    fn turn(&mut self, _now: Duration, happens: Happens<'_>, say: &mut dyn FnMut(Output)) {
        let Happens::Line(line) = happens else { return };
        if self.is_over {
            return;
        }
        let feed = &mut self.started.feed;
        feed.push(line);
        feed.push(b"\n");
        self.take_turn(say);
    }

    fn deadline(&self) -> Option<Duration> {
        None
    }

    fn disk_commands(&mut self) -> Vec<Command> {
        Vec::new()
    }

    fn failure(&self) -> Option<String> {
        None
    }

    fn stop(&mut self) -> Ending {
        self.started.process.stop(self.has_ended)
    }

    fn give_up(&mut self) {
        self.is_over = true;
        self.started.process.stop(false);
    }

    fn last_words(&mut self) -> Vec<String> {
        self.started.process.last_words()
    }
}
