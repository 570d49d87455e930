//! Whether a program has done all that it will do by itself: each of its threads sleeps, and one
//! of them until its stdin has something for it.
//!
//! Of each thread, proc_pid_syscall(5) has the system call that it sleeps in, with its arguments:
//! a wait that ends by itself has a time among them, and one for a file's bytes ends, too.
//!
//! Threads are seen one after the other, and one that sleeps may be woken by the next. So it takes
//! two looks, in between which none has run: each slept from the first look to the second, and so
//! all did at once, at the moment between the two.

use std::ffi::OsString;
use std::fs::{self, File};
use std::ops::RangeInclusive;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fd::AsFd;

use super::live::now as real_time;

/// A wait without a word to anybody that is let pass: Go's runtime has one of 60 s, in which it
/// looks whether its garbage is old. In seconds.
const LONG: i64 = 30;

/// How long V8 waits before it looks whether memory can be given back: first, and after that, in
/// milliseconds. (`MemoryReducer`, of 8 s and 0.5 s, in a timer that is a tenth of a second late.)
const V8: [RangeInclusive<u64>; 2] = [8_001..=8_100, 501..=600];
/// How exactly it is known when a wait ends.
const EXACTLY: Duration = Duration::from_millis(100);

/// What is known of a program's runtime that waits for a time, and does nothing then that is seen.
#[derive(Debug, Default)]
pub(super) struct Runtime {
    /// Until when V8 waits, since it was first seen to.
    v8: Option<Instant>,
}

impl Runtime {
    /// Whether a wait that ends in so long is V8's: the only one that Node.js has without timers.
    fn is_v8(&mut self, process: u32, left: u64) -> bool {
        let exe = link(&format!("/proc/{process}/exe")).unwrap_or_default();
        if exe.rsplit('/').next() != Some("node") {
            return false;
        }
        let now = real_time();
        let end = now + Duration::from_millis(left);
        let is_same = |v8: Instant| {
            end.saturating_duration_since(v8)
                .max(v8.saturating_duration_since(end))
                < EXACTLY
        };
        let known = match self.v8 {
            Some(v8) if is_same(v8) => true,
            Some(v8) if v8 < now => V8.iter().any(|range| range.contains(&left)),
            Some(_) => false,
            None => V8[0].contains(&left),
        };
        if known {
            self.v8 = Some(end);
        }
        known
    }
}

/// What a program does just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// One of its threads runs, or waits for something that is not its stdin.
    Works,
    /// It waits for its stdin, and nothing will end that but a line.
    Waits,
    /// One of its threads waits for a time: in which system call.
    Sleeps(&'static str),
    /// It cannot be seen.
    Unseen,
}

/// The end of a pipe at this process, as what the other end is known by.
pub(super) fn pipe_of(end: &impl AsFd) -> Option<String> {
    let fd = end.as_fd().as_raw_fd();
    link(&format!("/proc/self/fd/{fd}"))
}

fn link(path: &str) -> Option<String> {
    Some(fs::read_link(path).ok()?.to_string_lossy().into_owned())
}

/// What was seen in one look.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) doing: Doing,
    /// What each of its threads is known by, and how often it has run.
    ran: Vec<(OsString, String)>,
}

/// What those below this process do, of whom some have this pipe as stdin: two equal looks, with
/// nothing said in between, are what they did at once.
pub(super) fn look(parent: u32, stdin: &str, runtime: &mut Runtime) -> Look {
    let mut ran = Vec::new();
    let doing = look_at(parent, stdin, runtime, &mut ran);
    Look { doing, ran }
}

/// How often a thread has run, as the kernel writes it: that changes when it goes on.
fn ran(task: &Path) -> Option<String> {
    // Not every kernel has the first.
    fs::read_to_string(task.join("schedstat"))
        .or_else(|_| {
            let status = fs::read_to_string(task.join("status"))?;
            let switches = status.lines().filter(|line| line.contains("ctxt_switches"));
            Ok::<_, std::io::Error>(switches.collect())
        })
        .ok()
}

fn look_at(
    parent: u32,
    stdin: &str,
    runtime: &mut Runtime,
    ran_before: &mut Vec<(OsString, String)>,
) -> Doing {
    let mut waits = false;
    let mut next = children(parent);
    if next.is_empty() {
        return Doing::Works; // it has ended, or is about to begin
    }
    while let Some(process) = next.pop() {
        let Ok(tasks) = fs::read_dir(format!("/proc/{process}/task")) else {
            return Doing::Works;
        };
        for entry in tasks.flatten() {
            let task = entry.path();
            let before = ran(&task);
            let text = match fs::read_to_string(task.join("syscall")) {
                Ok(text) => text,
                Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                    return Doing::Unseen;
                }
                Err(_) => return Doing::Works, // it has just ended
            };
            let Some(call) = Call::parse(&text) else {
                return Doing::Works;
            };
            match (before, ran(&task)) {
                (Some(before), Some(after)) if before == after => {
                    ran_before.push((entry.file_name(), before));
                }
                _ => return Doing::Works,
            }
            if call.ends(process) {
                return Doing::Works;
            }
            if let Some(name) = call.time()
                && !call.is_long(process)
                && !call
                    .millis()
                    .is_some_and(|left| runtime.is_v8(process, left))
            {
                return Doing::Sleeps(name);
            }
            waits |= call.waits_for(process, stdin);
            if let Ok(children) = fs::read_to_string(task.join("children")) {
                next.extend(numbers(&children));
            }
        }
    }
    match waits {
        true => Doing::Waits,
        false => Doing::Works,
    }
}

/// Whether one of those below this process has a timer among its files.
pub(super) fn has_timer(parent: u32) -> bool {
    let mut next = children(parent);
    while let Some(process) = next.pop() {
        let files = fs::read_dir(format!("/proc/{process}/fd"));
        let mut files = files.into_iter().flatten().flatten();
        let is_timer = |path: &str| link(path).is_some_and(|file| file.contains("[timerfd]"));
        if files.any(|file| is_timer(&file.path().to_string_lossy())) {
            return true;
        }
        next.extend(children(process));
    }
    false
}

fn children(process: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    numbers(&children.unwrap_or_default()).collect()
}

fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split_ascii_whitespace()
        .filter_map(|number| number.parse().ok())
}

/// A system call that a thread sleeps in.
#[derive(Debug)]
struct Call {
    number: i64,
    arguments: [u64; 6],
}

impl Call {
    /// None if it runs.
    fn parse(text: &str) -> Option<Call> {
        let mut words = text.split_ascii_whitespace();
        let number = words.next()?.parse().ok()?;
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            let Some(word) = words.next() else { break };
            *argument = u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()?;
        }
        Some(Call { number, arguments })
    }

    /// Its name, if a time is up at which it ends by itself.
    fn time(&self) -> Option<&'static str> {
        let [_, _, third, fourth, fifth, _] = self.arguments;
        let number = self.number;
        #[cfg(target_arch = "x86_64")]
        match number {
            libc::SYS_poll => return (third as i32 >= 0).then_some("poll"),
            libc::SYS_select => return (fifth != 0).then_some("select"),
            libc::SYS_epoll_wait => return (fourth as i32 >= 0).then_some("epoll_wait"),
            _ => {}
        }
        match number {
            libc::SYS_ppoll => (third != 0).then_some("ppoll"),
            libc::SYS_pselect6 => (fifth != 0).then_some("pselect6"),
            libc::SYS_epoll_pwait => (fourth as i32 >= 0).then_some("epoll_pwait"),
            libc::SYS_epoll_pwait2 => (fourth != 0).then_some("epoll_pwait2"),
            libc::SYS_nanosleep => Some("nanosleep"),
            libc::SYS_clock_nanosleep => Some("clock_nanosleep"),
            libc::SYS_futex => (fourth != 0).then_some("futex"),
            libc::SYS_rt_sigtimedwait => (third != 0).then_some("rt_sigtimedwait"),
            // What was going on when it was stopped and let go on: none of these would be there
            // again without a time.
            libc::SYS_restart_syscall => Some("restart_syscall"),
            _ => None,
        }
    }

    /// Whether it ends though nobody does anything: it is not a wait for another, but one for
    /// memory or for a file's bytes.
    fn ends(&self, process: u32) -> bool {
        #[cfg(target_arch = "x86_64")]
        if [
            libc::SYS_poll,
            libc::SYS_select,
            libc::SYS_epoll_wait,
            libc::SYS_pause,
        ]
        .contains(&self.number)
        {
            return false;
        }
        match self.number {
            libc::SYS_read | libc::SYS_readv => {
                let file = link(&format!("/proc/{process}/fd/{}", self.arguments[0]));
                let waits = ["pipe:", "socket:", "anon_inode:", "/dev/"];
                !file.is_some_and(|file| waits.iter().any(|start| file.starts_with(start)))
            }
            libc::SYS_futex
            | libc::SYS_ppoll
            | libc::SYS_pselect6
            | libc::SYS_epoll_pwait
            | libc::SYS_epoll_pwait2
            | libc::SYS_recvfrom
            | libc::SYS_recvmsg
            | libc::SYS_recvmmsg
            | libc::SYS_accept
            | libc::SYS_accept4
            | libc::SYS_wait4
            | libc::SYS_waitid
            | libc::SYS_rt_sigsuspend
            | libc::SYS_rt_sigtimedwait => false,
            _ => self.time().is_none(),
        }
    }

    /// How long a wait for events lasted when it began, in milliseconds.
    fn millis(&self) -> Option<u64> {
        #[cfg(target_arch = "x86_64")]
        if self.number == libc::SYS_epoll_wait {
            return Some(self.arguments[3]);
        }
        (self.number == libc::SYS_epoll_pwait).then_some(self.arguments[3])
    }

    /// Whether it is a long wait of a runtime for itself: for a time from when it began, on a futex.
    fn is_long(&self, process: u32) -> bool {
        let [_, operation, _, timeout, ..] = self.arguments;
        let is_wait = operation & 127 == libc::FUTEX_WAIT as u64;
        if self.number != libc::SYS_futex || !is_wait {
            return false;
        }
        let mut seconds = [0; 8];
        let memory = File::open(format!("/proc/{process}/mem"));
        memory.is_ok_and(|memory| memory.read_exact_at(&mut seconds, timeout).is_ok())
            && i64::from_ne_bytes(seconds) >= LONG
    }

    /// Whether a line on this pipe ends it.
    fn waits_for(&self, process: u32, stdin: &str) -> bool {
        let is_stdin =
            |fd: u64| link(&format!("/proc/{process}/fd/{fd}")).is_some_and(|file| file == stdin);
        #[cfg(target_arch = "x86_64")]
        if [libc::SYS_poll, libc::SYS_select, libc::SYS_epoll_wait].contains(&self.number) {
            return is_stdin(0);
        }
        match self.number {
            libc::SYS_read | libc::SYS_readv => is_stdin(self.arguments[0]),
            // Which files it waits for is not seen.
            libc::SYS_ppoll
            | libc::SYS_pselect6
            | libc::SYS_epoll_pwait
            | libc::SYS_epoll_pwait2 => is_stdin(0),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(number: i64, arguments: &str) -> Option<&'static str> {
        Call::parse(&format!("{number} {arguments} 0x7ffc 0x7f3d"))?.time()
    }

    #[test]
    fn a_wait_that_ends_by_itself_is_seen() {
        let forever = "0x0 0x7f 0x1 0x0 0x0 0x0";
        for number in [libc::SYS_ppoll, libc::SYS_pselect6, libc::SYS_epoll_pwait2] {
            let expected = (number == libc::SYS_ppoll).then_some("ppoll");
            assert_eq!(time(number, forever), expected, "{number}");
            assert!(time(number, "0x0 0x7f 0x1 0x7fff 0x7fff 0x0").is_some());
        }
        assert_eq!(time(libc::SYS_read, forever), None);
        assert_eq!(
            time(libc::SYS_epoll_pwait, "0x3 0x7f 0x400 0xffffffff 0x0 0x8"),
            None
        );
        assert_eq!(
            time(libc::SYS_epoll_pwait, "0x3 0x7f 0x400 0x1f4 0x0 0x8"),
            Some("epoll_pwait")
        );
        assert_eq!(
            time(libc::SYS_futex, "0x55 0x189 0x0 0x0 0x0 0xffffffff"),
            None
        );
        assert_eq!(
            time(libc::SYS_futex, "0x55 0x189 0x0 0x7ffd 0x0 0x0"),
            Some("futex")
        );
        assert_eq!(
            time(libc::SYS_clock_nanosleep, forever),
            Some("clock_nanosleep")
        );
        // Memory that is on a disk, and a file that is to be there.
        let ends = |text: &str| Call::parse(text).unwrap().ends(0);
        assert!(ends("-1 0x7ffc 0x7f3d"));
        assert!(ends(&format!("{} 0x3", libc::SYS_fsync)));
        assert!(!ends(&format!("{} 0x55 0x80", libc::SYS_futex)));
        assert!(Call::parse("running\n").is_none());
        assert_eq!(
            Call::parse("-1 0x7ffc 0x7f3d\n").map(|call| call.number),
            Some(-1)
        );
    }
}
