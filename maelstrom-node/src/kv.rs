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

use std::ops::Deref;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Error, ErrorCode, Node, Result, Retry};

/// What the three stores have in common.
#[derive(Clone, Debug)]
pub struct Kv {
    node: Node,
    service: &'static str,
    timeout: Duration,
    retry: Option<Retry>,
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

impl Kv {
    fn new(node: &Node, service: &'static str) -> Self {
        Kv {
            node: node.clone(),
            service,
            timeout: crate::DEFAULT_TIMEOUT,
            retry: None,
        }
    }

    async fn call<R: DeserializeOwned + 'static>(&self, request: &impl Serialize) -> Result<R> {
        match self.retry {
            Some(retry) => self.node.rpc_retrying(self.service, request, retry).await,
            None => {
                let call = self.node.rpc(self.service, request);
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

    /// Reads, changes and sets, again and again until nobody else changed the
    /// value in between.
    async fn update_by<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        within: Duration,
        mut change: impl FnMut(Option<T>) -> T,
        read: impl AsyncFn(u32) -> Result<Option<Box<RawValue>>>,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let deadline = self.node.now().saturating_add(within);
        let mut attempt = 0;
        loop {
            // Kept as its text: `change` consumes the value that `cas` must name.
            let found = read(attempt).await?;
            let before = found
                .as_ref()
                .map(|found| serde_json::from_str(found.get()));
            let before = before.transpose();
            let before = before.map_err(|e| {
                Error::crash(format!(
                    "{}: {found:?} is not as expected: {e}",
                    self.service
                ))
            })?;
            let after = change(before);
            let to = to_raw_value(&after)
                .map_err(|e| Error::malformed_request(format!("this value is no JSON: {e}")))?;
            let set = match &found {
                Some(from) => self.cas(key, from, &to).await,
                None if self.service == "lww-kv" => self.write(key, &to).await,
                // `null`, since `from` must not be what another one just put.
                None => self.cas_or_create(key, &null(), &to).await,
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
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

fn is_conflict(error: &Error) -> bool {
    matches!(
        error.code,
        ErrorCode::KeyDoesNotExist | ErrorCode::PreconditionFailed
    )
}

macro_rules! store {
    ($(#[$doc:meta])* $name:ident, $service:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Kv);

        impl $name {
            /// The service, as this node reaches it.
            pub fn new(node: &Node) -> Self {
                $name(Kv::new(node, $service))
            }

            /// Waits this long for each reply.
            pub fn with_timeout(mut self, timeout: Duration) -> Self {
                self.0.timeout = timeout;
                self
            }

            /// Sends each request again until there is a reply, in place of waiting once
            /// for the timeout. A `cas` that comes twice may be refused, with
            /// [`ErrorCode::PreconditionFailed`], although it was done the first time: only
            /// the value that is there tells.
            pub fn with_retry(mut self, retry: Retry) -> Self {
                self.0.retry = Some(retry);
                self
            }
        }

        impl Deref for $name {
            type Target = Kv;

            fn deref(&self) -> &Kv {
                &self.0
            }
        }
    };
}

store! {
    /// The linearizable store, `lin-kv`.
    LinKv, "lin-kv"
}
store! {
    /// The sequentially consistent store, `seq-kv`.
    ///
    /// A read may return a state from long ago, for ever if nothing makes this
    /// node see a newer one; [`SeqKv::read_fresh`] does.
    SeqKv, "seq-kv"
}
store! {
    /// The last-writer-wins store, `lww-kv`. Nothing it says is certain: a read
    /// may miss one's own write, and a `cas` may succeed on two replicas.
    LwwKv, "lww-kv"
}

impl LinKv {
    /// Puts what `change` makes of the present value (`None` if there is
    /// none), and gives it. If the value was changed by another one meanwhile
    /// (errors 20 and 22), it starts again, until `within` has passed. `null`
    /// counts as no value.
    ///
    /// # Errors
    /// The conflict, when the time is over. [`ErrorCode::Timeout`] as soon as
    /// a reply is missing, since then the change may have been made already.
    pub async fn update<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        within: Duration,
        change: impl FnMut(Option<T>) -> T,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let read = async |_attempt| self.read(key).await;
        self.update_by(key, within, change, read).await
    }
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
        let own = format!("fresh-{}", self.node.id());
        self.write(&own, &self.node.rng().u64()).await?;
        self.read(key).await
    }

    /// As [`LinKv::update`]. After a conflict, it reads with
    /// [`SeqKv::read_fresh`]: the value it knew may have been an old one.
    ///
    /// # Errors
    /// As for [`LinKv::update`].
    pub async fn update<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        within: Duration,
        change: impl FnMut(Option<T>) -> T,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let read = async |attempt| match attempt {
            0 => self.read(key).await,
            _ => self.read_fresh(key).await,
        };
        self.update_by(key, within, change, read).await
    }
}

impl LwwKv {
    /// As [`LinKv::update`], but an update may still be lost: it is made on
    /// one of two replicas, and whichever wrote last wins. A value where none
    /// was is written without condition, since `cas` does not create one here.
    ///
    /// # Errors
    /// As for [`LinKv::update`].
    pub async fn update<T>(
        &self,
        key: &(impl Serialize + ?Sized),
        within: Duration,
        change: impl FnMut(Option<T>) -> T,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let read = async |_attempt| self.read(key).await;
        self.update_by(key, within, change, read).await
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
