//! Background tasks: [`Node::spawn`](crate::Node::spawn) and the handle it
//! gives.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use thiserror::Error;

use crate::executor::LocalFuture;

/// A task that was spawned. Awaiting it gives its output, or [`Aborted`]; dropping it lets the
/// task go on by itself.
///
/// ```
/// # use std::time::Duration;
/// # use maelstrom_node::{Node, Result};
/// # async fn hedge(node: Node) -> Result<()> {
/// let sleeper = node.clone();
/// let task = node.spawn(async move {
///     sleeper.sleep(Duration::from_millis(20)).await;
///     7
/// });
/// assert_eq!(task.await?, 7);
/// # Ok(()) }
/// ```
#[must_use = "drop it to let the task go on by itself: `drop(node.spawn(..))` or `let _ = ..`"]
pub struct Task<T>(Rc<RefCell<State<T>>>);

/// A task was aborted before it was done: there is no output. As an answer to a request it is
/// [`ErrorCode::Abort`](crate::ErrorCode::Abort).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the task was aborted before it was done")]
pub struct Aborted;

impl From<Aborted> for crate::Error {
    fn from(aborted: Aborted) -> Self {
        crate::Error::abort(aborted.to_string())
    }
}

struct State<T> {
    output: Option<T>,
    aborted: bool,
    /// The output was given.
    taken: bool,
    /// Wakes the task itself, once it was polled.
    task: Option<Waker>,
    /// Wakes whoever awaits the handle.
    waiting: Option<Waker>,
}

impl<T> Task<T> {
    /// Ends the task where it waits, if it is not done: whoever awaits it is given
    /// [`Aborted`]. One that is done stays done, and its output is still given.
    pub fn abort(&self) {
        let mut state = self.0.borrow_mut();
        state.aborted = true;
        let wakers = [state.task.take(), state.waiting.take()];
        wakers.into_iter().flatten().for_each(Waker::wake);
    }

    /// Whether it is done: its output is there, or was given.
    pub fn is_finished(&self) -> bool {
        let state = self.0.borrow();
        state.output.is_some() || state.taken
    }
}

/// # Panics
/// If it is polled again after it gave the output.
impl<T> Future for Task<T> {
    type Output = Result<T, Aborted>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.0.borrow_mut();
        assert!(!state.taken, "a task gives its output once");
        match state.output.take() {
            Some(output) => {
                state.taken = true;
                Poll::Ready(Ok(output))
            }
            None if state.aborted => Poll::Ready(Err(Aborted)),
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
        taken: false,
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
