//! Where a history is read from: a file or standard input, packed or not.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

/// How long a text may be, in bytes: what is packed may be a thousand times as long.
const MOST: u64 = 4 << 30;
/// What every gzip file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// All of it; `-` is standard input.
///
/// # Errors
/// That of the system, or that it is no text.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    match path.as_os_str() == "-" {
        true => io::stdin().take(MOST).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(MOST).read_to_end(&mut bytes)?,
    };
    if bytes.starts_with(&GZIP) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(&bytes[..])
            .take(MOST)
            .read_to_end(&mut unpacked)?;
        bytes = unpacked;
    }
    if bytes.len() as u64 >= MOST {
        return Err(io::Error::other(format!(
            "expected at most {} GiB of text",
            MOST >> 30
        )));
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let bytes = e.into_bytes();
        let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        let what = match bytes.starts_with(b"JEPSEN") {
            true => "this is a test.jepsen: pass the history.edn or history.txt beside it".into(),
            false => format!("expected text in UTF-8, found other bytes in line {line}"),
        };
        io::Error::other(what)
    })
}
