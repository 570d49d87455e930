//! A log of entries, in a file of frames.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, Kind, Whole};
use super::{Disk, write_json};

/// A log that is on the disk: [`Disk::log`]. It does not keep its entries in memory; who needs them
/// there does.
///
/// Nothing of what is done to it is durable before [`Disk::sync`]. If it is not, what is left
/// after a kill is the log as it was after one of the things that were done since the last sync.
pub struct Log<T> {
    disk: Disk,
    file: usize,
    len: Cell<usize>,
    entries: PhantomData<fn(&T)>,
}

impl<T: Serialize> Log<T> {
    #[track_caller]
    pub(super) fn open(disk: &Disk, name: &str) -> (Self, Vec<T>)
    where
        T: DeserializeOwned,
    {
        let (file, found) = disk.open(name, "log");
        let entries = entries(disk, file, &found.unwrap_or_default());
        let log = Log {
            disk: disk.clone(),
            file,
            len: Cell::new(entries.len()),
            entries: PhantomData,
        };
        (log, entries)
    }

    /// Puts an entry at the end.
    ///
    /// # Panics
    /// If it is none that JSON can hold, such as a map whose keys are no strings; or one of 4 GiB.
    pub fn append(&self, entry: &T) {
        if self.disk.failure().is_none() {
            self.disk.state().append(self.file, Kind::Entry, entry);
            self.len.set(self.len.get() + 1);
        }
    }

    /// Forgets the entries from this position on, so that `len` are left; does nothing if there are no
    /// more than that. It costs as little as an entry: the file does not get shorter by it.
    pub fn cut(&self, len: usize) {
        if len < self.len.get() && self.disk.failure().is_none() {
            self.disk.state().append(self.file, Kind::Cut, &len);
            self.len.set(len);
        }
    }

    /// Puts these entries in place of all that are there, at one stroke: whatever happens, the
    /// old ones or the new ones are found. So a log whose entries were cut or are no longer needed gets
    /// short again.
    ///
    /// # Panics
    /// As [`Log::append`].
    pub fn rewrite<'a>(&self, entries: impl IntoIterator<Item = &'a T>)
    where
        T: 'a,
    {
        if self.disk.failure().is_some() {
            return;
        }
        let written = |entry| {
            let mut payload = Vec::new();
            write_json(&mut payload, entry);
            payload
        };
        let payloads: Vec<Vec<u8>> = entries.into_iter().map(written).collect();
        self.len.set(payloads.len());
        self.disk.state().replace(self.file, Kind::Entry, &payloads);
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The entries in a file; what was torn is cut off. None if the node cannot go on.
fn entries<T: DeserializeOwned>(disk: &Disk, file: usize, found: &[u8]) -> Vec<T> {
    let name = disk.state().open[file].name.clone();
    let whole = match frame::read_log(found) {
        Ok(whole) => whole,
        Err(damage) => {
            disk.damaged(&name, &damage);
            return Vec::new();
        }
    };
    let entries = match replay(&whole) {
        Ok(entries) => entries,
        Err((at, error)) => {
            disk.foreign::<T>(&name, at, &error);
            return Vec::new();
        }
    };
    let state = &mut *disk.state();
    state.open[file].checksum = whole.checksum;
    if let Some(expected) = whole.torn {
        log::warn!(
            "cut off the last {} bytes of {name}, which were not synced: expected {expected} at byte {}",
            found.len() - whole.len,
            whole.len
        );
        state.truncate(file, whole.len as u64);
    }
    entries
}

/// What the frames leave of each other, or where one is that holds something else, and what.
fn replay<T: DeserializeOwned>(whole: &Whole<'_>) -> Result<Vec<T>, (usize, serde_json::Error)> {
    let mut entries = Vec::new();
    for frame in &whole.frames {
        let foreign = |error| (frame.at, error);
        match frame.kind {
            Kind::Cut => entries.truncate(serde_json::from_slice(frame.payload).map_err(foreign)?),
            _ => entries.push(serde_json::from_slice(frame.payload).map_err(foreign)?),
        }
    }
    Ok(entries)
}

impl<T> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("len", &self.len.get())
            .finish_non_exhaustive()
    }
}
