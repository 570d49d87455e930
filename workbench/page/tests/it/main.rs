//! The tests of pages that need a browser, or whole runs, in one program.

mod browser;
mod browsing;
mod comparing;
mod going;
mod histories;
mod linearizability;
mod pages;
mod walking;
