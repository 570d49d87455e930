//! Checkers: whether a history is as it should be, wherever it comes from. [`check`] holds
//! it against a [`Model`]; neither a file nor EDN is needed.
//!
//! ```
//! use verdict::history::History;
//! use verdict::{Evidence, Model, Validity, check};
//!
//! // Reads that do not overlap see a register go back.
//! let history = History::builder()
//!     .invoke(0, "write", 1)
//!     .invoke(1, "read", ())
//!     .ok(1, 1)
//!     .invoke(1, "read", ())
//!     .ok(1, 0)
//!     .ok(0, 1)
//!     .build();
//! let checked = check(&history, &Model::register(0));
//! assert_eq!(checked.valid, Validity::Invalid);
//!
//! // What proves it is a value, and a sentence.
//! let finding = &checked.findings[0];
//! assert_eq!(finding.anomaly, "nonlinearizable");
//! let Evidence::Window(window) = &finding.cases[0] else { panic!("{checked}") };
//! assert_eq!(window.stuck, 4);
//! assert!(checked.to_string().starts_with("INVALID\n- the register is not linearizable"));
//! ```
//!
//! A program that has clients of a real system [records](history::recorder) what they do, and
//! judges that in `cargo test`: `examples/recorded.rs`.
//!
//! Each model is a checker, a pure function, which gives the results that Jepsen's of that
//! name gives, in its shape, and beside them its findings: values that name an anomaly and
//! hold what proves it.
//!
//! - [`Model`], [`models`]: what a history is held against, as a value and by name.
//! - [`echo`], [`unique_ids`], [`counter`], [`set_full`], [`kafka`]: what Maelstrom's
//!   workloads are judged by, with [`isolation`] and [`linearizability`]; [`jepsen`]: the
//!   others of Jepsen.
//! - [`stats`], [`exceptions`], [`availability`], [`assertion`]: what is said of any history.

pub mod assertion;
pub mod availability;
pub mod counter;
pub mod echo;
pub mod exceptions;
pub mod kafka;
pub mod model;
pub mod models;
pub mod set_full;
pub mod stats;
pub mod unique_ids;

pub use availability::Availability;
pub use finding::{self, Checked, Evidence, Finding, Rules, Validity, compose, drawn};
pub use model::{Model, check};
pub use {history, isolation, jepsen, linearizability};
