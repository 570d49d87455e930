//! The calls of WASI preview 1, on what a node has: one method each, in the order of the
//! specification's parts.

mod clock;
mod fd;
mod path;
mod poll;
mod process;
mod sock;

use std::rc::Rc;

use rng::Rng;

use crate::descriptors::{Descriptor, Descriptors, Open};
use crate::disk::Disk;
use crate::errno::{Call, Errno};
use crate::guest::Guest;
use crate::tree::{Dir, DirRef, Entry, FileRef, Times};
use crate::world::World;

/// 2020-01-01T00:00:00Z in nanoseconds since 1970: the wall clocks' time when a run begins.
pub(crate) const EPOCH: u64 = 1_577_836_800_000_000_000;

/// All that a module can ask for.
pub(crate) struct Host {
    pub(crate) world: World,
    pub(crate) disk: Disk,
    pub(crate) open: Descriptors,
    pub(crate) args: Vec<String>,
    pub(crate) environ: Vec<String>,
    pub(crate) rng: Rng,
    /// In which turn it was last told that its disk has failed, and why it has.
    pub(crate) disk_failed: Option<(u64, String)>,
    /// What its wall clock shows when its own time is 0, in nanoseconds since 1970.
    pub(crate) started: u64,
}

impl Host {
    /// Ends the turn: until the deadline by the module's clock, or until something happens.
    fn turn(&mut self, deadline: Option<u64>) -> Call {
        let commands = self.disk.commands();
        Ok(self.world.turn(deadline, commands)?)
    }

    /// Waits until all that was written to the disk is durable.
    fn sync(&mut self) -> Call {
        let commands = self.disk.commands();
        match self.world.sync(commands)? {
            Ok(()) => {
                self.disk.synced();
                Ok(())
            }
            Err(why) => {
                let is_full = why.contains("no space");
                self.disk_failed = Some((self.world.turn, why));
                Err(if is_full { Errno::NOSPC } else { Errno::IO }.into())
            }
        }
    }

    /// The wall clock, without reading it.
    fn wall(&self) -> u64 {
        self.started.saturating_add(self.world.now())
    }

    fn times(&self) -> Times {
        Times {
            accessed: self.wall(),
            modified: self.wall(),
        }
    }
}

/// The kinds of files, as preview 1 numbers them.
mod kind {
    pub(super) const UNKNOWN: u8 = 0;
    pub(super) const DIR: u8 = 3;
    pub(super) const FILE: u8 = 4;
}

/// A `filestat`: what is known of a file or a folder.
struct Stat {
    inode: u64,
    kind: u8,
    size: u64,
    times: Times,
}

impl Stat {
    fn of_entry(entry: &Entry) -> Stat {
        match entry {
            Entry::File(file) => {
                let file = file.borrow();
                Stat {
                    inode: file.inode,
                    kind: kind::FILE,
                    size: file.len(),
                    times: file.times,
                }
            }
            Entry::Dir(dir) => Stat::of_dir(&dir.borrow()),
        }
    }

    fn of_dir(dir: &Dir) -> Stat {
        Stat {
            inode: dir.inode,
            kind: kind::DIR,
            size: 0,
            times: dir.times,
        }
    }

    fn of(descriptor: &Descriptor) -> Stat {
        match &descriptor.open {
            Open::File(file) => Stat::of_entry(&Entry::File(Rc::clone(file))),
            Open::Dir(dir) => Stat::of_dir(&dir.borrow()),
            Open::Stdin | Open::Stdout | Open::Stderr => Stat {
                inode: 0,
                kind: kind::UNKNOWN,
                size: 0,
                times: Times::default(),
            },
        }
    }

    fn write(&self, guest: &mut Guest<'_>, at: u32) -> Result<(), Errno> {
        let mut bytes = [0; 64];
        let mut put = |place: usize, value: u64| {
            bytes[place..place + 8].copy_from_slice(&value.to_le_bytes());
        };
        put(0, 1); // the device
        put(8, self.inode);
        put(16, self.kind.into());
        put(24, 1); // how many names it has
        put(32, self.size);
        put(40, self.times.accessed);
        put(48, self.times.modified);
        put(56, self.times.modified); // of its status
        guest.write(at, &bytes)
    }
}

fn set_file_times(file: &FileRef, now: u64, accessed: u64, modified: u64, which: u32) -> Call {
    let mut file = file.borrow_mut();
    if file.is_read_only {
        return Err(Errno::ROFS.into());
    }
    set_times(&mut file.times, now, accessed, modified, which)
}

fn set_dir_times(dir: &DirRef, now: u64, accessed: u64, modified: u64, which: u32) -> Call {
    let mut dir = dir.borrow_mut();
    if dir.is_read_only {
        return Err(Errno::ROFS.into());
    }
    set_times(&mut dir.times, now, accessed, modified, which)
}

/// The times that a call sets, from its arguments: `atim`, `mtim` and `fst_flags`.
fn set_times(times: &mut Times, now: u64, accessed: u64, modified: u64, which: u32) -> Call {
    const ACCESSED: u32 = 1;
    const ACCESSED_NOW: u32 = 2;
    const MODIFIED: u32 = 4;
    const MODIFIED_NOW: u32 = 8;
    let both = |one, other| which & one != 0 && which & other != 0;
    if which > 15 || both(ACCESSED, ACCESSED_NOW) || both(MODIFIED, MODIFIED_NOW) {
        return Err(Errno::INVAL.into());
    }
    match which & (ACCESSED | ACCESSED_NOW) {
        ACCESSED => times.accessed = accessed,
        ACCESSED_NOW => times.accessed = now,
        _ => {}
    }
    match which & (MODIFIED | MODIFIED_NOW) {
        MODIFIED => times.modified = modified,
        MODIFIED_NOW => times.modified = now,
        _ => {}
    }
    Ok(())
}
