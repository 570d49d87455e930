//! Clients of the services that Maelstrom runs beside the nodes: the key-value
//! stores `lin-kv`, `seq-kv` and `lww-kv`, and the timestamp oracle `lin-tso`.
//!
//! | service | what it promises (Maelstrom's `doc/services.md`) |
//! |---|---|
//! | [`LinKv`] | linearizable: an operation sees every one that ended before it began |
//! | [`SeqKv`] | sequentially consistent: all clients see the changes in one order, but may see an old state for any time |
//! | [`LwwKv`] | eventually consistent: two replicas, the last writer wins |
//! | [`LinTso`] | linearizable timestamps |
//!
//! Keys and values are any JSON. A call waits for [`DEFAULT_TIMEOUT`] unless
//! `with_timeout` says otherwise; that error is indefinite, also for a
//! `cas`. `with_retry` sends what is not answered again.
//!
//! [`DEFAULT_TIMEOUT`]: crate::DEFAULT_TIMEOUT

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Error, ErrorCode, Node, Result, Retry};

/// A store, as this node reaches it: [`LinKv`], [`SeqKv`] or [`LwwKv`].
#[derive(Clone, Debug)]
pub struct Kv<S> {
    node: Node,
    timeout: Duration,
    retry: Option<Retry>,
    promise: PhantomData<S>,
}

/// The linearizable store, `lin-kv`.
pub type LinKv = Kv<Linearizable>;

/// The sequentially consistent store, `seq-kv`.
///
/// A read may return a state from long ago, for ever if nothing makes this
/// node see a newer one; [`SeqKv::read_fresh`] does.
pub type SeqKv = Kv<Sequential>;

/// The last-writer-wins store, `lww-kv`. Nothing it says is certain: a read
/// may miss one's own write, and a `cas` may succeed on two replicas.
pub type LwwKv = Kv<LastWriterWins>;

/// What a store promises, and what follows from it for whoever uses the store.
pub trait Promise: Clone + fmt::Debug {
    /// The service that keeps it.
    const SERVICE: &'static str;
    /// Whether a read may give an old state, so that one that must know better reads by
    /// [`SeqKv::read_fresh`].
    const READS_OLD_STATES: bool = false;
    /// Whether a `cas` can create a value where none is.
    const CAS_CREATES: bool = true;
}

/// What [`LinKv`] promises.
#[derive(Clone, Copy, Debug)]
pub enum Linearizable {}

/// What [`SeqKv`] promises.
#[derive(Clone, Copy, Debug)]
pub enum Sequential {}

/// What [`LwwKv`] promises.
#[derive(Clone, Copy, Debug)]
pub enum LastWriterWins {}

impl Promise for Linearizable {
    const SERVICE: &'static str = "lin-kv";
}

impl Promise for Sequential {
    const SERVICE: &'static str = "seq-kv";
    const READS_OLD_STATES: bool = true;
}

impl Promise for LastWriterWins {
    const SERVICE: &'static str = "lww-kv";
    const CAS_CREATES: bool = false;
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Request<'a, K: ?Sized, V: ?Sized> {
    Read {
        key: &'a K,
    },
    Write {
        key: &'a K,
        value: &'a V,
    },
    Cas {
        key: &'a K,
        from: &'a V,
        to: &'a V,
        #[serde(skip_serializing_if = "is_false")]
        create_if_not_exists: bool,
    },
}

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Deserialize)]
struct ReadOk<T> {
    value: T,
}

impl<S: Promise> Kv<S> {
    /// The service, as this node reaches it.
    pub fn new(node: &Node) -> Self {
        Kv {
            node: node.clone(),
            timeout: crate::DEFAULT_TIMEOUT,
            retry: None,
            promise: PhantomData,
        }
    }

    /// Waits this long for each reply.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Kv { timeout, ..self }
    }

    /// Sends each request again until there is a reply, in place of waiting once
    /// for the timeout. A `cas` that comes twice may be refused, with
    /// [`ErrorCode::PreconditionFailed`], although it was done the first time: only
    /// the value that is there tells.
    pub fn with_retry(self, retry: Retry) -> Self {
        let retry = Some(retry);
        Kv { retry, ..self }
    }

    async fn call<R: DeserializeOwned + 'static>(&self, request: &impl Serialize) -> Result<R> {
        match self.retry {
            Some(retry) => self.node.rpc_retrying(S::SERVICE, request, retry).await,
            None => {
                let call = self.node.rpc(S::SERVICE, request);
                call.timeout(self.timeout).await
            }
        }
    }

    /// The value under the key, or `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`], or [`ErrorCode::Crash`] if the value is not a
    /// `T`.
    pub async fn read<T>(&self, key: &(impl Serialize + ?Sized)) -> Result<Option<T>>
    where
        T: DeserializeOwned + 'static,
    {
        let read: Request<'_, _, ()> = Request::Read { key };
        match self.call::<ReadOk<T>>(&read).await {
            Ok(ReadOk { value }) => Ok(Some(value)),
            Err(error) if error.code == ErrorCode::KeyDoesNotExist => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts the value under the key, whatever was there before.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`]: it may have been written, or may yet be.
    pub async fn write(
        &self,
        key: &(impl Serialize + ?Sized),
        value: &(impl Serialize + ?Sized),
    ) -> Result<()> {
        self.call(&Request::Write { key, value }).await
    }

    /// Compare and set: puts `to` under the key if `from` is there.
    ///
    /// # Errors
    /// [`ErrorCode::KeyDoesNotExist`] if nothing is there,
    /// [`ErrorCode::PreconditionFailed`] if something else is; after
    /// [`ErrorCode::Timeout`] it may have been done, or may yet be.
    pub async fn cas<T>(&self, key: &(impl Serialize + ?Sized), from: &T, to: &T) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        self.compare_and_set(key, from, to, false).await
    }

    /// Compare and set, or create: puts `to` under the key if `from` is there
    /// or nothing is. (`lww-kv` does not create: see [`LwwKv`].)
    ///
    /// # Errors
    /// As for [`Kv::cas`], without [`ErrorCode::KeyDoesNotExist`].
    pub async fn cas_or_create<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        from: &T,
        to: &T,
    ) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        self.compare_and_set(key, from, to, true).await
    }

    async fn compare_and_set<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        from: &T,
        to: &T,
        create_if_not_exists: bool,
    ) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        let cas = Request::Cas {
            key,
            from,
            to,
            create_if_not_exists,
        };
        self.call(&cas).await
    }

    /// Puts what `change` makes of the present value (`None` if there is
    /// none), and gives it. If the value was changed by another one meanwhile
    /// (errors 20 and 22), it starts again, until `within` has passed. `null`
    /// counts as no value.
    ///
    /// On [`SeqKv`], it reads with [`SeqKv::read_fresh`] after a conflict: the value it knew may
    /// have been an old one. On [`LwwKv`], an update may still be lost: it is made on one of two
    /// replicas, and whichever wrote last wins; and a value where none was is written without
    /// condition, since `cas` does not create one there.
    ///
    /// # Errors
    /// The conflict, when the time is over. [`ErrorCode::Timeout`] as soon as
    /// a reply is missing, since then the change may have been made already.
    pub async fn update<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        within: Duration,
        mut change: impl FnMut(Option<T>) -> T,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let deadline = self.node.now().saturating_add(within);
        let mut attempt: u32 = 0;
        loop {
            // Kept as its text: `change` consumes the value that `cas` must name.
            let found: Option<Box<RawValue>> = match attempt {
                1.. if S::READS_OLD_STATES => self.write_and_read(key).await?,
                _ => self.read(key).await?,
            };
            let before = found
                .as_ref()
                .map(|found| serde_json::from_str(found.get()));
            let before = before.transpose();
            let before = before.map_err(|e| {
                Error::crash(format!("{}: {found:?} is not as expected: {e}", S::SERVICE))
            })?;
            let after = change(before);
            let to = to_raw_value(&after)
                .map_err(|e| Error::malformed_request(format!("this value is no JSON: {e}")))?;
            let set = match &found {
                Some(from) => self.cas(key, from, &to).await,
                // `null`, since `from` must not be what another one just put.
                None if S::CAS_CREATES => self.cas_or_create(key, RawValue::NULL, &to).await,
                None => self.write(key, &to).await,
            };
            match set {
                Ok(()) => return Ok(after),
                Err(error) if is_conflict(&error) && self.node.now() < deadline => {}
                Err(error) => return Err(error),
            }
            // Whoever lost steps back for a random time, more each time.
            let pause = Duration::from_millis(2 << attempt.min(6)).mul_f64(self.node.rng().f64());
            let until = deadline.min(self.node.now() + pause);
            self.node.sleep_until(until).await;
            attempt += 1;
        }
    }

    /// See [`SeqKv::read_fresh`].
    async fn write_and_read<T>(&self, key: &(impl Serialize + ?Sized)) -> Result<Option<T>>
    where
        T: DeserializeOwned + 'static,
    {
        let own = format!("fresh-{}", self.node.id());
        self.write(&own, &self.node.rng().u64()).await?;
        self.read(key).await
    }
}

fn is_conflict(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::KeyDoesNotExist | ErrorCode::PreconditionFailed
    )
}

impl SeqKv {
    /// The newest value under the key: as of the moment when this is called,
    /// or later.
    ///
    /// `seq-kv` answers a read from any of its last 32 states that is not
    /// older than what this node saw before. But a write that changes
    /// something is always made on the newest state, and its writer has then
    /// seen that one. So this first writes a value that was never there to a
    /// key of this node's own, `fresh-` and its name: two round trips.
    ///
    /// # Errors
    /// As for [`Kv::read`].
    pub async fn read_fresh<T>(&self, key: &(impl Serialize + ?Sized)) -> Result<Option<T>>
    where
        T: DeserializeOwned + 'static,
    {
        self.write_and_read(key).await
    }
}

/// The timestamp oracle, `lin-tso`.
#[derive(Clone, Debug)]
pub struct LinTso {
    node: Node,
    timeout: Duration,
}

impl LinTso {
    /// The service, as this node reaches it.
    pub fn new(node: &Node) -> Self {
        LinTso {
            node: node.clone(),
            timeout: crate::DEFAULT_TIMEOUT,
        }
    }

    /// Waits this long for each reply.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        LinTso { timeout, ..self }
    }

    /// The next timestamp: a number greater than every one that was given to
    /// anybody before this was called. They begin at 0.
    ///
    /// # Errors
    /// [`ErrorCode::Timeout`]; a timestamp may be lost with it.
    pub async fn next(&self) -> Result<u64> {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Request {
            Ts,
        }
        #[derive(Deserialize)]
        struct TsOk {
            ts: u64,
        }
        let call = self.node.rpc::<TsOk>("lin-tso", &Request::Ts);
        Ok(call.timeout(self.timeout).await?.ts)
    }
}
