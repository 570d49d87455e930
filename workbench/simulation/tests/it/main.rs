//! The simulation's tests, in one program.

#[cfg(unix)]
mod keep;
mod limits;
mod logging;
mod noise;
mod recording;
mod schedule;
mod simulation;
mod states;
