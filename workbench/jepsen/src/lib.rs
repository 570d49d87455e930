//! Jepsen's checkers that no workload of Maelstrom uses, each a pure function from a
//! history to what is wrong with it.
//!
//! ```
//! use finding::Validity;
//! use history::History;
//! use jepsen::bank::{self, Bank};
//!
//! // Five coins are on their way, and a read shows them nowhere.
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :transfer, :value {:from 1, :to 2, :amount 5}}
//!      {:process 1, :type :invoke, :f :read, :value nil}
//!      {:process 1, :type :ok, :f :read, :value {1 5, 2 0}}
//!      {:process 0, :type :ok, :f :transfer, :value {:from 1, :to 2, :amount 5}}",
//! )?;
//! let bank = Bank { total: Some(10), ..Bank::default() };
//! let checked = bank::check(&history, &bank);
//! assert_eq!(checked.valid, Validity::Invalid);
//! assert_eq!(
//!     checked.sentences(),
//!     ["the balances come to 5, where the total is 10: client 1's read (operation 2)"]
//! );
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! - Of state that is read at any time: [`bank`], [`bounds`] (counters), [`causal`], [`long_fork`],
//!   [`sequential`], [`causal_reverse`], [`dirty_reads`], [`upsert`], [`adya`].
//! - Of state that is read at the end: [`set`], [`monotonic`].
//! - Of queues: [`queue`], [`total_queue`].
//! - [`keys`]: histories of several keys, for these and other checkers.

pub mod adya;
pub mod bank;
pub mod bounds;
pub mod causal;
pub mod causal_reverse;
pub mod dirty_reads;
pub mod keys;
pub mod long_fork;
pub mod monotonic;
pub mod queue;
pub mod sequential;
pub mod set;
pub mod total_queue;
pub mod upsert;

use finding::{Checked, Evidence, Finding, Validity};
