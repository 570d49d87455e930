//! Registers that one of the nodes keeps for all, with the faults that such
//! stores have had.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// The ways in which a store can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is sound.
    None,
    /// Other nodes answer reads from a copy that is up to a second old.
    StaleReads,
    /// Every tenth write is acknowledged and not done.
    LosesWrites,
    /// A node that cannot reach the first goes on with its own copy.
    SplitBrain,
    /// Writes are done a second time, a little later.
    AppliesTwice,
    /// A cas compares first and sets a little later.
    RacyCas,
    /// Now and then a cas that is refused sets the value all the same.
    RefusesAndSets,
    /// Each node keeps its own registers.
    Alone,
}

/// What it is asked.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Request {
    Read { key: i64 },
    Write { key: i64, value: i64 },
    Cas { key: i64, from: i64, to: i64 },
}

/// What it answers.
#[allow(missing_docs, reason = "as the workload has them")]
#[derive(Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Response {
    ReadOk { value: i64 },
    WriteOk,
    CasOk,
}

/// Node n0 keeps the registers; the others pass requests on to it.
pub struct Registers {
    node: Node,
    fault: Fault,
    values: Rc<RefCell<BTreeMap<i64, i64>>>,
    /// When a copied value was fetched, by key.
    fetched: RefCell<BTreeMap<i64, Duration>>,
    requests: Cell<u64>,
}

impl Registers {
    /// Such a node.
    pub fn new(node: Node, fault: Fault) -> Self {
        Registers {
            node,
            fault,
            values: Rc::default(),
            fetched: RefCell::default(),
            requests: Cell::default(),
        }
    }

    async fn serve(&self, request: Request) -> Result<Response> {
        self.requests.set(self.requests.get() + 1);
        let is_tenth = self.requests.get() % 10 == 9;
        match request {
            Request::Read { key } => {
                let value = self.values.borrow().get(&key).copied();
                let value = value.ok_or_else(|| Error::key_does_not_exist("not written yet"))?;
                Ok(Response::ReadOk { value })
            }
            Request::Write { .. } if self.fault == Fault::LosesWrites && is_tenth => {
                Ok(Response::WriteOk)
            }
            Request::Write { key, value } => {
                self.values.borrow_mut().insert(key, value);
                if self.fault == Fault::AppliesTwice {
                    let (node, values) = (self.node.clone(), Rc::clone(&self.values));
                    drop(self.node.spawn(async move {
                        node.sleep(Duration::from_millis(200)).await;
                        values.borrow_mut().insert(key, value);
                    }));
                }
                Ok(Response::WriteOk)
            }
            Request::Cas { key, from, to } => {
                let found = self.values.borrow().get(&key).copied();
                let set = |to| self.values.borrow_mut().insert(key, to);
                match found {
                    None => Err(Error::key_does_not_exist("not written yet")),
                    Some(found) if found != from => {
                        if self.fault == Fault::RefusesAndSets && is_tenth {
                            set(to);
                        }
                        Err(Error::precondition_failed(format!("{found} is not {from}")))
                    }
                    Some(_) => {
                        if self.fault == Fault::RacyCas {
                            self.node.sleep(Duration::from_millis(50)).await;
                        }
                        set(to);
                        Ok(Response::CasOk)
                    }
                }
            }
        }
    }

    async fn pass_on(&self, request: Request) -> Result<Response> {
        if let (Fault::StaleReads, Request::Read { key }) = (self.fault, request) {
            let fetched = self.fetched.borrow().get(&key).copied();
            let is_young = |at| self.node.now() < at + Duration::from_secs(1);
            if let (true, Some(value)) = (
                fetched.is_some_and(is_young),
                self.values.borrow().get(&key).copied(),
            ) {
                return Ok(Response::ReadOk { value });
            }
        }
        let within = Duration::from_millis(500);
        let answer = self.node.rpc("n0", &request).timeout(within).await;
        match (&answer, request) {
            (Err(_), _) if self.fault == Fault::SplitBrain => return self.serve(request).await,
            (Ok(Response::ReadOk { value }), Request::Read { key }) => {
                self.values.borrow_mut().insert(key, *value);
                self.fetched.borrow_mut().insert(key, self.node.now());
            }
            _ => {}
        }
        answer
    }
}

impl Server for Registers {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        match *self.node.id() == "n0" || self.fault == Fault::Alone {
            true => self.serve(request).await,
            false => self.pass_on(request).await,
        }
    }
}
