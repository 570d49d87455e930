//! A bank with a mistake: it keeps each balance under a key of its own in lin-kv. Each of
//! its reads and writes is linearizable; all of them together are not, since others come in
//! between. A read sees a transfer by half, and of two transfers at once one is lost.

use std::process::ExitCode;

use bank::{ACCOUNTS, INITIAL};
use maelstrom_node::kv::LinKv;
use maelstrom_node::{Error, Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};

struct Torn {
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

impl Torn {
    async fn balance(&self, account: usize) -> Result<i64> {
        Ok(self.kv.read(&account).await?.unwrap_or(INITIAL))
    }
}

impl Server for Torn {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        let Request::Transfer { from, to, amount } = request else {
            let mut balances = Vec::new();
            for account in 0..ACCOUNTS {
                balances.push(self.balance(account).await?);
            }
            return Ok(Response::ReadOk { balances });
        };
        let [left, right] = [self.balance(from).await?, self.balance(to).await?];
        if left < amount {
            return Err(Error::precondition_failed("there is not enough money"));
        }
        // The mistake: both may be others by now, and nobody is kept from reading one.
        self.kv.write(&from, &(left - amount)).await?;
        self.kv.write(&to, &(right + amount)).await?;
        Ok(Response::TransferOk)
    }
}

pub(crate) fn start(node: Node) -> impl Server {
    Torn {
        kv: LinKv::new(&node),
    }
}

fn main() -> ExitCode {
    maelstrom_node::run(start)
}
