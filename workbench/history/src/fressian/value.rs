//! Values from their codes, and what is kept to be named again.

use std::sync::Arc;

use super::input::{Input, ReadError};
use super::{code, text};
use crate::edn::{self, Value};

/// How deep values may nest: they are written as EDN, and read again.
const DEEPEST: usize = edn::DEEPEST - 8;
/// How many bytes what was kept may stand for, where it is named again, for each byte that was
/// read, and besides: it takes no memory more, but whoever goes through it takes as long as if
/// it did. An operation of Jepsen's names two or three keywords in 13 bytes.
const COPIES: usize = 128;
const COPIES_BESIDES: usize = 16 << 10;

/// Reads values, one after the other.
pub(crate) struct Reader<'a> {
    pub(super) input: Input<'a>,
    /// What was kept, in the order in which it began; none while it is being read.
    kept: Vec<Option<Kept>>,
    structs: Vec<Struct>,
    /// How many bytes of memory the copies of both take.
    copied: usize,
    /// Where what the next footer is for begins.
    footed: usize,
}

struct Kept {
    value: Value,
    weight: usize,
}

/// A tag, and how many values are behind it.
#[derive(Clone)]
struct Struct {
    tag: Arc<str>,
    fields: usize,
}

/// How a list goes on.
#[derive(Clone, Copy)]
pub(crate) enum Items {
    /// With so many items.
    Counted(usize),
    /// Up to its end.
    Closed,
    /// Up to its end or that of the bytes.
    Open,
}

/// What a value begins as.
pub(crate) enum Begun {
    /// There is none any more.
    End,
    /// A list.
    List(Items),
    /// A map: keys and values in turns.
    Map(Items),
    /// All of it, of any other kind.
    Value(Value),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader {
            input: Input::new(bytes),
            kept: Vec::new(),
            structs: Vec::new(),
            copied: 0,
            footed: 0,
        }
    }

    /// Where the next value begins: a byte, from 0.
    pub(crate) fn at(&self) -> usize {
        self.input.at
    }

    /// The next value; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Value>, ReadError> {
        match self.begin()? {
            Begun::End => Ok(None),
            Begun::List(items) => Ok(Some(Value::Vector(self.items(items, 0)?.into()))),
            Begun::Map(items) => {
                let at = self.at();
                let items = self.items(items, 0)?;
                Ok(Some(map(at, &items)?))
            }
            Begun::Value(value) => Ok(Some(value)),
        }
    }

    /// Begins the next value, so that a long one can be taken item by item.
    pub(crate) fn begin(&mut self) -> Result<Begun, ReadError> {
        match self.next_code()? {
            Some(first) => self.begin_coded(first),
            None => Ok(Begun::End),
        }
    }

    /// Begins the next item of a list that was begun; none at its end.
    pub(crate) fn begin_item(&mut self, items: &mut Items) -> Result<Option<Begun>, ReadError> {
        match self.item_code(items)? {
            Some(first) => self.begin_coded(first).map(Some),
            None => Ok(None),
        }
    }

    fn begin_coded(&mut self, first: u8) -> Result<Begun, ReadError> {
        if let Some(items) = self.list_of(first)? {
            return Ok(Begun::List(items));
        }
        if first == code::MAP
            && let Some(next) = self.input.peek().filter(|next| code::begins_list(*next))
        {
            self.input.at += 1;
            if let Some(items) = self.list_of(next)? {
                return Ok(Begun::Map(items));
            }
        }
        self.coded(first, 0).map(Begun::Value)
    }

    /// The next item of a list that was begun, with where it begins; none at its end, after
    /// which there is no more to ask for.
    pub(crate) fn item(&mut self, items: &mut Items) -> Result<Option<(usize, Value)>, ReadError> {
        let at = self.at();
        match self.item_code(items)? {
            Some(code) => Ok(Some((at, self.coded(code, 1)?))),
            None => Ok(None),
        }
    }

    /// The code of the next value, past footers and resets; none at the end.
    fn next_code(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            match self.input.peek() {
                Some(code::RESET) => {
                    self.input.at += 1;
                    self.reset();
                }
                Some(code::FOOTER) => self.footer()?,
                None => return Ok(None),
                code => {
                    self.input.at += 1;
                    return Ok(code);
                }
            }
        }
    }

    fn reset(&mut self) {
        self.kept.clear();
        self.structs.clear();
    }

    /// A footer: its mark, the length of what is before it, and the Adler-32 of that, of the
    /// mark and of the length.
    fn footer(&mut self) -> Result<(), ReadError> {
        let start = self.input.at;
        let length = (start - self.footed) as u32;
        let mark = self.input.number(4)?;
        if mark != 0xcfcf_cfcf {
            let expected = "cfcfcfcf, the mark of a footer";
            return Err(ReadError::new(start, expected, format_args!("{mark:08x}")));
        }
        let at = self.input.at;
        let found = self.input.number(4)? as u32;
        if found != length {
            let expected = format_args!("{length}, the length of what the footer is for");
            return Err(ReadError::new(at, expected, found));
        }
        let sum = adler2::adler32_slice(self.input.since(self.footed));
        let at = self.input.at;
        let found = self.input.number(4)? as u32;
        if found != sum {
            let expected = format_args!("{sum:08x}, the Adler-32 of what the footer is for");
            return Err(ReadError::new(at, expected, format_args!("{found:08x}")));
        }
        self.footed = self.input.at;
        self.reset();
        Ok(())
    }

    /// The list that a code begins, if it does.
    fn list_of(&mut self, first: u8) -> Result<Option<Items>, ReadError> {
        Ok(Some(match first {
            code::LIST => Items::Counted(self.count()?),
            code::CLOSED_LIST => Items::Closed,
            code::OPEN_LIST => Items::Open,
            _ if code::LIST_PACKED.contains(&first) => {
                Items::Counted(usize::from(first - code::LIST_PACKED.start()))
            }
            _ => return Ok(None),
        }))
    }

    fn item_code(&mut self, items: &mut Items) -> Result<Option<u8>, ReadError> {
        if let Items::Counted(count) = items {
            if *count == 0 {
                return Ok(None);
            }
            *count -= 1;
        }
        let is_counted = matches!(items, Items::Counted(_));
        match self.next_code()? {
            Some(code::END) if !is_counted => Ok(None),
            None if matches!(items, Items::Open) => Ok(None),
            Some(code) => Ok(Some(code)),
            None => Err(ReadError::new(self.at(), "an item of a list", "the end")),
        }
    }

    fn items(&mut self, mut items: Items, depth: usize) -> Result<Vec<Value>, ReadError> {
        let mut all = Vec::new();
        while let Some(code) = self.item_code(&mut items)? {
            all.push(self.coded(code, depth + 1)?);
        }
        Ok(all)
    }

    /// A value within others.
    pub(super) fn value(&mut self, depth: usize) -> Result<Value, ReadError> {
        match self.next_code()? {
            Some(code) => self.coded(code, depth),
            None => Err(ReadError::new(self.at(), "a value", "the end")),
        }
    }

    /// The value that a code begins, which has been read.
    fn coded(&mut self, code: u8, depth: usize) -> Result<Value, ReadError> {
        let at = self.input.at - 1;
        if depth >= DEEPEST {
            let expected = format_args!("at most {DEEPEST} levels of nesting");
            return Err(ReadError::new(at, expected, "more"));
        }
        if let Some(tag) = code::tag(code) {
            return self.tagged(tag, 0, depth);
        }
        if let Some(int) = self.int(code)? {
            return Ok(Value::Int(int));
        }
        if let Some(items) = self.list_of(code)? {
            return Ok(Value::Vector(self.items(items, depth)?.into()));
        }
        Ok(match code {
            code::NULL => Value::Nil,
            code::TRUE => Value::Bool(true),
            code::FALSE => Value::Bool(false),
            code::FLOAT => edn::single(f32::from_bits(self.input.number(4)? as u32)),
            code::DOUBLE => Value::Float(f64::from_bits(self.input.number(8)?)),
            code::DOUBLE_0 => Value::Float(0.0),
            code::DOUBLE_1 => Value::Float(1.0),
            code::STRING | code::STRING_CHUNK => self.string(at, code)?,
            _ if code::STRING_PACKED.contains(&code) => self.string(at, code)?,
            code::BYTES | code::BYTES_CHUNK => self.bytes(code)?,
            _ if code::BYTES_PACKED.contains(&code) => self.bytes(code)?,
            code::KEEP => self.keep(depth)?,
            code::GET_KEPT => {
                let place = self.place(self.kept.len())?;
                self.kept(at, place)?
            }
            _ if code::KEPT_PACKED.contains(&code) => {
                self.kept(at, usize::from(code - code::KEPT_PACKED.start()))?
            }
            code::STRUCT_TYPE => self.new_struct(depth)?,
            code::STRUCT => {
                let place = self.place(self.structs.len())?;
                self.struct_of(at, place, depth)?
            }
            _ if code::STRUCT_PACKED.contains(&code) => {
                let place = usize::from(code - code::STRUCT_PACKED.start());
                self.struct_of(at, place, depth)?
            }
            _ => {
                let found = format_args!("the byte {code:02x}");
                return Err(ReadError::new(at, "a value", found));
            }
        })
    }

    /// An integer: in the code itself, or the code has its first bits.
    fn int(&mut self, code: u8) -> Result<Option<i64>, ReadError> {
        // How many bytes follow, and the code of a zero.
        let (width, zero) = match code {
            0x00..=0x3f => return Ok(Some(i64::from(code))),
            0xff => return Ok(Some(-1)),
            0x40..=0x5f => (1, 0x50),
            0x60..=0x6f => (2, 0x68),
            0x70..=0x73 => (3, 0x72),
            0x74..=0x77 => (4, 0x76),
            0x78..=0x7b => (5, 0x7a),
            0x7c..=0x7f => (6, 0x7e),
            code::INT => return Ok(Some(self.input.number(8)? as i64)),
            _ => return Ok(None),
        };
        let first = i64::from(code) - zero;
        let rest = self.input.number(width)? as i64;
        Ok(Some((first << (8 * width)) | rest))
    }

    /// How many items or bytes follow: no more than there are bytes.
    fn count(&mut self) -> Result<usize, ReadError> {
        let at = self.at();
        let number = self.plain_int()?;
        bounded(at, number, self.input.left())
    }

    /// The place of one of so many.
    fn place(&mut self, count: usize) -> Result<usize, ReadError> {
        let at = self.at();
        bounded(at, self.plain_int()?, count)
    }

    fn plain_int(&mut self) -> Result<i64, ReadError> {
        let at = self.at();
        let first = self.input.byte()?;
        let int = self.int(first)?;
        int.ok_or_else(|| ReadError::new(at, "a number", format_args!("the byte {first:02x}")))
    }

    /// An array: its length and its items.
    pub(super) fn array(&mut self, depth: usize) -> Result<Vec<Value>, ReadError> {
        let count = self.count()?;
        self.items(Items::Counted(count), depth)
    }

    fn string(&mut self, at: usize, code: u8) -> Result<Value, ReadError> {
        let bytes = self.chunks(code, &STRING)?;
        let text = text::text(&bytes);
        let text = text.ok_or_else(|| ReadError::new(at, "a string in UTF-8", "other bytes"))?;
        Ok(text.into())
    }

    /// Bytes, as what EDN can write: in hexadecimal.
    fn bytes(&mut self, code: u8) -> Result<Value, ReadError> {
        let bytes = self.chunks(code, &BYTES)?;
        let digit = |bits: u8| char::from(b"0123456789abcdef"[usize::from(bits)]);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let text: String = digits.map(digit).collect();
        Ok(Value::tagged("bytes", text.into()))
    }

    /// The bytes of all chunks, up to one that is the last.
    fn chunks(&mut self, first: u8, codes: &Chunks) -> Result<Vec<u8>, ReadError> {
        let mut all = Vec::new();
        let mut code = first;
        loop {
            let count = match code {
                _ if code == codes.chunk || code == codes.last => self.count()?,
                _ if codes.packed.contains(&code) => usize::from(code - codes.packed.start()),
                _ => {
                    let found = format_args!("the byte {code:02x}");
                    return Err(ReadError::new(self.at() - 1, "the next chunk", found));
                }
            };
            all.extend_from_slice(self.input.take(count)?);
            if code != codes.chunk {
                return Ok(all);
            }
            code = self.input.byte()?;
        }
    }

    /// A value that is kept: its place is taken before those of what is in it.
    fn keep(&mut self, depth: usize) -> Result<Value, ReadError> {
        let (at, place) = (self.at(), self.kept.len());
        self.kept.push(None);
        let value = self.value(depth + 1)?;
        let weight = weight(&value);
        self.copy(at, weight)?;
        // There is no such place any more, if all was reset within the value.
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = Some(Kept {
                value: value.clone(),
                weight,
            });
        }
        Ok(value)
    }

    fn kept(&mut self, at: usize, place: usize) -> Result<Value, ReadError> {
        let kept = self.kept.get(place).and_then(Option::as_ref);
        let Some(Kept { value, weight }) = kept else {
            let expected = format_args!("one of the {} values that were kept", self.kept.len());
            return Err(ReadError::new(at, expected, format_args!("the {place}th")));
        };
        let (value, weight) = (value.clone(), *weight);
        self.copy(at, weight)?;
        Ok(value)
    }

    /// Counts what is named again, and is so many bytes in memory.
    pub(super) fn copy(&mut self, at: usize, weight: usize) -> Result<(), ReadError> {
        self.copied = self.copied.saturating_add(weight);
        let most = self.at().saturating_mul(COPIES) + COPIES_BESIDES;
        if self.copied > most {
            let expected = format_args!("copies of values of {most} bytes at most so far");
            return Err(ReadError::new(at, expected, self.copied));
        }
        Ok(())
    }

    fn new_struct(&mut self, depth: usize) -> Result<Value, ReadError> {
        let at = self.at();
        let tag = match self.value(depth + 1)? {
            Value::Str(tag) | Value::Symbol(tag) => tag,
            Value::Keyword(tag) => tag.into(),
            other => return Err(ReadError::new(at, "a tag, a string", other.brief())),
        };
        let place = self.structs.len();
        let fields = self.count()?;
        self.structs.push(Struct { tag, fields });
        self.struct_of(at, place, depth)
    }

    fn struct_of(&mut self, at: usize, place: usize, depth: usize) -> Result<Value, ReadError> {
        let Some(Struct { tag, fields }) = self.structs.get(place).cloned() else {
            let expected = format_args!("one of the {} tags before", self.structs.len());
            return Err(ReadError::new(at, expected, format_args!("the {place}th")));
        };
        self.tagged(&tag, fields, depth)
    }
}

/// The codes of strings, and those of bytes.
struct Chunks {
    packed: std::ops::RangeInclusive<u8>,
    chunk: u8,
    last: u8,
}

const STRING: Chunks = Chunks {
    packed: code::STRING_PACKED,
    chunk: code::STRING_CHUNK,
    last: code::STRING,
};

const BYTES: Chunks = Chunks {
    packed: code::BYTES_PACKED,
    chunk: code::BYTES_CHUNK,
    last: code::BYTES,
};

fn bounded(at: usize, number: i64, most: usize) -> Result<usize, ReadError> {
    let found = usize::try_from(number).ok();
    let found = found.filter(|found| *found <= most);
    found.ok_or_else(|| ReadError::new(at, format_args!("a number from 0 to {most}"), number))
}

/// A map of keys and values in turns, whose list begins here.
pub(super) fn map(at: usize, items: &[Value]) -> Result<Value, ReadError> {
    let (entries, odd) = items.as_chunks();
    if !odd.is_empty() {
        let expected = "a list of keys and values in turns";
        let found = format_args!("one of {}", items.len());
        return Err(ReadError::new(at, expected, found));
    }
    let entry = |[key, value]: &[Value; 2]| (key.clone(), value.clone());
    Ok(Value::Map(entries.iter().map(entry).collect()))
}

/// How many bytes of memory a value takes, about.
fn weight(value: &Value) -> usize {
    let within = match value {
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Char(_) => 0,
        Value::BigInt(text) | Value::Str(text) | Value::Symbol(text) => text.len(),
        Value::Keyword(name) => name.len(),
        Value::List(items) | Value::Vector(items) | Value::Set(items) => {
            items.iter().map(weight).sum()
        }
        Value::Map(entries) => entries.iter().map(|(k, v)| weight(k) + weight(v)).sum(),
        Value::Tagged(tagged) => tagged.tag.len() + weight(&tagged.value),
    };
    size_of::<Value>() + within
}
