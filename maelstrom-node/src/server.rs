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

    /// What it shows of its state between two turns, to whoever walks through a run: by default
    /// nothing. Best a map or a struct of a few values, whose names say what they are; where there
    /// may be thousands, how many. Beyond [`MOST_STATE`](crate::MOST_STATE), it is cut.
    ///
    /// It is asked after each turn of a run that is looked at: on the run's page, event by event,
    /// or with `workbench replay --until`. In any other run, and on Maelstrom, it costs nothing.
    ///
    /// ```
    /// # use std::{cell::Cell, collections::BTreeMap};
    /// # use maelstrom_node::testing::TestNode;
    /// # use maelstrom_node::{NodeId, Result, Server};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Deserialize)] #[serde(rename_all = "snake_case")] enum Request { Add { delta: u64 } }
    /// # #[derive(Serialize)] #[serde(rename_all = "snake_case")] enum Response { AddOk }
    /// #[derive(Default)]
    /// struct Counter { sum: Cell<u64> }
    ///
    /// impl Server for Counter {
    ///     // ...
    /// #   type Request = Request; type Response = Response;
    /// #   async fn handle(&self, Request::Add { delta }: Request, _from: &NodeId) -> Result<Response> {
    /// #       self.sum.set(self.sum.get() + delta);
    /// #       Ok(Response::AddOk)
    /// #   }
    ///     fn state(&self) -> impl Serialize {
    ///         BTreeMap::from([("sum", self.sum.get())])
    ///     }
    /// }
    ///
    /// let mut n1 = TestNode::start("n1", ["n1"], |_node| Counter::default());
    /// n1.tell_from("c1", r#"{"type":"add","msg_id":1,"delta":3}"#);
    /// assert_eq!(n1.engine().state().as_deref(), Some(r#"{"sum":3}"#));
    /// ```
    fn state(&self) -> impl Serialize {}
}
