//! The tests of this crate, in one program, so that they are linked once.

mod changes;
mod cluster;
mod leases;
mod menu;
mod rates;
mod recovery;
mod schedules;
mod told;
mod transcripts;
mod wire;
