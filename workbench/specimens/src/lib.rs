//! Nodes that are broken in known ways, and what each of them is without its fault: what
//! the tests of the workbench's layers are held against. Whoever judges must convict each
//! of them, and acquit the sound one.
//!
//! ```
//! use workloads::{Options, kafka::Kafka};
//! use simulation::{run::Config, simulate};
//! use specimens::logs::{Fault, Logs};
//! use verdict::Validity;
//!
//! let mut kafka = Kafka::new(&Options::default().txn);
//! let config = Config { rate: 100.0, ..Config::for_nodes(1).seed(1) };
//! let simulated = simulate(&config, &mut kafka, |_| Logs::new(Fault::Loses));
//! assert_eq!(simulated.checked.valid, Validity::Invalid);
//! ```

pub mod flood;
pub mod logs;
pub mod registers;
pub mod scripted;
