//! A node that runs one piece of code, for tests of what a node does by itself.

use std::future::Future;
use std::time::Duration;

use maelstrom_node::disk::Files;
use maelstrom_node::testing::TestNode;
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a node says that is silent.
pub(crate) const NOTHING: [&str; 0] = [];

/// A node that runs one piece of code at its start and reports what it gave,
/// to c1.
pub(crate) struct Script;

#[derive(Deserialize)]
pub(crate) enum Nothing {}

impl Server for Script {
    type Request = Nothing;
    type Response = ();

    async fn handle(&self, request: Nothing, _from: &NodeId) -> Result<()> {
        match request {}
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Note {
    Done { at: u64, result: Value },
    Ask { number: u64 },
}

/// n1 of n1 and n2, running this.
pub(crate) fn run<F, T>(script: impl FnOnce(Node) -> F + 'static) -> TestNode<Script>
where
    F: Future<Output = Result<T>> + 'static,
    T: Serialize,
{
    run_on(Files::new(), script)
}

/// The same, with these files on its disk.
pub(crate) fn run_on<F, T>(
    files: Files,
    script: impl FnOnce(Node) -> F + 'static,
) -> TestNode<Script>
where
    F: Future<Output = Result<T>> + 'static,
    T: Serialize,
{
    TestNode::start_with("n1", ["n1", "n2"], files, move |node: Node| {
        let running = script(node.clone());
        drop(node.clone().spawn(async move {
            let result = match running.await {
                Ok(value) => json!({"ok": value}),
                Err(e) => json!({"code": e.code.number(), "text": e.text}),
            };
            let at = node.now().as_millis() as u64;
            node.send("c1", &Note::Done { at, result }).unwrap();
        }));
        Script
    })
}

/// What the script gave, and when.
#[track_caller]
pub(crate) fn done(said: &[String]) -> (u64, Value) {
    let last = said.last().expect("it is not done");
    let note: Value = serde_json::from_str(last).unwrap();
    assert_eq!(note["body"]["type"], "done", "{said:?}");
    (
        note["body"]["at"].as_u64().unwrap(),
        note["body"]["result"].clone(),
    )
}
