//! The tests of the workloads and of the verdicts on them, in one program.

mod conformance;
mod isolation;
mod kafka;
mod maelstroms_runs;
