//! Clients: what they ask, how they read replies, and what an operation's
//! outcome is when there is none.
//!
//! An outcome is `ok`, `fail` (it certainly did not happen) or `info` (it may
//! have). A definite error fails an operation, and so does anything else if it
//! is idempotent, such as a read: whether a read happened is no one's business.

use std::borrow::Cow;
use std::time::Duration;

use history::OpType;
use history::edn::Value;
use maelstrom_node::ErrorCode;
use serde_json::{Map, Value as Json};

use crate::wire::Body;

/// How long a client waits for a reply, unless its workload says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// One of the clients of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its place among those that work at a time, from 0.
    pub thread: usize,
    /// Its number in the history, which is its own.
    pub process: i64,
}

/// What a client does next for its operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// It sends its node a request with this body (without `msg_id`) and waits
    /// for the reply.
    Ask(Map<String, Json>),
    /// Nothing more: the operation has come to its end.
    Done(Completion),
}

impl From<Completion> for Step {
    fn from(completion: Completion) -> Self {
        Step::Done(completion)
    }
}

/// What a client asks of a node, or the completion of that.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its function, such as `read`.
    pub f: Cow<'static, str>,
    /// Its argument.
    pub value: Value,
    /// Further keys in the history, such as `final?` for the reads after the
    /// recovery.
    pub extra: Vec<(Cow<'static, str>, Value)>,
}

impl Operation {
    /// An operation without further keys.
    pub fn new(f: impl Into<Cow<'static, str>>, value: Value) -> Self {
        Operation {
            f: f.into(),
            value,
            extra: Vec::new(),
        }
    }

    /// The same with a further key in the history.
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((key.into(), value.into()));
        self
    }

    /// One of its further keys.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let (_, value) = self.extra.iter().find(|(name, _)| *name == key)?;
        Some(value)
    }
}

/// A client that is free in the final phase of a run.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Which one.
    pub client: Client,
    /// How many operations its place has begun in this phase.
    pub number: usize,
    /// The time since the phase began.
    pub elapsed: Duration,
}

/// What a client does then.
#[derive(Clone, Debug, PartialEq)]
pub enum Final {
    /// It begins this operation.
    Now(Operation),
    /// It waits until this time since the phase began, which is yet to come.
    At(Duration),
    /// Nothing any more.
    Done,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// `Ok`, `Fail` or `Info`.
    pub outcome: OpType,
    /// Its value, if that changed.
    pub value: Option<Value>,
    /// Further keys of the operation in the history, such as `error`.
    pub extra: Vec<(String, Value)>,
}

impl Completion {
    /// It happened, and this came back.
    pub fn ok(value: Value) -> Self {
        Completion {
            outcome: OpType::Ok,
            value: Some(value),
            extra: Vec::new(),
        }
    }

    /// The client is gone, on purpose; its place is taken by a new one.
    pub fn crash() -> Self {
        Completion {
            outcome: OpType::Info,
            value: None,
            extra: Vec::new(),
        }
    }

    /// No reply came in time.
    pub fn timeout(is_idempotent: bool) -> Self {
        Completion::error(false, is_idempotent, Value::keyword("net-timeout"))
    }

    /// The reply was this `error`.
    pub fn refused(body: &Body<'_>, is_idempotent: bool) -> Self {
        let code = body.integer("code").map(ErrorCode::from);
        let name = code.map_or("unknown", ErrorCode::name);
        let text = body.value("text").unwrap_or_default();
        Completion::error(
            code.is_some_and(ErrorCode::is_definite),
            is_idempotent,
            Value::from([Value::keyword(name), text]),
        )
    }

    /// The client threw this: the reply broke the schema, or any error counts
    /// as thrown. Nobody knows then whether the operation happened.
    pub fn thrown(kind: &str, why: &str) -> Self {
        let exception = Value::map([("type", Value::keyword(kind)), ("cause", Value::from(why))]);
        let error = Value::from(("indeterminate", why));
        Completion {
            outcome: OpType::Info,
            value: None,
            extra: vec![("exception".into(), exception), ("error".into(), error)],
        }
    }

    /// The same, thrown, if it is an error.
    pub fn throw(self) -> Self {
        match (self.outcome, self.extra.first()) {
            (OpType::Fail | OpType::Info, Some((key, error))) if key == "error" => {
                Completion::thrown("rpc-error", &error.to_string())
            }
            _ => self,
        }
    }

    fn error(is_definite: bool, is_idempotent: bool, error: Value) -> Self {
        Completion {
            outcome: match is_definite || is_idempotent {
                true => OpType::Fail,
                false => OpType::Info,
            },
            value: None,
            extra: vec![("error".into(), error)],
        }
    }
}

/// Checks a reply against the schema of its type: just these keys, `msg_id` if
/// it likes, and no other.
///
/// # Errors
/// What was expected and what came.
pub fn expect(body: &Body<'_>, kind: &str, fields: &[&str]) -> Result<(), String> {
    let expected = || {
        let mut keys = vec!["type", "in_reply_to"];
        keys.extend(fields);
        format!("expected a {kind} with the keys {}", keys.join(", "))
    };
    if body.kind() != Some(kind) {
        let found = body.get("type").map_or("none", |kind| kind.get());
        return Err(format!("{}, found the type {found}", expected()));
    }
    if body.get("msg_id").is_some() && !body.has_integer("msg_id") {
        let found = body.get("msg_id").map_or("", |id| id.get());
        return Err(format!(
            "{}, and an integer as the msg_id if it has one, found {found}",
            expected()
        ));
    }
    let is_known = |key: &str| HEAD.contains(&key) || fields.contains(&key);
    if let Some((key, _)) = body.fields().find(|(key, _)| !is_known(key)) {
        return Err(format!("{}, found {key:?} as well", expected()));
    }
    match fields.iter().find(|field| body.get(field).is_none()) {
        Some(missing) => Err(format!("{}, but {missing:?} is missing", expected())),
        None => Ok(()),
    }
}

/// The keys that every reply may have.
const HEAD: [&str; 3] = ["type", "msg_id", "in_reply_to"];

#[cfg(test)]
mod tests {
    use super::*;

    fn with_body<T>(body: &str, f: impl FnOnce(&Body<'_>) -> T) -> T {
        f(&Body::parse(body).unwrap())
    }

    #[test]
    fn errors_fail_where_nothing_can_have_happened() {
        let cases = [
            (
                r#"{"type":"error","code":11,"text":"later"}"#,
                false,
                OpType::Fail,
                "temporarily-unavailable",
            ),
            (
                r#"{"type":"error","code":0}"#,
                false,
                OpType::Info,
                "timeout",
            ),
            (
                r#"{"type":"error","code":0}"#,
                true,
                OpType::Fail,
                "timeout",
            ),
            (
                r#"{"type":"error","code":1234}"#,
                false,
                OpType::Info,
                "unknown",
            ),
            (r#"{"type":"error"}"#, false, OpType::Info, "unknown"),
            (
                r#"{"type":"error","code":"x"}"#,
                false,
                OpType::Info,
                "unknown",
            ),
        ];
        for (body, is_idempotent, outcome, name) in cases {
            let completion = with_body(body, |body| Completion::refused(body, is_idempotent));
            assert_eq!(completion.outcome, outcome, "{body}");
            let Value::Vector(error) = &completion.extra[0].1 else {
                panic!("{completion:?}")
            };
            assert_eq!(error[0], Value::keyword(name), "{body}");
        }
        assert_eq!(Completion::timeout(true).outcome, OpType::Fail);
        assert_eq!(Completion::timeout(false).outcome, OpType::Info);
    }

    #[test]
    fn a_reply_has_just_its_keys() {
        let cases = [
            (
                r#"{"type":"echo_ok","echo":null,"in_reply_to":1,"msg_id":3}"#,
                "",
            ),
            (
                r#"{"type":"echo_ko","echo":1}"#,
                r#", found the type "echo_ko""#,
            ),
            (r#"{"echo":1}"#, ", found the type none"),
            (r#"{"type":7,"echo":1}"#, ", found the type 7"),
            (r#"{"type":"echo_ok","echo":1,"msg_id":-3}"#, ""),
            (
                r#"{"type":"echo_ok","echo":1,"msg_id":null}"#,
                ", and an integer as the msg_id if it has one, found null",
            ),
            (
                r#"{"type":"echo_ok","echo":1,"msg_id":"a1"}"#,
                r#", and an integer as the msg_id if it has one, found "a1""#,
            ),
            (r#"{"type":"echo_ok"}"#, r#", but "echo" is missing"#),
            (
                r#"{"type":"echo_ok","echo":1,"x":2}"#,
                r#", found "x" as well"#,
            ),
        ];
        for (body, why) in cases {
            let found = with_body(body, |body| expect(body, "echo_ok", &["echo"]));
            let expected = match why {
                "" => Ok(()),
                why => Err(format!(
                    "expected a echo_ok with the keys type, in_reply_to, echo{why}"
                )),
            };
            assert_eq!(found, expected);
        }
    }
}
