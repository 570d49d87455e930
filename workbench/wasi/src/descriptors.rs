//! What a module has open: descriptors 0 to 2 are its pipes, 3 is its disk, and
//! behind that are the folders that it was given besides.

use std::rc::Rc;

use crate::errno::Errno;
use crate::tree::{DirRef, FileRef};

/// How many may be open.
const MOST: usize = 4096;

/// What may be done with a descriptor, in the bits of preview 1.
pub(crate) mod rights {
    pub(crate) const READ: u64 = 1 << 1;
    pub(crate) const WRITE: u64 = 1 << 6;
    /// To cut off a file in a folder.
    pub(crate) const TRUNCATE: u64 = 1 << 19;
    /// All that concerns a file.
    pub(crate) const FILE: u64 = 0x08e0_01ff;
    /// All that concerns a folder and what is in it, but links.
    pub(crate) const DIR: u64 = 0x06bf_6619;
    /// All that concerns a pipe.
    pub(crate) const PIPE: u64 = 0x0820_0008;
}

/// How a descriptor is used, in the bits of preview 1.
pub(crate) mod flags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const DSYNC: u16 = 2;
    pub(crate) const NONBLOCK: u16 = 4;
    pub(crate) const SYNC: u16 = 16;
    pub(crate) const ALL: u16 = 31;
}

/// What a descriptor stands for.
#[derive(Clone, Debug)]
pub(crate) enum Open {
    Stdin,
    Stdout,
    Stderr,
    File(FileRef),
    Dir(DirRef),
}

/// An open descriptor.
#[derive(Clone, Debug)]
pub(crate) struct Descriptor {
    pub(crate) open: Open,
    /// Where a file is read and written next.
    pub(crate) position: u64,
    pub(crate) flags: u16,
    pub(crate) rights: u64,
    pub(crate) inheriting: u64,
    /// The path of a folder that the module was given.
    pub(crate) given: Option<String>,
}

impl Descriptor {
    pub(crate) fn new(open: Open) -> Descriptor {
        let (rights, inheriting) = match open {
            Open::Stdin => (rights::PIPE | rights::READ, 0),
            Open::Stdout | Open::Stderr => (rights::PIPE | rights::WRITE, 0),
            Open::File(_) => (rights::FILE, 0),
            Open::Dir(_) => (rights::DIR, rights::DIR | rights::FILE),
        };
        Descriptor {
            open,
            position: 0,
            flags: 0,
            rights,
            inheriting,
            given: None,
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    /// Those that a program is started with: its pipes, of which stdin does not block, if that is
    /// wanted, and its folders.
    pub(crate) fn new(folders: Vec<(String, DirRef)>, is_nonblocking: bool) -> Descriptors {
        let mut stdin = Descriptor::new(Open::Stdin);
        stdin.flags |= if is_nonblocking { flags::NONBLOCK } else { 0 };
        let pipes = [
            stdin,
            Descriptor::new(Open::Stdout),
            Descriptor::new(Open::Stderr),
        ];
        let folders = folders.into_iter().map(|(path, dir)| Descriptor {
            given: Some(path),
            ..Descriptor::new(Open::Dir(dir))
        });
        Descriptors(pipes.into_iter().chain(folders).map(Some).collect())
    }

    pub(crate) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        let found = self.0.get(fd as usize).and_then(Option::as_ref);
        found.ok_or(Errno::BADF)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        let found = self.0.get_mut(fd as usize).and_then(Option::as_mut);
        found.ok_or(Errno::BADF)
    }

    /// The folder that it stands for.
    pub(crate) fn dir(&self, fd: u32) -> Result<DirRef, Errno> {
        match &self.get(fd)?.open {
            Open::Dir(dir) => Ok(Rc::clone(dir)),
            _ => Err(Errno::NOTDIR),
        }
    }

    /// The file that it stands for.
    pub(crate) fn file(&self, fd: u32) -> Result<FileRef, Errno> {
        match &self.get(fd)?.open {
            Open::File(file) => Ok(Rc::clone(file)),
            Open::Dir(_) => Err(Errno::BADF),
            _ => Err(Errno::SPIPE),
        }
    }

    /// Gives it the lowest number that is free, behind those of the pipes.
    pub(crate) fn add(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let free = self.0.iter().skip(3).position(Option::is_none);
        let place = free.map_or(self.0.len(), |place| place + 3);
        if place >= MOST {
            return Err(Errno::MFILE);
        }
        if place == self.0.len() {
            self.0.push(None);
        }
        self.0[place] = Some(descriptor);
        Ok(place as u32)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        let found = self.0.get_mut(fd as usize).and_then(Option::take);
        found.ok_or(Errno::BADF)
    }

    /// Gives one the number of another, which is closed.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(to)?;
        let moved = self.close(from)?;
        self.0[to as usize] = Some(moved);
        Ok(())
    }
}
