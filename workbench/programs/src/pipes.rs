//! The two pipes of a node's process, and waiting for many of them at once: neither
//! writing nor reading here ever waits for a node that does not.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::time::Duration;

use super::os::{self, Sink, Source};

/// The longest line that a node may write, in bytes.
pub(super) const LONGEST_LINE: usize = 8 << 20;
/// How much may wait to be read by a node, in bytes.
pub(super) const MOST_UNREAD: usize = 16 << 20;
/// How much is read at a time, at least.
const READ: usize = 64 << 10;

/// Lines to a node.
#[derive(Debug)]
pub(super) struct Feed {
    pipe: Sink,
    bytes: Vec<u8>,
    written: usize,
    is_broken: bool,
}

impl Feed {
    pub(super) fn new(pipe: ChildStdin) -> io::Result<Self> {
        Ok(Feed {
            pipe: Sink::new(pipe)?,
            bytes: Vec::new(),
            written: 0,
            is_broken: false,
        })
    }

    /// Adds to what is to be written.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // A node that has ended reads no more; that it has is told elsewhere.
        if !self.is_broken {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Writes as much as the pipe takes.
    pub(super) fn write(&mut self) {
        while self.waiting() > 0 {
            match self.pipe.write(&self.bytes[self.written..]) {
                Ok(written) => self.written += written,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.is_broken = true;
                    self.written = self.bytes.len();
                }
            }
        }
        if self.waiting() == 0 {
            self.bytes.clear();
            self.written = 0;
            self.bytes.shrink_to(READ);
        } else if self.written > self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }

    /// Whether the node has read all of it.
    #[cfg(target_os = "linux")]
    pub(super) fn is_read(&self) -> bool {
        self.waiting() == 0 && self.pipe.is_read()
    }

    /// Where it is written.
    #[cfg(target_os = "linux")]
    pub(super) fn pipe(&self) -> &Sink {
        &self.pipe
    }

    /// How many bytes are not written yet.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }
}

/// Lines of a node.
#[derive(Debug)]
pub(super) struct Lines {
    pipe: Source,
    /// What has been read, up to `len`.
    buffer: Vec<u8>,
    len: usize,
    /// Where the next line begins.
    start: usize,
    /// How far it is known to have no end.
    searched: usize,
    is_closed: bool,
}

impl Lines {
    pub(super) fn new(pipe: ChildStdout) -> io::Result<Self> {
        Ok(Lines {
            pipe: Source::new(pipe)?,
            buffer: Vec::new(),
            len: 0,
            start: 0,
            searched: 0,
            is_closed: false,
        })
    }

    /// Reads what there is, up to some size. False at the end.
    pub(super) fn read(&mut self) -> bool {
        self.read_if_any().unwrap_or(true)
    }

    /// The same; none if there is nothing yet.
    pub(super) fn read_if_any(&mut self) -> Option<bool> {
        self.buffer.copy_within(self.start..self.len, 0);
        self.len -= self.start;
        self.searched -= self.start;
        self.start = 0;
        if self.len < READ && self.buffer.len() > 2 * READ {
            self.buffer.truncate(2 * READ);
            self.buffer.shrink_to_fit();
        } else if self.buffer.len() < self.len + READ {
            self.buffer.resize((2 * self.len).max(2 * READ), 0);
        }
        let read = loop {
            match self.pipe.read(&mut self.buffer[self.len..]) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return None,
                read => break read.unwrap_or(0),
            }
        };
        self.len += read;
        self.is_closed = read == 0;
        Some(read > 0)
    }

    /// The next line that has been read, without its newline. What ends with the pipe
    /// is a line too.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let mut unsearched = &self.buffer[self.searched..self.len];
        // The fastest search for a byte that std offers.
        let skipped = unsearched.skip_until(b'\n').unwrap_or(0);
        self.searched += skipped;
        let has_end = skipped > 0 && self.buffer[self.searched - 1] == b'\n';
        let is_last = self.is_closed && self.start < self.len;
        if !has_end && !is_last {
            return None;
        }
        let line = &self.buffer[self.start..self.searched - usize::from(has_end)];
        let line = without_return(line).to_vec();
        self.start = self.searched;
        Some(line)
    }

    /// The same, which comes next then, too; none before its end has come.
    pub(super) fn peek(&self) -> Option<&[u8]> {
        let rest = self.rest();
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        Some(without_return(&rest[..end]))
    }

    /// What has been read and is no line yet.
    pub(super) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.len]
    }

    /// Whether a line has come to be longer than one may be.
    pub(super) fn is_too_long(&self) -> bool {
        self.rest().len() > LONGEST_LINE
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }
}

/// A line without the return that programs on Windows, as a rule, end it with.
fn without_return(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\r") {
        Some(line) if cfg!(windows) => line,
        _ => line,
    }
}

/// Pipes that something may happen to.
#[derive(Debug, Default)]
pub(super) struct Poll<'a>(os::Poll<'a>);

impl<'a> Poll<'a> {
    /// Waits for room in this one, as long as something is to be written.
    pub(super) fn add_feed(&mut self, feed: &'a Feed) {
        if feed.waiting() > 0 {
            self.0.add_sink(&feed.pipe);
        }
    }

    /// Waits for this one to have something to read, or its end.
    pub(super) fn add_lines(&mut self, lines: &'a Lines) {
        if !lines.is_closed() {
            self.0.add_source(&lines.pipe);
        }
    }

    /// Waits until something happens to one of them, this long at most. False if
    /// nothing did.
    pub(super) fn wait(&mut self, time: Duration) -> bool {
        self.0.wait(time)
    }

    /// Whether something has happened to this pipe.
    pub(super) fn has_news(&self, lines: &Lines) -> bool {
        self.0.has_news(&lines.pipe)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// What is at the other ends: this program, started again for this test alone.
    #[test]
    #[ignore = "it is the node of another test"]
    #[expect(clippy::disallowed_methods, reason = "it is a node")]
    fn an_echo() {
        if std::env::args().any(|arg| arg == "pipes::tests::an_echo") {
            io::copy(&mut io::stdin().lock(), &mut io::stdout().lock()).unwrap();
            std::process::exit(0);
        }
    }

    #[test]
    fn neither_end_waits_for_a_node_and_nothing_is_lost() {
        let mut node = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "--ignored",
                "--nocapture",
                "pipes::tests::an_echo",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut feed = Feed::new(node.stdin.take().unwrap()).unwrap();
        let mut lines = Lines::new(node.stdout.take().unwrap()).unwrap();
        // More than all pipes hold. What the harness of tests says goes before it.
        feed.push(b"\n");
        let told = |number: usize| format!("told {number} {}", "x".repeat(number % 1000));
        let all = 20_000;
        (0..all).for_each(|number| feed.push((told(number) + "\n").as_bytes()));
        feed.write();
        assert!(feed.waiting() > 1 << 20, "{}", feed.waiting());

        let mut heard = 0;
        while heard < all {
            let mut poll = Poll::default();
            poll.add_feed(&feed);
            poll.add_lines(&lines);
            assert!(poll.wait(LONG), "{heard} came back");
            let has_news = poll.has_news(&lines);
            feed.write();
            if has_news {
                assert!(lines.read(), "it ended after {heard}");
            }
            while let Some(line) = lines.next() {
                if line.starts_with(b"told ") {
                    assert_eq!(line, told(heard).as_bytes());
                    heard += 1;
                }
            }
        }
        assert_eq!((feed.waiting(), lines.read_if_any()), (0, None));
        // Its input ends with this end of it, and so does the node.
        drop(feed);
        let mut poll = Poll::default();
        poll.add_lines(&lines);
        assert!(poll.wait(LONG) && poll.has_news(&lines));
        assert!(!lines.read() && lines.is_closed());
        assert!(node.wait().unwrap().success());
    }
}
