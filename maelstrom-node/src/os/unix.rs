//! Of Unix.

mod parent;

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Duration;

pub(crate) use parent::parents_folder;

/// A duplicate of stdin, without std's locks and buffers.
pub(crate) fn stdin() -> io::Result<File> {
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

/// The same of stdout.
#[expect(clippy::disallowed_methods, reason = "these are the messages")]
pub(crate) fn stdout() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Input that can be waited for.
pub(crate) struct Source(File);

impl Source {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        Ok(Source(file))
    }

    /// Whether there is input, or its end, within this time.
    pub(crate) fn wait(&mut self, time: Duration) -> io::Result<bool> {
        let mut poll = libc::pollfd {
            fd: self.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // Rounded up: to wake early would mean to poll again, and again.
        let millis = time.as_micros().div_ceil(1000).min(i32::MAX as u128) as i32;
        // SAFETY: it points to one pollfd, which outlives the call.
        match unsafe { libc::poll(&raw mut poll, 1, millis) } {
            -1 => match io::Error::last_os_error() {
                e if e.kind() == ErrorKind::Interrupted => Ok(false),
                e => Err(e),
            },
            ready => Ok(ready > 0),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Makes a folder for this user alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// A folder, to make durable which files are in it.
pub(crate) struct Entries(File);

impl Entries {
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        File::open(folder).map(Entries)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Asks for the file to be read from the medium, as far as that can be asked for. When a sync
/// fails, Linux keeps what could not be written in its cache, as if it had been: the process that
/// comes next would read what is lost after a power cut, and its syncs would succeed.
pub(crate) fn forget_cached(file: &File) {
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    // SAFETY: it is given a file that is open, and no memory. It may be refused, and is only advice.
    unsafe {
        libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    let _ = file;
}
