//! The errors of the protocol: a code, a text and whatever else the body of an
//! `error` message carried.
//!
//! The same type serves both ways. A handler returns `Err(Error::...)` and the
//! library answers with it; a call that was answered by an error gives it back
//! just as it came.

use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};

/// What handlers and calls return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, as Maelstrom numbers it (its `doc/protocol.md`, "Errors").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// 0: no answer in time. Indefinite: the request may still take effect.
    Timeout,
    /// 1: the destination is not part of the network.
    NodeNotFound,
    /// 10: the receiver does not know this type of request.
    NotSupported,
    /// 11: not now, but perhaps later.
    TemporarilyUnavailable,
    /// 12: the request does not have the form its type asks for.
    MalformedRequest,
    /// 13: something broke. Indefinite: the request may have taken effect.
    Crash,
    /// 14: the request was given up, without effect.
    Abort,
    /// 20: no value under this key.
    KeyDoesNotExist,
    /// 21: there is a value under this key already.
    KeyAlreadyExists,
    /// 22: the present value is not the expected one.
    PreconditionFailed,
    /// 30: the transaction met a conflicting one and was rolled back.
    TxnConflict,
    /// Any other number; 1000 and up are free for one's own use. Maelstrom
    /// takes all of these as indefinite.
    Other(i64),
}

impl ErrorCode {
    /// Every code that Maelstrom reserves.
    pub const RESERVED: [ErrorCode; 11] = [
        ErrorCode::Timeout,
        ErrorCode::NodeNotFound,
        ErrorCode::NotSupported,
        ErrorCode::TemporarilyUnavailable,
        ErrorCode::MalformedRequest,
        ErrorCode::Crash,
        ErrorCode::Abort,
        ErrorCode::KeyDoesNotExist,
        ErrorCode::KeyAlreadyExists,
        ErrorCode::PreconditionFailed,
        ErrorCode::TxnConflict,
    ];

    /// The number on the wire.
    pub fn number(self) -> i64 {
        match self {
            ErrorCode::Timeout => 0,
            ErrorCode::NodeNotFound => 1,
            ErrorCode::NotSupported => 10,
            ErrorCode::TemporarilyUnavailable => 11,
            ErrorCode::MalformedRequest => 12,
            ErrorCode::Crash => 13,
            ErrorCode::Abort => 14,
            ErrorCode::KeyDoesNotExist => 20,
            ErrorCode::KeyAlreadyExists => 21,
            ErrorCode::PreconditionFailed => 22,
            ErrorCode::TxnConflict => 30,
            ErrorCode::Other(number) => number,
        }
    }

    /// Whether the request has certainly not taken effect and never will.
    /// A timeout, a crash and every code that is not reserved leave that open.
    pub fn is_definite(self) -> bool {
        !matches!(
            self,
            ErrorCode::Timeout | ErrorCode::Crash | ErrorCode::Other(_)
        )
    }

    /// Maelstrom's name for it, such as `precondition-failed`; `unknown` for
    /// codes that are not reserved.
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::Timeout => "timeout",
            ErrorCode::NodeNotFound => "node-not-found",
            ErrorCode::NotSupported => "not-supported",
            ErrorCode::TemporarilyUnavailable => "temporarily-unavailable",
            ErrorCode::MalformedRequest => "malformed-request",
            ErrorCode::Crash => "crash",
            ErrorCode::Abort => "abort",
            ErrorCode::KeyDoesNotExist => "key-does-not-exist",
            ErrorCode::KeyAlreadyExists => "key-already-exists",
            ErrorCode::PreconditionFailed => "precondition-failed",
            ErrorCode::TxnConflict => "txn-conflict",
            ErrorCode::Other(_) => "unknown",
        }
    }
}

impl From<i64> for ErrorCode {
    fn from(number: i64) -> Self {
        ErrorCode::RESERVED
            .into_iter()
            .find(|code| code.number() == number)
            .unwrap_or(ErrorCode::Other(number))
    }
}

/// An error of the protocol.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{} ({}): {text}", code.name(), code.number())]
pub struct Error {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// What happened, for a person to read.
    pub text: String,
    /// Further keys of the body. Boxed, since hardly any error has them.
    extra: Option<Box<Map<String, Value>>>,
}

impl Error {
    /// An error of any kind.
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Error {
            code,
            text: text.into(),
            extra: None,
        }
    }

    /// Adds a key to the body. `type`, `code`, `text`, `msg_id` and
    /// `in_reply_to` have their own meaning and are left alone.
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        let key = key.into();
        if !matches!(&*key, "type" | "code" | "text" | "msg_id" | "in_reply_to") {
            self.extra.get_or_insert_default().insert(key, value.into());
        }
        self
    }

    /// A further key of the body, if it is there.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.extra.as_ref()?.get(key)
    }

    /// Whether the request has certainly not taken effect and never will.
    pub fn is_definite(&self) -> bool {
        self.code.is_definite()
    }

    /// 0: no answer in time.
    pub fn timeout(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::Timeout, text)
    }

    /// 10: this node does not serve such requests.
    pub fn not_supported(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::NotSupported, text)
    }

    /// 11: not now, but perhaps later.
    pub fn temporarily_unavailable(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::TemporarilyUnavailable, text)
    }

    /// 12: the request does not have the form its type asks for.
    pub fn malformed_request(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::MalformedRequest, text)
    }

    /// 13: something broke; the request may have taken effect.
    pub fn crash(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::Crash, text)
    }

    /// 14: given up, without effect.
    pub fn abort(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::Abort, text)
    }

    /// 20: no value under this key.
    pub fn key_does_not_exist(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::KeyDoesNotExist, text)
    }

    /// 21: there is a value under this key already.
    pub fn key_already_exists(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::KeyAlreadyExists, text)
    }

    /// 22: the present value is not the expected one.
    pub fn precondition_failed(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::PreconditionFailed, text)
    }

    /// 30: rolled back because of a conflicting transaction.
    pub fn txn_conflict(text: impl Into<String>) -> Self {
        Error::new(ErrorCode::TxnConflict, text)
    }
}

/// As the body of a message: `type`, `code`, `text` and the further keys.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(extra) = &self.extra {
            use serde::ser::SerializeMap;
            let mut map = serializer.serialize_map(Some(3 + extra.len()))?;
            map.serialize_entry("type", "error")?;
            map.serialize_entry("code", &self.code.number())?;
            map.serialize_entry("text", &self.text)?;
            for (key, value) in &**extra {
                map.serialize_entry(key, value)?;
            }
            return map.end();
        }
        let mut body = serializer.serialize_struct("error", 3)?;
        body.serialize_field("type", "error")?;
        body.serialize_field("code", &self.code.number())?;
        body.serialize_field("text", &self.text)?;
        body.end()
    }
}
