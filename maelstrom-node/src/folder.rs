//! A disk that is a folder: what a node has on Maelstrom and live. `place` says where it is.
//!
//! What is synced is so in the way that file systems ask for. A file's bytes are durable once
//! the file was synced; that there is such a file, or that it has another's place, once the folder
//! was. A file is replaced by writing a new one, syncing it, giving it the other's name, and
//! syncing the folder.

mod files;
pub(crate) mod place;
#[cfg(test)]
mod power_cut;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use crate::disk::{Command, Files};
use crate::{Engine, Server};
use files::{FileSystem, RealFiles};

pub use place::DISK;

/// What the name of a file that is not whole yet ends with.
const UNFINISHED: &str = ".tmp";

/// A folder's files, and what of them is not durable.
struct Folder<F> {
    files: F,
    there: BTreeSet<String>,
    unsynced: BTreeSet<String>,
    /// Files were made since the folder was synced.
    has_new: bool,
}

impl<F: FileSystem> Folder<F> {
    /// All that is there, and makes it durable: whoever wrote it may have been killed before it was.
    fn open(mut files: F) -> io::Result<(Self, Files)> {
        let mut found = Files::new();
        for name in files.list()? {
            if name.ends_with(UNFINISHED) {
                files.remove(&name)?;
            } else if name.ends_with(".log") || name.ends_with(".record") {
                files.sync(&name)?;
                let bytes = files.read(&name)?;
                found.insert(name, bytes);
            }
        }
        files.sync_folder()?;
        let folder = Folder {
            files,
            there: found.keys().cloned().collect(),
            unsynced: BTreeSet::new(),
            has_new: false,
        };
        Ok((folder, found))
    }

    /// Carries out a command, or says what has failed.
    fn run(&mut self, command: Command) -> Result<(), String> {
        let (what, done) = match command {
            Command::Append { file, bytes } => {
                let done = self.files.append(&file, &bytes);
                self.has_new |= self.there.insert(file.clone());
                self.unsynced.insert(file.clone());
                (format!("append to {file}"), done)
            }
            Command::Truncate { file, len } => {
                let done = self.files.truncate(&file, len);
                let done = done.and_then(|()| self.files.sync(&file));
                (format!("truncate {file}"), done)
            }
            Command::Replace { file, bytes } => {
                let done = self.replace(&file, &bytes);
                (format!("replace {file}"), done)
            }
            Command::Sync => ("sync".to_owned(), self.sync()),
        };
        done.map_err(|e| format!("{what}: {e}"))
    }

    fn replace(&mut self, file: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = format!("{file}{UNFINISHED}");
        self.files.create(&unfinished, bytes)?;
        self.files.sync(&unfinished)?;
        self.files.rename(&unfinished, file)?;
        self.files.sync_folder()?;
        // What was not synced of the old one is gone with it.
        self.unsynced.remove(file);
        self.there.insert(file.to_owned());
        self.has_new = false;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        for file in std::mem::take(&mut self.unsynced) {
            self.files.sync(&file)?;
        }
        if std::mem::take(&mut self.has_new) {
            self.files.sync_folder()?;
        }
        Ok(())
    }
}

/// The folder of a node that runs on stdin and stdout, once it has wanted its disk.
#[derive(Default)]
pub(crate) struct Storage(Rc<RefCell<Option<Folder<RealFiles>>>>);

impl Storage {
    /// Has the engine find its folder when it wants one.
    pub(crate) fn attach<S: Server>(&self, engine: Engine<S>) -> Engine<S> {
        let slot = Rc::clone(&self.0);
        engine.with_disk(move |id| {
            let files = place::open(id)?;
            let path = files.path().display().to_string();
            let opened = Folder::open(files).map_err(|e| format!("{path}: {e}"));
            let (folder, found) = opened?;
            log::info!("the disk is the folder {path}");
            slot.replace(Some(folder));
            Ok(found)
        })
    }

    /// Does what the engine wants, and tells it when that is durable. False if there was nothing to do.
    pub(crate) fn serve<S: Server>(
        &self,
        engine: &mut Engine<S>,
        now: impl Fn() -> Duration,
    ) -> bool {
        let commands = engine.disk_commands();
        let Some(folder) = &mut *self.0.borrow_mut() else {
            return false;
        };
        let is_idle = commands.is_empty();
        for command in commands {
            let is_sync = command == Command::Sync;
            match folder.run(command) {
                Ok(()) if is_sync => engine.synced(now(), Ok(())),
                Ok(()) => {}
                Err(e) => {
                    let path = folder.files.path().display();
                    engine.synced(now(), Err(format!("{path}: {e}")));
                    break;
                }
            }
        }
        !is_idle
    }
}
