//! Records what the clients of a real system do and see, while they do it, from any
//! thread or task of a Rust program.
//!
//! ```
//! use history::{OpType, Recorder};
//!
//! let recorder = Recorder::new();
//! let mut client = recorder.client();
//! let write = client.invoke("write", 5);
//! // ... here the system is asked ...
//! write.ok(5);
//! let read = client.invoke("read", ());
//! drop(read); // The connection broke: nobody knows.
//! client.invoke("read", ()).fail("refused");
//!
//! let history = recorder.history();
//! let types: Vec<OpType> = history.ops().iter().map(|op| op.typ).collect();
//! use OpType::{Fail, Info, Invoke, Ok};
//! assert_eq!(types, [Invoke, Ok, Invoke, Info, Invoke, Fail]);
//! // What a client does after that is another process'.
//! assert_eq!(history.ops()[4].process.to_string(), "1");
//! ```
//!
//! **Why a verdict on it can be trusted.** All events are in one order, that in which they
//! took a lock, and their times are taken under it. An invocation is recorded before the
//! system is asked and its end after the answer is there, so that the operation took effect
//! between the two, and one that ended before another began in the history really did. The
//! bars of a history are a little longer than what they stand for, never shorter: that lets
//! more orders pass, so some violations may be missed, but what is found is one. The lock is
//! held for no longer than it takes to append an event.
//!
//! **A client does one thing at a time**, as a session of it: [`Client::invoke`] borrows it
//! until the operation has an end. Several things at a time are several clients'. When an
//! operation is dropped without an end, as by a panic, a timeout that cancels a task or an
//! early return, its end is `:info`: it may have happened, and may still. The process that
//! did it never does anything again, as in Jepsen, and the client goes on as another: else
//! a history would say that the operation was over when the next began.

use std::borrow::Cow;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::edn::Value;
use crate::{History, Op, OpType, Process};

/// What is recorded; its clones record into the same history.
#[derive(Clone, Debug)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    start: Instant,
    recorded: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    ops: Vec<Op>,
    /// How many processes there have been.
    processes: i64,
}

impl Recorded {
    /// A process that there was not yet.
    fn process(&mut self) -> i64 {
        self.processes += 1;
        self.processes - 1
    }
}

impl Default for Recorder {
    fn default() -> Self {
        Recorder::new()
    }
}

impl Recorder {
    /// One that has nothing yet. Times are since now.
    #[expect(clippy::disallowed_methods, reason = "this is for real time")]
    pub fn new() -> Self {
        let start = Instant::now();
        let recorded = Mutex::default();
        Recorder {
            shared: Arc::new(Shared { start, recorded }),
        }
    }

    /// A client more, with a process of its own: 0, 1, 2 and so on.
    pub fn client(&self) -> Client {
        let process = self.lock().process();
        Client {
            recorder: self.clone(),
            process,
        }
    }

    /// Records what was done to the system, such as `kill` and the name of a machine.
    pub fn nemesis(&self, f: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let event = Event::new(OpType::Info, f.into(), value.into());
        self.record(&mut self.lock(), Process::Nemesis, event);
    }

    /// What has been recorded so far. Operations that are under way have no end in it.
    pub fn history(&self) -> History {
        let ops = self.lock().ops.clone();
        History::new(ops)
    }

    /// One whose thread panicked under the lock has appended its event, or has not.
    fn lock(&self) -> MutexGuard<'_, Recorded> {
        let recorded = self.shared.recorded.lock();
        recorded.unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, recorded: &mut Recorded, process: Process, event: Event) {
        let Event {
            typ,
            f,
            value,
            error,
        } = event;
        let time = self.shared.start.elapsed().as_nanos();
        recorded.ops.push(Op {
            index: recorded.ops.len(),
            time: i64::try_from(time).unwrap_or(i64::MAX),
            typ,
            process,
            f,
            value,
            extra: error
                .map(|error| ("error".into(), error))
                .into_iter()
                .collect(),
        });
    }
}

/// What is ready to be recorded.
struct Event {
    typ: OpType,
    f: Cow<'static, str>,
    value: Value,
    error: Option<Value>,
}

impl Event {
    fn new(typ: OpType, f: Cow<'static, str>, value: Value) -> Self {
        Event {
            typ,
            f,
            value,
            error: None,
        }
    }
}

/// Someone who does one thing after the other. It can be given to a thread or a task.
#[derive(Debug)]
pub struct Client {
    recorder: Recorder,
    process: i64,
}

impl Client {
    /// Its process now; another, after an operation whose end nobody knows.
    pub fn process(&self) -> Process {
        Process::Client(self.process)
    }

    /// Records that it begins an operation: call it before the system is asked.
    pub fn invoke(
        &mut self,
        f: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Invocation<'_> {
        let (f, value) = (f.into(), value.into());
        let event = Event::new(OpType::Invoke, f.clone(), value.clone());
        self.record(event);
        Invocation {
            client: self,
            asked: Some((f, value)),
        }
    }

    fn record(&mut self, event: Event) {
        let is_unknown = event.typ == OpType::Info;
        let mut recorded = self.recorder.lock();
        self.recorder
            .record(&mut recorded, Process::Client(self.process), event);
        if is_unknown {
            self.process = recorded.process();
        }
    }
}

/// An operation that is under way. Its end is recorded when it is told, after the system's
/// answer; if it is dropped, nobody knows how it ended.
#[derive(Debug)]
#[must_use = "nobody knows how an operation ended that is dropped"]
pub struct Invocation<'a> {
    client: &'a mut Client,
    /// The function and the argument; none once it has ended.
    asked: Option<(Cow<'static, str>, Value)>,
}

impl Invocation<'_> {
    /// It happened, and this came of it: of a read what was read, of a write as a rule what
    /// was written.
    pub fn ok(mut self, value: impl Into<Value>) {
        let value = value.into();
        if let Some((f, _)) = self.asked.take() {
            self.client.record(Event::new(OpType::Ok, f, value));
        }
    }

    /// It has not happened and never will, and this is why. If that is not certain, it is
    /// [`info`](Invocation::info).
    pub fn fail(mut self, error: impl Into<Value>) {
        self.end(OpType::Fail, error.into());
    }

    /// Nobody knows whether it has happened or will, such as after a timeout.
    pub fn info(mut self, error: impl Into<Value>) {
        self.end(OpType::Info, error.into());
    }

    fn end(&mut self, typ: OpType, error: Value) {
        if let Some((f, asked)) = mem::take(&mut self.asked) {
            self.client.record(Event {
                error: Some(error),
                ..Event::new(typ, f, asked)
            });
        }
    }
}

impl Drop for Invocation<'_> {
    fn drop(&mut self) {
        self.end(OpType::Info, Value::keyword("no-outcome"));
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::panic::{self, AssertUnwindSafe};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::thread;

    use super::*;

    /// A line for each event, without its time.
    fn told(recorder: &Recorder) -> Vec<String> {
        let history = recorder.history();
        let line = |op: &Op| {
            let error = op.get("error").map(|error| format!(" {error}"));
            let (typ, error) = (op.typ.name(), error.unwrap_or_default());
            format!("{} {typ} {} {}{error}", op.process, op.f, op.value)
        };
        history.ops().iter().map(line).collect()
    }

    #[test]
    fn a_client_that_does_not_know_an_end_goes_on_as_another() {
        let recorder = Recorder::new();
        let (mut a, mut b) = (recorder.client(), recorder.client());
        a.invoke("write", 5).info("timeout");
        b.invoke("read", ()).ok(5);
        a.invoke("cas", (5, 6)).fail("was 7");
        drop(a.invoke("read", ()));
        assert_eq!(a.process(), Process::Client(3));
        assert_eq!(
            told(&recorder),
            [
                "0 invoke write 5",
                "0 info write 5 \"timeout\"",
                "1 invoke read nil",
                "1 ok read 5",
                "2 invoke cas [5 6]",
                "2 fail cas [5 6] \"was 7\"",
                "2 invoke read nil",
                "2 info read nil :no-outcome",
            ]
        );
    }

    #[test]
    fn what_is_under_way_has_no_end() {
        let recorder = Recorder::new();
        let mut client = recorder.client();
        let write = client.invoke("write", 5);
        let history = recorder.history();
        assert_eq!((history.begun(), history.pair_place(0)), (1, None));
        write.ok(5);
        assert_eq!(recorder.history().pair_place(0), Some(1));
    }

    /// As by the timeout of any runtime.
    #[test]
    fn a_task_that_is_cancelled_does_not_know_the_end() {
        async fn reads(client: &mut Client) {
            let read = client.invoke("read", ());
            std::future::pending::<()>().await;
            read.ok(5);
        }
        let recorder = Recorder::new();
        let mut client = recorder.client();
        {
            let mut task = pin!(reads(&mut client));
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(task.as_mut().poll(&mut context), Poll::Pending);
        }
        let expected = ["0 invoke read nil", "0 info read nil :no-outcome"];
        assert_eq!(told(&recorder), expected);
    }

    #[test]
    fn a_client_that_panics_does_not_know_the_end_and_others_go_on() {
        let recorder = Recorder::new();
        let mut client = recorder.client();
        let panics = AssertUnwindSafe(|| {
            let _read = client.invoke("read", ());
            panic::resume_unwind(Box::new("the client's own fault"));
        });
        assert!(panic::catch_unwind(panics).is_err());
        recorder.client().invoke("read", ()).ok(1);
        recorder.nemesis("kill", "n1");
        let expected = [
            "0 invoke read nil",
            "0 info read nil :no-outcome",
            "2 invoke read nil",
            "2 ok read 1",
            ":nemesis info kill \"n1\"",
        ];
        assert_eq!(told(&recorder), expected);
    }

    #[test]
    fn threads_record_into_one_order() {
        fn is_shared<T: Send + Sync + Clone + 'static>(_: &T) {}
        let recorder = Recorder::new();
        is_shared(&recorder);
        thread::scope(|scope| {
            for _ in 0..4 {
                let mut client = recorder.client();
                scope.spawn(move || (0..250).for_each(|i| client.invoke("write", i).ok(i)));
            }
        });
        let history = recorder.history();
        let ops = history.ops();
        assert_eq!((ops.len(), history.begun()), (2_000, 1_000));
        assert!(ops.windows(2).all(|pair| pair[0].time <= pair[1].time));
        assert!((0..2_000).all(|place| ops[place].index == place));
        assert!((0..2_000).all(|place| history.pair_place(place).is_some()));
    }
}
