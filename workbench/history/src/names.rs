//! Names that nearly every history is full of: functions, the steps of transactions, and
//! the keys of operations. They take no memory of their own, and no time to make.

use std::borrow::Cow;

/// A name, in memory of its own only if it is none of the usual ones.
pub(crate) fn name(text: &str) -> Cow<'static, str> {
    match usual(text) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(text.to_owned()),
    }
}

/// The usual name that a text is, if it is one.
pub(crate) fn usual(text: &str) -> Option<&'static str> {
    /// These names as what a text is compared with: byte by byte, which takes less time than
    /// a call for each.
    macro_rules! names {
        ($($name:literal)*) => {
            match text.as_bytes() {
                $($name => Some(const { as_text($name) }),)*
                _ => None,
            }
        };
    }
    names! {
        b"r" b"w" b"append" b"send" b"poll" b"txn" b"read" b"write" b"cas" b"add" b"broadcast"
        b"generate" b"echo" b"assign" b"subscribe" b"crash" b"index" b"time" b"type" b"process"
        b"f" b"value" b"error" b"final?" b"invoke" b"ok" b"fail" b"info" b"nemesis"
        b"net-timeout"
    }
}

const fn as_text(name: &[u8]) -> &str {
    match std::str::from_utf8(name) {
        Ok(name) => name,
        Err(_) => panic!("a name in UTF-8"),
    }
}
