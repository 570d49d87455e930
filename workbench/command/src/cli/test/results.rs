//! `--results FILE`: what came of each seed, a line each, as soon as it is known. A sweep that
//! was ended goes on from there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hunt::sweep::{Line, Subject, Sweep};

/// The file, while a sweep goes on.
pub(super) struct Results {
    path: PathBuf,
    file: Mutex<File>,
    /// What was there before.
    before: Sweep,
}

impl Results {
    /// Begins the file, or goes on with it.
    ///
    /// # Errors
    /// If it is about something else, or cannot be written.
    pub(super) fn open(path: &Path, subject: Subject) -> Result<Self, String> {
        let mut before = Sweep::new(subject);
        match fs::read_to_string(path) {
            Ok(text) if !text.is_empty() => {
                let there = Sweep::read(&text).map_err(|e| about(path, &e))?;
                before.merge(there).map_err(|e| about(path, &e))?;
            }
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(about(path, &e)),
            _ => {}
        }
        // Without a line that was broken off.
        write(path, &before)?;
        let file = OpenOptions::new().append(true).open(path);
        Ok(Results {
            path: path.to_owned(),
            file: Mutex::new(file.map_err(|e| about(path, &e))?),
            before,
        })
    }

    /// Whether it has this seed from before.
    pub(super) fn has(&self, seed: u64) -> bool {
        self.before.lines.contains_key(&seed)
    }

    /// Adds a line.
    pub(super) fn add(&self, line: &Line) -> Result<(), String> {
        let mut text = serde_json::to_string(line).map_err(|e| about(&self.path, &e))?;
        text.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(text.as_bytes());
        written.map_err(|e| about(&self.path, &e))
    }

    /// All of them, in order: in the file, too.
    pub(super) fn finish(self) -> Result<Sweep, String> {
        let text = fs::read_to_string(&self.path).map_err(|e| about(&self.path, &e))?;
        let sweep = Sweep::read(&text).map_err(|e| about(&self.path, &e))?;
        write(&self.path, &sweep)?;
        Ok(sweep)
    }
}

/// Writes a sweep, at once.
pub(in crate::cli) fn write(path: &Path, sweep: &Sweep) -> Result<(), String> {
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let written = fs::write(&new, sweep.to_string()).and_then(|()| fs::rename(&new, path));
    written.map_err(|e| about(path, &e))
}

/// Reads one.
pub(in crate::cli) fn read(path: &Path) -> Result<Sweep, String> {
    let text = fs::read_to_string(path).map_err(|e| about(path, &e))?;
    Sweep::read(&text).map_err(|e| about(path, &e))
}

pub(in crate::cli) fn about(path: &Path, e: &dyn std::fmt::Display) -> String {
    format!("{}: {e}", path.display())
}

/// A part of a sweep: which, from 1, of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    which: u64,
    count: u64,
}

impl Shard {
    /// Whether the nth seed of the sweep, from 0, is in it.
    pub(super) fn has(self, nth: u64) -> bool {
        nth % self.count == self.which - 1
    }
}

/// As the flag takes it: `K/N`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(which, count)| {
        let (which, count) = (which.trim().parse().ok()?, count.trim().parse().ok()?);
        (1..=count)
            .contains(&which)
            .then_some(Shard { which, count })
    });
    parts.ok_or_else(|| "expected which part of how many, such as 1/4 to 4/4".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_in_one_part() {
        let parts: Vec<Shard> = (1..=4)
            .filter_map(|k| shard(&format!("{k}/4")).ok())
            .collect();
        assert_eq!(parts.len(), 4);
        for nth in 0..100 {
            assert_eq!(parts.iter().filter(|part| part.has(nth)).count(), 1);
        }
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4"] {
            assert!(shard(text).is_err(), "{text}");
        }
    }
}
