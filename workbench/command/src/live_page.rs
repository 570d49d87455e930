//! The page of a run while it goes on, for a browser that watches it.

use std::fs;
use std::time::{Duration, Instant};

use page::Going;
use simulation::folder::Folder;

/// How often it is written, in real time. (A run in virtual time is mostly over before.)
const EVERY: Duration = Duration::from_secs(1);

/// Writes the page of a run as long as it goes on. That it cannot be written is no reason to
/// end the run.
#[derive(Debug)]
pub struct LivePage {
    folder: Folder,
    workload: String,
    command: String,
    last: Instant,
}

impl LivePage {
    /// Of a run that begins now, in this folder.
    pub fn new(folder: &Folder, workload: &str, command: &str) -> Self {
        LivePage {
            folder: folder.clone(),
            workload: workload.to_owned(),
            command: command.to_owned(),
            last: now(),
        }
    }

    /// The run is at `now` of about `end`, has begun this many operations and sent this many
    /// messages.
    pub fn at(&mut self, now: Duration, end: Duration, operations: usize, messages: usize) {
        if self.last.elapsed() < EVERY {
            return;
        }
        self.last = self::now();
        let page = Going {
            workload: &self.workload,
            command: &self.command,
            now,
            end,
            operations,
            messages,
        };
        // At once: a browser may look at any time.
        let (new, index) = ("index.html.new", self.folder.path().join("index.html"));
        let written = self.folder.file(new, |out| write!(out, "{page}"));
        let _ = written.and_then(|()| fs::rename(self.folder.path().join(new), index));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "when a person is shown something, not what a run does"
)]
fn now() -> Instant {
    Instant::now()
}
