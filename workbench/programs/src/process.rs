//! A child process that is a node: how it is started, how it is ended with all that it
//! started, and what it is seen to do meanwhile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::Started;
use super::log::{Log, Shown};
use super::os::{self, Child, Pipes, below};
use super::pipes::{Feed, Lines};
use simulation::host::in_process::seed_of_restart;
use simulation::host::{Ending, Pulse};
use simulation::name::log_name;

/// How much the nodes of a run may write to stderr together, in bytes.
const MOST_STDERR: u64 = 64 << 20;

/// The environment variable that tells a node written with maelstrom-node the folder of
/// its disk.
const DISK: &str = "MAELSTROM_DISK";

/// What to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub bin: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder for the nodes' logs, which must exist.
    pub logs: PathBuf,
    /// The folder for what nodes keep, if they run in real time; it is made when one keeps
    /// something. In virtual time their disks are simulated.
    pub disks: PathBuf,
    /// What each line of the nodes' stderr is shown with, if it is.
    pub show_stderr: Option<fn(&str)>,
}

/// How much the nodes of a run may still write to stderr.
#[derive(Debug)]
pub(super) struct Budget(AtomicU64);

impl Budget {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Budget(AtomicU64::new(MOST_STDERR)))
    }

    /// Whether that much may be written; then it is.
    pub(super) fn takes(&self, amount: u64) -> bool {
        let less = |left: u64| left.checked_sub(amount);
        let order = Ordering::Relaxed;
        self.0.fetch_update(order, order, less).is_ok()
    }
}

/// The nodes' processes, for whoever looks into one with a debugger: a node that stands still
/// in one is not given up, however long its turn takes.
#[derive(Clone, Debug, Default)]
pub struct Processes(Arc<Mutex<BTreeMap<String, u32>>>);

impl Processes {
    /// The number of the process that runs as the node of this name now, or did last.
    pub fn id(&self, node: &str) -> Option<u32> {
        let child = *self.locked().get(node)?;
        // What is between this process and a node is no node.
        let between = usize::from(cfg!(target_os = "linux"));
        below(child).get(between).copied()
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node whose log is listened to, in virtual time: each line of it is told with the time of the
/// turn in which it was written ([`Output::Logged`](simulation::host::Output::Logged)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The node's name.
    pub node: String,
    /// What it finds as `RUST_LOG` in its environment, for what it is to log.
    pub filter: String,
}

/// Who looks into the nodes of a run while it goes on.
#[derive(Clone, Debug, Default)]
pub struct Onlookers {
    /// A debugger, and whom it may hold.
    pub debugger: Option<Processes>,
    /// Who listens to a node.
    pub listening: Option<Listening>,
}

/// Where nodes come from: all that it takes to start one, and to start it again.
#[derive(Debug)]
pub(super) struct Nursery {
    program: Program,
    names: Vec<String>,
    /// What each node's random numbers follow from, if they are asked for lockstep.
    seeds: Option<Vec<u64>>,
    /// The versions of lockstep that they are asked for.
    versions: &'static [u32],
    /// What else they find in their environment.
    environment: &'static [(&'static str, &'static str)],
    onlookers: Onlookers,
    budget: Arc<Budget>,
}

impl Nursery {
    pub(super) fn new(program: &Program, names: &[String], seeds: Option<Vec<u64>>) -> Self {
        Nursery {
            program: program.clone(),
            names: names.to_vec(),
            seeds,
            versions: &[lockstep::VERSION, lockstep::AHEAD],
            environment: &[],
            onlookers: Onlookers::default(),
            budget: Budget::new(),
        }
    }

    /// The same, asked for these versions of lockstep alone.
    pub(super) fn in_versions(mut self, versions: &'static [u32]) -> Self {
        self.versions = versions;
        self
    }

    /// The same with this in their environment.
    pub(super) fn with(mut self, environment: &'static [(&'static str, &'static str)]) -> Self {
        self.environment = environment;
        self
    }

    /// The same, with these onlookers.
    pub(super) fn seen_by(mut self, onlookers: &Onlookers) -> Self {
        self.onlookers = onlookers.clone();
        self
    }

    /// Whether somebody looks into its processes between two turns.
    pub(super) fn is_looked_into(&self) -> bool {
        self.onlookers.debugger.is_some() || self.onlookers.listening.is_some()
    }

    /// Starts a process for this node, which was started so often before, at this time of the run.
    ///
    /// # Errors
    /// When it cannot be started, or its log not be written: which, and what to do about
    /// it.
    pub(super) fn start(&self, node: usize, restarts: u64, now: Duration) -> io::Result<Started> {
        let seed = self.seeds.as_ref().map(|seeds| match restarts {
            0 => seeds[node],
            _ => seed_of_restart(seeds[node], restarts),
        });
        let lockstep = seed.map(|seed| (seed, now));
        let name = &self.names[node];
        let (process, stdin, stdout) = Process::start(self, name, lockstep, restarts > 0)?;
        Ok(Started {
            process,
            feed: Feed::new(stdin)?,
            lines: Lines::new(stdout)?,
        })
    }
}

/// Lets this process hold as many files as the pipes of this many nodes are.
pub(super) fn allow_files(nodes: usize) {
    // Three pipes and a log each, and some for whatever else is open.
    os::allow_files(4 * nodes as u64 + 128);
}

/// A node's process.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: Log,
    /// Whether a debugger may hold it.
    pub(super) is_debugged: bool,
}

impl Process {
    /// Starts the program as the node of this name, asked for lockstep with this seed
    /// at this time, if it is. Its log is written from now on; its pipes are the caller's.
    ///
    /// # Errors
    /// When it cannot be started, or its log not be written: which, and what to
    /// do about it.
    fn start(
        nursery: &Nursery,
        name: &str,
        lockstep: Option<(u64, Duration)>,
        is_again: bool,
    ) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let Nursery {
            program,
            environment,
            budget,
            onlookers,
            ..
        } = nursery;
        let debugged = &onlookers.debugger;
        let listening = (onlookers.listening.as_ref()).filter(|listening| listening.node == name);
        let filter = listening.map(|listening| &*listening.filter);
        let versions: Vec<String> = nursery.versions.iter().map(u32::to_string).collect();
        let lockstep = lockstep.map(|(seed, now)| (seed, now, versions.join(" ")));
        let log_path = program.logs.join(log_name(name));
        // One that is started again goes on with the same log.
        let mut options = File::options();
        options
            .create(true)
            .write(true)
            .append(is_again)
            .truncate(!is_again);
        let log = options
            .open(&log_path)
            .map_err(|e| about(&log_path, "cannot write", e))?;
        let (child, pipes) = spawn(program, lockstep, environment, filter)?;
        let shown = program.show_stderr.map(|with| Shown {
            name: name.to_owned(),
            with,
        });
        let log = Log::start(
            pipes.stderr,
            log,
            Arc::clone(budget),
            shown,
            listening.is_some(),
        )?;
        if let Some(processes) = debugged {
            processes.locked().insert(name.to_owned(), child.number());
        }
        let process = Process {
            child,
            log,
            is_debugged: debugged.is_some(),
        };
        Ok((process, pipes.stdin, pipes.stdout))
    }

    /// Ends the process with all it may have started, unless it has ended. One
    /// that has closed its stdout is probably just about to.
    pub(super) fn stop(&mut self, closed_stdout: bool) -> Ending {
        if closed_stdout {
            soon(|| self.child.has_ended());
        }
        let ended = self.child.has_ended();
        self.child.end();
        match self.child.wait() {
            Some(status) if ended => Ending::Ended(status),
            _ => Ending::Stopped,
        }
    }

    /// The number of the process that all that it starts is below.
    #[cfg(target_os = "linux")]
    pub(super) fn id(&self) -> u32 {
        self.child.number()
    }

    /// Stops it where it is, or lets it go on, with all that it started.
    pub(super) fn pause(&self, is_paused: bool) {
        self.child.pause(is_paused);
    }

    /// The last lines it wrote to its log, and why it panicked if it has.
    pub(super) fn last_words(&self) -> Vec<String> {
        // One that has ended said its last words just before.
        if self.child.has_ended() {
            soon(|| self.log.is_over());
        }
        self.log.last_words()
    }

    /// What it has written to its log since this was last asked, if it is listened to.
    pub(super) fn heard(&self) -> Vec<String> {
        self.log.heard()
    }

    /// Why it must not go on, if it must not.
    pub(super) fn excess(&self) -> Option<String> {
        let most = MOST_STDERR >> 20;
        let why =
            || format!("with it, the nodes have written {most} MiB to stderr: a log without end");
        self.log.is_full().then(why)
    }

    /// What it does now, as far as that can be told from outside.
    pub(super) fn pulse(&self) -> Option<Pulse> {
        self.child.pulse()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(false);
    }
}

/// Waits a moment for something that is to be expected; whether it has come.
pub(super) fn soon(mut happened: impl FnMut() -> bool) -> bool {
    for _ in 0..50 {
        if happened() {
            return true;
        }
        #[expect(clippy::disallowed_methods, reason = "other processes need the time")]
        thread::sleep(Duration::from_millis(10));
    }
    false
}

fn about(path: &Path, what: &str, e: io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{what} {}: {e}", path.display()))
}

fn spawn(
    program: &Program,
    asked: Option<(u64, Duration, String)>,
    environment: &[(&str, &str)],
    filter: Option<&str>,
) -> io::Result<(Child, Pipes)> {
    if let Some(argument) = program.args.iter().find(|it| it.contains('\0')) {
        let why = format!("an argument of a node has a NUL byte, and none can: {argument:?}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    let mut command = Command::new(&program.bin);
    command.args(&program.args);
    match asked {
        Some((seed, now, versions)) => command
            .env(lockstep::LOCKSTEP, seed.to_string())
            .env(lockstep::TIME, now.as_nanos().to_string())
            .env(lockstep::VERSIONS, versions),
        None => command
            .env_remove(lockstep::LOCKSTEP)
            .env_remove(lockstep::TIME)
            .env_remove(lockstep::VERSIONS),
    };
    command.env_remove(lockstep::STATE);
    command.env(DISK, &program.disks);
    command.envs(environment.iter().copied());
    command.envs(filter.map(|filter| ("RUST_LOG", filter)));
    Child::start(command).map_err(|e| {
        let hint = os::hint(&e, &program.bin);
        io::Error::new(
            e.kind(),
            format!("cannot run {}: {e}{hint}", program.bin.display()),
        )
    })
}
