//! Calls on descriptors: pipes, files and folders.

use super::{Host, Stat, kind, set_dir_times, set_file_times};
use crate::descriptors::{Open, flags, rights};
use crate::errno::{Call, Errno};
use crate::guest::Guest;
use crate::tree::FileRef;

/// How much is written by one call at most, in bytes.
const MOST: usize = 64 << 20;

impl Host {
    pub(crate) fn fd_close(&mut self, _guest: &mut Guest<'_>, fd: u32) -> Call {
        self.open.close(fd)?;
        Ok(())
    }

    pub(crate) fn fd_renumber(&mut self, _guest: &mut Guest<'_>, from: u32, to: u32) -> Call {
        Ok(self.open.renumber(from, to)?)
    }

    pub(crate) fn fd_fdstat_get(&mut self, guest: &mut Guest<'_>, fd: u32, at: u32) -> Call {
        let descriptor = self.open.get(fd)?;
        let mut bytes = [0; 24];
        bytes[0] = match descriptor.open {
            Open::File(_) => kind::FILE,
            Open::Dir(_) => kind::DIR,
            // As pipes are: a terminal would make programs write line by line.
            Open::Stdin | Open::Stdout | Open::Stderr => kind::UNKNOWN,
        };
        bytes[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&descriptor.rights.to_le_bytes());
        bytes[16..24].copy_from_slice(&descriptor.inheriting.to_le_bytes());
        Ok(guest.write(at, &bytes)?)
    }

    pub(crate) fn fd_fdstat_set_flags(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        flags: u32,
    ) -> Call {
        let descriptor = self.open.get_mut(fd)?;
        if flags > u32::from(flags::ALL) {
            return Err(Errno::INVAL.into());
        }
        descriptor.flags = flags as u16;
        Ok(())
    }

    pub(crate) fn fd_fdstat_set_rights(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        base: u64,
        inheriting: u64,
    ) -> Call {
        let descriptor = self.open.get_mut(fd)?;
        if base & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::NOTCAPABLE.into());
        }
        (descriptor.rights, descriptor.inheriting) = (base, inheriting);
        Ok(())
    }

    pub(crate) fn fd_filestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, at: u32) -> Call {
        Ok(Stat::of(self.open.get(fd)?).write(guest, at)?)
    }

    pub(crate) fn fd_filestat_set_size(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        size: u64,
    ) -> Call {
        let file = self.writable(fd)?;
        Ok(self.disk.set_len(&file, size)?)
    }

    pub(crate) fn fd_filestat_set_times(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        accessed: u64,
        modified: u64,
        which: u32,
    ) -> Call {
        let now = self.wall();
        match &self.open.get(fd)?.open {
            Open::File(file) => set_file_times(file, now, accessed, modified, which),
            Open::Dir(dir) => set_dir_times(dir, now, accessed, modified, which),
            _ => Err(Errno::INVAL.into()),
        }
    }

    pub(crate) fn fd_advise(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        _at: u64,
        _len: u64,
        advice: u32,
    ) -> Call {
        self.open.file(fd)?;
        match advice {
            0..=5 => Ok(()),
            _ => Err(Errno::INVAL.into()),
        }
    }

    pub(crate) fn fd_allocate(
        &mut self,
        _guest: &mut Guest<'_>,
        fd: u32,
        at: u64,
        len: u64,
    ) -> Call {
        let file = self.writable(fd)?;
        let end = at.checked_add(len).ok_or(Errno::FBIG)?;
        if len == 0 {
            return Err(Errno::INVAL.into());
        }
        let now = file.borrow().bytes.len() as u64;
        Ok(self.disk.set_len(&file, end.max(now))?)
    }

    /// Waits until what was written is durable.
    pub(crate) fn fd_sync(&mut self, _guest: &mut Guest<'_>, fd: u32) -> Call {
        match self.open.get(fd)?.open {
            Open::File(_) | Open::Dir(_) => self.sync(),
            // As fsync(2) has it of a pipe.
            _ => Err(Errno::INVAL.into()),
        }
    }

    pub(crate) fn fd_datasync(&mut self, guest: &mut Guest<'_>, fd: u32) -> Call {
        self.fd_sync(guest, fd)
    }

    pub(crate) fn fd_prestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, at: u32) -> Call {
        let path = self.open.get(fd)?.given.as_ref().ok_or(Errno::BADF)?;
        guest.write_u32(at, 0)?; // a folder
        Ok(guest.write_u32(at.wrapping_add(4), path.len() as u32)?)
    }

    pub(crate) fn fd_prestat_dir_name(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        at: u32,
        len: u32,
    ) -> Call {
        let path = self.open.get(fd)?.given.as_ref().ok_or(Errno::BADF)?;
        if (len as usize) < path.len() {
            return Err(Errno::NAMETOOLONG.into());
        }
        Ok(guest.write(at, path.as_bytes())?)
    }

    pub(crate) fn fd_read(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        read: u32,
    ) -> Call {
        guest.bytes(read, 4)?;
        let room: u64 = guest
            .buffers(buffers, count)?
            .iter()
            .map(|(_, len)| u64::from(*len))
            .sum();
        let descriptor = self.open.get(fd)?;
        let done = match &descriptor.open {
            Open::Stdin => {
                let blocks = descriptor.flags & flags::NONBLOCK == 0;
                while room > 0 && !self.world.is_readable() {
                    if !blocks {
                        return Err(Errno::AGAIN.into());
                    }
                    self.turn(None)?;
                }
                let done = guest.scatter(buffers, count, self.world.stdin())?;
                self.world.has_read(done);
                done
            }
            Open::File(_) => {
                let at = descriptor.position;
                let done = self.read_at(guest, fd, buffers, count, at)?;
                self.open.get_mut(fd)?.position += u64::from(done);
                done
            }
            Open::Dir(_) => return Err(Errno::ISDIR.into()),
            Open::Stdout | Open::Stderr => return Err(Errno::BADF.into()),
        };
        Ok(guest.write_u32(read, done)?)
    }

    pub(crate) fn fd_pread(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        at: u64,
        read: u32,
    ) -> Call {
        let done = self.read_at(guest, fd, buffers, count, at)?;
        Ok(guest.write_u32(read, done)?)
    }

    fn read_at(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        at: u64,
    ) -> Call<u32> {
        let file = self.open.file(fd)?;
        if self.open.get(fd)?.rights & rights::READ == 0 {
            return Err(Errno::BADF.into());
        }
        let now = self.wall();
        let mut file = file.borrow_mut();
        file.times.accessed = now;
        let at = usize::try_from(at)
            .unwrap_or(usize::MAX)
            .min(file.bytes.len());
        Ok(guest.scatter(buffers, count, &file.bytes[at..])?)
    }

    pub(crate) fn fd_write(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        written: u32,
    ) -> Call {
        guest.bytes(written, 4)?;
        let bytes = guest.gather(buffers, count, MOST)?;
        let descriptor = self.open.get(fd)?;
        match &descriptor.open {
            Open::Stdout => self.world.write(&bytes)?,
            Open::Stderr => self.world.write_log(&bytes)?,
            Open::File(file) => {
                let end = file.borrow().bytes.len() as u64;
                let at = match descriptor.flags & flags::APPEND {
                    0 => descriptor.position,
                    _ => end,
                };
                self.write_at(fd, at, &bytes)?;
                self.open.get_mut(fd)?.position = at.saturating_add(bytes.len() as u64);
            }
            Open::Dir(_) | Open::Stdin => return Err(Errno::BADF.into()),
        }
        Ok(guest.write_u32(written, bytes.len() as u32)?)
    }

    pub(crate) fn fd_pwrite(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffers: u32,
        count: u32,
        at: u64,
        written: u32,
    ) -> Call {
        guest.bytes(written, 4)?;
        let bytes = guest.gather(buffers, count, MOST)?;
        // One that appends does so wherever it is told to write, as pwrite(2) of Linux has it.
        let at = match self.open.get(fd)?.flags & flags::APPEND {
            0 => at,
            _ => self.open.file(fd)?.borrow().bytes.len() as u64,
        };
        self.write_at(fd, at, &bytes)?;
        Ok(guest.write_u32(written, bytes.len() as u32)?)
    }

    fn write_at(&mut self, fd: u32, at: u64, bytes: &[u8]) -> Call {
        let file = self.writable(fd)?;
        self.disk.write(&file, at, bytes)?;
        file.borrow_mut().times.modified = self.wall();
        match self.open.get(fd)?.flags & (flags::SYNC | flags::DSYNC) {
            0 => Ok(()),
            _ => self.sync(),
        }
    }

    fn writable(&self, fd: u32) -> Call<FileRef> {
        let file = self.open.file(fd)?;
        match self.open.get(fd)?.rights & rights::WRITE {
            0 => Err(Errno::BADF.into()),
            _ => Ok(file),
        }
    }

    pub(crate) fn fd_seek(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        offset: i64,
        whence: u32,
        at: u32,
    ) -> Call {
        guest.bytes(at, 8)?;
        let len = self.open.file(fd)?.borrow().bytes.len() as u64;
        let descriptor = self.open.get_mut(fd)?;
        let from = match whence {
            0 => 0,
            1 => descriptor.position,
            2 => len,
            _ => return Err(Errno::INVAL.into()),
        };
        let position = from.checked_add_signed(offset).ok_or(Errno::INVAL)?;
        descriptor.position = position;
        Ok(guest.write_u64(at, position)?)
    }

    pub(crate) fn fd_tell(&mut self, guest: &mut Guest<'_>, fd: u32, at: u32) -> Call {
        self.open.file(fd)?;
        Ok(guest.write_u64(at, self.open.get(fd)?.position)?)
    }

    /// Writes a folder's entries, from the cookie on, as many as fit; the last may be cut off.
    pub(crate) fn fd_readdir(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        at: u32,
        len: u32,
        cookie: u64,
        used: u32,
    ) -> Call {
        guest.bytes(at, len)?;
        let dir = self.open.dir(fd)?;
        let inode = dir.borrow().inode;
        let mut entries = vec![
            (".".to_owned(), inode, kind::DIR),
            ("..".to_owned(), inode, kind::DIR),
        ];
        for (name, entry) in &dir.borrow().entries {
            let kind = if entry.is_dir() {
                kind::DIR
            } else {
                kind::FILE
            };
            entries.push((name.clone(), entry.inode(), kind));
        }
        let mut bytes = Vec::new();
        for (place, (name, inode, kind)) in (1_u64..).zip(entries) {
            if place <= cookie {
                continue;
            }
            bytes.extend_from_slice(&place.to_le_bytes());
            bytes.extend_from_slice(&inode.to_le_bytes());
            bytes.extend_from_slice(&(name.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&[kind, 0, 0, 0]);
            bytes.extend_from_slice(name.as_bytes());
            if bytes.len() >= len as usize {
                break;
            }
        }
        bytes.truncate(len as usize);
        guest.write(at, &bytes)?;
        Ok(guest.write_u32(used, bytes.len() as u32)?)
    }
}
