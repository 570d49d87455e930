//! The workloads of Maelstrom, one file each behind the trait
//! [`Workload`]: what clients ask of nodes, and which
//! checker judges what came of it. [`ALL`] lists them by their names.
//!
//! ```
//! use history::History;
//! use simulation::judge;
//! use verdict::{Rules, Validity};
//!
//! let workload = workloads::find("unique-ids", &workloads::Options::default()).unwrap();
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :generate, :value nil, :time 0, :index 0}
//!      {:process 0, :type :ok, :f :generate, :value 7, :time 1, :index 1}
//!      {:process 1, :type :invoke, :f :generate, :value nil, :time 2, :index 2}
//!      {:process 1, :type :ok, :f :generate, :value 7, :time 3, :index 3}",
//! )?;
//! assert_eq!(judge::history(&*workload, &history, None, Rules::Sound).valid, Validity::Invalid);
//! # Ok::<(), history::HistoryError>(())
//! ```
//!
//! [`guess`](mod@guess) says what a history is of that does not say it. [`chapter`] reads from a challenge's README the command that its test is to run.
//! [`struck`] is for tests of nodes that are killed.

pub mod broadcast;
pub mod chapter;
pub mod counter;
pub mod echo;
pub mod g_set;
pub mod guess;
pub mod kafka;
pub mod lin_kv;
pub mod struck;
pub mod txn;
pub mod txn_list_append;
pub mod txn_rw_register;
pub mod unique_ids;

use std::time::Duration;

use history::edn::Value;

use simulation::workload::Workload;

/// What the flags say about workloads.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The topology that broadcast's nodes are told.
    pub topology: broadcast::Topology,
    /// What transactions are like, and what they must keep to.
    pub txn: txn::Options,
    /// How many nodes there are.
    pub nodes: usize,
    /// The mean latency of messages between them.
    pub latency: Duration,
    /// Whether kafka's verdict says in what order clients sent.
    pub ww_deps: bool,
    /// What the registers of lin-kv hold at first.
    pub initial: Value,
}

/// Makes a workload, ready for one run.
pub type Make = fn(&Options) -> Box<dyn Workload>;

/// How to make each of Maelstrom's workloads, by its name.
pub const ALL: &[(&str, Make)] = &[
    ("broadcast", |options| {
        Box::new(broadcast::Broadcast::new(options.topology))
    }),
    ("echo", |_| Box::new(echo::Echo)),
    ("g-counter", |_| Box::new(counter::Counter::g())),
    ("g-set", |_| Box::new(g_set::GSet::default())),
    ("kafka", |options| {
        Box::new(kafka::Kafka::new(&options.txn).with_ww_deps(options.ww_deps))
    }),
    ("lin-kv", |options| {
        let lin_kv = lin_kv::LinKv::new(options.nodes, options.latency);
        Box::new(lin_kv.with_initial(options.initial.clone()))
    }),
    ("pn-counter", |_| Box::new(counter::Counter::pn())),
    ("txn-list-append", |options| {
        Box::new(txn_list_append::TxnListAppend::new(&options.txn))
    }),
    ("txn-rw-register", |options| {
        Box::new(txn_rw_register::TxnRwRegister::new(&options.txn))
    }),
    ("unique-ids", |_| Box::new(unique_ids::UniqueIds)),
];

/// Maelstrom's workload of this name.
pub fn find(name: &str, options: &Options) -> Option<Box<dyn Workload>> {
    Registry::default().find(name, options)
}

/// The workloads that a command knows, by their names: Maelstrom's, and those of one's
/// own.
#[derive(Clone, Debug)]
pub struct Registry(Vec<(&'static str, Make)>);

/// Maelstrom's.
impl Default for Registry {
    fn default() -> Self {
        Registry(ALL.to_vec())
    }
}

impl Registry {
    /// These as well; one that has the name of another is in its place.
    #[must_use]
    pub fn with(mut self, own: &[Make]) -> Self {
        for make in own {
            let name = make(&Options::default()).name();
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, *make));
        }
        self
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The workload of this name.
    pub fn find(&self, name: &str, options: &Options) -> Option<Box<dyn Workload>> {
        let (_, make) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(make(options))
    }
}
