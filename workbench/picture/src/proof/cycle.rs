//! Cycles: transactions each of which must come before the next, and the last
//! before the first. An arrow leads from each to the next with the reason beside
//! it, and the reads and writes that are the reason are marked.

use finding::cycle::{Reason, Relation, Step};
use finding::log::{Because, Cause, Causes};
use finding::{Cycle, Operation};
use history::edn::Value;
use history::{History, Op};

use super::page::Page;
use super::transaction::{MOST_BOXES, Mark, Transaction, column};
use super::{Drawing, indexed, transaction};

/// A cycle of transactions.
pub(super) fn draw(
    anomaly: &str,
    number: usize,
    cycle: &Cycle,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let ops = ops(history, cycle.transactions.iter())?;
    let arrows = cycle.steps.iter().enumerate().map(|(at, step)| {
        let relation = step.relation;
        let because = cycle.because(at);
        Arrow {
            relation,
            label: format!("{}: {because}", relation.name()),
            marks: marks(step),
        }
    });
    Some(page(
        anomaly,
        number,
        &ops,
        &arrows.collect::<Vec<_>>(),
        more,
    ))
}

/// The same of sends and polls.
pub(super) fn draw_causes(
    anomaly: &str,
    number: usize,
    causes: &Causes,
    history: &History,
    more: &str,
) -> Option<Drawing> {
    let steps = &causes.steps;
    let ops = ops(history, steps.iter().map(|step| &step.op))?;
    let arrows = steps.iter().enumerate().map(|(i, Cause { because, .. })| {
        let (a, b) = (i + 1, (i + 1) % steps.len() + 1);
        match because {
            Because::Polled { key, message } => Arrow {
                relation: Relation::Wr,
                label: format!("wr: T{a} sent {message} to key {key}, and T{b} polled that"),
                marks: [false, true].map(|is_read| Some(mark(is_read, key, Some(message)))),
            },
            Because::Followed { key, message, next } => Arrow {
                relation: Relation::Ww,
                label: format!("ww: T{b} sent {next} to key {key} right behind T{a}'s {message}"),
                marks: [message, next].map(|message| Some(mark(false, key, Some(message)))),
            },
            Because::Ended => Arrow {
                relation: Relation::Realtime,
                label: format!("realtime: T{a} had ended when T{b} began"),
                marks: [None, None],
            },
        }
    });
    Some(page(
        anomaly,
        number,
        &ops,
        &arrows.collect::<Vec<_>>(),
        more,
    ))
}

fn ops<'a, 'b>(
    history: &'a History,
    operations: impl Iterator<Item = &'b Operation>,
) -> Option<Vec<&'a Op>> {
    let ops: Option<Vec<&Op>> = operations.map(|op| indexed(history, op.index)).collect();
    ops.filter(|ops| !ops.is_empty())
}

/// From one transaction to the next.
struct Arrow {
    relation: Relation,
    label: String,
    /// What it is about in the transaction that it leads from, and in the other.
    marks: [Option<Mark>; 2],
}

fn page(anomaly: &str, number: usize, ops: &[&Op], arrows: &[Arrow], more: &str) -> Drawing {
    let count = ops.len();
    let boxes: Vec<Transaction> = (ops.iter().enumerate())
        .take(MOST_BOXES)
        .map(|(i, op)| {
            let leaving = arrows.get(i).and_then(|arrow| arrow.marks[0].clone());
            let coming = arrows.get((i + count - 1) % count);
            let coming = coming.and_then(|arrow| arrow.marks[1].clone());
            let marks: Vec<Mark> = leaving.into_iter().chain(coming).collect();
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
    let mut kinds: Vec<Relation> = arrows.iter().map(|arrow| arrow.relation).collect();
    kinds.sort_unstable_by_key(|relation| relation.name());
    kinds.dedup();
    let meaning: Vec<&str> = kinds.into_iter().map(meaning).collect();
    let mut page = Page::new(&title, &[meaning.join("; ") + ".", elided, more.to_owned()]);
    let reasons = arrows.iter().take(boxes.len());
    let reasons: Vec<transaction::Reason> = reasons
        .map(|arrow| (arrow.relation.name(), arrow.label.clone()))
        .collect();
    column(&mut page, &boxes, &reasons);
    Drawing {
        name: format!("{anomaly}-{number}.svg"),
        title,
        svg: page.finish(),
    }
}

fn meaning(relation: Relation) -> &'static str {
    match relation {
        Relation::Ww => "ww: the other wrote over, or right behind, what one wrote",
        Relation::Wr => "wr: one wrote, the other read it",
        Relation::Rw => "rw: one read what the other then overwrote",
        Relation::Process => "process: one client did both, one after the other",
        Relation::Realtime => "realtime: one had ended when the other began",
    }
}

/// What a step is about in the transaction that it leads from, and in the one that it
/// leads to.
fn marks(step: &Step) -> [Option<Mark>; 2] {
    match &step.reason {
        Reason::Overwrites {
            key, before, value, ..
        } => {
            let is_read = step.relation == Relation::Rw;
            [
                Some(mark(is_read, key, before.as_ref())),
                Some(mark(false, key, Some(value))),
            ]
        }
        Reason::Reads { key, value, .. } => {
            [false, true].map(|is_read| Some(mark(is_read, key, Some(value))))
        }
        Reason::SameProcess | Reason::Later(_) | Reason::Unknown => [None, None],
    }
}

fn mark(is_read: bool, key: &Value, value: Option<&Value>) -> Mark {
    Mark {
        is_read,
        key: key.clone(),
        value: value.filter(|value| **value != Value::Nil).cloned(),
        is_bad: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawings;
    use super::*;
    use verdict::isolation::check_rw_register;
    use verdict::isolation::options::Options;

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
        let findings = check_rw_register(&history, &Options::default()).findings;
        let drawings = drawings(&history, &findings, None);
        let names: Vec<&str> = drawings.iter().map(|drawing| &*drawing.name).collect();
        assert_eq!(names, ["altered-reply-0.svg", "G1c-0.svg"]);
        assert_eq!(
            drawings[1].title,
            "G1c: two transactions, each of which would have to come first"
        );
        let svg = &drawings[1].svg;
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
}
