//! The simulation's tests, in one program.

mod conformance;
mod differences;
mod isolation;
mod kafka;
mod maelstrom;
mod maelstroms_runs;
mod noise;
mod recording;
mod simulation;
