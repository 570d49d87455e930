//! What is packed with gzip.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

use super::{HistoryError, Place};

/// How many bytes it may be unpacked: a thousand times as many as packed, if someone wants.
const MOST: u64 = 4 << 30;
/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bytes that these were before they were packed; none, if they are not.
///
/// # Errors
/// Where they are not as gzip packs.
pub(super) fn unpack(bytes: &[u8]) -> Result<Option<Vec<u8>>, HistoryError> {
    if !bytes.starts_with(&GZIP) {
        return Ok(None);
    }
    let (mut left, mut unpacked) = (bytes, Vec::new());
    let read = MultiGzDecoder::new(&mut left)
        .take(MOST)
        .read_to_end(&mut unpacked);
    let at = Place::Byte(bytes.len() - left.len());
    match read {
        Err(e) => {
            let why = format!("expected what gzip packed, found something else: {e}");
            Err(HistoryError::new(at, why))
        }
        Ok(count) if count as u64 == MOST => {
            let why = format!("expected less than {} GiB unpacked, found more", MOST >> 30);
            Err(HistoryError::new(at, why))
        }
        Ok(_) => Ok(Some(unpacked)),
    }
}
