//! Models by name: what a history of operations can be held against, whichever workload it
//! is of. The names are those of Knossos, Elle, Jepsen and elle-cli.
//!
//! ```
//! use history::History;
//! use verdict::{Validity, models};
//!
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :write, :value 1}
//!      {:process 0, :type :ok, :f :write, :value 1}
//!      {:process 1, :type :invoke, :f :read, :value nil}
//!      {:process 1, :type :ok, :f :read, :value 2}",
//! )?;
//! let register = models::find("knossos-register").unwrap();
//! let checked = (register.check)(&history, &models::Options::default());
//! assert_eq!(checked.valid, Validity::Invalid);
//! # Ok::<(), history::HistoryError>(())
//! ```

use history::History;
use history::edn::Value;
use isolation::model::Models;
use linearizability::check_model;
use linearizability::models::{Counter, Lock, Log, Map, MultiRegister, Queue, Semaphore, Set};

use jepsen::bank::Bank;
use jepsen::{
    adya, bank, bounds, causal_reverse, dirty_reads, long_fork, monotonic, queue, sequential, set,
    total_queue, upsert,
};

use crate::{Checked, Rules, set_full};

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
    /// What is known of a bank.
    pub bank: Bank,
    /// How many keys the reads of a long fork's history read. `None`: any.
    pub group_size: Option<usize>,
}

/// A model that histories are held against.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Its names, the usual one first.
    pub names: &'static [&'static str],
    /// What it is, in a sentence without a full stop.
    pub doc: &'static str,
    /// The verdict on a history.
    pub check: fn(&History, &Options) -> Checked,
}

/// All of them.
pub const ALL: &[Model] = &[
    Model {
        names: &["cas-register", "register"],
        doc: "a linearizable register, or one for each key: :read, :write, :cas",
        check: |history, options| {
            let options = linearizability::Options {
                rules: options.rules,
                initial: options.initial.clone(),
            };
            linearizability::check(history, &options)
        },
    },
    Model {
        names: &["multi-register"],
        doc: "linearizable registers under one transaction: :txn [[:read k v] [:write k v]]",
        check: |history, options| match &options.initial {
            Value::Nil => check_model(history, &MultiRegister::default()),
            Value::Map(initial) => {
                let initial = Some(initial.iter().cloned().collect());
                check_model(history, &MultiRegister { initial })
            }
            initial => Checked::unknown(format!("expected a map of registers, found {initial}")),
        },
    },
    Model {
        names: &["mutex", "lock"],
        doc: "a lock that anyone may release: :acquire, :release",
        check: |history, _| check_model(history, &Lock::mutex()),
    },
    Model {
        names: &["owner-aware-mutex", "owner-mutex"],
        doc: "a lock that only its owner may release; who that is is the client, or :client of the \
              value",
        check: |history, _| check_model(history, &Lock::owner_aware()),
    },
    Model {
        names: &["reentrant-mutex"],
        doc: "a lock that its owner may acquire again, and must release as often",
        check: |history, _| check_model(history, &Lock::reentrant()),
    },
    Model {
        names: &["fenced-mutex", "fenced-lock"],
        doc: "an owner-aware lock whose :acquire ends with a fence, greater than all before; 0 is \
              none",
        check: |history, _| check_model(history, &Lock::owner_aware().fenced()),
    },
    Model {
        names: &["reentrant-fenced-mutex", "reentrant-fenced-lock"],
        doc: "the same, which its owner may acquire again",
        check: |history, _| check_model(history, &Lock::reentrant().fenced()),
    },
    Model {
        names: &["semaphore"],
        doc: "--permits of them: :acquire takes one, or as many as its value says; :release",
        check: |history, options| match options.permits {
            Some(permits) => check_model(history, &Semaphore { permits }),
            None => Checked::unknown("nobody said how many permits there are: --permits"),
        },
    },
    Model {
        names: &["fifo-queue"],
        doc: "a queue that gives what was put there first: :enqueue, :dequeue; of nil: it is empty",
        check: |history, _| check_model(history, &Queue::Fifo),
    },
    Model {
        names: &["unordered-queue"],
        doc: "a queue that gives any of what was put there: :enqueue, :dequeue",
        check: |history, _| check_model(history, &Queue::Unordered),
    },
    Model {
        names: &["stack"],
        doc: "what gives first what was put there last: :push, :pop",
        check: |history, _| check_model(history, &Queue::Stack),
    },
    Model {
        names: &["knossos-set", "linearizable-set"],
        doc: "a linearizable set: :add, :read of all elements",
        check: |history, _| check_model(history, &Set),
    },
    Model {
        names: &["knossos-counter", "linearizable-counter"],
        doc: "a linearizable counter: :add, :increment, :decrement, :read",
        check: |history, options| match (&options.initial, options.initial.as_integer()) {
            (Value::Nil, _) => check_model(history, &Counter::default()),
            (_, Some(initial)) => check_model(history, &Counter { initial }),
            (other, None) => Checked::unknown(format!("expected an integer, found {other}")),
        },
    },
    Model {
        names: &["map", "kv", "porcupine-kv"],
        doc: "linearizable texts by keys: :get, :put, :append, with a :key or values [k v]",
        check: |history, _| check_model(history, &Map),
    },
    Model {
        names: &["append-only-log", "log"],
        doc: "a linearizable log: :append, :read of all elements in order",
        check: |history, _| check_model(history, &Log),
    },
    Model {
        names: &["list-append", "txn-list-append"],
        doc: "transactions that append to lists and read them: [:append k v], [:r k [v]]",
        check: |history, options| {
            let models = &options.consistency_models.0;
            isolation::check_list_append(history, models, options.rules)
        },
    },
    Model {
        names: &["rw-register", "txn-rw-register"],
        doc: "transactions that write registers and read them: [:w k v], [:r k v]",
        check: |history, options| {
            let models = &options.consistency_models.0;
            isolation::check_rw_register(history, models, options.rules)
        },
    },
    Model {
        names: &["bank"],
        doc: "accounts whose balances always come to the same total: :transfer, :read",
        check: |history, options| bank::check(history, &options.bank),
    },
    Model {
        names: &["set"],
        doc: "a set that is read at the end: :add, :read",
        check: |history, _| set::check(history),
    },
    Model {
        names: &["set-full"],
        doc: "a set from which no element is lost, whenever it is read: :add, :read",
        check: |history, options| set_full::check(history, "add", options.rules),
    },
    Model {
        names: &["counter"],
        doc: "a counter that is read at any time, within its bounds: :add, :read",
        check: |history, _| bounds::check(history),
    },
    Model {
        names: &["long-fork"],
        doc: "writes of a key each that no two reads see in contradictory orders: [:w k 1], [:r k v]",
        check: |history, options| long_fork::check(history, options.group_size),
    },
    Model {
        names: &["total-queue"],
        doc: "a queue that is drained, and loses nothing: :enqueue, :dequeue, :drain",
        check: |history, _| total_queue::check(history),
    },
    Model {
        names: &["queue"],
        doc: "a queue from which comes only what went in: :enqueue, :dequeue, :drain",
        check: |history, _| queue::check(history),
    },
    Model {
        names: &["comments", "causal-reverse"],
        doc: "writes that are seen in their order in time: :write, :read of all",
        check: |history, _| causal_reverse::check(history),
    },
    Model {
        names: &["monotonic"],
        doc: "records whose values grow with their timestamps, read at the end: :add, :read",
        check: |history, _| monotonic::check(history, true),
    },
    Model {
        names: &["sequential"],
        doc: "entries that are seen in the order in which a client wrote them: :write, :read",
        check: |history, _| sequential::check(history),
    },
    Model {
        names: &["adya", "g2"],
        doc: "no two inserts of a key that each found none: :insert",
        check: |history, _| adya::check(history),
    },
    Model {
        names: &["upsert"],
        doc: "one record of a key, whoever inserts it: :upsert, :read",
        check: |history, _| upsert::check(history),
    },
    Model {
        names: &["dirty-reads"],
        doc: "no read of what a failed write wrote: :write, :read of all rows",
        check: |history, _| dirty_reads::check(history),
    },
];

/// Whose model it is, where a name says so.
const PREFIXES: [&str; 3] = ["knossos-", "elle-", "jepsen-"];

/// The model that a history seems to be of, and why; for those that are of no workload.
pub fn guess(history: &History) -> Option<(&'static Model, &'static str)> {
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

/// The model of this name: one of its [`names`](Model::names), also behind `knossos-`,
/// `elle-` or `jepsen-`, as elle-cli has them.
pub fn find(name: &str) -> Option<&'static Model> {
    let named = |name: &str| ALL.iter().find(|model| model.names.contains(&name));
    named(name).or_else(|| {
        let mut bare = PREFIXES.iter().filter_map(|whose| name.strip_prefix(whose));
        bare.find_map(named)
    })
}

/// A line for each model: its names, and what it is.
pub fn list() -> String {
    let line = |model: &Model| format!("{}: {}", model.names.join(", "), model.doc);
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
