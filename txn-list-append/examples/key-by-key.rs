//! A txn-list-append node with a mistake: it keeps each list under a key of its
//! own in lin-kv, and writes it back without asking whether it has changed.
//!
//! A transaction reads the lists it needs, is executed on them, and writes those it
//! has appended to. Each of these reads and writes is linearizable; all of them
//! together are not, since other transactions come in between. The anomaly is
//! a lost update: two append to what both have read, and the later one writes over
//! what the earlier one appended. In a cycle, that is G-single.

use std::collections::BTreeMap;
use std::process::ExitCode;

use maelstrom_node::kv::LinKv;
use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `["r", key, null]`, in the reply with the list, or `["append", key, element]`.
type Operation = (String, i64, Value);

struct KeyByKey {
    kv: LinKv,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Txn { txn: Vec<Operation> },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    TxnOk { txn: Vec<Operation> },
}

impl Server for KeyByKey {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Txn { mut txn }: Request, _from: &NodeId) -> Result<Response> {
        let mut lists: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
        for (_, key, _) in &txn {
            let list: Option<Vec<Value>> = self.kv.read(key).await?;
            lists.insert(*key, list.unwrap_or_default());
        }
        let mut changed = BTreeMap::new();
        for (f, key, value) in &mut txn {
            let list = lists.entry(*key).or_default();
            match f.as_str() {
                "r" => *value = json!(list),
                "append" => {
                    list.push(value.clone());
                    changed.insert(*key, list.clone());
                }
                _ => return Err(Error::malformed_request(format!("what is {f:?}?"))),
            }
        }
        for (key, list) in changed {
            // The mistake: what is there may be another list than was read.
            self.kv.write(&key, &list).await?;
        }
        Ok(Response::TxnOk { txn })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    KeyByKey {
        kv: LinKv::new(&node),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
