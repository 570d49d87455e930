//! The tests of this crate, in one program, so that they are linked once.

mod calls;
mod disk;
mod init;
mod probe;
mod protocol;
mod script;
mod services;
mod time;
