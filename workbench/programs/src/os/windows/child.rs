//! The process that stands for a node: how it is started, and how all that is below it is ended.
//!
//! It is in a job object, and so is all that it starts: that ends with its job, and a job with this
//! process, however that ends.

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::ptr::null;

use simulation::host::Pulse;
use windows_sys::Win32::Foundation::WAIT_TIMEOUT;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, WaitForSingleObject};

use crate::os::Pipes;

/// A child of this process.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    job: OwnedHandle,
}

impl Child {
    /// Starts a program: in a process group of its own, so that Ctrl-C reaches this process alone.
    ///
    /// # Errors
    /// When it cannot be started: why, as the system says.
    pub(crate) fn start(mut command: Command) -> io::Result<(Self, Pipes)> {
        let job = job()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut process = command.creation_flags(CREATE_NEW_PROCESS_GROUP).spawn()?;
        let (stdin, stdout, stderr) = (
            process.stdin.take(),
            process.stdout.take(),
            process.stderr.take(),
        );
        let piped = "it was asked for pipes";
        let pipes = Pipes {
            stdin: stdin.expect(piped),
            stdout: stdout.expect(piped),
            stderr: stderr.expect(piped),
        };
        // SAFETY: both are open, and no memory is given.
        let is_assigned =
            unsafe { AssignProcessToJobObject(job.as_raw_handle(), process.as_raw_handle()) };
        if is_assigned == 0 {
            let why = io::Error::last_os_error();
            // One that has ended already cannot be, and need not.
            if process.try_wait()?.is_none() {
                let _ = process.kill();
                return Err(why);
            }
        }
        Ok((Child { process, job }, pipes))
    }

    /// Its number.
    pub(crate) fn number(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        // SAFETY: it is open, and no memory is given.
        unsafe { WaitForSingleObject(self.process.as_raw_handle(), 0) != WAIT_TIMEOUT }
    }

    /// Ends it, unless it has, with all that it started.
    pub(crate) fn end(&self) {
        // SAFETY: it is open, and no memory is given.
        unsafe { TerminateJobObject(self.job.as_raw_handle(), 1) };
    }

    /// Waits for its end, and says how it was; none, if that is not known.
    pub(crate) fn wait(&mut self) -> Option<String> {
        self.process.wait().ok().map(describe)
    }

    /// Nobody can: see [`PAUSES`](super::PAUSES).
    pub(crate) fn pause(&self, _is_paused: bool) {}

    /// Nothing is known of what it does.
    pub(crate) fn pulse(&self) -> Option<Pulse> {
        None
    }
}

/// A job object whose processes end with its handle.
fn job() -> io::Result<OwnedHandle> {
    // SAFETY: both may be null.
    let job = unsafe { CreateJobObjectW(null(), null()) };
    if job.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it was just made, and has no other owner.
    let job = unsafe { OwnedHandle::from_raw_handle(job) };
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    // SAFETY: the limits are of the kind and the size that are named, and are only read.
    let is_set = unsafe {
        SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size_of_val(&limits) as u32,
        )
    };
    match is_set {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(job),
    }
}

/// Numbers that are Windows' own and not the program's are known by their hexadecimal ones.
fn describe(status: ExitStatus) -> String {
    match status.code() {
        Some(code) if code < 0 => format!("exit status {code:#x}"),
        Some(code) => format!("exit status {code}"),
        None => "ended".to_owned(),
    }
}

/// This process: nobody says which ones it has started.
pub(crate) fn below(process: u32) -> Vec<u32> {
    vec![process]
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};

    use super::*;

    #[test]
    fn what_it_has_started_ends_with_it() {
        let mut command = Command::new("cmd");
        command.arg("/c").arg(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "--ignored",
            "--nocapture",
            "pipes::tests::an_echo",
        ]);
        let (mut child, mut pipes) = Child::start(command).unwrap();
        pipes.stdin.write_all(b"\nhello\n").unwrap();
        let mut said = BufReader::new(pipes.stdout);
        while said.by_ref().lines().next().unwrap().unwrap() != "hello" {}
        assert!(!child.has_ended());
        child.end();
        // Nobody is left who could write more.
        assert_eq!(said.read_to_end(&mut Vec::new()).unwrap(), 0);
        assert_eq!(child.wait().as_deref(), Some("exit status 1"));
        assert!(child.has_ended());
    }
}
