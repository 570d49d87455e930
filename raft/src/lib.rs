//! Consensus: a log that a majority of members agrees on, and a state machine
//! that carries it out, for programs that bring their own network, clock and
//! disk.
//!
//! After Ongaro and Ousterhout, "In search of an understandable consensus
//! algorithm" (2014, "paper" below), and Ongaro's thesis, "Consensus: bridging
//! theory and practice" (2014). Each rule says in the code where it comes from.
//!
//! A [`Raft`] is told what happens: a message came ([`Raft::receive`]), time has
//! passed ([`Raft::tick`]), someone wants something ([`Raft::propose`],
//! [`Raft::read`]). After that, [`Raft::output`] says what to save, what to send,
//! and what has happened. There is nothing else: no threads, no sockets, no
//! clock.
//!
//! ```
//! use std::time::Duration;
//!
//! use raft::{Config, Event, Member, Raft, StateMachine};
//!
//! /// A sum.
//! #[derive(Default)]
//! struct Sum(u64);
//!
//! impl StateMachine for Sum {
//!     type Command = u64;
//!     type Response = u64;
//!     type Snapshot = u64;
//!
//!     fn apply(&mut self, add: &u64) -> u64 {
//!         self.0 += add;
//!         self.0
//!     }
//!     fn snapshot(&self) -> u64 {
//!         self.0
//!     }
//!     fn restore(&mut self, sum: &u64) {
//!         self.0 = *sum;
//!     }
//! }
//!
//! let now = Duration::ZERO;
//! let member = |n| Raft::new(Config::default(), Member(n), 3, Sum::default(), n as u64, now);
//! let mut members = [member(0), member(1), member(2)];
//!
//! /// Brings messages to where they go until there are none.
//! fn deliver(members: &mut [Raft<Sum>; 3]) -> Vec<(usize, Event<u64>)> {
//!     let mut happened = Vec::new();
//!     loop {
//!         let mut messages = Vec::new();
//!         for (from, member) in members.iter_mut().enumerate() {
//!             let output = member.output();
//!             messages.extend(output.messages.into_iter().map(|(to, message)| (from, to, message)));
//!             happened.extend(output.events.into_iter().map(|event| (from, event)));
//!         }
//!         if messages.is_empty() {
//!             return happened;
//!         }
//!         for (from, to, message) in messages {
//!             members[to.0].receive(Duration::ZERO, Member(from), message).unwrap();
//!         }
//!     }
//! }
//!
//! // The first one wants to be the leader, and is elected.
//! members[0].campaign();
//! deliver(&mut members);
//! assert_eq!(members[2].leader(), Some(Member(0)));
//!
//! // Member 1 has asked it for a command, and knows first that it is done.
//! let position = members[0].propose(5, Some(Member(1))).unwrap();
//! let happened = deliver(&mut members);
//! assert_eq!(happened[0], (1, Event::Applied { position, response: 5 }));
//!
//! // A read is as new as the question, and needs no message while the lease holds.
//! let read = members[0].read().unwrap();
//! assert_eq!(members[0].output().events, [Event::ReadReady(read)]);
//! assert_eq!(members[0].machine().0, 5);
//! ```
//!
//! # What it does
//!
//! - Elections with a question before the vote, so that one that was cut off does
//!   not disturb the others when it comes back (thesis, 9.6), and a leader that steps
//!   down when it has lost the majority (6.2).
//! - Entries are sent together when they come together, and without waiting for
//!   the answer to the last ones (10.2.1).
//! - Reads without entries: with a lease, or else with one round of messages for
//!   all that wait (6.4).
//! - Snapshots in place of old entries (paper, 7). One goes in one message.
//! - A leader hands over on purpose (thesis, 3.10).
//!
//! And beyond those, for fewer messages: an entry first goes to just as many
//! members as it takes ([`Replication::Quorum`]), and where two make a majority, a
//! follower knows without another message that what it has is committed.
//!
//! # Other members
//!
//! A cluster begins with members 0 to `count - 1`, and all are told that `count`, also those that
//! join later. [`Raft::change`] makes one step at a time: a new member is first a learner, which is
//! sent the log and counts for nothing; it is promoted to a voter when it has caught up; and
//! who is removed no longer counts, be it the leader, which then hands over. Each step is an entry
//! of the log, in force wherever it was appended, and the next one waits until it is committed
//! (thesis, 4.1 to 4.2.3; why single steps, and why that is safe, is said in the code,
//! `raft/membership.rs`). Where nobody joins or leaves, nothing of it is sent or saved.
//!
//! ```
//! # use std::time::Duration;
//! # use raft::{Change, ChangeError, Config, Event, Member, Raft, StateMachine};
//! # #[derive(Default)]
//! # struct Sum(u64);
//! # impl StateMachine for Sum {
//! #     type Command = u64;
//! #     type Response = u64;
//! #     type Snapshot = u64;
//! #     fn apply(&mut self, add: &u64) -> u64 {
//! #         self.0 += add;
//! #         self.0
//! #     }
//! #     fn snapshot(&self) -> u64 {
//! #         self.0
//! #     }
//! #     fn restore(&mut self, sum: &u64) {
//! #         self.0 = *sum;
//! #     }
//! # }
//! # let now = Duration::ZERO;
//! # fn deliver(members: &mut [Raft<Sum>]) {
//! #     loop {
//! #         let mut messages = Vec::new();
//! #         for (from, member) in members.iter_mut().enumerate() {
//! #             let output = member.output();
//! #             messages.extend(output.messages.into_iter().map(|(to, message)| (from, to, message)));
//! #         }
//! #         if messages.is_empty() {
//! #             return;
//! #         }
//! #         for (from, to, message) in messages {
//! #             members[to.0].receive(Duration::ZERO, Member(from), message).unwrap();
//! #         }
//! #     }
//! # }
//! // A cluster of one, and one that wants to join.
//! let member = |n| Raft::new(Config::default(), Member(n), 1, Sum::default(), n as u64, now);
//! let mut members = [member(0), member(1)];
//! members[0].campaign();
//! members[0].propose(5, None).unwrap();
//!
//! members[0].change(Change::AddLearner(Member(1))).unwrap();
//! let too_soon = members[0].change(Change::Promote(Member(1)));
//! assert_eq!(too_soon, Err(ChangeError::Silent(Member(1))));
//! deliver(&mut members);
//! members[0].change(Change::Promote(Member(1))).unwrap();
//! deliver(&mut members);
//! assert_eq!(members[1].configuration().voters().len(), 2);
//!
//! // The first one leaves: it hands over, and the other goes on alone.
//! members[0].change(Change::Remove(Member(0))).unwrap();
//! deliver(&mut members);
//! assert_eq!(members[1].leader(), Some(Member(1)));
//! assert_eq!(members[1].machine().0, 5);
//! ```
//!
//! # What it needs
//!
//! Messages may be lost, late, in any order, and come twice, but not altered. (One with a
//! number that cannot be true, such as a term near 2^64, counts as lost: [`Doubt`].) A
//! member's time must not go back, though it may begin anew with a restart, and its clock may be
//! wrong by [`Config::drift`] and [`Config::jump`]: only reads rest on that, and only with a
//! [lease](Config::lease). What a
//! member is told to save ([`Unsaved`]) must be there after a crash, or it must
//! not come back.

mod config;
mod configuration;
mod log;
mod machine;
mod message;
#[cfg(feature = "mutations")]
pub mod mutation;
mod output;
mod raft;
mod round_trip;
mod rules;

pub use config::{Config, Replication};
pub use configuration::{Change, ChangeError, Configuration};
pub use log::{Entry, Index, Log, Position, Term};
pub use machine::StateMachine;
pub use message::{Body, Match, Member, Message, MessageOf, Snapshot, Stamp};
pub use output::{Event, Output, ReadId, Unsaved};
pub use raft::{Doubt, NotLeader, Raft, Role, Saved};
pub use round_trip::RoundTrip;
