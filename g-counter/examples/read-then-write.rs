//! A g-counter node with a mistake: it reads the sum from seq-kv, adds to it, and
//! writes it back.
//!
//! Two adds that read the same sum write sums that each lack the other's part, and
//! the later one stays. That need not even be at the same time: seq-kv may answer a
//! read with an old sum. The anomaly is a lost update: the final reads are less than
//! what was added. (A `cas` in place of the write would notice that the sum is not
//! what was read. Reads would still be wrong then.)

use std::process::ExitCode;

use maelstrom_node::kv::SeqKv;
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct ReadThenWrite {
    kv: SeqKv,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add { delta: i64 },
    Read,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AddOk,
    ReadOk { value: i64 },
}

impl Server for ReadThenWrite {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        let sum: i64 = self.kv.read("sum").await?.unwrap_or(0);
        match request {
            Request::Add { delta } => {
                // The mistake: the sum may be another by now.
                self.kv.write("sum", &(sum + delta)).await?;
                Ok(Response::AddOk)
            }
            Request::Read => Ok(Response::ReadOk { value: sum }),
        }
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    ReadThenWrite {
        kv: SeqKv::new(&node),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
