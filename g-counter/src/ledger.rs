//! What a node knows of the counter, and how it comes to know it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::disk::{Disk, Log};
use maelstrom_node::kv::SeqKv;
use maelstrom_node::{Error, Node, Result, Retry, Signal};
use serde::{Deserialize, Serialize};

/// The time from one synchronization to the next, at least.
pub const WINDOW: Duration = Duration::from_secs(1);

/// How long a read waits for a synchronization: less than its client does.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a request that the store does not answer is sent again before this begins anew, and
/// after how long each time (less a random part of up to a half). What was answered by then is
/// not asked again: where three messages in ten are lost, one exchange of seven nodes in a
/// hundred would come through at the first attempt.
const RETRY: (Duration, Duration) = (PATIENCE, Duration::from_millis(250));

/// What is under a node's key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// All that was added at the node.
    sum: i64,
    /// How often it synchronized.
    round: u64,
}

/// What a node promises that is killed, broken on purpose, so that tests see what it is good
/// for. Only with the feature `mutations` can one be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Acknowledges what is not synced.
    AcknowledgesUnsynced,
    /// Does not read what is on the disk.
    RecallsNothing,
    /// Adds what is on the disk to what is in the store.
    AddsTwice,
}

#[derive(Clone)]
pub(crate) struct Ledger(Rc<State>);

struct State {
    broken: Option<Mutation>,
    node: Node,
    kv: SeqKv,
    disk: Disk,
    /// All that was added at this node, in all its lives.
    log: Log<i64>,
    /// The sum of the log.
    logged: Cell<i64>,
    /// What of that is synced: only this goes to the store, and only this is read.
    added: Cell<i64>,
    /// What was added in former lives, if the log was empty at the start.
    forgotten: Cell<Option<i64>>,
    /// What is under this node's key, once that is known.
    own: Cell<Option<Entry>>,
    /// Whether it may be something else by now.
    is_doubtful: Cell<bool>,
    /// The sum of the others' entries.
    others: Cell<i64>,
    /// That was so at this time, or later.
    as_of: Cell<Option<Duration>>,
    /// When the last synchronization began.
    began: Cell<Option<Duration>>,
    /// Whether one is going on, or is to begin.
    is_busy: Cell<bool>,
    synchronized: Signal,
}

/// What a node shows of it.
#[derive(Serialize)]
pub(crate) struct Shown {
    /// What was added here and is synced,
    added: i64,
    /// and what is not yet.
    unsynced: i64,
    /// What is in the store under this node's key, as far as it is known,
    stored: Option<Entry>,
    /// and under those of the others.
    others: i64,
    synchronizes: bool,
}

impl Ledger {
    pub(crate) fn shown(&self) -> Shown {
        let state = &self.0;
        Shown {
            added: state.added.get(),
            unsynced: state.logged.get() - state.added.get(),
            stored: state.own.get(),
            others: state.others.get(),
            synchronizes: state.is_busy.get(),
        }
    }

    pub(crate) fn new(node: Node, broken: Option<Mutation>) -> Self {
        let disk = node.disk();
        let (log, mut found) = disk.log::<i64>("added");
        if broken == Some(Mutation::RecallsNothing) {
            found.clear();
        }
        // What is there was not refused when it came.
        let sum = found
            .iter()
            .fold(0, |sum: i64, delta| sum.saturating_add(*delta));
        if found.len() > 1 {
            log.rewrite([&sum]);
        }
        let ledger = Ledger(Rc::new(State {
            kv: SeqKv::new(&node).with_retry(Retry::within(RETRY.0).pauses(RETRY.1, RETRY.1)),
            node,
            disk,
            logged: Cell::new(sum),
            added: Cell::new(sum),
            // If a node was here before, it had another disk.
            forgotten: Cell::new(match broken {
                Some(Mutation::AddsTwice) => None,
                _ => (!log.is_empty()).then_some(0),
            }),
            broken,
            log,
            own: Cell::default(),
            is_doubtful: Cell::default(),
            others: Cell::default(),
            as_of: Cell::default(),
            began: Cell::default(),
            is_busy: Cell::default(),
            synchronized: Signal::new(),
        }));
        if sum > 0 {
            // Not all of it may be in the store.
            ledger.synchronize();
        }
        ledger
    }

    /// Adds to the counter: once this is done, it is on the disk. The others learn of it in one
    /// window.
    pub(crate) async fn add(&self, delta: i64) -> Result<()> {
        let state = &self.0;
        let logged = state.logged.get().checked_add(delta);
        let fits = logged.and_then(|logged| self.known(logged));
        let (Some(logged), Some(_)) = (logged, fits) else {
            return Err(overflow());
        };
        if delta > 0 {
            state.log.append(&delta);
            state.logged.set(logged);
            if state.broken != Some(Mutation::AcknowledgesUnsynced) {
                state.disk.sync().await;
            }
            state.added.set(state.added.get() + delta);
            self.synchronize();
        }
        Ok(())
    }

    /// The counter, at most two windows ago. It waits only if nobody has asked
    /// for that long.
    pub(crate) async fn read(&self) -> Result<i64> {
        let now = self.0.node.now();
        let is_as_of = |time: Duration| self.0.as_of.get().is_some_and(|as_of| as_of >= time);
        if !is_as_of(now.saturating_sub(WINDOW)) {
            self.synchronize();
        }
        let fresh = async {
            while !is_as_of(now.saturating_sub(2 * WINDOW)) {
                self.0.synchronized.wait().await;
            }
        };
        let waited = self.0.node.timeout(PATIENCE, fresh).await;
        waited.map_err(|_| Error::temporarily_unavailable("seq-kv does not answer"))?;
        self.known(self.0.added.get()).ok_or_else(overflow)
    }

    /// The counter, if so much was added here that is in the log, and at the others what was
    /// there when it was read last.
    fn known(&self, added: i64) -> Option<i64> {
        let own = added.checked_add(self.0.forgotten.get().unwrap_or(0));
        own?.checked_add(self.0.others.get())
    }

    /// What is to be under this node's key.
    fn sum(&self) -> Result<i64> {
        let forgotten = self.0.forgotten.get().unwrap_or(0);
        let sum = self.0.added.get().checked_add(forgotten);
        sum.ok_or_else(overflow)
    }

    /// Makes sure that a synchronization comes, now or when the window is over.
    fn synchronize(&self) {
        if self.0.is_busy.replace(true) {
            return;
        }
        let ledger = self.clone();
        drop(self.0.node.spawn(async move {
            let state = &ledger.0;
            if let Some(began) = state.began.get() {
                state.node.sleep_until(began + WINDOW).await;
            }
            let mut began = state.node.now();
            while let Err(e) = ledger.exchange().await {
                log::info!("synchronizing again: {e}");
                let pause = Duration::from_millis(100 + state.node.rng().below(200));
                state.node.sleep(pause).await;
                began = state.node.now();
            }
            state.began.set(Some(began));
            state.as_of.set(Some(began));
            state.is_busy.set(false);
            state.synchronized.give();
            let stored = state.own.get().unwrap_or_default().sum;
            if ledger.sum().is_ok_and(|sum| sum > stored) {
                ledger.synchronize();
            }
        }));
    }

    /// Puts what was added here into the store, then reads the others' sums.
    async fn exchange(&self) -> Result<()> {
        let state = &self.0;
        self.store().await?;
        let peers = state.node.peers().cloned();
        // All at once.
        let reads = peers.map(|peer| {
            let kv = state.kv.clone();
            let read = async move { kv.read::<Entry>(peer.as_str()).await };
            state.node.spawn(read)
        });
        let reads: Vec<_> = reads.collect();
        let mut others: i64 = 0;
        for read in reads {
            let entry = read.await??.unwrap_or_default();
            others = others.checked_add(entry.sum).ok_or_else(overflow)?;
        }
        state.others.set(others);
        Ok(())
    }

    /// Brings this node's entry up to date: it is the sum of all that was added here, so it does
    /// no harm if it comes twice. Nobody else writes it, but requests and replies may be
    /// lost or late, be it from a former life.
    async fn store(&self) -> Result<()> {
        let state = &self.0;
        let own = match state.own.get() {
            Some(own) if !state.is_doubtful.get() => own,
            _ => self.look_up().await?,
        };
        let new = Entry {
            sum: self.sum()?,
            round: own.round + 1,
        };
        state.is_doubtful.set(true);
        let key = state.node.id().as_str();
        match state.kv.cas_or_create(key, &own, &new).await {
            Ok(()) => self.is_stored(new),
            // Perhaps it was stored nevertheless.
            Err(e) if self.look_up().await? != new => return Err(e),
            Err(_) => {}
        }
        Ok(())
    }

    /// Asks the store what this node's entry is.
    async fn look_up(&self) -> Result<Entry> {
        let state = &self.0;
        let key = state.node.id().as_str();
        let found: Option<Entry> = state.kv.read_fresh(key).await?;
        let found = found.unwrap_or_default();
        if state.forgotten.get().is_none() {
            // Nothing of this life is there yet.
            state.forgotten.set(Some(found.sum));
        }
        self.is_stored(found);
        Ok(found)
    }

    /// This is the node's entry now; what was sent before can succeed no more, unless it begins
    /// with this one.
    fn is_stored(&self, entry: Entry) {
        self.0.own.set(Some(entry));
        self.0.is_doubtful.set(false);
    }
}

fn overflow() -> Error {
    Error::precondition_failed("the sum would not fit into 64 bits")
}
