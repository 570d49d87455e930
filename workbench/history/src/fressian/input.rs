//! Bytes, read one after the other, and errors that say which.

use std::fmt;

/// Bytes that are no Fressian: which, what was expected there, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: {why}")]
pub(crate) struct ReadError {
    /// Which byte, from 0.
    pub(crate) at: usize,
    /// What was expected and found.
    pub(crate) why: String,
}

impl ReadError {
    pub(super) fn new(at: usize, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        ReadError {
            at,
            why: format!("expected {expected}, found {found}"),
        }
    }
}

/// Bytes, and which is next.
#[derive(Clone)]
pub(super) struct Input<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Input { bytes, at: 0 }
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    pub(super) fn byte(&mut self) -> Result<u8, ReadError> {
        let byte = self.peek();
        let byte = byte.ok_or_else(|| ReadError::new(self.at, "more", "the end"))?;
        self.at += 1;
        Ok(byte)
    }

    /// So many bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], ReadError> {
        let left = self.left();
        if count > left {
            let found = format_args!("the end after {left}");
            return Err(ReadError::new(
                self.at,
                format_args!("{count} bytes"),
                found,
            ));
        }
        let taken = &self.bytes[self.at..self.at + count];
        self.at += count;
        Ok(taken)
    }

    /// An unsigned number of so many bytes, eight at most, the greatest first.
    pub(super) fn number(&mut self, width: usize) -> Result<u64, ReadError> {
        let bytes = self.take(width)?;
        let number = bytes.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte));
        Ok(number)
    }

    /// What is between a byte that was read and the next.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }
}
