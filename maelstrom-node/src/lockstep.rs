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

use std::io::{self, ErrorKind};
use std::time::Duration;

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
