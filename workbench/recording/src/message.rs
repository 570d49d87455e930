//! A message of a run, at either end of its way.

use std::time::Duration;

use serde::Deserialize;

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum MessageEvent {
    /// It was put onto the network. One that is lost is never received.
    #[serde(rename = "send")]
    Sent,
    /// It was handed to its destination; a duplicate each time.
    #[serde(rename = "recv")]
    Received,
    /// It came to a node that was dead, and is lost.
    #[serde(rename = "lost")]
    Lost,
}

/// A message at one end of its way.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Which end.
    pub event: MessageEvent,
    /// When, since the start of the run.
    pub time: Duration,
    /// Its number in the order of sending, from 0.
    pub id: u64,
    /// Who sent it.
    pub src: &'a str,
    /// Whom it is for.
    pub dest: &'a str,
    /// The whole of it, as the line it was written as.
    pub line: &'a [u8],
}
