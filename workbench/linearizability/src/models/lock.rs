//! Locks: `:acquire` and `:release`. Who asks is the client, or the `:client` of the value,
//! if that is a map; what fails did not happen.

use std::collections::BTreeSet;

use history::Process;
use history::edn::Value;

use crate::sequential::{Asked, Sequential};

/// A lock that one client holds at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    has_owner: bool,
    is_reentrant: bool,
    is_fenced: bool,
}

impl Lock {
    /// Knossos' mutex: anyone may release it.
    pub fn mutex() -> Self {
        Lock::default()
    }

    /// One that only who holds it may release.
    pub fn owner_aware() -> Self {
        Lock {
            has_owner: true,
            ..Lock::default()
        }
    }

    /// One that its owner may acquire again, and must release as often.
    pub fn reentrant() -> Self {
        Lock {
            is_reentrant: true,
            ..Lock::owner_aware()
        }
    }

    /// The same, where each owner gets a fence as well: the value of an acquire, or its
    /// `:fence`, is greater than those of all owners before; 0 or nil is none.
    #[must_use]
    pub fn fenced(self) -> Self {
        Lock {
            has_owner: true,
            is_fenced: true,
            ..self
        }
    }
}

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    owner: Option<Value>,
    /// How often.
    times: u64,
    /// The owner's fence, or 0.
    fence: i64,
    /// The greatest fence so far.
    highest: i64,
}

/// What is done with a lock.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockOperation {
    /// By whom, and the fence that he got, if any.
    Acquire(Value, i64),
    /// By whom.
    Release(Value),
}

impl LockOperation {
    fn client(&self) -> &Value {
        let (LockOperation::Acquire(client, _) | LockOperation::Release(client)) = self;
        client
    }
}

impl Sequential for Lock {
    type State = Held;
    type Operation = LockOperation;

    fn name(&self) -> &str {
        match (self.is_fenced, self.is_reentrant, self.has_owner) {
            (true, true, _) => "reentrant fenced mutex",
            (true, false, _) => "fenced mutex",
            (false, true, _) => "reentrant mutex",
            (false, false, true) => "owner-aware mutex",
            (false, false, false) => "mutex",
        }
    }

    fn initial(&self) -> Held {
        Held::default()
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<LockOperation>, String> {
        let client = match asked.argument.get("client") {
            _ if !self.has_owner => Value::Nil,
            Some(client) => client.clone(),
            None => match asked.process {
                Process::Client(number) => number.into(),
                Process::Nemesis => Value::Nil,
            },
        };
        match asked.f {
            "acquire" if self.is_fenced => {
                let fence = asked.outcome.and_then(|value| match value {
                    Value::Int(fence) => Some(*fence),
                    value => value.get("fence")?.as_int(),
                });
                Ok(Some(LockOperation::Acquire(client, fence.unwrap_or(0))))
            }
            "acquire" => Ok(Some(LockOperation::Acquire(client, 0))),
            "release" => Ok(Some(LockOperation::Release(client))),
            _ => Err(asked.unexpected("acquire or release")),
        }
    }

    fn step(&self, held: &Held, operation: &LockOperation) -> impl IntoIterator<Item = Held> {
        let mut next = held.clone();
        let is_owner = held.owner.as_ref() == Some(operation.client());
        match operation {
            LockOperation::Acquire(client, fence) => {
                if held.times > 0 && !(self.is_reentrant && is_owner) {
                    return None;
                }
                let is_new = held.fence == 0 && *fence > held.highest;
                if *fence != 0 && *fence != held.fence && !is_new {
                    return None;
                }
                next.owner = Some(client.clone());
                next.times += 1;
                if is_new {
                    next.fence = *fence;
                    next.highest = *fence;
                }
            }
            LockOperation::Release(_) => {
                if held.times == 0 || !is_owner {
                    return None;
                }
                next.times -= 1;
                if next.times == 0 {
                    next.owner = None;
                    next.fence = 0;
                }
            }
        }
        Some(next)
    }

    fn any_state(&self, operations: &[&LockOperation]) -> Option<Vec<Held>> {
        if self.is_reentrant || self.is_fenced {
            return None;
        }
        // Whoever does nothing here is as good as any other of that kind.
        let clients: BTreeSet<&Value> = operations.iter().map(|asked| asked.client()).collect();
        let owners = clients.into_iter().cloned();
        let stranger = Value::keyword("somebody else");
        let held = |owner| Held {
            owner: Some(owner),
            times: 1,
            ..Held::default()
        };
        let mut states: Vec<Held> = owners.chain([stranger]).map(held).collect();
        states.push(Held::default());
        Some(states)
    }
}

/// A number of permits: `:acquire` takes one, or as many as its value says, and `:release`
/// gives them back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Semaphore {
    /// How many there are.
    pub permits: u64,
}

impl Sequential for Semaphore {
    /// How many permits are taken.
    type State = u64;
    /// How many it takes, or gives back.
    type Operation = Permits;

    fn name(&self) -> &str {
        "semaphore"
    }

    fn initial(&self) -> u64 {
        0
    }

    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Permits>, String> {
        let count = match asked.argument {
            Value::Int(count) => u64::try_from(*count).map_err(|_| asked.unexpected("a count"))?,
            _ => 1,
        };
        match asked.f {
            "acquire" => Ok(Some(Permits::Take(count))),
            "release" => Ok(Some(Permits::Give(count))),
            _ => Err(asked.unexpected("acquire or release")),
        }
    }

    fn step(&self, taken: &u64, operation: &Permits) -> impl IntoIterator<Item = u64> {
        match operation {
            Permits::Take(count) => {
                let taken = taken.checked_add(*count)?;
                (taken <= self.permits).then_some(taken)
            }
            Permits::Give(count) => taken.checked_sub(*count),
        }
    }

    fn any_state(&self, _: &[&Permits]) -> Option<Vec<u64>> {
        (self.permits <= 100).then(|| (0..=self.permits).collect())
    }
}

/// What is done with a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permits {
    /// This many are taken.
    Take(u64),
    /// This many are given back.
    Give(u64),
}
