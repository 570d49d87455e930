//! Maelstrom without the JVM, as a library: it starts nodes, routes their messages
//! through a simulated network, drives a workload against them and judges the history.
//!
//! # A claim, and what becomes of it
//!
//! Three nodes count, and claim that no id is given twice:
//!
//! ```
//! use std::cell::Cell;
//!
//! use maelstrom_node::{NodeId, Result, Server};
//! use simulation::{run, simulate};
//! use verdict::Validity;
//!
//! struct Count(Cell<u64>);
//!
//! #[derive(serde::Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Request {
//!     Generate {},
//! }
//!
//! #[derive(serde::Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Response {
//!     GenerateOk { id: u64 },
//! }
//!
//! impl Server for Count {
//!     type Request = Request;
//!     type Response = Response;
//!
//!     async fn handle(&self, _: Request, _from: &NodeId) -> Result<Response> {
//!         self.0.set(self.0.get() + 1);
//!         Ok(Response::GenerateOk { id: self.0.get() })
//!     }
//! }
//!
//! let config = run::Config::for_nodes(3).seed(7);
//! let mut workload = workloads::unique_ids::UniqueIds;
//! let simulated = simulate(&config, &mut workload, |_node| Count(Cell::new(0)));
//!
//! assert_eq!(simulated.checked.valid, Validity::Invalid);
//! let finding = &simulated.checked.sentences()[0];
//! assert!(finding.contains("was given 3 times, by operations "), "{finding}");
//! ```
//!
//! That took a minute for the nodes and a few milliseconds for you: time is
//! virtual, and all chance follows from the seed. The same seed gives the same
//! run, byte for byte, so whatever was found once is found again.
//!
//! # A test of your own
//!
//! [`run::Config`] says how many nodes and clients there are, how fast they work, what
//! the network is like ([`network::Config`]: latency, loss, duplicates, reordering) and
//! whether there are partitions. [`Simulated`] has the verdict
//! ([`Simulated::assert_valid`] names the seed and leaves the run with a page), every figure by its path,
//! and the history. So a sweep is a loop:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use simulation::{network, run, simulate};
//! # fn my_node(node: maelstrom_node::Node) -> impl maelstrom_node::Server { Mine }
//! # struct Mine;
//! # impl maelstrom_node::Server for Mine {
//! #     type Request = (); type Response = ();
//! #     async fn handle(&self, _: (), _: &maelstrom_node::NodeId) -> maelstrom_node::Result<()> { Ok(()) }
//! # }
//! for seed in 0..1000 {
//!     let config = run::Config {
//!         partitions: Some(Duration::from_secs(1)),
//!         network: network::Config { loss: 0.05, duplicate: 0.05, ..Default::default() },
//!         ..run::Config::for_nodes(5).seed(seed)
//!     };
//!     simulate(&config, &mut workloads::g_set::GSet::default(), my_node).assert_valid();
//! }
//! ```
//!
//! # A workload of your own
//!
//! It is one file behind the trait [`workload::Workload`]: what a client does next,
//! how it asks, how it reads the answer, and how the history is judged. The checkers
//! in [`verdict`] are functions from a history to a verdict and can be used for that.
//! [`run::run`] takes any workload and any [`host::Host`]. `workbench/bank` is such a
//! crate, with a command that knows it; `just new-workload` copies it.
//!
//! # The parts
//!
//! ```text
//! generator -> clients -> network -> nodes | services     network -> messages
//!                 \-> history -> checkers -> verdict
//! nemesis  -> network
//! ```
//!
//! - [`simulate()`]: a run within a test.
//! - [`workload`]: what clients do; Maelstrom's ten are in the crate `workloads`.
//! - [`run`]: one run, a loop around a heap of events.
//! - [`schedule`]: a run as a list of choices, which can be followed in place of a seed.
//! - [`host`]: where nodes live: here, engines within this process in virtual time; and
//!   [`network`], with [`wire`] and [`service`]: what lies between. They are crates of their own.
//! - [`nemesis`], [`client`]: who makes trouble, and who works.
//! - [`recording`]: its messages, and what else it told; a crate of its own.
//! - [`judge`]: the checkers of a workload, and what the nodes did wrong.
//! - [`Judged`], [`summary`], [`folder`]: a run and the verdict on it, in a few lines, and on
//!   the disk.

pub mod client;
pub mod folder;
pub mod judge;
mod judged;
pub mod nemesis;
mod notes;
pub mod run;
pub mod schedule;
mod simulate;
pub mod summary;
pub mod walk;
pub mod workload;

pub use host;
pub use judged::{Judged, Limits};
pub use network::{self, address, name, service, wire};
pub use simulate::{Simulated, simulate};
pub use {cause, history, recording, verdict};
