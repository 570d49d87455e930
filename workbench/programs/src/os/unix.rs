//! Of Unix: pipes that do not block and poll(2), process groups and signals.

mod child;

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::{Errno, ioctl_fionread};
use rustix::process::{Resource, getrlimit, setrlimit};

pub(crate) use child::{Child, below};

/// Whether a process can be stopped where it is, and let go on.
pub(crate) const PAUSES: bool = true;

/// Where to write what a node reads. If there is no room, that would block, and is an error.
#[derive(Debug)]
pub(crate) struct Sink(ChildStdin);

/// Where to read what a node writes. If there is nothing, that would block, and is an error.
#[derive(Debug)]
pub(crate) struct Source(ChildStdout);

impl Sink {
    pub(crate) fn new(pipe: ChildStdin) -> io::Result<Self> {
        never_block(&pipe)?;
        Ok(Sink(pipe))
    }

    /// Whether the node has read all that was written.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_read(&self) -> bool {
        ioctl_fionread(&self.0).is_ok_and(|left| left == 0)
    }
}

impl Source {
    pub(crate) fn new(pipe: ChildStdout) -> io::Result<Self> {
        never_block(&pipe)?;
        Ok(Source(pipe))
    }
}

fn never_block(pipe: &impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(pipe)?;
    Ok(fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?)
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl AsFd for Sink {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Pipes that something may happen to.
#[derive(Debug, Default)]
pub(crate) struct Poll<'a> {
    pipes: Vec<PollFd<'a>>,
}

impl<'a> Poll<'a> {
    /// Waits for room in this one.
    pub(crate) fn add_sink(&mut self, sink: &'a Sink) {
        self.pipes.push(PollFd::new(&sink.0, PollFlags::OUT));
    }

    /// Waits for this one to have something to read, or its end.
    pub(crate) fn add_source(&mut self, source: &'a Source) {
        self.pipes.push(PollFd::new(&source.0, PollFlags::IN));
    }

    /// Waits until something happens to one of them, this long at most. False if nothing did.
    pub(crate) fn wait(&mut self, time: Duration) -> bool {
        let time = Timespec {
            tv_sec: time.as_secs().min(i32::MAX as u64) as i64,
            tv_nsec: time.subsec_nanos().into(),
        };
        // Or a signal interrupted it.
        poll(&mut self.pipes, Some(&time)).is_ok_and(|ready| ready > 0)
    }

    /// Whether something has happened to this pipe.
    pub(crate) fn has_news(&self, source: &Source) -> bool {
        let fd = source.0.as_raw_fd();
        let is_it = |it: &&PollFd<'_>| it.as_fd().as_raw_fd() == fd;
        let found = self.pipes.iter().find(is_it);
        found.is_some_and(|it| !it.revents().is_empty())
    }
}

/// A node's stderr, for whoever asks whether there is something in it beside who reads it.
#[derive(Debug)]
pub(crate) struct Ear(OwnedFd);

impl Ear {
    pub(crate) fn of(stderr: &ChildStderr) -> io::Result<Self> {
        Ok(Ear(stderr.as_fd().try_clone_to_owned()?))
    }

    /// Whether there is nothing to read.
    pub(crate) fn is_silent(&self) -> bool {
        !ioctl_fionread(&self.0).is_ok_and(|left| left > 0)
    }

    /// Waits until there is something to read, or the end.
    pub(crate) fn wait(&self) {
        let mut fds = [PollFd::new(&self.0, PollFlags::IN)];
        while poll(&mut fds, None).is_err_and(|e| e == Errno::INTR) {}
    }
}

/// Lets this process hold so many files, if the system lets it: the limit of a shell is often 256
/// or 1024.
pub(crate) fn allow_files(needed: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// What to do about a program that could not be started.
pub(crate) fn hint(e: &io::Error, bin: &Path) -> &'static str {
    match e.kind() {
        io::ErrorKind::NotFound if bin.exists() => {
            "; the interpreter that its first line names is missing"
        }
        io::ErrorKind::NotFound => "; expected the path of an executable",
        io::ErrorKind::PermissionDenied => "; is it executable? chmod +x",
        _ if e.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => {
            "; each node takes four: run fewer, or raise the limit (ulimit -n)"
        }
        _ if e.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) => {
            "; expected a program, or a script that begins with #!"
        }
        _ => "",
    }
}
