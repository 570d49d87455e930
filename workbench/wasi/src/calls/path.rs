//! Calls on paths: within the folder that the module was given.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Host, Stat, set_dir_times, set_file_times};
use crate::descriptors::{Descriptor, Open, flags, rights};
use crate::errno::{Call, Errno};
use crate::guest::Guest;
use crate::tree::{self, Dir, Entry, Place};

/// What `path_open` is to do, in the bits of preview 1.
mod how {
    pub(super) const CREATE: u32 = 1;
    pub(super) const DIRECTORY: u32 = 2;
    pub(super) const EXCLUSIVE: u32 = 4;
    pub(super) const TRUNCATE: u32 = 8;
}

impl Host {
    fn place(&self, guest: &Guest<'_>, fd: u32, path: u32, len: u32) -> Call<Place> {
        let dir = self.open.dir(fd)?;
        Ok(tree::find(&dir, guest.bytes(path, len)?)?)
    }

    #[expect(clippy::too_many_arguments, reason = "it has that many")]
    pub(crate) fn path_open(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        _follow: u32,
        path: u32,
        len: u32,
        how: u32,
        base: u64,
        inheriting: u64,
        flags: u32,
        opened: u32,
    ) -> Call {
        guest.bytes(opened, 4)?;
        let place = self.place(guest, fd, path, len)?;
        let inherited = self.open.get(fd)?.inheriting;
        let writes = base & rights::WRITE != 0;
        if how & how::TRUNCATE != 0 && self.open.get(fd)?.rights & rights::TRUNCATE == 0 {
            return Err(Errno::NOTCAPABLE.into());
        }
        if how > 15 || flags > u32::from(flags::ALL) {
            return Err(Errno::INVAL.into());
        }
        if how & how::CREATE != 0 && how & how::DIRECTORY != 0 {
            return Err(Errno::INVAL.into());
        }
        let open = match place.entry()? {
            Some(_) if how & how::CREATE != 0 && how & how::EXCLUSIVE != 0 => {
                return Err(Errno::EXIST.into());
            }
            Some(Entry::File(_)) if how & how::DIRECTORY != 0 => return Err(Errno::NOTDIR.into()),
            Some(Entry::File(file)) => {
                let changes = writes || how & how::TRUNCATE != 0;
                if changes && file.borrow().is_read_only {
                    return Err(Errno::ROFS.into());
                }
                file.borrow_mut().read()?;
                if how & how::TRUNCATE != 0 {
                    self.disk.set_len(&file, 0)?;
                    file.borrow_mut().times.modified = self.wall();
                }
                Open::File(file)
            }
            Some(Entry::Dir(_)) if how & how::TRUNCATE != 0 => return Err(Errno::ISDIR.into()),
            Some(Entry::Dir(_)) if writes && how & how::DIRECTORY == 0 => {
                return Err(Errno::ISDIR.into());
            }
            Some(Entry::Dir(dir)) => Open::Dir(dir),
            None if how & how::CREATE == 0 => return Err(Errno::NOENT.into()),
            None if place.wants_dir => return Err(Errno::ISDIR.into()),
            None => {
                let file = self.disk.create(place.name()?, self.times());
                if let Err(errno) = place.put(Entry::File(Rc::clone(&file))) {
                    self.disk.unlink(&file);
                    return Err(errno.into());
                }
                Open::File(file)
            }
        };
        let mut descriptor = Descriptor::new(open);
        descriptor.rights &= base & inherited;
        descriptor.inheriting &= inheriting & inherited;
        descriptor.flags = flags as u16;
        let fd = self.open.add(descriptor)?;
        Ok(guest.write_u32(opened, fd)?)
    }

    pub(crate) fn path_filestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        _follow: u32,
        path: u32,
        len: u32,
        at: u32,
    ) -> Call {
        let entry = self.place(guest, fd, path, len)?.existing()?;
        Ok(Stat::of_entry(&entry).write(guest, at)?)
    }

    #[expect(clippy::too_many_arguments, reason = "it has that many")]
    pub(crate) fn path_filestat_set_times(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        _follow: u32,
        path: u32,
        len: u32,
        accessed: u64,
        modified: u64,
        which: u32,
    ) -> Call {
        let now = self.wall();
        match self.place(guest, fd, path, len)?.existing()? {
            Entry::File(file) => set_file_times(&file, now, accessed, modified, which),
            Entry::Dir(dir) => set_dir_times(&dir, now, accessed, modified, which),
        }
    }

    pub(crate) fn path_create_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Call {
        let mut place = self.place(guest, fd, path, len)?;
        place.wants_dir = false;
        if place.entry()?.is_some() {
            return Err(Errno::EXIST.into());
        }
        let mut dir = Dir::new(self.disk.inode());
        dir.times = self.times();
        place.put(Entry::Dir(Rc::new(RefCell::new(dir))))?;
        self.disk.names_changed();
        Ok(())
    }

    pub(crate) fn path_remove_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Call {
        let place = self.place(guest, fd, path, len)?;
        let Entry::Dir(dir) = place.existing()? else {
            return Err(Errno::NOTDIR.into());
        };
        place.name()?;
        if !dir.borrow().entries.is_empty() {
            return Err(Errno::NOTEMPTY.into());
        }
        place.take()?;
        dir.borrow_mut().is_gone = true;
        self.disk.names_changed();
        Ok(())
    }

    pub(crate) fn path_unlink_file(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Call {
        let place = self.place(guest, fd, path, len)?;
        let Entry::File(file) = place.existing()? else {
            return Err(Errno::ISDIR.into());
        };
        place.take()?;
        self.disk.unlink(&file);
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "it has that many")]
    pub(crate) fn path_rename(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Call {
        let from = self.place(guest, fd, path, len)?;
        let to = self.place(guest, new_fd, new_path, new_len)?;
        if let Some(over) = tree::rename(&from, &to)? {
            self.disk.unlink(&over);
        }
        self.disk.names_changed();
        Ok(())
    }

    /// There are no links.
    #[expect(clippy::too_many_arguments, reason = "it has that many")]
    pub(crate) fn path_readlink(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        len: u32,
        _at: u32,
        _room: u32,
        _used: u32,
    ) -> Call {
        self.place(guest, fd, path, len)?.existing()?;
        Err(Errno::INVAL.into())
    }

    #[expect(clippy::too_many_arguments, reason = "it has that many")]
    pub(crate) fn path_link(
        &mut self,
        _guest: &mut Guest<'_>,
        _fd: u32,
        _follow: u32,
        _path: u32,
        _len: u32,
        _new_fd: u32,
        _new_path: u32,
        _new_len: u32,
    ) -> Call {
        Err(Errno::NOTSUP.into())
    }

    pub(crate) fn path_symlink(
        &mut self,
        _guest: &mut Guest<'_>,
        _target: u32,
        _target_len: u32,
        _fd: u32,
        _path: u32,
        _len: u32,
    ) -> Call {
        Err(Errno::NOTSUP.into())
    }
}
