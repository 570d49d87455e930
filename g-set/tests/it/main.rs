//! The tests of this crate, in one program, so that they are linked once.

mod broken;
mod explored;
mod struck;
mod workload;
