//! What a person sees while a run goes on: a line on a terminal that is written
//! over and over, and is gone at the end. Nothing on a pipe.

use std::time::Duration;

use crate::terminal::StatusLine;

/// Shows how far a run is.
#[derive(Debug)]
pub struct Progress {
    line: StatusLine,
    last: Option<Duration>,
}

/// How often the line is written.
const EVERY: Duration = Duration::from_millis(200);
/// How many characters the bar has.
const WIDTH: usize = 30;

impl Progress {
    /// On stderr, if that is a terminal.
    pub fn new() -> Self {
        Progress {
            line: StatusLine::new(),
            last: None,
        }
    }

    /// The run is at `now` of about `end`, and has begun this many operations.
    pub fn at(&mut self, now: Duration, end: Duration, operations: usize) {
        let is_early = self.last.is_some_and(|last| now < last + EVERY);
        if !self.line.is_shown() || is_early {
            return;
        }
        self.last = Some(now);
        let part = now.as_secs_f64() / end.as_secs_f64().max(1e-3);
        let full = (part.min(1.0) * WIDTH as f64) as usize;
        let bar = "█".repeat(full) + &"░".repeat(WIDTH - full);
        let (now, end) = (now.as_secs(), end.as_secs());
        let line = format!("{bar} {now} of {end} s, {operations} operations");
        self.line.write(&line);
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.last.is_some() {
            self.line.write("");
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress::new()
    }
}
