//! What a person looks at, as HTML that needs nothing else, neither a network nor a
//! server: the page of a run ([`run`]), which stands in its folder beside charts and
//! proofs ([`folder`]), that of a history from elsewhere ([`history`](mod@history)), and the
//! list of all runs of a store ([`listing`]); two runs beside each other ([`Comparison`]) and a
//! sweep ([`Sweep`]); a run that goes on ([`Going`]).
//!
//! ```
//! use history::History;
//! use page::run::{Page, Subject};
//! use simulation::recording::Recording;
//! use simulation::summary::Summary;
//!
//! let summary: Summary = serde_json::from_str(
//!     r#"{"workload": "echo", "verdict": "invalid", "interrupted": false,
//!         "sentence": "operation 1 was answered with what it did not send",
//!         "began": "2026-01-31T12:00:00+01:00", "command": "workbench test -w echo --seed 7",
//!         "seed": 7, "virtual_time": true, "nodes": ["n0"], "concurrency": 1, "start": 0,
//!         "figures": []}"#,
//! )?;
//! let page = Page {
//!     subject: Subject::Run(&summary),
//!     findings: &[],
//!     problems: &[],
//!     history: &History::default(),
//!     recording: &Recording::default(),
//!     pictures: &[],
//!     drawings: &[],
//!     logs: &[],
//!     files: &[],
//! };
//! assert!(page.html().contains("operation 1 was answered"));
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod brief;
mod comparison;
pub mod folder;
mod going;
pub mod history;
mod html;
pub mod listing;
pub mod run;
mod sweep;

pub use comparison::{Comparison, Difference, Row};
pub use going::Going;
pub use sweep::Sweep;
