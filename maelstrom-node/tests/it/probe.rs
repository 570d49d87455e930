//! A node with a request for everything that can be asked, for tests of the protocol.

use std::time::Duration;

use maelstrom_node::testing::TestNode;
use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

/// A node with a request for every case below.
pub(crate) struct Probe(pub(crate) Node);

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Any {
        value: Box<RawValue>,
    },
    Numbers {
        unsigned: u64,
        signed: i64,
        #[serde(default)]
        wish: Option<String>,
    },
    Who,
    Fail {
        code: i64,
    },
    Wait {
        seconds: u64,
    },
    Silent,
    Unwritable,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Response {
    AnyOk {
        value: Box<RawValue>,
    },
    NumbersOk {
        unsigned: u64,
        signed: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        wish: Option<String>,
    },
    WhoOk {
        id: NodeId,
        node_ids: Vec<NodeId>,
        peers: Vec<NodeId>,
        from: NodeId,
    },
    WaitOk,
    UnwritableOk(Vec<u8>),
}

impl Server for Probe {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, from: &NodeId) -> Result<Option<Response>> {
        Ok(Some(match request {
            Request::Any { value } => Response::AnyOk { value },
            Request::Numbers {
                unsigned,
                signed,
                wish,
            } => Response::NumbersOk {
                unsigned,
                signed,
                wish,
            },
            Request::Who => Response::WhoOk {
                id: self.0.id().clone(),
                node_ids: self.0.node_ids().to_vec(),
                peers: self.0.peers().cloned().collect(),
                from: from.clone(),
            },
            Request::Fail { code } => {
                return Err(Error::new(code.into(), "as you wish").with("hint", json!([1, null])));
            }
            Request::Wait { seconds } => {
                self.0.sleep(SECOND * seconds as u32).await;
                Response::WaitOk
            }
            Request::Silent => return Ok(None),
            Request::Unwritable => Response::UnwritableOk(vec![1]),
        }))
    }
}

pub(crate) fn n1() -> TestNode<Probe> {
    TestNode::start("n1", ["n1", "n2", "n3"], Probe)
}

/// The body of the only line.
#[track_caller]
pub(crate) fn body(said: &[String]) -> Value {
    assert_eq!(said.len(), 1, "{said:?}");
    let message: Value = serde_json::from_str(&said[0]).unwrap();
    message["body"].clone()
}
