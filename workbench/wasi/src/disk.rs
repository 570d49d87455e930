//! A module's folder on the disk of a node, which knows files alone, no folders and no
//! renaming.
//!
//! Each file of the folder is one on the disk, and keeps its name there however it is
//! renamed. Which names there are in which folders stands in one more file, which is replaced as a
//! whole whenever that changes: so an entry that was not synced may be lost while what its file
//! holds is kept, or the other way round, as on a disk with a file system.
//!
//! A file that is written at its end is appended to; one that is written elsewhere is replaced at
//! the end of the turn, at one stroke, which is kinder than a disk is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;

use lockstep::{Command, Files};

use crate::errno::Errno;
use crate::tree::{Dir, DirRef, Entry, File, FileRef, Times};

/// The file that says which names there are. No other can be called that: see [`escape`].
const NAMES: &str = "names~";
/// How much a disk holds, in bytes.
const CAPACITY: usize = 256 << 20;
/// The longest name on a disk that is made from a path.
const LONGEST: usize = 200;

/// All that a node has on its disk.
#[derive(Debug)]
pub(crate) struct Disk {
    root: DirRef,
    next_inode: u64,
    /// The names on the disk that must not be given to another file.
    taken: BTreeSet<String>,
    /// Files without an entry, as of now; and those without one that is durable.
    unlinked: Vec<String>,
    /// Emptied, but that may not be durable.
    emptied: Vec<String>,
    rewritten: Vec<FileRef>,
    commands: Vec<Command>,
    /// The entries have changed since they were last stored.
    has_new_names: bool,
    used: usize,
}

impl Disk {
    /// Finds what an earlier life has left.
    ///
    /// # Errors
    /// When the names cannot be read.
    pub(crate) fn new(mut files: Files) -> Result<Disk, String> {
        let mut disk = Disk {
            root: Rc::new(RefCell::new(Dir::new(2))),
            next_inode: 3,
            taken: BTreeSet::from([NAMES.to_owned()]),
            unlinked: Vec::new(),
            emptied: Vec::new(),
            rewritten: Vec::new(),
            commands: Vec::new(),
            has_new_names: false,
            used: files.values().map(Vec::len).sum(),
        };
        let names = files.remove(NAMES).unwrap_or_default();
        for line in String::from_utf8_lossy(&names).lines() {
            disk.read_name(line, &mut files).ok_or_else(|| {
                format!("expected a name in the file {NAMES} of its disk, found {line:?}")
            })?;
        }
        // What has no entry was never durable. Its name is given to no other file before it is empty.
        disk.unlinked = files.into_keys().collect();
        disk.taken.extend(disk.unlinked.iter().cloned());
        Ok(disk)
    }

    fn read_name(&mut self, line: &str, files: &mut Files) -> Option<()> {
        let mut words = line.split(' ');
        let (kind, path) = (words.next()?, unescape(words.next()?)?);
        let inode = self.inode();
        let entry = match (kind, words.next()) {
            ("folder", None) => Entry::Dir(Rc::new(RefCell::new(Dir::new(inode)))),
            ("file", Some(stored)) => {
                self.taken.insert(stored.to_owned());
                Entry::File(Rc::new(RefCell::new(File {
                    inode,
                    bytes: files.remove(stored).unwrap_or_default(),
                    unread: None,
                    is_read_only: false,
                    stored: Some(stored.to_owned()),
                    times: Times::default(),
                    is_rewritten: false,
                })))
            }
            _ => return None,
        };
        let mut place = crate::tree::find(&self.root, path.as_bytes()).ok()?;
        place.wants_dir = false;
        place.put(entry).ok()
    }

    pub(crate) fn root(&self) -> &DirRef {
        &self.root
    }

    pub(crate) fn inode(&mut self) -> u64 {
        self.next_inode += 1;
        self.next_inode - 1
    }

    /// Makes a file, for an entry of this name.
    pub(crate) fn create(&mut self, name: &str, times: Times) -> FileRef {
        let inode = self.inode();
        let mut wanted = escape(name);
        if wanted.len() > LONGEST {
            wanted = format!("file~{inode}");
        }
        let mut stored = wanted.clone();
        let mut more = 2;
        while self.taken.contains(&stored) {
            stored = format!("{wanted}~{more}");
            more += 1;
        }
        self.taken.insert(stored.clone());
        self.has_new_names = true;
        Rc::new(RefCell::new(File {
            inode,
            bytes: Vec::new(),
            unread: None,
            is_read_only: false,
            stored: Some(stored),
            times,
            is_rewritten: false,
        }))
    }

    /// A file has lost its entry.
    pub(crate) fn unlink(&mut self, file: &FileRef) {
        let mut file = file.borrow_mut();
        self.used -= file.bytes.len().min(self.used);
        self.unlinked.extend(file.stored.take());
        self.has_new_names = true;
    }

    /// The entries have changed.
    pub(crate) fn names_changed(&mut self) {
        self.has_new_names = true;
    }

    /// Writes to a file at this place; what lies between its end and that is zeros.
    pub(crate) fn write(&mut self, file: &FileRef, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = at.checked_add(bytes.len() as u64).ok_or(Errno::FBIG)?;
        let end = usize::try_from(end).map_err(|_| Errno::FBIG)?;
        let len = file.borrow().bytes.len();
        if at < len as u64 {
            self.grow(len, end.max(len))?;
            let mut written = file.borrow_mut();
            let at = at as usize;
            let over = bytes.len().min(len - at);
            written.bytes[at..at + over].copy_from_slice(&bytes[..over]);
            written.bytes.extend_from_slice(&bytes[over..]);
            drop(written);
            self.rewrite(file);
            return Ok(());
        }
        self.grow(len, end)?;
        let mut written = file.borrow_mut();
        written.bytes.resize(at as usize, 0);
        written.bytes.extend_from_slice(bytes);
        if let (Some(stored), false) = (&written.stored, written.is_rewritten) {
            self.commands.push(Command::Append {
                file: stored.clone(),
                bytes: written.bytes[len..].to_vec(),
            });
        }
        Ok(())
    }

    /// Cuts a file off, or puts zeros behind its end.
    pub(crate) fn set_len(&mut self, file: &FileRef, len: u64) -> Result<(), Errno> {
        let len = usize::try_from(len).map_err(|_| Errno::FBIG)?;
        let before = file.borrow().bytes.len();
        self.grow(before, len)?;
        let mut changed = file.borrow_mut();
        changed.bytes.resize(len, 0);
        if let (Some(stored), false) = (&changed.stored, changed.is_rewritten) {
            let file = stored.clone();
            match len.checked_sub(before) {
                Some(0) => {}
                Some(more) => self.commands.push(Command::Append {
                    file,
                    bytes: vec![0; more],
                }),
                None => self.commands.push(Command::Truncate {
                    file,
                    len: len as u64,
                }),
            }
        }
        Ok(())
    }

    fn grow(&mut self, from: usize, to: usize) -> Result<(), Errno> {
        let used = (self.used - from.min(self.used)).saturating_add(to);
        if used > CAPACITY && to > from {
            return Err(Errno::NOSPC);
        }
        self.used = used;
        Ok(())
    }

    fn rewrite(&mut self, file: &FileRef) {
        let mut changed = file.borrow_mut();
        if changed.stored.is_some() && !changed.is_rewritten {
            changed.is_rewritten = true;
            self.rewritten.push(Rc::clone(file));
        }
    }

    /// What is to be done on the disk since that was last asked.
    pub(crate) fn commands(&mut self) -> Vec<Command> {
        for file in std::mem::take(&mut self.rewritten) {
            let mut file = file.borrow_mut();
            file.is_rewritten = false;
            if let Some(stored) = &file.stored {
                self.commands.push(Command::Replace {
                    file: stored.clone(),
                    bytes: file.bytes.clone(),
                });
            }
        }
        if std::mem::take(&mut self.has_new_names) {
            let mut names = String::new();
            write_names(&self.root, "", &mut names);
            self.commands.push(Command::Replace {
                file: NAMES.to_owned(),
                bytes: names.into_bytes(),
            });
        }
        std::mem::take(&mut self.commands)
    }

    /// All of that is durable: so are the entries, and the files without one can go. Their names
    /// are free once that is durable, too.
    pub(crate) fn synced(&mut self) {
        for name in std::mem::take(&mut self.emptied) {
            self.taken.remove(&name);
        }
        for file in std::mem::take(&mut self.unlinked) {
            self.commands.push(Command::Replace {
                file: file.clone(),
                bytes: Vec::new(),
            });
            self.emptied.push(file);
        }
    }
}

impl Dir {
    pub(crate) fn new(inode: u64) -> Dir {
        Dir {
            inode,
            entries: BTreeMap::new(),
            times: Times::default(),
            is_gone: false,
            is_read_only: false,
        }
    }
}

/// Writes a line for each entry, a folder before what is in it.
fn write_names(dir: &DirRef, above: &str, out: &mut String) {
    for (name, entry) in &dir.borrow().entries {
        let path = format!("{above}{}", escape(name));
        match entry {
            Entry::File(file) => {
                if let Some(stored) = &file.borrow().stored {
                    let _ = writeln!(out, "file {path} {stored}");
                }
            }
            Entry::Dir(dir) => {
                let _ = writeln!(out, "folder {path}");
                write_names(dir, &format!("{path}/"), out);
            }
        }
    }
}

/// A name in visible characters of ASCII, without `~`, which is for names that are made here.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'%' | b'~' | b'/' => {
                let _ = write!(escaped, "%{byte:02x}");
            }
            byte if byte.is_ascii_graphic() => escaped.push(byte.into()),
            byte => {
                let _ = write!(escaped, "%{byte:02x}");
            }
        }
    }
    escaped
}

fn unescape(escaped: &str) -> Option<String> {
    let mut parts = escaped.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}
