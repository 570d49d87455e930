//! A node without I/O: lines and the time go in, lines and the next deadline
//! come out; and if it has a disk, what is to be done there.
//!
//! Whoever drives it decides what time it is and where the lines go:
//! [`run`](crate::run) joins it to stdin, stdout and the clock, a simulator to
//! its own queue of events. The same seed, lines and times give the same bytes.

use std::rc::Rc;
use std::time::Duration;

use crate::disk::{Command, Files};
use crate::executor::Executor;
use crate::id::is_client;
use crate::logging::{self, excerpt};
use crate::rpc::{decode_error, input_ended};
use crate::state;
use crate::waiting::Waiting;
use crate::wire::{Body, DecodeError, Message};
use crate::{Error, Node, NodeId, Result, Rng, Server};

/// Maelstrom's clients wait this long for a reply and are then taken off the
/// network; a message to one that is gone would mute this node for good.
pub const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many steps a node's tasks may take at one moment, all together.
const MAX_STEPS: u64 = 100_000_000;

/// One node, from before its `init` to after its last message.
pub struct Engine<S: Server> {
    state: State<S>,
    now: Duration,
}

enum State<S: Server> {
    Waiting(Waiting<S>),
    Running(Running<S>),
}

/// After `init`.
struct Running<S: Server> {
    node: Node,
    server: Rc<S>,
    executor: Executor,
    /// The last sender, since the next message is often of the same.
    last_src: NodeId,
}

impl<S: Server> Engine<S> {
    /// A node that will draw its random numbers from `seed` and make its
    /// server with `start` when `init` arrives.
    pub fn new(seed: u64, start: impl FnOnce(Node) -> S + 'static) -> Self {
        Engine {
            state: State::Waiting(Waiting::new(seed, start)),
            now: Duration::ZERO,
        }
    }

    /// Numbers its requests from a number drawn at random on, and not from 1: for a node that may
    /// not be the first of its name. A reply to what an earlier one asked may still be under way,
    /// and must not be taken for one to this.
    ///
    /// # Panics
    /// If `init` has arrived.
    pub fn draw_ids(&mut self) {
        self.waiting().draws_ids = true;
    }

    /// Draws from another seed, as long as `init` has not arrived.
    pub(crate) fn reseed(&mut self, seed: u64) {
        self.waiting().rng = Rng::new(seed);
    }

    #[track_caller]
    fn waiting(&mut self) -> &mut Waiting<S> {
        match &mut self.state {
            State::Waiting(waiting) => waiting,
            State::Running(_) => panic!("that is settled when init arrives, and it has"),
        }
    }

    /// Gives it a disk, on which it finds what `load` gives for its name: all of that is
    /// durable, or an error says why it cannot be read. It is asked when the server first wants
    /// its disk, if ever. Whoever drives the engine then carries out its
    /// [disk commands](Engine::disk_commands).
    ///
    /// Without this, the node's disk is empty, all on it counts as durable at once, nothing
    /// has to be carried out, and it is forgotten with the node.
    ///
    /// # Panics
    /// If `init` has arrived.
    pub fn with_disk(
        mut self,
        load: impl FnOnce(&NodeId) -> Result<Files, String> + 'static,
    ) -> Self {
        self.waiting().load = Some(Box::new(load));
        self
    }

    /// Takes a line of input, with or without its newline. `now` is the time
    /// since the start; an earlier one than before counts as that.
    ///
    /// A line that is no message is logged and has no other effect. Before `init`,
    /// up to [`MAX_EARLY`](crate::MAX_EARLY) bytes are kept for later.
    pub fn line(&mut self, now: Duration, line: &[u8]) {
        self.now = now.max(self.now);
        if line.trim_ascii().is_empty() {
            return;
        }
        let message = match Message::parse(line) {
            Ok(message) => message,
            Err(e) => {
                self.id().into_iter().for_each(logging::set_current);
                log::warn!("skipped a line: {e}: {}", excerpt(line));
                return;
            }
        };
        match &mut self.state {
            State::Running(running) => {
                if running.node.failure().is_some() {
                    return;
                }
                running.node.set_now(self.now);
                running.message(message, line);
                running.run();
            }
            State::Waiting(waiting) => {
                if let Some((node, server)) = waiting.message(&message, line, self.now) {
                    let early = std::mem::take(&mut waiting.early);
                    let mut running = Running::new(node, server, &message.src);
                    running.run();
                    self.state = State::Running(running);
                    for line in early {
                        self.line(now, &line);
                    }
                }
            }
        }
    }

    /// Lets the time pass: whatever waited for a moment up to `now` goes on.
    pub fn advance(&mut self, now: Duration) {
        self.now = now.max(self.now);
        if let State::Running(running) = &mut self.state {
            running.node.set_now(self.now);
            running.fire();
        }
    }

    /// The next moment at which [`Engine::advance`] has something to do, if
    /// any; it may be in the past.
    pub fn deadline(&self) -> Option<Duration> {
        match &self.state {
            State::Waiting(_) => None,
            State::Running(running) if running.node.failure().is_some() => None,
            State::Running(running) => running.node.timers().next(),
        }
    }

    /// Takes what is to be done on the disk since the last time, in this order; to be asked after
    /// every turn, when the turn's output was taken. A sync is the last of them, and comes only
    /// if something waits for it and none is under way.
    pub fn disk_commands(&mut self) -> Vec<Command> {
        match &self.state {
            State::Waiting(_) => Vec::new(),
            State::Running(running) => {
                (running.node.opened_disk()).map_or_else(Vec::new, |disk| disk.take_commands())
            }
        }
    }

    /// The sync that is under way is done: whoever waited for it goes on. Or it has failed, or
    /// something before it has: then the node [cannot go on](Engine::failure).
    ///
    /// # Panics
    /// If no sync is under way and this is no failure.
    pub fn synced(&mut self, now: Duration, result: Result<(), String>) {
        self.now = now.max(self.now);
        let State::Running(running) = &mut self.state else {
            panic!("a node has no disk before its init");
        };
        if running.node.failure().is_some() {
            return;
        }
        running.node.set_now(self.now);
        logging::set_current(running.node.id());
        let disk = running.node.disk();
        match result {
            Ok(()) => disk.synced(),
            Err(why) => disk.fail(why),
        }
        running.run();
    }

    /// Why the node cannot go on: a write or a sync has failed, or a file is damaged. From then on, it
    /// takes no lines, runs no task, has no output (also not that of the turn in which it failed)
    /// and no commands. Whoever drives it ends it, and may start another one with what is on its disk.
    pub fn failure(&self) -> Option<&str> {
        match &self.state {
            State::Waiting(_) => None,
            State::Running(running) => running.node.failure(),
        }
    }

    /// No more lines will come: calls that wait for a reply fail at once.
    pub fn end_input(&mut self, now: Duration) {
        self.advance(now);
        if let State::Running(running) = &mut self.state {
            running.node.end_input();
            let calls = running.node.calls().take_all();
            for call in calls {
                call.fail(input_ended());
            }
            running.run();
        }
    }

    /// How many requests are being handled: those whose handler waits for
    /// something. Calls and deadlines of the node are counted with them by
    /// [`Engine::pending`].
    pub fn handlers(&self) -> usize {
        match &self.state {
            State::Waiting(_) => 0,
            State::Running(running) => running.executor.handlers(),
        }
    }

    /// How many calls wait for their reply, and how many deadlines are set.
    pub fn pending(&self) -> (usize, usize) {
        match &self.state {
            State::Waiting(_) => (0, 0),
            State::Running(running) => (running.node.calls().len(), running.node.timers().len()),
        }
    }

    /// The node's name, once `init` has told it.
    pub fn id(&self) -> Option<&NodeId> {
        match &self.state {
            State::Waiting(_) => None,
            State::Running(running) => Some(running.node.id()),
        }
    }

    /// What the server shows of its [state](Server::state) now, as JSON text on one line of
    /// little more than [`MOST_STATE`](crate::MOST_STATE) bytes; none if it shows nothing.
    pub fn state(&self) -> Option<String> {
        match &self.state {
            State::Waiting(_) => None,
            State::Running(running) if running.node.failure().is_some() => None,
            State::Running(running) => state::shown(&running.server.state()),
        }
    }

    /// How many bytes of output wait to be taken.
    pub fn output_len(&self) -> usize {
        match &self.state {
            State::Waiting(waiting) => waiting.out.len(),
            State::Running(running) if running.node.failure().is_some() => 0,
            State::Running(running) => running.node.out().len(),
        }
    }

    /// Takes the lines that were written since the last time, in exchange for
    /// an empty buffer (whose memory is used again).
    ///
    /// # Panics
    /// If `buffer` is not empty.
    pub fn swap_output(&mut self, buffer: &mut Vec<u8>) {
        assert!(buffer.is_empty(), "the buffer still holds output");
        match &mut self.state {
            State::Waiting(waiting) => std::mem::swap(&mut waiting.out, buffer),
            State::Running(running) if running.node.failure().is_some() => {}
            State::Running(running) => std::mem::swap(&mut *running.node.out(), buffer),
        }
    }
}

impl<S: Server> Running<S> {
    fn new(node: Node, server: S, last_src: &str) -> Self {
        Running {
            node,
            server: Rc::new(server),
            executor: Executor::default(),
            last_src: last_src.into(),
        }
    }

    fn message(&mut self, message: Message<'_>, line: &[u8]) {
        logging::set_current(self.node.id());
        if log::log_enabled!(log::Level::Trace) {
            log::trace!("received {}", excerpt(line));
        }
        let Message { src, body, .. } = message;
        if let Some(id) = body.in_reply_to {
            // In a statement of its own, so that the borrow has ended.
            let call = self.node.calls().take(id);
            match call {
                Some(call) => call.answer(&body),
                None => log::debug!("dropped a late or repeated reply: {}", excerpt(line)),
            }
            return;
        }
        if body.kind.as_deref() == Some("error") {
            // Never answered: two nodes would answer each other for ever.
            log::warn!("an error from {src}: {}", decode_error(&body));
            return;
        }
        if *self.last_src != *src {
            self.last_src = src.as_ref().into();
        }
        match decode_request(&body) {
            Ok(request) => self.request(request, body.msg_id),
            Err(error) => self.refuse(&error, body.msg_id, line),
        }
    }

    fn request(&mut self, request: S::Request, msg_id: Option<u64>) {
        let server = Rc::clone(&self.server);
        let node = self.node.clone();
        let from = self.last_src.clone();
        let received = node.now();
        let handler = async move {
            let response = server.handle(request, &from).await;
            finish(&node, &from, msg_id, received, response);
        };
        self.executor.start(Box::pin(handler), true);
    }

    fn refuse(&self, error: &Error, msg_id: Option<u64>, line: &[u8]) {
        match msg_id {
            Some(msg_id) => {
                log::debug!("refused a request: {error}: {}", excerpt(line));
                let error: Result<()> = Err(error.clone());
                self.node.reply(&self.last_src, msg_id, error);
            }
            None => log::warn!("ignored a message: {error}: {}", excerpt(line)),
        }
    }

    /// Lets every deadline that is due wake its task, and the tasks run.
    fn fire(&mut self) {
        logging::set_current(self.node.id());
        let now = self.node.now();
        loop {
            let due = self.node.timers().pop_due(now);
            match due {
                Some(waker) => waker.wake(),
                None => break,
            }
        }
        self.run();
    }

    fn run(&mut self) {
        // A task that wakes itself each time would go on for ever.
        for _ in 0..MAX_STEPS {
            if self.node.failure().is_some() {
                return;
            }
            let spawned = self.node.take_spawned();
            let idle = spawned.is_empty();
            for task in spawned {
                self.executor.start(task, false);
            }
            if !self.executor.run_one() && idle {
                return;
            }
        }
        panic!(
            "after {MAX_STEPS} steps at one moment, tasks still wake each other: a loop without a wait?"
        );
    }
}

fn decode_request<R: serde::de::DeserializeOwned>(body: &Body<'_>) -> Result<R> {
    if body.kind.as_deref() == Some("init") {
        let text = "init: this node was initialised before; expected it once";
        log::error!("{text}");
        return Err(Error::malformed_request(text));
    }
    body.decode().map_err(|e| match e {
        DecodeError::UnknownType(text) => Error::not_supported(text),
        DecodeError::WrongShape(text) => Error::malformed_request(match &body.kind {
            Some(kind) => format!("{kind}: {text}"),
            None => text,
        }),
    })
}

fn finish<R: serde::Serialize>(
    node: &Node,
    from: &NodeId,
    msg_id: Option<u64>,
    received: Duration,
    response: Result<R>,
) {
    let Some(msg_id) = msg_id else {
        if let Err(error) = response {
            log::warn!("a message from {from} that wants no reply: {error}");
        }
        return;
    };
    let took = node.now().saturating_sub(received);
    if took >= CLIENT_TIMEOUT && is_client(from) {
        log::warn!("no reply to message {msg_id} of {from}: it gave up, {took:?} have passed");
        return;
    }
    node.reply(from, msg_id, response);
}
