//! A g-set node with a mistake: it takes the set that another node sends for the
//! set, in place of its own.
//!
//! Once a second each node sends all it has to all others, which survives every
//! partition. But what was added here since the sender last heard from here is
//! not in it, and is gone. The anomaly is a lost element: it was there, was read,
//! and is not there any more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct Overwrites {
    set: Rc<RefCell<BTreeSet<i64>>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add {
        element: i64,
    },
    Read,
    /// From another node: all it has.
    State {
        set: BTreeSet<i64>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AddOk,
    ReadOk { value: BTreeSet<i64> },
}

impl Server for Overwrites {
    type Request = Request;
    type Response = Option<Response>;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Option<Response>> {
        Ok(match request {
            Request::Add { element } => {
                self.set.borrow_mut().insert(element);
                Some(Response::AddOk)
            }
            Request::Read => {
                let value = self.set.borrow().clone();
                Some(Response::ReadOk { value })
            }
            Request::State { set } => {
                // The mistake. The union would be right: self.set.borrow_mut().extend(set)
                self.set.replace(set);
                None
            }
        })
    }

    fn state(&self) -> impl Serialize {
        BTreeMap::from([("set", &*self.set)])
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    let set: Rc<RefCell<BTreeSet<i64>>> = Rc::default();
    let (sender, shared) = (node.clone(), Rc::clone(&set));
    drop(node.spawn(async move {
        let mut seconds = sender.interval(Duration::from_secs(1));
        loop {
            seconds.tick().await;
            let set = shared.borrow().clone();
            let state = Request::State { set };
            for peer in sender.peers() {
                sender.send(peer, &state).expect("a peer can be sent to");
            }
        }
    }));
    Overwrites { set }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
