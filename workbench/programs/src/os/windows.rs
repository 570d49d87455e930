//! Of Windows: pipes that threads read and write, and job objects.

mod child;
mod pipe;

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::path::Path;
use std::process::ChildStderr;
use std::ptr::null_mut;
use std::time::Duration;

use windows_sys::Win32::Foundation::ERROR_BAD_EXE_FORMAT;
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

pub(crate) use child::{Child, below};
pub(crate) use pipe::{Poll, Sink, Source};

/// Whether a process can be stopped where it is, and let go on.
pub(crate) const PAUSES: bool = false;

/// How long between two looks into a pipe.
const NAP: Duration = Duration::from_millis(1);

/// A node's stderr, for whoever asks whether there is something in it beside who reads it.
#[derive(Debug)]
pub(crate) struct Ear(OwnedHandle);

impl Ear {
    pub(crate) fn of(stderr: &ChildStderr) -> io::Result<Self> {
        Ok(Ear(stderr.as_handle().try_clone_to_owned()?))
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_silent(&self) -> bool {
        self.waiting().unwrap_or(0) == 0
    }

    /// Waits until there is something to read, or the end.
    pub(crate) fn wait(&self) {
        while self.waiting() == Some(0) {
            #[expect(clippy::disallowed_methods, reason = "nothing else says that there is")]
            std::thread::sleep(NAP);
        }
    }

    /// How many bytes there are to read; none at the end.
    fn waiting(&self) -> Option<u32> {
        let (pipe, mut bytes) = (self.0.as_raw_handle(), 0);
        // SAFETY: the pipe is open, and where there is no buffer, nothing is written to it.
        let peeked =
            unsafe { PeekNamedPipe(pipe, null_mut(), 0, null_mut(), &raw mut bytes, null_mut()) };
        (peeked != 0).then_some(bytes)
    }
}

/// There is no limit that would be reached.
pub(crate) fn allow_files(_needed: u64) {}

/// What to do about a program that could not be started.
pub(crate) fn hint(e: &io::Error, _bin: &Path) -> &'static str {
    match e.kind() {
        io::ErrorKind::NotFound => "; expected the path of an executable",
        _ if e.raw_os_error() == Some(ERROR_BAD_EXE_FORMAT as i32) => {
            "; expected a program: for a script, the path of its interpreter, and behind -- that of \
             the script"
        }
        _ => "",
    }
}
