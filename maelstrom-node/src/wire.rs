//! Messages as they stand on the wire: one JSON object a line,
//! `{"src", "dest", "body"}`, and in the body `type`, `msg_id`, `in_reply_to`
//! and whatever belongs to the type.
//!
//! A line is scanned once. [`Message::parse`] reads the envelope and the three
//! head keys of the body; every other key is kept as the text it came as,
//! borrowed from the line, until the type says what it should be. Then
//! [`Body::decode`] turns just these texts into the request. (Serde's
//! `flatten` and `tag` would first build a tree of every body, and lose big
//! integers on the way; keeping the body as one raw text would mean to scan it
//! three times.)
//!
//! A set of messages is a plain enum, one variant a type, without
//! `#[serde(tag)]`: the name of the variant is the `type`, its fields are the
//! other keys. A plain struct stands for any type that has its fields.

mod decode;
mod encode;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use decode::DecodeError;
pub use encode::EncodeError;
pub(crate) use encode::{Address, prefix, write_message};

/// A message, borrowed from its line.
#[derive(Debug, serde::Deserialize)]
pub struct Message<'a> {
    /// Who sent it.
    #[serde(borrow)]
    pub src: Cow<'a, str>,
    /// Whom it is for.
    #[serde(borrow)]
    pub dest: Cow<'a, str>,
    /// What it says.
    #[serde(borrow)]
    pub body: Body<'a>,
}

/// A line that is no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not even text.
    #[error("not UTF-8 after byte {0}")]
    NotUtf8(usize),
    /// It is not JSON, or not JSON of this form.
    #[error(
        "{0}; expected one JSON object a line, like \
         {{\"src\":\"c1\",\"dest\":\"n1\",\"body\":{{\"type\":\"echo\",\"msg_id\":1}}}}"
    )]
    NotAMessage(#[from] serde_json::Error),
}

impl<'a> Message<'a> {
    /// Reads a line, with or without its newline.
    ///
    /// # Errors
    /// When it is not UTF-8, not JSON, lacks one of the three keys, or when
    /// its body's head keys are not of their type (`type` a string, the ids
    /// integers from 0 to 2^64 - 1). Unknown keys are no error.
    pub fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(line).map_err(|e| ParseError::NotUtf8(e.valid_up_to()))?;
        Ok(serde_json::from_str(text)?)
    }
}

/// The body of a message: its head keys, and the others as they came.
#[derive(Debug, Default)]
pub struct Body<'a> {
    /// The key `type`, if it is there.
    pub kind: Option<Cow<'a, str>>,
    /// The sender's number for this request, if it wants an answer.
    pub msg_id: Option<u64>,
    /// The `msg_id` of the request that this answers.
    pub in_reply_to: Option<u64>,
    /// The other keys with their values' text, in the order of the line.
    pub(crate) fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Body<'a> {
    /// The keys other than the three head keys with their values as JSON text,
    /// in the order of the line.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.iter().map(|(key, value)| (&**key, *value))
    }

    /// The value of one of these keys as JSON text; the last, if it came twice.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        let (_, value) = self.fields.iter().rev().find(|(name, _)| name == key)?;
        Some(value)
    }
}

/// A key, borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// A head key's value, an error in which names the key.
fn head<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    key: &str,
) -> Result<T, A::Error> {
    map.next_value()
        .map_err(|e| de::Error::custom(format_args!("body.{key}: {e}")))
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;

        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the body, an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body<'de>, A::Error> {
                let mut body = Body::default();
                while let Some(Key(key)) = map.next_key()? {
                    match &*key {
                        "type" => body.kind = Some(head::<A, Key>(&mut map, "type")?.0),
                        "msg_id" => body.msg_id = head(&mut map, "msg_id")?,
                        "in_reply_to" => body.in_reply_to = head(&mut map, "in_reply_to")?,
                        _ => body.fields.push((key, map.next_value()?)),
                    }
                }
                Ok(body)
            }
        }

        deserializer.deserialize_map(BodyVisitor)
    }
}
