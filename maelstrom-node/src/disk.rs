//! Stable storage: what a node still knows after it was killed.
//!
//! A [`Disk`] holds logs ([`Log`]), to which entries are appended, and records ([`Record`]), small
//! values that are replaced. Both are values of one's own types, kept as JSON. Nothing is durable
//! before [`Disk::sync`] has been awaited: until then, a node that dies may lose all of it, some of
//! it, or half of an entry (which is then as if it had never been written). So whatever promises
//! something to others (an answer, a vote) waits for it first:
//!
//! ```
//! use std::cell::RefCell;
//!
//! use maelstrom_node::disk::{Disk, Log};
//! use maelstrom_node::testing::TestNode;
//! use maelstrom_node::{Node, NodeId, Result, Server};
//! # use serde::{Deserialize, Serialize};
//!
//! /// Remembers numbers, also those that it was told in an earlier life.
//! struct Numbers {
//!     disk: Disk,
//!     log: Log<u64>,
//!     seen: RefCell<Vec<u64>>,
//! }
//!
//! # #[derive(Deserialize)]
//! # #[serde(rename_all = "snake_case")]
//! # enum Request { Add { element: u64 }, Read }
//! # #[derive(Serialize)]
//! # #[serde(rename_all = "snake_case")]
//! # enum Response { AddOk, ReadOk { value: Vec<u64> } }
//! impl Server for Numbers {
//!     // ...
//! #   type Request = Request;
//! #   type Response = Response;
//!     async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
//!         match request {
//!             Request::Add { element } => {
//!                 self.log.append(&element);
//!                 self.disk.sync().await; // Without it, a kill takes back what was promised.
//!                 self.seen.borrow_mut().push(element);
//!                 Ok(Response::AddOk)
//!             }
//!             Request::Read => Ok(Response::ReadOk { value: self.seen.borrow().clone() }),
//!         }
//!     }
//! }
//!
//! fn start(node: Node) -> Numbers {
//!     let disk = node.disk();
//!     let (log, seen) = disk.log("numbers");
//!     Numbers { disk, log, seen: seen.into() }
//! }
//!
//! let mut n1 = TestNode::start("n1", ["n1"], start);
//! n1.tell_from("c1", r#"{"type":"add","msg_id":1,"element":7}"#);
//! let left = n1.kill();
//!
//! let mut n1 = TestNode::start_with("n1", ["n1"], left, start);
//! assert_eq!(
//!     n1.tell_from("c1", r#"{"type":"read","msg_id":1}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"read_ok","value":[7],"in_reply_to":1}}"#],
//! );
//! ```
//!
//! Many handlers can wait at once: they share the next sync, so it costs a busy node little.
//!
//! There are no errors to handle. If a write or a sync fails, nobody knows any more what is on the
//! disk, and to try again may succeed without having written anything (Rebello et al., "Can
//! Applications Recover from fsync Failures?", 2020). If a file is damaged where it was durable, what
//! is left of it would be wrong. Then the node [fails](crate::Engine::failure): nothing that waits for a
//! sync goes on, nothing that it said in that turn is sent, and the process ends with the reason in its
//! log. When it is started again it has what is really there. What a crash has torn off at the end
//! of a log was never synced, and is cut off when the log is opened.
//!
//! # Where it is
//!
//! The engine does no I/O here either: [`Engine::disk_commands`](crate::Engine::disk_commands) says
//! what is to be done, and whoever drives the engine has the disk. On Maelstrom it is a folder:
//! [`DISK`](crate::DISK) says where, how a node that is started again finds it, and what becomes of that
//! of an earlier run. In lockstep it is the [simulator's](crate::LOCKSTEP); in a
//! [`TestNode`](crate::testing::TestNode) it is in memory.

#[cfg(test)]
mod corruption;
mod crc;
mod frame;
mod log;
mod record;
mod sync;

use std::any::type_name;
use std::cell::{OnceCell, RefCell, RefMut};
use std::fmt;
use std::future::Future;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use ::lockstep::{Command, Files};

pub use self::log::Log;
pub use self::record::Record;

use crate::NodeId;
use frame::Damage;
use sync::Syncs;

/// Gives what is on the disk of the node with this name, or says why it cannot be read. All that
/// it gives is durable.
pub(crate) type Load = Box<dyn FnOnce(&NodeId) -> Result<Files, String>>;

/// A node's disk: [`Node::disk`](crate::Node::disk). Clones are cheap and are the same disk.
#[derive(Clone)]
pub struct Disk(Rc<Shared>);

struct Shared {
    state: RefCell<State>,
    /// Why the node cannot go on.
    failure: OnceCell<String>,
}

struct State {
    /// What was on the disk at the start and was not opened yet.
    found: Files,
    /// By number, in the order in which they were opened.
    open: Vec<OpenFile>,
    /// What is to be done, in this order.
    commands: Vec<Command>,
    syncs: Syncs,
    /// Where values are written before their frame is.
    scratch: Vec<u8>,
}

/// A log's or a record's file.
struct OpenFile {
    name: String,
    /// How long it is when all is done that was to be done, in bytes.
    len: u64,
    /// How much of that is known to be durable.
    synced: u64,
    /// How much will be when the sync is done that is under way.
    syncing: u64,
    /// The checksum of the last frame.
    checksum: u32,
}

impl Disk {
    /// The disk as it is found, or none at all: it is empty then, its syncs are done at once, and
    /// all is forgotten with the node.
    pub(crate) fn new(id: &NodeId, load: Option<Load>) -> Disk {
        let is_kept = load.is_some();
        let found = load.map_or(Ok(Files::new()), |load| load(id));
        let failure = found.as_ref().err().map(|why| OnceCell::from(why.clone()));
        Disk(Rc::new(Shared {
            state: RefCell::new(State {
                found: found.unwrap_or_default(),
                open: Vec::new(),
                commands: Vec::new(),
                syncs: Syncs::new(is_kept),
                scratch: Vec::new(),
            }),
            failure: failure.unwrap_or_default(),
        }))
    }

    /// Opens the log of this name, and gives the entries that are in it: all that were synced, and as
    /// many of those behind them as have survived. It is made if there is none.
    ///
    /// The name is 1 to 64 of `a` to `z`, `0` to `9` and `-`.
    ///
    /// # Panics
    /// If it is no such name, or if the log is open already.
    #[track_caller]
    pub fn log<T: Serialize + DeserializeOwned>(&self, name: &str) -> (Log<T>, Vec<T>) {
        Log::open(self, name)
    }

    /// Opens the record of this name, which has no value at first.
    ///
    /// The name is as a log's, and a log may have the same.
    ///
    /// # Panics
    /// If it is no such name, or if the record is open already.
    #[track_caller]
    pub fn record<T: Serialize + DeserializeOwned>(&self, name: &str) -> Record<T> {
        Record::open(self, name)
    }

    /// Waits until all is durable that was appended, cut, rewritten or set before this call. What
    /// comes afterwards is not part of it. If there is nothing that is not durable, it is done at once.
    ///
    /// All that wait when a sync begins are served by it, in the order of their calls. If it fails,
    /// none of them ever goes on.
    pub fn sync(&self) -> impl Future<Output = ()> + use<> {
        sync::Sync::new(self)
    }

    pub(crate) fn take_commands(&self) -> Vec<Command> {
        let state = &mut *self.state();
        if state.syncs.begin() {
            for file in &mut state.open {
                file.syncing = file.len;
            }
            state.commands.push(Command::Sync);
        }
        std::mem::take(&mut state.commands)
    }

    /// The sync that is under way is done.
    ///
    /// # Panics
    /// If none is.
    pub(crate) fn synced(&self) {
        let state = &mut *self.state();
        for file in &mut state.open {
            file.synced = file.syncing.max(file.synced);
        }
        state.syncs.end();
    }

    /// The node cannot go on. Only the first reason counts.
    pub(crate) fn fail(&self, why: String) {
        let _ = self.0.failure.set(why);
        self.state().commands.clear();
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.0.failure.get().map(String::as_str)
    }

    fn damaged(&self, file: &str, damage: &Damage) {
        let Damage {
            at,
            expected,
            synced,
        } = damage;
        self.fail(format!(
            "{file} is damaged at byte {at}: expected {expected}, since {synced} bytes of it were \
             durable. Put back a copy of it, or let this node begin anew, with an empty disk and \
             as one that remembers nothing"
        ));
    }

    /// A file's content that is no `T`.
    fn foreign<T>(&self, file: &str, at: usize, error: &serde_json::Error) {
        self.fail(format!(
            "{file} holds something else at byte {at}: expected {} as JSON: {error}. Was it written \
             by another version of the program?",
            type_name::<T>()
        ));
    }

    /// Takes what is in a file, and gives the file a number.
    #[track_caller]
    fn open(&self, name: &str, kind: &str) -> (usize, Option<Vec<u8>>) {
        let is_name = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        assert!(
            (1..=64).contains(&name.len()) && name.bytes().all(is_name),
            "expected the name of a {kind}, 1 to 64 of a to z, 0 to 9 and -, found {name:?}"
        );
        let state = &mut *self.state();
        let file = format!("{name}.{kind}");
        assert!(
            state.open.iter().all(|open| open.name != file),
            "expected that the {kind} {name:?} is opened once"
        );
        let found = state.found.remove(&file);
        let len = found.as_ref().map_or(0, Vec::len) as u64;
        state.open.push(OpenFile {
            name: file,
            len,
            synced: len,
            syncing: 0,
            checksum: 0,
        });
        (state.open.len() - 1, found)
    }

    fn state(&self) -> RefMut<'_, State> {
        self.0.state.borrow_mut()
    }
}

impl State {
    /// Puts a frame with this value at the end of a file.
    fn append<T: Serialize + ?Sized>(&mut self, file: usize, kind: frame::Kind, value: &T) {
        self.scratch.clear();
        write_json(&mut self.scratch, value);
        if !self.syncs.written() {
            return;
        }
        let file = &mut self.open[file];
        // What follows on each other is one command, with one copy of the name.
        let last = self.commands.last();
        if !matches!(last, Some(Command::Append { file: last, .. }) if *last == file.name) {
            self.commands.push(Command::Append {
                file: file.name.clone(),
                bytes: Vec::new(),
            });
        }
        let Some(Command::Append { bytes, .. }) = self.commands.last_mut() else {
            unreachable!("it is the last one");
        };
        let before = bytes.len();
        file.checksum = frame::write(bytes, kind, file.checksum, file.synced, &self.scratch);
        file.len += (bytes.len() - before) as u64;
    }

    /// Puts these values in place of all that is in a file.
    fn replace(&mut self, file: usize, kind: frame::Kind, values: &[Vec<u8>]) {
        if !self.syncs.written() {
            return;
        }
        let file = &mut self.open[file];
        let (bytes, checksum) = frame::write_whole(kind, values);
        file.checksum = checksum;
        file.len = bytes.len() as u64;
        // Whoever finds this file, finds all of it. A sync that is under way is of the old one.
        file.synced = file.len;
        file.syncing = 0;
        self.commands.push(Command::Replace {
            file: file.name.clone(),
            bytes,
        });
    }

    /// Cuts off what is behind this byte.
    fn truncate(&mut self, file: usize, len: u64) {
        let file = &mut self.open[file];
        (file.len, file.synced) = (len, len);
        if self.syncs.written() {
            self.commands.push(Command::Truncate {
                file: file.name.clone(),
                len,
            });
        }
    }
}

/// # Panics
/// If the value is none that JSON can hold, such as a map whose keys are no strings.
fn write_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    if let Err(e) = serde_json::to_writer(out, value) {
        panic!(
            "expected a value that JSON can hold, found {}: {e}",
            type_name::<T>()
        );
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}
