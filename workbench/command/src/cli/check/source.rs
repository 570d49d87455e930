//! Where a history is read from: a file or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How long it may be, in bytes.
const MOST: u64 = 4 << 30;

/// All of it; `-` is standard input.
///
/// # Errors
/// That of the system, or that there is too much.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match path.as_os_str() == "-" {
        true => io::stdin().take(MOST).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(MOST).read_to_end(&mut bytes)?,
    };
    if bytes.len() as u64 >= MOST {
        return Err(io::Error::other(format!(
            "expected at most {} GiB",
            MOST >> 30
        )));
    }
    Ok(bytes)
}
