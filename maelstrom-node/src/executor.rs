//! Runs the tasks of one node: handlers and what they spawned, on one thread,
//! in the order in which they became ready. No clock, no I/O: a task that
//! waits is polled again when whatever it waits for wakes it.
//!
//! Its own rather than a crate's: the order of tasks decides what a node sends, and so is
//! part of what a seed promises.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

pub(crate) type LocalFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Tasks in slots that are used again, each with its own waker.
#[derive(Default)]
pub(crate) struct Executor {
    slots: Vec<Slot>,
    free: Vec<usize>,
    ready: Arc<Ready>,
    /// How many of the tasks are handlers of requests.
    handlers: usize,
}

struct Slot {
    task: Option<LocalFuture>,
    is_handler: bool,
    waker: Waker,
}

/// The slots to poll, first come, first served. Wakers must be `Send`, hence
/// the lock; it is never contended.
#[derive(Default)]
struct Ready(Mutex<VecDeque<usize>>);

impl Ready {
    fn push(&self, slot: usize) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(slot);
    }

    fn pop(&self) -> Option<usize> {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }
}

struct SlotWaker {
    slot: usize,
    ready: Arc<Ready>,
}

impl Wake for SlotWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    // A slot may be queued twice, or have a new task by the time its turn
    // comes: a poll too many, which futures must bear anyway.
    fn wake_by_ref(self: &Arc<Self>) {
        self.ready.push(self.slot);
    }
}

impl Executor {
    /// Polls a new task once, and keeps it if it is not done by then.
    pub(crate) fn start(&mut self, task: LocalFuture, is_handler: bool) {
        let slot = self.free.pop().unwrap_or_else(|| {
            let slot = self.slots.len();
            let waker = Arc::new(SlotWaker {
                slot,
                ready: Arc::clone(&self.ready),
            });
            self.slots.push(Slot {
                task: None,
                is_handler,
                waker: waker.into(),
            });
            slot
        });
        self.handlers += usize::from(is_handler);
        self.slots[slot].is_handler = is_handler;
        self.slots[slot].task = Some(task);
        self.poll(slot);
    }

    /// Polls the task whose turn it is. False if none is ready.
    pub(crate) fn run_one(&mut self) -> bool {
        let Some(slot) = self.ready.pop() else {
            return false;
        };
        self.poll(slot);
        true
    }

    /// How many handlers of requests are still at work.
    pub(crate) fn handlers(&self) -> usize {
        self.handlers
    }

    fn poll(&mut self, index: usize) {
        let slot = &mut self.slots[index];
        let Some(task) = &mut slot.task else { return };
        let done = (task.as_mut())
            .poll(&mut Context::from_waker(&slot.waker))
            .is_ready();
        if done {
            slot.task = None;
            self.handlers -= usize::from(slot.is_handler);
            self.free.push(index);
        }
    }
}
