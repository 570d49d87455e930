//! Requests that nodes never answered, of a kind of which they answered none.

use std::collections::BTreeMap;

use history::OpType;

use crate::words::{listed, with_article};
use crate::{Cause, Run};

/// Fewer requests than this say nothing.
const ENOUGH: usize = 3;

pub(crate) fn cause(run: &Run<'_>) -> Option<Cause> {
    // Of each function and node, how many arrived, and how many were answered.
    let mut asked: BTreeMap<(&str, usize), (usize, usize, usize)> = BTreeMap::new();
    for (place, op) in run.history.clients() {
        if op.typ != OpType::Invoke {
            continue;
        }
        let Some(work) = run.work(place) else {
            continue;
        };
        let node = run.name(work.node);
        let end = run.history.pair(place).map_or(i64::MAX, |end| end.time);
        if run.died(node, op.time, end) || run.is_dead(node, op.time) {
            continue;
        }
        let entry = asked.entry((&*op.f, work.node)).or_insert((0, 0, op.index));
        entry.0 += 1;
        entry.1 += usize::from(work.is_answered);
    }
    let silent: Vec<_> = (asked.iter())
        .filter(|(_, (arrived, answered, _))| *arrived > 0 && *answered == 0)
        .collect();
    let requests = |f: &str| -> usize {
        let of_it = silent.iter().filter(|((other, _), _)| *other == f);
        of_it.map(|(_, (arrived, ..))| arrived).sum()
    };
    let ((f, _), _) = silent.iter().find(|((f, _), _)| requests(f) >= ENOUGH)?;
    let of_it: Vec<_> = silent.iter().filter(|((other, _), _)| other == f).collect();
    let nodes: Vec<&str> = of_it.iter().map(|((_, node), _)| run.name(*node)).collect();
    let requests = requests(f);
    Some(Cause {
        kind: "no-reply",
        words: format!(
            "{} never answered {}: {requests} requests for one arrived, and no reply to any was sent",
            listed(&nodes),
            with_article(f),
        ),
        operations: of_it.iter().map(|(_, (_, _, first))| *first).collect(),
    })
}
