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
//! It is a child of this process, but a copy of its [zygote](super::zygote), and what is written
//! there of such copies is true here, too: it may do only what a signal handler may
//! (signal-safety(7)).

use std::io;

use libc::{c_int, pid_t};
use rustix::process::Signal;

use super::zygote::{call, fork};

/// What asks it to end the node: from this process, and from the kernel when this
/// process dies. Not what a person sends: `pkill -f workbench` finds it too, and this
/// process is to come to its end first.
pub(super) const END: Signal = Signal::USR1;

/// Makes of a process, whose parent this is to be, what stands between it and a node. Returns in
/// another one, which becomes the node: in a process group of its own, so that Ctrl-C reaches
/// the workbench alone.
///
/// # Safety
/// Every signal must be blocked, and there be nothing that the process is still needed for.
pub(super) unsafe fn stand_between(parent: pid_t) -> io::Result<()> {
    // SAFETY: system calls on this process, with pointers to what outlives them. All of
    // them are safe in a signal handler.
    unsafe {
        call(libc::setpgid(0, 0))?;
        // Where the kernel knows no subreapers, daemons escape; the rest still ends.
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        call(libc::prctl(libc::PR_SET_PDEATHSIG, END.as_raw()))?;
        if libc::getppid() != parent {
            libc::_exit(1); // it died before it could be listened for
        }
        match fork(0)? {
            0 => {
                call(libc::setpgid(0, 0))?;
                call(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
                Ok(())
            }
            node => watch(node),
        }
    }
}

/// Waits for the node's end or a request for it, sees to it that nothing is left, and
/// ends alike.
///
/// # Safety
/// Every signal must be blocked, and nothing of this process be used any more.
unsafe fn watch(node: pid_t) -> ! {
    // SAFETY: as for `stand_between`.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, c"node's keeper".as_ptr());
        super::zygote::close_from(0);
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

/// Kills the children that there are now; those that they leave behind come next.
/// False if they cannot be listed.
unsafe fn kill_children() -> bool {
    // SAFETY: as for `stand_between`; the buffer outlives each read into it.
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
    // SAFETY: as for `stand_between`.
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
