//! Events in the order of their time; those of one time in the order in which
//! they were added.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Agenda<E> {
    heap: BinaryHeap<Reverse<Entry<E>>>,
    added: u64,
    last: Duration,
}

#[derive(Debug)]
struct Entry<E> {
    time: Duration,
    number: u64,
    event: E,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Agenda {
            heap: BinaryHeap::new(),
            added: 0,
            last: Duration::ZERO,
        }
    }
}

impl<E> Agenda<E> {
    pub(super) fn add(&mut self, time: Duration, event: E) {
        let number = self.added;
        self.added += 1;
        self.heap.push(Reverse(Entry {
            time,
            number,
            event,
        }));
    }

    pub(super) fn next_time(&self) -> Option<Duration> {
        self.heap.peek().map(|Reverse(entry)| entry.time)
    }

    pub(super) fn pop_due(&mut self, now: Duration) -> Option<E> {
        if self.next_time()? > now {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        self.last = entry.time;
        Some(entry.event)
    }

    /// The time that the event popped last was due at.
    pub(super) fn last_time(&self) -> Duration {
        self.last
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.number).cmp(&(other.time, other.number))
    }
}
