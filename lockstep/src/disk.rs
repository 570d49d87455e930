//! A node's disk, as it speaks of it.

use std::collections::BTreeMap;

/// Whole files, by name: what a disk holds.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a node wants done on its disk, one after the other. Nothing is durable before a
/// [`Command::Sync`] behind it was answered; a crash before that leaves any part of it, but
/// for what is said below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Puts bytes at the end of a file, which is made if there is none.
    Append {
        /// The file's name.
        file: String,
        /// What is appended.
        bytes: Vec<u8>,
    },
    /// Cuts off what is behind the first `len` bytes: the remains of a torn write, when a log is
    /// opened. Must be durable before anything is appended in its place.
    Truncate {
        /// The file's name.
        file: String,
        /// How long it is afterwards, in bytes.
        len: u64,
    },
    /// Replaces a file, or makes it, at one stroke: after a crash, there is the old one or all of the
    /// new one, and what was appended to the new one is not found behind the old one.
    Replace {
        /// The file's name.
        file: String,
        /// All that it holds.
        bytes: Vec<u8>,
    },
    /// All before this is to be made durable, and that answered. At most one is under way.
    Sync,
}

impl Command {
    /// Does it to files in memory, on which a sync has no effect.
    pub fn apply(&self, files: &mut Files) {
        match self {
            Command::Append { file, bytes } => match files.get_mut(file) {
                Some(content) => content.extend_from_slice(bytes),
                None => drop(files.insert(file.clone(), bytes.clone())),
            },
            Command::Truncate { file, len } => {
                if let Some(content) = files.get_mut(file) {
                    content.truncate(usize::try_from(*len).unwrap_or(usize::MAX));
                }
            }
            Command::Replace { file, bytes } => drop(files.insert(file.clone(), bytes.clone())),
            Command::Sync => {}
        }
    }
}

/// A file's name: 1 to 255 of the visible characters of ASCII.
pub(crate) fn name(text: &[u8]) -> Option<String> {
    let is_name = (1..=255).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
    is_name.then(|| String::from_utf8_lossy(text).into_owned())
}

/// What stands before the first space, and what behind it.
pub(crate) fn split(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&byte| byte == b' ') {
        Some(space) => (&text[..space], Some(&text[space + 1..])),
        None => (text, None),
    }
}

/// A decimal number, without a sign.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}
