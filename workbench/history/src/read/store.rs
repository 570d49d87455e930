//! Jepsen's `test.jepsen`, as the documentation of its `store/format.clj` describes it.
//!
//! ```text
//! JEPSEN | version: 4 bytes | offset of the block index: 8 | block | block | ...
//! ```
//!
//! Numbers are big-endian. The index says where each block is, by its number, and which is
//! the root: a map, the test, whose `:history` names the block that the history is in. That
//! is a list, a stream of values, or names further blocks.
//!
//! - `block`: a block, with its length and its checksum.
//! - `rest`: what stands behind the last block that was completed, if a run was broken off.
//!
//! A block that is asked for is checked against its checksum. The lengths of all of them come
//! to that of the file at most, so that no file makes more of itself by naming a block twice.

mod block;
mod rest;

use std::collections::BTreeMap;

use self::block::{Block, Kind};
use super::operation::Reader;
use super::{Format, Found, HistoryError, Place};
use crate::edn::Value;
use crate::fressian::{self, Begun, ReadError};

/// What every file begins with.
pub(super) const MAGIC: &[u8] = b"JEPSEN";
/// Where the first block is.
const FIRST: usize = 18;
/// How deep vectors may be within vectors of blocks; Jepsen writes one.
const DEEPEST: usize = 16;

/// Reads the history of a test.
///
/// # Errors
/// The first block that is not as it was written, or operation that is none.
pub(super) fn read(bytes: &[u8]) -> Result<Found, HistoryError> {
    let mut file = File::open(bytes)?;
    let mut ops = Reader::default();
    let is_whole = file.history(&mut ops)?;
    let saved = ops.count();
    let rest = rest::read(bytes, file.end(), &mut ops)?;
    let mut found = ops.finish(Format::Store)?;
    found.notes.extend(note(is_whole, saved, &rest));
    Ok(found)
}

/// What is to be said of a run that was broken off.
fn note(is_whole: bool, saved: usize, rest: &rest::Rest) -> Option<String> {
    let lost = match rest.lost {
        Some(at) => format!(", up to byte {at}, where what was being written breaks off"),
        None => String::new(),
    };
    match (saved, rest.ops) {
        (_, 0) if is_whole => None,
        (0, 0) => Some("the run was broken off before any operation was saved".into()),
        (saved, 0) => Some(format!(
            "the run was broken off: its history ends with the {saved} operations that were saved"
        )),
        (saved, more) => Some(format!(
            "the run was broken off: of its history {saved} operations were saved, and {more} more \
             are behind the last block that was completed{lost}"
        )),
    }
}

/// A file, and where its blocks are.
struct File<'a> {
    bytes: &'a [u8],
    /// Where the index is; none in a file that has none yet.
    index: Option<usize>,
    root: u32,
    blocks: BTreeMap<u32, u64>,
    /// How many bytes of blocks may still be asked for.
    left: usize,
}

impl<'a> File<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, HistoryError> {
        let (Some(version), Some(index)) = (number(bytes, 6..10), number(bytes, 10..FIRST)) else {
            let why = format!(
                "expected a version and where the block index is, 12 bytes, found the end after {}",
                bytes.len() - MAGIC.len()
            );
            return Err(HistoryError::new(Place::Byte(MAGIC.len()), why));
        };
        if version > 1 {
            let why = format!("expected version 0 or 1 of Jepsen's files, found {version}");
            return Err(HistoryError::new(Place::Byte(MAGIC.len()), why));
        }
        let mut file = File {
            bytes,
            index: None,
            root: 0,
            blocks: BTreeMap::new(),
            left: bytes.len(),
        };
        if index == 0 {
            return Ok(file);
        }
        let block = file.block_at(0, index)?;
        let entries = match (block.kind, block.data.split_at_checked(4)) {
            (Kind::Index, Some((_, entries))) if entries.len().is_multiple_of(12) => entries,
            _ => {
                let why = "expected a block index: a root, and numbers and offsets of blocks";
                return Err(block.error(0, why));
            }
        };
        file.index = Some(block.at);
        file.root = number(block.data, 0..4).unwrap_or_default() as u32;
        let entry = |entry| Some((number(entry, 0..4)? as u32, number(entry, 4..12)?));
        file.blocks = entries.chunks(12).filter_map(entry).collect();
        Ok(file)
    }

    /// A block that an offset is known of.
    fn block_at(&mut self, number: u32, at: u64) -> Result<Block<'a>, HistoryError> {
        let block = Block::read(self.bytes, number, at)?;
        let length = block.length();
        self.left = self.left.checked_sub(length).ok_or_else(|| {
            let why = "expected blocks that are named once and do not overlap, found others";
            HistoryError::new(block.place(0), why)
        })?;
        Ok(block)
    }

    /// The block of a number that stands at a byte of another.
    fn block(&mut self, number: u32, named: Place) -> Result<Block<'a>, HistoryError> {
        let at = self.blocks.get(&number).ok_or_else(|| {
            let why = format!("expected the number of a block of the index, found {number}");
            HistoryError::new(named, why)
        })?;
        self.block_at(number, *at)
    }

    /// Gives the operations of the history that was saved, and says whether that is whole.
    fn history(&mut self, ops: &mut Reader) -> Result<bool, HistoryError> {
        let Some(index) = self.index.filter(|_| self.root != 0) else {
            return Ok(false);
        };
        let named = Place::Block {
            number: 0,
            byte: index + block::HEADER,
        };
        let root = self.block(self.root, named)?;
        let root_at = root.at;
        let Some((place, number)) = self.named_history(root)? else {
            return Ok(false);
        };
        let block = self.block(number, place)?;
        // When a run is over, the test is written once more, behind its history. A file that
        // was cleaned up has its blocks in another order, and its index first.
        let is_over = root_at > block.at || index < block.at;
        let is_begun = self.operations(block, 0, ops)?;
        Ok(is_begun && is_over)
    }

    /// The block of a test's history, and where that is said.
    fn named_history(&mut self, root: Block<'a>) -> Result<Option<(Place, u32)>, HistoryError> {
        let mut part = root;
        loop {
            let (next, fressian) = match part.kind {
                Kind::Fressian => (0, 0),
                Kind::PartialMap => match number(part.data, 0..4) {
                    Some(next) => (next as u32, 4),
                    None => return Err(part.error(0, "expected the number of a block")),
                },
                kind => return Err(part.error(0, format!("expected a test, found {kind}"))),
            };
            let mut values = fressian::Reader::new(&part.data[fressian..]);
            let refused = |e: ReadError| part.error(fressian + e.at, e.why);
            if let Begun::Map(mut items) = values.begin().map_err(refused)? {
                while let Some((_, key)) = values.item(&mut items).map_err(refused)? {
                    let value = values.item(&mut items).map_err(refused)?;
                    if key == Value::keyword("history") {
                        return Ok(value.and_then(|(at, value)| {
                            Some((part.place(fressian + at), reference(&value)?))
                        }));
                    }
                }
            }
            if next == 0 {
                return Ok(None);
            }
            part = self.block(next, part.place(0))?;
        }
    }

    /// Gives the operations of a block, and says whether there is a list of them.
    fn operations(
        &mut self,
        block: Block<'a>,
        depth: usize,
        ops: &mut Reader,
    ) -> Result<bool, HistoryError> {
        let mut values = fressian::Reader::new(block.data);
        let refused = |e: ReadError| block.error(e.at, e.why);
        match block.kind {
            Kind::Fressian => match values.begin().map_err(refused)? {
                Begun::List(mut items) => {
                    while let Some((at, op)) = values.item(&mut items).map_err(refused)? {
                        ops.map(block.place(at), op)?;
                    }
                    Ok(true)
                }
                // Of a run that has just begun.
                Begun::Value(Value::Nil) => Ok(false),
                _ => Err(block.error(0, "expected a list of operations, found something else")),
            },
            Kind::Stream => {
                let mut at = values.at();
                while let Some(op) = values.next().map_err(refused)? {
                    ops.map(block.place(at), op)?;
                    at = values.at();
                }
                Ok(true)
            }
            Kind::BigVector if depth < DEEPEST => {
                self.big_vector(&block, depth, ops)?;
                Ok(true)
            }
            kind => Err(block.error(0, format!("expected operations, found {kind}"))),
        }
    }

    /// How many operations there are, and for each of the blocks that they are in, the index
    /// of its first and its number.
    fn big_vector(
        &mut self,
        block: &Block<'a>,
        depth: usize,
        ops: &mut Reader,
    ) -> Result<(), HistoryError> {
        let first = ops.count();
        let parts = match block.data.split_at_checked(8) {
            Some((_, parts)) if parts.len().is_multiple_of(12) => parts,
            _ => return Err(block.error(0, "expected a count, indices and blocks")),
        };
        let is_count = |at: usize, count: Option<u64>, ops: &Reader| {
            let found = (ops.count() - first) as u64;
            match count == Some(found) {
                true => Ok(()),
                false => {
                    let count = count.unwrap_or_default();
                    let why =
                        format!("expected {count} operations, as it says here, found {found}");
                    Err(block.error(at, why))
                }
            }
        };
        for (i, part) in parts.chunks(12).enumerate() {
            let at = 8 + 12 * i;
            is_count(at, number(part, 0..8), ops)?;
            let part = number(part, 8..12).unwrap_or_default() as u32;
            let part = self.block(part, block.place(at + 8))?;
            self.operations(part, depth + 1, ops)?;
        }
        is_count(0, number(block.data, 0..8), ops)
    }

    /// Where the last of the blocks ends that the index knows of.
    fn end(&self) -> usize {
        let known = self.blocks.values().copied();
        let all = known.chain(self.index.map(|at| at as u64));
        let ends = all.filter_map(|at| block::end(self.bytes, at));
        ends.max().unwrap_or(FIRST)
    }
}

/// A big-endian number at these bytes, eight at most, if they are there.
fn number(bytes: &[u8], at: std::ops::Range<usize>) -> Option<u64> {
    let bytes = bytes.get(at)?;
    Some(bytes.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)))
}

/// The number of a block that a value stands for.
fn reference(value: &Value) -> Option<u32> {
    match value {
        Value::Tagged(block) if block.tag == "block-ref" => block.value.as_int()?.try_into().ok(),
        _ => None,
    }
}
