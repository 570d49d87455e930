//! A lin-kv node with a mistake: it answers reads from its own copy.
//!
//! The first node orders all changes: the others pass theirs on to it. It sends
//! every new value to all, and so each has a copy, from which it answers at once.
//! But a change is acknowledged before all copies have it. The anomaly is a stale
//! read: a value that was replaced before the read began.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::ExitCode;

use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct LocalReads {
    node: Node,
    copy: RefCell<BTreeMap<i64, i64>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Read {
        key: i64,
    },
    Write {
        key: i64,
        value: i64,
    },
    Cas {
        key: i64,
        from: i64,
        to: i64,
    },
    /// From the first node.
    Copy {
        key: i64,
        value: i64,
    },
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    ReadOk { value: i64 },
    WriteOk,
    CasOk,
}

impl LocalReads {
    fn read(&self, key: i64) -> Result<i64> {
        let value = self.copy.borrow().get(&key).copied();
        value.ok_or_else(|| Error::key_does_not_exist(format!("there is no {key}")))
    }

    /// On the first node.
    fn set(&self, key: i64, value: i64) -> Result<()> {
        self.copy.borrow_mut().insert(key, value);
        for peer in self.node.peers() {
            self.node.send(peer, &Request::Copy { key, value })?;
        }
        Ok(())
    }
}

impl Server for LocalReads {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
        let first = &self.node.node_ids()[0];
        match request {
            // The mistake: this may be a value of the past.
            Request::Read { key } => {
                let value = self.read(key)?;
                Ok(Some(Response::ReadOk { value }))
            }
            Request::Copy { key, value } => {
                self.copy.borrow_mut().insert(key, value);
                Ok(None)
            }
            change if self.node.id() != first => Ok(Some(self.node.rpc(first, &change).await?)),
            Request::Write { key, value } => {
                self.set(key, value)?;
                Ok(Some(Response::WriteOk))
            }
            Request::Cas { key, from, to } => match self.read(key)? {
                found if found == from => {
                    self.set(key, to)?;
                    Ok(Some(Response::CasOk))
                }
                found => Err(Error::precondition_failed(format!("{found} is not {from}"))),
            },
        }
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    LocalReads {
        node,
        copy: RefCell::default(),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
