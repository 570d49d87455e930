//! Queues and stacks: `:enqueue` and `:dequeue`, `:push` and `:pop`.
//!
//! To take nil is to find nothing there. (To Knossos that can never be.)

use history::edn::Value;

use crate::sequential::{Asked, Leaving, Sequential};

/// What values are put into and taken from, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// The value that was put there first is taken first.
    Fifo,
    /// Any value may be taken.
    Unordered,
    /// The value that was put there last is taken first.
    Stack,
}

/// What is done with a queue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum QueueOperation {
    /// A value is put there.
    Put(Value),
    /// A value is taken.
    Take(Value),
    /// Nothing is found there.
    FindEmpty,
    /// A value is taken, and nobody knows which.
    TakeAny,
}

use QueueOperation::{FindEmpty, Put, Take, TakeAny};

impl Sequential for Queue {
    /// The values, those that came first in front; in order, where that does not count.
    type State = Vec<Value>;
    type Operation = QueueOperation;

    fn name(&self) -> &str {
        match self {
            Queue::Fifo => "FIFO queue",
            Queue::Unordered => "unordered queue",
            Queue::Stack => "stack",
        }
    }

    fn initial(&self) -> Vec<Value> {
        Vec::new()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<QueueOperation>, String> {
        let (put, take) = match self {
            Queue::Stack => ("push", "pop"),
            Queue::Fifo | Queue::Unordered => ("enqueue", "dequeue"),
        };
        let operation = match asked.outcome {
            _ if asked.f == put => Put(asked.argument.clone()),
            _ if asked.f != take => return Err(asked.unexpected(&format!("{put} or {take}"))),
            None => TakeAny,
            Some(Value::Nil) => FindEmpty,
            Some(value) => Take(value.clone()),
        };
        Ok(Some(operation))
    }

    fn step(
        &self,
        values: &Vec<Value>,
        operation: &QueueOperation,
    ) -> impl IntoIterator<Item = Vec<Value>> {
        let next_place = match self {
            _ if values.is_empty() => None,
            Queue::Fifo | Queue::Unordered => Some(0),
            Queue::Stack => Some(values.len() - 1),
        };
        let without = |place| {
            let mut values = values.clone();
            values.remove(place);
            values
        };
        match (self, operation) {
            (_, FindEmpty) => values
                .is_empty()
                .then(|| values.clone())
                .into_iter()
                .collect(),
            (_, Put(value)) => {
                let mut next = values.clone();
                let place = match self {
                    Queue::Fifo | Queue::Stack => next.len(),
                    Queue::Unordered => next.partition_point(|other| other < value),
                };
                next.insert(place, value.clone());
                vec![next]
            }
            (Queue::Unordered, Take(value)) => {
                let place = values.binary_search(value).ok();
                place.map(without).into_iter().collect()
            }
            (Queue::Unordered, TakeAny) => (0..values.len()).map(without).collect(),
            (Queue::Fifo | Queue::Stack, Take(_) | TakeAny) => {
                let fits = |place: &usize| match operation {
                    Take(value) => values[*place] == *value,
                    _ => true,
                };
                next_place
                    .filter(fits)
                    .map(without)
                    .into_iter()
                    .collect::<Vec<_>>()
            }
        }
    }

    /// A value that is nowhere does not change the order of others.
    fn leaving(&self, operation: &QueueOperation) -> Leaving {
        match operation {
            Put(value) | Take(value) => Leaving::With(value.clone()),
            FindEmpty => Leaving::Alone,
            TakeAny => Leaving::Never,
        }
    }

    fn size(&self, values: &Vec<Value>) -> usize {
        size_of_val(&values[..])
    }
}
