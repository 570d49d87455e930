//! A node before its `init`: it does not know who it is yet, so it keeps what
//! comes too early, up to a bound, and handles it afterwards.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::disk::Load;
use crate::logging::{self, excerpt};
use crate::wire::{Address, Message, prefix, write_message};
use crate::{Error, Node, NodeId, Result, Rng};

/// How much of what comes before `init` is kept, in bytes (16 MiB): what is
/// beyond is refused with error 11 if it is a request, and else lost and logged.
pub const MAX_EARLY: usize = 16 << 20;

/// What a line costs beside its bytes.
const LINE: usize = 64;

pub(crate) struct Waiting<S> {
    start: Option<Box<dyn FnOnce(Node) -> S>>,
    pub(crate) rng: Rng,
    pub(crate) load: Option<Load>,
    /// Requests are numbered from a number drawn at random on.
    pub(crate) draws_ids: bool,
    /// What came too early, in its order.
    pub(crate) early: Vec<Box<[u8]>>,
    /// What that takes, in bytes.
    kept: usize,
    /// How many messages were too much.
    refused: u64,
    pub(crate) out: Vec<u8>,
}

#[derive(Deserialize)]
struct Init {
    node_id: NodeId,
    node_ids: Vec<NodeId>,
}

impl Init {
    /// What the rest of the program counts on: the node is one of the nodes, and
    /// each is there once.
    fn check(&self) -> Result<(), String> {
        let Init { node_id, node_ids } = self;
        if node_ids.is_empty() {
            return Err(format!(
                "node_ids is empty: expected all nodes, {node_id:?} among them"
            ));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = node_ids.iter().find(|id| !seen.insert(*id)) {
            return Err(format!(
                "node_ids has {twice:?} twice: expected each node once"
            ));
        }
        if !seen.contains(node_id) {
            return Err(format!(
                "node_id {node_id:?} is none of the {} node_ids: expected all nodes, this one \
                 among them",
                node_ids.len()
            ));
        }
        Ok(())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum InitReply {
    InitOk,
}

impl<S> Waiting<S> {
    pub(crate) fn new(seed: u64, start: impl FnOnce(Node) -> S + 'static) -> Self {
        Waiting {
            start: Some(Box::new(start)),
            rng: Rng::new(seed),
            load: None,
            draws_ids: false,
            early: Vec::new(),
            kept: 0,
            refused: 0,
            out: Vec::new(),
        }
    }

    /// Takes a message. If it is an `init` as it should be, this gives the node and
    /// its server.
    pub(crate) fn message(
        &mut self,
        message: &Message<'_>,
        line: &[u8],
        now: Duration,
    ) -> Option<(Node, S)> {
        let kind = message.body.kind.as_deref();
        if message.body.in_reply_to.is_some() || kind == Some("error") {
            // Never answered; and nothing was asked.
            log::warn!("ignored a reply before init: {}", excerpt(line));
            return None;
        }
        if kind == Some("init") {
            return self.init(message, now);
        }
        self.keep(message, line);
        None
    }

    fn keep(&mut self, message: &Message<'_>, line: &[u8]) {
        let cost = line.len() + LINE;
        if self.kept + cost <= MAX_EARLY {
            self.kept += cost;
            self.early.push(line.into());
            return;
        }
        self.refused += 1;
        if self.refused == 1 {
            log::error!(
                "more than {MAX_EARLY} bytes came before init: requests are refused from now on, \
                 other messages lost, such as {}",
                excerpt(line)
            );
        }
        let error = Error::temporarily_unavailable(format!(
            "not initialised yet, and {MAX_EARLY} bytes wait for that: try again after init"
        ));
        self.write(&prefix(&message.dest), message, &error);
    }

    /// Starts the server, or answers why that cannot be.
    fn init(&mut self, message: &Message<'_>, now: Duration) -> Option<(Node, S)> {
        let init = (message.body.decode::<Init>())
            .map_err(|e| e.to_string())
            .and_then(|init| init.check().map(|()| init));
        let init = match init {
            Ok(init) => init,
            Err(e) => {
                log::error!("init refused: {e}");
                let error = Error::malformed_request(format!("init: {e}"));
                // As the one it was called by, since it does not know its name.
                self.write(&prefix(&message.dest), message, &error);
                return None;
            }
        };
        logging::set_current(&init.node_id);
        log::debug!("nodes {:?}", init.node_ids);
        if self.refused > 0 {
            log::error!("{} messages before init were refused or lost", self.refused);
        }
        let start = self.start.take()?;
        let prefix = prefix(&init.node_id);
        let Init { node_id, node_ids } = init;
        let node = Node::new(node_id, node_ids, self.rng.clone(), now, self.load.take());
        if self.draws_ids {
            // From a copy: what the server draws is the same in any case.
            node.calls().last_id = self.rng.clone().u64() >> 32;
        }
        // Before the server can send anything.
        self.write(&prefix, message, &InitReply::InitOk);
        node.out().append(&mut self.out);
        let server = start(node.clone());
        Some((node, server))
    }

    /// Answers, if an answer is wanted.
    fn write(&mut self, prefix: &[u8], message: &Message<'_>, body: &impl Serialize) {
        let Some(msg_id) = message.body.msg_id else {
            return;
        };
        let address = Address {
            prefix,
            dest: &message.src,
            msg_id: None,
            in_reply_to: Some(msg_id),
        };
        write_message(&mut self.out, &address, body).expect("it is an enum or an error");
    }
}
