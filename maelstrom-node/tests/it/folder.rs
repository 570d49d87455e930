//! Real processes and their folders: what was acknowledged is there when the next one comes,
//! however the one before it has ended.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use maelstrom_node::{DISK, Rng};
use serde_json::Value;

use super::program::Program;

/// A folder of a test's own, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a path that is text")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn init(node: &mut Program) {
    node.tell(r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#);
    let init_ok = node.line().expect("init_ok");
    assert!(init_ok.contains(r#""init_ok""#), "{init_ok}");
}

fn add(node: &mut Program, element: u64) {
    node.tell(&format!(
        r#"{{"src":"c1","dest":"n1","body":{{"type":"add","msg_id":{element},"element":"{element}"}}}}"#
    ));
}

/// Which addition this line acknowledges.
fn acknowledged(line: &str) -> u64 {
    let message: Value = serde_json::from_str(line).unwrap();
    assert_eq!(message["body"]["type"], "ok", "{line}");
    message["body"]["in_reply_to"].as_u64().unwrap()
}

fn read(node: &mut Program) -> Vec<u64> {
    node.tell(r#"{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1}}"#);
    let line = node.line().expect("read_ok");
    let message: Value = serde_json::from_str(&line).unwrap();
    let elements = message["body"]["elements"].as_array().unwrap();
    let number = |element: &Value| element.as_str().unwrap().parse().unwrap();
    elements.iter().map(number).collect()
}

/// 15 lives, each ended by a kill in the middle of its work.
#[test]
fn a_kill_takes_nothing_that_was_acknowledged() {
    let scratch = Scratch::new("maelstrom-node-kill");
    let rng = Rng::new(1);
    let mut before: Vec<u64> = Vec::new();
    let mut promised = BTreeSet::new();
    let mut next = 0;
    for life in 0..15 {
        let mut node = Program::start(&[(DISK, scratch.path())]);
        init(&mut node);
        let found = read(&mut node);
        // As they were sent, from the first to one that is no earlier than the last acknowledged.
        let sent: Vec<u64> = (before.iter().copied())
            .chain(before.len() as u64..next)
            .collect();
        assert_eq!(found, sent[..found.len()], "life {life}");
        assert!(
            promised.iter().all(|element| found.contains(element)),
            "life {life}"
        );
        next = found.len() as u64;
        before = found;

        let wanted = rng.range(1..40) as usize;
        let mut got = 0;
        while got < wanted {
            // Some at once: they share a sync.
            for _ in 0..rng.range(1..20) {
                add(&mut node, next);
                next += 1;
            }
            for _ in 0..rng.range(1..4) {
                if got < (next as usize - before.len()) {
                    promised.insert(acknowledged(&node.line().expect("it lives")));
                    got += 1;
                }
            }
        }
        node.kill();
        // What it said before it died, it said.
        while let Some(line) = node.line() {
            promised.insert(acknowledged(&line));
        }
    }
    assert!(promised.len() > 150, "{}", promised.len());
}

/// What a node's folder without a name of its own is: below that of its parent.
#[cfg(unix)]
fn folders(temporary: &std::path::Path) -> Vec<PathBuf> {
    let ours: Vec<PathBuf> = fs::read_dir(temporary)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(ours.len(), 1, "{ours:?}");
    let parents = fs::read_dir(&ours[0]).unwrap();
    parents.map(|entry| entry.unwrap().path()).collect()
}

#[cfg(unix)]
#[test]
fn a_node_that_its_parent_starts_again_has_its_disk_and_no_other_has_it() {
    let scratch = Scratch::new("maelstrom-node-parent");
    let environment = [("TMPDIR", scratch.path()), (DISK, "")];
    let mut node = Program::start(&environment);
    init(&mut node);
    add(&mut node, 1);
    assert_eq!(acknowledged(&node.line().unwrap()), 1);
    node.kill();
    let mut node = Program::start(&environment);
    init(&mut node);
    assert_eq!(read(&mut node), [1]);
    let mine = folders(&scratch.0);
    assert_eq!(mine.len(), 1, "{mine:?}");

    // Of another parent: it finds nothing, and what it leaves is gone when the next one has come.
    let mut other = Program::start_by_another(&environment);
    init(&mut other);
    assert!(read(&mut other).is_empty());
    add(&mut other, 2);
    assert_eq!(acknowledged(&other.line().unwrap()), 2);
    assert_eq!(folders(&scratch.0).len(), 2);
    other.end();
    let mut third = Program::start_by_another(&environment);
    init(&mut third);
    assert!(read(&mut third).is_empty());
    assert_eq!(folders(&scratch.0).len(), 2);
    assert!(mine[0].is_dir());
    third.end();
    assert_eq!(read(&mut node), [1]);
}

#[test]
fn at_the_end_of_input_what_waits_is_synced() {
    let scratch = Scratch::new("maelstrom-node-end");
    let mut node = Program::start(&[(DISK, scratch.path())]);
    init(&mut node);
    add(&mut node, 7);
    let (said, status, log) = node.end();
    let said: Vec<u64> = said.iter().map(|line| acknowledged(line)).collect();
    assert_eq!(said, [7]);
    assert!(status.success(), "{log}");
    let mut node = Program::start(&[(DISK, scratch.path())]);
    init(&mut node);
    assert_eq!(read(&mut node), [7]);
}

#[test]
fn a_node_without_its_folder_says_why_and_fails() {
    let scratch = Scratch::new("maelstrom-node-none");
    let file = scratch.0.join("file");
    fs::write(&file, "").unwrap();
    let mut node = Program::start(&[(DISK, file.to_str().unwrap())]);
    node.tell(r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#);
    let (said, status, log) = node.end();
    assert!(said.is_empty() && !status.success(), "{said:?} {status}");
    let (node, file) = (file.join("n1"), file.display());
    let why = format!(
        "ERROR maelstrom_node::stdio: {}: {file} is no folder",
        node.display()
    );
    assert!(log.contains(&why), "{log}");
}

/// What a torn write has left is cut off, and the log says so.
#[test]
fn a_torn_tail_is_cut_off_and_logged() {
    let scratch = Scratch::new("maelstrom-node-torn");
    let start = || {
        let mut node = Program::start(&[(DISK, scratch.path())]);
        init(&mut node);
        node
    };
    let mut node = start();
    add(&mut node, 1);
    node.end();
    let path = scratch.0.join("n1/elements.log");
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    bytes.extend_from_within(..10);
    fs::write(&path, bytes).unwrap();
    let mut node = start();
    assert_eq!(read(&mut node), [1]);
    let (_, _, log) = node.end();
    let warning = format!(
        "WARN  maelstrom_node::disk::log: cut off the last 10 bytes of elements.log, which were not \
         synced: expected the 24 bytes that a frame begins with at byte {len}"
    );
    assert!(log.contains(&warning), "{log}");
    assert_eq!(fs::read(&path).unwrap().len(), len);
}

#[test]
fn a_node_that_always_syncs_still_listens() {
    let scratch = Scratch::new("maelstrom-node-churn");
    let mut node = Program::start(&[(DISK, scratch.path())]);
    init(&mut node);
    node.tell(r#"{"src":"c1","dest":"n1","body":{"type":"churn","msg_id":1}}"#);
    for element in 2..5 {
        add(&mut node, element);
        assert_eq!(acknowledged(&node.line().expect("it lives")), element);
    }
}
