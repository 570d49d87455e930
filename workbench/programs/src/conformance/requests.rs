//! What a program may be asked, whatever its workload is.

use std::time::Duration;

use serde_json::{Value, json};

use super::session::{NAME, Session};
use super::{Breach, Rule};

/// For how long an answer is waited for, by the program's clock.
const PATIENCE: Duration = Duration::from_secs(20);
/// In how many turns.
const TURNS: usize = 20_000;

/// Requests of a workload.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Requests {
    pub(super) workload: &'static str,
    /// One that tells it whom it has to do with, if there is such a one.
    pub(super) before: Option<Value>,
    /// One that is answered, and changes something if there is anything.
    pub(super) first: Value,
    /// One that shows what the first has changed.
    pub(super) read: Option<Value>,
}

/// Those of all workloads.
pub(super) fn all() -> Vec<Requests> {
    let read = || Some(json!({"type": "read"}));
    let txn = |ops: Value| json!({"type": "txn", "txn": ops});
    let list: [(&str, Value, Option<Value>); 10] = [
        ("echo", json!({"type": "echo", "echo": "lockstep"}), None),
        ("unique-ids", json!({"type": "generate"}), None),
        (
            "broadcast",
            json!({"type": "broadcast", "message": 1}),
            read(),
        ),
        ("g-set", json!({"type": "add", "element": 1}), read()),
        ("g-counter", json!({"type": "add", "delta": 1}), read()),
        ("pn-counter", json!({"type": "add", "delta": -1}), read()),
        (
            "kafka",
            json!({"type": "send", "key": "1", "msg": 1}),
            Some(json!({"type": "poll", "offsets": {"1": 0}})),
        ),
        (
            "txn-list-append",
            txn(json!([["append", 1, 1]])),
            Some(txn(json!([["r", 1, null]]))),
        ),
        (
            "txn-rw-register",
            txn(json!([["w", 1, 1]])),
            Some(txn(json!([["r", 1, null]]))),
        ),
        (
            "lin-kv",
            json!({"type": "write", "key": 1, "value": 1}),
            Some(json!({"type": "read", "key": 1})),
        ),
    ];
    let topology = json!({"n1": ["n2", "n3"], "n2": ["n1", "n3"], "n3": ["n1", "n2"]});
    let of = |(workload, first, read)| Requests {
        workload,
        before: (workload == "broadcast")
            .then(|| json!({"type": "topology", "topology": topology})),
        first,
        read,
    };
    list.into_iter().map(of).collect()
}

/// An answer, and what came before it.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    /// Its body, if it came.
    pub(super) body: Option<Value>,
    /// Messages to the client that are no answer to its request.
    pub(super) strange: Vec<Value>,
    /// Whether the request was written to the disk, and the answer came before that was durable.
    pub(super) is_early: bool,
    /// Whether anything was written before it came.
    pub(super) wrote: bool,
}

impl Answer {
    /// Whether the request was understood. An error that is no word about its type or form is
    /// an answer, too.
    pub(super) fn is_understood(&self) -> bool {
        let code = |body: &Value| body["code"].as_i64().unwrap_or(0);
        let body = self.body.as_ref();
        body.is_some_and(|body| body["type"] != "error" || ![10, 12].contains(&code(body)))
    }

    pub(super) fn is_ok(&self) -> bool {
        self.body
            .as_ref()
            .is_some_and(|body| body["type"] != "error")
    }
}

impl Session {
    /// Sends a request, and lets time pass until it is answered.
    pub(super) fn ask(&mut self, client: &str, body: &Value) -> Result<Answer, Breach> {
        self.now += Duration::from_millis(1);
        for _ in 0..TURNS {
            let Some(at) = self.next().filter(|at| *at <= self.now) else {
                break;
            };
            self.go(at)?;
        }
        let had_sync = self.sync.is_some();
        let (id, mut turn) = self.request(client, body)?;
        let mut answer = Answer::default();
        let end = self.now + PATIENCE;
        let wrote_at_once = turn.wrote && !had_sync && self.sync.is_some();
        let first_sync = self.sync;
        for _ in 0..TURNS {
            answer.wrote |= turn.wrote;
            let mine = turn.messages.iter().filter(|it| it["dest"] == client);
            let (right, wrong): (Vec<&Value>, Vec<&Value>) =
                mine.partition(|it| it["body"]["in_reply_to"] == id && it["src"] == NAME);
            answer.strange.extend(wrong.into_iter().cloned());
            if let Some(message) = right.first() {
                answer.body = Some(message["body"].clone());
                let is_open = self.sync.is_some() && self.sync == first_sync;
                answer.is_early = wrote_at_once && is_open;
                break;
            }
            let Some(next) = self.next().filter(|at| *at <= end) else {
                break;
            };
            turn = self.go(next)?;
        }
        Ok(answer)
    }

    /// What is wrong with an answer, if something is.
    pub(super) fn wrong_reply(&mut self, answer: &Answer) -> Option<Breach> {
        let strange = answer.strange.first()?;
        let id = "its request's msg_id as in_reply_to, from n1";
        Some(self.breach(
            Rule::Reply,
            format!("an answer with {id}"),
            strange.to_string(),
        ))
    }
}
