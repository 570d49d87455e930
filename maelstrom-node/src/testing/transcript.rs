//! Transcripts as text: what a node is told, and everything that it says below that.

use std::mem;
use std::time::Duration;

use super::TestNode;
use crate::disk::Files;
use crate::{Node, Server};

/// Does what a transcript tells to do, and gives it back with everything that came of it: where
/// nothing has changed, as it was. A test compares the two; whoever has changed a node, or begins
/// a transcript, takes the new one and reads it.
///
/// ```
/// use maelstrom_node::testing::play;
/// # use maelstrom_node::{NodeId, Result, Server};
/// # struct Echo;
/// # #[derive(serde::Deserialize)] #[serde(rename_all = "snake_case")]
/// # enum Request { Echo { echo: String } }
/// # #[derive(serde::Serialize)] #[serde(rename_all = "snake_case")]
/// # enum Response { EchoOk { echo: String } }
/// # impl Server for Echo {
/// #     type Request = Request;
/// #     type Response = Response;
/// #     async fn handle(&self, Request::Echo { echo }: Request, _: &NodeId) -> Result<Response> {
/// #         Ok(Response::EchoOk { echo })
/// #     }
/// # }
///
/// let transcript = r#"
/// ## What is said comes back.
/// start n1 of n1 n2
/// c1: {"type":"echo","msg_id":1,"echo":"hi"}
///   to c1: {"type":"echo_ok","echo":"hi","in_reply_to":1}
/// after 100 ms
/// "#;
/// assert_eq!(play(transcript, |_options, _node| Echo), transcript);
/// ```
///
/// What begins at the margin is a command; what came of it is indented by two spaces. Lines that
/// begin with `#`, and empty ones, stay as they are. The commands:
///
/// | | |
/// |---|---|
/// | `start n1 of n1 n2` | a node starts and is told who it is; the one before it is gone |
/// | `start n1 of n1 n2 with OPTIONS` | the same, and `start` is given the options |
/// | `c1: {"type":"read","msg_id":1}` | `c1` sends it a message with this body |
/// | `after 100 ms` | so much time passes |
/// | `kill` | it dies; the next one to start has what it had synced on its disk |
/// | `end of input` | nobody will say anything any more |
///
/// # Panics
/// If a line is none of those, or if nothing is told to anyone.
#[track_caller]
pub fn play<S, F>(transcript: &str, start: F) -> String
where
    S: Server,
    F: Fn(&str, Node) -> S + Clone + 'static,
{
    let mut node: Option<TestNode<S>> = None;
    // What is on the disk of the next one.
    let mut left = Files::new();
    let mut played = String::new();
    for line in transcript.lines().filter(|line| !line.starts_with("  ")) {
        played += line;
        played += "\n";
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let said = match (line.strip_prefix("start "), &mut node) {
            (Some(who), node) => {
                let started = node.insert(started(who, mem::take(&mut left), start.clone()));
                mem::take(&mut started.early)
            }
            (None, node) if line == "kill" => {
                left = node.take().expect("a node that can be killed").kill();
                Vec::new()
            }
            (None, Some(node)) => told(node, line),
            (None, None) => panic!("no node was started before {line:?}"),
        };
        for line in said {
            played += &format!("  {}\n", in_short(&line));
        }
    }
    let is_told = played.lines().any(|line| line.starts_with("start "));
    assert!(is_told, "the transcript starts no node");
    played
}

/// The node in `n1 of n1 n2 with OPTIONS`.
#[track_caller]
fn started<S, F>(who: &str, files: Files, start: F) -> TestNode<S>
where
    S: Server,
    F: Fn(&str, Node) -> S + 'static,
{
    let (who, options) = who.split_once(" with ").unwrap_or((who, ""));
    let (id, node_ids) = who.split_once(" of ").expect("start ID of ID...");
    let node_ids: Vec<&str> = node_ids.split(' ').collect();
    let options = options.to_owned();
    TestNode::start_with(id, &node_ids, files, move |node| start(&options, node))
}

/// What the node says to this.
#[track_caller]
fn told<S: Server>(node: &mut TestNode<S>, command: &str) -> Vec<String> {
    if command == "end of input" {
        return node.end_input();
    }
    if let Some(time) = command.strip_prefix("after ") {
        let millis = time.strip_suffix(" ms").and_then(|time| time.parse().ok());
        let millis = millis.unwrap_or_else(|| panic!("expected `after N ms`, found {command:?}"));
        return node.pass(Duration::from_millis(millis));
    }
    match command.split_once(": ") {
        Some((src, body)) => node.tell_from(src, body),
        None => panic!("expected a command, found {command:?}"),
    }
}

/// `to c1: BODY`, without what every line says.
fn in_short(line: &str) -> String {
    let (_, to) = line.split_once(r#","dest":""#).unwrap_or_default();
    match to.split_once(r#"","body":"#) {
        Some((dest, body)) => format!("to {dest}: {}", body.strip_suffix('}').unwrap_or(body)),
        None => line.to_owned(),
    }
}
