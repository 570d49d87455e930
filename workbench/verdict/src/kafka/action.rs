//! What clients did to the logs, read from a history: sends, polls and
//! assignments that ended, with keys and messages as small numbers.

use history::edn::{Numbers, Value};
use history::{History, Op, OpType, Process};

/// The number of a key, in the order in which keys appear.
pub(super) type Key = usize;
/// The number of a message among those of its key.
pub(super) type Message = usize;

/// A message and its place in the log, if that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) offset: Option<i64>,
    pub(super) message: Message,
}

/// The records of one key that an action sent or polled, in its order.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) key: Key,
    pub(super) records: Vec<Record>,
}

/// The end of an operation on the logs.
#[derive(Debug)]
pub(super) struct Action<'a> {
    pub(super) op: &'a Op,
    /// Where it ends in the history.
    pub(super) place: usize,
    pub(super) process: i64,
    /// The keys that it assigns, if it does that.
    pub(super) assigned: Option<Vec<Key>>,
    pub(super) sent: Vec<Batch>,
    pub(super) polled: Vec<Batch>,
}

impl Action<'_> {
    pub(super) fn is_ok(&self) -> bool {
        self.op.typ == OpType::Ok
    }
}

/// All actions of a history, in its order.
#[derive(Debug, Default)]
pub(super) struct Actions<'a> {
    pub(super) list: Vec<Action<'a>>,
    keys: Numbers<'a>,
    /// Each key's messages.
    messages: Vec<Numbers<'a>>,
}

impl<'a> Actions<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// The first operation that is of another shape than kafka's.
    pub(super) fn read(history: &'a History) -> Result<Self, String> {
        let mut actions = Actions::default();
        for (place, op) in history.clients() {
            let Process::Client(process) = op.process else {
                continue;
            };
            if op.typ == OpType::Invoke {
                continue;
            }
            let mut action = Action {
                op,
                place,
                process,
                assigned: None,
                sent: Vec::new(),
                polled: Vec::new(),
            };
            let read = match &*op.f {
                // Whoever subscribes anew begins anew, as with an assignment.
                "assign" | "subscribe" => actions.read_assignment(op, &mut action),
                "send" | "poll" | "txn" => actions.read_steps(op, &mut action),
                _ => continue,
            };
            read.map_err(|why| format!("operation {} is none of kafka's: {why}", op.index))?;
            actions.list.push(action);
        }
        Ok(actions)
    }

    fn read_assignment(&mut self, op: &'a Op, action: &mut Action<'_>) -> Result<(), String> {
        let keys = items(&op.value, "the keys that it assigns")?;
        action.assigned = Some(keys.iter().map(|key| self.key(key)).collect());
        Ok(())
    }

    fn read_steps(&mut self, op: &'a Op, action: &mut Action<'_>) -> Result<(), String> {
        for step in items(&op.value, "a list of sends and polls")? {
            let parts = items(step, "a send or a poll")?;
            let (Some(Value::Keyword(f)), arguments) = (parts.first(), parts.get(1..)) else {
                return Err(format!("expected a send or a poll, found {step}"));
            };
            match (&**f, arguments.unwrap_or_default()) {
                ("send", [key, sent]) => {
                    let key = self.key(key);
                    // What came back is the offset as well.
                    let record = match sent {
                        Value::Vector(pair) => self.record(key, pair)?,
                        message => Record {
                            offset: None,
                            message: self.message(key, message),
                        },
                    };
                    let before = action.sent.len();
                    batch(&mut action.sent, before, key, 1).push(record);
                }
                ("poll", []) => {}
                ("poll", [polled, ..]) => self.read_poll(polled, action)?,
                _ => return Err(format!("expected a send or a poll, found {step}")),
            }
        }
        Ok(())
    }

    fn read_poll(&mut self, polled: &'a Value, action: &mut Action<'_>) -> Result<(), String> {
        let logs = match polled {
            Value::Nil => return Ok(()),
            Value::Map(logs) => logs,
            other => return Err(format!("expected a map of what is polled, found {other}")),
        };
        // The keys of one poll differ, and there may be many.
        let before = action.polled.len();
        action.polled.reserve_exact(logs.len());
        for (key, pairs) in logs.iter() {
            let key = self.key(key);
            let pairs = items(pairs, "a list of offsets and messages")?;
            let records = batch(&mut action.polled, before, key, pairs.len());
            for pair in pairs {
                let pair = items(pair, "an offset and a message")?;
                records.push(self.record(key, pair)?);
            }
        }
        Ok(())
    }

    fn record(&mut self, key: Key, pair: &'a [Value]) -> Result<Record, String> {
        let [offset, message] = pair else {
            let pair = Value::Vector(pair.into());
            return Err(format!("expected an offset and a message, found {pair}"));
        };
        let offset = match offset {
            Value::Nil => None,
            Value::Int(offset) => Some(*offset),
            other => return Err(format!("expected an integer as offset, found {other}")),
        };
        let message = self.message(key, message);
        Ok(Record { offset, message })
    }

    fn key(&mut self, name: &'a Value) -> Key {
        let key = self.keys.number(name) as Key;
        if key == self.messages.len() {
            self.messages.push(Numbers::default());
        }
        key
    }

    fn message(&mut self, key: Key, value: &'a Value) -> Message {
        self.messages[key].number(value) as Message
    }

    /// The name of each key.
    pub(super) fn keys(&self) -> &[&'a Value] {
        self.keys.values()
    }

    /// A key's messages.
    pub(super) fn messages(&self, key: Key) -> &[&'a Value] {
        self.messages[key].values()
    }
}

/// Those of a key, which may be among the first `known` batches; with room for more.
fn batch(batches: &mut Vec<Batch>, known: usize, key: Key, more: usize) -> &mut Vec<Record> {
    let mut known = batches.iter().take(known);
    let place = known.position(|batch| batch.key == key);
    let place = place.unwrap_or_else(|| {
        if batches.is_empty() {
            batches.reserve_exact(1);
        }
        let records = Vec::with_capacity(more);
        batches.push(Batch { key, records });
        batches.len() - 1
    });
    &mut batches[place].records
}

fn items<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], String> {
    match value {
        Value::Nil => Ok(&[]),
        value => (value.items()).ok_or_else(|| format!("expected {what}, found {value}")),
    }
}
