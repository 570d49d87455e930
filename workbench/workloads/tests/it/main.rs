//! The tests of the workloads and of the verdicts on them, in one program.

mod conformance;
mod differences;
mod isolation;
mod kafka;
mod maelstrom;
mod maelstroms_runs;
mod metamorphic;
mod nonsense;
mod oracle;
mod strikes;
