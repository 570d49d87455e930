//! What is read from files, as other programs write them.

mod seeds;
mod store;
mod writer;
