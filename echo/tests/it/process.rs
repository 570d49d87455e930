//! The program on its pipes: how it starts, ends and bears bad input.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

const INIT: &str = r#"{"id":0,"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1"],"msg_id":1}}"#;
const INIT_OK: &str = r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}"#;

fn start(log: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_echo"))
        .env("RUST_LOG", log)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn request(id: usize) -> String {
    format!(r#"{{"src":"c1","dest":"n1","body":{{"type":"echo","echo":"hello","msg_id":{id}}}}}"#)
}

fn reply(id: usize) -> String {
    format!(
        r#"{{"src":"n1","dest":"c1","body":{{"type":"echo_ok","echo":"hello","in_reply_to":{id}}}}}"#
    )
}

#[test]
fn a_request_is_answered_while_the_input_stays_open() {
    let mut node = start("info");
    let mut input = node.stdin.take().unwrap();
    let mut output = BufReader::new(node.stdout.take().unwrap()).lines();
    writeln!(input, "{INIT}").unwrap();
    assert_eq!(output.next().unwrap().unwrap(), INIT_OK);
    // In pieces, as a pipe may bring them.
    let line = request(2) + "\n";
    for piece in line.as_bytes().chunks(7) {
        input.write_all(piece).unwrap();
        input.flush().unwrap();
    }
    assert_eq!(output.next().unwrap().unwrap(), reply(2));
    drop(input);
    assert!(output.next().is_none());
    assert_eq!(node.wait().unwrap().code(), Some(0));
}

#[test]
fn a_burst_and_the_end_lose_nothing_even_without_the_last_newline() {
    let mut node = start("trace");
    let mut input = node.stdin.take().unwrap();
    let mut output = node.stdout.take().unwrap();
    let mut stderr = node.stderr.take().unwrap();
    let reader = std::thread::scope(|scope| {
        let log = scope.spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| log)
        });
        scope.spawn(move || {
            let requests: Vec<String> = (2..2002).map(request).collect();
            let bad = "this is no message";
            write!(input, "{INIT}\n\n{bad}\n{}", requests.join("\n")).unwrap();
        });
        let mut said = String::new();
        output.read_to_string(&mut said).unwrap();
        (said, log.join().unwrap().unwrap())
    });
    let (said, log) = reader;
    let expected: Vec<String> = [INIT_OK.to_owned()]
        .into_iter()
        .chain((2..2002).map(reply))
        .collect();
    assert!(said.lines().eq(&expected));
    assert_eq!(node.wait().unwrap().code(), Some(0));
    // Who, how bad, where, what; and at trace every message.
    assert!(
        log.contains("n1 WARN  maelstrom_node::engine: skipped a line"),
        "{log}"
    );
    assert!(log.contains("this is no message"));
    assert_eq!(log.matches("received {").count(), 2000);
    assert_eq!(log.matches("sent {").count(), 2000);
}

#[test]
fn a_line_that_seems_to_have_no_end_is_skipped() {
    const MIB: usize = 1 << 20;
    let mut node = start("info");
    let mut input = node.stdin.take().unwrap();
    let mut output = BufReader::new(node.stdout.take().unwrap()).lines();
    writeln!(input, "{INIT}").unwrap();
    assert_eq!(output.next().unwrap().unwrap(), INIT_OK);
    for _ in 0..200 {
        input.write_all(&[b'x'; MIB]).unwrap();
    }
    // It ends after all, and what follows is heard.
    writeln!(input, "\n{}", request(2)).unwrap();
    assert_eq!(output.next().unwrap().unwrap(), reply(2));
    if let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", node.id())) {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak: usize = peak.unwrap().trim_end_matches("kB").trim().parse().unwrap();
        assert!(peak < 150 << 10, "{peak} KiB");
    }
    drop(input);
    let ended = node.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&ended.stderr);
    let too_long = "skipped a line: expected one message a line, of 64 MiB at most";
    assert_eq!(log.matches(too_long).count(), 1, "{log}");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn a_closed_stdout_ends_it_quietly() {
    let mut node = start("info");
    let mut input = node.stdin.take().unwrap();
    let mut output = BufReader::new(node.stdout.take().unwrap());
    writeln!(input, "{INIT}").unwrap();
    output.read_line(&mut String::new()).unwrap();
    drop(output);
    // It may end before it has read them all.
    let _ = (2..10_000).try_for_each(|id| writeln!(input, "{}", request(id)));
    drop(input);
    let ended = node.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&ended.stderr).contains("ERROR"));
}

#[test]
fn no_input_at_all_is_no_error() {
    let mut node = start("info");
    drop(node.stdin.take());
    let ended = node.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stdout), (Some(0), Vec::new()));
}
