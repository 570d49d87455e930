//! The values of a text one after the other, and those that are maps entry by entry: a
//! history has millions, and need not hold what it does not keep.

use super::{ReadError, Reader, Result};
use crate::edn::Value;

/// What a text has one after the other.
pub(crate) enum Item<'r, 'a> {
    /// A map, to be read entry by entry: as much as is not read is not there.
    Map(Entries<'r, 'a>),
    /// Another value.
    Value(Value),
}

/// The entries of a map that is being read: keys and values in turn.
pub(crate) struct Entries<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// Where the map begins.
    start: usize,
}

/// The key of an entry.
pub(crate) enum Key<'a> {
    /// The name of a keyword.
    Name(&'a str),
    /// Any other.
    Value(Value),
}

impl<'a> Entries<'_, 'a> {
    /// The next key; none at the end of the map.
    ///
    /// # Errors
    /// That there is none, nor an end.
    pub(crate) fn key(&mut self) -> Result<Option<Key<'a>>> {
        let reader = &mut *self.reader;
        match reader.skip(0)? {
            Some('}') => {
                reader.at += 1;
                Ok(None)
            }
            None | Some(')' | ']') => Err(reader.unclosed('}', self.start)),
            Some(':') => Ok(Some(Key::Name(reader.keyword()?))),
            Some(c) => Ok(Some(Key::Value(reader.value_at(c, 1)?))),
        }
    }

    /// The value of the last key, if that is a keyword: its name. If not, it is still to be
    /// read.
    ///
    /// # Errors
    /// That it has no name.
    pub(crate) fn keyword(&mut self) -> Result<Option<&'a str>> {
        let reader = &mut *self.reader;
        match reader.skip(0)? {
            Some(':') => reader.keyword().map(Some),
            _ => Ok(None),
        }
    }

    /// The value of the last key.
    ///
    /// # Errors
    /// That there is none.
    pub(crate) fn value(&mut self) -> Result<Value> {
        let reader = &mut *self.reader;
        match reader.skip(0)? {
            Some('}') => Err(reader.error("a value for the last key", "}")),
            None | Some(')' | ']') => Err(reader.unclosed('}', self.start)),
            Some(c) => match reader.short_integer() {
                Some(int) => Ok(Value::Int(int)),
                None => reader.value_at(c, 1),
            },
        }
    }
}

/// Gives each value of a text, and of a list or a vector each item, with the line where
/// it begins.
pub(crate) fn each<E: From<Box<ReadError>>>(
    text: &str,
    mut take: impl FnMut(usize, Item<'_, '_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut reader = Reader::new(text);
    let (mut line, mut counted) = (1, 0);
    // The bracket that closes the list that is being read, and where that begins.
    let mut open: Option<(char, usize)> = None;
    loop {
        let next = reader.skip(0)?;
        let passed = &text.as_bytes()[counted..reader.at];
        line += passed.iter().filter(|byte| **byte == b'\n').count();
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
            (Some('{'), _) => {
                let start = reader.at;
                reader.at += 1;
                let reader = &mut reader;
                take(line, Item::Map(Entries { reader, start }))?;
            }
            (Some(c), _) => {
                let value = reader.value_at(c, 0)?;
                take(line, Item::Value(value))?;
            }
        }
    }
}
