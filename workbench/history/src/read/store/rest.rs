//! What stands behind the last block that the index of a `test.jepsen` knows of.
//!
//! Jepsen writes operations into a block as they come, 16,384 into each, and the block's
//! header, then the index, when it is full. In a run that was broken off the last block has a
//! header of zeros and breaks off within a value, and one before it may be complete without
//! being in an index.

use super::block::{Block, HEADER, Kind};
use crate::edn::Value;
use crate::fressian;
use crate::read::operation::Reader;
use crate::read::{HistoryError, Place};

/// What was found there.
pub(super) struct Rest {
    /// How many operations.
    pub(super) ops: usize,
    /// The byte of the first value that is not whole.
    pub(super) lost: Option<usize>,
}

/// Gives the operations behind this byte, as far as they are whole.
///
/// # Errors
/// The first record of an operation that is none.
pub(super) fn read(bytes: &[u8], end: usize, ops: &mut Reader) -> Result<Rest, HistoryError> {
    let before = ops.count();
    let (mut at, mut lost) = (end, None);
    while at < bytes.len() {
        let header = &bytes[at..bytes.len().min(at + HEADER)];
        if header.iter().all(|byte| *byte == 0) {
            lost = stream(&bytes[at + header.len()..], at + header.len(), ops)?;
            break;
        }
        let Ok(block) = Block::read(bytes, 0, at as u64) else {
            break;
        };
        if block.kind == Kind::Stream {
            lost = stream(block.data, at + HEADER, ops)?;
        }
        at += block.length();
    }
    Ok(Rest {
        ops: ops.count() - before,
        lost,
    })
}

/// Gives the operations of a block up to the first value that is none, and says where one
/// is not whole.
fn stream(bytes: &[u8], first: usize, ops: &mut Reader) -> Result<Option<usize>, HistoryError> {
    let mut values = fressian::Reader::new(bytes);
    loop {
        let at = first + values.at();
        match values.next() {
            Ok(Some(op)) if is_op(&op) => ops.map(Place::Byte(at), op)?,
            Ok(_) => return Ok(None),
            Err(_) => return Ok(Some(at)),
        }
    }
}

fn is_op(value: &Value) -> bool {
    matches!(value, Value::Tagged(op) if op.tag == "jepsen.history.Op")
}
