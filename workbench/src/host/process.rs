//! A child process that is a node: how it is started, how it is ended, and what
//! becomes of its stderr.
//!
//! Each is a process group of its own, is ended with all it started, and by the
//! kernel should this process die (on Linux).

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::Ending;
use crate::name::file_name;
use crate::terminal;

/// How many lines of a node's stderr are kept for the report.
const LAST_WORDS: usize = 10;
/// The longest line that is taken; more without a newline is cut there.
pub(super) const LONGEST_LINE: u64 = 256 << 20;

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

/// The name of a node's log.
pub(crate) fn log_name(node: &str) -> String {
    format!("{}.log", file_name(node))
}

/// A node's process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    last_words: Arc<Mutex<VecDeque<String>>>,
    stderr: thread::JoinHandle<()>,
}

impl Process {
    /// Starts the program as the node of this name. Its log is written from now
    /// on; its pipes are the caller's.
    ///
    /// # Errors
    /// When it cannot be started, or its log not be written: which, and what to
    /// do about it.
    pub fn start(program: &Program, name: &str) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let log_path = program.logs.join(log_name(name));
        let log = File::create(&log_path).map_err(|e| about(&log_path, "cannot write", e))?;
        let mut child = spawn(program)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            unreachable!("all three were asked for");
        };
        let last_words = Arc::default();
        let words = Arc::clone(&last_words);
        let copy = program.log_stderr.then(|| name.to_owned());
        let stderr = thread::Builder::new()
            .name(format!("{name} stderr"))
            .spawn(move || keep_log(stderr, log, &words, copy.as_ref()))?;
        let process = Process {
            child,
            last_words,
            stderr,
        };
        Ok((process, stdin, stdout))
    }

    /// Ends the process with all it may have started, unless it has ended. One
    /// that has closed its stdout is probably just about to.
    pub fn stop(&mut self, closed_stdout: bool) -> Ending {
        if closed_stdout {
            soon(|| !matches!(self.child.try_wait(), Ok(None)));
        }
        let status = self.child.try_wait().ok().flatten();
        kill_group(&self.child);
        let _ = self.child.kill();
        let _ = self.child.wait();
        match status {
            Some(status) => Ending::Ended(describe(status)),
            None => Ending::Stopped,
        }
    }

    /// The last lines it wrote to its log.
    pub fn last_words(&mut self) -> Vec<String> {
        // One that has ended said its last words just before.
        if let Ok(Some(_)) = self.child.try_wait() {
            soon(|| self.stderr.is_finished());
        }
        let words = self
            .last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        words.iter().cloned().collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(false);
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
            terminal::tell(&format!("{name}: {text}"));
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
