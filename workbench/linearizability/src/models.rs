//! The objects that histories are usually of, as sequential specifications.
//!
//! - [`lock`]: mutexes with and without owners, reentrant and fenced ones, semaphores.
//! - [`queue`]: first in, first out; unordered; and stacks.
//! - [`collection`]: sets, counters, and logs that are only appended to.
//! - [`registers`]: several registers under one transaction, and maps of texts.

pub mod collection;
pub mod lock;
pub mod queue;
pub mod registers;

pub use collection::{Counter, Log, Set};
pub use lock::{Lock, Semaphore};
pub use queue::Queue;
pub use registers::{Map, MultiRegister};
