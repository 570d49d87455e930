//! Background tasks: [`Node::spawn`](crate::Node::spawn) and the handle it
//! gives.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::executor::LocalFuture;

/// A task that was spawned. Awaiting it gives its output; dropping it lets the
/// task go on by itself.
#[must_use = "drop it to let the task go on by itself: `drop(node.spawn(..))` or `let _ = ..`"]
pub struct Task<T>(Rc<RefCell<State<T>>>);

struct State<T> {
    output: Option<T>,
    aborted: bool,
    /// Wakes the task itself, once it was polled.
    task: Option<Waker>,
    /// Wakes whoever awaits the handle.
    waiting: Option<Waker>,
}

impl<T> Task<T> {
    /// Ends the task where it waits, if it is not done. Awaiting it after that
    /// never ends.
    pub fn abort(&self) {
        let mut state = self.0.borrow_mut();
        state.aborted = true;
        if let Some(task) = state.task.take() {
            task.wake();
        }
    }

    /// Whether its output is there.
    pub fn is_finished(&self) -> bool {
        self.0.borrow().output.is_some()
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.borrow_mut();
        match state.output.take() {
            Some(output) => Poll::Ready(output),
            None => {
                state.waiting = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("is_finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// Splits a future into what runs and what is waited for.
pub(crate) fn task<F>(future: F) -> (Task<F::Output>, LocalFuture)
where
    F: Future + 'static,
{
    let state = Rc::new(RefCell::new(State {
        output: None,
        aborted: false,
        task: None,
        waiting: None,
    }));
    let running = Running {
        future: Box::pin(future),
        state: Rc::clone(&state),
    };
    (Task(state), Box::pin(running))
}

struct Running<F: Future> {
    future: Pin<Box<F>>,
    state: Rc<RefCell<State<F::Output>>>,
}

impl<F: Future> Future for Running<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.borrow().aborted {
            return Poll::Ready(());
        }
        let polled = self.future.as_mut().poll(cx);
        let mut state = self.state.borrow_mut();
        match polled {
            Poll::Ready(output) => {
                state.output = Some(output);
                if let Some(waiting) = state.waiting.take() {
                    waiting.wake();
                }
                Poll::Ready(())
            }
            Poll::Pending => {
                state.task = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
