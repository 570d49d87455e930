//! Write nodes for [Maelstrom], the workbench of fly.io's Gossip Glomers: the
//! program says what it serves, as `async` functions on typed messages, and
//! this crate does the rest.
//!
//! This page is a guide, to be read from the top: [a first node](#a-first-node),
//! [state](#state), [other nodes](#other-nodes),
//! [calls that are answered](#calls-that-are-answered), [time](#time),
//! [errors](#errors), [services](#services), [a disk](#a-disk), [tests](#tests), [logs](#logs),
//! and [what holds](#what-holds) whatever happens. Every example runs as it stands.
//!
//! # A first node
//!
//! The messages are two enums, one variant a type of message. The variant's
//! name is the `type`, its fields are the other keys of the body. A [`Server`]
//! turns a request into a response; `msg_id` and `in_reply_to` are not its
//! concern: the reply goes to whoever asked, and says which request it is for.
//!
//! ```
//! use std::cell::RefCell;
//! use std::collections::BTreeSet;
//!
//! use maelstrom_node::testing::TestNode;
//! use maelstrom_node::{NodeId, Result, Server};
//! use serde::{Deserialize, Serialize};
//!
//! /// Remembers numbers.
//! #[derive(Default)]
//! struct Numbers {
//!     seen: RefCell<BTreeSet<u64>>,
//! }
//!
//! #[derive(Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Request {
//!     Broadcast { message: u64 },
//!     Read,
//! }
//!
//! #[derive(Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Response {
//!     BroadcastOk,
//!     ReadOk { messages: BTreeSet<u64> },
//! }
//!
//! impl Server for Numbers {
//!     type Request = Request;
//!     type Response = Response;
//!
//!     async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
//!         match request {
//!             Request::Broadcast { message } => {
//!                 self.seen.borrow_mut().insert(message);
//!                 Ok(Response::BroadcastOk)
//!             }
//!             Request::Read => Ok(Response::ReadOk {
//!                 messages: self.seen.borrow().clone(),
//!             }),
//!         }
//!     }
//! }
//!
//! // The program: fn main() -> ExitCode { maelstrom_node::run(|_node| Numbers::default()) }
//! // In a test, the node is told lines and the lines it writes come back.
//! let mut n1 = TestNode::start("n1", ["n1"], |_node| Numbers::default());
//! assert_eq!(
//!     n1.tell(r#"{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":7}}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":1}}"#],
//! );
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"read","msg_id":2}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"read_ok","messages":[7],"in_reply_to":2}}"#],
//! );
//! // What it does not serve, or cannot read, is answered with Maelstrom's errors 10 and 12.
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"broadcast","msg_id":3,"message":"seven"}"#),
//!     [concat!(
//!         r#"{"src":"n1","dest":"c1","body":{"type":"error","code":12,"#,
//!         r#""text":"broadcast: field `message`: invalid type: string \"seven\", expected u64","#,
//!         r#""in_reply_to":3}}"#,
//!     )],
//! );
//! ```
//!
//! # State
//!
//! One value of the server serves all requests, on one thread. So it is no `&mut
//! self` that a handler gets, and no lock that it needs: what changes goes into a
//! [`Cell`](std::cell::Cell) or a [`RefCell`](std::cell::RefCell). What a background task
//! shares with the server goes into an [`Rc`](std::rc::Rc) as well.
//!
//! Between two `.await`s nothing else runs. At an `.await` everything else may: other
//! requests are handled, and the state is another one afterwards. So look up again
//! what must still be true; keep what belongs to one request in local variables;
//! and end a borrow before you wait, or the next handler panics at its own:
//!
//! ```
//! # use std::cell::Cell;
//! # use std::time::Duration;
//! # use maelstrom_node::{Node, Result};
//! # async fn count(node: Node, count: Cell<u64>) {
//! let before = count.get();
//! node.sleep(Duration::from_millis(10)).await;
//! count.set(before + 1); // Wrong: whoever counted meanwhile is forgotten.
//!
//! node.sleep(Duration::from_millis(10)).await;
//! count.set(count.get() + 1); // Right: nothing comes in between.
//! # }
//! ```
//!
//! # Other nodes
//!
//! A [`Node`] is handed to whoever makes the server, and exists only once
//! `init` has arrived, so [`Node::id`] and [`Node::peers`] are always true.
//! [`Node::send`] sends a message without waiting for an answer:
//!
//! ```
//! # use std::cell::RefCell;
//! # use std::collections::BTreeSet;
//! # use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{Node, NodeId, Result, Server};
//! # use serde::{Deserialize, Serialize};
//! struct Numbers {
//!     node: Node,
//!     seen: RefCell<BTreeSet<u64>>,
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Request {
//!     Broadcast { message: u64 },
//!     /// From another node.
//!     Gossip { message: u64 },
//! }
//!
//! #[derive(Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Response {
//!     BroadcastOk,
//! }
//!
//! impl Server for Numbers {
//!     type Request = Request;
//!     /// `None` answers nothing.
//!     type Response = Option<Response>;
//!
//!     async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
//!         match request {
//!             Request::Broadcast { message } => {
//!                 if self.seen.borrow_mut().insert(message) {
//!                     for peer in self.node.peers() {
//!                         self.node.send(peer, &Request::Gossip { message })?;
//!                     }
//!                 }
//!                 Ok(Some(Response::BroadcastOk))
//!             }
//!             Request::Gossip { message } => {
//!                 self.seen.borrow_mut().insert(message);
//!                 Ok(None)
//!             }
//!         }
//!     }
//! }
//!
//! let numbers = |node| Numbers { node, seen: RefCell::default() };
//! let mut n1 = TestNode::start("n1", ["n1", "n2", "n3"], numbers);
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"broadcast","msg_id":1,"message":7}"#),
//!     [
//!         r#"{"src":"n1","dest":"n2","body":{"type":"gossip","message":7}}"#,
//!         r#"{"src":"n1","dest":"n3","body":{"type":"gossip","message":7}}"#,
//!         r#"{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":1}}"#,
//!     ],
//! );
//! ```
//!
//! # Calls that are answered
//!
//! The network loses messages. [`Node::rpc`] sends a request and waits for its
//! reply; [`Node::rpc_retrying`] sends it until it is answered;
//! [`Node::spawn`] does so beside the handler, whose client need not wait for it:
//!
//! ```
//! # use std::time::Duration;
//! # use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{Node, NodeId, Result, Retry, Server};
//! # use serde::{Deserialize, Serialize};
//! # struct Numbers { node: Node }
//! # #[derive(Deserialize, Serialize)]
//! # #[serde(rename_all = "snake_case")]
//! # enum Request { Broadcast { message: u64 }, Gossip { message: u64 } }
//! # #[derive(Serialize)]
//! # #[serde(rename_all = "snake_case")]
//! # enum Response { BroadcastOk, GossipOk }
//! impl Server for Numbers {
//!     // ...
//! #   type Request = Request;
//! #   type Response = Response;
//!     async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
//!         match request {
//!             Request::Broadcast { message } => {
//!                 for peer in self.node.peers() {
//!                     let retry = Retry::within(Duration::from_secs(60));
//!                     let call = self.node.rpc_retrying(peer, &Request::Gossip { message }, retry);
//!                     drop(self.node.spawn(async { let _: Result<()> = call.await; }));
//!                 }
//!                 Ok(Response::BroadcastOk)
//!             }
//!             Request::Gossip { .. } => Ok(Response::GossipOk),
//!         }
//!     }
//! }
//!
//! let mut n1 = TestNode::start("n1", ["n1", "n2"], |node| Numbers { node });
//! let gossip = r#"{"src":"n1","dest":"n2","body":{"type":"gossip","message":7,"msg_id":1}}"#;
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"broadcast","msg_id":1,"message":7}"#),
//!     [gossip, r#"{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":1}}"#],
//! );
//! // Nothing comes back: it is sent again after half a second at most.
//! assert_eq!(n1.pass(Duration::from_millis(500)), [gossip]);
//! assert!(n1.tell_from("n2", r#"{"type":"gossip_ok","in_reply_to":1}"#).is_empty());
//! assert!(n1.pass(Duration::from_secs(60)).is_empty());
//! ```
//!
//! Who sends a request again must expect that it arrives twice: here, a set takes a
//! number twice without harm. A request that must not be carried out twice needs
//! a name of its own, by which the receiver knows it again.
//!
//! # Time
//!
//! Time and chance come from the node: [`Node::now`], [`Node::sleep`],
//! [`Node::interval`], [`Node::timeout`] and [`Node::rng`]. In a test or a
//! simulation, they follow from what it is told, so a failure repeats; on Maelstrom
//! they are the clock and the system's dice.
//!
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//! use std::time::Duration;
//! # use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{Node, NodeId, Result, Server};
//! # use serde::{Deserialize, Serialize};
//!
//! struct Counter {
//!     sum: Rc<Cell<u64>>,
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Request {
//!     Add { delta: u64 },
//!     /// From another node, once a second.
//!     Heard { sum: u64 },
//! }
//! # #[derive(Serialize)]
//! # #[serde(rename_all = "snake_case")]
//! # enum Response { AddOk }
//! # impl Server for Counter {
//! #     type Request = Request;
//! #     type Response = Option<Response>;
//! #     async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
//! #         Ok(match request {
//! #             Request::Add { delta } => {
//! #                 self.sum.set(self.sum.get() + delta);
//! #                 Some(Response::AddOk)
//! #             }
//! #             Request::Heard { .. } => None,
//! #         })
//! #     }
//! # }
//!
//! fn start(node: Node) -> Counter {
//!     let sum: Rc<Cell<u64>> = Rc::default();
//!     let (speaker, shared) = (node.clone(), Rc::clone(&sum));
//!     drop(node.spawn(async move {
//!         let mut seconds = speaker.interval(Duration::from_secs(1));
//!         loop {
//!             seconds.tick().await;
//!             for peer in speaker.peers() {
//!                 let heard = Request::Heard { sum: shared.get() };
//!                 speaker.send(peer, &heard).expect("a peer can be sent to");
//!             }
//!         }
//!     }));
//!     Counter { sum }
//! }
//!
//! let mut n1 = TestNode::start("n1", ["n1", "n2"], start);
//! n1.tell_from("c1", r#"{"type":"add","msg_id":1,"delta":3}"#);
//! let heard = r#"{"src":"n1","dest":"n2","body":{"type":"heard","sum":3}}"#;
//! assert!(n1.pass(Duration::from_millis(999)).is_empty());
//! assert_eq!(n1.pass(Duration::from_millis(1)), [heard]);
//! assert_eq!(n1.pass(Duration::from_secs(2)), [heard, heard]);
//! ```
//!
//! # Errors
//!
//! A handler that returns `Err` answers with an `error`: a number of Maelstrom's, and a
//! text for a person. There is a function for each, such as
//! [`Error::key_does_not_exist`]. A call that is answered by an error returns it
//! just so, so `?` passes on to the client what another node said.
//!
//! What counts is whether it is [definite](Error::is_definite). A definite error
//! promises that nothing happened and nothing will, and a checker holds you to
//! that. After [`ErrorCode::Timeout`] nobody knows: the request may have been
//! carried out, and its reply was lost. So do not turn a timeout into
//! `temporarily-unavailable`, unless the request was a mere question:
//!
//! ```
//! # use std::time::Duration;
//! # use maelstrom_node::{Error, ErrorCode, Node, NodeId, Result};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Serialize)] #[serde(rename_all = "snake_case")] enum Request { Read { key: u64 }, Write { key: u64, value: u64 } }
//! # #[derive(Deserialize)] struct ReadOk { value: u64 }
//! # async fn ask(node: &Node, leader: &NodeId, key: u64, value: u64) -> Result<u64> {
//! let patience = Duration::from_millis(500);
//! let read = node.rpc::<ReadOk>(leader, &Request::Read { key }).timeout(patience);
//! let found = match read.await {
//!     Ok(ReadOk { value }) => value,
//!     Err(e) if e.code == ErrorCode::KeyDoesNotExist => 0,
//!     // A read that was not answered has done nothing.
//!     Err(e) if !e.is_definite() => return Err(Error::temporarily_unavailable(e.text)),
//!     Err(e) => return Err(e),
//! };
//! // A write that was not answered may have been done: the timeout is passed on.
//! let () = node.rpc(leader, &Request::Write { key, value }).timeout(patience).await?;
//! # Ok(found)
//! # }
//! ```
//!
//! # Services
//!
//! Maelstrom runs `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso` beside the nodes; [`kv`]
//! has a client for each, and says what each promises. [`kv::LinKv::update`] is the loop
//! that everyone writes: read, change, compare and set, and again if another was
//! first.
//!
//! ```
//! use maelstrom_node::kv::LinKv;
//! # use std::time::Duration;
//! # use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{NodeId, Result, Server};
//! # use serde::{Deserialize, Serialize};
//! # #[derive(Deserialize)] #[serde(rename_all = "snake_case")] enum Request { Add { delta: u64 } }
//! # #[derive(Serialize)] #[serde(rename_all = "snake_case")] enum Response { AddOk }
//!
//! struct Counter {
//!     kv: LinKv,
//! }
//!
//! impl Server for Counter {
//!     // ...
//! #   type Request = Request;
//! #   type Response = Response;
//!     async fn handle(&self, Request::Add { delta }: Request, _from: &NodeId) -> Result<Response> {
//!         let add = |sum: Option<u64>| sum.unwrap_or(0) + delta;
//!         self.kv.update("sum", Duration::from_secs(5), add).await?;
//!         Ok(Response::AddOk)
//!     }
//! }
//!
//! let mut n1 = TestNode::start("n1", ["n1"], |node| Counter { kv: LinKv::new(&node) });
//! // The test plays the service.
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"add","msg_id":1,"delta":3}"#),
//!     [r#"{"src":"n1","dest":"lin-kv","body":{"type":"read","key":"sum","msg_id":1}}"#],
//! );
//! assert_eq!(
//!     n1.tell_from("lin-kv", r#"{"type":"read_ok","in_reply_to":1,"value":4}"#),
//!     [r#"{"src":"n1","dest":"lin-kv","body":{"type":"cas","key":"sum","from":4,"to":7,"msg_id":2}}"#],
//! );
//! assert_eq!(
//!     n1.tell_from("lin-kv", r#"{"type":"cas_ok","in_reply_to":2}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"add_ok","in_reply_to":1}}"#],
//! );
//! ```
//!
//! # A disk
//!
//! A node that is killed knows nothing afterwards but what is on its disk, [`Node::disk`]: logs to
//! which it appends, and records, small values that it sets. Nothing is durable before
//! [`sync`](disk::Disk::sync), so that comes before the answer. [`disk`] says the rest.
//!
//! ```
//! use maelstrom_node::disk::{Disk, Record};
//! # use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{Node, NodeId, Result, Server};
//! # #[derive(serde::Deserialize)] #[serde(rename_all = "snake_case")] enum Request { Add { delta: u64 } }
//! # #[derive(serde::Serialize)] #[serde(rename_all = "snake_case")] enum Response { AddOk { sum: u64 } }
//!
//! struct Counter { disk: Disk, sum: Record<u64> }
//!
//! impl Server for Counter {
//!     // ...
//! #   type Request = Request;
//! #   type Response = Response;
//!     async fn handle(&self, Request::Add { delta }: Request, _from: &NodeId) -> Result<Response> {
//!         let sum = self.sum.get().unwrap_or(0) + delta;
//!         self.sum.set(&sum);
//!         self.disk.sync().await;
//!         Ok(Response::AddOk { sum })
//!     }
//! }
//!
//! let start = |node: Node| Counter { disk: node.disk(), sum: node.disk().record("sum") };
//! let mut n1 = TestNode::start("n1", ["n1"], start);
//! n1.tell_from("c1", r#"{"type":"add","msg_id":1,"delta":3}"#);
//! let mut n1 = TestNode::start_with("n1", ["n1"], n1.kill(), start);
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"add","msg_id":2,"delta":4}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"add_ok","sum":7,"in_reply_to":2}}"#],
//! );
//! ```
//!
//! # Tests
//!
//! - [`testing::TestNode`], as above: one node, its lines, and a clock that the test turns.
//!   For what it says when.
//! - `simulation::simulate`: all nodes, clients, and a network that cuts, loses and
//!   delays, in virtual time, within `cargo test`. For what must hold whatever happens;
//!   some hundred runs take seconds.
//! - `cargo workbench test -w broadcast --bin path/to/node`: the program itself, judged and
//!   drawn, and repeatable from its seed.
//!
//! # Logs
//!
//! stdout belongs to the messages. What the node has to tell a person goes to stderr, through
//! the `log` crate: `log::info!("took {leader} for the leader")`. Maelstrom and the
//! workbench keep it in a file for each node, every line with the node's name.
//! `RUST_LOG=trace` shows every message; of one node at one moment, `workbench replay --log` does,
//! and in tests `Simulated::log`. (That is the feature `env_logger`, on by default. Without it, a
//! program brings a logger of its own, which learns from [`current_node`] whose line it writes.)
//!
//! # What holds
//!
//! - One thread, no locks: between two `.await`s nothing else runs.
//! - No I/O and no clock but in [`run`]: an [`Engine`] is a function of its
//!   seed, its input, its disk and the time it is told, byte for byte. (So keep random
//!   `HashMap`s, threads and `Instant::now` out of a server.)
//! - `init_ok` is the first thing a node says. What came before `init` is
//!   handled after it, up to [`MAX_EARLY`] bytes; what is beyond is refused with
//!   error 11, or logged as lost.
//! - What a client brings and a server keeps as [`Json`] comes back as it was, whatever it
//!   is, and whatever carried it in between; what is nested deeper than [`MAX_NESTING`] is
//!   refused with error 12.
//! - A line of input longer than [`MAX_LINE`] is skipped and logged.
//! - There is no node without its place: an `init` whose `node_ids` lack the node, or
//!   have one twice, is refused with error 12, and so is a second one.
//! - An error is never answered with an error, nor any reply with anything.
//! - Nothing but messages is written to stdout, and none to a name that the
//!   network cannot know, nor to a client that has given up: Maelstrom stops
//!   listening to a node that does so.
//! - A call that was answered, timed out or was dropped leaves nothing behind.
//! - At the end of the input, requests at hand are finished and written, and disks synced for them.
//! - Whoever waited for a sync has it on the disk; what is damaged there is never taken for data.
//! - All that on Windows, too; but a disk needs [`DISK`] there, and a folder cannot be synced.
//!
//! [Maelstrom]: https://github.com/jepsen-io/maelstrom

pub mod disk;
mod engine;
mod error;
mod executor;
mod folder;
mod id;
mod json;
pub mod kv;
mod lockstep;
mod logging;
mod node;
mod os;
mod rpc;
mod server;
mod signal;
mod state;
mod stdio;
mod task;
pub mod testing;
mod timer;
mod waiting;
pub mod wire;

pub use engine::{CLIENT_TIMEOUT, Engine};
pub use error::{Error, ErrorCode, Result};
pub use folder::DISK;
pub use id::NodeId;
pub use json::{Json, JsonError, MAX_NESTING};
pub use lockstep::LOCKSTEP;
pub use logging::current_node;
pub use node::{DEFAULT_TIMEOUT, Node};
pub use rng::Rng;
pub use rpc::{Call, Retry};
pub use server::Server;
pub use signal::Signal;
pub use state::MOST_STATE;
pub use stdio::{MAX_LINE, run};
pub use task::{Aborted, Task};
pub use timer::{Interval, Sleep};
pub use waiting::MAX_EARLY;
