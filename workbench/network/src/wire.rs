//! Messages as the network takes them: what Maelstrom asks of a line, and no
//! more than that.
//!
//! A message has `src`, `dest` and `body`, and the network's own `id`; a body is an
//! object. What two nodes write to each other in it is theirs: a `msg_id` may be a
//! text there, a `type` a number, or none. (A node written with maelstrom-node is
//! stricter with itself; it says with [`maelstrom_node::wire`] what it expects.)

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use history::edn::{Entries, JsonError, Value};

/// A message as its three parts, borrowed from its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Who sent it.
    pub src: Cow<'a, str>,
    /// Whom it is for.
    pub dest: Cow<'a, str>,
    /// What it says: an object, as JSON text.
    pub body: &'a str,
}

/// A line that is no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAMessage {
    /// It is not even text.
    #[error("not UTF-8 after byte {0}")]
    NotUtf8(usize),
    /// It is not JSON, or not JSON of this form.
    #[error(
        "{0}; expected one JSON object a line, like \
         {{\"src\":\"n1\",\"dest\":\"c1\",\"body\":{{\"type\":\"echo_ok\",\"in_reply_to\":1}}}}"
    )]
    NotThisForm(#[from] serde_json::Error),
}

/// The line as text, in which control characters within strings are escaped: a
/// plain tab there is no JSON, but Maelstrom lets it pass.
///
/// # Errors
/// When it is not UTF-8.
pub fn text(line: &[u8]) -> Result<Cow<'_, str>, NotAMessage> {
    let text = std::str::from_utf8(line).map_err(|e| NotAMessage::NotUtf8(e.valid_up_to()))?;
    if !line.iter().any(|byte| *byte < b' ') {
        return Ok(Cow::Borrowed(text));
    }
    let (mut within, mut escaped) = (false, false);
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if within && c < ' ' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        within ^= c == '"' && !escaped;
        escaped = within && c == '\\' && !escaped;
    }
    Ok(Cow::Owned(out))
}

impl<'a> Envelope<'a> {
    /// Reads a message. The body is `{}` if there is none.
    ///
    /// # Errors
    /// When it is not JSON, `src` or `dest` is no text or missing, the body is no
    /// object, or there is another key.
    pub fn parse(text: &'a str) -> Result<Self, NotAMessage> {
        Ok(serde_json::from_str(text)?)
    }
}

/// A message as a line, with its number.
pub fn line(id: u64, src: &str, dest: &str, body: &str) -> Vec<u8> {
    let (src, dest) = (Quoted(src), Quoted(dest));
    format!("{{\"id\":{id},\"src\":{src},\"dest\":{dest},\"body\":{body}}}").into_bytes()
}

/// A text as a JSON string.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        match self.0.bytes().all(is_plain) {
            true => write!(f, "\"{}\"", self.0),
            false => write!(f, "{}", serde_json::Value::from(self.0)),
        }
    }
}

/// A key or a name, borrowed unless it holds an escape.
#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvelopeVisitor;

        impl<'de> Visitor<'de> for EnvelopeVisitor {
            type Value = Envelope<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let (mut src, mut dest, mut body) = (None, None, "null");
                while let Some(Text(key)) = map.next_key()? {
                    let wrong = |e| de::Error::custom(format_args!("{key}: {e}"));
                    match &*key {
                        "src" => src = Some(map.next_value::<Text<'de>>().map_err(wrong)?.0),
                        "dest" => dest = Some(map.next_value::<Text<'de>>().map_err(wrong)?.0),
                        "body" => body = map.next_value::<&RawValue>()?.get(),
                        // The network gives it one of its own.
                        "id" => {
                            let id: &RawValue = map.next_value()?;
                            if !is_integer(id.get()) {
                                return Err(wrong(de::Error::custom("expected an integer")));
                            }
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            return Err(de::Error::custom(format_args!(
                                "{key:?} is no key of a message, which has just src, dest and \
                                 body; does it belong into the body?"
                            )));
                        }
                    }
                }
                let missing = |key| de::Error::custom(format_args!("{key} is missing"));
                Ok(Envelope {
                    src: src.ok_or_else(|| missing("src"))?,
                    dest: dest.ok_or_else(|| missing("dest"))?,
                    body: match body.as_bytes()[0] {
                        b'{' => body,
                        b'n' => "{}",
                        _ => return Err(de::Error::custom("body: expected an object")),
                    },
                })
            }
        }

        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

/// Whether a JSON value is a number without a fraction and an exponent.
fn is_integer(json: &str) -> bool {
    json.bytes()
        .all(|byte| byte == b'-' || byte.is_ascii_digit())
}

/// The body of a message: its keys and their values as JSON text, in the order of
/// the line.
#[derive(Debug, Default)]
pub struct Body<'a> {
    kind: Option<Cow<'a, str>>,
    fields: Entries<'a>,
}

impl<'a> Body<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(object: &'a str) -> Result<Self, serde_json::Error> {
        let mut body = Body {
            kind: None,
            fields: serde_json::from_str(object)?,
        };
        if let Some(kind) = body.get("type")
            && let Ok(Text(kind)) = serde_json::from_str(kind.get())
        {
            body.kind = Some(kind);
        }
        Ok(body)
    }

    /// Its `type`, if that is a text.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// All keys with their values.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.fields.0.iter().map(|(key, value)| (&**key, *value))
    }

    /// The value of a key; the last, if it came twice.
    pub fn get(&self, key: &str) -> Option<&'a RawValue> {
        let (_, value) = self.fields.0.iter().rev().find(|(name, _)| name == key)?;
        Some(value)
    }

    /// The same exactly, whatever the size of its numbers; `nil` if there is none.
    ///
    /// # Errors
    /// When it is nested too deep for a history.
    pub fn value(&self, key: &str) -> Result<Value, JsonError> {
        self.get(key)
            .map_or(Ok(Value::Nil), |value| Value::parse_json(value.get()))
    }

    /// The value of a key, if that is an integer that an `i64` holds.
    pub fn integer(&self, key: &str) -> Option<i64> {
        self.get(key)?.get().parse().ok()
    }

    /// Whether it has the key, and there an integer, be it ever so large.
    pub fn has_integer(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| is_integer(value.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the network hands on of a line, or why it is none.
    fn handed_on(line: &[u8]) -> String {
        let parsed = text(line).and_then(|text| {
            let Envelope { src, dest, body } = Envelope::parse(&text)?;
            Ok(String::from_utf8(self::line(7, &src, &dest, body)).unwrap())
        });
        parsed.unwrap_or_else(|why| why.to_string())
    }

    #[test]
    fn bodies_are_handed_on_as_they_are() {
        for body in [
            r#"{"type":"gossip","msg_id":"a1"}"#,
            r#"{"type":7,"in_reply_to":[1,{"b":2.5}]}"#,
            r#"{"type":null, "msg_id":-1 }"#,
            r#"{"n":123456789012345678901234567890,"e":1e400,"s":"\ud800\u00e9"}"#,
            "{}",
        ] {
            let line = format!(r#"{{"src":"n1","dest":"n2","body":{body}}}"#);
            let expected = format!(r#"{{"id":7,"src":"n1","dest":"n2","body":{body}}}"#);
            assert_eq!(handed_on(line.as_bytes()), expected);
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
        let line = format!(r#"{{"src":"n1","dest":"n2","body":{deep}}}"#);
        assert!(handed_on(line.as_bytes()).ends_with(&format!("{deep}}}")));
    }

    #[test]
    fn no_body_is_an_empty_one_and_an_id_is_replaced() {
        let expected = r#"{"id":7,"src":"n1","dest":"n\"2","body":{}}"#;
        for line in [
            r#"{"src":"n1","dest":"n\u00222"}"#,
            r#" {"dest":"n\"2" ,"body": null, "src":"n1"} "#,
            r#"{"id":12345678901234567890123,"src":"n0","dest":"n\"2","src":"n1","body":{}}"#,
        ] {
            assert_eq!(handed_on(line.as_bytes()), expected);
        }
    }

    #[test]
    fn control_characters_in_strings_are_escaped() {
        assert_eq!(
            handed_on(
                b"{\"src\":\"n1\",\t\"dest\":\"n2\",\"body\":{\"a\\\\\":\"b\tc\\\"\x01\"}}\r"
            ),
            r#"{"id":7,"src":"n1","dest":"n2","body":{"a\\":"b\u0009c\"\u0001"}}"#
        );
    }

    #[test]
    fn what_is_no_message_is_said_and_what_was_expected() {
        let end = r#"; expected one JSON object a line, like {"src":"n1","dest":"c1","body":{"type":"echo_ok","in_reply_to":1}}"#;
        for (line, why) in [
            (
                r#"{"src":"n1","dest":"n2","body":{},"type":"gossip"}"#,
                "\"type\" is no key of a message, which has just src, dest and body; does it belong into the body? at line 1 column 50",
            ),
            (
                r#"{"src":"n1","dest":"n2","body":{},"id":"x"}"#,
                "id: expected an integer at line 1 column 43",
            ),
            (
                r#"{"src":"n1","body":{}}"#,
                "dest is missing at line 1 column 22",
            ),
            (
                r#"{"src":1,"dest":"n2","body":{}}"#,
                "src: invalid type: integer `1`, expected a string at line 1 column 8",
            ),
            (
                r#"{"src":"n1","dest":null,"body":{}}"#,
                "dest: invalid type: null, expected a string at line 1 column 23",
            ),
            (
                r#"{"src":"n1","dest":"n2","body":"hello"}"#,
                "body: expected an object at line 1 column 39",
            ),
            (
                r#"{"src":"n1","dest":"n2","body":{}}{}"#,
                "trailing characters at line 1 column 35",
            ),
            (
                "[1]",
                "invalid type: sequence, expected an object at line 1 column 0",
            ),
            ("got it!", "expected value at line 1 column 1"),
        ] {
            let found = handed_on(line.as_bytes());
            assert_eq!(found.strip_suffix(end), Some(why), "{line}: {found}");
        }
        assert_eq!(handed_on(b"{\"a\xff\"}"), "not UTF-8 after byte 3");
    }

    #[test]
    fn bodies_are_read_exactly() {
        let body = r#"{"type":"x","a":18446744073709551617,"b":1.50,"a":-0,"msg_id":1e3}"#;
        let body = Body::parse(body).unwrap();
        assert_eq!(body.kind(), Some("x"));
        assert_eq!(body.get("a").unwrap().get(), "-0");
        assert_eq!((body.integer("a"), body.integer("b")), (Some(0), None));
        assert_eq!(body.fields().count(), 5);
        assert!(body.has_integer("a") && !body.has_integer("msg_id") && !body.has_integer("c"));
        assert_eq!(Body::parse(r#"{"type":1}"#).unwrap().kind(), None);
    }
}
