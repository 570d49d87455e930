//! Deadlines in the node's own time, and the futures that wait for them.
//!
//! A deadline is dropped together with the future that waits for it, so what
//! is not awaited any more costs nothing and wakes nobody.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::{Error, Node, Result};

/// All deadlines of a node, the next one first; equal ones in the order in
/// which they were set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    waiting: BTreeMap<Deadline, Waker>,
    set: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deadline {
    at: Duration,
    number: u64,
}

impl Timers {
    pub(crate) fn insert(&mut self, at: Duration, waker: &Waker) -> Deadline {
        self.set += 1;
        let deadline = Deadline {
            at,
            number: self.set,
        };
        self.waiting.insert(deadline, waker.clone());
        deadline
    }

    pub(crate) fn remove(&mut self, deadline: Deadline) {
        self.waiting.remove(&deadline);
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        let (deadline, _) = self.waiting.first_key_value()?;
        Some(deadline.at)
    }

    /// Takes the next waker that is due.
    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<Waker> {
        let entry = self.waiting.first_entry()?;
        (entry.key().at <= now).then(|| entry.remove())
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// Waits until a moment of the node's time; see [`Node::sleep`].
#[derive(Debug)]
#[must_use = "it waits only when awaited"]
pub struct Sleep {
    node: Node,
    until: Duration,
    deadline: Option<Deadline>,
}

impl Sleep {
    pub(crate) fn new(node: Node, until: Duration) -> Self {
        Sleep {
            node,
            until,
            deadline: None,
        }
    }

    fn forget(&mut self) {
        if let Some(deadline) = self.deadline.take() {
            self.node.timers().remove(deadline);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Set anew at every poll: it may be another task that waits now.
        self.forget();
        if self.node.now() >= self.until {
            return Poll::Ready(());
        }
        let deadline = self.node.timers().insert(self.until, cx.waker());
        self.deadline = Some(deadline);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

/// Ticks at even distances; see [`Node::interval`].
#[derive(Debug)]
pub struct Interval {
    node: Node,
    period: Duration,
    next: Duration,
}

impl Interval {
    pub(crate) fn new(node: Node, period: Duration) -> Self {
        let period = period.max(Duration::from_nanos(1));
        let next = node.now() + period;
        Interval { node, period, next }
    }

    /// Waits for the next tick and gives its time. Ticks that were missed,
    /// because nobody waited, are left out; the rhythm is kept.
    pub async fn tick(&mut self) -> Duration {
        let late = self.node.now().saturating_sub(self.next);
        let missed = late.as_nanos() / self.period.as_nanos();
        let missed = u32::try_from(missed).unwrap_or(u32::MAX);
        self.next = self.next.saturating_add(self.period.saturating_mul(missed));
        self.node.sleep_until(self.next).await;
        let tick = self.next;
        self.next += self.period;
        tick
    }
}

/// Gives the future's output, or a timeout if the moment comes first.
pub(crate) async fn timeout_at<F: Future>(
    node: &Node,
    until: Duration,
    future: F,
) -> Result<F::Output> {
    let mut future = pin!(future);
    let mut sleep = pin!(node.sleep_until(until));
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        sleep
            .as_mut()
            .poll(cx)
            .map(|()| Err(Error::timeout("not done in time")))
    })
    .await
}
