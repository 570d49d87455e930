//! Write nodes for [Maelstrom], the workbench of fly.io's Gossip Glomers: the
//! program says what it serves, as `async` functions on typed messages, and
//! this crate does the rest.
//!
//! # One example, growing
//!
//! ## A server answers
//!
//! The messages are two enums, one variant a type of message. The variant's
//! name is the `type`, its fields are the other keys of the body. A [`Server`]
//! turns a request into a response; `msg_id` and `in_reply_to` are not its
//! concern.
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
//! // The program would be: fn main() -> ExitCode { run(|_node| Numbers::default()) }
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
//! ## It knows who it is and talks to others
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
//! ## It waits, retries and keeps time
//!
//! The network loses messages. [`Node::rpc`] sends a request and waits for its
//! reply; [`Node::rpc_retrying`] sends it until it is answered;
//! [`Node::spawn`] does so beside the handler. Time comes from the node, so a
//! test can let it pass:
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
//! Services such as `lin-kv` have clients of their own: see [`kv`].
//!
//! # What holds
//!
//! - One thread, no locks: between two `.await`s nothing else runs.
//! - No I/O and no clock but in [`run`]: an [`Engine`] is a function of its
//!   seed, its input and the time it is told, byte for byte. (So keep random
//!   `HashMap`s, threads and `Instant::now` out of a server.)
//! - `init_ok` is the first thing a node says. What came before `init` is
//!   handled after it.
//! - An error is never answered with an error, nor any reply with anything.
//! - Nothing but messages is written to stdout, and none to a name that the
//!   network cannot know, nor to a client that has given up: Maelstrom stops
//!   listening to a node that does so.
//! - A call that was answered, timed out or was dropped leaves nothing behind.
//! - At the end of the input, requests at hand are finished and written.
//!
//! Logs go to stderr through the `log` crate; `RUST_LOG=trace` shows every
//! message. Unix only, as Maelstrom is.
//!
//! [Maelstrom]: https://github.com/jepsen-io/maelstrom

mod engine;
mod error;
mod executor;
mod id;
pub mod kv;
mod lockstep;
mod logging;
mod node;
mod rng;
mod round_trip;
mod rpc;
mod server;
mod signal;
mod stdio;
mod task;
pub mod testing;
mod timer;
pub mod wire;

pub use engine::{CLIENT_TIMEOUT, Engine};
pub use error::{Error, ErrorCode, Result};
pub use id::NodeId;
pub use logging::current_node;
pub use node::{DEFAULT_TIMEOUT, Node};
pub use rng::Rng;
pub use round_trip::RoundTrip;
pub use rpc::{Call, Retry};
pub use server::Server;
pub use signal::Signal;
pub use stdio::run;
pub use task::Task;
pub use timer::{Interval, Sleep};
