//! A node that makes ids with a mistake: the name of the node is not in them.
//!
//! An id is the time in milliseconds and a number that tells the ids of one
//! millisecond apart: a Snowflake id without the machine. On one node that never
//! gives an id twice. Of two nodes that are asked in the same millisecond, each
//! gives its first id of it, and that is the same. The anomaly is a duplicate.

use std::cell::Cell;
use std::process::ExitCode;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct Nameless {
    node: Node,
    /// The millisecond of the last id, and its number in it.
    last: Cell<(u128, u64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Generate,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    GenerateOk { id: String },
}

impl Server for Nameless {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Generate: Request, _from: &NodeId) -> Result<Response> {
        let now = self.node.now().as_millis();
        let number = match self.last.get() {
            (millisecond, number) if millisecond == now => number + 1,
            _ => 0,
        };
        self.last.set((now, number));
        // The mistake: this says when, and not where.
        let id = format!("{now}-{number}");
        Ok(Response::GenerateOk { id })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    Nameless {
        node,
        last: Cell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
