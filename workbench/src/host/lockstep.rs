//! Child processes written with maelstrom-node, in virtual time: the real
//! binary, as deterministic as the engine within it.
//!
//! The first line, `init`, asks for it with `"lockstep": {"seed": N}` in its
//! envelope, and the node agrees with the line `= lockstep`. After that each
//! line to the node begins with the time in nanoseconds, and each turn of the
//! node ends with `= ` and its next deadline, or `-`. A program that knows
//! nothing of this ignores the key, which is how [`speaks`] finds out.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsRawFd;
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

use maelstrom_node::Rng;

use super::process::{LONGEST_LINE, Process, Program};
use super::{Ending, Output, TimedNode, VirtualTime};

/// How long, in real time, a node may think before it counts as hanging.
const TURN: Duration = Duration::from_secs(10);

/// What a node says first if it goes in lockstep.
const AGREED: &[u8] = b"= lockstep";

/// Whether the program goes in lockstep: it is started once, told `init`, and
/// ended when it has said its first line.
///
/// # Errors
/// As for [`Process::start`].
pub fn speaks(program: &Program, name: &str) -> io::Result<bool> {
    let mut node = Node::start(program, name, 0)?;
    let init = serde_json::json!({
        "src": "c0",
        "dest": name,
        "body": {"type": "init", "node_id": name, "node_ids": [name], "msg_id": 1},
    });
    let line = node.asking(init.to_string().as_bytes());
    let first = node.write(&line).and_then(|()| node.read_line());
    Ok(first.is_ok_and(|first| first == AGREED))
}

/// Starts a process for each name, with a seed of its own drawn from `rng`.
///
/// # Errors
/// As for [`Process::start`].
pub fn start(program: &Program, names: &[String], rng: &Rng) -> io::Result<VirtualTime<Node>> {
    let nodes = names
        .iter()
        .map(|name| Node::start(program, name, rng.u64()));
    Ok(VirtualTime::new(nodes.collect::<io::Result<_>>()?))
}

/// A process that goes in lockstep.
#[derive(Debug)]
pub struct Node {
    process: Process,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    seed: u64,
    deadline: Option<Duration>,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// It was told nothing yet.
    New,
    Running,
    /// It ended, or was given up; why, if that does not show otherwise.
    Over(Option<String>),
}

impl Node {
    fn start(program: &Program, name: &str, seed: u64) -> io::Result<Self> {
        let (process, stdin, stdout) = Process::start(program, name)?;
        Ok(Node {
            process,
            stdin,
            stdout: BufReader::with_capacity(64 << 10, stdout),
            seed,
            deadline: None,
            state: State::New,
        })
    }

    /// The first line, with the question in it.
    fn asking(&self, line: &[u8]) -> Vec<u8> {
        let rest = line.strip_prefix(b"{").unwrap_or(line);
        let mut asking = format!("{{\"lockstep\":{{\"seed\":{}}},", self.seed).into_bytes();
        asking.extend_from_slice(rest);
        asking.push(b'\n');
        asking
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stdin.write_all(bytes)
    }

    /// The next line, without its newline.
    fn read_line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            if self.stdout.buffer().is_empty() && !is_readable(self.stdout.get_ref(), TURN)? {
                let why = format!("it took more than {} s for one turn", TURN.as_secs());
                return Err(io::Error::new(ErrorKind::TimedOut, why));
            }
            let buffer = self.stdout.fill_buf()?;
            if buffer.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let len = buffer.len() as u64;
            let read = (&mut self.stdout).take(len).read_until(b'\n', &mut line)?;
            if line.last() == Some(&b'\n') {
                line.pop();
                return Ok(line);
            }
            if line.len() as u64 > LONGEST_LINE || read == 0 {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "it wrote a line without end",
                ));
            }
        }
    }

    /// Reads what it writes until its turn ends.
    fn turn(&mut self, say: &mut dyn FnMut(Output)) -> io::Result<()> {
        loop {
            let line = self.read_line()?;
            let Some(end) = line.strip_prefix(b"= ") else {
                say(Output::Line(line));
                continue;
            };
            if line == AGREED {
                continue;
            }
            let nanos = std::str::from_utf8(end)
                .ok()
                .and_then(|end| end.parse().ok());
            self.deadline = nanos.map(Duration::from_nanos);
            return Ok(());
        }
    }

    fn take_turn(&mut self, bytes: &[u8], say: &mut dyn FnMut(Output)) {
        self.deadline = None;
        if let State::Over(_) = self.state {
            return;
        }
        // What it said before it ended counts, even if it took no more.
        let written = self.write(bytes);
        if let Err(e) = self.turn(say).and(written) {
            self.deadline = None;
            let shows = matches!(e.kind(), ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe);
            self.state = State::Over((!shows).then(|| e.to_string()));
            say(Output::Closed);
        }
    }
}

impl TimedNode for Node {
    fn line(&mut self, now: Duration, line: &[u8], say: &mut dyn FnMut(Output)) {
        let mut bytes;
        if self.state == State::New {
            self.state = State::Running;
            bytes = self.asking(line);
        } else {
            bytes = format!("{} ", now.as_nanos()).into_bytes();
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        self.take_turn(&bytes, say);
    }

    fn advance(&mut self, now: Duration, say: &mut dyn FnMut(Output)) {
        self.take_turn(format!("{}\n", now.as_nanos()).as_bytes(), say);
    }

    fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    fn stop(&mut self) -> Ending {
        let ending = self.process.stop(matches!(self.state, State::Over(None)));
        match &self.state {
            State::Over(Some(why)) => Ending::Ended(why.clone()),
            _ => ending,
        }
    }

    fn last_words(&mut self) -> Vec<String> {
        self.process.last_words()
    }
}

/// Whether there is something to read, or the end, within this time.
fn is_readable(pipe: &impl AsRawFd, wait: Duration) -> io::Result<bool> {
    let mut poll = libc::pollfd {
        fd: pipe.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: it points to one pollfd, which outlives the call.
    match unsafe { libc::poll(&raw mut poll, 1, wait.as_millis() as i32) } {
        -1 => match io::Error::last_os_error() {
            e if e.kind() == ErrorKind::Interrupted => Ok(true),
            e => Err(e),
        },
        ready => Ok(ready > 0),
    }
}
