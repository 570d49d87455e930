//! Lockstep: the program on its pipes, but in the time that it is told, by the rules of the crate
//! `lockstep`. The very binary that runs on Maelstrom is then as repeatable as the engine within
//! it: its random numbers follow from the seed that it is asked with, and its disk is the
//! simulator's.

use std::io::{self, BufRead, Write};
use std::time::Duration;

pub use ::lockstep::LOCKSTEP;
pub(crate) use ::lockstep::asked_for;
use ::lockstep::{Event, Start, Turns, asked_for_state};

use crate::logging::excerpt;
use crate::{Engine, Server};

/// How large a buffer is kept between turns, in bytes.
const MOST_KEPT: usize = 128 << 10;

/// Serves turn by turn until the end of the input.
pub(crate) fn serve<S: Server>(
    engine: Engine<S>,
    seed: u64,
    input: impl BufRead,
    output: impl Write,
) -> io::Result<()> {
    let mut turns = Turns::agree(input, output)?;
    let Some(Start {
        is_again,
        files,
        init,
    }) = turns.start()?
    else {
        return Ok(());
    };
    let mut engine = engine.with_disk(move |_| Ok(files));
    engine.reseed(seed);
    if is_again {
        engine.draw_ids();
    }
    let mut turn = Some((Duration::ZERO, Event::Message(init)));
    let shows_state = asked_for_state();
    let mut shown = None;
    let mut output = Vec::new();
    while let Some((now, event)) = turn {
        engine.advance(now);
        match event {
            Event::Nothing => {}
            Event::Message(message) => engine.line(now, &message),
            Event::Synced => engine.synced(now, Ok(())),
            // It wrote nothing before it was a node.
            Event::Failed(why) if engine.id().is_some() => engine.synced(now, Err(why)),
            Event::Failed(_) => {}
        }
        engine.swap_output(&mut output);
        turns.say_lines(&output)?;
        output.clear();
        output.shrink_to(MOST_KEPT);
        for command in engine.disk_commands() {
            turns.disk(command)?;
        }
        if let Some(why) = engine.failure() {
            turns.fail(&excerpt(why.as_bytes()))?;
            return Err(io::Error::other(why));
        }
        if shows_state && let Some(state) = engine.state() {
            if shown.as_ref() != Some(&state) {
                turns.state(&state)?;
            }
            shown = Some(state);
        }
        turns.end(engine.deadline())?;
        turn = turns.next()?;
    }
    Ok(())
}
