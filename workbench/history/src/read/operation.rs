//! Operations from maps, whatever is odd about them: indices and times that are missing
//! or no integers, clients with names, values that are left out.

use std::borrow::Cow;

use super::{Format, Found, HistoryError, Place, clients};
use crate::edn::{self, Item, Key, Value};
use crate::{History, Op, OpType, Process, names};

/// An operation as far as it is read.
pub(super) struct Draft {
    pub(super) op: Op,
    /// Where it is.
    pub(super) place: Place,
    /// Who did it, as it is written; none if that is left out.
    pub(super) client: Option<Value>,
    has_index: bool,
    has_value: bool,
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
    drafts: Vec<Draft>,
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
            has_value: false,
        }
    }

    pub(super) fn value(&mut self, value: Value) {
        self.op.value = value;
        self.has_value = true;
    }

    fn from_map(place: Place, value: Value) -> Result<Self, String> {
        let entries = match value {
            Value::Map(entries) => entries,
            Value::Tagged(_, value) => return Draft::from_map(place, *value),
            other => {
                return Err(format!(
                    "expected an operation, a map, found {}",
                    other.brief()
                ));
            }
        };
        let mut fields = Fields::new(place);
        for (key, value) in entries {
            fields.entry(&key, value);
        }
        fields.draft()
    }

    fn take(&mut self, key: &str, value: Value) -> Result<(), String> {
        match (key, value) {
            ("type", _) => {}
            ("index", Value::Int(index)) if index >= 0 => {
                self.op.index = index as usize;
                self.has_index = true;
            }
            ("time", Value::Int(time)) => self.op.time = time,
            ("time", Value::Float(time)) => self.op.time = time as i64,
            // One that is none says nothing.
            ("index" | "time", _) => {}
            ("process", Value::Nil) => {}
            ("process", client) => self.client = Some(client),
            ("f", Value::Nil) => {}
            ("f", value) => match named(&value) {
                Some(name) => self.op.f = names::name(&edn::name(name)),
                None => {
                    return Err(format!("expected a keyword as :f, found {}", value.brief()));
                }
            },
            ("value", value) => self.value(value),
            (key, value) => (self.op.extra).push((edn::name(key).into_owned(), value)),
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
    let all = [OpType::Invoke, OpType::Ok, OpType::Fail, OpType::Info];
    all.into_iter().find(|typ| typ.name() == name)
}

impl Reader {
    /// Takes an operation as a map.
    ///
    /// # Errors
    /// What it should be.
    pub(super) fn map(&mut self, place: Place, value: Value) -> Result<(), HistoryError> {
        let draft = Draft::from_map(place, value).map_err(|why| HistoryError { place, why })?;
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
            let value = entries.value()?;
            match key {
                Key::Name(name) => fields.take(name.strip_prefix(':').unwrap_or(name), value),
                Key::Value(key) => fields.entry(&key, value),
            }
        }
        let draft = (fields.draft()).map_err(|why| HistoryError::line(line, why))?;
        self.drafts.push(draft);
        Ok(())
    }

    /// How many it has taken.
    pub(super) fn count(&self) -> usize {
        self.drafts.len()
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
        let ops = self.drafts.into_iter().map(|draft| draft.op);
        // They are where the drafts were, and those are larger.
        let mut ops: Vec<Op> = ops.collect();
        ops.shrink_to_fit();
        Ok(Found {
            history: History::new(ops),
            format,
            notes,
        })
    }

    /// Gives operations their places as indices, unless they have ones that ascend.
    fn number(&mut self, notes: &mut Vec<String>) {
        let ascend = |pair: &[Draft]| pair[0].op.index < pair[1].op.index;
        let have = self.drafts.iter().filter(|draft| draft.has_index).count();
        if have == self.drafts.len() && self.drafts.windows(2).all(ascend) {
            return;
        }
        if have > 0 {
            notes.push(
                "indices are missing or do not ascend, so operations are numbered by their places"
                    .into(),
            );
        }
        for (place, draft) in self.drafts.iter_mut().enumerate() {
            draft.op.index = place;
        }
    }
}
