//! Old states that a service answered with, as seq-kv and lww-kv may.

use std::collections::BTreeMap;

use history::History;
use recording::Recording;
use serde_json::Value as Json;

use crate::run::Run;
use crate::service::{self, Action};
use crate::words::duration;

/// A read that a service answered with what had been replaced there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldState {
    /// For how long it had been replaced when the read came, in nanoseconds.
    pub age: i64,
    /// The node that had replaced it.
    pub by: String,
    /// What with.
    pub with: Json,
}

impl OldState {
    /// How old it is, beside an arrow: "12 ms old".
    pub fn brief(&self) -> String {
        match self.age as f64 / 1e6 {
            ms if (10.0..1000.0).contains(&ms) => format!("{ms:.0} ms old"),
            _ => format!("{} old", duration(self.age)),
        }
    }
}

/// "an old state, which n1 had replaced with 7 12.1 ms before".
impl std::fmt::Display for OldState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let with: String = self.with.to_string().chars().take(40).collect();
        let (by, age) = (&self.by, duration(self.age));
        write!(
            f,
            "an old state, which {by} had replaced with {with} {age} before"
        )
    }
}

/// The answers with an old state, by their messages' numbers.
pub fn old_states(recording: &Recording) -> BTreeMap<u64, OldState> {
    let history = History::default();
    let run = Run::new(&history, recording);
    let steps = service::steps(&run);
    let stale = service::stale(&steps).into_iter().filter_map(|stale| {
        let (Action::Write(with) | Action::Set(with)) = &stale.by.action else {
            return None;
        };
        let old = OldState {
            age: stale.age,
            by: run.name(stale.by.node).to_owned(),
            with: with.clone(),
        };
        Some((stale.step.answer, old))
    });
    stale.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use recording::{Event, Message, MessageEvent};

    use super::*;

    /// n0 writes 1 and then 2, and n1 reads twice.
    #[test]
    fn what_had_been_replaced_is_an_old_state() {
        let mut recording = Recording::default();
        let nodes = vec!["n0".to_owned(), "n1".to_owned()];
        recording.event(Duration::ZERO, &Event::Nodes { nodes });
        let exchanges = [
            (
                "n0",
                r#""type":"write","key":"x","value":1"#,
                r#""type":"write_ok""#,
            ),
            (
                "n0",
                r#""type":"write","key":"x","value":2"#,
                r#""type":"write_ok""#,
            ),
            (
                "n1",
                r#""type":"read","key":"x""#,
                r#""type":"read_ok","value":1"#,
            ),
            (
                "n1",
                r#""type":"read","key":"x""#,
                r#""type":"read_ok","value":2"#,
            ),
        ];
        let mut id = 0;
        for (i, (node, asked, answered)) in exchanges.into_iter().enumerate() {
            let at = 10 * i as u64;
            for (src, dest, body, number, at) in [
                (node, "seq-kv", asked, "msg_id", at),
                ("seq-kv", node, answered, "in_reply_to", at + 2),
            ] {
                let line = format!(
                    r#"{{"src":"{src}","dest":"{dest}","body":{{{body},"{number}":{i}}}}}"#
                );
                for (event, at) in [(MessageEvent::Sent, at), (MessageEvent::Received, at + 1)] {
                    recording.message(Message {
                        event,
                        time: Duration::from_millis(at),
                        id,
                        src,
                        dest,
                        line: line.as_bytes(),
                    });
                }
                id += 1;
            }
        }
        let found = old_states(&recording);
        let words: Vec<_> = found
            .iter()
            .map(|(id, old)| (*id, old.to_string()))
            .collect();
        let expected = "an old state, which n0 had replaced with 2 10.0 ms before";
        assert_eq!(words, [(5, expected.to_owned())]);
        assert_eq!(found[&5].brief(), "10 ms old");
    }
}
