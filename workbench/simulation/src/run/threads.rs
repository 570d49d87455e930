//! The clients of a run. A thread is a place for one client at a time; the
//! client in it is a process of the history. When nobody knows how an operation
//! ended, its process never does another: the thread goes on as process
//! `p + concurrency`, and, unless clients can be used again, under another name
//! on the network.

use maelstrom_node::Rng;

use crate::client::{Client, Operation};
use crate::network::{EndpointId, Network, Role};

#[derive(Debug)]
pub(super) struct Threads {
    threads: Vec<Thread>,
    /// How many clients had a name until now.
    names: usize,
    /// How many requests there were.
    requests: usize,
}

/// A request of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    /// Its number among all clients'.
    pub(super) number: usize,
    pub(super) src: EndpointId,
    pub(super) msg_id: u64,
}

#[derive(Debug)]
struct Thread {
    process: i64,
    endpoint: Option<EndpointId>,
    last_msg_id: u64,
    /// The number of its last request.
    last_request: usize,
    /// The operation it does.
    busy: Option<Operation>,
    /// The index of that, or the one before, in the history; none of a client that has
    /// not begun one.
    index: Option<usize>,
}

impl Threads {
    pub(super) fn new(concurrency: usize) -> Self {
        let thread = |process| Thread {
            process: process as i64,
            endpoint: None,
            last_msg_id: 0,
            last_request: 0,
            busy: None,
            index: None,
        };
        Threads {
            threads: (0..concurrency).map(thread).collect(),
            names: 0,
            requests: 0,
        }
    }

    /// A client with a name that none had before: c0, c1, ...
    pub(super) fn new_endpoint(&mut self, network: &mut Network) -> EndpointId {
        let name = format!("c{}", self.names);
        self.names += 1;
        network.add(name, Role::Client)
    }

    pub(super) fn client(&self, thread: usize) -> Client {
        Client {
            thread,
            process: self.threads[thread].process,
        }
    }

    pub(super) fn all_free(&self) -> bool {
        self.threads.iter().all(|thread| thread.busy.is_none())
    }

    /// Whether it can begin an operation; false, if there is none such.
    pub(super) fn is_free(&self, thread: usize) -> bool {
        let thread = self.threads.get(thread);
        thread.is_some_and(|thread| thread.busy.is_none())
    }

    pub(super) fn choose_free(&self, rng: &Rng) -> Option<usize> {
        let threads = self.threads.iter().enumerate();
        let free: Vec<usize> = threads
            .filter_map(|(i, thread)| thread.busy.is_none().then_some(i))
            .collect();
        rng.choose(&free).copied()
    }

    /// Begins an operation whose invocation has this index in the history.
    pub(super) fn begin(&mut self, thread: usize, operation: Operation, index: usize) {
        self.threads[thread].busy = Some(operation);
        self.threads[thread].index = Some(index);
    }

    /// Whether the client in it has never begun an operation.
    pub(super) fn is_new(&self, thread: usize) -> bool {
        self.threads[thread].index.is_none()
    }

    /// The index of the operation that it does.
    pub(super) fn index(&self, thread: usize) -> Option<usize> {
        self.threads[thread].index
    }

    /// The next request of the thread's operation.
    pub(super) fn ask(&mut self, thread: usize, network: &mut Network) -> Request {
        let src = match self.threads[thread].endpoint {
            Some(endpoint) => endpoint,
            None => self.new_endpoint(network),
        };
        self.requests += 1;
        let thread = &mut self.threads[thread];
        thread.endpoint = Some(src);
        thread.last_msg_id += 1;
        thread.last_request = self.requests;
        Request {
            number: self.requests,
            src,
            msg_id: thread.last_msg_id,
        }
    }

    pub(super) fn operation(&self, thread: usize) -> Option<&Operation> {
        self.threads[thread].busy.as_ref()
    }

    /// The function of the operation whose request has this number, if the
    /// thread still waits for that.
    pub(super) fn waits_for(&self, thread: usize, number: usize) -> Option<&str> {
        let thread = &self.threads[thread];
        let operation = thread.busy.as_ref()?;
        (thread.last_request == number).then_some(&*operation.f)
    }

    /// The thread at this endpoint, if it waits for just this reply.
    pub(super) fn expecting(
        &self,
        endpoint: EndpointId,
        in_reply_to: Option<i64>,
    ) -> Option<usize> {
        self.threads.iter().position(|thread| {
            thread.endpoint == Some(endpoint)
                && thread.busy.is_some()
                && in_reply_to == Some(thread.last_msg_id as i64)
        })
    }

    pub(super) fn end(
        &mut self,
        thread: usize,
        crashed: bool,
        keeps_client: bool,
        network: &mut Network,
    ) -> Option<Operation> {
        let concurrency = self.threads.len() as i64;
        let thread = &mut self.threads[thread];
        let operation = thread.busy.take()?;
        if crashed {
            thread.process += concurrency;
            thread.index = None;
            if !keeps_client && let Some(endpoint) = thread.endpoint.take() {
                network.remove(endpoint);
                thread.last_msg_id = 0;
            }
        }
        Some(operation)
    }
}
