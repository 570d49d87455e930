//! What a node sees of the world: its messages and its time, turn by turn.
//!
//! The module runs until it waits for something; that ends its turn. So nothing has to be
//! resumed: the call in which it waits writes the end of this turn and reads the next one.

use std::fmt;
use std::io::{self, BufRead, ErrorKind, Write};
use std::time::Duration;

use lockstep::{Command, Event, Start, Turns};

/// How far a module may be ahead of the time that it was told before its turn ends, in
/// nanoseconds: 1 ms. It gets ahead by waiting busily.
const AHEAD: u64 = 1_000_000;
/// How many readings of the clock in a turn cost a nanosecond each.
const CHEAP: u64 = 10_000;
/// What each costs that comes after them, in nanoseconds: whoever reads it so often waits.
const DEAR: u64 = 1_000;
/// How much of a line, without its end, is kept, in bytes: what a workbench takes.
const MOST: usize = 16 << 20;

/// How a node ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It said so, with this code.
    Exit(u32),
    /// There is no more input, and it waits for what will never come.
    Over,
    /// It did what none may do, or a pipe is broken; what.
    Broken(String),
}

impl End {
    /// It called something before it has a memory.
    pub(crate) fn without_memory() -> End {
        End::Broken("it has no memory yet".to_owned())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Exit(code) => write!(f, "exit code {code}"),
            End::Over => f.write_str("the input is over"),
            End::Broken(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for End {
    fn from(e: io::Error) -> End {
        match e.kind() {
            // Nobody listens any more.
            ErrorKind::BrokenPipe => End::Over,
            _ => End::Broken(e.to_string()),
        }
    }
}

/// The pipes of a node, and its clock.
pub(crate) struct World {
    turns: Turns<Box<dyn BufRead>, Box<dyn Write>>,
    stderr: Box<dyn Write>,
    /// The time that it was told, in nanoseconds since its start,
    told: u64,
    /// and what its clock shows: that, or more.
    now: u64,
    /// How often it has read the clock in this turn.
    readings: u64,
    /// What it has not read yet.
    stdin: Vec<u8>,
    read: usize,
    is_over: bool,
    /// What it has written and not sent yet: half a line, between two turns.
    stdout: Vec<u8>,
    log: Vec<u8>,
    synced: Option<Result<(), String>>,
    /// How many messages have come.
    pub(crate) messages: u64,
    /// How many turns it had.
    pub(crate) turn: u64,
}

/// The pipes of a node that has agreed to go in lockstep.
pub(crate) struct Agreed {
    turns: Turns<Box<dyn BufRead>, Box<dyn Write>>,
    stderr: Box<dyn Write>,
}

impl Agreed {
    pub(crate) fn new(
        input: Box<dyn BufRead>,
        output: Box<dyn Write>,
        stderr: Box<dyn Write>,
    ) -> io::Result<Agreed> {
        let turns = Turns::agree(input, output)?;
        Ok(Agreed { turns, stderr })
    }

    /// Waits for `init`, which the module finds on stdin then; none at the end of the input.
    pub(crate) fn start(mut self) -> io::Result<Option<(World, Start)>> {
        let Some(start) = self.turns.start()? else {
            return Ok(None);
        };
        let mut stdin = start.init.clone();
        stdin.push(b'\n');
        let world = World {
            turns: self.turns,
            stderr: self.stderr,
            told: 0,
            now: 0,
            readings: 0,
            stdin,
            read: 0,
            is_over: false,
            stdout: Vec::new(),
            log: Vec::new(),
            synced: None,
            messages: 1,
            turn: 0,
        };
        Ok(Some((world, start)))
    }
}

impl World {
    /// What its clock shows, in nanoseconds since its start.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Reads the clock, which takes a moment.
    pub(crate) fn read_clock(&mut self) -> Result<u64, End> {
        self.readings += 1;
        self.spend(if self.readings > CHEAP { DEAR } else { 1 })?;
        Ok(self.now)
    }

    /// Lets so much time pass for the module alone. Once it is well ahead of the world, it waits
    /// for it: what it says then is not said too early.
    pub(crate) fn spend(&mut self, nanos: u64) -> Result<(), End> {
        self.now = self.now.saturating_add(nanos);
        if self.now - self.told >= AHEAD {
            let until = self.now;
            while self.told < until {
                self.turn(Some(until), Vec::new())?;
            }
        }
        Ok(())
    }

    /// Ends the turn, and waits for the next one: until the deadline by its clock, or until
    /// something happens.
    pub(crate) fn turn(
        &mut self,
        deadline: Option<u64>,
        commands: Vec<Command>,
    ) -> Result<(), End> {
        if self.is_over {
            return Err(End::Over);
        }
        self.say(false)?;
        for command in commands {
            self.turns.disk(command)?;
        }
        let deadline = deadline.map(|at| Duration::from_nanos(at.max(self.told)));
        self.turns.end(deadline)?;
        self.turn += 1;
        self.readings = 0;
        let Some((now, event)) = self.turns.next()? else {
            self.is_over = true;
            return Ok(());
        };
        self.told = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.now = self.now.max(self.told);
        match event {
            Event::Nothing => {}
            Event::Message(line) => {
                self.messages += 1;
                self.stdin.drain(..std::mem::take(&mut self.read));
                self.stdin.extend_from_slice(&line);
                self.stdin.push(b'\n');
            }
            Event::Synced => self.synced = Some(Ok(())),
            Event::Failed(why) => self.synced = Some(Err(why)),
        }
        Ok(())
    }

    /// Has this done on the disk, and waits until it is durable. What arrives meanwhile waits.
    pub(crate) fn sync(&mut self, mut commands: Vec<Command>) -> Result<Result<(), String>, End> {
        self.synced = None;
        commands.push(Command::Sync);
        loop {
            self.turn(None, std::mem::take(&mut commands))?;
            if let Some(result) = self.synced.take() {
                return Ok(result);
            }
        }
    }

    /// Whether a read of stdin would give something, or its end.
    pub(crate) fn is_readable(&self) -> bool {
        self.read < self.stdin.len() || self.is_over
    }

    /// What there is to read.
    pub(crate) fn stdin(&self) -> &[u8] {
        &self.stdin[self.read..]
    }

    /// So much of it was read.
    pub(crate) fn has_read(&mut self, count: u32) {
        self.read += count as usize;
    }

    /// No message will come any more.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Writes to stdout.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.stdout.extend_from_slice(bytes);
        if self.stdout.len() > MOST {
            self.say(false)?;
            if self.stdout.len() > MOST {
                let most = MOST >> 20;
                return Err(End::Broken(format!(
                    "it wrote {most} MiB to stdout without a newline"
                )));
            }
        }
        Ok(())
    }

    /// Writes to stderr: at the end of the turn, or a little before.
    pub(crate) fn write_log(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.log.extend_from_slice(bytes);
        match self.log.len() {
            0..0x1_0000 => Ok(()),
            _ => self.write_out_log(),
        }
    }

    fn write_out_log(&mut self) -> Result<(), End> {
        // Without a log the node goes on.
        let _ = self.stderr.write_all(&self.log);
        let _ = self.stderr.flush();
        self.log.clear();
        Ok(())
    }

    /// Sends all whole lines, and at the end of the program half a line, too.
    fn say(&mut self, is_last: bool) -> Result<(), End> {
        if !self.log.is_empty() {
            self.write_out_log()?;
        }
        let whole = match self.stdout.iter().rposition(|byte| *byte == b'\n') {
            _ if is_last => self.stdout.len(),
            Some(newline) => newline + 1,
            None => return Ok(()),
        };
        for line in self.stdout[..whole].split_inclusive(|byte| *byte == b'\n') {
            // It speaks to others, not to its workbench: no message begins so.
            if line.starts_with(b"= ") {
                self.turns.say_lines(b" ")?;
            }
            self.turns.say_lines(line)?;
        }
        self.stdout.drain(..whole);
        Ok(())
    }

    /// Writes what is left: to stdout what the program wrote there, to stderr what is to be said
    /// of its end, and to the workbench how its disk has failed, if it has ended for that.
    pub(crate) fn finish(mut self, words: &str, disk_failed: Option<String>) -> Result<(), End> {
        self.log.extend_from_slice(words.as_bytes());
        self.say(disk_failed.is_none())?;
        match disk_failed {
            Some(why) => self.turns.fail(&why)?,
            None => self.turns.flush()?,
        }
        Ok(())
    }
}
