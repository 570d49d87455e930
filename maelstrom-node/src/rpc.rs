//! Requests to other nodes and to services, and the replies that are awaited.
//!
//! A pending call is one entry in [`Calls`] and, while it is awaited, one
//! deadline. Both go when it is answered, times out or is dropped.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::node::DEFAULT_TIMEOUT;
use crate::timer::Sleep;
use crate::wire::Body;
use crate::{Error, ErrorCode, Node, NodeId, Result};

/// The calls of a node that wait for their reply.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) last_id: u64,
    waiting: BTreeMap<u64, Rc<dyn Waiting>>,
}

impl Calls {
    pub(crate) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Takes the call that this reply is for, unless nobody waits for it (any
    /// more): it was answered before, timed out, or was dropped.
    pub(crate) fn take(&mut self, in_reply_to: u64) -> Option<Rc<dyn Waiting>> {
        self.waiting.remove(&in_reply_to)
    }

    pub(crate) fn take_all(&mut self) -> Vec<Rc<dyn Waiting>> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// A call whose reply has some type or other.
pub(crate) trait Waiting {
    /// Completes it with the body of a reply.
    fn answer(&self, body: &Body<'_>);
    /// Completes it with an error of this node's own.
    fn fail(&self, error: Error);
}

struct State<R> {
    result: Option<Result<R>>,
    waker: Option<Waker>,
}

impl<R> State<R> {
    fn complete(this: &RefCell<Self>, result: Result<R>) {
        let mut state = this.borrow_mut();
        state.result = Some(result);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }
}

impl<R: DeserializeOwned> Waiting for RefCell<State<R>> {
    fn answer(&self, body: &Body<'_>) {
        State::complete(self, decode_reply(body));
    }

    fn fail(&self, error: Error) {
        State::complete(self, Err(error));
    }
}

/// The reply, or the error that it is.
fn decode_reply<R: DeserializeOwned>(body: &Body<'_>) -> Result<R> {
    if body.kind.as_deref() == Some("error") {
        return Err(decode_error(body));
    }
    body.decode().map_err(|e| {
        Error::crash(format!(
            "a reply of type `{}` that is not as expected: {e}",
            body.kind.as_deref().unwrap_or_default()
        ))
    })
}

/// Reads the body of an `error` message; what it lacks counts as 13, crash,
/// without text.
pub(crate) fn decode_error(body: &Body<'_>) -> Error {
    #[derive(Deserialize)]
    struct Fields {
        code: Option<i64>,
        text: Option<String>,
        #[serde(flatten)]
        extra: Map<String, Value>,
    }
    match body.decode::<Fields>() {
        Ok(fields) => {
            let code = fields.code.map_or(ErrorCode::Crash, ErrorCode::from);
            let error = Error::new(code, fields.text.unwrap_or_default());
            (fields.extra.into_iter()).fold(error, |error, (key, value)| error.with(key, value))
        }
        Err(e) => Error::crash(format!("an error that is not as expected: {e}")),
    }
}

/// A request on its way and the reply to come; see [`Node::rpc`].
#[must_use = "the request is sent, but its reply is lost unless awaited"]
pub struct Call<R> {
    node: Node,
    dest: NodeId,
    msg_id: u64,
    sent_at: Duration,
    timeout: Duration,
    sleep: Option<Sleep>,
    state: Rc<RefCell<State<R>>>,
}

impl<R: DeserializeOwned + 'static> Call<R> {
    /// A call whose request was sent, or could not be.
    pub(crate) fn new(node: &Node, dest: &str, msg_id: u64, sent: Result<()>) -> Self {
        let state = Rc::new(RefCell::new(State {
            result: None,
            waker: None,
        }));
        let call = Call {
            node: node.clone(),
            dest: dest.into(),
            msg_id,
            sent_at: node.now(),
            timeout: DEFAULT_TIMEOUT,
            sleep: None,
            state,
        };
        match sent {
            Ok(()) if node.input_ended() => State::complete(&call.state, Err(input_ended())),
            Ok(()) => call.wait(),
            Err(error) => State::complete(&call.state, Err(error)),
        }
        call
    }

    /// Gives up this long after the request was sent.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self.sleep = None;
        self
    }

    fn wait(&self) {
        let waiting = Rc::clone(&self.state) as Rc<dyn Waiting>;
        self.node.calls().waiting.insert(self.msg_id, waiting);
    }

    fn timed_out(&self) -> Error {
        Error::timeout(format!(
            "no reply from {} to message {} within {:?}",
            self.dest, self.msg_id, self.timeout
        ))
    }
}

pub(crate) fn input_ended() -> Error {
    Error::timeout("the input has ended: no reply can come any more")
}

impl<R: DeserializeOwned + 'static> Future for Call<R> {
    type Output = Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<R>> {
        let this = &mut *self;
        let mut state = this.state.borrow_mut();
        if let Some(result) = state.result.take() {
            this.sleep = None;
            return Poll::Ready(result);
        }
        state.waker = Some(cx.waker().clone());
        drop(state);
        let until = this.sent_at.saturating_add(this.timeout);
        let sleep = (this.sleep).get_or_insert_with(|| this.node.sleep_until(until));
        if Pin::new(sleep).poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.sleep = None;
        this.node.calls().waiting.remove(&this.msg_id);
        Poll::Ready(Err(this.timed_out()))
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        self.node.calls().waiting.remove(&self.msg_id);
    }
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("dest", &self.dest)
            .field("msg_id", &self.msg_id)
            .finish_non_exhaustive()
    }
}

/// How long, and how often, a request is sent again; see
/// [`Node::rpc_retrying`].
///
/// The pauses between two copies double from `first` up to `longest`, and each
/// is shortened by a random part of up to a half, so that nodes which failed
/// together do not come back together. A reply to any copy is the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    within: Duration,
    first: Duration,
    longest: Duration,
}

impl Retry {
    /// Retries for this long altogether, after pauses of 500 ms to 2 s.
    pub fn within(time: Duration) -> Self {
        Retry {
            within: time,
            first: Duration::from_millis(500),
            longest: Duration::from_secs(2),
        }
    }

    /// Sets the pause before the second copy, and the longest of all pauses.
    /// A first pause below the round-trip time sends each request twice.
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        Retry {
            first: first.max(Duration::from_millis(1)),
            longest: longest.max(first),
            ..self
        }
    }

    pub(crate) async fn run<R>(self, node: Node, mut call: Call<R>, line: Vec<u8>) -> Result<R>
    where
        R: DeserializeOwned + 'static,
    {
        let deadline = call.sent_at.saturating_add(self.within);
        let mut pause = self.first;
        loop {
            let jitter = pause.mul_f64(node.rng().f64() / 2.0);
            let next = node.now().saturating_add(pause - jitter);
            call.timeout = next.min(deadline).saturating_sub(call.sent_at);
            call.sleep = None;
            let error = match (&mut call).await {
                Err(error) if is_worth_retrying(&error) => error,
                result => return result,
            };
            // An early "not now" does not shorten the pause.
            if !node.input_ended() {
                node.sleep_until(next.min(deadline)).await;
            }
            if node.now() >= deadline || node.input_ended() {
                return Err(error);
            }
            call.wait();
            node.out().extend_from_slice(&line);
            pause = (pause * 2).min(self.longest);
        }
    }
}

fn is_worth_retrying(error: &Error) -> bool {
    match error.code {
        ErrorCode::TemporarilyUnavailable => true,
        code => !code.is_definite(),
    }
}
