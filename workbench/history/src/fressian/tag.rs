//! What a tag makes of the values behind it: the built-in ones of Fressian, those of
//! Clojure's data.fressian, and those of Jepsen's `store/fressian.clj`.

use std::sync::Arc;

use super::input::ReadError;
use super::number;
use super::value::{Reader, map};
use crate::edn::{self, Value};
use crate::names;

/// The tag of an operation, which has its fields without their names.
const OP: &str = "jepsen.history.Op";
const OP_FIELDS: [&str; 6] = ["index", "time", "type", "process", "f", "value"];

impl Reader<'_> {
    /// The value of a tag, with so many values behind it if nobody knows better.
    pub(super) fn tagged(
        &mut self,
        tag: &str,
        fields: usize,
        depth: usize,
    ) -> Result<Value, ReadError> {
        let (at, depth) = (self.at(), depth + 1);
        Ok(match tag {
            "key" => Value::Keyword(names::name(&edn::name(&self.name(depth)?))),
            "sym" => symbol(self.name(depth)?),
            "map" => match self.value(depth)? {
                Value::Vector(items) => map(at, &items)?,
                other => {
                    return Err(ReadError::new(
                        at,
                        "a list of keys and values",
                        other.brief(),
                    ));
                }
            },
            "set" | "persistent-hash-set" | "persistent-sorted-set" => {
                Value::Set(self.list(depth)?)
            }
            "vec" => Value::Vector(self.list(depth)?),
            "map-entry" => Value::Vector([self.value(depth)?, self.value(depth)?].into()),
            OP => self.op(fields, depth + 1)?,
            "record" => {
                let class = self.expect("a record's class", depth, |value| match value {
                    Value::Symbol(name) | Value::Str(name) => Ok(name),
                    other => Err(other),
                })?;
                Value::tagged(tag_name(&class), self.value(depth)?)
            }
            "char" => Value::Char(self.expect("a character's code", depth, |value| {
                let code = value.as_int().and_then(|code| u32::try_from(code).ok());
                let code = code.ok_or(value)?;
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            })?),
            "byte" => self.value(depth)?,
            "int[]" | "long[]" | "float[]" | "double[]" | "boolean[]" | "Object[]" => {
                Value::Vector(self.array(depth)?.into())
            }
            "bigint" => self.integer(depth)?,
            "bigdec" => {
                let unscaled = self.integer(depth)?;
                let scale = self.expect("a scale", depth, int)?;
                Value::Float(number::decimal(&unscaled, scale).unwrap_or(f64::NAN))
            }
            "ratio" => {
                let part = |value: Value| number::float(&value).ok_or(value);
                let numerator = self.expect("a numerator", depth, part)?;
                Value::Float(numerator / self.expect("a denominator", depth, part)?)
            }
            "inst" => {
                let time = self.expect("milliseconds", depth, int)?;
                Value::tagged("inst", number::date(time).into())
            }
            "uuid" => {
                let digits = self.expect("the 16 bytes of a UUID", depth, |value| {
                    let digits = hexadecimal(&value).filter(|digits| digits.len() == 32);
                    digits.map(str::to_owned).ok_or(value)
                })?;
                let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
                Value::tagged("uuid", parts.join("-").into())
            }
            "regex" => self.value(depth)?,
            "uri" => Value::tagged("uri", self.value(depth)?),
            "instant" => Value::tagged("inst", self.value(depth)?),
            "throwable" => Value::tagged("error", self.value(depth)?),
            _ => {
                self.copy(at, tag.len())?;
                let value = match fields {
                    1 => self.value(depth)?,
                    _ => self.fields(fields, depth + 1)?,
                };
                Value::tagged(tag_name(tag), value)
            }
        })
    }

    /// A value of which something is made, or that is given back.
    fn expect<T>(
        &mut self,
        what: &str,
        depth: usize,
        make: impl FnOnce(Value) -> Result<T, Value>,
    ) -> Result<T, ReadError> {
        let at = self.at();
        make(self.value(depth)?).map_err(|other| ReadError::new(at, what, other.brief()))
    }

    /// A list; nil is one without items.
    fn list(&mut self, depth: usize) -> Result<Arc<[Value]>, ReadError> {
        self.expect("a list", depth, |value| match value {
            Value::Vector(items) => Ok(items),
            Value::Nil => Ok(Arc::default()),
            other => Err(other),
        })
    }

    fn fields(&mut self, count: usize, depth: usize) -> Result<Value, ReadError> {
        (0..count).map(|_| self.value(depth)).collect()
    }

    /// The namespace, which may be nil, and the name of a keyword or a symbol.
    fn name(&mut self, depth: usize) -> Result<String, ReadError> {
        let text = |value| match value {
            Value::Nil => Ok(None),
            Value::Str(text) => Ok(Some(text)),
            other => Err(other),
        };
        let namespace = self.expect("a namespace", depth, text)?;
        let name = self.expect("a name", depth, text)?.unwrap_or_default();
        Ok(match namespace {
            Some(namespace) => format!("{namespace}/{name}"),
            None => name.to_string(),
        })
    }

    fn integer(&mut self, depth: usize) -> Result<Value, ReadError> {
        self.expect("the bytes of an integer, 1024 at most", depth, |value| {
            let digits = hexadecimal(&value).unwrap_or("none");
            let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok();
            let bytes: Option<Vec<u8>> = digits.as_bytes().chunks(2).map(byte).collect();
            bytes.and_then(|bytes| number::integer(&bytes)).ok_or(value)
        })
    }

    fn op(&mut self, fields: usize, depth: usize) -> Result<Value, ReadError> {
        if fields != OP_FIELDS.len() + 1 {
            let expected = "7 fields of an operation";
            return Err(ReadError::new(self.at(), expected, fields));
        }
        let mut entries = Vec::with_capacity(fields);
        for name in OP_FIELDS {
            entries.push((Value::keyword(name), self.value(depth)?));
        }
        let more = self.expect("further keys of an operation", depth, |value| match value {
            Value::Map(more) => Ok(more),
            Value::Nil => Ok(Arc::default()),
            other => Err(other),
        })?;
        entries.extend_from_slice(&more);
        Ok(Value::tagged(OP, Value::Map(entries.into())))
    }
}

fn int(value: Value) -> Result<i64, Value> {
    value.as_int().ok_or(value)
}

/// The digits of what were bytes.
fn hexadecimal(value: &Value) -> Option<&str> {
    match value {
        Value::Tagged(bytes) if bytes.tag == "bytes" => bytes.value.as_str(),
        _ => None,
    }
}

/// A symbol; of a name that EDN reads as something else, the text.
fn symbol(name: String) -> Value {
    match edn::read(&name) {
        Ok(Value::Symbol(read)) if *read == *name => Value::Symbol(read),
        _ => name.into(),
    }
}

/// A tag as EDN has them: it begins with a letter.
fn tag_name(tag: &str) -> String {
    let name = edn::name(tag);
    match name.starts_with(char::is_alphabetic) {
        true => name.into_owned(),
        false => format!("tag/{name}"),
    }
}
