//! What histories leave out, filled in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::edn::Value;
use crate::{Events, History, Op, OpType, Place, Process};

impl History {
    /// The history with an end for each operation of a client that has none: nobody
    /// knows whether it happened (`:info`), as of one that was still under way. And with
    /// what was asked as the value of each end that has none, but for those of which the
    /// value is the answer. And with a beginning for each end that has none: at the earliest
    /// time that it may have begun at, right after what its client did before.
    ///
    /// An end that is filled in has its beginning's index, and the other way round.
    pub fn completed(&self) -> Cow<'_, History> {
        match self.begun_early() {
            Some(begun) => Cow::Owned(begun.ended().into_owned()),
            None => self.ended(),
        }
    }

    /// With a beginning for each end; none, if there is nothing to fill in.
    fn begun_early(&self) -> Option<History> {
        let lacks = |(place, op): (usize, &Op)| {
            op.typ != OpType::Invoke && self.pair_place(place).is_none()
        };
        if !self.clients().any(lacks) {
            return None;
        }
        // Clients that have crashed may tell so, of nothing, which is no end of an operation,
        // unless nothing but ends is known.
        let happens = self.clients().filter(|(_, op)| op.typ != OpType::Info);
        let known: BTreeSet<&str> = happens.map(|(_, op)| &*op.f).collect();
        let is_of_ends = self.begun() == 0;
        let mut after: BTreeMap<Process, usize> = BTreeMap::new();
        let mut lacking: Vec<(usize, usize)> = Vec::new();
        for (place, op) in self.clients() {
            let earliest = after.insert(op.process, place + 1).unwrap_or_default();
            let is_end = is_of_ends || op.value != Value::Nil || known.contains(&*op.f);
            if lacks((place, op)) && is_end {
                lacking.push((earliest, place));
            }
        }
        if lacking.is_empty() {
            return None;
        }
        lacking.sort_unstable();
        let count = self.ops().len() + lacking.len();
        let (mut ops, mut pairs) = (Vec::with_capacity(count), vec![None; count]);
        // Where each event is now, and where beginnings are, each with the end's place.
        let (mut now, mut beginnings) = (Vec::with_capacity(self.ops().len()), Vec::new());
        let mut lacking = lacking.into_iter().peekable();
        for (place, op) in self.ops().iter().enumerate() {
            while let Some((_, end)) = lacking.next_if(|(earliest, _)| *earliest <= place) {
                beginnings.push((ops.len(), end));
                ops.push(self.ops()[end].beginning(op.time));
            }
            now.push(ops.len());
            ops.push(op.clone());
        }
        for place in 0..now.len() {
            let pair = self.pair_place(place);
            pairs[now[place]] = pair.map(|pair| Place::new(now[pair]));
        }
        for (beginning, end) in beginnings {
            pairs[beginning] = Some(Place::new(now[end]));
            pairs[now[end]] = Some(Place::new(beginning));
        }
        Some(History::paired(ops, pairs))
    }

    /// A history of these events, of which it is known which belong together. The ends that
    /// are filled in when it is completed are there from the beginning: few, as a rule, and
    /// where they are few, nothing else need be copied for them.
    pub(crate) fn paired(mut ops: Vec<Op>, mut pairs: Vec<Option<Place>>) -> History {
        let happened = ops.len();
        let is_open = |place: &usize| {
            let op = &ops[*place];
            op.typ == OpType::Invoke && op.process != Process::Nemesis && pairs[*place].is_none()
        };
        let open: Vec<usize> = (0..happened).filter(is_open).collect();
        if !open.is_empty() {
            let last = ops.iter().map(|op| op.time).max().unwrap_or_default();
            ops.reserve_exact(open.len());
            pairs.reserve_exact(open.len());
            for place in open {
                pairs[place] = Some(Place::new(ops.len()));
                pairs.push(Some(Place::new(place)));
                ops.push(Op {
                    typ: OpType::Info,
                    time: last,
                    ..ops[place].clone()
                });
            }
        }
        History {
            events: Arc::new(Events {
                ops,
                happened,
                pairs,
            }),
            is_ended: false,
        }
    }

    /// With an end for each beginning.
    fn ended(&self) -> Cow<'_, History> {
        let asked = |(place, op): (usize, &Op)| {
            let is_answer = op.typ == OpType::Ok
                && matches!(&*op.f, "read" | "txn" | "generate" | "poll" | "echo");
            if op.typ == OpType::Invoke || op.value != Value::Nil || is_answer {
                return None;
            }
            let asked = self.pair(place)?;
            (asked.value != Value::Nil).then(|| (place, asked.value.clone()))
        };
        let without: Vec<(usize, Value)> = self.clients().filter_map(asked).collect();
        let Events {
            ops,
            happened,
            pairs,
        } = &*self.events;
        if without.is_empty() && self.ops().len() == ops.len() {
            return Cow::Borrowed(self);
        }
        let mut events = self.events.clone();
        if !without.is_empty() {
            let mut ops = ops.clone();
            for (place, value) in without {
                ops[place].value = value;
            }
            events = Arc::new(Events {
                ops,
                happened: *happened,
                pairs: pairs.clone(),
            });
        }
        Cow::Owned(History {
            events,
            is_ended: true,
        })
    }
}

impl Op {
    /// How what ended like this began, as far as it says.
    fn beginning(&self, time: i64) -> Op {
        let value = match (&*self.f, self.value.items()) {
            // What was read was not asked.
            ("read", Some([key, _])) => Value::Vector([key.clone(), Value::Nil].into()),
            ("read" | "get" | "generate" | "dequeue" | "pop", _) => Value::Nil,
            _ => self.value.clone(),
        };
        Op {
            typ: OpType::Invoke,
            time,
            value,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn completed(text: &str) -> Vec<String> {
        let history = History::read(text).unwrap();
        let completed = history.completed();
        let ops = completed.ops().iter();
        ops.map(|op| format!("{} {} {}", op.index, op.typ.name(), op.value))
            .collect()
    }

    #[test]
    fn what_has_no_end_may_have_happened() {
        assert_eq!(
            completed(
                "{:process 0, :type :invoke, :f :send, :value 5}
                 {:process 1, :type :invoke, :f :read, :value nil}
                 {:process 1, :type :ok, :f :read, :value nil}"
            ),
            ["0 invoke 5", "1 invoke nil", "2 ok nil", "0 info 5"]
        );
    }

    #[test]
    fn what_has_no_value_has_that_of_its_beginning() {
        assert_eq!(
            completed(
                "{:process 0, :type :invoke, :f :txn, :value [[:append 1 1]]}
                 {:process 0, :type :fail, :f :txn, :value nil}
                 {:process 1, :type :invoke, :f :write, :value 5}
                 {:process 1, :type :ok, :f :write}"
            ),
            [
                "0 invoke [[:append 1 1]]",
                "1 fail [[:append 1 1]]",
                "2 invoke 5",
                "3 ok 5"
            ]
        );
    }

    /// Right after what its client did before; nobody knows more.
    #[test]
    fn what_has_no_beginning_may_have_begun_early() {
        assert_eq!(
            completed(
                "{:process 0, :type :ok, :f :write, :value 1}
                 {:process 1, :type :invoke, :f :read, :value nil}
                 {:process 1, :type :ok, :f :read, :value 1}
                 {:process 0, :type :ok, :f :read, :value 2}
                 {:process 2, :type :info, :f :crash, :value nil}"
            ),
            [
                "0 invoke 1",
                "0 ok 1",
                "3 invoke nil",
                "1 invoke nil",
                "2 ok 1",
                "3 ok 2",
                "4 info nil"
            ]
        );
        let history = History::read(
            "{:process 0, :type :ok, :f :add, :value [7 1]}
             {:process 1, :type :ok, :f :read, :value [7 #{1}]}",
        );
        let completed = history.unwrap().completed().into_owned();
        let asked: Vec<_> = (0..4)
            .filter_map(|place| completed.pair_place(place))
            .collect();
        assert_eq!(asked, [2, 3, 0, 1]);
        assert_eq!(completed.ops()[1].value.to_string(), "[7 nil]");
        // Of how many permits, an acquire says by its end as well.
        let history = History::read("{:process 0, :type :ok, :f :acquire, :value 2}").unwrap();
        assert_eq!(history.completed().ops()[0].value, Value::Int(2));
    }

    #[test]
    fn what_is_complete_stays_as_it_is() {
        let history = History::read(
            "{:process 0, :type :invoke, :f :read, :value nil}
             {:process 0, :type :ok, :f :read, :value 5}",
        );
        assert!(matches!(history.unwrap().completed(), Cow::Borrowed(_)));
    }
}
