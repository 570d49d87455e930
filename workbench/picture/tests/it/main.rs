//! The pictures' tests that need whole runs, in one program.

mod linearizability;
