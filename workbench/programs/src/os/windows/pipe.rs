//! Pipes as the rest of this crate wants them: one that would block says so. Windows' own wait for
//! whoever is at their other end, so a thread does that for each of them.

use std::io::{self, ErrorKind, Read, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::live::now;

/// How much may wait between a thread and this crate, in bytes.
const MOST: usize = 256 << 10;
/// How much is read at once, in bytes.
const READ: usize = 64 << 10;

/// What is on its way between a thread and this crate.
#[derive(Debug, Default)]
struct Between {
    state: Mutex<State>,
    /// For the thread: there is more to write, or room to read.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    /// The pipe is closed, or broken.
    is_over: bool,
    /// Nobody reads or writes here any more.
    is_dropped: bool,
    /// Who waits for news.
    waiting: Option<Thread>,
}

impl Between {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the thread: waits until it has something to do.
    fn wait<'a>(&'a self, is_idle: impl Fn(&State) -> bool) -> MutexGuard<'a, State> {
        let waited = (self.changed).wait_while(self.lock(), |it| is_idle(it) && !it.is_dropped);
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn give_up(&self) {
        self.lock().is_dropped = true;
        self.changed.notify_one();
    }
}

impl State {
    fn wake(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.unpark();
        }
    }
}

/// Where to write what a node reads. If there is no room, that would block, and is an error.
#[derive(Debug)]
pub(crate) struct Sink(Arc<Between>);

/// Where to read what a node writes. If there is nothing, that would block, and is an error.
#[derive(Debug)]
pub(crate) struct Source(Arc<Between>);

impl Sink {
    pub(crate) fn new(mut pipe: ChildStdin) -> io::Result<Self> {
        let between = Arc::new(Between::default());
        let write = {
            let between = Arc::clone(&between);
            move || {
                let mut bytes = Vec::new();
                loop {
                    let mut state = between.wait(|state| state.bytes.is_empty());
                    std::mem::swap(&mut bytes, &mut state.bytes);
                    state.wake();
                    drop(state);
                    // It was dropped, and all is written.
                    if bytes.is_empty() {
                        return;
                    }
                    if pipe.write_all(&bytes).is_err() {
                        let mut state = between.lock();
                        state.is_over = true;
                        return state.wake();
                    }
                    bytes.clear();
                }
            }
        };
        start("a node's stdin", write)?;
        Ok(Sink(between))
    }
}

impl Source {
    pub(crate) fn new(mut pipe: ChildStdout) -> io::Result<Self> {
        let between = Arc::new(Between::default());
        let read = {
            let between = Arc::clone(&between);
            move || {
                let mut buffer = vec![0; READ];
                loop {
                    let read = match pipe.read(&mut buffer) {
                        Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                        read => read.unwrap_or(0),
                    };
                    let mut state = between.wait(|state| state.bytes.len() >= MOST);
                    state.bytes.extend_from_slice(&buffer[..read]);
                    state.is_over = read == 0;
                    state.wake();
                    if state.is_over || state.is_dropped {
                        return;
                    }
                }
            }
        };
        start("a node's stdout", read)?;
        Ok(Source(between))
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.into()).spawn(work)?;
    Ok(())
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        let room = MOST.saturating_sub(state.bytes.len());
        match state.is_over {
            true => Err(ErrorKind::BrokenPipe.into()),
            false if room == 0 => Err(ErrorKind::WouldBlock.into()),
            false => {
                let len = bytes.len().min(room);
                state.bytes.extend_from_slice(&bytes[..len]);
                self.0.changed.notify_one();
                Ok(len)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        if state.bytes.is_empty() && !state.is_over {
            return Err(ErrorKind::WouldBlock.into());
        }
        let len = (&*state.bytes).read(buffer)?;
        state.bytes.drain(..len);
        self.0.changed.notify_one();
        Ok(len)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// Pipes that something may happen to.
#[derive(Debug, Default)]
pub(crate) struct Poll<'a> {
    sinks: Vec<&'a Sink>,
    sources: Vec<&'a Source>,
}

impl<'a> Poll<'a> {
    /// Waits for room in this one.
    pub(crate) fn add_sink(&mut self, sink: &'a Sink) {
        self.sinks.push(sink);
    }

    /// Waits for this one to have something to read, or its end.
    pub(crate) fn add_source(&mut self, source: &'a Source) {
        self.sources.push(source);
    }

    /// Waits until something happens to one of them, this long at most. False if nothing did.
    pub(crate) fn wait(&mut self, time: Duration) -> bool {
        let end = now() + time;
        loop {
            let news = |between: &Between, has_news: fn(&State) -> bool| {
                let mut state = between.lock();
                state.waiting = Some(thread::current());
                has_news(&state)
            };
            let sinks = self.sinks.iter().filter(|it| news(&it.0, has_room));
            let sources = self.sources.iter().filter(|it| news(&it.0, has_more));
            if sinks.count() + sources.count() > 0 {
                return true;
            }
            let left = end.saturating_duration_since(now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
    }

    /// Whether something has happened to this pipe.
    pub(crate) fn has_news(&self, source: &Source) -> bool {
        has_more(&source.0.lock())
    }
}

fn has_room(state: &State) -> bool {
    state.is_over || state.bytes.len() < MOST
}

fn has_more(state: &State) -> bool {
    state.is_over || !state.bytes.is_empty()
}
