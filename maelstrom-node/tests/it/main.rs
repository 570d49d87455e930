//! The tests of this crate, in one program, so that they are linked once.

mod calls;
pub(crate) mod disk;
mod folder;
mod init;
mod lockstep;
mod probe;
mod program;
mod protocol;
mod script;
mod services;
mod time;
