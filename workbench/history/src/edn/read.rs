//! The reader: text to values, without recursion deeper than [`DEEPEST`].

use std::fmt;

use super::Value;

/// How deep values may nest; a history needs some ten levels.
pub(super) const DEEPEST: usize = 512;

/// Text that is no EDN: where, what was expected there, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    expected: String,
    found: String,
}

impl ReadError {
    /// The text without the line, for those who know it better.
    pub(crate) fn in_line(&self) -> String {
        let ReadError {
            column,
            expected,
            found,
            ..
        } = self;
        format!("column {column}: expected {expected}, found {found}")
    }
}

/// Reads a text that holds one value.
///
/// # Errors
/// If it holds none, more than one, or is no EDN.
pub fn read(text: &str) -> Result<Value, ReadError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    match reader.skip(0)? {
        None => Ok(value),
        Some(_) => Err(reader.error("the end", "more")),
    }
}

/// Reads all values of a text.
///
/// # Errors
/// If it is no EDN.
pub fn read_all(text: &str) -> Result<Vec<Value>, ReadError> {
    let mut reader = Reader { text, at: 0 };
    let mut values = Vec::new();
    while reader.skip(0)?.is_some() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

/// Reads a text that holds one list or vector: its items, and in which line
/// each begins.
///
/// # Errors
/// If it holds anything else.
pub(crate) fn read_items(text: &str) -> Result<Vec<(usize, Value)>, ReadError> {
    let mut reader = Reader { text, at: 0 };
    let mut items = Vec::new();
    match reader.skip(0)? {
        Some('[') => reader.items("[", ']', 0, |at, item| items.push((at, item)))?,
        Some('(') => reader.items("(", ')', 0, |at, item| items.push((at, item)))?,
        _ => return Err(reader.error("a list or a vector", reader.found())),
    }
    if reader.skip(0)?.is_some() {
        return Err(reader.error("the end", "more"));
    }
    let (mut line, mut counted) = (1, 0);
    for (at, _) in &mut items {
        line += text[counted..*at].matches('\n').count();
        counted = *at;
        *at = line;
    }
    Ok(items)
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte; always at the border of a character.
    at: usize,
}

fn ends_token(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }

    fn error_at(
        &self,
        at: usize,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> ReadError {
        let (line, column) = self.position(at);
        ReadError {
            line,
            column,
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    fn error(&self, expected: impl fmt::Display, found: impl fmt::Display) -> ReadError {
        self.error_at(self.at, expected, found)
    }

    /// What comes next, as an error names it.
    fn found(&self) -> String {
        self.peek().map_or("the end".into(), |c| c.to_string())
    }

    /// Skips white space, comments and `#_` with its value; gives what follows.
    fn skip(&mut self, depth: usize) -> Result<Option<char>, ReadError> {
        loop {
            match self.peek() {
                Some(c) if c.is_whitespace() || c == ',' => self.bump(c),
                Some(';') => {
                    let line = self.rest().find('\n').unwrap_or(self.rest().len());
                    self.at += line;
                }
                Some('#') if self.rest().starts_with("#_") => {
                    self.at += 2;
                    self.value(depth + 1)?;
                }
                next => return Ok(next),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value, ReadError> {
        if depth >= DEEPEST {
            return Err(self.error(format_args!("at most {DEEPEST} levels of nesting"), "more"));
        }
        let Some(c) = self.skip(depth)? else {
            return Err(self.error("a value", "the end"));
        };
        match c {
            '(' => Ok(Value::List(self.sequence("(", ')', depth)?)),
            '[' => Ok(Value::Vector(self.sequence("[", ']', depth)?)),
            '{' => self.map(depth),
            '"' => self.string(),
            '#' => self.dispatch(depth),
            '\\' => self.character(),
            ')' | ']' | '}' => Err(self.error("a value", c)),
            _ => self.atom(),
        }
    }

    fn sequence(&mut self, open: &str, close: char, depth: usize) -> Result<Vec<Value>, ReadError> {
        let mut items = Vec::new();
        self.items(open, close, depth, |_, item| items.push(item))?;
        Ok(items)
    }

    /// Reads items up to the closing bracket; hands on each with the place
    /// where it begins.
    fn items(
        &mut self,
        open: &str,
        close: char,
        depth: usize,
        mut each: impl FnMut(usize, Value),
    ) -> Result<(), ReadError> {
        let start = self.at;
        self.at += open.len();
        loop {
            match self.skip(depth)? {
                Some(c) if c == close => {
                    self.bump(c);
                    return Ok(());
                }
                None | Some(')' | ']' | '}') => {
                    let (line, column) = self.position(start);
                    let expected = format!("{close} of the {open} in line {line}, column {column}");
                    return Err(self.error(expected, self.found()));
                }
                Some(_) => {
                    let at = self.at;
                    each(at, self.value(depth + 1)?);
                }
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, ReadError> {
        let mut items = self.sequence("{", '}', depth)?.into_iter();
        let mut entries = Vec::with_capacity(items.len() / 2);
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                return Err(self.error_at(self.at - 1, "a value for the last key", "}"));
            };
            entries.push((key, value));
        }
        Ok(Value::Map(entries))
    }

    fn string(&mut self) -> Result<Value, ReadError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.rest().find(['"', '\\']).unwrap_or(self.rest().len());
            text.push_str(&self.rest()[..plain]);
            self.at += plain;
            let escape = self.at;
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Ok(Value::Str(text));
                }
                Some(_) => {
                    self.at += 1;
                    let c = self.peek().unwrap_or(' ');
                    self.at += self.peek().map_or(0, char::len_utf8);
                    text.push(match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        '"' | '\\' | '/' => c,
                        'u' => self.utf16(escape)?,
                        _ => {
                            let expected = r"an escape such as \n or \u00e9";
                            return Err(self.error_at(escape, expected, format_args!("\\{c}")));
                        }
                    });
                }
                None => {
                    let (line, column) = self.position(start);
                    let expected = format!("\" of the string in line {line}, column {column}");
                    return Err(self.error(expected, "the end"));
                }
            }
        }
    }

    /// The character of `\uXXXX`, or of two such that are a surrogate pair;
    /// the `\u` has been read.
    fn utf16(&mut self, escape: usize) -> Result<char, ReadError> {
        let mut units = Vec::new();
        loop {
            let unit = self
                .rest()
                .get(..4)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok());
            let Some(unit) = unit else {
                return Err(self.error_at(
                    escape,
                    "four hexadecimal digits after \\u",
                    self.found(),
                ));
            };
            self.at += 4;
            units.push(unit);
            if units.len() == 1
                && (0xd800..0xdc00).contains(&unit)
                && self.rest().starts_with("\\u")
            {
                self.at += 2;
                continue;
            }
            let decoded = char::decode_utf16(units).next();
            return Ok(decoded
                .and_then(Result::ok)
                .unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }

    fn token(&mut self) -> &'a str {
        let rest = self.rest();
        let token = &rest[..rest.find(ends_token).unwrap_or(rest.len())];
        self.at += token.len();
        token
    }

    fn dispatch(&mut self, depth: usize) -> Result<Value, ReadError> {
        if self.rest().starts_with("#{") {
            return Ok(Value::Set(self.sequence("#{", '}', depth)?));
        }
        let start = self.at;
        self.at += 1;
        match self.token() {
            "" => Err(self.error("a tag after #", self.found())),
            "#Inf" => Ok(Value::Float(f64::INFINITY)),
            "#-Inf" => Ok(Value::Float(f64::NEG_INFINITY)),
            "#NaN" => Ok(Value::Float(f64::NAN)),
            tag if tag.starts_with(char::is_alphabetic) => Ok(Value::Tagged(
                tag.to_owned(),
                Box::new(self.value(depth + 1)?),
            )),
            tag => Err(self.error_at(start, "a tag that begins with a letter", tag)),
        }
    }

    fn character(&mut self) -> Result<Value, ReadError> {
        let start = self.at;
        self.at += 1;
        let Some(first) = self.peek() else {
            return Err(self.error("a character after \\", "the end"));
        };
        self.bump(first);
        let name = format!("{first}{}", self.token());
        let mut chars = name.chars();
        let c = match (&*name, chars.next(), chars.next()) {
            ("newline", ..) => '\n',
            ("return", ..) => '\r',
            ("space", ..) => ' ',
            ("tab", ..) => '\t',
            ("formfeed", ..) => '\u{c}',
            ("backspace", ..) => '\u{8}',
            (_, Some(c), None) => c,
            (_, Some('u'), _) => u32::from_str_radix(&name[1..], 16)
                .ok()
                .and_then(char::from_u32)
                .ok_or_else(|| self.error_at(start, "a character", format_args!("\\{name}")))?,
            _ => return Err(self.error_at(start, "a character", format_args!("\\{name}"))),
        };
        Ok(Value::Char(c))
    }

    fn atom(&mut self) -> Result<Value, ReadError> {
        let start = self.at;
        let token = self.token();
        let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return number(token).ok_or_else(|| self.error_at(start, "a number", token));
        }
        match token {
            "nil" => Ok(Value::Nil),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => match token.strip_prefix(':') {
                Some("") => Err(self.error_at(start, "a keyword's name", ":")),
                Some(name) => Ok(Value::Keyword(name.to_owned())),
                None => Ok(Value::Symbol(token.to_owned())),
            },
        }
    }
}

fn number(token: &str) -> Option<Value> {
    if let Ok(int) = token.parse() {
        return Some(Value::Int(int));
    }
    let digits = token.strip_suffix('N').unwrap_or(token);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    if unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let digits = digits.strip_prefix('+').unwrap_or(digits);
        return Some(
            digits
                .parse()
                .map_or_else(|_| Value::BigInt(digits.into()), Value::Int),
        );
    }
    if let Some((numerator, denominator)) = token.split_once('/') {
        let (numerator, denominator): (f64, f64) =
            (numerator.parse().ok()?, denominator.parse().ok()?);
        return Some(Value::Float(numerator / denominator));
    }
    let float = token.strip_suffix('M').unwrap_or(token);
    let float: f64 = float.parse().ok()?;
    Some(Value::Float(float))
}
