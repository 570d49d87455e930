//! What histories leave out, filled in.

use std::borrow::Cow;

use crate::edn::Value;
use crate::{History, Op, OpType};

impl History {
    /// The history with an end for each operation of a client that has none: nobody
    /// knows whether it happened (`:info`), as of one that was still under way. And with
    /// what was asked as the value of each end that has none, but for those of which the
    /// value is the answer.
    ///
    /// An end that is filled in has its beginning's index.
    pub fn completed(&self) -> Cow<'_, History> {
        let is_open = |(place, op): &(usize, &Op)| {
            op.typ == OpType::Invoke && self.pair_place(*place).is_none()
        };
        let asked = |(place, op): (usize, &Op)| {
            let is_answer = op.typ == OpType::Ok
                && matches!(&*op.f, "read" | "txn" | "generate" | "poll" | "echo");
            if op.typ == OpType::Invoke || op.value != Value::Nil || is_answer {
                return None;
            }
            let asked = self.pair(place)?;
            (asked.value != Value::Nil).then(|| (place, asked.value.clone()))
        };
        let open = self.clients().filter(is_open).map(|(place, _)| place);
        let open: Vec<usize> = open.collect();
        let without: Vec<(usize, Value)> = self.clients().filter_map(asked).collect();
        if open.is_empty() && without.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut completed = self.clone();
        for (place, value) in without {
            completed.ops[place].value = value;
        }
        let last = self.ops.iter().map(|op| op.time).max().unwrap_or_default();
        for place in open {
            completed.pairs[place] = Some(completed.ops.len());
            completed.pairs.push(Some(place));
            completed.ops.push(Op {
                typ: OpType::Info,
                time: last,
                ..self.ops[place].clone()
            });
        }
        Cow::Owned(completed)
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

    #[test]
    fn what_is_complete_stays_as_it_is() {
        let history = History::read(
            "{:process 0, :type :invoke, :f :read, :value nil}
             {:process 0, :type :ok, :f :read, :value 5}",
        );
        assert!(matches!(history.unwrap().completed(), Cow::Borrowed(_)));
    }
}
