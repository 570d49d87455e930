//! Folders and files in memory: what a module sees of its disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use crate::errno::Errno;

/// A file, shared by its entry and by whoever has it open.
pub(crate) type FileRef = Rc<RefCell<File>>;
/// A folder, likewise.
pub(crate) type DirRef = Rc<RefCell<Dir>>;

/// A file, and what it holds.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) inode: u64,
    pub(crate) bytes: Vec<u8>,
    /// Where that is, and how long, as long as it was not read: of a file of the machine.
    pub(crate) unread: Option<(PathBuf, u64)>,
    /// It cannot be changed.
    pub(crate) is_read_only: bool,
    /// What it is called on the disk; nothing once it has no entry any more.
    pub(crate) stored: Option<String>,
    pub(crate) times: Times,
    /// It was written elsewhere than at its end since that was last stored.
    pub(crate) is_rewritten: bool,
}

impl File {
    /// How many bytes it holds.
    pub(crate) fn len(&self) -> u64 {
        let unread = self.unread.as_ref().map(|(_, len)| *len);
        unread.unwrap_or(self.bytes.len() as u64)
    }

    /// Reads what it holds, if that is still to be done.
    pub(crate) fn read(&mut self) -> Result<(), Errno> {
        if let Some((path, _)) = &self.unread {
            self.bytes = std::fs::read(path).map_err(|_| Errno::IO)?;
            self.unread = None;
        }
        Ok(())
    }
}

/// When it was last read and written, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
}

/// A folder.
#[derive(Debug)]
pub(crate) struct Dir {
    pub(crate) inode: u64,
    pub(crate) entries: BTreeMap<String, Entry>,
    pub(crate) times: Times,
    /// It was removed, and holds nothing any more.
    pub(crate) is_gone: bool,
    /// Nothing can be put there or taken away.
    pub(crate) is_read_only: bool,
}

/// What a name in a folder stands for.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    File(FileRef),
    Dir(DirRef),
}

impl Entry {
    pub(crate) fn is_dir(&self) -> bool {
        matches!(self, Entry::Dir(_))
    }

    pub(crate) fn inode(&self) -> u64 {
        match self {
            Entry::File(file) => file.borrow().inode,
            Entry::Dir(dir) => dir.borrow().inode,
        }
    }

    /// Whether both are the same file or folder.
    fn is(&self, other: &Entry) -> bool {
        match (self, other) {
            (Entry::File(one), Entry::File(other)) => Rc::ptr_eq(one, other),
            (Entry::Dir(one), Entry::Dir(other)) => Rc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// Where a path leads: the folder, and the name in it; no name if it is the folder itself.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) dir: DirRef,
    pub(crate) name: Option<String>,
    /// The path ends with a slash, so that it means a folder.
    pub(crate) wants_dir: bool,
}

impl Place {
    /// What stands there, if something does.
    ///
    /// # Errors
    /// When it is a file, and the path means a folder.
    pub(crate) fn entry(&self) -> Result<Option<Entry>, Errno> {
        let Some(name) = &self.name else {
            return Ok(Some(Entry::Dir(Rc::clone(&self.dir))));
        };
        let entry = self.dir.borrow().entries.get(name).cloned();
        match entry {
            Some(Entry::File(_)) if self.wants_dir => Err(Errno::NOTDIR),
            entry => Ok(entry),
        }
    }

    /// What stands there.
    ///
    /// # Errors
    /// When nothing does.
    pub(crate) fn existing(&self) -> Result<Entry, Errno> {
        self.entry()?.ok_or(Errno::NOENT)
    }

    /// The name, of something that is to be made or taken away.
    ///
    /// # Errors
    /// When the path is that of the folder which it starts from.
    pub(crate) fn name(&self) -> Result<&str, Errno> {
        self.name.as_deref().ok_or(Errno::INVAL)
    }

    pub(crate) fn put(&self, entry: Entry) -> Result<(), Errno> {
        let name = self.name()?.to_owned();
        let mut dir = self.dir.borrow_mut();
        if dir.is_gone {
            return Err(Errno::NOENT);
        }
        if dir.is_read_only {
            return Err(Errno::ROFS);
        }
        dir.entries.insert(name, entry);
        Ok(())
    }

    pub(crate) fn take(&self) -> Result<Option<Entry>, Errno> {
        let mut dir = self.dir.borrow_mut();
        match dir.is_read_only {
            true => Err(Errno::ROFS),
            false => Ok(dir.entries.remove(self.name()?)),
        }
    }
}

/// Finds where a path leads from a folder, out of which it must not lead.
///
/// # Errors
/// When something before its last part is no folder, or it is none that can be.
pub(crate) fn find(from: &DirRef, path: &[u8]) -> Result<Place, Errno> {
    let path = std::str::from_utf8(path).map_err(|_| Errno::ILSEQ)?;
    if path.is_empty() {
        return Err(Errno::NOENT);
    }
    if path.contains('\0') {
        return Err(Errno::INVAL);
    }
    if path.starts_with('/') {
        return Err(Errno::PERM);
    }
    let mut above = vec![Rc::clone(from)];
    let mut name: Option<&str> = None;
    for part in path.split('/').filter(|part| !matches!(*part, "" | ".")) {
        if part.len() > 255 {
            return Err(Errno::NAMETOOLONG);
        }
        if let Some(name) = name.take() {
            above.push(enter(&above, name)?);
        }
        match part {
            ".." => {
                above.pop();
                if above.is_empty() {
                    return Err(Errno::PERM);
                }
            }
            part => name = Some(part),
        }
    }
    let dir = above.pop().ok_or(Errno::PERM)?;
    Ok(Place {
        dir,
        name: name.map(str::to_owned),
        wants_dir: path.ends_with(['/', '.']) && is_of_dir(path),
    })
}

/// Whether a path is one of a folder by its end: `/`, `/.` or `..`.
fn is_of_dir(path: &str) -> bool {
    path.ends_with('/') || matches!(path.rsplit('/').next(), Some("." | ".."))
}

fn enter(above: &[DirRef], name: &str) -> Result<DirRef, Errno> {
    let dir = above.last().ok_or(Errno::PERM)?.borrow();
    match dir.entries.get(name) {
        Some(Entry::Dir(dir)) => Ok(Rc::clone(dir)),
        Some(Entry::File(_)) => Err(Errno::NOTDIR),
        None => Err(Errno::NOENT),
    }
}

/// Moves what stands at one place to another, in the place of what may stand there; says which
/// file that was.
///
/// # Errors
/// When it cannot stand there.
pub(crate) fn rename(from: &Place, to: &Place) -> Result<Option<FileRef>, Errno> {
    let moved = from.existing()?;
    let (Some(_), Some(new)) = (&from.name, &to.name) else {
        return Err(Errno::INVAL);
    };
    if from.dir.borrow().is_read_only || to.dir.borrow().is_read_only {
        return Err(Errno::ROFS);
    }
    if to.wants_dir && !moved.is_dir() {
        return Err(Errno::NOTDIR);
    }
    if let Entry::Dir(dir) = &moved
        && is_within(&to.dir, dir)
    {
        return Err(Errno::INVAL);
    }
    let over = to.dir.borrow().entries.get(new).cloned();
    match (&moved, &over) {
        (_, Some(over)) if moved.is(over) => return Ok(None),
        (Entry::Dir(_), Some(Entry::File(_))) => return Err(Errno::NOTDIR),
        (Entry::File(_), Some(Entry::Dir(_))) => return Err(Errno::ISDIR),
        (Entry::Dir(_), Some(Entry::Dir(over))) if !over.borrow().entries.is_empty() => {
            return Err(Errno::NOTEMPTY);
        }
        _ => {}
    }
    to.put(moved)?;
    from.take()?;
    match over {
        Some(Entry::File(file)) => Ok(Some(file)),
        Some(Entry::Dir(dir)) => {
            dir.borrow_mut().is_gone = true;
            Ok(None)
        }
        None => Ok(None),
    }
}

/// Whether a folder is this one, or in it.
fn is_within(dir: &DirRef, outer: &DirRef) -> bool {
    Rc::ptr_eq(dir, outer)
        || outer.borrow().entries.values().any(|entry| match entry {
            Entry::Dir(inner) => is_within(dir, inner),
            Entry::File(_) => false,
        })
}
