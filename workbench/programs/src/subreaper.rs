//! A process between this one and a node, so that whatever the node starts ends with
//! it.
//!
//! A program may leave its process group (`setsid`) and its parent (a daemon forks
//! twice), but not its nearest ancestor that is a subreaper (prctl(2)): the kernel
//! hands it every orphan below it. So each node has one of its own, and when the node
//! ends, or this process asks for it, or this process dies, all that is left below it
//! is killed and waited for. Then it ends as the node has: with its exit status, or by
//! its signal.
//!
//! It is forked between the fork and the exec of a [`Command`], in a process with
//! threads: it may only do what a signal handler may (signal-safety(7)), so it
//! allocates nothing and calls the kernel alone. It does so with libc, where the rest of
//! this crate uses rustix, which has no fork, no signal masks and no `sigwaitinfo`.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{c_int, pid_t};
use rustix::process::Signal;

/// What asks it to end the node: from this process, and from the kernel when this
/// process dies. Not what a person sends: `pkill -f workbench` finds it too, and this
/// process is to come to its end first.
pub(super) const END: Signal = Signal::USR1;

/// Has the command run below a subreaper, which is then the child that spawning it
/// gives: in a process group of its own, so that Ctrl-C reaches this process alone.
pub(super) fn put_between(command: &mut Command) {
    // SAFETY: it takes no arguments and cannot fail.
    let parent = unsafe { libc::getpid() };
    command.process_group(0);
    // SAFETY: `fork_below` is safe to call between fork and exec, as its text says.
    unsafe { command.pre_exec(move || fork_below(parent)) };
}

/// Returns in the process that becomes the node; the other one stays here.
fn fork_below(parent: pid_t) -> io::Result<()> {
    // SAFETY: system calls on this process, with pointers to what outlives them. All of
    // them are safe in a signal handler.
    unsafe {
        let mut before: libc::sigset_t = std::mem::zeroed();
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        call(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const all,
            &raw mut before,
        ))?;
        // Where the kernel knows no subreapers, daemons escape; the rest still ends.
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        call(libc::prctl(libc::PR_SET_PDEATHSIG, END.as_raw()))?;
        if libc::getppid() != parent {
            libc::_exit(1); // it died before it could be listened for
        }
        match call(libc::fork())? {
            0 => {
                call(libc::setpgid(0, 0))?;
                call(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
                call(libc::sigprocmask(
                    libc::SIG_SETMASK,
                    &raw const before,
                    std::ptr::null_mut(),
                ))?;
                Ok(())
            }
            node => watch(node),
        }
    }
}

fn call(result: c_int) -> io::Result<c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

/// Waits for the node's end or a request for it, sees to it that nothing is left, and
/// ends alike.
///
/// # Safety
/// Every signal must be blocked, and nothing of this process be used any more.
unsafe fn watch(node: pid_t) -> ! {
    // SAFETY: as for `fork_below`.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, c"node's keeper".as_ptr());
        forget();
        close_all();
        let mut awaited: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut awaited);
        libc::sigaddset(&raw mut awaited, libc::SIGCHLD);
        libc::sigaddset(&raw mut awaited, END.as_raw());
        let mut status = None;
        let wait = || libc::sigwaitinfo(&raw const awaited, std::ptr::null_mut());
        while status.is_none() && wait() != END.as_raw() {
            // One SIGCHLD may stand for many children.
            loop {
                let mut of = 0;
                match libc::waitpid(-1, &raw mut of, libc::WNOHANG) {
                    0 | -1 => break,
                    child if child == node => status = Some(of),
                    _ => {}
                }
            }
        }
        loop {
            if !kill_children() {
                // Without /proc, the node and its group are all that is known.
                if status.is_some() {
                    break;
                }
                libc::kill(-node, libc::SIGKILL);
                libc::kill(node, libc::SIGKILL);
            }
            let mut of = 0;
            match libc::waitpid(-1, &raw mut of, 0) {
                -1 => break,
                child if child == node => status = status.or(Some(of)),
                _ => {}
            }
        }
        end_as(status.unwrap_or(0))
    }
}

/// Lets go of the memory that this process has with the one that it was forked from. As long as
/// both have it, each page that the other one writes to is copied first, and in a sweep each
/// copy interrupts all other processors that its threads are on: a quarter of their time.
///
/// What holds this stack, the thread's own variables (`errno`) and those of programs and libraries
/// stays. All else is the heaps and the stacks of threads that are not here: proc_pid_maps(5).
unsafe fn forget() {
    const MOST: usize = 64;
    // SAFETY: as for `fork_below`. What is given back is memory that nothing here uses: nothing here
    // allocates, and there are no other threads.
    unsafe {
        let file = libc::open(
            c"/proc/self/maps".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        );
        if file < 0 {
            return;
        }
        let mut buffer = [0u8; 4096];
        let mut maps = Maps::new([(&raw const buffer).addr(), libc::__errno_location().addr()]);
        // All are found before one changes.
        let (mut found, mut count) = ([(0, 0); MOST], 0);
        loop {
            let read = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
            if read <= 0 {
                break;
            }
            for &byte in &buffer[..read as usize] {
                if let Some(range) = maps.next(byte)
                    && count < MOST
                {
                    found[count] = range;
                    count += 1;
                }
            }
        }
        libc::close(file);
        for &(from, to) in &found[..count] {
            let from_ptr = std::ptr::without_provenance_mut(from);
            libc::madvise(from_ptr, to - from, libc::MADV_DONTNEED);
        }
    }
}

/// Finds, byte by byte in what `/proc/PID/maps` holds, what is private, can be written to, is no
/// file's, does not follow upon a file's, and holds none of what is used.
struct Maps {
    used: [usize; 2],
    line: [u8; 96],
    len: usize,
    /// Where what is before this ends, if that is a file's, or follows upon it.
    of_file: usize,
}

impl Maps {
    fn new(used: [usize; 2]) -> Self {
        Maps {
            used,
            line: [0; 96],
            len: 0,
            of_file: 0,
        }
    }

    fn next(&mut self, byte: u8) -> Option<(usize, usize)> {
        if byte != b'\n' {
            // What is behind is the end of a path.
            if let Some(place) = self.line.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
            return None;
        }
        let len = std::mem::take(&mut self.len);
        let mut fields = self.line[..len]
            .split(|byte| *byte == b' ')
            .filter(|it| !it.is_empty());
        let mut ends = fields.next()?.split(|byte| *byte == b'-');
        let mut end = || usize::from_str_radix(std::str::from_utf8(ends.next()?).ok()?, 16).ok();
        let (from, to) = (end()?, end()?);
        let access = fields.next()?;
        let mut fields = fields.skip(2);
        let is_no_file = fields.next()? == b"0";
        let name = fields.next();
        if !is_no_file || (name.is_none() && from == self.of_file) {
            self.of_file = to;
            return None;
        }
        let is_known = name.is_none() || name == Some(b"[heap]");
        let is_used = self.used.iter().any(|at| (from..to).contains(at));
        (is_known && access == b"rw-p" && !is_used).then_some((from, to))
    }
}

/// Closes every file: the node's pipes must end with the node.
unsafe fn close_all() {
    // SAFETY: as for `fork_below`.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 0, c_int::MAX, 0) == -1 {
            for file in 0..libc::sysconf(libc::_SC_OPEN_MAX).clamp(1024, 1 << 20) {
                libc::close(file as c_int);
            }
        }
    }
}

/// Kills the children that there are now; those that they leave behind come next.
/// False if they cannot be listed.
unsafe fn kill_children() -> bool {
    // SAFETY: as for `fork_below`; the buffer outlives each read into it.
    unsafe {
        let file = libc::open(
            c"/proc/thread-self/children".as_ptr(),
            libc::O_RDONLY | libc::O_CLOEXEC,
        );
        if file < 0 {
            return false;
        }
        let mut buffer = [0u8; 4096];
        let mut child: pid_t = 0;
        loop {
            let read = libc::read(file, buffer.as_mut_ptr().cast(), buffer.len());
            if read <= 0 {
                break;
            }
            // Numbers with a space behind each.
            for byte in &buffer[..read as usize] {
                match byte {
                    b'0'..=b'9' => {
                        child = child.wrapping_mul(10).wrapping_add((byte - b'0').into())
                    }
                    _ if child > 0 => {
                        libc::kill(child, libc::SIGKILL);
                        child = 0;
                    }
                    _ => {}
                }
            }
        }
        libc::close(file);
        true
    }
}

/// Ends as the process of this status has.
unsafe fn end_as(status: c_int) -> ! {
    // SAFETY: as for `fork_below`.
    unsafe {
        if libc::WIFSIGNALED(status) {
            let signal = libc::WTERMSIG(status);
            // The node may have left a core; one of this process is of no use.
            libc::prctl(libc::PR_SET_DUMPABLE, 0);
            libc::signal(signal, libc::SIG_DFL);
            let mut just: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut just);
            libc::sigaddset(&raw mut just, signal);
            libc::sigprocmask(libc::SIG_UNBLOCK, &raw const just, std::ptr::null_mut());
            libc::kill(libc::getpid(), signal);
        }
        libc::_exit(libc::WEXITSTATUS(status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heaps_and_stacks_of_others_are_found_and_nothing_else() {
        let maps = "\
55a000000000-55a000100000 r-xp 00000000 fe:00 42 /a program/with a name that is longer than what is kept of it/or than anybody has
55a000100000-55a000101000 rw-p 00100000 fe:00 42 /a program
55a000101000-55a000102000 rw-p 00000000 00:00 0
55a000102000-55a000103000 rw-p 00000000 00:00 0
55a010000000-55a010021000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000021000 rw-p 00000000 00:00 0 
7f0000021000-7f0004000000 ---p 00000000 00:00 0 
7f0004000000-7f0004200000 rw-p 00000000 00:00 0 
7f0004200000-7f0004201000 ---p 00000000 00:00 0
7f0004201000-7f0004401000 rw-p 00000000 00:00 0
7f0004401000-7f0004402000 rw-s 00000000 00:01 7 /dev/zero (deleted)
7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
7ffc00030000-7ffc00032000 r-xp 00000000 00:00 0                          [vdso]
";
        let mut all = Maps::new([0x7f00_0420_1008, 0x7f00_0420_1010]);
        let found: Vec<_> = maps.bytes().filter_map(|byte| all.next(byte)).collect();
        let expected = [
            (0x55a0_1000_0000, 0x55a0_1002_1000),
            (0x7f00_0000_0000, 0x7f00_0002_1000),
            (0x7f00_0400_0000, 0x7f00_0420_0000),
        ];
        assert_eq!(found, expected);
    }
}
