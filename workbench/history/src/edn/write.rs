//! The writers: in one line, as Clojure prints, and over several for people.

use std::fmt::{self, Write};

use super::{Tagged, Value};

/// In one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("nil"),
            Value::Bool(bool) => write!(f, "{bool}"),
            Value::Int(int) => write!(f, "{int}"),
            Value::BigInt(digits) => write!(f, "{digits}N"),
            Value::Float(float) => write_float(f, *float),
            Value::Str(text) => write_str(f, text),
            Value::Keyword(name) => write!(f, ":{name}"),
            Value::Symbol(name) => f.write_str(name),
            Value::Char(c) => write_char(f, *c),
            Value::List(items) => write_items(f, "(", items, ")"),
            Value::Vector(items) => write_items(f, "[", items, "]"),
            Value::Set(items) => write_items(f, "#{", items, "}"),
            Value::Map(entries) => {
                f.write_char('{')?;
                for (i, (key, value)) in entries.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{key} {value}")?;
                }
                f.write_char('}')
            }
            Value::Tagged(tagged) => {
                let Tagged { tag, value } = &**tagged;
                let space = if tagged.is_record() { "" } else { " " };
                write!(f, "#{tag}{space}{value}")
            }
        }
    }
}

fn write_items(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: &[Value],
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (i, item) in items.iter().enumerate() {
        let space = if i > 0 { " " } else { "" };
        write!(f, "{space}{item}")?;
    }
    f.write_str(close)
}

/// As Java prints doubles: with a fraction always, and with an exponent from
/// 10^7 on and below 10^-3.
fn write_float(f: &mut fmt::Formatter<'_>, float: f64) -> fmt::Result {
    if float.is_nan() {
        return f.write_str("##NaN");
    }
    if float.is_infinite() {
        return f.write_str(if float > 0.0 { "##Inf" } else { "##-Inf" });
    }
    if float == 0.0 || (1e-3..1e7).contains(&float.abs()) {
        return write!(f, "{float:?}");
    }
    let text = format!("{float:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => write!(f, "{digits}E{exponent}"),
        Some((digits, exponent)) => write!(f, "{digits}.0E{exponent}"),
        None => f.write_str(&text),
    }
}

fn write_str(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

fn write_char(f: &mut fmt::Formatter<'_>, c: char) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\newline"),
        '\r' => f.write_str("\\return"),
        ' ' => f.write_str("\\space"),
        '\t' => f.write_str("\\tab"),
        '\u{c}' => f.write_str("\\formfeed"),
        '\u{8}' => f.write_str("\\backspace"),
        c => write!(f, "\\{c}"),
    }
}

impl Tagged {
    /// Whether it is a record, as Clojure writes one: nothing is between the tag and the map.
    fn is_record(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

impl Value {
    /// Over several lines, an entry of a map each, where one line would be
    /// long; with a newline at the end.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        pretty(self, 0, &mut out);
        out.push('\n');
        out
    }
}

impl Value {
    /// As an error shows it: the first 80 characters.
    pub(crate) fn brief(&self) -> String {
        let text = self.to_string();
        match text.char_indices().nth(80) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

/// How long a line may get.
const WIDTH: usize = 60;

fn pretty(value: &Value, column: usize, out: &mut String) {
    let line = value.to_string();
    if column + line.chars().count() <= WIDTH {
        return out.push_str(&line);
    }
    if let Value::Tagged(tagged) = value
        && tagged.is_record()
    {
        let Tagged { tag, value } = &**tagged;
        let _ = write!(out, "#{tag}");
        return pretty(value, column + 1 + tag.chars().count(), out);
    }
    let (open, close) = match value {
        Value::Map(_) => ("{", "}"),
        Value::List(_) => ("(", ")"),
        Value::Vector(_) => ("[", "]"),
        Value::Set(_) => ("#{", "}"),
        _ => return out.push_str(&line),
    };
    let column = column + open.len();
    let indent = " ".repeat(column);
    out.push_str(open);
    if let Value::Map(entries) = value {
        for (i, (key, value)) in entries.iter().enumerate() {
            if i > 0 {
                let _ = write!(out, ",\n{indent}");
            }
            let key = key.to_string();
            let _ = write!(out, "{key} ");
            pretty(value, column + key.chars().count() + 1, out);
        }
    }
    for (i, item) in value.items().unwrap_or_default().iter().enumerate() {
        if i > 0 {
            let _ = write!(out, "\n{indent}");
        }
        pretty(item, column, out);
    }
    out.push_str(close);
}
