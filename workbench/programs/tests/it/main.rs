//! Nodes that are programs: what they are held against, in whatever language they are.

#[cfg(unix)]
mod adapters;
mod built;
mod conformance;
#[cfg(target_os = "linux")]
mod reactive;
