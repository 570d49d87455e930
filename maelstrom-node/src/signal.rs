//! Waiting for something that another task does: [`Signal`].

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Lets tasks wait until another one says that something has happened. What it
/// was, they look up themselves:
///
/// ```
/// # use std::cell::Cell;
/// # use maelstrom_node::Signal;
/// # async fn wait_for(applied: &Cell<u64>, changed: &Signal, index: u64) {
/// while applied.get() < index {
///     changed.wait().await;
/// }
/// # }
/// ```
///
/// Clones are the same signal.
#[derive(Clone, Default)]
pub struct Signal(Rc<Shared>);

#[derive(Default)]
struct Shared {
    /// How often it was given.
    given: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Signal {
    /// A signal that nobody waits for.
    pub fn new() -> Self {
        Signal::default()
    }

    /// Wakes all that wait now.
    pub fn give(&self) {
        self.0.given.set(self.0.given.get() + 1);
        for waker in self.0.waiting.take() {
            waker.wake();
        }
    }

    /// Waits until the signal is given after this call; that it was given
    /// before does not count.
    pub fn wait(&self) -> impl Future<Output = ()> + use<> {
        Wait {
            shared: Rc::clone(&self.0),
            given: self.0.given.get(),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("given", &self.0.given.get())
            .finish_non_exhaustive()
    }
}

struct Wait {
    shared: Rc<Shared>,
    given: u64,
}

impl Future for Wait {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.given.get() != self.given {
            return Poll::Ready(());
        }
        let mut waiting = self.shared.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wakes_whoever_waits_and_no_one_who_comes_later() {
        let signal = Signal::new();
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = |wait: &mut Pin<Box<dyn Future<Output = ()>>>| wait.as_mut().poll(&mut cx);
        signal.give();
        let mut first: Pin<Box<dyn Future<Output = ()>>> = Box::pin(signal.wait());
        assert!(poll(&mut first).is_pending());
        assert!(poll(&mut first).is_pending());
        assert_eq!(signal.0.waiting.borrow().len(), 1);
        signal.give();
        let mut second: Pin<Box<dyn Future<Output = ()>>> = Box::pin(signal.wait());
        assert!(poll(&mut first).is_ready());
        assert!(poll(&mut second).is_pending());
    }
}
