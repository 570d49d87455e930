//! A node in a test: messages in, messages out, and a clock that one turns by
//! hand.
//!
//! A test reads like a transcript, with the very lines that Maelstrom and the
//! node would exchange:
//!
//! ```
//! use maelstrom_node::testing::TestNode;
//! # use maelstrom_node::{NodeId, Result, Server};
//! # struct Echo;
//! # #[derive(serde::Deserialize)] #[serde(rename_all = "snake_case")]
//! # enum Request { Echo { echo: String } }
//! # #[derive(serde::Serialize)] #[serde(rename_all = "snake_case")]
//! # enum Response { EchoOk { echo: String } }
//! # impl Server for Echo {
//! #     type Request = Request;
//! #     type Response = Response;
//! #     async fn handle(&self, Request::Echo { echo }: Request, _: &NodeId) -> Result<Response> {
//! #         Ok(Response::EchoOk { echo })
//! #     }
//! # }
//!
//! let mut n1 = TestNode::start("n1", ["n1"], |_node| Echo);
//! assert_eq!(
//!     n1.tell(r#"{"src":"c1","dest":"n1","body":{"type":"echo","msg_id":1,"echo":"hi"}}"#),
//!     [r#"{"src":"n1","dest":"c1","body":{"type":"echo_ok","echo":"hi","in_reply_to":1}}"#],
//! );
//! ```
//!
//! Longer ones are better kept as text, with everything that the node says written below what it
//! is told: see [`play`].

mod disk;
mod transcript;

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::disk::Files;
use crate::{Engine, Node, Server};
use disk::TestDisk;

#[cfg(feature = "env_logger")]
pub use crate::logging::{Listening, heard, listen};
pub use transcript::play;

/// An [`Engine`] with its clock and its disk. What it writes comes back as text, a line
/// each.
///
/// The disk is in memory. Its syncs take no time, unless they are [held back](TestNode::hold_syncs).
pub struct TestNode<S: Server> {
    engine: Engine<S>,
    now: Duration,
    disk: TestDisk,
    /// What it said at its start, to be given with what it says next.
    early: Vec<String>,
}

impl<S: Server> TestNode<S> {
    /// A node to which nothing was said yet, not even `init`. Its random
    /// numbers follow from the seed.
    pub fn new(seed: u64, start: impl FnOnce(Node) -> S + 'static) -> Self {
        TestNode::with_disk(seed, Files::new(), start)
    }

    fn with_disk(seed: u64, files: Files, start: impl FnOnce(Node) -> S + 'static) -> Self {
        let found = files.clone();
        let mut engine = Engine::new(seed, start);
        if !files.is_empty() {
            engine.draw_ids();
        }
        TestNode {
            engine: engine.with_disk(|_| Ok(found)),
            now: Duration::ZERO,
            disk: TestDisk::new(files),
            early: Vec::new(),
        }
    }

    /// A node after its `init`, with seed 0. What it says at its start beside
    /// `init_ok` comes with what it says next.
    ///
    /// # Panics
    /// If the first thing it says is not `init_ok`.
    #[track_caller]
    pub fn start<const N: usize>(
        id: &str,
        node_ids: [&str; N],
        start: impl FnOnce(Node) -> S + 'static,
    ) -> Self {
        TestNode::start_with(id, node_ids, Files::new(), start)
    }

    /// The same, with these files on its disk: such as are [left](TestNode::kill) of another one. If
    /// there are some, it is not the first of its name: see [`Engine::draw_ids`].
    ///
    /// # Panics
    /// If the first thing it says is not `init_ok`, as when it cannot go on with these files.
    #[track_caller]
    pub fn start_with<'a>(
        id: &str,
        node_ids: impl AsRef<[&'a str]>,
        files: Files,
        start: impl FnOnce(Node) -> S + 'static,
    ) -> Self {
        let mut node = TestNode::with_disk(0, files, start);
        let init =
            json!({"type": "init", "node_id": id, "node_ids": node_ids.as_ref(), "msg_id": 1});
        let line = json!({"src": "c0", "dest": id, "body": init}).to_string();
        node.engine.line(node.now, line.as_bytes());
        let mut said = node.take();
        let init_ok = format!(
            r#"{{"src":{},"dest":"c0","body":{{"type":"init_ok","in_reply_to":1}}}}"#,
            Value::from(id)
        );
        let failure = node.engine.failure().unwrap_or("the answer to init");
        assert_eq!(said.first(), Some(&init_ok), "{failure}");
        node.early = said.split_off(1);
        node
    }

    /// Gives it a line, and gives the lines it writes at once.
    pub fn tell(&mut self, line: &str) -> Vec<String> {
        self.engine.line(self.now, line.as_bytes());
        self.take()
    }

    /// Gives it the message that `src` sends with this body, as JSON text.
    pub fn tell_from(&mut self, src: &str, body: &str) -> Vec<String> {
        let id = self.engine.id().map_or("n0", |id| id.as_str());
        let line = format!(r#"{{"src":"{src}","dest":"{id}","body":{body}}}"#);
        self.tell(&line)
    }

    /// Lets this much time pass, deadline by deadline, and gives what it
    /// writes meanwhile.
    pub fn pass(&mut self, time: Duration) -> Vec<String> {
        let end = self.now + time;
        while let Some(at) = self.engine.deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.engine.advance(self.now);
            self.disk.serve(&mut self.engine, self.now);
        }
        self.now = end;
        self.engine.advance(end);
        self.take()
    }

    /// Ends its input, and gives what it writes because of that.
    pub fn end_input(&mut self) -> Vec<String> {
        self.engine.end_input(self.now);
        self.take()
    }

    /// From now on, no sync is done: what waits for one waits.
    pub fn hold_syncs(&mut self) {
        self.disk.holds_syncs = true;
    }

    /// Syncs are done again, the one that was held back first. Gives what it writes because of that.
    pub fn release_syncs(&mut self) -> Vec<String> {
        self.disk.holds_syncs = false;
        self.take()
    }

    /// Kills it, and gives what is left on its disk: what was synced.
    pub fn kill(self) -> Files {
        self.kill_keeping(0)
    }

    /// Kills it, and gives what is left on its disk: what was synced, and the first so many bytes of
    /// what was written since. A file that was to be replaced is replaced if there are enough for it.
    pub fn kill_keeping(self, bytes: usize) -> Files {
        self.disk.left(bytes)
    }

    /// The time since it was started.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// The engine within.
    pub fn engine(&self) -> &Engine<S> {
        &self.engine
    }

    fn take(&mut self) -> Vec<String> {
        self.disk.serve(&mut self.engine, self.now);
        let mut out = Vec::new();
        self.engine.swap_output(&mut out);
        let text = String::from_utf8(out).expect("JSON is UTF-8");
        let mut lines = std::mem::take(&mut self.early);
        lines.extend(text.lines().map(str::to_owned));
        lines
    }
}

impl<S: Server> fmt::Debug for TestNode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestNode")
            .field("id", &self.engine.id())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
