//! The pages' tests that need a browser, in one program.

mod browser;
mod browsing;
mod histories;
mod pages;
