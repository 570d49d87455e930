//! A block of a `test.jepsen`.
//!
//! ```text
//! length: 8 bytes | CRC-32: 4 | type: 2 | zeros: 14 | data
//! ```
//!
//! The length is that of all of it. The checksum is of the data and then of the header, with
//! zeros in its own place. (The documentation says nothing of the 14 zeros; Jepsen writes
//! them, for it counts the 16 bits of a type as 16 bytes.)

use std::fmt;

use super::{FIRST, number};
use crate::read::{HistoryError, Place};

/// How long a header is, in bytes.
pub(super) const HEADER: usize = 28;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Where the blocks are.
    Index,
    /// A value.
    Fressian,
    /// A part of a map, behind the number of the block that has the rest.
    PartialMap,
    /// Values, one after the other.
    Stream,
    /// The numbers of blocks that have the parts of a vector.
    BigVector,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Index => "a block index",
            Kind::Fressian => "a value",
            Kind::PartialMap => "a part of a map",
            Kind::Stream => "a stream of values",
            Kind::BigVector => "a vector of blocks",
        })
    }
}

/// A block whose data are as they were written.
pub(super) struct Block<'a> {
    number: u32,
    /// Where it begins in the file.
    pub(super) at: usize,
    pub(super) kind: Kind,
    pub(super) data: &'a [u8],
}

impl<'a> Block<'a> {
    /// The block of this number, which begins here.
    pub(super) fn read(bytes: &'a [u8], number: u32, at: u64) -> Result<Self, HistoryError> {
        let byte = usize::try_from(at).unwrap_or(usize::MAX);
        let error = |why: String| HistoryError::new(Place::Block { number, byte }, why);
        let header = byte
            .checked_add(HEADER)
            .filter(|_| byte >= FIRST)
            .and_then(|end| bytes.get(byte..end));
        let header = header.ok_or_else(|| {
            let length = bytes.len();
            error(format!(
                "expected a block, {HEADER} bytes at least, found the end of the file at byte {length}"
            ))
        })?;
        let field = |range| super::number(header, range).unwrap_or_default();
        let (length, checksum, kind) = (field(0..8), field(8..12), field(12..14));
        let end = usize::try_from(length)
            .ok()
            .filter(|length| *length >= HEADER);
        let data = end
            .and_then(|length| byte.checked_add(length))
            .and_then(|end| bytes.get(byte + HEADER..end));
        let data = data.ok_or_else(|| {
            let there = bytes.len() - byte;
            error(format!(
                "expected a block of {length} bytes, as its header says, {HEADER} at least, found \
                 {there} up to the end of the file"
            ))
        })?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(data);
        crc.update(&header[..8]);
        crc.update(&[0; 4]);
        crc.update(&header[12..14]);
        crc.update(&[0; HEADER - 14]);
        let found = crc.finalize();
        if checksum != u64::from(found) {
            return Err(error(format!(
                "expected {length} bytes with the checksum {checksum:08x}, as when they were \
                 written, found {found:08x}"
            )));
        }
        let kind = match kind {
            1 => Kind::Index,
            2 => Kind::Fressian,
            3 => Kind::PartialMap,
            4 => Kind::Stream,
            5 => Kind::BigVector,
            _ => return Err(error(format!("expected a type from 1 to 5, found {kind}"))),
        };
        Ok(Block {
            number,
            at: byte,
            kind,
            data,
        })
    }

    /// How many bytes it has, with its header.
    pub(super) fn length(&self) -> usize {
        HEADER + self.data.len()
    }

    /// A byte of its data.
    pub(super) fn place(&self, at: usize) -> Place {
        Place::Block {
            number: self.number,
            byte: self.at + HEADER + at,
        }
    }

    /// What is wrong at a byte of its data.
    pub(super) fn error(&self, at: usize, why: impl Into<String>) -> HistoryError {
        HistoryError::new(self.place(at), why)
    }
}

/// Where a block ends whose header is here, if that is in the file.
pub(super) fn end(bytes: &[u8], at: u64) -> Option<usize> {
    let at = usize::try_from(at).ok()?;
    let length = number(bytes, at..at.checked_add(8)?)?;
    let end = at.checked_add(usize::try_from(length).ok()?)?;
    Some(end.min(bytes.len()))
}
