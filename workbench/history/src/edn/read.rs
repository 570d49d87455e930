//! The reader: text to values, without recursion deeper than [`DEEPEST`].

mod each;
mod seen;
mod strings;

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::sync::Arc;

use super::Value;
use super::number::number;
use crate::names;
pub(crate) use each::{Item, Key, each};
use seen::{Candidate, Seen};

/// How deep values may nest; a history needs some ten levels.
pub(crate) const DEEPEST: usize = 512;

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
pub fn read(text: &str) -> std::result::Result<Value, ReadError> {
    let mut reader = Reader::new(text);
    let value = reader.value(0).map_err(|e| *e)?;
    match reader.skip(0).map_err(|e| *e)? {
        None => Ok(value),
        Some(_) => Err(*reader.error("the end", "more")),
    }
}

/// Reads all values of a text.
///
/// # Errors
/// If it is no EDN.
pub fn read_all(text: &str) -> std::result::Result<Vec<Value>, ReadError> {
    let mut reader = Reader::new(text);
    let mut values = Vec::new();
    while reader.skip(0).map_err(|e| *e)?.is_some() {
        values.push(reader.value(0).map_err(|e| *e)?);
    }
    Ok(values)
}

/// What is read, or an error that takes no more room on the way than it must: it is rare.
pub(crate) type Result<T> = std::result::Result<T, Box<ReadError>>;

/// What follows the comments and the space at the beginning of a text.
pub(crate) fn past_comments(text: &str) -> &str {
    let mut reader = Reader::new(text);
    match reader.skip(0) {
        Ok(_) => reader.rest(),
        Err(_) => text,
    }
}

/// How many digits every `i64` can hold.
const SHORT: usize = 18;

struct Reader<'a> {
    text: &'a str,
    /// The next byte; always at the border of a character.
    at: usize,
    /// The items of lists that are being read, those of the innermost last: so that a list
    /// takes no more memory than it has items.
    items: Vec<Value>,
    seen: Seen<'a>,
}

/// Whether a text may be the name of a keyword.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && token(text) == text
}

/// The same without what no name has in it.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    match text {
        "" => Cow::Borrowed("_"),
        text if is_name(text) => Cow::Borrowed(text),
        text => Cow::Owned(text.replace(ends_token, "_")),
    }
}

/// What a text begins with up to the first character that no token has in it.
fn token(text: &str) -> &str {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() && IN_TOKEN[usize::from(bytes[end])] {
        end += 1;
    }
    if bytes.get(end).is_some_and(|byte| !byte.is_ascii()) {
        end = text.find(ends_token).unwrap_or(text.len());
    }
    &text[..end]
}

/// Whether a byte is a character that a token may have in it. Of characters of several
/// bytes, [`ends_token`] says that.
const IN_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = !matches!(
            byte as u8,
            b' ' | 9..=13 | b',' | b'"' | b';' | b'(' | b')' | b'[' | b']' | b'{' | b'}'
        );
        byte += 1;
    }
    table
};

fn ends_token(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Reader {
            text,
            at: 0,
            items: Vec::new(),
            seen: Seen::in_text(text.len()),
        }
    }

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
    ) -> Box<ReadError> {
        let (line, column) = self.position(at);
        Box::new(ReadError {
            line,
            column,
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    fn error(&self, expected: impl fmt::Display, found: impl fmt::Display) -> Box<ReadError> {
        self.error_at(self.at, expected, found)
    }

    /// What comes next, as an error names it.
    fn found(&self) -> String {
        self.peek().map_or("the end".into(), |c| c.to_string())
    }

    /// Skips white space, comments and `#_` with its value; gives what follows.
    #[inline(always)]
    fn skip(&mut self, depth: usize) -> Result<Option<char>> {
        // Most of what is read begins, or goes on, with one of these.
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b' ' | b',' | b'\n' => self.at += 1,
                b'!'..=b'~' if !matches!(byte, b'#' | b';') => {
                    return Ok(Some(char::from(*byte)));
                }
                _ => break,
            }
        }
        self.skip_any(depth)
    }

    /// The same of anything.
    #[inline(never)]
    fn skip_any(&mut self, depth: usize) -> Result<Option<char>> {
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

    fn value(&mut self, depth: usize) -> Result<Value> {
        self.check_depth(depth)?;
        match self.skip(depth)? {
            Some(c) => self.value_at(c, depth),
            None => Err(self.error("a value", "the end")),
        }
    }

    #[inline(always)]
    fn check_depth(&self, depth: usize) -> Result<()> {
        match depth >= DEEPEST {
            true => Err(self.error(format_args!("at most {DEEPEST} levels of nesting"), "more")),
            false => Ok(()),
        }
    }

    /// Reads an item of a list that begins here, with this character.
    fn item(&mut self, c: char, depth: usize) -> Result<()> {
        self.check_depth(depth)?;
        if let Some(int) = self.short_integer() {
            self.items.push(Value::Int(int));
            return Ok(());
        }
        let item = match c {
            '[' => self.vector(depth)?,
            ':' => Value::Keyword(names::name(self.keyword()?)),
            c => self.value_at(c, depth)?,
        };
        self.items.push(item);
        Ok(())
    }

    /// The value that begins here, with this character.
    fn value_at(&mut self, c: char, depth: usize) -> Result<Value> {
        match c {
            ':' => Ok(Value::Keyword(names::name(self.keyword()?))),
            'a'..='z' | '0'..='9' => self.atom(),
            '(' => Ok(Value::List(self.items("(", ')', depth)?)),
            '[' => self.vector(depth),
            '{' => self.map(depth),
            '"' => self.string(),
            '#' => self.dispatch(depth),
            '\\' => self.character(),
            '^' => self.metadata(1, depth),
            '\'' => {
                self.at += 1;
                self.value(depth + 1)
            }
            ')' | ']' | '}' => Err(self.error("a value", c)),
            _ => self.atom(),
        }
    }

    /// Reads a vector; one that was read before, by its text alone.
    fn vector(&mut self, depth: usize) -> Result<Value> {
        let start = self.at;
        // At the deepest level, what is in it would be too deep.
        let candidate = Candidate::list(self.rest()).filter(|_| depth + 1 < DEEPEST);
        if let Some(candidate) = candidate
            && let Some(value) = self.seen.get(candidate)
        {
            self.at += candidate.length();
            return Ok(value.clone());
        }
        let value = Value::Vector(self.items("[", ']', depth)?);
        // A bracket in a string or a comment closes nothing.
        if let Some(candidate) = candidate
            && self.at == start + candidate.length()
        {
            self.seen.put(candidate, &value);
        }
        Ok(value)
    }

    /// Reads items up to the closing bracket.
    fn items(&mut self, open: &str, close: char, depth: usize) -> Result<Arc<[Value]>> {
        let first = self.sequence(open, close, depth)?;
        Ok(self.items.drain(first..).collect())
    }

    /// Reads items up to the closing bracket, and leaves them behind the others; gives the
    /// place of the first.
    fn sequence(&mut self, open: &str, close: char, depth: usize) -> Result<usize> {
        let first = self.items.len();
        let start = self.at;
        self.at += open.len();
        loop {
            match self.skip(depth)? {
                Some(c) if c == close => {
                    self.bump(c);
                    return Ok(first);
                }
                None | Some(')' | ']' | '}') => return Err(self.unclosed(close, start)),
                Some(c) => self.item(c, depth + 1)?,
            }
        }
    }

    fn unclosed(&self, close: char, start: usize) -> Box<ReadError> {
        let open = match close {
            ']' => '[',
            ')' => '(',
            _ => '{',
        };
        let (line, column) = self.position(start);
        let expected = format!("{close} of the {open} in line {line}, column {column}");
        self.error(expected, self.found())
    }

    fn map(&mut self, depth: usize) -> Result<Value> {
        Ok(Value::Map(self.entries(depth)?))
    }

    /// Reads the entries of a map.
    fn entries(&mut self, depth: usize) -> Result<Arc<[(Value, Value)]>> {
        let first = self.sequence("{", '}', depth)?;
        let (entries, odd) = self.items[first..].as_chunks_mut();
        if !odd.is_empty() {
            return Err(self.error_at(self.at - 1, "a value for the last key", "}"));
        }
        let entry = |[key, value]: &mut [Value; 2]| (mem::take(key), mem::take(value));
        let entries = entries.iter_mut().map(entry).collect();
        self.items.truncate(first);
        Ok(entries)
    }

    /// An integer of a few digits and nothing else, as most numbers are.
    #[inline(always)]
    fn short_integer(&mut self) -> Option<i64> {
        let bytes = self.text.as_bytes();
        let mut int = i64::from(bytes.get(self.at)?.checked_sub(b'0').filter(|d| *d < 10)?);
        let mut at = self.at + 1;
        while let Some(digit) = bytes.get(at).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            // One that begins with 0 is of another base.
            if int == 0 || at - self.at == SHORT {
                return None;
            }
            int = 10 * int + i64::from(digit);
            at += 1;
        }
        let ends = bytes
            .get(at)
            .is_none_or(|byte| byte.is_ascii() && !IN_TOKEN[usize::from(*byte)]);
        ends.then(|| {
            self.at = at;
            int
        })
    }

    /// The name of a keyword.
    fn keyword(&mut self) -> Result<&'a str> {
        let start = self.at;
        match &self.token()[1..] {
            "" => Err(self.error_at(start, "a keyword's name", ":")),
            name => Ok(name),
        }
    }

    fn token(&mut self) -> &'a str {
        let token = token(self.rest());
        self.at += token.len();
        token
    }

    /// A value after metadata, which is behind a mark of so many characters; that says
    /// nothing about the value.
    fn metadata(&mut self, mark: usize, depth: usize) -> Result<Value> {
        self.at += mark;
        self.value(depth + 1)?;
        self.value(depth + 1)
    }

    /// `#:db{:code 5}` is `{:db/code 5}`.
    fn namespaced_map(&mut self, depth: usize) -> Result<Value> {
        self.at += 1;
        let namespace = self.token().trim_start_matches(':').to_owned();
        if self.skip(depth)? != Some('{') {
            return Err(self.error("a map after its namespace", self.found()));
        }
        let of = |name: &str| match name.strip_prefix("_/") {
            Some(plain) => plain.to_owned(),
            None if name.contains('/') || namespace.is_empty() => name.to_owned(),
            None => format!("{namespace}/{name}"),
        };
        let entry = |(key, value): &(Value, Value)| {
            let key = match key {
                Value::Keyword(name) => Value::keyword(of(name)),
                Value::Symbol(name) => Value::Symbol(of(name).into()),
                key => key.clone(),
            };
            (key, value.clone())
        };
        Ok(Value::Map(self.entries(depth)?.iter().map(entry).collect()))
    }

    fn dispatch(&mut self, depth: usize) -> Result<Value> {
        match self.rest().as_bytes().get(1) {
            Some(b'{') => return Ok(Value::Set(self.items("#{", '}', depth)?)),
            Some(b':') => return self.namespaced_map(depth),
            Some(b'^') => return self.metadata(2, depth),
            // A pattern and a variable are as their text.
            Some(b'"') => {
                self.at += 1;
                return self.pattern();
            }
            _ => {}
        }
        let start = self.at;
        self.at += 1;
        match self.token() {
            "" => Err(self.error("a tag after #", self.found())),
            "#Inf" => Ok(Value::Float(f64::INFINITY)),
            "#-Inf" => Ok(Value::Float(f64::NEG_INFINITY)),
            "#NaN" => Ok(Value::Float(f64::NAN)),
            tag if tag.starts_with('\'') => Ok(Value::Symbol(tag[1..].into())),
            tag if tag.starts_with(char::is_alphabetic) => {
                Ok(Value::tagged(tag, self.value(depth + 1)?))
            }
            tag => Err(self.error_at(start, "a tag that begins with a letter", tag)),
        }
    }

    fn atom(&mut self) -> Result<Value> {
        let start = self.at;
        if let Some(int) = self.short_integer() {
            return Ok(Value::Int(int));
        }
        let token = self.token();
        let unsigned = token.strip_prefix(['+', '-']).unwrap_or(token);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            return number(token).ok_or_else(|| self.error_at(start, "a number", token));
        }
        match token {
            "nil" => Ok(Value::Nil),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Ok(Value::Symbol(token.into())),
        }
    }
}
