//! Transcripts of what a node knows after it was killed, and of what it does not promise before.

use std::cell::RefCell;
use std::time::Duration;

use maelstrom_node::disk::{Command, Disk, Files, Log, Record};
use maelstrom_node::testing::{TestNode, play};
use maelstrom_node::{Engine, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// Keeps elements in a log, and the last one in a record as well.
pub(crate) struct Keeper {
    disk: Disk,
    log: Log<String>,
    last: Record<String>,
    elements: RefCell<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    /// Answered when it is durable.
    Add {
        element: String,
    },
    /// Answered at once.
    Note {
        element: String,
    },
    Cut {
        len: usize,
    },
    Rewrite,
    /// Never answered: writes for ever.
    Churn,
    Read,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Response {
    Ok,
    ReadOk {
        elements: Vec<String>,
        last: Option<String>,
    },
}

pub(crate) fn start(node: Node) -> Keeper {
    let disk = node.disk();
    let (log, elements) = disk.log("elements");
    Keeper {
        log,
        last: disk.record("last"),
        disk,
        elements: elements.into(),
    }
}

impl Keeper {
    fn note(&self, element: String) {
        self.log.append(&element);
        self.last.set(&element);
        self.elements.borrow_mut().push(element);
    }
}

impl Server for Keeper {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        match request {
            Request::Add { element } => {
                self.note(element);
                self.disk.sync().await;
            }
            Request::Note { element } => self.note(element),
            Request::Cut { len } => {
                self.log.cut(len);
                self.elements.borrow_mut().truncate(len);
                self.disk.sync().await;
            }
            Request::Rewrite => {
                self.log.rewrite(&*self.elements.borrow());
                self.disk.sync().await;
            }
            Request::Churn => loop {
                self.note("churned".to_owned());
                self.disk.sync().await;
            },
            Request::Read => {
                assert_eq!(self.log.len(), self.elements.borrow().len());
                return Ok(Response::ReadOk {
                    elements: self.elements.borrow().clone(),
                    last: self.last.get(),
                });
            }
        }
        Ok(Response::Ok)
    }
}

fn n1(files: Files) -> TestNode<Keeper> {
    TestNode::start_with("n1", ["n1"], files, start)
}

fn ok(msg_id: u64) -> String {
    format!(r#"{{"src":"n1","dest":"c1","body":{{"type":"ok","in_reply_to":{msg_id}}}}}"#)
}

/// What it holds: the elements, and the last of them.
fn read(node: &mut TestNode<Keeper>) -> String {
    let said = node.tell_from("c1", r#"{"type":"read","msg_id":9}"#);
    let (_, body) = said[0].split_once(r#""elements":"#).expect("read_ok");
    let body = body.strip_suffix(r#","in_reply_to":9}}"#).expect("its end");
    body.replace(r#","last":"#, " ")
}

#[test]
fn what_was_synced_survives_and_what_was_not_is_lost() {
    let mut node = n1(Files::new());
    assert_eq!(read(&mut node), "[] null");
    let said = node.tell_from("c1", r#"{"type":"add","msg_id":1,"element":"a"}"#);
    assert_eq!(said, [ok(1)]);
    let said = node.tell_from("c1", r#"{"type":"note","msg_id":2,"element":"b"}"#);
    assert_eq!(said, [ok(2)]);
    assert_eq!(read(&mut node), r#"["a","b"] "b""#);

    let mut node = n1(node.kill());
    assert_eq!(read(&mut node), r#"["a"] "a""#);
    node.tell_from("c1", r#"{"type":"add","msg_id":1,"element":"c"}"#);
    node.tell_from("c1", r#"{"type":"add","msg_id":2,"element":"d"}"#);
    assert_eq!(read(&mut n1(node.kill())), r#"["a","c","d"] "d""#);
}

#[test]
fn those_who_ask_while_a_sync_is_under_way_share_the_next_one() {
    let mut engine = Engine::new(0, start).with_disk(|id| {
        assert_eq!(id, "n1");
        Ok(Files::new())
    });
    let now = Duration::ZERO;
    let tell = |engine: &mut Engine<Keeper>, body: &str| {
        let line = format!(r#"{{"src":"c1","dest":"n1","body":{body}}}"#);
        engine.line(now, line.as_bytes());
        let mut out = Vec::new();
        engine.swap_output(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    };
    let init = r#"{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}"#;
    assert!(tell(&mut engine, init).contains("init_ok"));
    assert_eq!(engine.disk_commands(), []);

    let add = r#"{"type":"add","msg_id":2,"element":"a"}"#;
    assert_eq!(tell(&mut engine, add), "");
    let is_sync = |command: &Command| *command == Command::Sync;
    let commands: Vec<bool> = engine.disk_commands().iter().map(is_sync).collect();
    assert_eq!(commands, [false, false, true]);
    // One is under way, so there is no other.
    for msg_id in [3, 4] {
        let add = format!(r#"{{"type":"add","msg_id":{msg_id},"element":"b"}}"#);
        assert_eq!(tell(&mut engine, &add), "");
        assert!(!engine.disk_commands().iter().any(is_sync));
    }
    engine.synced(now, Ok(()));
    assert_eq!(tell(&mut engine, ""), ok(2) + "\n");
    assert_eq!(engine.disk_commands(), [Command::Sync]);
    engine.synced(now, Ok(()));
    assert_eq!(tell(&mut engine, ""), ok(3) + "\n" + &ok(4) + "\n");
    assert_eq!(engine.disk_commands(), []);

    // A sync that fails is the end.
    tell(&mut engine, r#"{"type":"add","msg_id":5,"element":"c"}"#);
    assert!(is_sync(engine.disk_commands().last().expect("a sync")));
    // Neither what it has to say nor what it has to write by then goes out.
    let note = br#"{"src":"c1","dest":"n1","body":{"type":"note","msg_id":6,"element":"d"}}"#;
    engine.line(now, note);
    engine.synced(now, Err("elements.log: no space left".to_owned()));
    assert_eq!(engine.failure(), Some("elements.log: no space left"));
    assert_eq!(tell(&mut engine, r#"{"type":"read","msg_id":7}"#), "");
    assert_eq!(engine.disk_commands(), []);
    assert_eq!(engine.deadline(), None);
}

#[test]
fn a_transcript_may_kill_a_node() {
    let transcript = r#"start n1 of n1
c1: {"type":"add","msg_id":1,"element":"a"}
  to c1: {"type":"ok","in_reply_to":1}
c1: {"type":"note","msg_id":2,"element":"b"}
  to c1: {"type":"ok","in_reply_to":2}
kill
start n1 of n1
c1: {"type":"read","msg_id":1}
  to c1: {"type":"read_ok","elements":["a"],"last":"a","in_reply_to":1}
"#;
    assert_eq!(play(transcript, |_options, node| start(node)), transcript);
}
