//! An echo node with the library, as anybody would write it.

use std::process::ExitCode;

use maelstrom_node::{NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

struct Echo;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Echo { echo: Box<RawValue> },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    EchoOk { echo: Box<RawValue> },
}

impl Server for Echo {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Echo { echo }: Request, _from: &NodeId) -> Result<Response> {
        Ok(Response::EchoOk { echo })
    }
}

/// Answers until the end of stdin.
pub(crate) fn run() -> ExitCode {
    maelstrom_node::run(|_node| Echo)
}
