//! A pn-counter node with a mistake: all nodes share one total, and the greater
//! of two totals counts.
//!
//! Once a second each node sends its total to all others. Merging by maximum
//! looks right, since it can be repeated and comes out the same in any order; and
//! it is right for what one node alone counts up. But of two totals that grew
//! apart, the lesser one's adds are gone; and one that went down is raised again
//! by the first node that has not heard of it. The anomaly is final reads that
//! are not the sum.

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct OneTotal {
    total: Rc<Cell<i64>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add {
        delta: i64,
    },
    Read,
    /// From another node.
    Total {
        total: i64,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AddOk,
    ReadOk { value: i64 },
}

impl Server for OneTotal {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Add { delta } => {
                self.total.set(self.total.get() + delta);
                Some(Response::AddOk)
            }
            Request::Read => {
                let value = self.total.get();
                Some(Response::ReadOk { value })
            }
            Request::Total { total } => {
                // The mistake: the two totals are of different adds.
                self.total.set(self.total.get().max(total));
                None
            }
        })
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    let total: Rc<Cell<i64>> = Rc::default();
    let (sender, shared) = (node.clone(), Rc::clone(&total));
    drop(node.spawn(async move {
        let mut seconds = sender.interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            let total = Request::Total {
                total: shared.get(),
            };
            for peer in sender.peers() {
                sender.send(peer, &total).expect("a peer can be sent to");
            }
        }
    }));
    OneTotal { total }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
