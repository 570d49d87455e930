//! The hunt's tests, in one program.

mod hunting;
mod shrink;
