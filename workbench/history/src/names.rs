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
    if let Some(word) = word(text.as_bytes()) {
        let (_, name) = SHORT.iter().find(|(known, _)| *known == word)?;
        return Some(name);
    }
    LONG.into_iter().find(|name| *name == text)
}

/// Those of at most seven bytes, each with its [`word`]; the most frequent first.
const SHORT: [(u64, &str); 26] = {
    let names = [
        "r", "w", "append", "txn", "send", "poll", "read", "write", "cas", "add", "echo", "ok",
        "invoke", "fail", "info", "assign", "crash", "nemesis", "error", "final?", "index", "time",
        "type", "process", "f", "value",
    ];
    let mut words = [(0, ""); 26];
    let mut at = 0;
    while at < names.len() {
        words[at] = (named(names[at]), names[at]);
        at += 1;
    }
    words
};

const LONG: [&str; 4] = ["generate", "broadcast", "subscribe", "net-timeout"];

/// A text of at most seven bytes as a number, its length in it: two are compared at once.
pub(crate) const fn word(text: &[u8]) -> Option<u64> {
    if text.len() > 7 {
        return None;
    }
    let mut word = text.len() as u64;
    let mut at = 0;
    while at < text.len() {
        word = word << 8 | text[at] as u64;
        at += 1;
    }
    Some(word)
}

/// The word of a name that is no longer than that.
pub(crate) const fn named(name: &str) -> u64 {
    match word(name.as_bytes()) {
        Some(word) => word,
        None => panic!("a name of at most seven bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_are_known() {
        for name in SHORT.map(|(_, name)| name).into_iter().chain(LONG) {
            assert_eq!(usual(name), Some(name));
            assert_eq!(usual(&format!("{name}x")), None);
            assert_eq!(usual(&format!("\0{name}")), None);
        }
        assert_eq!(usual(""), None);
    }
}
