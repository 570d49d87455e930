//! Histories that a program writes down itself, such as a test of what a checker says.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::edn::Value;
use crate::{History, Op, OpType, Process};

impl History {
    /// A history that is written down here and now, event by event.
    ///
    /// ```
    /// use history::History;
    ///
    /// let history = History::builder()
    ///     .invoke(0, "write", 5)
    ///     .invoke(1, "read", ())
    ///     .ok(1, 5)
    ///     .info(0)
    ///     .build();
    /// assert_eq!(history.ops()[3].to_string(), "{:index 3, :time 3000000, :type :info, \
    ///                                           :process 0, :f :write, :value 5}");
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Takes the events of a history in their order, which is that of their indices. A
/// millisecond is between one and the next.
#[derive(Clone, Debug, Default)]
#[must_use = "a history comes of it with `build`"]
pub struct Builder {
    ops: Vec<Op>,
    /// What each client has begun and not ended: the place.
    open: BTreeMap<i64, usize>,
    /// When the next event is, in nanoseconds since the start.
    time: i64,
}

const MILLISECOND: i64 = 1_000_000;

impl Builder {
    /// A client begins an operation.
    pub fn invoke(
        mut self,
        process: i64,
        f: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) -> Self {
        self.open.insert(process, self.ops.len());
        self.push(OpType::Invoke, process, f.into(), value.into())
    }

    /// What a client had begun succeeded, with this value.
    pub fn ok(self, process: i64, value: impl Into<Value>) -> Self {
        self.end(OpType::Ok, process, Some(value.into()))
    }

    /// What a client had begun has not happened.
    pub fn fail(self, process: i64) -> Self {
        self.end(OpType::Fail, process, None)
    }

    /// Nobody knows whether what a client had begun has happened, or will. In Jepsen's
    /// histories such a client does nothing any more.
    pub fn info(self, process: i64) -> Self {
        self.end(OpType::Info, process, None)
    }

    /// Gives the last event a further key, such as `final?`.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Some(op) = self.ops.last_mut() {
            op.extra.push((key.into(), value.into()));
        }
        self
    }

    /// Lets time go by before the next event.
    pub fn after(mut self, time: Duration) -> Self {
        let time = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        self.time = self.time.saturating_add(time);
        self
    }

    /// The history.
    pub fn build(self) -> History {
        History::new(self.ops)
    }

    /// Ends what a client had begun; with the value that it began with, if there is no
    /// other. An end of nothing is an event without a function.
    fn end(mut self, typ: OpType, process: i64, value: Option<Value>) -> Self {
        let begun = self.open.remove(&process).map(|place| &self.ops[place]);
        let (f, asked) = match begun {
            Some(op) => (op.f.clone(), op.value.clone()),
            None => (Cow::Borrowed(""), Value::Nil),
        };
        self.push(typ, process, f, value.unwrap_or(asked))
    }

    fn push(mut self, typ: OpType, process: i64, f: Cow<'static, str>, value: Value) -> Self {
        self.ops.push(Op {
            index: self.ops.len(),
            time: self.time,
            typ,
            process: Process::Client(process),
            f,
            value,
            extra: Vec::new(),
        });
        self.time = self.time.saturating_add(MILLISECOND);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_the_same_lines_are() {
        let history = History::builder()
            .invoke(0, "write", (7, 1))
            .after(Duration::from_secs(1))
            .invoke(1, "read", (7, ()))
            .fail(0)
            .ok(1, (7, ()))
            .with("final?", true)
            .ok(1, 5)
            .build();
        let lines = History::read(
            "{:index 0 :time 0 :type :invoke :process 0 :f :write :value [7 1]}
             {:index 1 :time 1001000000 :type :invoke :process 1 :f :read :value [7 nil]}
             {:index 2 :time 1002000000 :type :fail :process 0 :f :write :value [7 1]}
             {:index 3 :time 1003000000 :type :ok :process 1 :f :read :value [7 nil] :final? true}
             {:index 4 :time 1004000000 :type :ok :process 1 :f nil :value 5}",
        );
        assert_eq!(history, lines.unwrap());
        assert_eq!(history.pair_place(1), Some(3));
        assert_eq!(history.pair_place(4), None);
    }
}
