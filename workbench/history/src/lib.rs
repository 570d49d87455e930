//! Histories: what clients began, and how it ended, in the order in which it
//! happened. Read from and written as Jepsen's `history.edn`, one operation a
//! line; and [`edn`], the notation that it is written in. A program can write one down
//! itself ([`History::builder`]), or record what its clients do ([`recorder`]).
//!
//! ```
//! use history::{History, OpType};
//!
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :write, :value [0 5], :time 1000000, :index 0}
//!      {:process 0, :type :ok, :f :write, :value [0 5], :time 3000000, :index 1}",
//! )?;
//! assert_eq!(history.ops()[1].typ, OpType::Ok);
//! assert_eq!(history.begun(), 1);
//! # Ok::<(), history::HistoryError>(())
//! ```

mod builder;
mod completed;
pub mod edn;
mod fressian;
mod names;
mod quantile;
pub mod read;
pub mod recorder;

pub use builder::Builder;
pub use quantile::quantile;
pub use recorder::Recorder;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::edn::Value;
pub use crate::read::HistoryError;

/// What kind of event an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpType {
    /// It begins.
    Invoke,
    /// It ended, and has happened.
    Ok,
    /// It ended, and has certainly not happened.
    Fail,
    /// Nobody knows whether it has happened or will. Also: what the nemesis
    /// did.
    Info,
}

impl OpType {
    /// The keyword's name: `invoke`, `ok`, `fail` or `info`.
    pub fn name(self) -> &'static str {
        match self {
            OpType::Invoke => "invoke",
            OpType::Ok => "ok",
            OpType::Fail => "fail",
            OpType::Info => "info",
        }
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// A client, by its number. After an `info` it does nothing any more.
    Client(i64),
    /// The nemesis.
    Nemesis,
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Process::Client(number) => write!(f, "{number}"),
            Process::Nemesis => f.write_str(":nemesis"),
        }
    }
}

/// An event of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// Its number in the history it is from. Not always its place here.
    pub index: usize,
    /// When it happened, in nanoseconds since the start.
    pub time: i64,
    /// Whether it begins an operation or how it ends one.
    pub typ: OpType,
    /// Who did it.
    pub process: Process,
    /// The function, such as `read`.
    pub f: Cow<'static, str>,
    /// The argument, or what came back.
    pub value: Value,
    /// Further keys, such as `error` or `final?`.
    pub extra: Vec<(String, Value)>,
}

impl Op {
    /// One of its further keys.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let (_, value) = self.extra.iter().find(|(name, _)| name == key)?;
        Some(value)
    }

    /// The function as a keyword; nil, if it has none.
    fn function(&self) -> Value {
        match &*self.f {
            "" => Value::Nil,
            name => Value::keyword(name),
        }
    }

    /// Whether it is one of the last operations, after the recovery.
    pub fn is_final(&self) -> bool {
        let flag = self.get("final?").unwrap_or(&Value::Nil);
        !matches!(flag, Value::Nil | Value::Bool(false))
    }

    /// All of it, as Jepsen has operations in its results: a record.
    pub fn to_edn(&self) -> Value {
        self.with_value(self.value.clone())
    }

    /// The same with another value.
    pub fn with_value(&self, value: Value) -> Value {
        let process = match self.process {
            Process::Client(number) => Value::Int(number),
            Process::Nemesis => Value::keyword("nemesis"),
        };
        let mut map = Value::map([
            ("index", self.index.into()),
            ("time", self.time.into()),
            ("type", Value::keyword(self.typ.name())),
            ("process", process),
            ("f", self.function()),
            ("value", value),
        ]);
        for (key, value) in &self.extra {
            map.insert(key, value.clone());
        }
        Value::tagged("jepsen.history.Op", map)
    }
}

/// As a line of `history.edn`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Op {
            index,
            time,
            typ,
            process,
            f: function,
            value,
            extra,
        } = self;
        write!(
            f,
            "{{:index {index}, :time {time}, :type :{}, :process {process}, :f ",
            typ.name()
        )?;
        match &**function {
            "" => f.write_str("nil")?,
            function => write!(f, ":{function}")?,
        }
        write!(f, ", :value {value}")?;
        for (key, value) in extra {
            write!(f, ", :{key} {value}")?;
        }
        f.write_str("}")
    }
}

/// All events of a run. A copy is the same memory once more.
#[derive(Clone, Debug, Default)]
pub struct History {
    events: Arc<Events>,
    /// Whether ends that are filled in are among the events: see [`History::completed`].
    is_ended: bool,
}

#[derive(Debug, Default)]
struct Events {
    /// Those that happened, and then the ends that are filled in.
    ops: Vec<Op>,
    /// How many happened.
    happened: usize,
    /// For each event, the place of the one that begins or ends the same operation.
    pairs: Vec<Option<Place>>,
}

/// A place in a history, in little memory.
#[derive(Clone, Copy, Debug)]
struct Place(NonZero<u32>);

impl Place {
    /// # Panics
    /// Beyond 2^32 - 2.
    fn new(place: usize) -> Self {
        let next = u32::try_from(place + 1).ok().and_then(NonZero::new);
        Place(next.expect("fewer than 2^32 - 1 events"))
    }

    fn get(self) -> usize {
        self.0.get() as usize - 1
    }
}

impl History {
    /// A history of these events, in this order.
    ///
    /// # Panics
    /// With 2^32 - 1 events or more.
    pub fn new(ops: Vec<Op>) -> Self {
        let mut pairs = vec![None; ops.len()];
        let mut open = BTreeMap::new();
        for (i, op) in ops.iter().enumerate() {
            let Process::Client(process) = op.process else {
                continue;
            };
            if op.typ == OpType::Invoke {
                open.insert(process, i);
            } else if let Some(invocation) = open.remove(&process) {
                pairs[invocation] = Some(Place::new(i));
                pairs[i] = Some(Place::new(invocation));
            }
        }
        History::paired(ops, pairs)
    }

    /// Reads a history from EDN, as [`read`](read::read) does from any format.
    ///
    /// # Errors
    /// The first line that is no operation.
    pub fn read(text: &str) -> Result<Self, HistoryError> {
        Ok(read::edn(text)?.history)
    }

    /// All events.
    pub fn ops(&self) -> &[Op] {
        let ops = &self.events.ops;
        match self.is_ended {
            true => ops,
            false => &ops[..self.events.happened],
        }
    }

    /// The events of clients, each with its place.
    pub fn clients(&self) -> impl Iterator<Item = (usize, &Op)> {
        let is_client = |op: &Op| op.process != Process::Nemesis;
        let ops = self.ops().iter().enumerate();
        ops.filter(move |(_, op)| is_client(op))
    }

    /// How many operations clients began.
    pub fn begun(&self) -> usize {
        let begins = |(_, op): &(usize, &Op)| op.typ == OpType::Invoke;
        self.clients().filter(begins).count()
    }

    /// For the beginning at this place, its end, and the other way round.
    pub fn pair(&self, place: usize) -> Option<&Op> {
        self.pair_place(place).map(|pair| &self.ops()[pair])
    }

    /// The place of [`History::pair`].
    pub fn pair_place(&self, place: usize) -> Option<usize> {
        let known = self.ops().len();
        let pair = self.events.pairs[..known].get(place).copied().flatten();
        pair.map(Place::get).filter(|pair| *pair < known)
    }

    /// Writes it as `history.edn`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_edn(&self, out: &mut dyn Write) -> io::Result<()> {
        self.ops().iter().try_for_each(|op| writeln!(out, "{op}"))
    }

    /// Writes it as `history.txt`: process, type, function, value and error,
    /// between tabs.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        self.ops().iter().try_for_each(|op| {
            write!(
                out,
                "{}\t:{}\t{}\t{}",
                op.process,
                op.typ.name(),
                op.function(),
                op.value
            )?;
            match op.get("error") {
                Some(error) => writeln!(out, "\t{error}"),
                None => writeln!(out),
            }
        })
    }
}

impl PartialEq for History {
    fn eq(&self, other: &Self) -> bool {
        fn pairs(of: &History) -> impl Iterator<Item = Option<usize>> {
            (0..of.ops().len()).map(|place| of.pair_place(place))
        }
        self.ops() == other.ops() && pairs(self).eq(pairs(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{:index 0, :time 5, :type :invoke, :process 0, :f :read, :value nil}
{:index 1, :time 6, :type :info, :process :nemesis, :f :start-partition, :value :one}
{:index 2, :time 7, :type :invoke, :process 1, :f :add, :value 3}
{:index 3, :time 8, :type :ok, :process 0, :f :read, :value [1 2], :final? true}
{:index 4, :time 9, :type :info, :process 1, :f :add, :value 3, :error :net-timeout}
"#;

    #[test]
    fn it_is_written_as_it_was_read() {
        let history = History::read(LINES).unwrap();
        let mut out = Vec::new();
        history.write_edn(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), LINES);
        let places: Vec<_> = (0..5).map(|i| history.pair_place(i)).collect();
        assert_eq!(places, [Some(3), None, Some(4), Some(0), Some(2)]);
        assert!(history.ops()[3].is_final());
        assert_eq!(history.clients().count(), 4);

        let mut out = Vec::new();
        history.write_text(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text.lines().last(), Some("1\t:info\t:add\t3\t:net-timeout"));
    }

    #[test]
    fn a_vector_and_tags_are_read_as_well() {
        let text = "[#jepsen.history.Op{:type :invoke, :process 0, :f :read}\n\
                    #jepsen.history.Op{:type :ok, :process 0, :f :read, :time 3}]";
        let history = History::read(text).unwrap();
        assert_eq!(history.pair(0).unwrap().time, 3);
        assert_eq!(history.ops()[1].index, 1);
        let error = History::read("[{:type :ok, :process 0}\n\n 5]").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 3: expected an operation, a map, found 5"
        );
        assert_eq!(History::read("").unwrap(), History::default());
    }

    #[test]
    fn errors_name_the_line() {
        for (line, why) in [
            ("5", "expected an operation, a map, found 5"),
            (
                "{:type :ok}",
                "expected a :process, as other operations have one, found none",
            ),
            ("{:process 1}", "expected a :type, found none"),
            (
                "{:type :okay, :process 1}",
                "expected :invoke, :ok, :fail or :info as :type, found :okay",
            ),
            (
                "{:type :ok, :process 1, :f 5}",
                "expected a keyword as :f, found 5",
            ),
            (
                "{:type :ok",
                "column 11: expected } of the { in line 6, column 1, found the end",
            ),
        ] {
            let error = History::read(&format!("{LINES}{line}")).unwrap_err();
            assert_eq!(error.to_string(), format!("line 6: {why}"));
        }
    }
}
