//! What becomes of a node's stderr: its log in a file, its last words for the report,
//! and the line in which it says why it panicked, however long the backtrace is.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::process::ChildStderr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::os::Ear;
use super::process::Budget;

/// How many lines of a node's stderr are kept for the report.
const LAST_WORDS: usize = 32;
/// How much of each of them, in bytes.
const LONGEST_WORDS: usize = 1000;
/// More without a newline is taken in pieces.
const LONGEST_LINE: usize = 1 << 20;
/// What a line costs beside its bytes: so that empty ones are not for nothing.
const LINE: u64 = 64;

/// What each line of a node of this name is shown with.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) with: fn(&str),
}

/// A node's log, as a thread writes it.
#[derive(Debug)]
pub(super) struct Log {
    words: Arc<Words>,
    /// Gives the pipe back in the end: were it closed, one more line would kill a node
    /// by SIGPIPE that has just been found out.
    thread: thread::JoinHandle<ChildStderr>,
    /// The pipe, where it is to be known what was written in which turn.
    ear: Option<Arc<Ear>>,
}

#[derive(Debug, Default)]
struct Words {
    said: Mutex<Said>,
    /// Held while something is on its way out of the pipe to where it is kept.
    on_the_way: Mutex<()>,
}

#[derive(Debug, Default)]
struct Said {
    last: VecDeque<String>,
    /// What nobody has heard yet, of a log that is listened to.
    unheard: Option<Vec<String>>,
    panic: Option<Panic>,
    /// The next line, or one soon, belongs to a panic.
    awaits: Option<Awaits>,
    is_full: bool,
}

/// Why a program panicked, in its words.
#[derive(Debug)]
struct Panic {
    lines: Vec<String>,
    /// How many lines have come since.
    ago: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    /// Rust says where, and on the next line why.
    Why,
    /// Python says why behind the calls, which are indented.
    EndOfTraceback,
}

impl Log {
    /// Begins to keep what comes from this pipe. Each line is shown as well,
    /// if it is to be, and kept for [`Log::heard`], if it is listened to.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn start(
        stderr: ChildStderr,
        file: File,
        budget: Arc<Budget>,
        shown: Option<Shown>,
        is_listened_to: bool,
    ) -> io::Result<Self> {
        let words = Arc::new(Words::default());
        let ear = match is_listened_to {
            true => Some(Arc::new(Ear::of(&stderr)?)),
            false => None,
        };
        words.lock().unheard = is_listened_to.then(Vec::new);
        let thread = {
            let (words, ear) = (Arc::clone(&words), ear.clone());
            thread::Builder::new()
                .name("a node's stderr".into())
                .spawn(move || {
                    keep(
                        stderr,
                        file,
                        &words,
                        ear.as_deref(),
                        &budget,
                        shown.as_ref(),
                    )
                })?
        };
        Ok(Log { words, thread, ear })
    }

    /// What was written since this was last asked, if it is listened to: all of it that a node
    /// between two turns has written, since that was before it ended its turn.
    pub(super) fn heard(&self) -> Vec<String> {
        let Some(ear) = &self.ear else {
            return Vec::new();
        };
        loop {
            let is_over = self.is_over();
            let nothing_on_the_way = self.words.on_the_way();
            if is_over || ear.is_silent() {
                let mut said = self.words.lock();
                return said
                    .unheard
                    .as_mut()
                    .map(std::mem::take)
                    .unwrap_or_default();
            }
            drop(nothing_on_the_way);
            thread::yield_now();
        }
    }

    /// Whether the node has closed its stderr, or may write no more to it.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Whether more came than a run's nodes may write.
    pub(super) fn is_full(&self) -> bool {
        self.words.lock().is_full
    }

    /// The last lines, and before them, if it is not among them, why it panicked.
    pub(super) fn last_words(&self) -> Vec<String> {
        self.words.lock().last_words()
    }
}

impl Words {
    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn on_the_way(&self) -> MutexGuard<'_, ()> {
        self.on_the_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Said {
    fn line(&mut self, text: &str) {
        let mut text = text.to_owned();
        if let Some(unheard) = &mut self.unheard {
            unheard.push(text.clone());
        }
        if text.len() > LONGEST_WORDS {
            let is_boundary = |at: &usize| text.is_char_boundary(*at);
            text.truncate((0..=LONGEST_WORDS).rev().find(is_boundary).unwrap_or(0));
            text += "...";
        }
        self.look_for_panic(&text);
        self.last.push_back(text);
        if self.last.len() > LAST_WORDS {
            self.last.pop_front();
        }
    }

    /// Go and Java say first why, Rust where and then why, Python last. (Ruby and C say
    /// it in one line or two.)
    fn look_for_panic(&mut self, line: &str) {
        let begins = |start: &str| line.starts_with(start);
        let is_rusts = begins("thread '") && line.contains(" panicked at ");
        let says_why = begins("panic: ")
            || begins("fatal error: ")
            || begins("Exception in thread ")
            || begins("Uncaught ")
            || self.awaits == Some(Awaits::EndOfTraceback) && !begins(" ");
        if is_rusts || says_why {
            self.panic = Some(Panic {
                lines: vec![line.to_owned()],
                ago: 0,
            });
            self.awaits = is_rusts.then_some(Awaits::Why);
            return;
        }
        if let Some(panic) = &mut self.panic {
            match self.awaits {
                Some(Awaits::Why) => panic.lines.push(line.to_owned()),
                _ => panic.ago += 1,
            }
        }
        if begins("Traceback (most recent call last)") {
            self.awaits = Some(Awaits::EndOfTraceback);
        } else if self.awaits == Some(Awaits::Why) {
            self.awaits = None;
        }
    }

    fn last_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(Panic { lines, ago }) = &self.panic {
            // All of it, or what the last lines lack of it.
            let lacking = (ago + lines.len()).saturating_sub(self.last.len());
            words.extend(lines.iter().take(lacking).cloned());
            if let Some(between @ 1..) = lacking.checked_sub(lines.len()) {
                words.push(format!("... {between} more lines ..."));
            }
        }
        words.extend(self.last.iter().cloned());
        words
    }
}

/// Copies the pipe's lines until its end, or until the run's nodes have written more
/// than they may.
fn keep(
    stderr: ChildStderr,
    file: File,
    words: &Words,
    ear: Option<&Ear>,
    budget: &Budget,
    shown: Option<&Shown>,
) -> ChildStderr {
    let mut file = BufWriter::new(file);
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        let on_the_way = ear.map(|ear| {
            ear.wait();
            words.on_the_way()
        });
        let mut is_over = false;
        loop {
            let there = stderr.fill_buf().unwrap_or_default();
            is_over |= there.is_empty();
            let most = there.len().min(LONGEST_LINE - line.len());
            let end = there[..most].iter().position(|&byte| byte == b'\n');
            let taken = end.map_or(most, |end| end + 1);
            line.extend_from_slice(&there[..taken]);
            stderr.consume(taken);
            if end.is_some() || line.len() == LONGEST_LINE || is_over && !line.is_empty() {
                if !budget.takes(line.len() as u64 + LINE) {
                    words.lock().is_full = true;
                    return stderr.into_inner();
                }
                // A full disk must not stop the node.
                let _ = file.write_all(&line);
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end();
                if let Some(Shown { name, with }) = shown {
                    with(&format!("{name}: {text}"));
                }
                words.lock().line(text);
                line.clear();
            }
            // Nothing waits here while nothing comes.
            if stderr.buffer().is_empty() {
                let _ = file.flush();
                break;
            }
        }
        drop(on_the_way);
        if is_over {
            return stderr.into_inner();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_words(lines: &[&str], then: usize) -> Vec<String> {
        let mut said = Said::default();
        lines.iter().for_each(|line| said.line(line));
        (0..then).for_each(|i| said.line(&format!("  {i}")));
        said.last_words()
    }

    #[test]
    fn why_a_program_panicked_is_kept_however_long_the_backtrace_is() {
        let go = ["listening", "panic: index out of range [3]"];
        let words = last_words(&go, 100);
        assert_eq!(
            words[..3],
            [
                "panic: index out of range [3]",
                "... 68 more lines ...",
                "  68"
            ]
        );
        assert_eq!(words.len(), 2 + LAST_WORDS);
        // It is not said twice.
        assert_eq!(
            last_words(&go, 31)[..2],
            ["panic: index out of range [3]", "  0"]
        );
        assert_eq!(last_words(&go, 30)[..2], go);

        let rust = ["thread 'main' (7) panicked at src/main.rs:3:5:", "no more"];
        let words = last_words(&rust, 32);
        assert_eq!(words[..3], [rust[0], rust[1], "  0"]);
        assert_eq!(last_words(&rust, 31)[..3], [rust[0], rust[1], "  0"]);

        let python = [
            "Traceback (most recent call last):",
            "  File \"node.py\", line 3, in <module>",
            "KeyError: 'delta'",
        ];
        assert_eq!(last_words(&python, 32)[..2], ["KeyError: 'delta'", "  0"]);
        assert_eq!(last_words(&["no panic: all is well"], 32)[0], "  0");
    }

    #[test]
    fn a_long_line_is_cut() {
        let words = last_words(&[&"ä".repeat(600)], 0);
        assert_eq!(words[0], "ä".repeat(500) + "...");
    }
}
