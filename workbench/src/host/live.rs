//! Programs in any language, in real time.
//!
//! Two threads a node, beside the one for its log: one writes to its stdin (a
//! node that does not read must not hold up the others), one reads its stdout.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::process::ChildStdin;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::process::{LONGEST_LINE, Process, Program};
use super::{Ending, Host, Output};

/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// How many lines may wait to be handled before nodes have to wait.
const BACKLOG: usize = 4096;

/// Child processes, one a node.
#[derive(Debug)]
pub struct Live {
    started: Instant,
    nodes: Vec<Node>,
    output: Receiver<(usize, Output)>,
}

#[derive(Debug)]
struct Node {
    process: Process,
    stdin: Sender<Vec<u8>>,
    closed_stdout: bool,
}

impl Live {
    /// Starts a process for each name.
    ///
    /// # Errors
    /// As for [`Process::start`].
    pub fn start(program: &Program, names: &[String]) -> io::Result<Self> {
        let (sender, output) = mpsc::sync_channel(BACKLOG);
        let mut nodes = Vec::new();
        for (node, name) in names.iter().enumerate() {
            let (process, pipe_in, pipe_out) = Process::start(program, name)?;
            let (stdin, lines) = mpsc::channel();
            let sender = sender.clone();
            let thread = |what: &str| thread::Builder::new().name(format!("{name} {what}"));
            thread("stdin").spawn(move || feed(pipe_in, &lines))?;
            thread("stdout").spawn(move || read_lines(pipe_out, node, &sender))?;
            nodes.push(Node {
                process,
                stdin,
                closed_stdout: false,
            });
        }
        #[expect(clippy::disallowed_methods, reason = "this host is for real time")]
        let started = Instant::now();
        Ok(Live {
            started,
            nodes,
            output,
        })
    }
}

/// Writes lines to a node, as many as there are at a time.
fn feed(stdin: ChildStdin, lines: &Receiver<Vec<u8>>) {
    let mut stdin = BufWriter::new(stdin);
    while let Ok(line) = lines.recv() {
        let written = std::iter::once(line)
            .chain(lines.try_iter())
            .try_for_each(|line| stdin.write_all(&line))
            .and_then(|()| stdin.flush());
        // It has ended or closed its stdin; that it ended is told elsewhere.
        if written.is_err() {
            break;
        }
    }
    // What was not written must not be tried again as this is dropped.
    let _ = stdin.into_parts();
}

fn read_lines(stdout: impl Read, node: usize, output: &SyncSender<(usize, Output)>) {
    let mut stdout = BufReader::with_capacity(64 << 10, stdout);
    loop {
        let mut line = Vec::new();
        match (&mut stdout)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if output.send((node, Output::Line(line))).is_err() {
            return;
        }
    }
    let _ = output.send((node, Output::Closed));
}

impl Host for Live {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        // A node that has ended reads no more; that is told elsewhere.
        let _ = self.nodes[node].stdin.send(bytes);
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        let left = until.map_or(LONGEST_WAIT, |until| {
            until.saturating_sub(self.started.elapsed())
        });
        let left = left.min(LONGEST_WAIT);
        let output: Vec<_> = match self.output.recv_timeout(left) {
            Ok(first) => [first]
                .into_iter()
                .chain(self.output.try_iter().take(BACKLOG))
                .collect(),
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => {
                // All nodes have ended, but time still passes.
                #[expect(clippy::disallowed_methods, reason = "real time must pass")]
                thread::sleep(left);
                Vec::new()
            }
        };
        for (node, _) in output
            .iter()
            .filter(|(_, output)| *output == Output::Closed)
        {
            self.nodes[*node].closed_stdout = true;
        }
        (self.started.elapsed(), output)
    }

    fn stop(&mut self) -> Vec<Ending> {
        let stop = |node: &mut Node| node.process.stop(node.closed_stdout);
        self.nodes.iter_mut().map(stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        self.nodes[node].process.last_words()
    }
}
