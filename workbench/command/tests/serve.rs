//! `workbench serve` over real connections: what is asked, and what comes back.

#![allow(
    clippy::disallowed_methods,
    reason = "a server and its clients are threads"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use workbench::serve::Server;

/// A store, with a secret beside it.
struct Store {
    folder: PathBuf,
    address: SocketAddr,
}

impl Store {
    /// A folder with a run in it.
    fn folder(name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("serve-{name}"));
        let _ = fs::remove_dir_all(&folder);
        let run = folder.join("store/echo/20260131T120000.000+0100");
        fs::create_dir_all(run.join("node-logs")).unwrap();
        fs::write(run.join("index.html"), "<p>a run</p>").unwrap();
        fs::write(run.join("history.edn"), "{:f :echo}").unwrap();
        fs::write(run.join("node-logs/n1.log"), "<b>ä</b>\n").unwrap();
        fs::write(folder.join("secret.txt"), "a secret").unwrap();
        folder
    }

    fn serve(name: &str) -> Self {
        let folder = Store::folder(name);
        let server = Server::bind(&folder.join("store"), 0).unwrap();
        let server = server.patience(Duration::from_millis(300));
        let address = server.address().unwrap();
        thread::spawn(move || server.run());
        Store { folder, address }
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join("store").join(path), bytes).unwrap();
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

#[test]
fn an_answer_in_full() {
    let store = Store::serve("full");
    let answer = store.raw(
        "GET /echo/20260131T120000.000+0100/history.edn HTTP/1.1\r\nHost: localhost:1234\r\n\r\n",
    );
    assert_eq!(
        answer.replace("\r\n", "\n"),
        "HTTP/1.1 200 OK\n\
         Content-Type: text/plain; charset=utf-8\n\
         Content-Length: 10\n\
         Cache-Control: no-store\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'\n\
         Cross-Origin-Resource-Policy: same-origin\n\
         Referrer-Policy: no-referrer\n\
         X-Content-Type-Options: nosniff\n\
         Connection: close\n\
         \n\
         {:f :echo}"
    );
}

#[test]
fn files_and_folders() {
    let store = Store::serve("files");
    let run = "/echo/20260131T120000.000+0100";
    let got = store.get(&format!("{run}/"));
    assert_eq!(got.body, "<p>a run</p>");
    assert_eq!(got.header("Content-Type"), Some("text/html; charset=utf-8"));

    // What is relative to the folder, is wrong without the slash.
    let got = store.get(run);
    assert_eq!(got.status, "HTTP/1.1 301 Moved Permanently");
    let location = got.header("Location").unwrap();
    assert_eq!(location, "/echo/20260131T120000.000%2B0100/");
    assert_eq!(store.get(location).body, "<p>a run</p>");
    // Two slashes would lead to another host.
    assert_eq!(store.get("//echo").header("Location"), Some("/echo/"));

    let got = store.get(&format!("{run}/node-logs/n1.log?a=/../b"));
    assert_eq!(got.body, "<b>ä</b>\n");
    assert_eq!(
        got.header("Content-Type"),
        Some("text/plain; charset=utf-8")
    );
    assert_eq!(got.header("Content-Length"), Some("10"));

    // The list of runs, though none has ended that would have written it.
    for address in ["/", "/index.html"] {
        let got = store.get(address);
        assert!(got.body.contains("<h1>Runs</h1>"), "{}", got.body);
        assert!(
            got.body
                .contains("./echo/20260131T120000.000%2B0100/index.html")
        );
    }
    store.write("index.html", "the list");
    assert_eq!(store.get("/").body, "the list");
    assert_eq!(store.get("/index.html").body, "the list");
}

#[test]
fn types_of_content() {
    let store = Store::serve("types");
    let mut found = String::new();
    for name in [
        "a.html",
        "a.SVG",
        "a.json",
        "a.jsonl",
        "a.edn",
        "a.txt",
        "a.log",
        "a.png",
        "a.js",
        "a.html.bin",
        "a",
        ".html",
    ] {
        store.write(name, "");
        let got = store.get(&format!("/{name}"));
        found += &format!("{name}: {}\n", got.header("Content-Type").unwrap());
    }
    assert_eq!(
        found,
        "a.html: text/html; charset=utf-8\n\
         a.SVG: image/svg+xml; charset=utf-8\n\
         a.json: application/json; charset=utf-8\n\
         a.jsonl: text/plain; charset=utf-8\n\
         a.edn: text/plain; charset=utf-8\n\
         a.txt: text/plain; charset=utf-8\n\
         a.log: text/plain; charset=utf-8\n\
         a.png: image/png\n\
         a.js: application/octet-stream\n\
         a.html.bin: application/octet-stream\n\
         a: application/octet-stream\n\
         .html: application/octet-stream\n"
    );
}

#[test]
fn a_folder_without_a_page_is_listed() {
    let store = Store::serve("listed");
    store.write("echo/20260131T120000.000+0100/node-logs/<i>\"&.log", "x");
    let got = store.get("/echo/20260131T120000.000+0100/node-logs/");
    let (_, table) = got.body.split_once("<table>\n").unwrap();
    assert_eq!(
        table,
        "<tr><td><a href=\"./%3Ci%3E%22%26.log\">&lt;i&gt;&quot;&amp;.log</a></td><td>1 B</td></tr>\n\
         <tr><td><a href=\"./n1.log\">n1.log</a></td><td>10 B</td></tr>\n\
         </table>\n</body>\n</html>\n"
    );
    let file = store.get("/echo/20260131T120000.000+0100/node-logs/%3Ci%3E%22%26.log");
    assert_eq!(file.body, "x");
    let above = store.get("/echo/").body;
    assert!(
        above.contains("<a href=\"./20260131T120000.000%2B0100/\">20260131T120000.000+0100/</a>"),
        "{above}"
    );
}

#[test]
fn the_head_alone() {
    let store = Store::serve("head");
    for address in [
        "/echo/20260131T120000.000+0100/history.edn",
        "/",
        "/echo/",
        "/echo",
        "/none",
        "/..",
    ] {
        let (head, got) = (store.ask("HEAD", address), store.get(address));
        assert_eq!(got.length(), got.body.len(), "{address}");
        assert_eq!(
            (head.status, head.head),
            (got.status, got.head),
            "{address}"
        );
        assert_eq!(head.body, "", "{address}");
    }
}

#[test]
fn nothing_outside_the_store_is_read() {
    let store = Store::serve("outside");
    let secret = store.folder.join("secret.txt");
    let within = store.folder.join("store");
    symlink(&secret, within.join("out.txt")).unwrap();
    symlink("../secret.txt", within.join("relative.txt")).unwrap();
    symlink("..", within.join("up")).unwrap();
    symlink("/etc", within.join("etc")).unwrap();
    symlink("loop", within.join("loop")).unwrap();
    symlink("nowhere", within.join("broken")).unwrap();
    symlink("echo/20260131T120000.000+0100", within.join("latest")).unwrap();
    fs::create_dir(within.join("index")).unwrap();
    symlink(&secret, within.join("index/index.html")).unwrap();
    // A folder whose name begins with the store's own.
    fs::create_dir(store.folder.join("store-2")).unwrap();
    symlink("../store-2", within.join("sibling")).unwrap();
    let transcript = store.transcript(&[
        "/../secret.txt",
        "/echo/../../secret.txt",
        "/echo/../index.html",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%2Fsecret.txt",
        "/..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "/..",
        "//etc/passwd",
        "/etc/passwd",
        "/%2fetc/passwd",
        "/echo%00.html",
        "/out.txt",
        "/relative.txt",
        "/up/",
        "/up/secret.txt",
        "/up",
        "/index/",
        "/sibling/",
        "/broken",
        "/latest/",
        "/latest/history.edn",
        "/latest/history.edn/",
        "/latest/history.edn/x",
        "/%zz",
        "/none%0d%0aX:%20y",
        "http://localhost/",
        "*",
    ]);
    assert_eq!(
        transcript,
        "/../secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/echo/../../secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/echo/../index.html -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/%2e%2e/secret.txt -> 403 Forbidden: an address does not lead upwards: it has no .. in it
/%2e%2e%2fsecret.txt -> 400 Bad Request: a file's name has neither slash nor NUL in it
/..%2Fsecret.txt -> 400 Bad Request: a file's name has neither slash nor NUL in it
/..%5csecret.txt -> 404 Not Found: the store has no /..%5Csecret.txt
/%252e%252e/secret.txt -> 404 Not Found: the store has no /%252e%252e/secret.txt
/.. -> 403 Forbidden: an address does not lead upwards: it has no .. in it
//etc/passwd -> 403 Forbidden: a link at /etc/passwd leads out of the store
/etc/passwd -> 403 Forbidden: a link at /etc/passwd leads out of the store
/%2fetc/passwd -> 400 Bad Request: a file's name has neither slash nor NUL in it
/echo%00.html -> 400 Bad Request: a file's name has neither slash nor NUL in it
/out.txt -> 403 Forbidden: a link at /out.txt leads out of the store
/relative.txt -> 403 Forbidden: a link at /relative.txt leads out of the store
/up/ -> 403 Forbidden: a link at /up leads out of the store
/up/secret.txt -> 403 Forbidden: a link at /up/secret.txt leads out of the store
/up -> 403 Forbidden: a link at /up leads out of the store
/index/ -> 403 Forbidden: a link at /index leads out of the store
/sibling/ -> 403 Forbidden: a link at /sibling leads out of the store
/broken -> 404 Not Found: the store has no /broken
/latest/ -> <p>a run</p>
/latest/history.edn -> {:f :echo}
/latest/history.edn/ -> 404 Not Found: the store has no /latest/history.edn
/latest/history.edn/x -> 404 Not Found: the store has no /latest/history.edn/x
/%zz -> 400 Bad Request: after % in an address, there are two hexadecimal digits
/none%0d%0aX:%20y -> 404 Not Found: the store has no /none%0D%0AX%3A%20y
http://localhost/ -> 400 Bad Request: an address begins with a slash
* -> 400 Bad Request: an address begins with a slash"
    );
    let looped = store.get("/loop").body;
    let expected = "500 Internal Server Error: cannot read /loop: ";
    assert!(looped.starts_with(expected), "{looped}");
    fs::remove_file(within.join("etc")).unwrap();
    assert_eq!(
        store.get("//etc/passwd").body,
        "404 Not Found: the store has no /etc/passwd\n"
    );
}

#[test]
fn only_this_machine_is_answered() {
    let store = Store::serve("host");
    let port = store.address.port();
    let mut transcript = String::new();
    for headers in [
        format!("Host: localhost:{port}\r\n"),
        "host: LOCALHOST\r\n".into(),
        format!("Host: [::1]:{port}\r\n"),
        format!("Host: evil.example:{port}\r\n"),
        "Host: 127.0.0.1.evil.example\r\n".into(),
        "Host: \r\n".into(),
        String::new(),
        "Host: localhost\r\nHost: evil.example\r\n".into(),
    ] {
        let path = "/echo/20260131T120000.000+0100/history.edn";
        let got = Answer::new(&store.raw(format!("GET {path} HTTP/1.1\r\n{headers}\r\n")));
        transcript += &format!("{}\n", got.body.trim_end());
    }
    let other = "421 Misdirected Request: the host asked for is not this one: it is called localhost or 127.0.0.1\n";
    let one = "400 Bad Request: there must be one Host\n";
    assert_eq!(
        transcript,
        format!(
            "{}{other}{other}{other}{one}{one}",
            "{:f :echo}\n".repeat(3)
        )
    );
}

#[test]
fn what_is_no_plain_request_is_refused() {
    let store = Store::serve("refused");
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"] {
        let got = store.ask(method, "/");
        assert_eq!(got.status, "HTTP/1.1 405 Method Not Allowed", "{method}");
        assert_eq!(got.header("Allow"), Some("GET, HEAD"));
    }
    let host = "Host: localhost\r\n";
    let long = "x".repeat(1 << 20);
    let garbage: Vec<u8> = (0..4096u32).map(|i| (i * 37 % 256) as u8).collect();
    let cases: [(&str, Vec<u8>, &str); 12] = [
        ("garbage", garbage, "400"),
        (
            "a handshake",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            "400",
        ),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            "400",
        ),
        ("HTTP/0.9", b"GET /\r\n".to_vec(), "400"),
        ("no name", b"GET / HTTP/1.1\r\n: x\r\n\r\n".to_vec(), "400"),
        (
            "NUL",
            b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
            "400",
        ),
        (
            "a long address",
            format!("GET /{long} HTTP/1.1\r\n{host}\r\n").into(),
            "414",
        ),
        (
            "a long name",
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", &long[..5000]).into(),
            "404",
        ),
        (
            "a long header",
            format!("GET / HTTP/1.1\r\n{host}X: {long}\r\n\r\n").into(),
            "431",
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", "X: y\r\n".repeat(100)).into(),
            "431",
        ),
        (
            "a body",
            format!(
                "GET / HTTP/1.1\r\n{host}Content-Length: {}\r\n\r\n{long}",
                1 << 20
            )
            .into(),
            "200",
        ),
        (
            "two at once",
            format!("GET / HTTP/1.1\r\n{host}\r\n").repeat(2).into(),
            "200",
        ),
    ];
    for (what, request, status) in cases {
        let answer = store.raw(request);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{what}: {answer}"
        );
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}");
    }
}

#[test]
fn slow_clients_are_not_waited_for() {
    let store = Store::serve("slow");
    // Some that begin to ask, and some that say nothing at all.
    let clients: Vec<TcpStream> = (0..40)
        .map(|i| {
            let mut client = TcpStream::connect(store.address).unwrap();
            let part: &[u8] = if i % 2 == 0 { b"GET / HT" } else { b"" };
            client.write_all(part).unwrap();
            client
        })
        .collect();
    assert_eq!(
        store.get("/none").body,
        "404 Not Found: the store has no /none\n"
    );
    for (i, mut client) in clients.into_iter().enumerate() {
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        match i % 2 {
            0 => assert!(
                answer.ends_with("408 Request Timeout: the request did not come in time\n"),
                "{answer}"
            ),
            _ => assert_eq!(answer, ""),
        }
    }
    // One that goes away in the middle.
    let mut client = TcpStream::connect(store.address).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(
        answer.ends_with("400 Bad Request: the request ends in its middle\n"),
        "{answer}"
    );
}

/// With the patience that the command has, so that a request that waited for any of
/// them would wait for ten seconds; there are more than are open at a time.
#[test]
fn a_request_is_answered_at_once_however_many_others_are_silent() {
    let folder = Store::folder("silent");
    let server = Server::bind(&folder.join("store"), 0).unwrap();
    let address = server.address().unwrap();
    thread::spawn(move || server.run());
    let store = Store { folder, address };
    let connect = |part: &str| {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(part.as_bytes()).unwrap();
        client
    };
    let mut clients: Vec<TcpStream> = Vec::new();
    for i in 0..300 {
        clients.push(connect(if i % 2 == 0 { "" } else { "GET / HT" }));
        if i % 50 == 49 {
            assert_eq!(
                store.get("/none").body,
                "404 Not Found: the store has no /none\n"
            );
        }
    }
    // The oldest were closed for the others, and the youngest were not.
    let mut byte = [0];
    for client in &mut clients[..150] {
        assert!(!matches!(client.read(&mut byte), Ok(1)));
    }
    let last = clients.last_mut().unwrap();
    last.write_all(format!("TP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
        .unwrap();
    let mut answer = String::new();
    last.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn a_request_may_come_in_pieces() {
    let store = Store::serve("pieces");
    let mut client = TcpStream::connect(store.address).unwrap();
    client.set_nodelay(true).unwrap();
    for byte in b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n" {
        client.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[test]
fn big_files_come_whole() {
    let store = Store::serve("big");
    let big: Vec<u8> = (0..20_000_000u32).map(|i| b'a' + (i % 23) as u8).collect();
    store.write("messages.jsonl", &big);
    let got = store.get("/messages.jsonl");
    assert_eq!(got.length(), big.len());
    assert!(got.body.as_bytes() == big);
    // To open a pipe would be to wait for ever.
    let pipe = store.folder.join("store/pipe");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(
        store.get("/pipe").body,
        "403 Forbidden: /pipe may not be read\n"
    );
}

#[test]
fn the_store_may_go_and_come_back() {
    let store = Store::serve("gone");
    fs::remove_dir_all(store.folder.join("store")).unwrap();
    assert_eq!(store.get("/").status, "HTTP/1.1 404 Not Found");
    fs::create_dir(store.folder.join("store")).unwrap();
    assert!(store.get("/").body.contains("<h1>Runs</h1>"));
}

#[test]
fn the_command_serves_until_it_is_interrupted() {
    let folder = Store::folder("command");
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
        command.arg("serve").current_dir(&folder);
        command
    };
    let mut child = command()
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        line.push(char::from(byte[0]));
    }
    let address = line.strip_prefix("serving store on http://").unwrap();
    let address: SocketAddr = address.strip_suffix("/\n").unwrap().parse().unwrap();
    assert!(address.ip().is_loopback());
    let store = Store {
        folder: folder.clone(),
        address,
    };
    assert!(store.get("/").body.contains("<h1>Runs</h1>"));

    let failed = |args: &[&str]| {
        let output = command().args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(255), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let port = address.port().to_string();
    let taken = failed(&["--port", &port]);
    assert!(
        taken.starts_with(&format!("workbench: cannot listen on 127.0.0.1:{port}: ")),
        "{taken}"
    );
    assert!(taken.ends_with("; give another with --port\n"), "{taken}");
    let missing = failed(&["--port", "0", "--store", "none"]);
    assert!(
        missing.starts_with("workbench: cannot read none: "),
        "{missing}"
    );
    assert!(
        missing.ends_with("; workbench test makes it\n"),
        "{missing}"
    );

    let pid = child.id().to_string();
    let kill = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
