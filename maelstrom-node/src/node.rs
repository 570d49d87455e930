//! The handle to the node that handlers and tasks hold: who it is, whom it
//! knows, and all it can do.

use std::cell::{Cell, OnceCell, RefCell, RefMut};
use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::disk::{Disk, Load};
use crate::executor::LocalFuture;
use crate::id::is_client;
use crate::rpc::{Call, Calls, Retry};
use crate::task::{Task, task};
use crate::timer::{Interval, Sleep, Timers, timeout_at};
use crate::wire::{Address, prefix, write_message};
use crate::{Error, ErrorCode, NodeId, Result, Rng};

/// The services that Maelstrom runs beside the nodes.
const SERVICES: [&str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

/// How long a call waits for its reply unless told otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// The node that this program is: its name, its peers, its clock, its dice and
/// its way to send messages.
///
/// There is none before `init` has arrived, so whatever it says holds. Clones
/// are cheap and are all the same node.
#[derive(Clone)]
pub struct Node(Rc<Shared>);

struct Shared {
    id: NodeId,
    node_ids: Vec<NodeId>,
    place: usize,
    known: BTreeSet<NodeId>,
    /// How every line begins; see [`prefix`].
    prefix: Vec<u8>,
    now: Cell<Duration>,
    out: RefCell<Vec<u8>>,
    calls: RefCell<Calls>,
    timers: RefCell<Timers>,
    spawned: RefCell<Vec<LocalFuture>>,
    rng: Rng,
    input_ended: Cell<bool>,
    /// Once it was asked for.
    disk: OnceCell<Disk>,
    /// Gives what is on it, until then.
    load: Cell<Option<Load>>,
}

impl Node {
    /// `id` must be one of `node_ids`, and each of these be there once.
    pub(crate) fn new(
        id: NodeId,
        node_ids: Vec<NodeId>,
        rng: Rng,
        now: Duration,
        load: Option<Load>,
    ) -> Node {
        let place = node_ids.iter().position(|other| *other == id);
        Node(Rc::new(Shared {
            prefix: prefix(&id),
            place: place.expect("init was checked: the node is one of the nodes"),
            known: node_ids.iter().cloned().collect(),
            id,
            node_ids,
            now: Cell::new(now),
            out: RefCell::default(),
            calls: RefCell::default(),
            timers: RefCell::default(),
            spawned: RefCell::default(),
            rng,
            input_ended: Cell::new(false),
            disk: OnceCell::new(),
            load: Cell::new(load),
        }))
    }

    /// This node's name, such as `n1`.
    pub fn id(&self) -> &NodeId {
        &self.0.id
    }

    /// All nodes, this one among them, each once, in the order in which `init`
    /// named them: the same on every node.
    pub fn node_ids(&self) -> &[NodeId] {
        &self.0.node_ids
    }

    /// This node's place in [`Node::node_ids`], from 0: a number that no other
    /// node has.
    pub fn place(&self) -> usize {
        self.0.place
    }

    /// All nodes but this one.
    pub fn peers(&self) -> impl Iterator<Item = &NodeId> {
        self.0.node_ids.iter().filter(|id| **id != self.0.id)
    }

    /// Sends a message to which no answer is wanted.
    ///
    /// The body is an enum, one variant a type of message, or anything else
    /// that serializes to a map with a `type`.
    ///
    /// # Errors
    /// [`ErrorCode::NodeNotFound`] if `dest` is neither a node that `init`
    /// named, nor a service, nor a client: Maelstrom would stop listening to
    /// this node for the rest of the test. [`ErrorCode::MalformedRequest`] if
    /// the body cannot be written as a message.
    pub fn send<B: Serialize + ?Sized>(&self, dest: &str, body: &B) -> Result<()> {
        self.write(dest, None, body)
    }

    /// Sends a request and gives its reply, or the error that came instead, or
    /// [`ErrorCode::Timeout`] after [`DEFAULT_TIMEOUT`]; another one is set by
    /// [`Call::timeout`].
    ///
    /// The request goes out now, before the call is awaited, so calls to
    /// several nodes run side by side:
    ///
    /// ```
    /// # use maelstrom_node::{Node, Result};
    /// # #[derive(serde::Serialize)] enum Request { Ping }
    /// # async fn ask_all(node: Node) -> Result<()> {
    /// let calls: Vec<_> = node.peers().map(|peer| node.rpc(peer, &Request::Ping)).collect();
    /// for call in calls {
    ///     let () = call.await?;
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// The reply's type is an enum as for requests, a struct with the fields
    /// that matter, or `()`. A call that is dropped is forgotten; its reply
    /// will be ignored, as is one that comes too late or twice.
    pub fn rpc<R>(&self, dest: &str, request: &(impl Serialize + ?Sized)) -> Call<R>
    where
        R: DeserializeOwned + 'static,
    {
        let msg_id = self.0.calls.borrow_mut().next_id();
        let sent = self.write(dest, Some(msg_id), request);
        Call::new(self, dest, msg_id, sent)
    }

    /// Sends a request again and again until it is answered, for as long as
    /// [`Retry`] says. For requests that may be carried out more than once:
    /// the receiver may see it several times.
    ///
    /// A definite error ends it, except [`ErrorCode::TemporarilyUnavailable`].
    /// The first copy goes out now, before the call is awaited.
    ///
    /// # Errors
    /// The last error when the time is over.
    pub fn rpc_retrying<R>(
        &self,
        dest: &str,
        request: &(impl Serialize + ?Sized),
        retry: Retry,
    ) -> Pin<Box<dyn Future<Output = Result<R>>>>
    where
        R: DeserializeOwned + 'static,
    {
        let msg_id = self.0.calls.borrow_mut().next_id();
        let mut line = Vec::new();
        let written = self.encode(&mut line, dest, Some(msg_id), request);
        if written.is_ok() {
            self.0.out.borrow_mut().extend_from_slice(&line);
        }
        let call = Call::new(self, dest, msg_id, written);
        Box::pin(retry.run(self.clone(), call, line))
    }

    /// The time since the node was started. It stands still while a handler
    /// runs and never goes back.
    pub fn now(&self) -> Duration {
        self.0.now.get()
    }

    /// Waits for this long.
    pub fn sleep(&self, time: Duration) -> Sleep {
        self.sleep_until(self.now().saturating_add(time))
    }

    /// Waits until [`Node::now`] has reached this.
    pub fn sleep_until(&self, until: Duration) -> Sleep {
        Sleep::new(self.clone(), until)
    }

    /// Ticks every `period`, first in one period from now.
    pub fn interval(&self, period: Duration) -> Interval {
        Interval::new(self.clone(), period)
    }

    /// Gives what the future gives.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`] if that takes longer than `time`.
    pub async fn timeout<F: Future>(&self, time: Duration, future: F) -> Result<F::Output> {
        timeout_at(self, self.now().saturating_add(time), future).await
    }

    /// Runs a task beside the handlers. It starts once the one that spawned it
    /// waits or ends, and goes on when its handle is dropped. At the end of
    /// input, nobody waits for it.
    pub fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + 'static,
    {
        let (task, future) = task(future);
        self.0.spawned.borrow_mut().push(future);
        task
    }

    /// The node's random generator. Its sequence follows from the seed that
    /// the node was started with.
    pub fn rng(&self) -> &Rng {
        &self.0.rng
    }

    /// The node's disk: what it still knows after it was killed. See [`disk`](crate::disk).
    pub fn disk(&self) -> Disk {
        let open = || Disk::new(&self.0.id, self.0.load.take());
        self.0.disk.get_or_init(open).clone()
    }

    /// The disk, if it was ever asked for.
    pub(crate) fn opened_disk(&self) -> Option<&Disk> {
        self.0.disk.get()
    }

    /// Why the node cannot go on, if so.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.0.disk.get()?.failure()
    }

    pub(crate) fn timers(&self) -> RefMut<'_, Timers> {
        self.0.timers.borrow_mut()
    }

    pub(crate) fn calls(&self) -> RefMut<'_, Calls> {
        self.0.calls.borrow_mut()
    }

    pub(crate) fn out(&self) -> RefMut<'_, Vec<u8>> {
        self.0.out.borrow_mut()
    }

    pub(crate) fn take_spawned(&self) -> Vec<LocalFuture> {
        self.0.spawned.take()
    }

    pub(crate) fn set_now(&self, now: Duration) {
        self.0.now.set(now.max(self.0.now.get()));
    }

    /// Whether the input has ended: nobody will say anything any more.
    pub fn input_ended(&self) -> bool {
        self.0.input_ended.get()
    }

    pub(crate) fn end_input(&self) {
        self.0.input_ended.set(true);
    }

    /// Whether a message to this name can be delivered, as far as can be known
    /// here: which clients there are, only the network knows.
    fn knows(&self, dest: &str) -> bool {
        self.0.known.contains(dest) || is_client(dest) || SERVICES.contains(&dest)
    }

    fn write<B: Serialize + ?Sized>(
        &self,
        dest: &str,
        msg_id: Option<u64>,
        body: &B,
    ) -> Result<()> {
        self.encode(&mut self.0.out.borrow_mut(), dest, msg_id, body)
    }

    fn encode<B: Serialize + ?Sized>(
        &self,
        out: &mut Vec<u8>,
        dest: &str,
        msg_id: Option<u64>,
        body: &B,
    ) -> Result<()> {
        if !self.knows(dest) {
            return Err(Error::new(
                ErrorCode::NodeNotFound,
                format!(
                    "no message to {dest:?}: expected a node ({:?}), a client or a service \
                     ({SERVICES:?})",
                    self.0.node_ids
                ),
            ));
        }
        let address = Address {
            prefix: &self.0.prefix,
            dest,
            msg_id,
            in_reply_to: None,
        };
        let start = out.len();
        write_message(out, &address, body).map_err(|e| Error::malformed_request(e.to_string()))?;
        log_sent(&out[start..]);
        Ok(())
    }

    /// Answers the request `msg_id` of `dest`.
    pub(crate) fn reply<B: Serialize>(&self, dest: &str, msg_id: u64, response: Result<B>) {
        let address = Address {
            prefix: &self.0.prefix,
            dest,
            msg_id: None,
            in_reply_to: Some(msg_id),
        };
        let out = &mut *self.0.out.borrow_mut();
        let start = out.len();
        let written = match &response {
            Ok(body) => write_message(out, &address, body),
            Err(error) => write_message(out, &address, error),
        };
        if let Err(e) = written {
            log::error!("the answer to message {msg_id} of {dest}: {e}");
            let error = Error::crash(e.to_string());
            write_message(out, &address, &error).expect("an error is a body");
        }
        log_sent(&out[start..]);
    }
}

fn log_sent(line: &[u8]) {
    if log::log_enabled!(log::Level::Trace) && !line.is_empty() {
        log::trace!("sent {}", String::from_utf8_lossy(line.trim_ascii_end()));
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("id", &self.0.id)
            .field("node_ids", &self.0.node_ids)
            .field("now", &self.0.now.get())
            .finish_non_exhaustive()
    }
}
