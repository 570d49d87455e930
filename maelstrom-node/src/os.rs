//! What a node has of its operating system that std does not have of all of them: input that can be
//! waited for, folders that last, and who has started it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
