//! The tests of pages that need a browser, or whole runs, in one program: on Unix, where a browser
//! is told by pipes.

#![cfg(unix)]

mod browser;
mod browsing;
mod comparing;
mod going;
mod histories;
mod linearizability;
mod pages;
mod walking;
