//! What nodes show of their states, told as what changed.

use std::time::Duration;

use serde_json::Value;

use super::{Event, Run};
use crate::recording::changes;

/// How much is told of all states of a run together, in bytes of JSON text (16 MiB): a run that
/// says more is not walked through to its end.
const MOST_BYTES: usize = 16 << 20;

/// What was told of the nodes' states.
#[derive(Debug)]
pub(super) struct States {
    /// The last of each node.
    last: Vec<Value>,
    /// How much may still be told.
    left: usize,
}

impl States {
    pub(super) fn new(nodes: usize) -> Self {
        States {
            last: vec![Value::Null; nodes],
            left: MOST_BYTES,
        }
    }
}

impl Run<'_> {
    /// A node shows this from then on, JSON text.
    pub(super) fn shows(&mut self, node: usize, at: Duration, state: &str) {
        let States { last, left } = &mut self.states;
        if *left == 0 {
            return;
        }
        let mut state: Value = serde_json::from_str(state).unwrap_or_default();
        let mut changes = changes(&last[node], &state);
        let bytes = serde_json::to_string(&changes).map_or(0, |text| text.len());
        *left = left.saturating_sub(bytes);
        if *left == 0 {
            let most = MOST_BYTES >> 20;
            let why = format!("no more is told: the states of this run take more than {most} MiB");
            state = Value::from(why);
            changes = self::changes(&last[node], &state);
        }
        last[node] = state;
        if !changes.is_empty() {
            self.observer.event(at, &Event::State { node, changes });
        }
    }

    /// A node is dead, and what it showed is gone with it.
    pub(super) fn shows_nothing(&mut self, node: usize) {
        self.shows(node, self.now, "null");
    }
}
