//! The store over HTTP, for the browser on this machine: it listens on the
//! loopback address alone, reads, and never writes.
//!
//! What is in a store comes from nodes, which may be hostile, and any page that a
//! browser has open may send requests here. Therefore: nothing outside the store
//! is ever read, neither by `..` nor through a link (`found`); whoever calls
//! this machine by another name is refused, since that is how DNS rebinding begins
//! (`request`); and a page may use what is within it and nothing from elsewhere
//! (`response`).
//!
//! A connection is for one request, and has a thread. There are so many at most, and
//! whoever asks is answered at once, however many others are slow or silent (`crowd`).
//!
//! Requests are parsed by a crate (httparse), the rest is here: servers that are small
//! enough set no such limits on connections and their silence (tiny_http, whose last
//! release was in 2022), and those that do bring an asynchronous runtime (hyper, tokio).

mod crowd;
mod found;
mod request;
mod response;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crowd::{Crowd, Guest};
use request::Asked;
use response::{Refusal, Response};

/// How many connections are open at a time. A browser opens about six.
const MOST_CONNECTIONS: usize = 128;
/// What a thread has for its stack, in bytes.
const STACK: usize = 1 << 20;
/// How long a client may take to ask, and to take each part of the answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much of what a client goes on sending is still read, in bytes.
const MOST_IGNORED: u64 = 8 << 20;

/// A server of a store.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    root: PathBuf,
    patience: Duration,
}

impl Server {
    /// Listens on a port of the loopback address; 0 is any that is free. What the
    /// folder holds is looked up with each request.
    ///
    /// # Errors
    /// When there is no such folder, or the port is taken: what, and why.
    pub fn bind(root: &Path, port: u16) -> io::Result<Self> {
        Server::bind_to(root, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// The same at an address, which should be a loopback address.
    ///
    /// # Errors
    /// As for [`Server::bind`].
    pub fn bind_to(root: &Path, address: SocketAddr) -> io::Result<Self> {
        let about = |what: String, e: io::Error| io::Error::new(e.kind(), format!("{what}: {e}"));
        std::fs::read_dir(root).map_err(|e| about(format!("cannot read {}", root.display()), e))?;
        let listener = TcpListener::bind(address)
            .map_err(|e| about(format!("cannot listen on {address}"), e))?;
        Ok(Server {
            listener,
            root: root.to_owned(),
            patience: PATIENCE,
        })
    }

    /// With this as the time that a client may take to ask, and to take each part
    /// of the answer, in place of 10 seconds.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Server { patience, ..self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves for ever.
    pub fn run(&self) {
        let crowd = Crowd::default();
        thread::scope(|scope| {
            loop {
                let accepted = self.listener.accept().and_then(|(stream, _)| {
                    let guest = crowd.admit(stream, MOST_CONNECTIONS);
                    let thread = thread::Builder::new().stack_size(STACK);
                    thread.spawn_scoped(scope, move || self.answer(&guest))
                });
                if accepted.is_err() {
                    // There are too many open files or threads: that passes.
                    #[expect(clippy::disallowed_methods, reason = "no node runs here")]
                    thread::sleep(Duration::from_millis(50));
                }
            }
        });
    }

    fn answer(&self, guest: &Guest<'_>) {
        // That a client went away is its own affair.
        let _ = self.serve(&guest.stream);
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(self.patience))?;
        let mut client = Patient::new(stream, self.patience);
        if !exchange(&self.root, &mut client, &mut &*stream)? {
            return Ok(());
        }
        // To close while the client still sends would take the answer from it.
        stream.shutdown(Shutdown::Write)?;
        let rest = Patient::new(stream, self.patience.min(Duration::from_secs(1)));
        io::copy(&mut rest.take(MOST_IGNORED), &mut io::sink())?;
        Ok(())
    }
}

/// Reads a request and writes its answer, wherever both go; false, if nobody asked anything.
///
/// # Errors
/// When the answer cannot be written.
pub fn exchange(root: &Path, client: &mut impl Read, answer: &mut impl Write) -> io::Result<bool> {
    let Some(Asked { head, target }) = request::read(client) else {
        return Ok(false);
    };
    let response = match target.and_then(|target| found::find(root, &target)) {
        Ok(response) => response,
        Err(Refusal { status, why }) => Response::refusal(status, &why),
    };
    response.write(answer, head)?;
    Ok(true)
}

/// What a client sends until a moment, however it is cut into pieces.
struct Patient<'a> {
    stream: &'a TcpStream,
    end: Instant,
}

#[expect(clippy::disallowed_methods, reason = "a client is not in virtual time")]
fn now() -> Instant {
    Instant::now()
}

impl<'a> Patient<'a> {
    fn new(stream: &'a TcpStream, patience: Duration) -> Self {
        let end = now() + patience;
        Patient { stream, end }
    }
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.end.saturating_duration_since(now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(into)
    }
}
