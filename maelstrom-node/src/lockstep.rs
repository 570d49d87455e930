//! Lockstep: the program on its pipes, but in the time that it is told.
//!
//! A simulator that wants it says so in the environment ([`LOCKSTEP`]), where other
//! programs do not see it. The node then draws its random numbers from the seed that
//! stands there, and agrees with the line `= lockstep`, its first. The first line of
//! input, `init`, is as ever. After it, every line of input begins with the time in
//! nanoseconds: with
//! a message behind it, which arrives then, or without, when it is time for a
//! deadline. The node writes its messages and ends its turn with `= ` and its
//! next deadline in nanoseconds, or `-` if it has none. Between two turns it
//! does nothing: so the very binary that runs on Maelstrom is as repeatable as
//! the engine within it.
//!
//! Its disk is the simulator's, too. What is on it comes before `init`, a line for each
//! file. In a turn, what is to be done on it comes behind the messages; that a sync is
//! done, or why it or a write before it has failed, is a turn of its own. A node that cannot
//! go on says why in place of a deadline, and exits with failure. Bytes are in hexadecimal; if
//! there are none, the line ends with the space before them.
//!
//! | to the node | |
//! |---|---|
//! | `= again` | before `init`: it is not the first of its name |
//! | `= file FILE HEX` | before `init`: a file, and all that it holds |
//! | `TIME MESSAGE` | a message arrives |
//! | `TIME` | nothing happens, but a deadline may be due |
//! | `TIME = synced` | the sync is done |
//! | `TIME = failed WHY` | it has failed, or a write before it |
//!
//! | from the node, beside messages | |
//! |---|---|
//! | `= lockstep` | once, first of all |
//! | `= append FILE HEX`, `= truncate FILE LEN`, `= replace FILE HEX`, `= sync` | the [commands](crate::disk::Command) to its disk |
//! | `= NANOSECONDS`, `= -` | the turn ends; the next deadline |
//! | `= failed WHY` | it cannot go on; nothing comes after it |

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::time::Duration;

use crate::disk::{Command, Files};
use crate::logging::excerpt;
use crate::stdio::{Filled, Input, Output, TOO_LONG};
use crate::{Engine, Server};

/// The environment variable that asks a node for lockstep: the seed of its random
/// numbers, a number below 2^64.
pub const LOCKSTEP: &str = "MAELSTROM_LOCKSTEP";

/// The seed, if lockstep is asked for.
pub(crate) fn asked_for() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "this is how the simulator asks")]
    std::env::var(LOCKSTEP).ok()?.parse().ok()
}

/// Serves turn by turn until the end of the input.
pub(crate) fn serve<S: Server>(
    engine: Engine<S>,
    seed: u64,
    mut input: Input,
    mut output: Output,
) -> io::Result<()> {
    let files = Rc::new(RefCell::new(Files::new()));
    let found = Rc::clone(&files);
    let mut engine = engine.with_disk(move |_| Ok(found.take()));
    engine.reseed(seed);
    output.line("= lockstep\n")?;
    let mut is_init = true;
    let mut syncs = false;
    loop {
        input.lines(|line| {
            let (now, event) = match is_init {
                true => {
                    if let Some(file) = line.strip_prefix(b"= file ") {
                        let (name, bytes) = parse_file(file)?;
                        files.borrow_mut().insert(name, bytes);
                        return Ok(());
                    }
                    if line == b"= again" {
                        engine.draw_ids();
                        return Ok(());
                    }
                    (Duration::ZERO, Event::Message(line))
                }
                false => turn(line)?,
            };
            is_init = false;
            engine.advance(now);
            match event {
                Event::Nothing => {}
                Event::Message(message) => engine.line(now, message),
                Event::Synced if std::mem::take(&mut syncs) => engine.synced(now, Ok(())),
                Event::Failed(why) if engine.id().is_some() => engine.synced(now, Err(why)),
                Event::Synced | Event::Failed(_) => {
                    return Err(wrong("no answer to what was not asked for", line));
                }
            }
            output.write(&mut engine)?;
            let mut end = String::new();
            for command in engine.disk_commands() {
                syncs |= command == Command::Sync;
                write_command(&mut end, &command);
            }
            if let Some(why) = engine.failure() {
                output.line(&format!("= failed {}\n", excerpt(why.as_bytes())))?;
                return Err(io::Error::other(why));
            }
            match engine.deadline() {
                Some(at) => end += &format!("= {}\n", at.as_nanos()),
                None => end += "= -\n",
            }
            output.line(&end)
        })?;
        match input.fill(None)? {
            Filled::End => return Ok(()),
            // It would be a turn, and nobody would end it.
            Filled::TooLong => {
                let why = format!("lockstep: {TOO_LONG}");
                return Err(io::Error::new(ErrorKind::InvalidData, why));
            }
            Filled::Nothing | Filled::Lines => {}
        }
    }
}

/// What happens in a turn.
enum Event<'a> {
    Nothing,
    Message(&'a [u8]),
    Synced,
    Failed(String),
}

/// The time of a turn, and what happens then.
fn turn(line: &[u8]) -> io::Result<(Duration, Event<'_>)> {
    let (time, rest) = match line.iter().position(|&b| b == b' ') {
        Some(space) => (&line[..space], Some(&line[space + 1..])),
        None => (line, None),
    };
    let nanos = std::str::from_utf8(time)
        .ok()
        .and_then(|time| time.parse().ok());
    let nanos = nanos.ok_or_else(|| wrong("a time in nanoseconds and a message", line))?;
    let event = match rest {
        None => Event::Nothing,
        Some(b"= synced") => Event::Synced,
        Some(rest) => match rest.strip_prefix(b"= failed ") {
            Some(why) => Event::Failed(String::from_utf8_lossy(why).into_owned()),
            None => Event::Message(rest),
        },
    };
    Ok((Duration::from_nanos(nanos), event))
}

/// The name and the content in `FILE HEX`.
fn parse_file(text: &[u8]) -> io::Result<(String, Vec<u8>)> {
    let parsed = std::str::from_utf8(text).ok().and_then(|text| {
        let (name, hex) = text.split_once(' ').unwrap_or((text, ""));
        Some((name.to_owned(), from_hex(hex)?))
    });
    parsed.ok_or_else(|| wrong("= file, a name, and bytes in hexadecimal", text))
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| (c as char).to_digit(16).map(|digit| digit as u8);
    let pairs = hex.as_bytes().chunks(2);
    pairs
        .map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?))
        .collect()
}

fn write_command(out: &mut String, command: &Command) {
    let mut write = |verb: &str, file: &str, bytes: &[u8]| {
        *out += &format!("= {verb} {file} ");
        for byte in bytes {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            for digit in [byte >> 4, byte & 15] {
                out.push(DIGITS[usize::from(digit)].into());
            }
        }
        out.push('\n');
    };
    match command {
        Command::Append { file, bytes } => write("append", file, bytes),
        Command::Replace { file, bytes } => write("replace", file, bytes),
        Command::Truncate { file, len } => *out += &format!("= truncate {file} {len}\n"),
        Command::Sync => *out += "= sync\n",
    }
}

fn wrong(expected: &str, found: &[u8]) -> io::Error {
    let why = format!("lockstep: expected {expected}, found {}", excerpt(found));
    io::Error::new(ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_lines_and_files_are_read_back() {
        let mut out = String::new();
        for command in [
            Command::Append {
                file: "a.log".to_owned(),
                bytes: vec![0, 0x7f, 0xff],
            },
            Command::Replace {
                file: "b.record".to_owned(),
                bytes: vec![],
            },
            Command::Truncate {
                file: "a.log".to_owned(),
                len: 12,
            },
            Command::Sync,
        ] {
            write_command(&mut out, &command);
        }
        assert_eq!(
            out,
            "= append a.log 007fff\n= replace b.record \n= truncate a.log 12\n= sync\n"
        );
        let read = |text: &str| parse_file(text.as_bytes()).map_err(|e| e.to_string());
        assert_eq!(
            read("a.log 007FfF"),
            Ok(("a.log".to_owned(), vec![0, 0x7f, 0xff]))
        );
        for empty in ["b.record ", "b.record"] {
            assert_eq!(read(empty), Ok(("b.record".to_owned(), vec![])));
        }
        for text in ["a.log 0", "a.log 0g", "a.log 00 00", "a.log +1"] {
            let why = "lockstep: expected = file, a name, and bytes in hexadecimal, found ";
            assert_eq!(read(text), Err(format!("{why}{text}")));
        }
    }
}
