//! Modules written as text, told what a workbench tells them, and what they say.

mod calls;
#[cfg(feature = "compiled")]
mod compiled;
mod disk;
mod ends;
mod folders;
mod fuzz;
mod languages;
mod module;
mod simulated;
mod turns;
