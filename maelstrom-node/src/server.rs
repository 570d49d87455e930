//! What one writes to make a node: the requests it serves and what it answers.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{NodeId, Result};

/// A node's behaviour. The crate's page builds one step by step.
///
/// One value serves all requests of a node, on one thread; what it remembers
/// goes into `Cell`s and `RefCell`s. A handler that waits lets others run
/// meanwhile, so a `RefCell` must not stay borrowed across an `.await`.
pub trait Server: 'static {
    /// The requests: an enum, one variant a type of message, without
    /// `#[serde(tag)]`. With `#[serde(rename_all = "snake_case")]`, the variant
    /// `Broadcast { message: u64 }` is
    /// `{"type": "broadcast", "message": 3}`. Unknown keys are ignored. A field
    /// `msg_id: Option<u64>` is given the message's, by which a request that comes
    /// twice can be known again.
    type Request: DeserializeOwned + 'static;

    /// The replies: an enum of the same kind. With `Option<...>` a handler can
    /// answer `None`, which sends nothing.
    ///
    /// A field that is `None` is written as `null`, unless it has
    /// `#[serde(skip_serializing_if = "Option::is_none")]`.
    type Response: Serialize;

    /// Handles a message of `from`. What it returns becomes the reply: the
    /// response, or the error with its code and text. A message without
    /// `msg_id` wants no reply and gets none.
    ///
    /// It is written as `async fn handle(&self, ...) -> Result<...>`.
    fn handle(
        &self,
        request: Self::Request,
        from: &NodeId,
    ) -> impl Future<Output = Result<Self::Response>>;
}
