//! Maelstrom without the JVM: it starts nodes, routes their messages through a
//! simulated network, drives a workload against them and judges the history.
//!
//! - [`workload`]: what clients do, one file each behind one trait.
//! - [`run`]: one run, a loop around a heap of events.
//! - [`host`]: where nodes live: processes in real time, or engines within this
//!   process in virtual time.
//! - [`network`], [`service`], [`nemesis`], [`client`]: what lies between.
//! - [`simulation`]: a run within a test.
//! - [`history`], [`edn`]: what happened, as Jepsen writes it.
//! - [`checker`], [`assertion`]: whether that is as it should be.
//! - [`store`], [`report`], [`progress`]: what is kept of it, and what a person
//!   sees.
//! - [`recording`], [`plot`]: its messages, and charts of it.
//! - [`cli`]: the command.
//!
//! The command takes Maelstrom's flags, so `maelstrom test ...` becomes
//! `workbench test ...`, and it exits with Maelstrom's codes.

pub mod assertion;
pub mod checker;
pub mod cli;
pub mod client;
pub mod edn;
pub mod graph;
pub mod history;
pub mod host;
pub mod nemesis;
pub mod network;
pub mod plot;
pub mod progress;
pub mod recording;
pub mod report;
pub mod run;
pub mod service;
pub mod simulation;
pub mod store;
pub mod summary;
pub mod verdict;
pub mod workload;
