//! Joins an [`Engine`] to stdin, stdout and the clock.
//!
//! One thread, one buffer each way. Input is read in large pieces; output is
//! written when no complete line is left to handle, so a burst costs few system
//! calls and a single request is answered at once. While there is a deadline,
//! it waits for input or for that, whichever comes first.
//!
//! What a node writes on its disk is done then too, behind the output, and synced once for all
//! lines that were there; while the disk does that, the node waits.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::folder::Storage;
use crate::os::{self, Source};
use crate::{Engine, Node, Server, lockstep, logging};

/// How much is read at once; a line may be longer.
const READ: usize = 64 << 10;
/// How long a line of input may be, in bytes, with its newline (64 MiB). One that is longer
/// is skipped and logged: a line without an end must not take all memory.
pub const MAX_LINE: usize = 64 << 20;
/// How much output is collected before it is written, even if lines are left.
const WRITE: usize = 64 << 10;
/// How long requests that are still being handled may take after the end of
/// the input.
const DRAIN: Duration = Duration::from_secs(3);

/// Runs a node on stdin and stdout, for Maelstrom: the whole of a `main`.
///
/// `start` makes the server when `init` has arrived. At the end of the input,
/// requests that are being handled are finished (for at most 3 seconds),
/// everything is written, and the exit code is that of success. So it is when
/// stdout is closed: then nobody listens any more. Any other error of stdin or
/// stdout is logged and gives failure, and so is that the node
/// [cannot go on](Engine::failure) with its disk: the folder that [`DISK`](crate::DISK) tells of.
///
/// On Windows, a thread reads stdin, and a timer may be late by as much as its clock ticks: 16 ms.
pub fn run<S: Server>(start: impl FnOnce(Node) -> S + 'static) -> ExitCode {
    logging::init();
    match serve(Engine::new(seed(), start)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) if e.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            log::error!("{e}");
            ExitCode::FAILURE
        }
    }
}

/// A seed from the operating system, which seeds every `RandomState`.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

#[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
fn serve<S: Server>(mut engine: Engine<S>) -> io::Result<()> {
    let started = Instant::now();
    let (input, output) = (os::stdin()?, os::stdout()?);
    if let Some(seed) = lockstep::asked_for()? {
        return lockstep::serve(engine, seed, BufReader::with_capacity(READ, input), output);
    }
    let mut input = Input::new(Source::new(input)?);
    let mut output = Output::new(output);
    let storage = Storage::default();
    engine = storage.attach(engine);
    // Nobody says whether it was started before.
    engine.draw_ids();
    // Gives whether something was done on the disk: then more may follow from it.
    let finish_turn = |engine: &mut Engine<S>, output: &mut Output| {
        output.write(engine)?;
        let worked = storage.serve(engine, || started.elapsed());
        output.write(engine)?;
        match engine.failure() {
            Some(why) => Err(io::Error::other(why)),
            None => Ok(worked),
        }
    };
    loop {
        let worked = finish_turn(&mut engine, &mut output)?;
        let now = started.elapsed();
        let wait = match worked {
            // What has arrived meanwhile shares the next sync.
            true => Some(Duration::ZERO),
            false => engine.deadline().map(|at| at.saturating_sub(now)),
        };
        match input.fill(wait)? {
            Filled::Nothing => engine.advance(started.elapsed()),
            Filled::Lines => {
                let now = started.elapsed();
                engine.advance(now);
                input.lines(|line| {
                    engine.line(now, line);
                    match engine.output_len() {
                        0..WRITE => Ok(()),
                        _ => output.write(&mut engine),
                    }
                })?;
            }
            Filled::TooLong => log::error!("skipped a line: {TOO_LONG}"),
            Filled::End => break,
        }
    }

    engine.end_input(started.elapsed());
    let end = started.elapsed() + DRAIN;
    loop {
        let worked = finish_turn(&mut engine, &mut output)?;
        let now = started.elapsed();
        match engine.deadline() {
            _ if worked && engine.handlers() > 0 && now < end => engine.advance(now),
            Some(at) if engine.handlers() > 0 && at < end => {
                #[expect(clippy::disallowed_methods, reason = "nothing else can happen")]
                std::thread::sleep(at.saturating_sub(now));
                engine.advance(started.elapsed());
            }
            _ => break,
        }
    }
    if engine.handlers() > 0 {
        log::warn!(
            "{} requests were not finished at the end",
            engine.handlers()
        );
    }
    Ok(())
}

/// What is wrong with a line longer than [`MAX_LINE`].
const TOO_LONG: &str =
    "expected one message a line, of 64 MiB at most, found more than that without a newline";

enum Filled {
    /// The time was over first.
    Nothing,
    /// There is more input; perhaps complete lines.
    Lines,
    /// The line that came until now is longer than [`MAX_LINE`]: it was dropped, and so will be
    /// the rest of it.
    TooLong,
    /// There never will be more.
    End,
}

/// stdin, cut into lines.
struct Input {
    source: Source,
    buffer: Vec<u8>,
    /// How much of the buffer is filled: the start of a line, after
    /// [`Input::lines`].
    len: usize,
    /// How much of that is known to hold no newline.
    searched: usize,
    /// What comes up to the next newline belongs to a line that was too long.
    skips: bool,
}

impl Input {
    fn new(source: Source) -> Self {
        Input {
            source,
            buffer: vec![0; READ],
            len: 0,
            searched: 0,
            skips: false,
        }
    }

    /// Waits for more input, at most this long.
    fn fill(&mut self, wait: Option<Duration>) -> io::Result<Filled> {
        if let Some(wait) = wait
            && !self.source.wait(wait)?
        {
            return Ok(Filled::Nothing);
        }
        if self.len >= MAX_LINE {
            (self.len, self.searched, self.skips) = (0, 0, true);
            self.buffer = vec![0; READ];
            return Ok(Filled::TooLong);
        }
        if self.len == self.buffer.len() {
            self.buffer.resize(self.len * 2, 0);
        }
        let read = loop {
            match self.source.read(&mut self.buffer[self.len..]) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        if read > 0 {
            self.len += read;
            return Ok(Filled::Lines);
        }
        if self.len == 0 {
            return Ok(Filled::End);
        }
        // The last line lacks its newline; the next call finds the end again.
        self.buffer[self.len] = b'\n';
        self.len += 1;
        Ok(Filled::Lines)
    }

    /// Takes all complete lines, and keeps the start of the next one.
    fn lines(&mut self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut start = 0;
        loop {
            let mut rest = &self.buffer[self.searched..self.len];
            // The fastest search for a byte that std offers.
            let skipped = rest.skip_until(b'\n')?;
            self.searched += skipped;
            if skipped == 0 || self.buffer[self.searched - 1] != b'\n' {
                break;
            }
            if !std::mem::take(&mut self.skips) {
                each(&self.buffer[start..self.searched - 1])?;
            }
            start = self.searched;
        }
        if self.skips {
            start = self.len;
        }
        self.buffer.copy_within(start..self.len, 0);
        self.len -= start;
        self.searched = self.len;
        if self.len < READ && self.buffer.len() > READ {
            self.buffer.truncate(READ);
            self.buffer.shrink_to_fit();
        }
        Ok(())
    }
}

/// stdout.
struct Output {
    file: File,
    buffer: Vec<u8>,
}

impl Output {
    fn new(file: File) -> Self {
        Output {
            file,
            buffer: Vec::with_capacity(2 * WRITE),
        }
    }

    fn write<S: Server>(&mut self, engine: &mut Engine<S>) -> io::Result<()> {
        if engine.output_len() == 0 {
            return Ok(());
        }
        engine.swap_output(&mut self.buffer);
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        self.buffer.shrink_to(2 * WRITE);
        Ok(())
    }
}
