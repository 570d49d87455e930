//! Dissemination: what one node says, every node comes to know, in few messages
//! and whatever the network does. For programs that bring their own network and
//! clock.
//!
//! Each node changes only its own [`Replica`]: a [`Log`] that it adds items to,
//! or the [`Latest`] value of something. A [`Protocol`] brings copies of all
//! replicas to all nodes. What a node makes of them is its own affair: a set is
//! the union of logs, a counter the sum of latest values. Since nobody changes
//! what is another's, there is nothing to agree on, and every such node is a
//! CRDT.
//!
//! A [`Protocol`] is told what happens: its node changed its replica
//! ([`Protocol::change`]), a message came ([`Protocol::receive`]). After that, and when the time
//! has come that it named, [`Protocol::poll`] says what to send and when to ask again. There is
//! nothing else: no threads, no sockets, no clock.
//!
//! ```
//! use std::time::Duration;
//!
//! use gossip::{Config, Log, Message, Protocol};
//!
//! // Three nodes promise that what one of them says is everywhere within half a second.
//! let config = Config { within: Duration::from_millis(500), eager: false, causal: false };
//! let node = |me| Protocol::new(config, me, 3, 1);
//! let mut nodes: [Protocol<Log<String>>; 3] = [node(0), node(1), node(2)];
//! nodes[2].change(|log| log.push("hello".into()));
//!
//! // What is under way: when it arrives, from whom, to whom. A message takes 20 ms.
//! let mut under_way: Vec<(Duration, usize, usize, Message<Log<String>>)> = Vec::new();
//! for now in (0..200).map(Duration::from_millis) {
//!     let (arrived, later): (Vec<_>, Vec<_>) = under_way.into_iter().partition(|(at, ..)| *at <= now);
//!     under_way = later;
//!     for (_, from, to, message) in arrived {
//!         nodes[to].receive(now, from, message).unwrap();
//!     }
//!     for (from, node) in nodes.iter_mut().enumerate() {
//!         let (messages, _next) = node.poll(now);
//!         let at = now + Duration::from_millis(20);
//!         under_way.extend(messages.into_iter().map(|(to, message)| (at, from, to, message)));
//!     }
//! }
//!
//! // Every node knows it, each from a copy of node 2's log.
//! for node in &nodes {
//!     let items: Vec<_> = node.known().iter().flat_map(|log| log.items()).collect();
//!     assert_eq!(items, ["hello"]);
//! }
//! ```
//!
//! How it goes about it, and what that costs, says [`protocol`].

mod message;
mod owner;
mod peer;
pub mod protocol;
mod replica;
mod versions;

pub use owner::{Known, Owner};
pub use protocol::{Config, Protocol};
pub use replica::{Latest, Log, Replica, Run};
pub use versions::Versions;

/// What nodes with replicas of this type say to each other.
pub type Message<R> = message::Message<<R as Replica>::Delta>;
