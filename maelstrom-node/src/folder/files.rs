//! What a folder needs of a file system, and the real one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::os;

/// The files of one folder. In tests, one that forgets what was not synced.
pub(super) trait FileSystem {
    /// The names of all files.
    fn list(&mut self) -> io::Result<Vec<String>>;
    /// What the medium holds of a file that was synced.
    fn read(&mut self, name: &str) -> io::Result<Vec<u8>>;
    /// Puts bytes at the end of a file, which is made if there is none.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()>;
    /// Makes a file that holds this and nothing else.
    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Gives a file the name of another one, which is gone then.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes a file's bytes durable, and how many there are.
    fn sync(&mut self, name: &str) -> io::Result<()>;
    /// Makes durable which files there are.
    fn sync_folder(&mut self) -> io::Result<()>;
}

/// A folder of the operating system's, which nobody else uses as long as this value lives.
pub(super) struct RealFiles {
    path: PathBuf,
    entries: os::Entries,
    open: BTreeMap<String, File>,
    /// Holds the lock.
    _lock: File,
}

impl RealFiles {
    pub(super) fn new(path: PathBuf, lock: File) -> io::Result<Self> {
        Ok(RealFiles {
            entries: os::Entries::of(&path)?,
            path,
            open: BTreeMap::new(),
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file, to append to.
    fn file(&mut self, name: &str) -> io::Result<&mut File> {
        if !self.open.contains_key(name) {
            let mut options = OpenOptions::new();
            let file = (options.append(true).create(true)).open(self.path.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        Ok(self.open.get_mut(name).expect("it is open"))
    }
}

impl FileSystem for RealFiles {
    fn list(&mut self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            // What is no text is not ours.
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.path.join(name))?;
        os::forget_cached(&file);
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.file(name)?.write_all(bytes)
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        // Who may append to a file on Windows may not cut it.
        let mut options = OpenOptions::new();
        options.write(true).open(self.path.join(name))?.set_len(len)
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(self.path.join(name))?;
        file.write_all(bytes)?;
        self.open.insert(name.to_owned(), file);
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        // They are of the old files.
        self.open.remove(from);
        self.open.remove(to);
        fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.open.remove(name);
        fs::remove_file(self.path.join(name))
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        // A change of its length is synced with its data.
        self.file(name)?.sync_data()
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.entries.sync()
    }
}
