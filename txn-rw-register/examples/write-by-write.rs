//! A txn-rw-register node with a mistake: each write of a transaction goes to the
//! other nodes as a message of its own.
//!
//! A node executes a transaction at once, so on that node nothing can come in
//! between. But on its way to the others a transaction falls apart: a node that has
//! some of its writes and not yet the rest shows a state that never was. The
//! anomaly is G1b, an intermediate read: a register that is written twice in a
//! transaction is read as it was after the first time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;

use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// `["r", key, null]`, in the reply with its value, or `["w", key, value]`.
type Operation = (String, i64, Option<i64>);

struct WriteByWrite {
    node: Node,
    registers: RefCell<BTreeMap<i64, i64>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Txn {
        txn: Vec<Operation>,
    },
    /// From another node.
    Write {
        key: i64,
        value: i64,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    TxnOk { txn: Vec<Operation> },
}

impl WriteByWrite {
    fn execute(&self, (f, key, value): Operation) -> Result<Operation> {
        let mut registers = self.registers.borrow_mut();
        match (f.as_str(), value) {
            ("r", _) => Ok((f, key, registers.get(&key).copied())),
            ("w", Some(value)) => {
                registers.insert(key, value);
                for peer in self.node.peers() {
                    // The mistake: the transaction is not over.
                    self.node.send(peer, &Request::Write { key, value })?;
                }
                Ok((f, key, Some(value)))
            }
            _ => Err(Error::malformed_request(format!("what is {f:?}?"))),
        }
    }
}

impl Server for WriteByWrite {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Txn { txn } => {
                let done = txn.into_iter().map(|operation| self.execute(operation));
                let txn = done.collect::<Result<_>>()?;
                Some(Response::TxnOk { txn })
            }
            Request::Write { key, value } => {
                self.registers.borrow_mut().insert(key, value);
                None
            }
        })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    WriteByWrite {
        node,
        registers: RefCell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
