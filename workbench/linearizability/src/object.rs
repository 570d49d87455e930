//! An object whose states and operations have numbers. The searches know it by these
//! alone: there is one of each, however many models there are, and what they remember of a
//! state is four bytes.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::sequential::{Asked, Leaving, Sequential};

/// A state of an object, by its number.
pub(super) type State = u32;
/// An operation on it, by its number. Equal operations have the same.
pub(super) type Operation = u32;

/// A [`Sequential`] object, by numbers.
pub(super) trait Object {
    /// See [`Sequential::name`].
    fn name(&self) -> &str;

    /// See [`Sequential::operation`].
    fn operation(&mut self, asked: &Asked<'_>) -> Result<Option<Operation>, String>;

    /// See [`Sequential::initial`].
    fn initial(&mut self) -> State;

    /// See [`Sequential::step`].
    fn step(&mut self, state: State, operation: Operation) -> Vec<State>;

    /// See [`Sequential::leaving`].
    fn leaving(&self, operation: Operation) -> Leaving;

    /// See [`Sequential::any_state`].
    fn any_state(&mut self, operations: &[Operation]) -> Option<Vec<State>>;

    /// How many bytes all states take that have a number, about.
    fn bytes(&self) -> usize;

    /// How much work all steps were, of which one that makes a small state is 1.
    fn work(&self) -> u64;

    /// Takes the numbers from all states.
    fn forget_states(&mut self);
}

/// An object of this model, whose states and operations get numbers as they come.
pub(super) struct Numbered<'m, M: Sequential> {
    model: &'m M,
    operations: Numbers,
    states: Numbers,
    bytes: usize,
    work: u64,
}

/// How large a state is that is made and found again in twice the time of a small one.
const SMALL: usize = 256;

impl<'m, M: Sequential> Numbered<'m, M> {
    pub(super) fn new(model: &'m M) -> Self {
        Numbered {
            model,
            operations: Numbers::default(),
            states: Numbers::default(),
            bytes: 0,
            work: 0,
        }
    }

    /// The operation of this number.
    #[cfg(test)]
    pub(super) fn operation_of(&self, number: Operation) -> &M::Operation {
        self.operations.value(number)
    }

    fn number(&mut self, state: M::State) -> State {
        let size = self.model.size(&state);
        self.work += (size / SMALL) as u64;
        // The state itself, twice a pointer to it, counts, and the number.
        let bytes = size + size_of::<M::State>() + 64;
        let (number, is_new) = self.states.number(state);
        self.bytes += if is_new { bytes } else { 0 };
        number
    }
}

impl<M: Sequential> Object for Numbered<'_, M> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn operation(&mut self, asked: &Asked<'_>) -> Result<Option<Operation>, String> {
        let operation = self.model.operation(asked)?;
        Ok(operation.map(|operation| self.operations.number(operation).0))
    }

    fn initial(&mut self) -> State {
        self.number(self.model.initial())
    }

    fn step(&mut self, state: State, operation: Operation) -> Vec<State> {
        self.work += 1;
        let (state, operation) = (self.states.value(state), self.operations.value(operation));
        let next: Vec<_> = self.model.step(state, operation).into_iter().collect();
        next.into_iter().map(|state| self.number(state)).collect()
    }

    fn leaving(&self, operation: Operation) -> Leaving {
        self.model.leaving(self.operations.value(operation))
    }

    fn any_state(&mut self, operations: &[Operation]) -> Option<Vec<State>> {
        let operations = operations.iter();
        let operations: Vec<_> =
            (operations.map(|operation| self.operations.value(*operation))).collect();
        let states = self.model.any_state(&operations)?;
        Some(states.into_iter().map(|state| self.number(state)).collect())
    }

    fn bytes(&self) -> usize {
        self.bytes
    }

    fn work(&self) -> u64 {
        self.work
    }

    fn forget_states(&mut self) {
        self.states = Numbers::default();
        self.bytes = 0;
    }
}

/// A value that may get a number.
trait Numberable: Any {
    /// Its order, among values of its type.
    fn order(&self, other: &dyn Numberable) -> Ordering;
}

impl<T: Ord + 'static> Numberable for T {
    fn order(&self, other: &dyn Numberable) -> Ordering {
        let other: &dyn Any = other;
        self.cmp(other.downcast_ref().expect("all are of one type"))
    }
}

impl Ord for dyn Numberable {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order(other)
    }
}

impl PartialOrd for dyn Numberable {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for dyn Numberable {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for dyn Numberable {}

/// Values of one type, each with a number. What orders them knows the type, the tree does
/// not: there is one for all models.
#[derive(Default)]
struct Numbers {
    all: Vec<Rc<dyn Numberable>>,
    numbers: BTreeMap<Rc<dyn Numberable>, u32>,
}

impl Numbers {
    /// The number of this value, and whether it is new.
    fn number(&mut self, value: impl Ord + 'static) -> (u32, bool) {
        self.number_of(Rc::new(value))
    }

    fn number_of(&mut self, value: Rc<dyn Numberable>) -> (u32, bool) {
        if let Some(number) = self.numbers.get(&*value) {
            return (*number, false);
        }
        let number = self.all.len() as u32;
        self.all.push(Rc::clone(&value));
        self.numbers.insert(value, number);
        (number, true)
    }

    /// The value of this number, which is of this type.
    fn value<T: 'static>(&self, number: u32) -> &T {
        let value: &dyn Any = &*self.all[number as usize];
        value.downcast_ref().expect("all are of one type")
    }
}
