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

    /// Its number on the wire, and Maelstrom's name for it.
    fn entry(self) -> (i64, &'static str) {
        match self {
            ErrorCode::Timeout => (0, "timeout"),
            ErrorCode::NodeNotFound => (1, "node-not-found"),
            ErrorCode::NotSupported => (10, "not-supported"),
            ErrorCode::TemporarilyUnavailable => (11, "temporarily-unavailable"),
            ErrorCode::MalformedRequest => (12, "malformed-request"),
            ErrorCode::Crash => (13, "crash"),
            ErrorCode::Abort => (14, "abort"),
            ErrorCode::KeyDoesNotExist => (20, "key-does-not-exist"),
            ErrorCode::KeyAlreadyExists => (21, "key-already-exists"),
            ErrorCode::PreconditionFailed => (22, "precondition-failed"),
            ErrorCode::TxnConflict => (30, "txn-conflict"),
            ErrorCode::Other(number) => (number, "unknown"),
        }
    }

    /// The number on the wire.
    pub fn number(self) -> i64 {
        self.entry().0
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
        self.entry().1
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
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident: $code:ident;)*) => {
        impl Error {
            $($(#[$doc])*
            pub fn $name(text: impl Into<String>) -> Self {
                Error::new(ErrorCode::$code, text)
            })*
        }
    };
}

constructors! {
    /// 0: no answer in time.
    timeout: Timeout;
    /// 10: this node does not serve such requests.
    not_supported: NotSupported;
    /// 11: not now, but perhaps later.
    temporarily_unavailable: TemporarilyUnavailable;
    /// 12: the request does not have the form its type asks for.
    malformed_request: MalformedRequest;
    /// 13: something broke; the request may have taken effect.
    crash: Crash;
    /// 14: given up, without effect.
    abort: Abort;
    /// 20: no value under this key.
    key_does_not_exist: KeyDoesNotExist;
    /// 21: there is a value under this key already.
    key_already_exists: KeyAlreadyExists;
    /// 22: the present value is not the expected one.
    precondition_failed: PreconditionFailed;
    /// 30: rolled back because of a conflicting transaction.
    txn_conflict: TxnConflict;
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
