//! The simulation's tests, in one program.

mod differences;
mod limits;
mod maelstrom;
mod noise;
mod recording;
mod simulation;
