//! EDN, the notation of Jepsen's histories and results: values, a reader and
//! writers, and the way from and to JSON.
//!
//! Its own rather than a crate's: what is written is, byte for byte, what Clojure
//! writes, and what is read is written again as it was, with its entries in their order,
//! its tags, and integers of any size.

mod compare;
mod from;
mod json;
mod number;
mod numbers;
mod read;
mod text;
mod write;

use std::borrow::Cow;
use std::sync::Arc;

pub use json::Entries;
pub use json::JsonError;
pub use numbers::Numbers;
pub(crate) use read::{DEEPEST, Item, Key, each, is_name, name, past_comments};
pub use read::{ReadError, read, read_all};

/// A value. Maps and sets keep the order in which they were written.
///
/// What is in a value does not change, as in Clojure: a copy is the same memory once more, and
/// of a history, which says most things several times, that is most of what there is.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// `nil`
    #[default]
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer that an `i64` cannot hold, as its digits, exactly.
    BigInt(Arc<str>),
    /// A number with a fraction.
    Float(f64),
    /// `"a string"`
    Str(Arc<str>),
    /// `:a-keyword`, without its colon.
    Keyword(Cow<'static, str>),
    /// `a-symbol`
    Symbol(Arc<str>),
    /// `\c`
    Char(char),
    /// `(1 2 3)`
    List(Arc<[Value]>),
    /// `[1 2 3]`
    Vector(Arc<[Value]>),
    /// `#{1 2 3}`
    Set(Arc<[Value]>),
    /// `{:a 1}`
    Map(Arc<[(Value, Value)]>),
    /// `#a-tag value`
    Tagged(Arc<Tagged>),
}

/// A value, and what its tag says that it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tagged {
    /// The tag, without its `#`.
    pub tag: String,
    /// The value behind it.
    pub value: Value,
}

impl Value {
    /// A list of these.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    /// A value with a tag, which is without its `#`.
    pub fn tagged(tag: impl Into<String>, value: Value) -> Value {
        let tag = tag.into();
        Value::Tagged(Arc::new(Tagged { tag, value }))
    }

    /// The keyword of this name.
    pub fn keyword(name: impl Into<String>) -> Value {
        Value::Keyword(Cow::Owned(name.into()))
    }

    /// A map from keywords, in this order.
    pub fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Map(
            entries
                .map(|(key, value)| (Value::keyword(key), value))
                .into(),
        )
    }

    /// Adds an entry to a map, behind the others; to anything else, nothing.
    pub fn insert(&mut self, key: &str, value: Value) {
        if let Value::Map(entries) = self {
            let entry = (Value::keyword(key), value);
            *entries = entries.iter().cloned().chain([entry]).collect();
        }
    }

    /// Takes what a map has under this keyword out of it, if it has that.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let Value::Map(entries) = self else {
            return None;
        };
        let place = entries.iter().position(|(name, _)| is_key(name, key))?;
        let (before, from) = entries.split_at(place);
        let ((_, value), after) = from.split_first()?;
        let value = value.clone();
        *entries = before.iter().chain(after).cloned().collect();
        Some(value)
    }

    /// What a map has under this keyword, also one with a tag before it, as Clojure
    /// writes records.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let entries = match self {
            Value::Map(entries) => entries,
            Value::Tagged(record) => return record.value.get(key),
            _ => return None,
        };
        entries
            .iter()
            .find_map(|(name, value)| is_key(name, key).then_some(value))
    }

    /// The items of a list, a vector or a set.
    pub fn items(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) | Value::Vector(items) | Value::Set(items) => Some(items),
            _ => None,
        }
    }

    /// Its integer, if it is one that an `i64` holds.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// Its integer, if it is one that an `i128` holds.
    pub fn as_integer(&self) -> Option<i128> {
        match self {
            Value::Int(int) => Some(i128::from(*int)),
            Value::BigInt(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The name that a keyword or a symbol is; or a string, as JSON has names.
    pub fn as_name(&self) -> Option<&str> {
        match self {
            Value::Keyword(name) => Some(name),
            Value::Symbol(name) | Value::Str(name) => Some(name),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }
}

fn is_key(name: &Value, key: &str) -> bool {
    matches!(name, Value::Keyword(name) if name == key)
}

/// The double that prints as this single does. Jepsen and Maelstrom divide in
/// single precision here and there, and print that.
pub fn single(value: f32) -> Value {
    Value::Float(value.to_string().parse().unwrap_or(f64::from(value)))
}

#[cfg(test)]
mod tests {
    use rng::Rng;

    use super::*;

    #[test]
    fn what_is_read_is_written_back() {
        for text in [
            "nil",
            "true",
            "-9223372036854775808",
            "9223372036854775808N",
            "1.5",
            "1.0",
            "1.0E-4",
            "1.2345E10",
            r#""tab\t quote\" back\\ é 😀""#,
            ":a.b/c-d?",
            "+",
            "\\newline",
            "\\x",
            "()",
            "[1 [2 [3]]]",
            "#{1 :a}",
            r#"{:type :ok, :value {"x" nil}}"#,
            r#"#inst "2026-01-01T00:00:00Z""#,
            "#a.b.Op{:index 1}",
        ] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
    }

    /// A value of any kind, with two levels of values within it at most.
    fn any(rng: &Rng, depth: u64) -> Value {
        let items = |length: u64| (0..length).map(|_| any(rng, depth - 1)).collect();
        let name = || {
            let chars: Vec<char> = "aé😀\"\\\n\t\u{1}:, 0".chars().collect();
            let pick = |_| *rng.choose(&chars).unwrap();
            (0..rng.below(5)).map(pick).collect::<String>()
        };
        match rng.below(if depth > 0 { 13 } else { 8 }) {
            0 => Value::Nil,
            1 => Value::Bool(rng.chance(0.5)),
            2 => Value::Int(rng.u64() as i64 >> rng.below(64)),
            3 => Value::BigInt(format!("-{}{}", rng.below(9) + 1, "1".repeat(30)).into()),
            4 => match f64::from_bits(rng.u64()) {
                float if float.is_finite() => Value::Float(float),
                _ => Value::Float(rng.below(1000) as f64 / 8.0),
            },
            5 => Value::from(name()),
            6 => Value::keyword(["a", "b/c", "d?", "+"][rng.below(4) as usize]),
            7 => Value::Char(
                *rng.choose(&['a', '\n', ' ', '(', '"', '\u{8}', 'é'])
                    .unwrap(),
            ),
            8 => Value::List(items(rng.below(4))),
            9 => Value::Vector(items(rng.below(4))),
            10 => Value::Set(items(rng.below(4))),
            11 => {
                let entry = |_| (any(rng, depth - 1), any(rng, depth - 1));
                Value::Map((0..rng.below(4)).map(entry).collect())
            }
            _ => Value::tagged("a.b/c", any(rng, depth - 1)),
        }
    }

    #[test]
    fn whatever_is_written_is_read_back() {
        let rng = Rng::new(1);
        for _ in 0..10_000 {
            let value = any(&rng, 3);
            let text = value.to_string();
            assert_eq!(read(&text).as_ref(), Ok(&value), "{text}");
            assert_eq!(read(&text).unwrap().to_string(), text);
            assert_eq!(read(&value.pretty()).as_ref(), Ok(&value), "{text}");
        }
    }

    #[test]
    fn whatever_is_read_gives_a_value_or_an_error() {
        let rng = Rng::new(2);
        let pieces = [
            "{", "}", "[", "]", "(", ")", "#", "#{", "\"", "\\", ":", "a", "1", "-", ".", "/", "N",
            "E", "é", "😀", "\n", " ", ",", ";", "_", "^", "u00", "d83d", "nil", "##",
        ];
        let (mut good, mut bad) = (0, 0);
        for _ in 0..50_000 {
            let pick = |_| *rng.choose(&pieces).unwrap();
            let text: String = (0..rng.below(12)).map(pick).collect();
            match read_all(&text) {
                Ok(_) => good += 1,
                Err(_) => bad += 1,
            }
        }
        assert!(good > 1000 && bad > 1000, "{good} good, {bad} bad");
    }

    #[test]
    fn the_order_is_total_and_agrees_with_clojures() {
        let rng = Rng::new(3);
        let values: Vec<Value> = (0..150).map(|_| any(&rng, 2)).collect();
        for a in &values {
            assert_eq!(a, &a.clone());
            for b in &values {
                assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a} {b}");
                if let Some(order) = a.compare(b).filter(|order| order.is_ne()) {
                    assert_eq!(a.cmp(b), order, "{a} {b}");
                }
                for c in &values {
                    assert!(a > b || b > c || a <= c, "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn equality_is_clojures() {
        let same = |a: &str, b: &str| read(a).unwrap() == read(b).unwrap();
        assert!(same("[1 2]", "(1 2)"));
        assert!(same("{:a 1, :b #{1 2}}", "{:b #{2 1}, :a 1}"));
        assert!(same("5", "5N"));
        assert!(same("00099999999999999999999", "99999999999999999999N"));
        assert!(same("0.0", "-0.0"));
        assert!(!same("1", "1.0"));
        assert!(!same("9007199254740993", "9007199254740992"));
        assert!(!same(":a", "\"a\""));
        assert!(!same("[]", "nil"));
    }

    #[test]
    fn what_does_not_matter_is_skipped() {
        let text = " ; comment\n [1, 2 #_3 #_[4] ,,, 4]\t";
        assert_eq!(read(text).unwrap().to_string(), "[1 2 4]");
        assert_eq!(read_all("1 2\n3 ; x").unwrap().len(), 3);
        assert_eq!(read(r#""\u00e9\n""#).unwrap(), Value::Str("é\n".into()));
        assert_eq!(read("+5").unwrap(), Value::Int(5));
        assert_eq!(read("##Inf").unwrap(), Value::Float(f64::INFINITY));
        assert_eq!(read("1/2").unwrap(), Value::Float(0.5));
        assert_eq!(read("1.50M").unwrap(), Value::Float(1.5));
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        for (text, error) in [
            ("", "line 1, column 1: expected a value, found the end"),
            (
                "[1 2",
                "line 1, column 5: expected ] of the [ in line 1, column 1, found the end",
            ),
            (
                "[1\n }",
                "line 2, column 2: expected ] of the [ in line 1, column 1, found }",
            ),
            (")", "line 1, column 1: expected a value, found )"),
            (
                "{:a}",
                "line 1, column 4: expected a value for the last key, found }",
            ),
            (
                r#""abc"#,
                r#"line 1, column 5: expected " of the string in line 1, column 1, found the end"#,
            ),
            (
                r#""\q""#,
                r"line 1, column 2: expected an escape such as \n or \u00e9, found \q",
            ),
            ("12x", "line 1, column 1: expected a number, found 12x"),
            ("1 2", "line 1, column 3: expected the end, found more"),
            (
                "#",
                "line 1, column 2: expected a tag after #, found the end",
            ),
            (":", "line 1, column 1: expected a keyword's name, found :"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), error, "{text}");
        }
        let deep = "[".repeat(100_000);
        let error = read(&deep).unwrap_err().to_string();
        assert_eq!(
            error,
            "line 1, column 513: expected at most 512 levels of nesting, found more"
        );
    }

    #[test]
    fn json_and_back() {
        let json: serde_json::Value = serde_json::from_str(
            r#"{"type":"x_ok","n":[1,-1,18446744073709551615,1.5,null],"m":{"a b":true}}"#,
        )
        .unwrap();
        let value = Value::from_json_body(&json);
        assert_eq!(
            value.to_string(),
            r#"{:m {"a b" true}, :n [1 -1 18446744073709551615N 1.5 nil], :type "x_ok"}"#
        );
        assert_eq!(value.to_json(), json);
        let value = read(r#"#{:b "a" 10 9}"#).unwrap();
        assert_eq!(value.to_json().to_string(), r#"[9,10,"a","b"]"#);
        let value = read(r#"{1 :x, [1 2] \c, nil #t 5}"#).unwrap();
        assert_eq!(
            value.to_json().to_string(),
            r#"{"1":"x","[1 2]":"c","nil":5}"#
        );
    }

    #[test]
    fn json_text_is_read_exactly() {
        for (json, edn) in [
            ("18446744073709551617", "18446744073709551617N"),
            (
                "-340282366920938463463374607431768211456",
                "-340282366920938463463374607431768211456N",
            ),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808N"),
            ("-0", "0"),
            (" 1e3 ", "1000.0"),
            ("2.50", "2.5"),
            (
                r#"{"z":[null,true],"a":{"b":"\u00e9\n"}}"#,
                r#"{"z" [nil true], "a" {"b" "é\n"}}"#,
            ),
            ("[ ]", "[]"),
        ] {
            assert_eq!(Value::parse_json(json).unwrap().to_string(), edn);
        }
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let deep = Value::parse_json(&nested(505)).unwrap();
        assert_eq!(read(&deep.to_string()), Ok(deep));
        for levels in [506, 100_000] {
            let error = Value::parse_json(&nested(levels)).unwrap_err().to_string();
            assert_eq!(error, "expected at most 504 levels of nesting, found more");
        }
        for text in ["", "nil", "[1", r#""\ud800""#] {
            assert!(Value::parse_json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_record_is_a_map_with_a_tag() {
        let value = read("#a.Op {:index 5, :value #b.C{:x nil}}").unwrap();
        assert_eq!(value.get("index"), Some(&Value::Int(5)));
        assert_eq!(value.get("value").unwrap().get("x"), Some(&Value::Nil));
        assert_eq!(value.to_string(), "#a.Op{:index 5, :value #b.C{:x nil}}");
        let text = value.pretty() + &Value::list([value.clone(), value]).pretty();
        assert_eq!(
            text,
            "#a.Op{:index 5, :value #b.C{:x nil}}\n\
             (#a.Op{:index 5, :value #b.C{:x nil}}\n \
             #a.Op{:index 5, :value #b.C{:x nil}})\n"
        );
    }

    #[test]
    fn results_are_printed_for_people() {
        let value =
            read(r#"{:stats {:count 3, :by-f {:echo {:ok 3}}}, :valid? true, :e [], :l [1 2]}"#);
        assert_eq!(
            value.unwrap().pretty(),
            "{:stats {:count 3, :by-f {:echo {:ok 3}}},\n :valid? true,\n :e [],\n :l [1 2]}\n"
        );
    }
}
