//! What a node says.

use std::time::Duration;

use crate::disk::{name, number, split};
use crate::{Command, VERSION, Wrong, hex};

/// A line of a node, after its first, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// A message.
    Message(&'a [u8]),
    /// `= append FILE HEX` and its like: what it wants done on its disk.
    Disk(Command),
    /// `= state JSON`: what it shows of its state, as it is when its turn ends.
    State(&'a str),
    /// `= failed WHY`: it cannot go on. Nothing comes after it.
    Failed(&'a str),
    /// `= NANOSECONDS` or `= -`: its turn ends; its next deadline, by its own clock.
    End(Option<Duration>),
}

/// The version in a node's first line, if it agrees to go in lockstep: `= lockstep`, which is
/// version 1, or `= lockstep VERSION`.
pub fn agreed(line: &[u8]) -> Option<u64> {
    match line.strip_prefix(b"= lockstep")? {
        [] => Some(VERSION.into()),
        [b' ', version @ ..] => number(version),
        _ => None,
    }
}

impl<'a> Said<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// When it begins with `= ` and is none of these.
    pub fn parse(line: &'a [u8]) -> Result<Said<'a>, Wrong> {
        let Some(said) = line.strip_prefix(b"= ") else {
            return Ok(Said::Message(line));
        };
        let (what, rest) = split(said);
        let found = match what {
            b"append" | b"truncate" | b"replace" | b"sync" => {
                return command(what, rest).map(Said::Disk).ok_or_else(|| {
                    let expected = "what it wants done on its disk, such as \"= append FILE HEX\" \
                                    or \"= sync\"";
                    Wrong::new(expected, line)
                });
            }
            b"state" => {
                let json = rest.and_then(|json| std::str::from_utf8(json).ok());
                let json = json.filter(|json| !json.is_empty());
                return json.map(Said::State).ok_or_else(|| {
                    Wrong::new("\"= state\" and its state, as JSON in UTF-8", line)
                });
            }
            b"failed" => {
                let why = rest.and_then(|why| std::str::from_utf8(why).ok());
                return why.map(Said::Failed).ok_or_else(|| {
                    Wrong::new("\"= failed\" and why it cannot go on, in UTF-8", line)
                });
            }
            b"-" if rest.is_none() => Some(Said::End(None)),
            _ if rest.is_none() => number(what).map(|at| Said::End(Some(Duration::from_nanos(at)))),
            _ => None,
        };
        let expected =
            "\"= \" and its next deadline in nanoseconds, or \"= -\", at the end of its turn";
        found.ok_or_else(|| Wrong::new(expected, line))
    }

    /// Writes it as a line, with its newline.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Said::Message(line) => out.extend_from_slice(line),
            Said::Disk(command) => write_command(out, command),
            Said::State(json) => write_text(out, "= state ", json),
            Said::Failed(why) => write_text(out, "= failed ", why),
            Said::End(Some(at)) => out.extend_from_slice(format!("= {}", at.as_nanos()).as_bytes()),
            Said::End(None) => out.extend_from_slice(b"= -"),
        }
        out.push(b'\n');
    }
}

/// On one line, whatever the text holds.
fn write_text(out: &mut Vec<u8>, what: &str, text: &str) {
    out.extend_from_slice(what.as_bytes());
    let one_line = |byte| if byte == b'\n' { b' ' } else { byte };
    out.extend(text.bytes().map(one_line));
}

fn command(what: &[u8], rest: Option<&[u8]>) -> Option<Command> {
    if what == b"sync" {
        return rest.is_none().then_some(Command::Sync);
    }
    let (file, rest) = split(rest?);
    let file = name(file)?;
    let rest = rest.unwrap_or_default();
    Some(match what {
        b"append" => Command::Append {
            file,
            bytes: hex::read(rest)?,
        },
        b"replace" => Command::Replace {
            file,
            bytes: hex::read(rest)?,
        },
        _ => Command::Truncate {
            file,
            len: number(rest)?,
        },
    })
}

fn write_command(out: &mut Vec<u8>, command: &Command) {
    let mut write = |verb: &str, file: &str, bytes: &[u8]| {
        out.extend_from_slice(format!("= {verb} {file} ").as_bytes());
        hex::write(out, bytes);
    };
    match command {
        Command::Append { file, bytes } => write("append", file, bytes),
        Command::Replace { file, bytes } => write("replace", file, bytes),
        Command::Truncate { file, len } => {
            out.extend_from_slice(format!("= truncate {file} {len}").as_bytes());
        }
        Command::Sync => out.extend_from_slice(b"= sync"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(file: &str, bytes: &[u8]) -> Said<'static> {
        Said::Disk(Command::Append {
            file: file.to_owned(),
            bytes: bytes.to_vec(),
        })
    }

    #[test]
    fn lines_are_read_as_they_are_written() {
        for (said, line) in [
            (Said::Message(b"{}"), "{}\n"),
            (append("a.log", &[0, 0x7f, 0xff]), "= append a.log 007fff\n"),
            (append("a.log", &[]), "= append a.log \n"),
            (
                Said::Disk(Command::Replace {
                    file: "b.record".to_owned(),
                    bytes: vec![],
                }),
                "= replace b.record \n",
            ),
            (
                Said::Disk(Command::Truncate {
                    file: "a.log".to_owned(),
                    len: 12,
                }),
                "= truncate a.log 12\n",
            ),
            (Said::Disk(Command::Sync), "= sync\n"),
            (Said::State("{\"term\":1}"), "= state {\"term\":1}\n"),
            (Said::Failed("no space left"), "= failed no space left\n"),
            (Said::End(Some(Duration::from_millis(1))), "= 1000000\n"),
            (Said::End(None), "= -\n"),
        ] {
            let mut out = Vec::new();
            said.write(&mut out);
            assert_eq!(String::from_utf8_lossy(&out), line);
            assert_eq!(Said::parse(&out[..out.len() - 1]), Ok(said));
        }
        assert_eq!(
            Said::parse(b"= append a 0aF0"),
            Ok(append("a", &[0x0a, 0xf0]))
        );
        assert_eq!(Said::parse(b"= append a"), Ok(append("a", &[])));
    }

    #[test]
    fn what_is_none_of_them_is_refused_with_what_was_expected() {
        for (line, expected) in [
            ("= soon", "its next deadline"),
            ("= ", "its next deadline"),
            ("= -1", "its next deadline"),
            ("= +1", "its next deadline"),
            ("= 1 2", "its next deadline"),
            ("= 18446744073709551616", "its next deadline"),
            ("= append", "on its disk"),
            ("= append  00", "on its disk"),
            ("= append a 0", "on its disk"),
            ("= append a 0g", "on its disk"),
            ("= append a 00 00", "on its disk"),
            ("= truncate a +1", "on its disk"),
            ("= truncate a", "on its disk"),
            ("= sync now", "on its disk"),
            ("= failed", "why it cannot go on"),
            ("= state", "its state"),
            ("= state ", "its state"),
        ] {
            let wrong = Said::parse(line.as_bytes()).unwrap_err();
            assert!(wrong.expected.contains(expected), "{line}: {wrong}");
            assert_eq!(wrong.found, line);
        }
    }

    #[test]
    fn a_version_may_stand_behind_the_first_line() {
        let versions =
            ["= lockstep", "= lockstep 1", "= lockstep 12"].map(|line| agreed(line.as_bytes()));
        assert_eq!(versions, [Some(1), Some(1), Some(12)]);
        for other in ["= lockstep ", "= lockstepped", "{}", "= lockstep one", ""] {
            assert_eq!(agreed(other.as_bytes()), None, "{other}");
        }
    }
}
