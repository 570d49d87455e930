//! Whoever asks `serve`: from elsewhere, by no rules, slowly, or not at all.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use serve::Server;

use super::{Answer, Store};

#[test]
fn only_this_machine_is_answered() {
    let store = Store::serve();
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
    let store = Store::serve();
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
    let store = Store::serve();
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
    let folder = Store::folder();
    let server = Server::bind(&folder.path().join("store"), 0).unwrap();
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
    for client in &mut clients[..150] {
        let mut told = String::new();
        let _ = client.read_to_string(&mut told);
        // On Windows, they may be told that their request ends in its middle, or is late.
        assert!(told.is_empty() || cfg!(windows) && told.starts_with("HTTP/1.1 40"));
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
    let store = Store::serve();
    let mut client = TcpStream::connect(store.address).unwrap();
    client.set_nodelay(true).unwrap();
    for byte in b"GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n" {
        client.write_all(&[*byte]).unwrap();
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}
