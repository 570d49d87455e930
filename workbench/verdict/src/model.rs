//! What a history can be held against, as a value: see [`Model`].

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use history::History;
use history::edn::Value;
use isolation::model::Models;
use jepsen::bank::Bank;
use linearizability::{Sequential, check_model};

use crate::models::{self, Options};
use crate::{Checked, Rules};

/// Judges a history by a model.
///
/// ```
/// use history::History;
/// use verdict::{Model, Validity, check};
///
/// let history = History::builder()
///     .invoke(0, "acquire", ())
///     .ok(0, ())
///     .invoke(1, "acquire", ())
///     .ok(1, ())
///     .build();
/// let mutex = Model::named("mutex").unwrap();
/// assert_eq!(check(&history, &mutex).valid, Validity::Invalid);
/// ```
pub fn check(history: &History, model: &Model) -> Checked {
    (model.check)(history)
}

/// What a history is held against: an object that operations are said to work on, or
/// isolation that transactions are said to have, or whatever else is promised.
///
/// ```
/// use verdict::Model;
/// use verdict::jepsen::bank::Bank;
/// use verdict::linearizability::models::{Lock, Queue, Semaphore};
///
/// let models = [
///     Model::register(0),
///     Model::linearizable(Queue::Fifo),
///     Model::linearizable(Lock::owner_aware()),
///     Model::linearizable(Semaphore { permits: 2 }),
///     Model::list_append("serializable".parse()?),
///     Model::bank(Bank { total: Some(100), ..Bank::default() }),
///     Model::set(),
/// ];
/// assert_eq!(models[4].name(), "list-append");
/// # Ok::<(), String>(())
/// ```
///
/// One's own object is a type with [`Sequential`], for [`Model::linearizable`]; any other
/// checker of one's own goes with [`Model::new`].
#[derive(Clone)]
pub struct Model {
    name: Cow<'static, str>,
    check: Arc<dyn Fn(&History) -> Checked + Send + Sync>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Model").field(&self.name).finish()
    }
}

impl Model {
    /// A model of this name, by which a history is judged so.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        check: impl Fn(&History) -> Checked + Send + Sync + 'static,
    ) -> Self {
        Model {
            name: name.into(),
            check: Arc::new(check),
        }
    }

    /// What it is called, such as `bank`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model of this name, with what its options are by default: one of
    /// [`models::ALL`]. None, if there is none, or it cannot do without an option.
    pub fn named(name: &str) -> Option<Self> {
        let named = models::find(name)?;
        (named.model)(&Options::default()).ok()
    }

    /// An object, or one for each key, that is linearizable.
    pub fn linearizable(object: impl Sequential + Send + Sync + 'static) -> Self {
        let name = object.name().to_owned();
        Model::new(name, move |history| check_model(history, &object))
    }

    /// A linearizable register, or one for each key, with `read`, `write` and `cas`, which
    /// holds this at first; nil, if nobody has written it. A read of nil is always right.
    pub fn register(initial: impl Into<Value>) -> Self {
        let options = linearizability::Options {
            rules: Rules::Sound,
            initial: initial.into(),
        };
        Model::register_by(options)
    }

    pub(crate) fn register_by(options: linearizability::Options) -> Self {
        Model::new("cas-register", move |history| {
            linearizability::check(history, &options)
        })
    }

    /// Transactions that append to lists and read them, isolated by all these consistency
    /// models.
    pub fn list_append(consistency: Models) -> Self {
        Model::list_append_by(isolation::options::Options {
            models: consistency,
            ..isolation::options::Options::default()
        })
    }

    /// The same, with all that may be said of them.
    pub fn list_append_by(options: isolation::options::Options) -> Self {
        Model::new("list-append", move |history| {
            isolation::check_list_append(history, &options)
        })
    }

    /// Transactions that write registers and read them, likewise.
    pub fn rw_register(consistency: Models) -> Self {
        Model::rw_register_by(isolation::options::Options {
            models: consistency,
            ..isolation::options::Options::default()
        })
    }

    /// The same, with all that may be said of them.
    pub fn rw_register_by(options: isolation::options::Options) -> Self {
        Model::new("rw-register", move |history| {
            isolation::check_rw_register(history, &options)
        })
    }

    /// Accounts whose balances always come to the same total, by `transfer` and `read`.
    pub fn bank(bank: Bank) -> Self {
        Model::new("bank", move |history| jepsen::bank::check(history, &bank))
    }

    /// A set that is read at the end, by `add` and `read`.
    pub fn set() -> Self {
        Model::new("set", jepsen::set::check)
    }

    /// A set from which no element is lost, whenever it is read, by `add` and `read`.
    pub fn set_full() -> Self {
        Model::set_full_by(Rules::Sound)
    }

    pub(crate) fn set_full_by(rules: Rules) -> Self {
        Model::new("set-full", move |history| {
            crate::set_full::check(history, "add", rules)
        })
    }

    /// A counter that is read at any time, by `add` and `read`.
    pub fn counter() -> Self {
        Model::new("counter", jepsen::bounds::check)
    }

    /// Ids of which none is given twice, by `generate`.
    pub fn unique_ids() -> Self {
        Model::new("unique-ids", |history| {
            crate::unique_ids::check(history, Rules::Sound)
        })
    }

    /// Logs with offsets, by `send`, `poll` and `txn`, as Maelstrom's kafka has them.
    pub fn kafka() -> Self {
        Model::kafka_by(crate::kafka::Options::default())
    }

    /// The same, with all that may be said of them.
    pub fn kafka_by(options: crate::kafka::Options) -> Self {
        Model::new("kafka", move |history| {
            crate::kafka::check(history, options)
        })
    }

    /// Writes of a key each that no two reads see in contradictory orders, in
    /// transactions; how many keys reads read, if it is always as many.
    pub fn long_fork(group_size: Option<usize>) -> Self {
        Model::new("long-fork", move |history| {
            jepsen::long_fork::check(history, group_size)
        })
    }

    /// A queue that is drained, and loses nothing, by `enqueue`, `dequeue` and `drain`.
    pub fn total_queue() -> Self {
        Model::new("total-queue", jepsen::total_queue::check)
    }

    /// A queue from which comes only what went in, likewise.
    pub fn queue() -> Self {
        Model::new("queue", jepsen::queue::check)
    }

    /// Writes that are seen in their order in time, by `write` and `read` of all.
    pub fn causal_reverse() -> Self {
        Model::new("causal-reverse", jepsen::causal_reverse::check)
    }

    /// A register whose operations follow on each other, by `read-init`, `write` and `read`
    /// with positions and links.
    pub fn causal_register() -> Self {
        Model::new("causal-register", jepsen::causal::check)
    }

    /// Records whose values grow with their timestamps, by `add` and `read` at the end.
    pub fn monotonic() -> Self {
        Model::new("monotonic", |history| {
            jepsen::monotonic::check(history, true)
        })
    }

    /// Entries that are seen in the order in which a client wrote them, by `write` and
    /// `read`.
    pub fn sequential() -> Self {
        Model::new("sequential", jepsen::sequential::check)
    }

    /// No two inserts of a key that each found none, by `insert`.
    pub fn adya() -> Self {
        Model::new("adya", jepsen::adya::check)
    }

    /// One record of a key, whoever inserts it, by `upsert` and `read`.
    pub fn upsert() -> Self {
        Model::new("upsert", jepsen::upsert::check)
    }

    /// No read of what a failed write wrote, by `write` and `read` of all rows.
    pub fn dirty_reads() -> Self {
        Model::new("dirty-reads", jepsen::dirty_reads::check)
    }
}
