//! Takes the transactions of one node to the history: all that wait go together.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, Node, Result, Signal};

use crate::history::{Attempt, Entry, History, Id};
use crate::lists::{Done, Lists, Operation};

/// How long a transaction is tried: less than its client waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// Transactions that wait, and the results of those that do no more.
#[derive(Clone)]
pub(crate) struct Committer(Rc<Shared>);

struct Shared {
    node: Node,
    waiting: RefCell<Vec<Job>>,
    is_busy: Cell<bool>,
    done: Signal,
    state: RefCell<Option<State>>,
}

/// What only the task that commits uses.
struct State {
    lists: Lists,
    history: History,
    /// What tells this life's entries from those of others.
    life: u32,
    /// How many entries this node made in it.
    entries: u64,
    /// Whether another node committed something since this one did.
    is_contended: bool,
    /// How long the last attempt took.
    attempt: Duration,
}

struct Job {
    txn: Vec<Operation>,
    since: Duration,
    result: Rc<RefCell<Option<Result<Vec<Done>>>>>,
}

impl Committer {
    /// For a node in this life.
    pub(crate) fn new(node: Node, life: u32) -> Self {
        let state = State {
            lists: Lists::default(),
            history: History::new(&node),
            life,
            entries: 0,
            is_contended: false,
            attempt: Duration::ZERO,
        };
        Committer(Rc::new(Shared {
            node,
            waiting: RefCell::default(),
            is_busy: Cell::default(),
            done: Signal::new(),
            state: RefCell::new(Some(state)),
        }))
    }

    /// Executes a transaction; strictly serializable.
    ///
    /// # Errors
    /// [`Error::txn_conflict`] if others were always first,
    /// [`Error::temporarily_unavailable`] if the store did not answer: then it
    /// did not happen. [`Error::timeout`] if nobody knows.
    pub(crate) async fn execute(&self, txn: Vec<Operation>) -> Result<Vec<Done>> {
        let result = Rc::default();
        self.0.waiting.borrow_mut().push(Job {
            txn,
            since: self.0.node.now(),
            result: Rc::clone(&result),
        });
        if !self.0.is_busy.replace(true) {
            let committer = self.clone();
            drop(self.0.node.spawn(async move { committer.work().await }));
        }
        loop {
            if let Some(result) = result.take() {
                return result;
            }
            self.0.done.wait().await;
        }
    }

    /// Commits what waits, until nothing does.
    async fn work(&self) {
        let Some(mut state) = self.0.state.take() else {
            return;
        };
        loop {
            let batch = self.0.waiting.take();
            if batch.is_empty() {
                break;
            }
            let results = self.commit(&mut state, &batch).await;
            for (job, result) in batch.iter().zip(results) {
                job.result.replace(Some(result));
            }
            self.0.done.give();
            if state.is_contended {
                // Whoever has just committed knows the newest root and would be
                // first again, for ever; so it lets others go first sometimes.
                let pause = state.attempt.mul_f64(2.0 * self.0.node.rng().f64());
                state.is_contended = false;
                self.0.node.sleep(pause).await;
            }
        }
        self.0.state.replace(Some(state));
        self.0.is_busy.set(false);
    }

    /// Commits these transactions together.
    async fn commit(&self, state: &mut State, batch: &[Job]) -> Vec<Result<Vec<Done>>> {
        let node = &self.0.node;
        let oldest = batch.iter().map(|job| job.since).min();
        let deadline = oldest.unwrap_or_default() + PATIENCE;
        let fail = |error: &Error| batch.iter().map(|_| Err(error.clone())).collect();
        loop {
            let executed = state.lists.execute(batch.iter().map(|job| &job.txn));
            if executed.appends.is_empty() {
                // Only reads: true if nothing was committed since.
                match self.catch_up(state, deadline).await {
                    Ok(missed) if missed.is_empty() => {}
                    // As of that moment, it is this.
                    Ok(_) => {
                        let executed = state.lists.execute(batch.iter().map(|job| &job.txn));
                        return executed.txns.into_iter().map(Ok).collect();
                    }
                    Err(e) => return fail(&Error::temporarily_unavailable(e.to_string())),
                }
                return executed.txns.into_iter().map(Ok).collect();
            }
            state.entries += 1;
            let entry = Entry {
                id: (node.id().clone(), state.life, state.entries),
                appends: executed.appends,
            };
            match self.settle(state, &entry, deadline).await {
                Ok(true) => return executed.txns.into_iter().map(Ok).collect(),
                Ok(false) if node.now() < deadline => {}
                Ok(false) => return fail(&Error::txn_conflict("others were always first")),
                Err(e) => return fail(&Error::timeout(e.to_string())),
            }
        }
    }

    /// Commits an entry after those that are known. False if it certainly is not
    /// committed and never will be: others came first, and are known then.
    async fn settle(&self, state: &mut State, entry: &Entry, deadline: Duration) -> Result<bool> {
        loop {
            let began = self.0.node.now();
            let attempt = state.history.commit(entry).await;
            state.attempt = self.0.node.now() - began;
            match attempt {
                Attempt::Committed => {
                    state.lists.append(&entry.appends);
                    return Ok(true);
                }
                // It may have been the same, sent before, that came first.
                Attempt::Conflict => {
                    let missed = self.catch_up(state, deadline).await?;
                    return Ok(missed.contains(&entry.id));
                }
                Attempt::Unknown(e) if self.0.node.now() >= deadline => return Err(e),
                Attempt::Unknown(e) => {
                    log::info!("trying again: {e}");
                    self.pause().await;
                }
            }
        }
    }

    /// Takes in what others committed; gives the entries' ids.
    async fn catch_up(&self, state: &mut State, deadline: Duration) -> Result<Vec<Id>> {
        loop {
            match state.history.catch_up().await {
                Ok(missed) => {
                    for entry in &missed {
                        state.lists.append(&entry.appends);
                        state.is_contended |= entry.id.0 != *self.0.node.id();
                    }
                    return Ok(missed.into_iter().map(|entry| entry.id).collect());
                }
                Err(e) if self.0.node.now() >= deadline => return Err(e),
                Err(e) => {
                    log::info!("reading again: {e}");
                    self.pause().await;
                }
            }
        }
    }

    async fn pause(&self) {
        let pause = Duration::from_millis(20 + self.0.node.rng().below(80));
        self.0.node.sleep(pause).await;
    }
}
