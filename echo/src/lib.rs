//! The echo challenge: whatever is sent comes back.

use maelstrom_node::{NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The node. It remembers nothing.
pub struct Echo;

/// What it is asked. The payload is any JSON, and stays the text it came as.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Asks for the payload back.
    Echo {
        /// The payload.
        echo: Box<RawValue>,
    },
}

/// What it answers.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Gives the payload back.
    EchoOk {
        /// The payload.
        echo: Box<RawValue>,
    },
}

impl Server for Echo {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, Request::Echo { echo }: Request, _from: &NodeId) -> Result<Response> {
        Ok(Response::EchoOk { echo })
    }
}
