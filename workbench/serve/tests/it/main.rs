//! `workbench serve` over real connections: what is asked, and what comes back.
//!
//! - [`files`]: what is in the store, and what is not.
//! - [`clients`]: whoever asks, well or badly, soon or late.
//! - [`mutated`]: requests with something changed, without a connection.

#![allow(
    clippy::disallowed_methods,
    reason = "a server and its clients are threads"
)]

mod clients;
mod files;
mod mutated;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use serve::Server;
use tempfile::TempDir;

/// A store, with a secret beside it.
struct Store {
    folder: TempDir,
    address: SocketAddr,
}

impl Store {
    /// A folder with a run in it.
    fn folder() -> TempDir {
        let folder = TempDir::new().unwrap();
        let run = folder.path().join("store/echo/20260131T120000.000+0100");
        fs::create_dir_all(run.join("node-logs")).unwrap();
        fs::write(run.join("index.html"), "<p>a run</p>").unwrap();
        fs::write(run.join("history.edn"), "{:f :echo}").unwrap();
        fs::write(run.join("node-logs/n1.log"), "<b>ä</b>\n").unwrap();
        fs::write(folder.path().join("secret.txt"), "a secret").unwrap();
        folder
    }

    fn serve() -> Self {
        let folder = Store::folder();
        let server = Server::bind(&folder.path().join("store"), 0).unwrap();
        let server = server.patience(Duration::from_millis(300));
        let address = server.address().unwrap();
        thread::spawn(move || server.run());
        Store { folder, address }
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path().join(path), bytes).unwrap();
    }

    /// The folder that is served.
    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// Everything that the server answers to these bytes.
    fn raw(&self, request: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_ref()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }

    fn ask(&self, method: &str, address: &str) -> Answer {
        Answer::new(&self.raw(format!(
            "{method} {address} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        )))
    }

    fn get(&self, address: &str) -> Answer {
        self.ask("GET", address)
    }

    /// What is asked and answered, a line each.
    #[cfg(unix)]
    fn transcript(&self, addresses: &[&str]) -> String {
        let line = |address: &&str| {
            let answer = self.get(address);
            format!("{address} -> {}", answer.body.trim_end())
        };
        addresses.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

struct Answer {
    status: String,
    head: String,
    body: String,
}

impl Answer {
    fn new(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let (status, head) = head.split_once("\r\n").expect("a line before the headers");
        Answer {
            status: status.to_owned(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn length(&self) -> usize {
        self.header("Content-Length").unwrap().parse().unwrap()
    }
}
