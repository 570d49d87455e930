//! A process that starts nodes, so that this one is not forked for each of them.
//!
//! A fork shares all memory with the child, and this process has much of it, and threads that go
//! on: each page that one of them writes to afterwards is copied, and each copy interrupts the
//! processors of the others. So each thread that starts nodes is forked once, into a small process
//! that lets go of whatever it does not need, and that one is forked for each node. (What other
//! programs call a zygote: Android has one, and browsers do.)
//!
//! It is asked through a socket, and what it makes are children of this process, not its own
//! (`CLONE_PARENT` of clone(2)): so they are waited for as any others, and outlive it.
//!
//! It comes from a process with threads, and so may do only what a signal handler may
//! (signal-safety(7)): it allocates nothing and calls the kernel alone. It does so with libc,
//! where the rest of this crate uses rustix, which has no fork and no signal masks.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, IoSlice, IoSliceMut, PipeReader, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use libc::{c_char, c_int, pid_t};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use rustix::process::{Pid, WaitOptions, waitpid};

use super::forgetting::forget;
use super::subreaper;

/// What comes with a request: a pipe that says what to run, the node's stdin, stdout and stderr, and where to say
/// what became of it.
const FILES: usize = 5;

thread_local! {
    /// That of this thread. It begins with the thread's first node, and ends with the thread.
    static ZYGOTE: RefCell<Option<Zygote>> = const { RefCell::new(None) };
}

#[derive(Debug)]
struct Zygote {
    socket: Option<UnixStream>,
    process: Pid,
}

/// Starts a program with these as its stdin, stdout and stderr, below a
/// [subreaper](super::subreaper), which is the child of this process that it gives.
///
/// # Errors
/// When it cannot be started: why, as the system says.
pub(super) fn spawn(command: &Command, stdio: [OwnedFd; 3]) -> io::Result<Pid> {
    let request = request(command);
    ZYGOTE.with_borrow_mut(|zygote| {
        // One may have been killed; then there is another.
        let is_new = zygote.is_none();
        let asked = |zygote: &mut Option<Zygote>| {
            let zygote = match zygote {
                Some(zygote) => zygote,
                None => zygote.insert(Zygote::start()?),
            };
            zygote.ask(&request, &stdio)
        };
        match asked(zygote)? {
            Some(answer) => answer,
            None => {
                *zygote = None;
                let again = if is_new { None } else { asked(zygote)? };
                again.unwrap_or_else(|| Err(io::Error::other("the process that starts it ended")))
            }
        }
    })
}

/// Has nodes that this thread starts from now on be as this thread is now: on its processors.
pub(super) fn renew() {
    ZYGOTE.with_borrow_mut(|zygote| *zygote = None);
}

impl Zygote {
    fn start() -> io::Result<Self> {
        let (socket, its) = UnixStream::pair()?;
        // SAFETY: it takes no arguments and cannot fail.
        let parent = unsafe { libc::getpid() };
        // SAFETY: the child does as the text of this file says, and never returns.
        let process = match call(unsafe { libc::fork() })? {
            0 => unsafe { serve(its.as_raw_fd(), parent) },
            process => process,
        };
        let process = Pid::from_raw(process).ok_or_else(|| io::Error::other("no process"))?;
        Ok(Zygote {
            socket: Some(socket),
            process,
        })
    }

    /// What became of a request; none, if the zygote has ended.
    fn ask(&self, request: &[u8], stdio: &[OwnedFd; 3]) -> io::Result<Option<io::Result<Pid>>> {
        let (what, mut said) = io::pipe()?;
        let (status, its) = io::pipe()?;
        let Some(socket) = &self.socket else {
            return Ok(None);
        };
        let [stdin, stdout, stderr] = stdio;
        let (what, its) = (OwnedFd::from(what), OwnedFd::from(its));
        let files: [BorrowedFd<'_>; FILES] = [&what, stdin, stdout, stderr, &its].map(AsFd::as_fd);
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
        let mut with = SendAncillaryBuffer::new(&mut space);
        with.push(SendAncillaryMessage::ScmRights(&files));
        let length = request.len().to_ne_bytes();
        let sent = sendmsg(
            socket,
            &[IoSlice::new(&length)],
            &mut with,
            SendFlags::NOSIGNAL,
        );
        drop((what, its));
        if sent.is_err() {
            return Ok(None);
        }
        // Whoever does not read all of it says why.
        let _ = said.write_all(request);
        answer(status)
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        self.socket = None;
        let _ = waitpid(Some(self.process), WaitOptions::empty());
    }
}

/// What is said of a request: the number of the process that is between this one and the node,
/// or 0, and then, if something went wrong, which error it was.
fn answer(mut status: PipeReader) -> io::Result<Option<io::Result<Pid>>> {
    let mut said = Vec::new();
    status.read_to_end(&mut said)?;
    let mut said = said.chunks_exact(size_of::<c_int>());
    let mut next = || Some(c_int::from_ne_bytes(said.next()?.try_into().ok()?));
    let Some(process) = next() else {
        return Ok(None);
    };
    let process = Pid::from_raw(process);
    let error = next();
    Ok(Some(match (process, error) {
        (Some(process), None) => Ok(process),
        (process, error) => {
            if process.is_some() {
                waitpid(process, WaitOptions::empty())?;
            }
            Err(io::Error::from_raw_os_error(error.unwrap_or(libc::ECHILD)))
        }
    }))
}

/// What to run: where each argument begins, in bytes from the beginning of this, and a 0; the same of
/// the environment; then all of them, each with a NUL behind it.
fn request(command: &Command) -> Vec<u8> {
    let mut environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => environment.insert(name.to_owned(), value.to_owned()),
            None => environment.remove(name),
        };
    }
    let equals = OsStr::new("=");
    let variables: Vec<OsString> = environment
        .into_iter()
        .map(|(mut variable, value)| {
            variable.push(equals);
            variable.push(value);
            variable
        })
        .collect();
    let arguments: Vec<&OsStr> = [command.get_program()]
        .into_iter()
        .chain(command.get_args())
        .collect();
    let variables: Vec<&OsStr> = variables.iter().map(OsString::as_os_str).collect();
    let lists = [arguments, variables];
    let words = lists.iter().map(|list| list.len() + 1).sum::<usize>();
    let (mut places, mut texts) = (Vec::new(), Vec::new());
    for list in &lists {
        for text in list {
            let place = words * size_of::<usize>() + texts.len();
            places.extend_from_slice(&place.to_ne_bytes());
            texts.extend_from_slice(text.as_bytes());
            texts.push(0);
        }
        places.extend_from_slice(&0usize.to_ne_bytes());
    }
    places.append(&mut texts);
    places
}

pub(super) fn call(result: c_int) -> io::Result<c_int> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}

/// Forks with these flags of clone(2). That of libc would look at the heap, which is not there.
///
/// # Safety
/// As of fork(2).
pub(super) unsafe fn fork(flags: c_int) -> io::Result<pid_t> {
    let flags = libc::c_long::from(flags | libc::SIGCHLD);
    // SAFETY: without a stack and CLONE_VM, it does as fork(2) does.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    call(child as c_int)
}

/// What the zygote does, until nobody asks any more.
///
/// # Safety
/// This must be a process that was just forked, and nothing of it be used any more.
unsafe fn serve(socket: RawFd, parent: pid_t) -> ! {
    // SAFETY: system calls on this process, with pointers to what outlives them. All of
    // them are safe in a signal handler.
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
        libc::signal(libc::SIGPIPE, libc::SIG_DFL); // as for any program that Rust's library starts
        libc::prctl(libc::PR_SET_NAME, c"nodes' zygote".as_ptr());
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        libc::setpgid(0, 0);
        // No pipe, terminal or lock of this process is to be held by that one.
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
        for file in 0..3 {
            libc::dup2(null, file);
        }
        libc::dup2(socket, 3);
        libc::fcntl(3, libc::F_SETFD, libc::FD_CLOEXEC);
        close_from(4);
        forget();
        if libc::getppid() != parent {
            libc::_exit(1);
        }
        let socket = BorrowedFd::borrow_raw(3);
        loop {
            let Some((files, length)) = receive(socket) else {
                libc::_exit(0);
            };
            let Some([what, stdin, stdout, stderr, status]) = files else {
                continue;
            };
            let say = |number: c_int| {
                let status = status.as_raw_fd();
                libc::write(status, (&raw const number).cast(), size_of::<c_int>());
            };
            match fork(libc::CLONE_PARENT) {
                Ok(0) => {
                    say(libc::getpid());
                    let Err(e) = subreaper::stand_between(parent)
                        .and_then(|()| become_node(&what, length, [&stdin, &stdout, &stderr]));
                    say(e.raw_os_error().unwrap_or(libc::EINVAL));
                    libc::_exit(127);
                }
                Ok(_) => {}
                Err(e) => {
                    say(0);
                    say(e.raw_os_error().unwrap_or(libc::EINVAL));
                }
            }
        }
    }
}

/// The next request's files, if all of them came, and its length. None, if there are no more.
fn receive(socket: BorrowedFd<'_>) -> Option<(Option<[OwnedFd; FILES]>, usize)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FILES))];
    let mut with = RecvAncillaryBuffer::new(&mut space);
    let mut length = [0; size_of::<usize>()];
    let into = &mut [IoSliceMut::new(&mut length)];
    let received = recvmsg(socket, into, &mut with, RecvFlags::CMSG_CLOEXEC).ok()?;
    if received.bytes < length.len() {
        return None;
    }
    let mut files = with.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => Some(files),
        _ => None,
    });
    let mut files = files.next()?;
    let files = std::array::from_fn(|_| files.next());
    let files = match files {
        [Some(a), Some(b), Some(c), Some(d), Some(e)] => Some([a, b, c, d, e]),
        _ => None,
    };
    Some((files, usize::from_ne_bytes(length)))
}

/// Becomes the program that a request is for.
///
/// # Safety
/// As for [`serve`].
unsafe fn become_node(
    what: &OwnedFd,
    length: usize,
    stdio: [&OwnedFd; 3],
) -> io::Result<std::convert::Infallible> {
    unsafe extern "C" {
        static mut environ: *const *const c_char;
    }
    // SAFETY: as for `serve`. What is read is as `request` has made it: every place is one in it, and
    // both lists end.
    unsafe {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let begin = libc::mmap(std::ptr::null_mut(), length, access, private, -1, 0);
        if begin == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let mut filled = 0;
        while filled < length {
            let (file, to) = (what.as_raw_fd(), begin.add(filled));
            match libc::read(file, to, length - filled) {
                -1 => return Err(io::Error::last_os_error()),
                0 => return Err(io::Error::from_raw_os_error(libc::EPIPE)),
                read => filled += read.cast_unsigned(),
            }
        }
        let arguments: *mut usize = begin.cast();
        let mut word = arguments;
        let mut to_addresses = || {
            while *word != 0 {
                *word += begin.addr();
                word = word.add(1);
            }
            word = word.add(1);
            word
        };
        let variables = to_addresses();
        to_addresses();
        for (to, from) in (0..).zip(stdio) {
            call(libc::dup2(from.as_raw_fd(), to))?;
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        call(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const none,
            std::ptr::null_mut(),
        ))?;
        // What is looked for on its PATH.
        environ = variables.cast_const().cast();
        let arguments: *const *const c_char = arguments.cast_const().cast();
        libc::execvp(*arguments, arguments);
        Err(io::Error::last_os_error())
    }
}

/// Closes every file from this one on.
///
/// # Safety
/// None of them must be used any more.
pub(super) unsafe fn close_from(first: c_int) {
    // SAFETY: as for `serve`.
    unsafe {
        if libc::syscall(libc::SYS_close_range, first, c_int::MAX, 0) == -1 {
            for file in first.into()..libc::sysconf(libc::_SC_OPEN_MAX).clamp(1024, 1 << 20) {
                libc::close(file as c_int);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, kill_process};

    use super::*;
    use crate::os::Child;

    /// What a script says, and how it ends.
    fn said(command: Command) -> (String, Option<String>) {
        let (mut child, mut pipes) = Child::start(command).unwrap();
        let mut said = String::new();
        pipes.stdout.read_to_string(&mut said).unwrap();
        (said, child.wait())
    }

    fn script(text: &str) -> Command {
        let mut command = Command::new("sh"); // found on the PATH
        command.args(["-c", text]);
        command
    }

    #[test]
    fn a_program_finds_its_arguments_its_environment_and_no_file_but_its_own() {
        let mut command = script("echo \"$0, $1: $GIVEN$PWD${HOME-none}\"; exit 3");
        command
            .args(["an argument", ""])
            .env("GIVEN", "a=b\nc")
            .env_remove("HOME");
        let here = std::env::current_dir().unwrap();
        let expected = format!("an argument, : a=b\nc{}none\n", here.display());
        assert_eq!(said(command), (expected, Some("exit status 3".to_owned())));
        // The last is the folder itself.
        assert_eq!(said(script("ls /proc/self/fd")).0, "0\n1\n2\n3\n");
        let signals = "grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2; kill $$";
        let (masks, end) = said(script(signals));
        let masks: Vec<_> = masks
            .lines()
            .map(|it| u64::from_str_radix(it, 16))
            .collect();
        let [Ok(blocked), Ok(ignored)] = masks[..] else {
            panic!("{masks:?}")
        };
        assert_eq!((blocked, ignored & 1 << (libc::SIGPIPE - 1)), (0, 0));
        assert_eq!(end.unwrap(), "killed by signal 15");
    }

    #[test]
    fn what_cannot_be_started_is_an_error() {
        let error = |command: Command| Child::start(command).unwrap_err();
        let none = error(Command::new("/no/such/program"));
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
        let denied = error(Command::new("/dev/null"));
        assert_eq!(denied.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(said(script("echo it goes on")).0, "it goes on\n");
    }

    #[test]
    fn one_that_was_killed_has_a_successor() {
        let of_thread = || ZYGOTE.with_borrow(|zygote| zygote.as_ref().map(|it| it.process));
        assert_eq!(said(script("echo first")).0, "first\n");
        let first = of_thread().unwrap();
        kill_process(first, Signal::KILL).unwrap();
        assert_eq!(said(script("echo second")).0, "second\n");
        assert_ne!(of_thread(), Some(first));
        renew();
        assert_eq!(of_thread(), None);
        assert_eq!(said(script("echo third")).0, "third\n");
    }
}
