//! The connections that are open: so many at most, and none that says nothing keeps
//! another from being answered. When one more comes, the oldest is closed for it: who
//! asked is answered within moments, so the oldest is one that did not ask, or does
//! not take its answer.

use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The connections that are open.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    open: Mutex<Open>,
    one_left: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    /// By their numbers, which grow.
    connections: BTreeMap<u64, Arc<TcpStream>>,
    next: u64,
}

/// A connection among the others, until it is dropped.
#[derive(Debug)]
pub(super) struct Guest<'a> {
    crowd: &'a Crowd,
    number: u64,
    pub(super) stream: Arc<TcpStream>,
}

impl Crowd {
    /// Takes one more in, as soon as there are fewer than `most`.
    pub(super) fn admit(&self, stream: TcpStream, most: usize) -> Guest<'_> {
        let mut open = self.lock();
        if open.connections.len() >= most
            && let Some((_, oldest)) = open.connections.first_key_value()
        {
            // Its thread waits for it, and so sees that at once. If it is closed
            // already, so much the better.
            let _ = oldest.shutdown(Shutdown::Both);
        }
        while open.connections.len() >= most {
            open = (self.one_left.wait(open)).unwrap_or_else(PoisonError::into_inner);
        }
        let (number, stream) = (open.next, Arc::new(stream));
        open.next += 1;
        open.connections.insert(number, Arc::clone(&stream));
        Guest {
            crowd: self,
            number,
            stream,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.crowd.lock().connections.remove(&self.number);
        self.crowd.one_left.notify_one();
    }
}
