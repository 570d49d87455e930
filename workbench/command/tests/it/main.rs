//! The command's tests, in one program. On Windows there are none whose nodes are scripts of sh.

mod check;
#[cfg(unix)]
mod compare;
#[cfg(unix)]
mod faults;
mod flags;
#[cfg(unix)]
mod hostile;
mod layers;
mod new;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod schedule;
#[cfg(unix)]
mod serve;
mod shape;
mod shell;
#[cfg(unix)]
mod store;
#[cfg(unix)]
mod walking;
