//! Writes what Jepsen writes: Fressian, and the blocks of a `test.jepsen`. From the
//! descriptions of both, so that the readers are tested against those and not themselves.

use std::collections::BTreeMap;

use history::edn::Value;
use history::{Op, Process};

/// Writes values as data.fressian does with the handlers of Jepsen.
#[derive(Default)]
pub(crate) struct Fressian {
    pub(crate) bytes: Vec<u8>,
    kept: BTreeMap<Value, usize>,
    tags: BTreeMap<&'static str, usize>,
}

impl Fressian {
    pub(crate) fn of(value: &Value) -> Vec<u8> {
        let mut writer = Fressian::default();
        writer.value(value);
        writer.bytes
    }

    fn int(&mut self, int: i64) {
        // How many bits it takes, without its sign.
        let bits = 64 - (if int < 0 { !int } else { int }).leading_zeros();
        let (zero, width) = match bits {
            0..=6 if int >= -1 => return self.bytes.push(int as u8),
            0..=12 => (0x50, 1),
            13..=19 => (0x68, 2),
            20..=25 => (0x72, 3),
            26..=33 => (0x76, 4),
            34..=41 => (0x7a, 5),
            42..=49 => (0x7e, 6),
            _ => {
                self.bytes.push(0xf8);
                return self.bytes.extend(int.to_be_bytes());
            }
        };
        self.bytes.push((zero + (int >> (8 * width))) as u8);
        self.bytes.extend(&int.to_be_bytes()[8 - width..]);
    }

    /// The code of a thing of so many parts: one that says how many, or one before a number.
    fn counted(&mut self, packed: u8, plain: u8, count: usize) {
        match count {
            0..8 => self.bytes.push(packed + count as u8),
            _ => {
                self.bytes.push(plain);
                self.int(count as i64);
            }
        }
    }

    fn string(&mut self, text: &str) {
        // Java's units, each by itself.
        let mut bytes = Vec::new();
        for unit in text.encode_utf16() {
            match unit {
                0..0x80 => bytes.push(unit as u8),
                0x80..0x800 => bytes.extend([0xc0 | (unit >> 6) as u8, 0x80 | (unit & 63) as u8]),
                _ => bytes.extend([
                    0xe0 | (unit >> 12) as u8,
                    0x80 | (unit >> 6 & 63) as u8,
                    0x80 | (unit & 63) as u8,
                ]),
            }
        }
        let mut rest = &bytes[..];
        while rest.len() > 65_535 {
            self.bytes.push(0xe2);
            self.int(65_535);
            self.bytes.extend(&rest[..65_535]);
            rest = &rest[65_535..];
        }
        self.counted(0xda, 0xe3, rest.len());
        self.bytes.extend(rest);
    }

    fn list(&mut self, items: &[Value]) {
        self.counted(0xe4, 0xec, items.len());
        items.iter().for_each(|item| self.value(item));
    }

    fn tag(&mut self, tag: &'static str, fields: i64) {
        let next = self.tags.len();
        match *self.tags.entry(tag).or_insert(next) {
            place if place == next => {
                self.bytes.push(0xef);
                self.string(tag);
                self.int(fields);
            }
            place if place < 16 => self.bytes.push(0xa0 + place as u8),
            place => {
                self.bytes.push(0xf0);
                self.int(place as i64);
            }
        }
    }

    /// A value that may come again.
    fn cached(&mut self, value: &Value) {
        let is_short = match value {
            Value::Nil | Value::Bool(_) => true,
            Value::Int(int) => (-4096..4096).contains(int),
            Value::Str(text) => text.is_empty(),
            Value::Float(float) => *float == 0.0 || *float == 1.0,
            _ => false,
        };
        if is_short {
            return self.value(value);
        }
        let next = self.kept.len();
        match *self.kept.entry(value.clone()).or_insert(next) {
            place if place == next => {
                self.bytes.push(0xcd);
                self.value(value);
            }
            place if place < 32 => self.bytes.push(0x80 + place as u8),
            place => {
                self.bytes.push(0xcc);
                self.int(place as i64);
            }
        }
    }

    fn named(&mut self, code: u8, name: &str) {
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
                (Value::from(namespace), name)
            }
            _ => (Value::Nil, name),
        };
        self.bytes.push(code);
        self.cached(&namespace);
        self.cached(&Value::from(name));
    }

    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::Nil => self.bytes.push(0xf7),
            Value::Bool(true) => self.bytes.push(0xf5),
            Value::Bool(false) => self.bytes.push(0xf6),
            Value::Int(int) => self.int(*int),
            Value::BigInt(digits) => {
                let int: i128 = digits.parse().unwrap();
                self.bytes.extend([0xc6, 0xd9, 16]);
                self.bytes.extend(int.to_be_bytes());
            }
            Value::Float(0.0) => self.bytes.push(0xfb),
            Value::Float(1.0) => self.bytes.push(0xfc),
            Value::Float(float) => {
                self.bytes.push(0xfa);
                self.bytes.extend(float.to_be_bytes());
            }
            Value::Str(text) => self.string(text),
            Value::Keyword(name) => self.named(0xca, name),
            Value::Symbol(name) => self.named(0xc9, name),
            Value::Char(c) => {
                self.tag("char", 1);
                self.int(i64::from(u32::from(*c)));
            }
            Value::List(items) | Value::Vector(items) => self.list(items),
            Value::Set(items) => {
                self.tag("persistent-hash-set", 1);
                match &items[..] {
                    [] => self.bytes.push(0xf7),
                    items => self.list(items),
                }
            }
            Value::Map(entries) => {
                self.bytes.push(0xc0);
                let pairs = entries.iter().flat_map(|(k, v)| [k.clone(), v.clone()]);
                self.list(&pairs.collect::<Vec<_>>());
            }
            Value::Tagged(block) if block.tag == "block-ref" => {
                self.tag("block-ref", 1);
                self.value(&block.value);
            }
            Value::Tagged(other) => panic!("{}", other.tag),
        }
    }

    /// An operation as a record; Jepsen keeps its type and its function.
    pub(crate) fn op(&mut self, op: &Op) {
        self.tag("jepsen.history.Op", 7);
        self.int(op.index as i64);
        self.int(op.time);
        self.cached(&Value::keyword(op.typ.name()));
        match op.process {
            Process::Client(number) => self.int(number),
            Process::Nemesis => self.value(&Value::keyword("nemesis")),
        }
        self.cached(&Value::keyword(op.f.to_string()));
        self.value(&op.value);
        match op.extra.is_empty() {
            true => self.bytes.push(0xf7),
            false => {
                let entry = |(key, value): &(String, Value)| (Value::keyword(key), value.clone());
                self.value(&Value::Map(op.extra.iter().map(entry).collect()));
            }
        }
    }
}

/// What kind a block is of.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Index = 1,
    Fressian,
    PartialMap,
    Stream,
    BigVector,
}

/// A block: length, checksum, type and fourteen zeros, data.
pub(crate) fn block(kind: Kind, data: &[u8]) -> Vec<u8> {
    let length = (28 + data.len() as u64).to_be_bytes();
    let mut rest = vec![0, kind as u8];
    rest.resize(16, 0);
    let checksum = crc32(&[data, &length, &[0; 4], &rest].concat());
    [&length[..], &checksum.to_be_bytes(), &rest, data].concat()
}

/// Gives the blocks of a file the checksums that they should have.
pub(crate) fn mend(bytes: &mut [u8]) {
    let mut at = 18;
    while let Some(header) = bytes.get(at..at + 28) {
        let length = u64::from_be_bytes(std::array::from_fn(|i| header[i]));
        let Some(data) = usize::try_from(length)
            .ok()
            .and_then(|length| bytes.get(at + 28..at.checked_add(length)?))
        else {
            break;
        };
        let checksum = crc32(&[data, &header[..8], &[0; 4], &header[12..14], &[0; 14]].concat());
        bytes[at + 8..at + 12].copy_from_slice(&checksum.to_be_bytes());
        at += length as usize;
    }
}

/// Bit by bit, as its polynomial says.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

/// A `test.jepsen` that is being written.
pub(crate) struct Store {
    pub(crate) bytes: Vec<u8>,
    blocks: BTreeMap<u32, usize>,
    root: u32,
}

impl Store {
    pub(crate) fn new(version: u32) -> Self {
        let mut bytes = b"JEPSEN".to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.extend([0; 8]);
        Store {
            bytes,
            blocks: BTreeMap::new(),
            root: 0,
        }
    }

    /// Writes a block under a number, be there another of that number before.
    pub(crate) fn put(&mut self, number: u32, kind: Kind, data: &[u8]) -> u32 {
        self.blocks.insert(number, self.bytes.len());
        self.bytes.extend(block(kind, data));
        number
    }

    /// The same under a new number.
    pub(crate) fn add(&mut self, kind: Kind, data: &[u8]) -> u32 {
        let next = self.blocks.keys().max().map_or(1, |last| last + 1);
        self.put(next, kind, data)
    }

    pub(crate) fn set_root(&mut self, root: u32) {
        self.root = root;
    }

    pub(crate) fn offset(&self, number: u32) -> usize {
        self.blocks[&number]
    }

    /// Writes an index of all that is there, which is in it itself.
    pub(crate) fn index(&mut self) {
        let next = self.blocks.keys().max().map_or(1, |last| last + 1);
        let at = self.bytes.len();
        self.blocks.insert(next, at);
        let mut data = self.root.to_be_bytes().to_vec();
        for (number, offset) in &self.blocks {
            data.extend(number.to_be_bytes());
            data.extend((*offset as u64).to_be_bytes());
        }
        self.bytes.extend(block(Kind::Index, &data));
        self.bytes[10..18].copy_from_slice(&(at as u64).to_be_bytes());
    }

    /// The vector of blocks that the operations from `first` on are in.
    pub(crate) fn big_vector(count: usize, chunks: &[(usize, u32)]) -> Vec<u8> {
        let mut data = (count as u64).to_be_bytes().to_vec();
        for (first, number) in chunks {
            data.extend((*first as u64).to_be_bytes());
            data.extend(number.to_be_bytes());
        }
        data
    }
}

/// A test whose history is in a block, as the value of a map.
pub(crate) fn test(history: u32, results: Option<u32>) -> Vec<u8> {
    let reference = |number: u32| Value::tagged("block-ref", number.into());
    let mut test = Value::map([
        ("name", "a test".into()),
        ("nodes", Value::list(["n1".into(), "n2".into()])),
        ("history", reference(history)),
    ]);
    if let Some(results) = results {
        test.insert("results", reference(results));
    }
    Fressian::of(&test)
}
