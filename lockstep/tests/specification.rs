//! The transcript in the specification, told to the node that it is of.

use std::env::consts::EXE_SUFFIX;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The transcripts, each of a process of its own.
fn transcripts() -> Vec<String> {
    let page = include_str!("../../workbench/LOCKSTEP.md");
    let blocks = page.split("```transcript\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned());
    blocks.collect()
}

#[test]
fn the_specifications_transcript_is_what_its_node_says() {
    let test = std::env::current_exe().unwrap();
    let node = test
        .ancestors()
        .nth(2)
        .map(|folder| folder.join(format!("examples/set{EXE_SUFFIX}")));
    let node = node
        .filter(|node| Path::exists(node))
        .expect("cargo test builds examples");
    let transcripts = transcripts();
    assert_eq!(transcripts.len(), 2);
    for transcript in transcripts {
        let mut child = Command::new(&node)
            .env(lockstep::LOCKSTEP, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut to = child.stdin.take().unwrap();
        let mut from = BufReader::new(child.stdout.take().unwrap());
        let mut last = "";
        for line in transcript.lines() {
            if let Some(told) = line.strip_prefix("> ") {
                writeln!(to, "{told}").unwrap();
            } else {
                let mut said = "< ".to_owned();
                from.read_line(&mut said).unwrap();
                assert_eq!(said, format!("{line}\n"), "in {transcript}");
                last = line;
            }
        }
        drop(to);
        let mut rest = String::new();
        from.read_line(&mut rest).unwrap();
        assert_eq!(rest, "", "after {transcript}");
        let has_failed = last.starts_with("< = failed");
        assert_eq!(child.wait().unwrap().success(), !has_failed);
    }
}
