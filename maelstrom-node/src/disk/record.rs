//! A small value, in a file of its own.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{self, Kind};
use super::{Disk, write_json};

/// A small value that is on the disk: [`Disk::record`].
///
/// It is written anew whenever it is set, so it should not grow: that is what a [`Log`](super::Log) is
/// for. What was set is not durable before [`Disk::sync`]. If it is not, an earlier value is left
/// after a kill, wholly.
pub struct Record<T> {
    disk: Disk,
    file: usize,
    /// As JSON.
    value: RefCell<Option<Vec<u8>>>,
    values: PhantomData<fn(&T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Record<T> {
    #[track_caller]
    pub(super) fn open(disk: &Disk, name: &str) -> Self {
        let (file, found) = disk.open(name, "record");
        let value = found.and_then(|found| value::<T>(disk, file, &found));
        Record {
            disk: disk.clone(),
            file,
            value: RefCell::new(value),
            values: PhantomData,
        }
    }

    /// The value that was set last, in this life or an earlier one, if one was. It has been through
    /// JSON, as after a restart.
    pub fn get(&self) -> Option<T> {
        let value = self.value.borrow();
        let value = serde_json::from_slice(value.as_ref()?);
        Some(value.expect("what was set can be read, as Record::set says"))
    }

    /// Sets the value.
    ///
    /// # Panics
    /// If it is none that JSON can hold, such as a map whose keys are no strings, or none that
    /// can be read again.
    pub fn set(&self, value: &T) {
        let mut json = Vec::new();
        write_json(&mut json, value);
        if let Err(e) = serde_json::from_slice::<T>(&json) {
            let json = String::from_utf8_lossy(&json);
            panic!("expected a value that can be read again, found {json}: {e}");
        }
        if self.disk.failure().is_none() {
            let state = &mut *self.disk.state();
            state.replace(self.file, Kind::Record, std::slice::from_ref(&json));
        }
        self.value.replace(Some(json));
    }
}

/// The value in a file, as JSON. None if there is none, or if the node cannot go on.
fn value<T: DeserializeOwned>(disk: &Disk, file: usize, found: &[u8]) -> Option<Vec<u8>> {
    // A file system may show that a file was made before it shows what is in it.
    if found.is_empty() {
        return None;
    }
    let name = disk.state().open[file].name.clone();
    match frame::read_record(found) {
        Err(damage) => disk.damaged(&name, &damage),
        Ok(json) => match serde_json::from_slice::<T>(json) {
            Ok(_) => return Some(json.to_vec()),
            Err(error) => disk.foreign::<T>(&name, 0, &error),
        },
    }
    None
}

impl<T> fmt::Debug for Record<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("is_set", &self.value.borrow().is_some())
            .finish_non_exhaustive()
    }
}
