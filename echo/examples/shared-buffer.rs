//! An echo node with a mistake: it keeps the text it is about to send back in
//! one place for all its requests.
//!
//! While a handler waits, at an `.await`, others run. If one of them puts its
//! own text there, the first wakes up and sends that. The anomaly is an echo of
//! what somebody else said.

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::Duration;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::Value;

struct SharedBuffer {
    node: Node,
    /// The mistake: it belongs to one request, and stands where all can reach it.
    text: RefCell<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Echo { echo: Value },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    EchoOk { echo: Value },
}

impl Server for SharedBuffer {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Echo { echo }: Request, _from: &NodeId) -> Result<Response> {
        self.text.replace(echo);
        // In place of whatever a node may wait for: a disk, a service, a lock.
        self.node.sleep(Duration::from_millis(10)).await;
        let echo = self.text.borrow().clone();
        Ok(Response::EchoOk { echo })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    SharedBuffer {
        node,
        text: RefCell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
