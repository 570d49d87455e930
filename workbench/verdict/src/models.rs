//! Models by name, with the options that a command takes for all of them. The names are
//! those of Knossos, Elle, Jepsen and elle-cli.
//!
//! ```
//! use history::History;
//! use verdict::Validity;
//! use verdict::models::{self, Options};
//!
//! let history = History::builder()
//!     .invoke(0, "write", 1)
//!     .ok(0, 1)
//!     .invoke(1, "read", ())
//!     .ok(1, 2)
//!     .build();
//! let register = models::find("knossos-register").unwrap();
//! assert_eq!(register.check(&history, &Options::default()).valid, Validity::Invalid);
//! ```

use history::History;
use history::edn::Value;
use isolation::model::Models;
use isolation::options::{Anomalies, Keys};
use jepsen::bank::Bank;
use linearizability::models::{Counter, Lock, Log, Map, MultiRegister, Queue, Semaphore, Set};

use crate::{Checked, Model, Rules};

/// What the flags say about models.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// By whose rules.
    pub rules: Rules,
    /// What a register holds at first; of several, a map. Nil: nobody knows, where a model
    /// can do without.
    pub initial: Value,
    /// How many permits a semaphore has.
    pub permits: Option<u64>,
    /// What transactions must keep to.
    pub consistency_models: Models,
    /// What they must not show, whatever the models say.
    pub anomalies: Anomalies,
    /// What is known of the keys of transactions, each by itself.
    pub keys: Keys,
    /// What is known of a bank.
    pub bank: Bank,
    /// Whether to say in what order clients sent to logs.
    pub ww_deps: bool,
    /// How many keys the reads of a long fork's history read. `None`: any.
    pub group_size: Option<usize>,
}

impl Options {
    /// Those for transactions.
    pub fn transactions(&self) -> isolation::options::Options {
        isolation::options::Options {
            rules: self.rules,
            models: self.consistency_models.clone(),
            anomalies: self.anomalies.clone(),
            keys: self.keys,
        }
    }
}

/// A model with its names.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its names, the usual one first.
    pub names: &'static [&'static str],
    /// What it is, in a sentence without a full stop.
    pub doc: &'static str,
    /// It, with these options.
    ///
    /// # Errors
    /// Which option it cannot do without, or what was expected of it.
    pub model: fn(&Options) -> Result<Model, String>,
}

impl Named {
    /// Judges a history. With options that it cannot do with, there is no telling.
    pub fn check(&self, history: &History, options: &Options) -> Checked {
        match (self.model)(options) {
            Ok(model) => crate::check(history, &model),
            Err(why) => Checked::unknown(why),
        }
    }
}

/// All of them.
pub const ALL: &[Named] = &[
    Named {
        names: &["cas-register", "register"],
        doc: "a linearizable register, or one for each key: :read, :write, :cas",
        model: |options| {
            Ok(Model::register_by(linearizability::Options {
                rules: options.rules,
                initial: options.initial.clone(),
            }))
        },
    },
    Named {
        names: &["multi-register"],
        doc: "linearizable registers under one transaction: :txn [[:read k v] [:write k v]]",
        model: |options| {
            let initial = match &options.initial {
                Value::Nil => None,
                Value::Map(initial) => Some(initial.iter().cloned().collect()),
                other => return Err(format!("expected a map of registers, found {other}")),
            };
            Ok(Model::linearizable(MultiRegister { initial }))
        },
    },
    Named {
        names: &["mutex", "lock"],
        doc: "a lock that anyone may release: :acquire, :release",
        model: |_| Ok(Model::linearizable(Lock::mutex())),
    },
    Named {
        names: &["owner-aware-mutex", "owner-mutex"],
        doc: "a lock that only its owner may release; who that is is the client, or :client of the \
              value",
        model: |_| Ok(Model::linearizable(Lock::owner_aware())),
    },
    Named {
        names: &["reentrant-mutex"],
        doc: "a lock that its owner may acquire again, and must release as often",
        model: |_| Ok(Model::linearizable(Lock::reentrant())),
    },
    Named {
        names: &["fenced-mutex", "fenced-lock"],
        doc: "an owner-aware lock whose :acquire ends with a fence, greater than all before; 0 is \
              none",
        model: |_| Ok(Model::linearizable(Lock::owner_aware().fenced())),
    },
    Named {
        names: &["reentrant-fenced-mutex", "reentrant-fenced-lock"],
        doc: "the same, which its owner may acquire again",
        model: |_| Ok(Model::linearizable(Lock::reentrant().fenced())),
    },
    Named {
        names: &["semaphore"],
        doc: "--permits of them: :acquire takes one, or as many as its value says; :release",
        model: |options| {
            let permits = options.permits;
            let permits = permits.ok_or("nobody said how many permits there are: --permits")?;
            Ok(Model::linearizable(Semaphore { permits }))
        },
    },
    Named {
        names: &["fifo-queue"],
        doc: "a queue that gives what was put there first: :enqueue, :dequeue; of nil: it is empty",
        model: |_| Ok(Model::linearizable(Queue::Fifo)),
    },
    Named {
        names: &["unordered-queue"],
        doc: "a queue that gives any of what was put there: :enqueue, :dequeue",
        model: |_| Ok(Model::linearizable(Queue::Unordered)),
    },
    Named {
        names: &["stack"],
        doc: "what gives first what was put there last: :push, :pop",
        model: |_| Ok(Model::linearizable(Queue::Stack)),
    },
    Named {
        names: &["knossos-set", "linearizable-set"],
        doc: "a linearizable set: :add, :read of all elements",
        model: |_| Ok(Model::linearizable(Set)),
    },
    Named {
        names: &["knossos-counter", "linearizable-counter"],
        doc: "a linearizable counter: :add, :increment, :decrement, :read",
        model: |options| {
            let initial = match (&options.initial, options.initial.as_integer()) {
                (Value::Nil, _) => 0,
                (_, Some(initial)) => initial,
                (other, None) => return Err(format!("expected an integer, found {other}")),
            };
            Ok(Model::linearizable(Counter { initial }))
        },
    },
    Named {
        names: &["map", "kv", "porcupine-kv"],
        doc: "linearizable texts by keys: :get, :put, :append, with a :key or values [k v]",
        model: |_| Ok(Model::linearizable(Map)),
    },
    Named {
        names: &["append-only-log", "log"],
        doc: "a linearizable log: :append, :read of all elements in order",
        model: |_| Ok(Model::linearizable(Log)),
    },
    Named {
        names: &["list-append", "txn-list-append"],
        doc: "transactions that append to lists and read them: [:append k v], [:r k [v]]",
        model: |options| Ok(Model::list_append_by(options.transactions())),
    },
    Named {
        names: &["rw-register", "txn-rw-register"],
        doc: "transactions that write registers and read them: [:w k v], [:r k v]",
        model: |options| Ok(Model::rw_register_by(options.transactions())),
    },
    Named {
        names: &["kafka"],
        doc: "logs with offsets: :send, :poll, both in a :txn, :assign, :subscribe",
        model: |options| {
            Ok(Model::kafka_by(crate::kafka::Options {
                rules: options.rules,
                ww_deps: options.ww_deps,
            }))
        },
    },
    Named {
        names: &["bank"],
        doc: "accounts whose balances always come to the same total: :transfer, :read",
        model: |options| Ok(Model::bank(options.bank.clone())),
    },
    Named {
        names: &["set"],
        doc: "a set that is read at the end: :add, :read",
        model: |_| Ok(Model::set()),
    },
    Named {
        names: &["set-full"],
        doc: "a set from which no element is lost, whenever it is read: :add, :read",
        model: |options| Ok(Model::set_full_by(options.rules)),
    },
    Named {
        names: &["counter"],
        doc: "a counter that is read at any time, within its bounds: :add, :read",
        model: |_| Ok(Model::counter()),
    },
    Named {
        names: &["unique-ids"],
        doc: "ids of which none is given twice: :generate",
        model: |_| Ok(Model::unique_ids()),
    },
    Named {
        names: &["long-fork"],
        doc: "writes of a key each that no two reads see in contradictory orders: [:w k 1], [:r k v]",
        model: |options| Ok(Model::long_fork(options.group_size)),
    },
    Named {
        names: &["total-queue"],
        doc: "a queue that is drained, and loses nothing: :enqueue, :dequeue, :drain",
        model: |_| Ok(Model::total_queue()),
    },
    Named {
        names: &["queue"],
        doc: "a queue from which comes only what went in: :enqueue, :dequeue, :drain",
        model: |_| Ok(Model::queue()),
    },
    Named {
        names: &["comments", "causal-reverse"],
        doc: "writes that are seen in their order in time: :write, :read of all",
        model: |_| Ok(Model::causal_reverse()),
    },
    Named {
        names: &["causal-register", "causal"],
        doc: "a register whose operations follow on each other: :read-init, :write, :read with \
              :position and :link",
        model: |_| Ok(Model::causal_register()),
    },
    Named {
        names: &["monotonic"],
        doc: "records whose values grow with their timestamps, read at the end: :add, :read",
        model: |_| Ok(Model::monotonic()),
    },
    Named {
        names: &["sequential"],
        doc: "entries that are seen in the order in which a client wrote them: :write, :read",
        model: |_| Ok(Model::sequential()),
    },
    Named {
        names: &["adya", "g2"],
        doc: "no two inserts of a key that each found none: :insert",
        model: |_| Ok(Model::adya()),
    },
    Named {
        names: &["upsert"],
        doc: "one record of a key, whoever inserts it: :upsert, :read",
        model: |_| Ok(Model::upsert()),
    },
    Named {
        names: &["dirty-reads"],
        doc: "no read of what a failed write wrote: :write, :read of all rows",
        model: |_| Ok(Model::dirty_reads()),
    },
];

/// Whose model it is, where a name says so.
const PREFIXES: [&str; 3] = ["knossos-", "elle-", "jepsen-"];

/// The model that a history seems to be of, and why; for those that are of no workload.
pub fn guess(history: &History) -> Option<(&'static Named, &'static str)> {
    let has = |f: &str| history.clients().any(|(_, op)| op.f == f);
    let (name, why) = if has("transfer") {
        ("bank", "its operations transfer money")
    } else if has("acquire") && has("release") {
        ("mutex", "its operations acquire and release")
    } else {
        return None;
    };
    Some((find(name)?, why))
}

/// The model of this name: one of its [`names`](Named::names), also behind `knossos-`,
/// `elle-` or `jepsen-`, as elle-cli has them.
pub fn find(name: &str) -> Option<&'static Named> {
    let named = |name: &str| ALL.iter().find(|model| model.names.contains(&name));
    named(name).or_else(|| {
        let mut bare = PREFIXES.iter().filter_map(|whose| name.strip_prefix(whose));
        bare.find_map(named)
    })
}

/// A line for each model: its names, and what it is.
pub fn list() -> String {
    let line = |model: &Named| format!("{}: {}", model.names.join(", "), model.doc);
    ALL.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_model_is_found_by_each_of_its_names() {
        for (name, doc) in [
            ("elle-list-append", "append"),
            ("txn-rw-register", "write registers"),
            ("rw-register", "write registers"),
            ("knossos-cas-register", "linearizable register"),
            ("knossos-register", "linearizable register"),
            ("knossos-mutex", "anyone may release"),
            ("knossos-set", "linearizable set"),
            ("fifo-queue", "first"),
        ] {
            let model = find(name).unwrap();
            assert!(model.doc.contains(doc), "{name}: {}", model.doc);
        }
        assert!(find("knossos-elle-register").is_none());
    }

    #[test]
    fn no_two_models_have_one_name() {
        let mut known = BTreeSet::new();
        for model in ALL {
            for name in model.names {
                assert!(known.insert(name), "{name}");
                assert!(list().contains(name), "{name}");
            }
        }
    }
}
