//! What a node is told.

use std::time::Duration;

use crate::disk::{name, number, split};
use crate::{Wrong, hex};

/// A line to a node, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<'a> {
    /// `= again`: it is not the first of its name.
    Again,
    /// `= file FILE HEX`: a file on its disk, and all that it holds.
    File(String, Vec<u8>),
    /// `init`, at time 0.
    Init(&'a [u8]),
    /// A turn: the time by the node's clock, from its start, and what happens.
    Turn(Duration, Event<&'a [u8]>),
}

/// What happens in a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<B = Vec<u8>> {
    /// `TIME`: nothing but that it is that time, and a deadline may be due.
    Nothing,
    /// `TIME MESSAGE`: a message arrives.
    Message(B),
    /// `TIME = synced`: the sync is done.
    Synced,
    /// `TIME = failed WHY`: it has failed, or a write before it.
    Failed(String),
}

impl<'a> Told<'a> {
    /// Reads a line that comes before `init`, or `init` itself.
    ///
    /// # Errors
    /// When it begins with `= ` and is none of these.
    pub fn parse_start(line: &'a [u8]) -> Result<Told<'a>, Wrong> {
        let Some(told) = line.strip_prefix(b"= ") else {
            return Ok(Told::Init(line));
        };
        let wrong = |expected| Wrong::new(expected, line);
        match split(told) {
            (b"again", None) => Ok(Told::Again),
            (b"file", Some(rest)) => {
                let (file, bytes) = split(rest);
                let bytes = hex::read(bytes.unwrap_or_default());
                let file = name(file)
                    .zip(bytes)
                    .map(|(name, bytes)| Told::File(name, bytes));
                file.ok_or_else(|| wrong("= file, a name, and bytes in hexadecimal"))
            }
            _ => Err(wrong("= again, = file or init")),
        }
    }

    /// Reads a line behind `init`.
    ///
    /// # Errors
    /// When it does not begin with a time, or what follows begins with `= ` and is none of these.
    pub fn parse_turn(line: &'a [u8]) -> Result<(Duration, Event<&'a [u8]>), Wrong> {
        let (time, rest) = split(line);
        let wrong = |expected| Wrong::new(expected, line);
        let now = number(time).ok_or_else(|| wrong("a time in nanoseconds and a message"))?;
        let event = match rest {
            None => Event::Nothing,
            Some(b"= synced") => Event::Synced,
            Some(rest) => match rest.strip_prefix(b"= failed ") {
                Some(why) => Event::Failed(String::from_utf8_lossy(why).into_owned()),
                None if rest.starts_with(b"= ") => {
                    return Err(wrong("a time and a message, = synced or = failed"));
                }
                None => Event::Message(rest),
            },
        };
        Ok((Duration::from_nanos(now), event))
    }

    /// Writes it as a line, with its newline.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Told::Again => out.extend_from_slice(b"= again"),
            Told::File(name, bytes) => {
                out.extend_from_slice(format!("= file {name} ").as_bytes());
                hex::write(out, bytes);
            }
            Told::Init(line) => out.extend_from_slice(line),
            Told::Turn(now, event) => {
                out.extend_from_slice(now.as_nanos().to_string().as_bytes());
                match event {
                    Event::Nothing => {}
                    Event::Message(line) => {
                        out.push(b' ');
                        out.extend_from_slice(line);
                    }
                    Event::Synced => out.extend_from_slice(b" = synced"),
                    Event::Failed(why) => {
                        out.extend_from_slice(format!(" = failed {why}").as_bytes());
                    }
                }
            }
        }
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let now = Duration::from_nanos(5);
        for (told, line) in [
            (Told::Again, "= again\n"),
            (
                Told::File("a.log".to_owned(), vec![0, 0xff]),
                "= file a.log 00ff\n",
            ),
            (Told::File("b".to_owned(), vec![]), "= file b \n"),
            (Told::Init(b"{}"), "{}\n"),
        ] {
            let mut out = Vec::new();
            told.write(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), line);
            assert_eq!(Told::parse_start(&out[..out.len() - 1]), Ok(told));
        }
        for (event, line) in [
            (Event::Nothing, "5\n"),
            (Event::Message(&b"{}"[..]), "5 {}\n"),
            (Event::Synced, "5 = synced\n"),
            (
                Event::Failed("no space".to_owned()),
                "5 = failed no space\n",
            ),
        ] {
            let mut out = Vec::new();
            Told::Turn(now, event.clone()).write(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), line);
            assert_eq!(Told::parse_turn(&out[..out.len() - 1]), Ok((now, event)));
        }
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_what_was_expected() {
        for (line, expected) in [
            ("= anew", "= again, = file or init"),
            ("= again now", "= again, = file or init"),
            ("= file", "= again, = file or init"),
            ("= file a 0", "= file, a name, and bytes in hexadecimal"),
            ("= file a 0g", "= file, a name, and bytes in hexadecimal"),
            ("= file a 00 00", "= file, a name, and bytes in hexadecimal"),
            ("= file  00", "= file, a name, and bytes in hexadecimal"),
        ] {
            let wrong = Told::parse_start(line.as_bytes()).unwrap_err();
            assert_eq!((wrong.expected, &*wrong.found), (expected, line));
        }
        for (line, expected) in [
            ("", "a time in nanoseconds and a message"),
            ("{}", "a time in nanoseconds and a message"),
            ("-5 {}", "a time in nanoseconds and a message"),
            ("5 = sync", "a time and a message, = synced or = failed"),
        ] {
            let wrong = Told::parse_turn(line.as_bytes()).unwrap_err();
            assert_eq!((wrong.expected, &*wrong.found), (expected, line));
        }
    }
}
