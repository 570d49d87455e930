//! Fressian, the binary notation of Jepsen's stores: bytes to values of [`edn`](crate::edn).
//!
//! A value begins with a byte, its code, which says what it is and often how long:
//!
//! ```text
//! c0 e6 ca f7 cd db 66 e4      {:f []}
//! |  |  |  |  |  |  |  a list of no items
//! |  |  |  |  |  |  "f"
//! |  |  |  |  |  a string of one byte
//! |  |  |  |  keep what follows: 80 stands for it from now on
//! |  |  |  nil, the namespace
//! |  |  a keyword: its namespace and its name
//! |  a list of two items
//! a map: a list of keys and values, in turns
//! ```
//!
//! The format is what org.fressian's `Codes`, reader and writer say it is, with the tags that
//! Clojure's data.fressian and Jepsen's `store/fressian.clj` add. Values come out as `read`
//! finds them in the EDN that Jepsen prints of the same: lists are vectors, patterns their
//! text, ratios and decimals floating-point numbers.
//!
//! - `input`: bytes, and errors that say which.
//! - `code`: what bytes a value may begin with.
//! - `value`: values from codes; what is kept to be named again.
//! - `tag`: what a tag makes of the values behind it.
//! - `number`, `text`: integers of any size, dates, strings.
//!
//! Whatever the bytes are, no more memory is taken than some hundred times their number:
//! lengths are believed only as far as there are bytes, values nest some 500 levels deep at
//! most, and copies of what is named again are counted.

mod code;
mod input;
mod number;
mod tag;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use self::input::ReadError;
pub(crate) use self::value::{Begun, Items, Reader};

/// Whether bytes seem to begin a map, a list or a record.
pub(crate) fn looks_like(bytes: &[u8]) -> bool {
    code::begins_collection(bytes)
}
