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
    /// These names as what a text is compared with.
    macro_rules! names {
        ($($name:literal)*) => {
            match text {
                $($name => Some($name),)*
                _ => None,
            }
        };
    }
    names! {
        "r" "w" "append" "send" "poll" "txn" "read" "write" "cas" "add" "broadcast" "generate"
        "echo" "assign" "subscribe" "crash" "index" "time" "type" "process" "f" "value" "error"
        "final?" "invoke" "ok" "fail" "info" "nemesis" "net-timeout"
    }
}
