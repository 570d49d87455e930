//! A bank that keeps all balances under one key of lin-kv, and changes them by
//! compare-and-set: whoever reads them sees all transfers that were made, and none by
//! half.

use std::process::ExitCode;
use std::time::Duration;

use bank::{ACCOUNTS, INITIAL};
use maelstrom_node::kv::LinKv;
use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

/// How long a transfer may try, where others are made at the same time.
const WITHIN: Duration = Duration::from_secs(1);

struct Sound {
    kv: LinKv,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Read,
    Transfer { from: usize, to: usize, amount: i64 },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    ReadOk { balances: Vec<i64> },
    TransferOk,
}

fn all(balances: Option<Vec<i64>>) -> Vec<i64> {
    balances.unwrap_or_else(|| vec![INITIAL; ACCOUNTS])
}

impl Server for Sound {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        let Request::Transfer { from, to, amount } = request else {
            let balances = all(self.kv.read("balances").await?);
            return Ok(Response::ReadOk { balances });
        };
        let mut is_made = false;
        let make = |balances| {
            let mut balances = all(balances);
            is_made = balances[from] >= amount;
            if is_made {
                balances[from] -= amount;
                balances[to] += amount;
            }
            balances
        };
        self.kv.update("balances", WITHIN, make).await?;
        match is_made {
            true => Ok(Response::TransferOk),
            false => Err(Error::precondition_failed("there is not enough money")),
        }
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    Sound {
        kv: LinKv::new(&node),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
