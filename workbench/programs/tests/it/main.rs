//! Nodes that are programs: what they are held against, in whatever language they are.

mod adapters;
mod built;
mod conformance;
#[cfg(target_os = "linux")]
mod reactive;
