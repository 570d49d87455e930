//! Operations from maps, whatever is odd about them: indices and times that are missing
//! or no integers, clients with names, values that are left out.

use std::borrow::Cow;

use super::{Format, Found, HistoryError, Place, clients};
use crate::edn::{self, Item, Key, Value};
use crate::{History, Op, OpType, Process, names};

/// The keys of operations, and the types, as what is compared with.
const INDEX: Option<u64> = Some(names::named("index"));
const TIME: Option<u64> = Some(names::named("time"));
const TYPE: Option<u64> = Some(names::named("type"));
const PROCESS: Option<u64> = Some(names::named("process"));
const F: Option<u64> = Some(names::named("f"));
const VALUE: Option<u64> = Some(names::named("value"));
const INVOKE: Option<u64> = Some(names::named("invoke"));
const OK: Option<u64> = Some(names::named("ok"));
const FAIL: Option<u64> = Some(names::named("fail"));
const INFO: Option<u64> = Some(names::named("info"));

/// An operation as far as it is read.
pub(super) struct Draft {
    pub(super) op: Op,
    /// Where it is.
    pub(super) place: Place,
    /// Who did it, as it is written; none if that is left out.
    pub(super) client: Option<Value>,
    has_index: bool,
}

/// Operations as far as they are read, in their order.
#[derive(Default)]
pub(super) struct Drafts {
    pub(super) ops: Vec<Op>,
    /// Where each is.
    pub(super) places: Vec<Place>,
    /// Who did those of which no number says it, nor that it was the nemesis.
    pub(super) named: Vec<(usize, Option<Value>)>,
    /// How many have an index.
    indexed: usize,
}

impl Drafts {
    fn push(&mut self, draft: Draft) {
        let Draft {
            mut op,
            place,
            client,
            has_index,
        } = draft;
        match client {
            Some(Value::Int(number)) => op.process = Process::Client(number),
            Some(Value::Keyword(name)) if name == "nemesis" => op.process = Process::Nemesis,
            Some(Value::Str(name)) if name.trim_start_matches(':') == "nemesis" => {
                op.process = Process::Nemesis;
            }
            other => self.named.push((self.ops.len(), other)),
        }
        self.ops.push(op);
        self.places.push(place);
        self.indexed += usize::from(has_index);
    }
}

/// Why an operation was not taken, or not read; in no more room than that needs, since few
/// are.
pub(super) struct Refused(Box<HistoryError>);

impl From<HistoryError> for Refused {
    fn from(e: HistoryError) -> Self {
        Refused(Box::new(e))
    }
}

impl From<Box<edn::ReadError>> for Refused {
    fn from(e: Box<edn::ReadError>) -> Self {
        HistoryError::line(e.line, e.in_line()).into()
    }
}

impl From<Refused> for HistoryError {
    fn from(Refused(e): Refused) -> Self {
        *e
    }
}

/// Takes operations, one after the other.
#[derive(Default)]
pub(super) struct Reader {
    drafts: Drafts,
}

impl Draft {
    /// One of this type; what else there is of it comes later.
    pub(super) fn new(place: Place, typ: OpType) -> Self {
        let op = Op {
            index: 0,
            time: 0,
            typ,
            process: Process::Nemesis,
            f: Cow::Borrowed(""),
            value: Value::Nil,
            extra: Vec::new(),
        };
        Draft {
            op,
            place,
            client: None,
            has_index: false,
        }
    }

    fn from_map(place: Place, value: &Value) -> Result<Self, String> {
        let entries = match value {
            Value::Map(entries) => entries,
            Value::Tagged(record) => return Draft::from_map(place, &record.value),
            other => {
                return Err(format!(
                    "expected an operation, a map, found {}",
                    other.brief()
                ));
            }
        };
        let mut fields = Fields::new(place);
        for (key, value) in entries.iter() {
            fields.entry(key, value.clone());
        }
        fields.draft()
    }

    fn take(&mut self, key: &str, value: Value) -> Result<(), String> {
        match (names::word(key.as_bytes()), value) {
            (TYPE, _) => {}
            (INDEX, Value::Int(index)) if index >= 0 => {
                self.op.index = index as usize;
                self.has_index = true;
            }
            (TIME, Value::Int(time)) => self.op.time = time,
            (TIME, Value::Float(time)) => self.op.time = time as i64,
            // One that is none says nothing.
            (INDEX | TIME, _) => {}
            (PROCESS, Value::Nil) => {}
            (PROCESS, client) => self.client = Some(client),
            (F, Value::Nil) => {}
            (F, value) => match named(&value) {
                Some(name) => self.op.f = function(name),
                None => {
                    return Err(format!("expected a keyword as :f, found {}", value.brief()));
                }
            },
            (VALUE, value) => self.op.value = value,
            (_, value) => (self.op.extra).push((edn::name(key).into_owned(), value)),
        }
        Ok(())
    }
}

/// The entries of an operation's map, as they are met. What is said of one that is none:
/// first that its type is missing or none, then what else is wrong first.
struct Fields {
    draft: Draft,
    typ: Option<Result<OpType, String>>,
    is_results: bool,
    wrong: Option<String>,
}

impl Fields {
    fn new(place: Place) -> Self {
        Fields {
            draft: Draft::new(place, OpType::Invoke),
            typ: None,
            is_results: false,
            wrong: None,
        }
    }

    fn entry(&mut self, key: &Value, value: Value) {
        match name(key) {
            Some(name) => self.take(name, value),
            None => {
                let why = || format!("expected a keyword as key, found {}", key.brief());
                self.wrong.get_or_insert_with(why);
            }
        }
    }

    fn take(&mut self, key: &str, value: Value) {
        match key {
            "type" if self.typ.is_none() => self.typ = Some(op_type(&value)),
            key => {
                self.is_results |= key == "valid?";
                if self.wrong.is_none() {
                    self.wrong = self.draft.take(key, value).err();
                }
            }
        }
    }

    /// Takes a value that is a keyword.
    fn take_name(&mut self, key: &str, said: &str) {
        let name = said.strip_prefix(':').unwrap_or(said);
        match (names::word(key.as_bytes()), type_named(name)) {
            (TYPE, Some(typ)) if self.typ.is_none() => self.typ = Some(Ok(typ)),
            (F, _) if self.wrong.is_none() => self.draft.op.f = function(name),
            _ => self.take(key, Value::Keyword(names::name(said))),
        }
    }

    fn draft(self) -> Result<Draft, String> {
        let mut draft = self.draft;
        draft.op.typ = match self.typ {
            Some(typ) => typ?,
            None if self.is_results => {
                return Err(
                    "expected an operation with a :type, found results: they have :valid?; the \
                     history is in another file"
                        .into(),
                );
            }
            None => return Err("expected a :type, found none".into()),
        };
        self.wrong.map_or(Ok(draft), Err)
    }
}

/// The name that a key is.
fn name(key: &Value) -> Option<&str> {
    match key {
        Value::Symbol(_) => None,
        key => named(key),
    }
}

/// The name that a value is, as a keyword or as a text, such as JSON has.
fn named(value: &Value) -> Option<&str> {
    let name = value.as_name()?;
    Some(name.strip_prefix(':').unwrap_or(name))
}

fn op_type(typ: &Value) -> Result<OpType, String> {
    type_named(named(typ).unwrap_or_default()).ok_or_else(|| {
        format!(
            "expected :invoke, :ok, :fail or :info as :type, found {}",
            typ.brief()
        )
    })
}

pub(super) fn type_named(name: &str) -> Option<OpType> {
    match names::word(name.as_bytes()) {
        INVOKE => Some(OpType::Invoke),
        OK => Some(OpType::Ok),
        FAIL => Some(OpType::Fail),
        INFO => Some(OpType::Info),
        _ => None,
    }
}

/// The function of an operation, by its name.
pub(super) fn function(name: &str) -> Cow<'static, str> {
    match names::usual(name) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(edn::name(name).into_owned()),
    }
}

impl Reader {
    /// Takes an operation as a map.
    ///
    /// # Errors
    /// What it should be.
    pub(super) fn map(&mut self, place: Place, value: Value) -> Result<(), HistoryError> {
        let draft = Draft::from_map(place, &value).map_err(|why| HistoryError { place, why })?;
        self.drafts.push(draft);
        Ok(())
    }

    /// Takes an operation that is being read from EDN.
    ///
    /// # Errors
    /// What it should be, or what is no EDN.
    pub(super) fn item(&mut self, line: usize, item: Item<'_, '_>) -> Result<(), Refused> {
        let mut entries = match item {
            Item::Map(entries) => entries,
            Item::Value(value) => return Ok(self.map(Place::Line(line), value)?),
        };
        let mut fields = Fields::new(Place::Line(line));
        while let Some(key) = entries.key()? {
            let name = match &key {
                Key::Name(name) => name.strip_prefix(':').unwrap_or(name),
                Key::Value(key) => {
                    fields.entry(key, entries.value()?);
                    continue;
                }
            };
            match entries.keyword()? {
                Some(said) => fields.take_name(name, said),
                None => fields.take(name, entries.value()?),
            }
        }
        let draft = (fields.draft()).map_err(|why| HistoryError::line(line, why))?;
        self.drafts.push(draft);
        Ok(())
    }

    /// How many it has taken.
    pub(super) fn count(&self) -> usize {
        self.drafts.ops.len()
    }

    pub(super) fn draft(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// The history.
    ///
    /// # Errors
    /// The first operation of which nobody says who did it, if it is said of others.
    pub(super) fn finish(mut self, format: Format) -> Result<Found, HistoryError> {
        let mut notes = Vec::new();
        self.number(&mut notes);
        clients::name(&mut self.drafts, &mut notes)?;
        let mut ops = self.drafts.ops;
        ops.shrink_to_fit();
        Ok(Found {
            history: History::new(ops),
            format,
            notes,
        })
    }

    /// Gives operations their places as indices, unless they have ones that ascend.
    fn number(&mut self, notes: &mut Vec<String>) {
        let Drafts { ops, indexed, .. } = &mut self.drafts;
        let ascend = |pair: &[Op]| pair[0].index < pair[1].index;
        if *indexed == ops.len() && ops.windows(2).all(ascend) {
            return;
        }
        if *indexed > 0 {
            notes.push(
                "indices are missing or do not ascend, so operations are numbered by their places"
                    .into(),
            );
        }
        for (place, op) in ops.iter_mut().enumerate() {
            op.index = place;
        }
    }
}
