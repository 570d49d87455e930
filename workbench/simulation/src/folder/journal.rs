//! `messages.jsonl`, `events.jsonl` and `schedule.jsonl`, written while a run goes on.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::{SCHEDULE, cannot};
use crate::run::{Event, EventLine, Message, MessageEvent, Observer};
use crate::schedule::{Choice, World};

/// How much of the messages is kept, in bytes; and what each costs beside its own.
const MOST_BYTES: u64 = 1 << 30;
const ENTRY: u64 = 100;

/// Every message of a run, as it is sent and received, and what else the run does.
#[derive(Debug)]
pub struct Journal {
    messages: Lines,
    /// How many bytes of messages there are.
    written: u64,
    events: Lines,
    schedule: Lines,
    /// How many bytes there are of it.
    chosen: u64,
    /// What the command was told, which the schedule keeps.
    command: Vec<String>,
}

#[derive(Debug)]
struct Lines {
    out: BufWriter<File>,
    /// The first error, which is told at the end: the run goes on without.
    failed: Option<io::Error>,
    path: PathBuf,
}

impl Lines {
    fn begin(path: PathBuf) -> io::Result<Self> {
        let file = File::create(&path).map_err(|e| cannot("write", &path, &e))?;
        Ok(Lines {
            out: BufWriter::with_capacity(1 << 18, file),
            failed: None,
            path,
        })
    }

    fn write(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.failed.is_none() {
            self.failed = write(&mut self.out).err();
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = match self.failed.take() {
            Some(e) => Err(e),
            None => self.out.flush(),
        };
        done.map_err(|e| cannot("write", &self.path, &e))
    }
}

impl Journal {
    /// Begins these files.
    pub(super) fn begin(folder: &Path) -> io::Result<Self> {
        let begin = |name: &str| Lines::begin(folder.join(name));
        Ok(Journal {
            messages: begin("messages.jsonl")?,
            written: 0,
            events: begin("events.jsonl")?,
            schedule: begin(SCHEDULE)?,
            chosen: 0,
            command: Vec::new(),
        })
    }

    /// The same for a run of the command `workbench test` that was told this.
    #[must_use]
    pub fn of_command(self, command: Vec<String>) -> Self {
        Journal { command, ..self }
    }

    /// Removes the schedule: of a run in real time, which nothing repeats, or one that is not
    /// all there.
    ///
    /// # Errors
    /// When what is there of the schedule cannot be removed.
    pub fn remove_schedule(&mut self) -> io::Result<()> {
        let path = &self.schedule.path;
        self.schedule.failed = None;
        fs::remove_file(path).map_err(|e| cannot("remove", path, &e))
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.chosen > MOST_BYTES {
            // The half of it would be another run.
            self.remove_schedule()?;
        }
        let flushed = self.messages.flush().and(self.events.flush());
        flushed.and(self.schedule.flush())
    }
}

/// What is beyond a GiB of messages is left out.
impl Observer for Journal {
    fn message(&mut self, message: Message<'_>) {
        if self.written > MOST_BYTES {
            return;
        }
        if message.event == MessageEvent::Sent {
            self.written += message.line.len() as u64 + ENTRY;
        }
        let (time, id) = (message.time.as_nanos(), message.id);
        let end = |out: &mut dyn Write, event| {
            writeln!(out, "{{\"time\":{time},\"event\":\"{event}\",\"id\":{id}}}")
        };
        self.messages.write(|out| match message.event {
            MessageEvent::Sent => {
                write!(
                    out,
                    "{{\"time\":{time},\"event\":\"send\",\"id\":{id},\"message\":"
                )?;
                out.write_all(message.line.trim_ascii())?;
                out.write_all(b"}\n")
            }
            MessageEvent::Received => end(out, "recv"),
            MessageEvent::Lost => end(out, "lost"),
        });
    }

    fn event(&mut self, time: Duration, event: &Event) {
        self.events.write(|out| {
            serde_json::to_writer(&mut *out, &EventLine { time, event })?;
            out.write_all(b"\n")
        });
    }

    fn wants_choices(&self) -> bool {
        true
    }

    fn begins(&mut self, world: &World) {
        let mut world = world.clone();
        world.command = std::mem::take(&mut self.command);
        self.chose(&world);
    }

    fn choice(&mut self, choice: &Choice) {
        self.chose(choice);
    }
}

impl Journal {
    fn chose(&mut self, line: &impl Serialize) {
        if self.chosen > MOST_BYTES {
            return;
        }
        let chosen = &mut self.chosen;
        self.schedule.write(|out| {
            let line = serde_json::to_vec(line)?;
            *chosen += line.len() as u64 + 1;
            out.write_all(&line)?;
            out.write_all(b"\n")
        });
    }
}
