//! The command's tests, in one program.

mod check;
mod compare;
mod faults;
mod flags;
mod hostile;
mod layers;
mod new;
mod programs;
mod schedule;
mod serve;
mod shape;
mod shell;
mod store;
mod walking;
