//! What an object is, told by what operations do one after the other.

use history::edn::Value;
use history::{History, Op, OpType, Process};

/// A sequential specification: the states of an object, and the operations that lead from
/// one to the next. [`check_model`](crate::check_model) says whether operations that
/// overlap have an order that it allows.
///
/// ```
/// use finding::Validity;
/// use history::History;
/// use linearizability::{Asked, Sequential, check_model};
///
/// /// A light and its switch, which says whether the light is on then.
/// struct Light;
///
/// impl Sequential for Light {
///     type State = bool;
///     type Operation = Option<bool>;
///
///     fn name(&self) -> &str {
///         "light"
///     }
///
///     fn initial(&self) -> bool {
///         false
///     }
///
///     fn operation(&self, asked: &Asked<'_>) -> Result<Option<Option<bool>>, String> {
///         Ok(Some(asked.outcome.map(|outcome| *outcome == true.into())))
///     }
///
///     fn step(&self, is_on: &bool, said: &Option<bool>) -> impl IntoIterator<Item = bool> {
///         (*said != Some(*is_on)).then_some(!is_on)
///     }
/// }
///
/// let history = History::read(
///     "{:process 0, :type :invoke, :f :switch}
///      {:process 0, :type :ok, :f :switch, :value true}
///      {:process 0, :type :invoke, :f :switch}
///      {:process 0, :type :ok, :f :switch, :value true}",
/// )?;
/// assert_eq!(check_model(&history, &Light).valid, Validity::Invalid);
/// # Ok::<(), history::HistoryError>(())
/// ```
pub trait Sequential {
    /// What the object may be like.
    type State: Ord + 'static;
    /// What can be done with it, and what came of that where it is known.
    type Operation: Ord + 'static;

    /// What it is called, such as `mutex`.
    fn name(&self) -> &str;

    /// What it is like at first.
    fn initial(&self) -> Self::State;

    /// The operation that a client asked for; none, if nobody can tell from it what the
    /// object is like, as from a read without a result.
    ///
    /// # Errors
    /// What is no operation of this object.
    fn operation(&self, asked: &Asked<'_>) -> Result<Option<Self::Operation>, String>;

    /// The states that it may be in after this operation: none, if it cannot end like that.
    fn step(
        &self,
        state: &Self::State,
        operation: &Self::Operation,
    ) -> impl IntoIterator<Item = Self::State>;

    /// What must go with this operation, so that an order of all stays one of those that
    /// are left.
    fn leaving(&self, _: &Self::Operation) -> Leaving {
        Leaving::Never
    }

    /// All states in which it may be found by these operations, if they can be told and are
    /// few: then a proof need not start at the beginning.
    fn any_state(&self, _: &[&Self::Operation]) -> Option<Vec<Self::State>> {
        None
    }

    /// How many bytes a state takes, about.
    fn size(&self, _: &Self::State) -> usize {
        size_of::<Self::State>()
    }
}

/// Whether operations can be left out of a history that has an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leaving {
    /// The others may then have no order.
    Never,
    /// It can, whatever the others are: it has no effect on what others find.
    Alone,
    /// It can, with all others of this value.
    With(Value),
}

/// What a client asked of an object, and what came of it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asked.
    pub process: Process,
    /// The function.
    pub f: &'a str,
    /// The argument, without a key.
    pub argument: &'a Value,
    /// The value that it ended with, without a key, if it is known to have happened.
    pub outcome: Option<&'a Value>,
    index: usize,
}

impl Asked<'_> {
    /// What is wrong with it, where something else was expected.
    pub fn unexpected(&self, expected: &str) -> String {
        let Asked {
            f, argument, index, ..
        } = self;
        let value = self.outcome.unwrap_or(argument);
        format!("operation {index} is {f} {value}, expected {expected}")
    }
}

/// How a history says which object an operation is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// There is one.
    None,
    /// By a key in the value, `[key argument]`, as jepsen.independent has it.
    InValue,
    /// By a `:key` of its own.
    Own,
}

impl Keys {
    pub(crate) fn of(history: &History) -> Self {
        let clients = || history.clients().map(|(_, op)| op);
        let asked = || clients().filter(|op| op.typ == OpType::Invoke);
        let is_own = |op: &Op| op.get("key").is_some_and(|key| *key != Value::Nil);
        let is_pair = |op: &Op| op.value.items().is_some_and(|items| items.len() == 2);
        let asks = |op: &Op| matches!(op.value.items(), Some([_, Value::Nil]));
        if asked().next().is_some() && asked().all(is_own) {
            Keys::Own
        } else if clients().all(is_pair) && asked().any(asks) {
            Keys::InValue
        } else {
            Keys::None
        }
    }

    fn split(self, op: &Op) -> Result<(&Value, &Value), String> {
        match (self, op.value.items()) {
            (Keys::None, _) => Ok((&Value::Nil, &op.value)),
            (Keys::Own, _) => Ok((op.get("key").unwrap_or(&Value::Nil), &op.value)),
            (Keys::InValue, Some([key, value])) => Ok((key, value)),
            (Keys::InValue, _) => Err(format!(
                "operation {} is {} {}, expected [key value]",
                op.index, op.f, op.value
            )),
        }
    }

    /// What was asked at this place, and its key; none, if it did not happen.
    pub(crate) fn asked(
        self,
        history: &History,
        place: usize,
    ) -> Result<Option<(&Value, Asked<'_>)>, String> {
        let begin = &history.ops()[place];
        let (key, argument) = self.split(begin)?;
        let end = history.pair(place);
        let outcome = match end {
            Some(end) if end.typ == OpType::Fail => return Ok(None),
            Some(end) if end.typ == OpType::Ok => {
                let (of, outcome) = self.split(end)?;
                if self == Keys::InValue && of != key {
                    let Op {
                        index, f, value, ..
                    } = end;
                    let why = "expected the key that it began with";
                    return Err(format!("operation {index} is {f} {value}, {why}"));
                }
                Some(outcome)
            }
            _ => None,
        };
        let asked = Asked {
            process: begin.process,
            f: &begin.f,
            argument,
            outcome,
            index: end.filter(|_| outcome.is_some()).unwrap_or(begin).index,
        };
        Ok(Some((key, asked)))
    }
}
