//! `workbench serve`, as it is called. (What it answers is tested with the crate `serve`.)

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

#[test]
fn the_command_serves_until_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("store")).unwrap();
    let at = folder.path().to_owned();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
        command.arg("serve").current_dir(&at);
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
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("<h1>Runs</h1>"), "{answer}");

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
