//! Lockstep: the program on its pipes, but in the time that it is told.
//!
//! A simulator that wants it puts the key `"lockstep": {"seed": N}` into the
//! envelope of `init`, the first line; other nodes ignore it there. The node
//! then seeds its random numbers with it and says so with the line `= lockstep`.
//! From then on, every line of input begins with the time in nanoseconds: with
//! a message behind it, which arrives then, or without, when it is time for a
//! deadline. The node writes its messages and ends its turn with `= ` and its
//! next deadline in nanoseconds, or `-` if it has none. Between two turns it
//! does nothing: so the very binary that runs on Maelstrom is as repeatable as
//! the engine within it.

use std::io::{self, ErrorKind};
use std::time::Duration;

use serde::Deserialize;

use crate::stdio::{Filled, Input, Output, TOO_LONG};
use crate::{Engine, Server};

/// The seed, if this line asks for lockstep.
pub(crate) fn asked_for(line: &[u8]) -> Option<u64> {
    #[derive(Deserialize)]
    struct Envelope {
        lockstep: Option<Lockstep>,
    }
    #[derive(Deserialize)]
    struct Lockstep {
        seed: u64,
    }
    let envelope: Envelope = serde_json::from_slice(line).ok()?;
    Some(envelope.lockstep?.seed)
}

/// Serves turn by turn until the end of the input.
pub(crate) fn serve<S: Server>(
    mut engine: Engine<S>,
    seed: u64,
    mut input: Input,
    mut output: Output,
) -> io::Result<()> {
    engine.reseed(seed);
    output.line("= lockstep\n")?;
    let mut is_init = true;
    loop {
        input.lines(|line| {
            let (now, message) = match std::mem::take(&mut is_init) {
                true => (Duration::ZERO, Some(line)),
                false => turn(line)?,
            };
            engine.advance(now);
            if let Some(message) = message {
                engine.line(now, message);
            }
            output.write(&mut engine)?;
            let deadline = engine
                .deadline()
                .map_or("-".to_owned(), |at| at.as_nanos().to_string());
            output.line(&format!("= {deadline}\n"))
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

/// The time and the message of a turn.
fn turn(line: &[u8]) -> io::Result<(Duration, Option<&[u8]>)> {
    let (time, message) = match line.iter().position(|&b| b == b' ') {
        Some(space) => (&line[..space], Some(&line[space + 1..])),
        None => (line, None),
    };
    let nanos = std::str::from_utf8(time)
        .ok()
        .and_then(|time| time.parse().ok());
    let nanos = nanos.ok_or_else(|| {
        let line = String::from_utf8_lossy(line);
        let why = format!("lockstep: expected a time in nanoseconds and a message, found {line}");
        io::Error::new(ErrorKind::InvalidData, why)
    })?;
    Ok((Duration::from_nanos(nanos), message))
}
