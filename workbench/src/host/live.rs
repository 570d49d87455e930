//! Programs in any language, in real time.
//!
//! Each node is a child process with three threads: one writes to its stdin (a
//! node that does not read must not hold up the others), one reads its stdout,
//! one its stderr, which goes to a file. All processes are ended when the host
//! is dropped, and by the kernel should this process be killed (on Linux).

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Ending, Host, Output};

/// How many lines of a node's stderr are kept for the report.
const LAST_WORDS: usize = 10;
/// The longest line that is taken; more without a newline is cut there.
const LONGEST_LINE: u64 = 256 << 20;
/// How long an interrupt may go unnoticed.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// How many lines may wait to be handled before nodes have to wait.
const BACKLOG: usize = 4096;

/// What to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub bin: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder for the nodes' logs, which must exist.
    pub logs: PathBuf,
    /// Whether to copy the nodes' stderr to this process's.
    pub log_stderr: bool,
}

/// Child processes, one a node.
pub struct Live {
    started: Instant,
    nodes: Vec<Process>,
    output: Receiver<(usize, Output)>,
}

struct Process {
    child: Child,
    stdin: Option<Sender<Vec<u8>>>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    stdout: thread::JoinHandle<()>,
    stderr: thread::JoinHandle<()>,
}

impl Live {
    /// Starts a process for each name.
    ///
    /// # Errors
    /// When the program cannot be started, or its log not be written: which,
    /// and what to do about it.
    pub fn start(program: &Program, names: &[String]) -> io::Result<Self> {
        let (sender, output) = mpsc::sync_channel(BACKLOG);
        #[expect(clippy::disallowed_methods, reason = "this host is for real time")]
        let mut live = Live {
            started: Instant::now(),
            nodes: Vec::new(),
            output,
        };
        for (node, name) in names.iter().enumerate() {
            // Those started before are ended as `live` is dropped.
            let process = Process::start(program, node, name, sender.clone())?;
            live.nodes.push(process);
        }
        Ok(live)
    }
}

impl Process {
    fn start(
        program: &Program,
        node: usize,
        name: &str,
        output: SyncSender<(usize, Output)>,
    ) -> io::Result<Process> {
        let log_path = program.logs.join(format!("{name}.log"));
        let log = File::create(&log_path).map_err(|e| about(&log_path, "cannot write", e))?;
        let mut child = spawn(program)?;
        let (stdin, lines) = mpsc::channel();
        let (pipe_in, pipe_out, pipe_err) =
            match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
                (Some(stdin), Some(stdout), Some(stderr)) => (stdin, stdout, stderr),
                _ => unreachable!("all three were asked for"),
            };
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let name = name.to_owned();
        let words = Arc::clone(&last_words);
        let copy = program.log_stderr;
        let thread = |what: &str| thread::Builder::new().name(format!("{name} {what}"));
        thread("stdin").spawn(move || feed(pipe_in, &lines))?;
        let stdout = thread("stdout").spawn(move || read_lines(pipe_out, node, &output))?;
        let stderr = thread("stderr").spawn({
            let name = name.clone();
            move || keep_log(pipe_err, log, &words, copy.then_some(&name))
        })?;
        Ok(Process {
            child,
            stdin: Some(stdin),
            last_words,
            stdout,
            stderr,
        })
    }

    /// Ends the process with all it may have started, unless it has ended.
    fn stop(&mut self) -> Ending {
        // One that has closed its stdout is probably just about to end.
        if self.stdout.is_finished() {
            soon(|| !matches!(self.child.try_wait(), Ok(None)));
        }
        let status = self.child.try_wait().ok().flatten();
        self.stdin = None;
        kill_group(&self.child);
        let _ = self.child.kill();
        let _ = self.child.wait();
        match status {
            Some(status) => Ending::Ended(describe(status)),
            None => Ending::Stopped,
        }
    }
}

/// Waits a moment for something that is to be expected; not for ever, since a
/// child that the node left behind may hold its pipes.
fn soon(mut happened: impl FnMut() -> bool) {
    for _ in 0..50 {
        if happened() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "other processes need the time")]
        thread::sleep(Duration::from_millis(10));
    }
}

fn about(path: &Path, what: &str, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{what} {}: {e}", path.display()))
}

fn spawn(program: &Program) -> io::Result<Child> {
    let mut command = Command::new(&program.bin);
    command
        .args(&program.args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    isolate(&mut command);
    command.spawn().map_err(|e| {
        let hint = match e.kind() {
            io::ErrorKind::NotFound if program.bin.exists() => {
                "; the interpreter that its first line names is missing"
            }
            io::ErrorKind::NotFound => "; expected the path of an executable",
            io::ErrorKind::PermissionDenied => "; is it executable? chmod +x",
            _ if e.raw_os_error() == Some(libc::ENOEXEC) => {
                "; expected a program, or a script that begins with #!"
            }
            _ => "",
        };
        io::Error::new(
            e.kind(),
            format!("cannot run {}: {e}{hint}", program.bin.display()),
        )
    })
}

/// A process group of its own, so that Ctrl-C reaches this process alone and a
/// node can be ended with its children; and an end should this process die.
fn isolate(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    #[cfg(target_os = "linux")]
    // SAFETY: prctl may be called between fork and exec; it allocates nothing.
    unsafe {
        command.pre_exec(
            || match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            },
        );
    }
}

fn kill_group(child: &Child) {
    // SAFETY: it takes no pointers. The group is the child's own, and the child
    // has not been waited for yet, or has left nobody behind.
    unsafe {
        libc::kill(-(child.id() as libc::pid_t), libc::SIGKILL);
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "ended".to_owned(),
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

fn keep_log(stderr: impl Read, log: File, words: &Mutex<VecDeque<String>>, copy: Option<&String>) {
    let mut log = io::LineWriter::new(log);
    let mut stderr = BufReader::new(stderr);
    let mut line = Vec::new();
    while let Ok(1..) = (&mut stderr)
        .take(LONGEST_LINE)
        .read_until(b'\n', &mut line)
    {
        // A full disk must not stop the node.
        let _ = log.write_all(&line);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if let Some(name) = copy {
            let _ = writeln!(io::stderr(), "{name}: {text}");
        }
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        words.push_back(text);
        if words.len() > LAST_WORDS {
            words.pop_front();
        }
        drop(words);
        line.clear();
    }
}

impl Host for Live {
    fn deliver(&mut self, node: usize, line: &[u8]) {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
        if let Some(stdin) = &self.nodes[node].stdin {
            let _ = stdin.send(bytes);
        }
    }

    fn wait(&mut self, until: Option<Duration>) -> (Duration, Vec<(usize, Output)>) {
        let left = until.map_or(LONGEST_WAIT, |until| {
            until.saturating_sub(self.started.elapsed())
        });
        let left = left.min(LONGEST_WAIT);
        let output = match self.output.recv_timeout(left) {
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
        (self.started.elapsed(), output)
    }

    fn stop(&mut self) -> Vec<Ending> {
        self.nodes.iter_mut().map(Process::stop).collect()
    }

    fn last_words(&mut self, node: usize) -> Vec<String> {
        let node = &mut self.nodes[node];
        // A node that has ended said its last words just before.
        if let Ok(Some(_)) = node.child.try_wait() {
            soon(|| node.stderr.is_finished());
        }
        let words = node
            .last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        words.iter().cloned().collect()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop();
    }
}
