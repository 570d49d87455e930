//! Cycles: transactions each of which must come before the next, and the last
//! before the first. An arrow leads from each to the next with the reason beside
//! it, and the reads and writes that are the reason are marked.

use history::History;
use history::edn::Value;

use super::page::Page;
use super::transaction::{MOST_BOXES, Mark, Reason, Transaction, column};
use super::{Drawing, operation};

/// The cycle of a case of an anomaly; none if it is of another shape.
pub(super) fn draw(anomaly: &str, number: usize, case: &Value, more: &str) -> Option<Drawing> {
    // It ends with the transaction that it begins with.
    let (_, cycle) = case.get("cycle")?.items()?.split_last()?;
    let steps = case.get("steps")?.items()?;
    let reasons = steps.iter().map(|step| {
        let relation = relation(step);
        let why = step.get("because").and_then(Value::as_str);
        let label = format!("{relation}: {}", why.unwrap_or_default());
        (relation, label)
    });
    let ops: Vec<&Value> = cycle.iter().collect();
    Some(page(
        anomaly,
        number,
        &ops,
        steps,
        &reasons.collect::<Vec<_>>(),
        more,
    ))
}

/// The same of kafka's results, which name operations only by their indices.
pub(super) fn draw_kafka(
    anomaly: &str,
    number: usize,
    case: &Value,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let steps = case.get("steps")?.items()?;
    let ops: Option<Vec<Value>> = steps
        .iter()
        .map(|step| Some(operation(history, step.get("op")?)?.to_edn()))
        .collect();
    let ops = ops?;
    let reasons = steps.iter().enumerate().map(|(i, step)| {
        let (a, b) = (i + 1, (i + 1) % steps.len() + 1);
        let of = |key| step.get(key).unwrap_or(&Value::Nil);
        let relation = relation(step);
        let label = match &*relation {
            "wr" => format!(
                "wr: T{a} sent {} to key {}, and T{b} polled that",
                of("value"),
                of("key")
            ),
            _ => format!("{relation}: T{a} had ended when T{b} began"),
        };
        (relation, label)
    });
    let reasons: Vec<Reason> = reasons.collect();
    let ops: Vec<&Value> = ops.iter().collect();
    (!ops.is_empty()).then(|| page(anomaly, number, &ops, steps, &reasons, more))
}

fn relation(step: &Value) -> String {
    match step.get("type") {
        // It becomes a part of a class.
        Some(Value::Keyword(relation)) if relation.chars().all(|c| c.is_ascii_alphabetic()) => {
            relation.clone()
        }
        _ => "other".into(),
    }
}

fn page(
    anomaly: &str,
    number: usize,
    ops: &[&Value],
    steps: &[Value],
    reasons: &[Reason],
    more: &str,
) -> Drawing {
    let count = ops.len();
    let boxes: Vec<Transaction> = (ops.iter().enumerate())
        .take(MOST_BOXES)
        .map(|(i, op)| {
            let marks: Vec<Mark> = [
                steps.get(i).and_then(first_mark),
                steps.get((i + count - 1) % count).and_then(second_mark),
            ]
            .into_iter()
            .flatten()
            .collect();
            Transaction::new(&format!("T{}: ", i + 1), op, &marks)
        })
        .collect();
    let title = match count {
        1 => format!("{anomaly}: a transaction that would have to come before itself"),
        2 => format!("{anomaly}: two transactions, each of which would have to come first"),
        count => format!(
            "{anomaly}: {count} transactions, each before the next, and the last before the first"
        ),
    };
    let elided = match count > MOST_BOXES {
        true => format!(
            "Only the first {MOST_BOXES} are drawn; the last arrow stands for the way through \
             the other {}.",
            count - MOST_BOXES
        ),
        false => String::new(),
    };
    let mut kinds: Vec<&str> = reasons.iter().map(|(relation, _)| &**relation).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let meaning: Vec<&str> = kinds.into_iter().filter_map(meaning).collect();
    let mut page = Page::new(&title, &[meaning.join("; ") + ".", elided, more.to_owned()]);
    column(
        &mut page,
        &boxes,
        &reasons[..boxes.len().min(reasons.len())],
    );
    Drawing {
        name: format!("{anomaly}-{number}.svg"),
        title,
        svg: page.finish(),
    }
}

fn meaning(relation: &str) -> Option<&'static str> {
    Some(match relation {
        "ww" => "ww: one wrote, the other overwrote it",
        "wr" => "wr: one wrote, the other read it",
        "rw" => "rw: one read what the other then overwrote",
        "process" => "process: one client did both, one after the other",
        "realtime" => "realtime: one had ended when the other began",
        _ => return None,
    })
}

/// What a step is about in the transaction that it leads from, ...
fn first_mark(step: &Value) -> Option<Mark> {
    let is_read = match &*relation(step) {
        "rw" => true,
        "ww" | "wr" => false,
        _ => return None,
    };
    mark(step, is_read, "value")
}

/// ... and in the one that it leads to.
fn second_mark(step: &Value) -> Option<Mark> {
    match &*relation(step) {
        "wr" => mark(step, true, "value"),
        "rw" | "ww" => mark(step, false, "value'"),
        _ => None,
    }
}

fn mark(step: &Value, is_read: bool, value: &str) -> Option<Mark> {
    Some(Mark {
        is_read,
        key: step.get("key")?.clone(),
        // These are what was there before all.
        value: (step
            .get(value)
            .filter(|value| !matches!(value, Value::Nil | Value::Keyword(_))))
        .cloned(),
        is_bad: false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::drawings;
    use super::*;
    use verdict::isolation::check_rw_register;
    use verdict::isolation::model::Models;

    /// Two transactions that each read what the other wrote; the key is not a
    /// name that XML likes.
    const CYCLE: &str = r#"
        {:index 0, :type :invoke, :process 0, :f :txn, :value [[:w "<&>" 1] [:r "b" nil]]}
        {:index 1, :type :invoke, :process 1, :f :txn, :value [[:w "b" 1] [:r "<&>" nil]]}
        {:index 2, :type :ok, :process 0, :f :txn, :value [[:w "<&>" 1] [:r "b" 1] [:r "c" nil]]}
        {:index 3, :type :ok, :process 1, :f :txn, :value [[:w "b" 1] [:r "<&>" 1]]}"#;

    #[test]
    fn a_cycle_is_drawn() {
        let history = History::read(CYCLE).unwrap();
        let results = check_rw_register(&history, &Models::default().0).results;
        let drawings = drawings("txn-rw-register", &history, &results, None);
        let names: Vec<&str> = drawings.iter().map(|drawing| &*drawing.name).collect();
        assert_eq!(names, ["G1c-0.svg"]);
        assert_eq!(
            drawings[0].title,
            "G1c: two transactions, each of which would have to come first"
        );
        let svg = &drawings[0].svg;
        for part in [
            ">T1: operation 2, client 0<",
            ">write &quot;&lt;&amp;&gt;&quot;: 1<",
            ">wr: T1 wrote 1 to key &quot;&lt;&amp;&gt;&quot;, which T2 read<",
            ">wr: T2 wrote 1 to key &quot;b&quot;, which T1 read<",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert_eq!(svg.matches("class=\"proof-box\"").count(), 2);
        assert_eq!(svg.matches("class=\"proof-head proof-wr\"").count(), 2);
        // All reads and writes but that of "c".
        assert_eq!(svg.matches("class=\"proof-mark\"").count(), 4);
    }

    #[test]
    fn results_of_others_have_no_cycles() {
        let draw =
            |results: &Value| drawings("txn-rw-register", &History::default(), results, None);
        assert!(draw(&Value::map([("valid?", true.into())])).is_empty());
        let odd = Value::map([("anomalies", Value::map([("G0", Value::Int(5))]))]);
        assert!(draw(&odd).is_empty());
    }
}
