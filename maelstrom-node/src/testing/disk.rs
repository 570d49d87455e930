//! The disk of a node in a test: in memory, and as forgetful as a real one.

use std::mem;
use std::time::Duration;

use crate::disk::{Command, Files};
use crate::{Engine, Server};

#[derive(Debug, Default)]
pub(super) struct TestDisk {
    durable: Files,
    /// What was done since.
    unsynced: Vec<Command>,
    /// The sync that is under way: how many of those commands it is of.
    under_way: Option<usize>,
    pub(super) holds_syncs: bool,
}

impl TestDisk {
    pub(super) fn new(durable: Files) -> Self {
        TestDisk {
            durable,
            ..TestDisk::default()
        }
    }

    /// Does all that the node wants, and what it wants because that is done.
    pub(super) fn serve<S: Server>(&mut self, engine: &mut Engine<S>, now: Duration) {
        loop {
            for command in engine.disk_commands() {
                match command {
                    Command::Sync => self.under_way = Some(self.unsynced.len()),
                    command => self.unsynced.push(command),
                }
            }
            let Some(synced) = self.under_way.take_if(|_| !self.holds_syncs) else {
                return;
            };
            for command in self.unsynced.drain(..synced) {
                command.apply(&mut self.durable);
            }
            engine.synced(now, Ok(()));
        }
    }

    /// What is durable, and of what is not, the first so many bytes that were written.
    pub(super) fn left(mut self, mut bytes: usize) -> Files {
        for mut command in mem::take(&mut self.unsynced) {
            let is_whole = match &mut command {
                Command::Append { bytes: written, .. } => {
                    let is_whole = written.len() <= bytes;
                    written.truncate(bytes);
                    bytes -= written.len();
                    is_whole
                }
                Command::Replace { bytes: written, .. } => match bytes.checked_sub(written.len()) {
                    Some(left) => {
                        bytes = left;
                        true
                    }
                    None => return self.durable,
                },
                Command::Truncate { .. } | Command::Sync => true,
            };
            command.apply(&mut self.durable);
            if !is_whole {
                break;
            }
        }
        self.durable
    }
}
