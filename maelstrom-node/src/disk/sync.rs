//! Who waits until what is durable. One sync is under way at most; those who ask meanwhile share
//! the next one.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::Disk;

/// What was written is counted in commands; a sync is of the first so many.
pub(super) struct Syncs {
    /// Whether there is someone to carry out commands. If not, all is durable at once.
    is_kept: bool,
    written: u64,
    durable: u64,
    under_way: Option<u64>,
    /// How often someone has begun to wait.
    asked: u64,
    /// By what they wait for, and then in the order in which they came.
    waiting: BTreeMap<Ticket, Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ticket {
    written: u64,
    number: u64,
}

impl Syncs {
    pub(super) fn new(is_kept: bool) -> Self {
        Syncs {
            is_kept,
            written: 0,
            durable: 0,
            under_way: None,
            asked: 0,
            waiting: BTreeMap::new(),
        }
    }

    /// Something will be written that is not durable. False if nobody would do so.
    pub(super) fn written(&mut self) -> bool {
        self.written += u64::from(self.is_kept);
        self.is_kept
    }

    /// Begins a sync, if someone waits for it and none is under way.
    pub(super) fn begin(&mut self) -> bool {
        if self.under_way.is_some() || self.waiting.is_empty() {
            return false;
        }
        self.under_way = Some(self.written);
        true
    }

    /// The sync that is under way is done: whoever waited for no more than it wakes.
    pub(super) fn end(&mut self) {
        let synced = self.under_way.take();
        self.durable = synced.expect("a sync is under way");
        while let Some(first) = self.waiting.first_entry()
            && first.key().written <= self.durable
        {
            first.remove().wake();
        }
    }
}

/// Waits until what was written is durable; see [`Disk::sync`].
pub(super) struct Sync {
    disk: Disk,
    written: u64,
    ticket: Option<Ticket>,
}

impl Sync {
    pub(super) fn new(disk: &Disk) -> Self {
        Sync {
            written: disk.state().syncs.written,
            disk: disk.clone(),
            ticket: None,
        }
    }
}

impl Future for Sync {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Sync {
            disk,
            written,
            ticket,
        } = &mut *Pin::into_inner(self);
        if disk.failure().is_some() {
            return Poll::Pending;
        }
        let syncs = &mut disk.state().syncs;
        if syncs.durable >= *written {
            *ticket = None;
            return Poll::Ready(());
        }
        let ticket = *ticket.get_or_insert_with(|| {
            syncs.asked += 1;
            Ticket {
                written: *written,
                number: syncs.asked,
            }
        });
        syncs.waiting.insert(ticket, cx.waker().clone());
        Poll::Pending
    }
}

/// Who does not wait any more needs no sync.
impl Drop for Sync {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.disk.state().syncs.waiting.remove(&ticket);
        }
    }
}
