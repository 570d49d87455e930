//! What is read from files, as other programs write them.

mod store;
mod writer;
