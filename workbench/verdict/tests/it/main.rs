//! The checkers as a library: models as values, and runs that a program records itself.

mod models;
mod recorded;
