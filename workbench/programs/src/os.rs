//! What hosting processes takes of an operating system: to start them and to end all that they have
//! started, pipes that nobody waits for, and how many files there may be.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::process::{ChildStderr, ChildStdin, ChildStdout};

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// This process's ends of what a program reads and writes.
#[derive(Debug)]
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}
