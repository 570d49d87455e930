//! The process that stands for a node: how it is started, and how all that is below it is ended,
//! stopped, and looked at.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus};
#[cfg(target_os = "linux")]
use std::time::Duration;

use rustix::io::Errno;
#[cfg(not(target_os = "linux"))]
use rustix::process::kill_process_group;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, WaitStatus, kill_process, waitid, waitpid,
};
use simulation::host::Pulse;

use crate::os::Pipes;

#[cfg(target_os = "linux")]
use crate::{subreaper, zygote};

/// A child of this process.
#[derive(Debug)]
pub(crate) struct Child {
    process: Pid,
    /// How it has ended, once it was waited for: until then, its number is its own.
    status: Option<ExitStatus>,
}

impl Child {
    /// Starts a program: in a process group of its own, so that Ctrl-C reaches this process alone.
    ///
    /// # Errors
    /// When it cannot be started: why, as the system says.
    pub(crate) fn start(command: Command) -> io::Result<(Self, Pipes)> {
        let (its_stdin, stdin) = io::pipe()?;
        let (stdout, its_stdout) = io::pipe()?;
        let (stderr, its_stderr) = io::pipe()?;
        let its = [its_stdin.into(), its_stdout.into(), its_stderr.into()];
        let child = Child {
            process: spawn(command, its)?,
            status: None,
        };
        let pipes = Pipes {
            stdin: OwnedFd::from(stdin).into(),
            stdout: OwnedFd::from(stdout).into(),
            stderr: OwnedFd::from(stderr).into(),
        };
        Ok((child, pipes))
    }

    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.process.as_raw_nonzero().get().unsigned_abs()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.status.is_some()
            || match waitid(WaitId::Pid(self.process), options) {
                Ok(ended) => ended.is_some(),
                Err(_) => true, // somebody waited for it
            }
    }

    /// Asks it to end, unless it has, with all that it started. (On Linux, its subreaper leaves nothing
    /// behind; elsewhere, its group may be there still.)
    pub(crate) fn end(&self) {
        if self.status.is_some() {
            return;
        }
        #[cfg(target_os = "linux")]
        if !self.has_ended() {
            let _ = kill_process(self.process, subreaper::END);
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = kill_process_group(self.process, Signal::KILL);
            let _ = kill_process(self.process, Signal::KILL);
        }
    }

    /// Waits for its end, and says how it was; none, if that is not known.
    pub(crate) fn wait(&mut self) -> Option<String> {
        use std::os::unix::process::ExitStatusExt;
        while self.status.is_none() {
            match waitpid(Some(self.process), WaitOptions::empty()) {
                Ok(ended) => {
                    let status = |(_, status): (_, WaitStatus)| status.as_raw();
                    self.status = ended.map(status).map(ExitStatus::from_raw);
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.status.map(describe)
    }

    /// Stops it where it is, or lets it go on, with all that it started. (On Linux it itself only
    /// waits for them.)
    pub(crate) fn pause(&self, is_paused: bool) {
        let signal = match is_paused {
            true => Signal::STOP,
            false => Signal::CONT,
        };
        #[cfg(target_os = "linux")]
        for process in below(self.number()).into_iter().skip(1) {
            if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
                let _ = kill_process(process, signal);
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = kill_process_group(self.process, signal);
    }

    /// What those below it do, as far as that can be told: proc_pid_stat(5).
    #[cfg(target_os = "linux")]
    pub(crate) fn pulse(&self) -> Option<Pulse> {
        let mut pulse = Pulse::default();
        let mut ticks = 0;
        for process in below(self.number()) {
            // The name, in parentheses, may hold anything.
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
            let fields: Vec<&str> = fields.split(' ').collect();
            pulse.is_running |= fields.first() == Some(&"R");
            let used = fields.get(11..15).unwrap_or_default();
            ticks += used
                .iter()
                .filter_map(|ticks| ticks.parse::<u64>().ok())
                .sum::<u64>();
        }
        let per_second = rustix::param::clock_ticks_per_second().max(1) as f64;
        pulse.processor = Duration::from_secs_f64(ticks as f64 / per_second);
        Some(pulse)
    }

    /// Nothing is known of what it does.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn pulse(&self) -> Option<Pulse> {
        None
    }
}

#[cfg(target_os = "linux")]
fn spawn(command: Command, stdio: [OwnedFd; 3]) -> io::Result<Pid> {
    zygote::spawn(&command, stdio)
}

#[cfg(not(target_os = "linux"))]
fn spawn(mut command: Command, stdio: [OwnedFd; 3]) -> io::Result<Pid> {
    use std::os::unix::process::CommandExt;
    let [stdin, stdout, stderr] = stdio;
    command.stdin(stdin).stdout(stdout).stderr(stderr);
    let child = command.process_group(0).spawn()?;
    Ok(Pid::from_child(&child))
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// This process, then those that it started, and so on: proc_pid_task(5).
#[cfg(target_os = "linux")]
pub(crate) fn below(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let mut next = 0;
    while let Some(&process) = all.get(next) {
        next += 1;
        let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
        let children = children.unwrap_or_default();
        all.extend(
            children
                .split(' ')
                .filter_map(|child| child.trim().parse::<u32>().ok()),
        );
    }
    all
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn below(process: u32) -> Vec<u32> {
    vec![process]
}
