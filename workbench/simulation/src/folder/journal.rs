//! `messages.jsonl` and `events.jsonl`, written while a run goes on.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::cannot;
use crate::run::{Event, EventLine, Message, MessageEvent, Observer};

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
    pub(super) fn begin(messages: PathBuf, events: PathBuf) -> io::Result<Self> {
        Ok(Journal {
            messages: Lines::begin(messages)?,
            written: 0,
            events: Lines::begin(events)?,
        })
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub fn flush(&mut self) -> io::Result<()> {
        self.messages.flush().and(self.events.flush())
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
        self.messages.write(|out| match message.event {
            MessageEvent::Sent => {
                write!(
                    out,
                    "{{\"time\":{time},\"event\":\"send\",\"id\":{id},\"message\":"
                )?;
                out.write_all(message.line.trim_ascii())?;
                out.write_all(b"}\n")
            }
            MessageEvent::Received => {
                writeln!(out, "{{\"time\":{time},\"event\":\"recv\",\"id\":{id}}}")
            }
        });
    }

    fn event(&mut self, time: Duration, event: &Event) {
        self.events.write(|out| {
            serde_json::to_writer(&mut *out, &EventLine { time, event })?;
            out.write_all(b"\n")
        });
    }
}
