//! Checkers: pure functions from a history to a verdict, wherever the history comes
//! from.
//!
//! ```
//! use history::History;
//! use verdict::{Rules, Validity, unique_ids};
//!
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :generate, :value nil}
//!      {:process 0, :type :ok, :f :generate, :value 7}
//!      {:process 1, :type :invoke, :f :generate, :value nil}
//!      {:process 1, :type :ok, :f :generate, :value 7}",
//! )?;
//! let checked = unique_ids::check(&history, Rules::Sound);
//! assert_eq!(checked.valid, Validity::Invalid);
//! assert!(checked.sentences()[0].contains("was given 2 times"));
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! Each gives the results that Jepsen's checker of that name gives, in its
//! shape, and beside them its findings: values that name an anomaly and hold what
//! proves it.

pub mod assertion;
pub mod availability;
pub mod counter;
pub mod echo;
pub mod exceptions;
pub mod kafka;
pub mod models;
pub mod set_full;
pub mod stats;
pub mod unique_ids;

pub use availability::Availability;
pub use finding::{self, Checked, Evidence, Finding, Rules, Validity, compose, drawn};
pub use {isolation, jepsen, linearizability};
