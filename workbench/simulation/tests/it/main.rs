//! The simulation's tests, in one program.

mod keep;
mod limits;
mod noise;
mod recording;
mod schedule;
mod simulation;
