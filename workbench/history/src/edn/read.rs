//! The reader: text to values, without recursion deeper than [`DEEPEST`].

mod strings;

use std::borrow::Cow;
use std::fmt;

use super::Value;
use super::number::number;
use crate::names;

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
pub fn read(text: &str) -> Result<Value, ReadError> {
    let mut reader = Reader::new(text);
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
    let mut reader = Reader::new(text);
    let mut values = Vec::new();
    while reader.skip(0)?.is_some() {
        values.push(reader.value(0)?);
    }
    Ok(values)
}

/// Why a text was not read to its end.
pub(crate) enum EachError<E> {
    /// It is no EDN.
    NoEdn(ReadError),
    /// Its taker refused a value.
    Refused(E),
}

impl<E> From<ReadError> for EachError<E> {
    fn from(e: ReadError) -> Self {
        EachError::NoEdn(e)
    }
}

/// Gives each value of a text, and of a list or a vector each item, with the line where
/// it begins.
pub(crate) fn each<E>(
    text: &str,
    mut take: impl FnMut(usize, Value) -> Result<(), E>,
) -> Result<(), EachError<E>> {
    let mut reader = Reader::new(text);
    let (mut line, mut counted) = (1, 0);
    // The bracket that closes the list that is being read, and where that begins.
    let mut open: Option<(char, usize)> = None;
    loop {
        let next = reader.skip(0)?;
        line += text[counted..reader.at].matches('\n').count();
        counted = reader.at;
        match (next, open) {
            (None, None) => return Ok(()),
            (Some(c), Some((close, _))) if c == close => {
                reader.bump(c);
                open = None;
            }
            (None | Some(')' | ']' | '}'), Some((close, start))) => {
                return Err(reader.unclosed(close, start).into());
            }
            (Some('['), None) => {
                open = Some((']', reader.at));
                reader.at += 1;
            }
            (Some('('), None) => {
                open = Some((')', reader.at));
                reader.at += 1;
            }
            (Some(_), _) => {
                let value = reader.value(0)?;
                take(line, value).map_err(EachError::Refused)?;
            }
        }
    }
}

/// What follows the comments and the space at the beginning of a text.
pub(crate) fn past_comments(text: &str) -> &str {
    let mut reader = Reader::new(text);
    match reader.skip(0) {
        Ok(_) => reader.rest(),
        Err(_) => text,
    }
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte; always at the border of a character.
    at: usize,
    /// The items of lists that are being read, those of the innermost last: so that a list
    /// takes no more memory than it has items.
    items: Vec<Value>,
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
    let plain = |byte: &u8| byte.is_ascii() && !ends_token(*byte as char);
    let end = match text.bytes().position(|byte| !plain(&byte)) {
        Some(at) if text.as_bytes()[at].is_ascii() => at,
        Some(_) => text.find(ends_token).unwrap_or(text.len()),
        None => text.len(),
    };
    &text[..end]
}

fn ends_token(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '"' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Reader {
            text,
            at: 0,
            items: Vec::new(),
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
            // Most characters are of one byte.
            if let Some(b' ' | b',' | b'\n') = self.text.as_bytes().get(self.at) {
                self.at += 1;
                continue;
            }
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
            '(' => Ok(Value::List(self.items("(", ')', depth)?)),
            '[' => Ok(Value::Vector(self.items("[", ']', depth)?)),
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

    /// Reads items up to the closing bracket.
    fn items(&mut self, open: &str, close: char, depth: usize) -> Result<Vec<Value>, ReadError> {
        let first = self.sequence(open, close, depth)?;
        Ok(self.items.drain(first..).collect())
    }

    /// Reads items up to the closing bracket, and leaves them behind the others; gives the
    /// place of the first.
    fn sequence(&mut self, open: &str, close: char, depth: usize) -> Result<usize, ReadError> {
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
                Some(_) => {
                    let item = self.value(depth + 1)?;
                    self.items.push(item);
                }
            }
        }
    }

    fn unclosed(&self, close: char, start: usize) -> ReadError {
        let open = match close {
            ']' => '[',
            ')' => '(',
            _ => '{',
        };
        let (line, column) = self.position(start);
        let expected = format!("{close} of the {open} in line {line}, column {column}");
        self.error(expected, self.found())
    }

    fn map(&mut self, depth: usize) -> Result<Value, ReadError> {
        let first = self.sequence("{", '}', depth)?;
        let count = self.items.len() - first;
        if !count.is_multiple_of(2) {
            return Err(self.error_at(self.at - 1, "a value for the last key", "}"));
        }
        let mut entries = Vec::with_capacity(count / 2);
        let mut items = self.items.drain(first..);
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        drop(items);
        Ok(Value::Map(entries))
    }

    fn token(&mut self) -> &'a str {
        let token = token(self.rest());
        self.at += token.len();
        token
    }

    /// A value after metadata, which is behind a mark of so many characters; that says
    /// nothing about the value.
    fn metadata(&mut self, mark: usize, depth: usize) -> Result<Value, ReadError> {
        self.at += mark;
        self.value(depth + 1)?;
        self.value(depth + 1)
    }

    /// `#:db{:code 5}` is `{:db/code 5}`.
    fn namespaced_map(&mut self, depth: usize) -> Result<Value, ReadError> {
        self.at += 1;
        let namespace = self.token().trim_start_matches(':').to_owned();
        if self.skip(depth)? != Some('{') {
            return Err(self.error("a map after its namespace", self.found()));
        }
        let mut map = self.map(depth)?;
        if let Value::Map(entries) = &mut map {
            for (key, _) in entries {
                let of = |name: &str| match name.strip_prefix("_/") {
                    Some(plain) => plain.to_owned(),
                    None if name.contains('/') || namespace.is_empty() => name.to_owned(),
                    None => format!("{namespace}/{name}"),
                };
                match key {
                    Value::Keyword(name) => *name = Cow::Owned(of(name)),
                    Value::Symbol(name) => *name = of(name),
                    _ => {}
                }
            }
        }
        Ok(map)
    }

    fn dispatch(&mut self, depth: usize) -> Result<Value, ReadError> {
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
            tag if tag.starts_with('\'') => Ok(Value::Symbol(tag[1..].to_owned())),
            tag if tag.starts_with(char::is_alphabetic) => Ok(Value::Tagged(
                tag.to_owned(),
                Box::new(self.value(depth + 1)?),
            )),
            tag => Err(self.error_at(start, "a tag that begins with a letter", tag)),
        }
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
                Some(name) => Ok(Value::Keyword(names::name(name))),
                None => Ok(Value::Symbol(token.to_owned())),
            },
        }
    }
}
