//! Modules written as text, told what a workbench tells them, and what they say.

mod calls;
mod disk;
mod ends;
mod fuzz;
mod languages;
mod module;
mod simulated;
mod turns;
