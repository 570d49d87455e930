//! What a node knows of the counter, and how it comes to know it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

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

#[derive(Clone)]
pub(crate) struct Ledger(Rc<State>);

struct State {
    node: Node,
    kv: SeqKv,
    /// What is under this node's key, once that is known.
    own: Cell<Option<Entry>>,
    /// What was added and is not part of that.
    pending: Cell<i64>,
    /// What it may be instead, for all that is known: the entries that were sent
    /// to the store since, and how much of what is pending each holds.
    attempts: RefCell<Vec<(Entry, i64)>>,
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

impl Ledger {
    pub(crate) fn new(node: Node) -> Self {
        Ledger(Rc::new(State {
            kv: SeqKv::new(&node).with_retry(Retry::within(RETRY.0).pauses(RETRY.1, RETRY.1)),
            node,
            own: Cell::default(),
            pending: Cell::default(),
            attempts: RefCell::default(),
            others: Cell::default(),
            as_of: Cell::default(),
            began: Cell::default(),
            is_busy: Cell::default(),
            synchronized: Signal::new(),
        }))
    }

    /// Adds to the counter. The others learn of it in one window.
    pub(crate) fn add(&self, delta: i64) -> Result<()> {
        let sum = self.0.pending.get().checked_add(delta);
        let fits = sum.and_then(|sum| sum.checked_add(self.known()?));
        let (Some(sum), Some(_)) = (sum, fits) else {
            return Err(overflow());
        };
        if delta > 0 {
            self.0.pending.set(sum);
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
        let pending = self.0.pending.get();
        let sum = self.known().and_then(|known| known.checked_add(pending));
        sum.ok_or_else(overflow)
    }

    /// The counter as it was read last.
    fn known(&self) -> Option<i64> {
        let own = self.0.own.get().unwrap_or_default().sum;
        own.checked_add(self.0.others.get())
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
            if state.pending.get() > 0 {
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

    /// Brings this node's entry up to date. Nobody else writes it, but requests
    /// and replies may be lost, late, or come twice.
    async fn store(&self) -> Result<()> {
        let state = &self.0;
        let own = match state.own.get() {
            Some(own) if state.attempts.borrow().is_empty() => own,
            _ => self.look_up().await?,
        };
        let added = state.pending.get();
        let new = Entry {
            sum: own.sum.checked_add(added).ok_or_else(overflow)?,
            round: own.round + 1,
        };
        state.attempts.borrow_mut().push((new, added));
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
        let key = self.0.node.id().as_str();
        let found = self.0.kv.read_fresh(key).await?.unwrap_or_default();
        if self.0.own.get() != Some(found) {
            self.is_stored(found);
        }
        Ok(found)
    }

    /// This is the node's entry now; none of the other attempts can succeed any
    /// more, since each began with the entry before.
    fn is_stored(&self, entry: Entry) {
        let attempts = self.0.attempts.take();
        if let Some((_, added)) = attempts.iter().find(|(new, _)| *new == entry) {
            self.0.pending.set(self.0.pending.get() - added);
        }
        self.0.own.set(Some(entry));
    }
}

fn overflow() -> Error {
    Error::precondition_failed("the sum would not fit into 64 bits")
}
