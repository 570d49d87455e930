//! What hosting processes takes of an operating system: to start them and to end all that they have
//! started, pipes that nobody waits for, and how many files there may be.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
