//! What clients threw, as Jepsen counts it. It does not make a history
//! invalid, but a person will want to know.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, Op, OpType};

use super::{Checked, Evidence, Finding, Validity};
use finding::Statement;

/// Groups the operations that ended `:info` with an `:exception` by its class;
/// the most frequent come first.
pub fn check(history: &History) -> Checked {
    let mut by_class: BTreeMap<&Value, (usize, &Op)> = BTreeMap::new();
    for op in history.ops().iter().filter(|op| op.typ == OpType::Info) {
        let exception = op.get("exception").unwrap_or(&Value::Nil);
        if !matches!(exception, Value::Nil | Value::Bool(false)) {
            by_class.entry(class(exception)).or_insert((0, op)).0 += 1;
        }
    }
    let mut classes: Vec<_> = by_class.into_iter().collect();
    classes.sort_by_key(|(_, (count, op))| (Reverse(*count), op.index));

    let mut results = Value::map([("valid?", true.into())]);
    if !classes.is_empty() {
        let exceptions = classes.iter().map(|(class, (count, op))| {
            Value::map([
                ("count", (*count).into()),
                ("class", (*class).clone()),
                ("example", op.to_edn()),
            ])
        });
        results.insert("exceptions", Value::List(exceptions.collect()));
    }
    let findings = classes.iter().map(|(class, (count, op))| {
        let (f, index) = (&op.f, op.index);
        let why = op.get("exception").map_or_else(String::new, message);
        Evidence::Statement(Statement {
            words: format!(
                "{count} operations ended with the exception {class}, first operation {index} \
                 ({f}): {why}"
            ),
            operations: vec![index],
        })
    });
    let finding = Finding::new("exceptions", "classes of exceptions", findings);
    Checked {
        valid: Validity::Valid,
        results,
        findings: match finding.count {
            0 => Vec::new(),
            _ => vec![finding],
        },
    }
}

/// The first exception of the chain that led to this one.
fn first(exception: &Value) -> &Value {
    let via = exception.get("via").and_then(Value::items);
    via.and_then(|via| via.first()).unwrap_or(exception)
}

fn class(exception: &Value) -> &Value {
    first(exception).get("type").unwrap_or(&Value::Nil)
}

fn message(exception: &Value) -> String {
    let why = (exception.get("cause")).or_else(|| first(exception).get("message"));
    let why = why.unwrap_or(exception);
    why.as_str().map_or_else(|| why.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_is_that_of_the_first_in_the_chain() {
        let history = History::read(
            r#"{:type :info, :process 0, :f :add, :value 1, :exception {:via [{:type a.B, :message "no"}]}}
               {:type :info, :process 1, :f :read, :value nil, :exception {:type :c, :cause "why"}}
               {:type :info, :process 2, :f :add, :value 2, :exception {:via [{:type a.B}]}}
               {:type :fail, :process 3, :f :add, :value 3, :exception {:via [{:type a.B}]}}
               {:type :info, :process 4, :f :add, :value 4}"#,
        );
        let checked = check(&history.unwrap());
        assert_eq!(
            checked.results.get("exceptions").unwrap().to_string(),
            "({:count 2, :class a.B, :example #jepsen.history.Op{:index 0, :time 0, :type :info, :process 0, :f :add, \
             :value 1, :exception {:via [{:type a.B, :message \"no\"}]}}} \
             {:count 1, :class :c, :example #jepsen.history.Op{:index 1, :time 0, :type :info, :process 1, :f :read, \
             :value nil, :exception {:type :c, :cause \"why\"}}})"
        );
        assert_eq!(
            checked.sentences()[0],
            "2 operations ended with the exception a.B, first operation 0 (add): no"
        );
        assert_eq!(
            check(&History::default()).results.to_string(),
            "{:valid? true}"
        );
    }
}
