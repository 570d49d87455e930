//! JSON values of clients, which a node keeps, compares and hands on, whatever they are.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

/// How deep a [`Json`] may be nested: `[[1]]` is nested two deep. Parsers have limits (that of
/// serde_json is 128), and what carries a value, such as a message between two nodes or a
/// snapshot, nests it deeper: what the first node takes, all must be able to read.
pub const MAX_NESTING: usize = 64;

/// Any JSON value up to [`MAX_NESTING`] deep, kept as the text that it came as: numbers of any
/// length come back as they were written. Cheap to clone.
///
/// Two are equal if they are the same value: spaces, escapes and the order of an object's
/// entries do not matter, nor how a fraction is written. But `1` is not `1.0`, as in
/// Maelstrom's own stores.
///
/// ```
/// use maelstrom_node::Json;
///
/// let json = |text: &str| text.parse::<Json>();
/// let big = json("18446744073709551617")?;
/// assert_eq!(big.as_str(), "18446744073709551617");
/// assert_ne!(big, json("18446744073709551616")?);
/// assert_eq!(json(r#"{"a": 1, "b": 0.50}"#)?, json(r#"{"b":5e-1,"a":1}"#)?);
/// assert_ne!(json("1")?, json("1.0")?);
/// # Ok::<(), maelstrom_node::JsonError>(())
/// ```
#[derive(Clone)]
pub struct Json {
    text: Rc<RawValue>,
    /// The one text of all values that are equal to this, if it is another.
    normal: Option<Rc<str>>,
}

/// A text that is no [`Json`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is nested too deep.
    #[error("expected a value nested {MAX_NESTING} deep at most, found one nested {0} deep")]
    TooDeep(usize),
    /// It is no JSON, or holds a number beyond what a double holds.
    #[error("expected JSON: {0}")]
    NotJson(#[from] serde_json::Error),
}

impl Json {
    /// `null`.
    pub fn null() -> Self {
        Json {
            text: Rc::from(RawValue::NULL.to_owned()),
            normal: None,
        }
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.as_str() == "null"
    }

    /// Its text, as it came.
    pub fn as_str(&self) -> &str {
        self.text.get()
    }

    /// The text that it shares with all values that are equal to it, and with no others: what
    /// to sort and find it by.
    pub fn normal(&self) -> &str {
        self.normal.as_deref().unwrap_or(self.as_str())
    }
}

impl FromStr for Json {
    type Err = JsonError;

    fn from_str(text: &str) -> Result<Self, JsonError> {
        let text = text.trim_ascii();
        let depth = nesting(text);
        if depth > MAX_NESTING {
            return Err(JsonError::TooDeep(depth));
        }
        let mut normal = String::with_capacity(text.len());
        normalize(text, &mut normal)?;
        Ok(Json {
            normal: (normal != text).then(|| normal.into()),
            text: Rc::from(RawValue::from_string(text.to_owned())?),
        })
    }
}

/// How deep a text is nested, if it is JSON.
fn nesting(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            // Up to its end, brackets are text.
            b'"' => {
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' => break,
                        b'\\' => drop(bytes.next()),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    most
}

/// Writes the normal text of a JSON text: no spaces, an object's entries by their keys (of two
/// with the same, the last), strings with no more escapes than they need.
fn normalize(text: &str, out: &mut String) -> Result<(), serde_json::Error> {
    let text = text.trim_ascii();
    match text.as_bytes().first() {
        Some(b'{') => {
            let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                string(key, out)?;
                out.push(':');
                normalize(value.get(), out)?;
            }
            out.push_str(if entries.is_empty() { "{}" } else { "}" });
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            for (at, item) in items.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                normalize(item.get(), out)?;
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Some(b'"') => string(&serde_json::from_str::<String>(text)?, out)?,
        Some(b'-' | b'0'..=b'9') => {
            // It is a number, and if it is a fraction, one that others can read.
            serde_json::from_str::<f64>(text)?;
            number(text, out)?;
        }
        _ => {
            serde_json::from_str::<&RawValue>(text)?;
            out.push_str(text);
        }
    }
    Ok(())
}

fn string(text: &str, out: &mut String) -> Result<(), serde_json::Error> {
    out.push_str(&serde_json::to_string(text)?);
    Ok(())
}

/// Writes the normal text of a number: integers as they are, all else as a fraction and a power
/// of ten, exactly.
fn number(text: &str, out: &mut String) -> Result<(), serde_json::Error> {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let unsigned = whole.trim_start_matches('-');
    let is_integer = mantissa.len() == text.len() && whole.len() == mantissa.len();
    let digits = format!("{unsigned}{fraction}");
    let from_first = digits.trim_start_matches('0');
    let significant = from_first.trim_end_matches('0');
    let is_zero = significant.is_empty();
    if whole.len() > unsigned.len() && !is_zero {
        out.push('-');
    }
    if is_integer {
        out.push_str(unsigned);
        return Ok(());
    }
    if is_zero {
        out.push_str("0.0");
        return Ok(());
    }
    let power: i64 = (power.parse())
        .map_err(|e| de::Error::custom(format_args!("the power of ten of {text}: {e}")))?;
    // 0.significant times ten to this.
    let point = unsigned.len() as i128 - (digits.len() - from_first.len()) as i128;
    let power = point + i128::from(power);
    write!(out, "0.{significant}e{power}").expect("a string takes everything");
    Ok(())
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Json {}

impl Hash for Json {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get().parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        text.parse().expect(text)
    }

    fn nested(depth: usize) -> String {
        format!("{}1{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn what_is_equal_has_one_normal_text() {
        for (text, normal) in [
            ("null", "null"),
            (" [ 1 , true ] ", "[1,true]"),
            (r#"{"b":{},"a":[]}"#, r#"{"a":[],"b":{}}"#),
            (r#"{"a":1,"b":2,"\u0061":3}"#, r#"{"a":3,"b":2}"#),
            (r#""\u00e9\/\n\u0001""#, "\"é/\\n\\u0001\""),
            ("-0", "0"),
            ("-12", "-12"),
            (
                "340282366920938463463374607431768211456",
                "340282366920938463463374607431768211456",
            ),
            ("1.0", "0.1e1"),
            ("1.500", "0.15e1"),
            ("15E-1", "0.15e1"),
            ("-0.0015e+003", "-0.15e1"),
            ("100.0", "0.1e3"),
            ("1e2", "0.1e3"),
            ("-0.0", "0.0"),
            ("0e7", "0.0"),
            ("0.1000000000000000055", "0.1000000000000000055e0"),
            ("1e-400", "0.1e-399"),
        ] {
            let value = json(text);
            assert_eq!(value.normal(), normal, "{text}");
            assert_eq!(value.as_str(), text.trim(), "{text}");
            // It is itself a text of the value.
            assert_eq!(json(normal), value, "{text}");
            assert_eq!(json(normal).normal(), normal, "{text}");
        }
    }

    #[test]
    fn a_value_may_be_nested_so_deep_and_no_deeper() {
        assert_eq!(json(&nested(MAX_NESTING)).as_str(), nested(MAX_NESTING));
        for depth in [MAX_NESTING + 1, 127, 1_000_000] {
            let refused = nested(depth).parse::<Json>().unwrap_err().to_string();
            let why =
                format!("expected a value nested 64 deep at most, found one nested {depth} deep");
            assert_eq!(refused, why);
        }
        let brackets = format!(r#"["{}\"[["]"#, "[".repeat(100));
        assert_eq!(json(&brackets).as_str(), brackets);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "[",
            "{\"a\"}",
            "01",
            "1.",
            "+1",
            "nul",
            "1e400",
            "1e-99999999999999999999",
            r#""\ud800""#,
            "[\"\u{1}\"]",
            "1 2",
        ] {
            assert!(text.parse::<Json>().is_err(), "{text}");
        }
    }

    #[test]
    fn it_passes_through_whatever_carries_it() {
        #[derive(serde::Serialize, serde::Deserialize)]
        enum Envelope {
            Inner(Box<Envelope>),
            Value { value: Json },
        }
        let text = format!(
            r#"{{"big":123456789012345678901234567890,"deep":{}}}"#,
            nested(63)
        );
        let mut envelope = Envelope::Value { value: json(&text) };
        for _ in 0..30 {
            envelope = Envelope::Inner(Box::new(envelope));
        }
        let written = serde_json::to_string(&envelope).expect("it is JSON");
        let read: Envelope = serde_json::from_str(&written).expect("not too deep");
        assert_eq!(serde_json::to_string(&read).expect("it is JSON"), written);
        assert!(written.contains(&text));
    }
}
