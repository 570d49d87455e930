//! A node's side, turn by turn.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::time::Duration;

use crate::{Command, Event, Files, MAX_LINE, Said, Told, VERSION, Wrong};

/// How much of a turn is collected before it is written, in bytes.
const WRITE: usize = 64 << 10;

/// A node's pipes. A turn begins with [`Turns::start`] or [`Turns::next`], and ends with
/// [`Turns::end`] or [`Turns::fail`].
#[derive(Debug)]
pub struct Turns<R, W> {
    input: R,
    output: W,
    line: Vec<u8>,
    said: Vec<u8>,
    /// Whether a sync is under way.
    syncs: bool,
}

/// What a node finds when it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Whether it is not the first of its name.
    pub is_again: bool,
    /// What its disk holds, all of it durable.
    pub files: Files,
    /// The message `init`, its first, at time 0.
    pub init: Vec<u8>,
}

impl<R: BufRead, W: Write> Turns<R, W> {
    /// Says that this node goes in lockstep, as it was [asked](crate::asked_for), in the highest
    /// version that both sides speak.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn agree(input: R, mut output: W) -> io::Result<Self> {
        let agreed = match crate::agreed_version() {
            VERSION => "= lockstep\n".to_owned(),
            version => format!("= lockstep {version}\n"),
        };
        output.write_all(agreed.as_bytes())?;
        output.flush()?;
        Ok(Turns {
            input,
            output,
            line: Vec::new(),
            said: Vec::new(),
            syncs: false,
        })
    }

    /// Waits for `init`, the first turn; none at the end of the input.
    ///
    /// # Errors
    /// When the input cannot be read, or a line is none of the protocol's.
    pub fn start(&mut self) -> io::Result<Option<Start>> {
        let mut is_again = false;
        let mut files = Files::new();
        while self.read()? {
            match Told::parse_start(&self.line)? {
                Told::Again => is_again = true,
                Told::File(name, bytes) => drop(files.insert(name, bytes)),
                Told::Init(line) | Told::Turn(_, Event::Message(line)) => {
                    let init = line.to_vec();
                    return Ok(Some(Start {
                        is_again,
                        files,
                        init,
                    }));
                }
                Told::Turn(..) => {}
            }
        }
        Ok(None)
    }

    /// Waits for the next turn: what time it is, and what happens; none at the end of the input.
    ///
    /// # Errors
    /// When the input cannot be read, or a line is none of the protocol's, or answers a sync that
    /// was not asked for.
    #[expect(clippy::should_implement_trait, reason = "it borrows, and can fail")]
    pub fn next(&mut self) -> io::Result<Option<(Duration, Event)>> {
        if !self.read()? {
            return Ok(None);
        }
        let (now, event) = Told::parse_turn(&self.line)?;
        let event = match event {
            Event::Nothing => Event::Nothing,
            Event::Message(line) => Event::Message(line.to_vec()),
            Event::Synced if self.syncs => Event::Synced,
            Event::Synced => {
                return Err(Wrong::new("no answer to what was not asked for", &self.line).into());
            }
            Event::Failed(why) => Event::Failed(why),
        };
        if matches!(event, Event::Synced | Event::Failed(_)) {
            self.syncs = false;
        }
        Ok(Some((now, event)))
    }

    /// Sends a message, a line without its newline. It may be written at the end of the turn.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn say(&mut self, line: &[u8]) -> io::Result<()> {
        Said::Message(line).write(&mut self.said);
        self.write(WRITE)
    }

    /// Sends messages that are lines already, each with its newline.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn say_lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.said.extend_from_slice(lines);
        self.write(WRITE)
    }

    /// Has something done on the disk.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn disk(&mut self, command: Command) -> io::Result<()> {
        self.syncs |= command == Command::Sync;
        Said::Disk(command).write(&mut self.said);
        self.write(WRITE)
    }

    /// Shows the node's state as it is at the end of this turn, if that was [asked
    /// for](crate::asked_for_state): JSON text on one line. What was shown before holds until then.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn state(&mut self, json: &str) -> io::Result<()> {
        Said::State(json).write(&mut self.said);
        self.write(WRITE)
    }

    /// Ends the turn, and says when to be woken: by the clock that [`Turns::next`] tells, and not
    /// before the time of this turn.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn end(&mut self, deadline: Option<Duration>) -> io::Result<()> {
        Said::End(deadline).write(&mut self.said);
        self.write(0)
    }

    /// Ends the turn with why this node cannot go on. It is to exit with failure then.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn fail(&mut self, why: &str) -> io::Result<()> {
        Said::Failed(why).write(&mut self.said);
        self.write(0)
    }

    /// Writes what was said without ending the turn: of a program that ends in it.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write(0)
    }

    /// Writes what was said, if it is more than that.
    fn write(&mut self, more_than: usize) -> io::Result<()> {
        if self.said.len() > more_than {
            self.output.write_all(&self.said)?;
            self.output.flush()?;
            self.said.clear();
            self.said.shrink_to(2 * WRITE);
        }
        Ok(())
    }

    /// Reads a line; false at the end. What ends without a newline is no line: whoever wrote it
    /// was cut off.
    fn read(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.line.shrink_to(2 * WRITE);
        let mut input = self.input.by_ref().take(MAX_LINE as u64);
        input.read_until(b'\n', &mut self.line)?;
        match self.line.pop() {
            Some(b'\n') => Ok(true),
            Some(_) if self.line.len() + 1 == MAX_LINE => {
                let most = MAX_LINE >> 20;
                let why = format!(
                    "lockstep: expected one message a line, of {most} MiB at most, found more than \
                     that without a newline"
                );
                Err(io::Error::new(ErrorKind::InvalidData, why))
            }
            _ => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_its_turns() -> io::Result<()> {
        let input = "= again\n= file a 00\n{init}\n5 {hello}\n6 = synced\n7\n8 = synced\n";
        let mut output = Vec::new();
        let mut turns = Turns::agree(input.as_bytes(), &mut output)?;
        let start = turns.start()?.expect("init");
        assert!(start.is_again);
        assert_eq!(start.files, Files::from([("a".to_owned(), vec![0])]));
        assert_eq!(start.init, b"{init}");
        turns.say(b"{init_ok}")?;
        turns.state(r#"{"term":1}"#)?;
        turns.end(None)?;
        let at = Duration::from_nanos;
        assert_eq!(
            turns.next()?,
            Some((at(5), Event::Message(b"{hello}".to_vec())))
        );
        turns.disk(Command::Sync)?;
        turns.end(Some(at(9)))?;
        assert_eq!(turns.next()?, Some((at(6), Event::Synced)));
        turns.say_lines(b"{a}\n{b}\n")?;
        turns.end(Some(at(9)))?;
        assert_eq!(turns.next()?, Some((at(7), Event::Nothing)));
        turns.fail("no\nspace")?;
        let why = turns.next().map_err(|e| e.to_string());
        let wrong = "lockstep: expected no answer to what was not asked for, found 8 = synced";
        assert_eq!(why, Err(wrong.to_owned()));
        assert_eq!(turns.next()?, None);
        let said = "= lockstep\n{init_ok}\n= state {\"term\":1}\n= -\n= sync\n= 9\n{a}\n{b}\n= 9\n= failed no space\n";
        assert_eq!(String::from_utf8_lossy(&output), said);
        Ok(())
    }

    #[test]
    fn half_a_line_is_none_and_one_without_end_is_an_error() -> io::Result<()> {
        let mut turns = Turns::agree(&b"{init"[..], Vec::new())?;
        assert_eq!(turns.start()?, None);
        let endless = io::BufReader::new(io::repeat(b'x'));
        let why = Turns::agree(endless, Vec::new())?.start().unwrap_err();
        assert!(why.to_string().contains("of 64 MiB at most"), "{why}");
        Ok(())
    }
}
