//! What the command says goes to a terminal here, and nowhere else.
//!
//! Much of it quotes nodes, and histories from elsewhere, which may be hostile: a
//! control sequence can erase what was said, name a window, or write to the clipboard,
//! and characters without width or that turn the direction of a line make a text look
//! like another one. So none of these gets there: each is written as `\u001b` and the
//! like, which in the strings of JSON and EDN even is the same. That a reader may pipe
//! it through `less` or `head` to a terminal is why it is done for pipes as well.

#![expect(clippy::disallowed_methods, reason = "this is the place for it")]

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

/// Writes to standard output. That nobody reads it any more is no error.
///
/// # Errors
/// When it cannot be written, such as to a full disk.
pub(crate) fn print(text: &str) -> io::Result<()> {
    written(io::stdout().lock(), &shown(text))
}

/// The same, with the first line in a colour (a code of ANSI's) if this is a terminal
/// and `NO_COLOR` is not set.
///
/// # Errors
/// As for [`print`].
pub(crate) fn print_headed(text: &str, colour: u8) -> io::Result<()> {
    let text = shown(text);
    let is_coloured = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
    match is_coloured {
        true => written(
            io::stdout().lock(),
            &format!("\x1b[1;{colour}m{head}\x1b[0m\n{rest}"),
        ),
        false => written(io::stdout().lock(), &text),
    }
}

fn written(mut out: impl Write, text: &str) -> io::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. There is no one to tell if that fails.
pub(crate) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{}", shown(line));
}

/// A line that is written over and over, on standard error.
#[derive(Debug)]
pub(crate) struct StatusLine {
    is_shown: bool,
}

impl StatusLine {
    /// Only a terminal has one.
    pub(crate) fn new() -> Self {
        StatusLine {
            is_shown: io::stderr().is_terminal(),
        }
    }

    pub(crate) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Writes it anew; an empty one is gone. That the terminal is gone is no reason to
    /// end what is going on.
    pub(crate) fn write(&self, line: &str) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r{}\x1b[K", shown(line));
        }
    }
}

/// A text without what a terminal would obey or not show.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(is_unseen) else {
        return Cow::Borrowed(text);
    };
    let mut shown = String::with_capacity(text.len() + 16);
    shown.push_str(&text[..first]);
    for c in text[first..].chars() {
        match is_unseen(c) {
            // In UTF-16, as in JSON and in EDN.
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(shown, "\\u{unit:04x}");
            }),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal obeys a character, or shows nothing for it.
fn is_unseen(c: char) -> bool {
    match c {
        '\n' | '\t' | ' '..='~' => false,
        _ if c.is_control() => true,
        // Without width: soft hyphen, joiners, fillers, marks of direction, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_told_by_its_code() {
        for (text, expected) in [
            ("plain\n\tüñï 日本 🎉", "plain\n\tüñï 日本 🎉"),
            (
                "\x1b[2J\x1b]0;pwned\x07",
                "\\u001b[2J\\u001b]0;pwned\\u0007",
            ),
            ("one\rtwo\x08\x7f", "one\\u000dtwo\\u0008\\u007f"),
            ("\u{9b}31m", "\\u009b31m"),
            ("a\u{202e}b\u{2066}\u{200f}", "a\\u202eb\\u2066\\u200f"),
            ("n\u{200b}1\u{feff}\u{2028}", "n\\u200b1\\ufeff\\u2028"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("\0", "\\u0000"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn in_strings_of_json_and_edn_it_is_the_same_text() {
        let hostile: String = ('\0'..='\u{2fff}').chain(['\u{e0041}', '🎉']).collect();
        let json = serde_json::to_string(&hostile).unwrap();
        assert!(!shown(&json).contains(is_unseen));
        assert_eq!(
            serde_json::from_str::<String>(&shown(&json)).unwrap(),
            hostile
        );
        let edn = history::edn::Value::from(&*hostile);
        assert_eq!(history::edn::read(&shown(&edn.to_string())).unwrap(), edn);
    }
}
