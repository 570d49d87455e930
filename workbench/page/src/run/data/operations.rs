//! The operations of a page, and what the nemesis did.

use history::edn::Value;
use history::{History, Op, OpType, Process};
use picture::plot::{Fault, fault};
use serde::Serialize;
use simulation::recording::{Trouble, Wrong};

use super::{Gap, Part, Row, cut, fit, one_line};
use crate::run::Page;

/// How many characters of a value are shown; of very many operations fewer.
const MOST_CHARS: usize = 320;
const FEW_CHARS: usize = 80;
const MANY: usize = 50_000;

/// The first line of the part.
#[derive(Debug, Serialize)]
struct Columns<'a> {
    /// From when to when the history goes.
    span: [i64; 2],
    faults: Vec<Shade>,
    /// Nodes that broke the protocol or ended: which, and when.
    problems: Vec<(&'a str, i64)>,
    /// What was wrong with nodes: with which, from when to when (-1 if until the end), what,
    /// in words, and how it is drawn: 0 stands still, 1 is dead, 2 has a wrong clock, 3 has a
    /// bad disk.
    troubles: Vec<(&'a str, i64, i64, String, u8)>,
    /// How many clients there were at a time. A process that ended with an unknown
    /// outcome is replaced by the one whose number is higher by this.
    threads: usize,
    functions: Vec<&'a str>,
    gaps: &'a [Gap],
    /// Of the invocation, as in the history, as differences; of the completion, as
    /// it is, or -1 if there is none.
    index: Vec<i64>,
    end_index: Vec<i64>,
    /// As differences.
    begin: Vec<i64>,
    /// In nanoseconds; -1 if there is no completion.
    took: Vec<i64>,
    process: Vec<i64>,
    f: Vec<usize>,
    /// 0 ok, 1 info, 2 fail.
    outcome: Vec<u8>,
    /// The numbers of the messages that were its first request, as differences, and the
    /// answer to its last one, from its request; 0 for none.
    request: Vec<u64>,
    answer: Vec<u64>,
}

/// A fault while it held.
#[derive(Debug, Serialize)]
struct Shade {
    name: String,
    /// Of a partition: whom it separates.
    detail: String,
    begin: i64,
    end: i64,
}

/// An operation.
struct Operation<'a> {
    begin: &'a Op,
    end: Option<&'a Op>,
    process: i64,
    what: String,
    came: String,
}

impl Row for Operation<'_> {
    fn time(&self) -> i64 {
        self.begin.time
    }

    fn weight(&self) -> usize {
        self.what.len() + self.came.len() + 30
    }
}

/// Packs them, and says how large that became.
pub(super) fn pack(page: &Page<'_>, moments: &[i64], budget: usize) -> (Part, usize) {
    let history = page.history;
    let begun = || history.clients().filter(|(_, op)| op.typ == OpType::Invoke);
    let most = match begun().count() {
        MANY.. => FEW_CHARS,
        _ => MOST_CHARS,
    };
    let all: Vec<Operation<'_>> = begun()
        .filter_map(|(place, op)| operation(history, place, op, most))
        .collect();
    let count = all.len();
    let (text, size, kept) = fit(all, moments, budget, |rows, gaps| encode(page, rows, gaps));
    let part = Part {
        text,
        count: count as u64,
        omitted: (count - kept) as u64,
    };
    (part, size)
}

fn operation<'a>(
    history: &'a History,
    place: usize,
    op: &'a Op,
    most: usize,
) -> Option<Operation<'a>> {
    let Process::Client(process) = op.process else {
        return None;
    };
    let end = history.pair(place);
    let shown = |value: &Value| match value {
        Value::Nil => String::new(),
        value => one_line(&value.to_string(), most).into_owned(),
    };
    Some(Operation {
        begin: op,
        end,
        process,
        what: shown(&op.value),
        came: end.map_or(String::new(), |end| match end.get("error") {
            Some(error) => shown(error),
            None if end.value == op.value => String::new(),
            None => shown(&end.value),
        }),
    })
}

fn shown<'a>(trouble: Trouble<'a>) -> (&'a str, i64, i64, String, u8) {
    let drawn = match trouble.wrong {
        Wrong::Still | Wrong::Paused => 0,
        Wrong::Killed | Wrong::DiskFailed(_) => 1,
        Wrong::Clock(..) => 2,
        Wrong::Disk(_) => 3,
    };
    let ended = trouble.ended.unwrap_or(-1);
    let words = trouble.wrong.to_string();
    (trouble.node, trouble.began, ended, words, drawn)
}

fn encode(page: &Page<'_>, rows: &[Operation<'_>], gaps: &[Gap]) -> String {
    let times = || page.history.ops().iter().map(|op| op.time);
    let mut columns = Columns {
        span: [
            times().min().unwrap_or(0).min(0),
            times().max().unwrap_or(0),
        ],
        faults: fault::of_run(page.history, page.recording)
            .into_iter()
            .map(shade)
            .collect(),
        troubles: page.recording.troubles().map(shown).collect(),
        problems: page
            .problems
            .iter()
            .map(|problem| (&*problem.node, problem.time.as_nanos() as i64))
            .collect(),
        threads: page.subject.concurrency().max(1),
        functions: Vec::new(),
        gaps,
        index: Vec::new(),
        end_index: Vec::new(),
        begin: Vec::new(),
        took: Vec::new(),
        process: Vec::new(),
        f: Vec::new(),
        outcome: Vec::new(),
        request: Vec::new(),
        answer: Vec::new(),
    };
    let mut lines = String::new();
    let (mut last, mut last_index, mut last_request) = (0, 0, 0);
    for row in rows {
        let Operation { begin, end, .. } = row;
        let f = columns.functions.iter().position(|known| *known == begin.f);
        columns.f.push(f.unwrap_or_else(|| {
            columns.functions.push(&begin.f);
            columns.functions.len() - 1
        }));
        columns.index.push(begin.index as i64 - last_index);
        columns
            .end_index
            .push(end.map_or(-1, |end| end.index as i64));
        columns.begin.push(begin.time.saturating_sub(last));
        let took = end.map(|end| end.time.saturating_sub(begin.time).max(0));
        columns.took.push(took.unwrap_or(-1));
        columns.process.push(row.process);
        columns.outcome.push(match end.map(|end| end.typ) {
            Some(OpType::Ok) => 0,
            Some(OpType::Fail) => 2,
            _ => 1,
        });
        // Requests leave in the order of their operations.
        let exchange = page.recording.exchange(begin.index);
        let exchange = exchange.filter(|exchange| exchange.request > last_request);
        let request = exchange.map_or(last_request, |exchange| exchange.request);
        let answer = exchange.and_then(|exchange| exchange.answer);
        columns.request.push(request - last_request);
        let after = answer.map_or(0, |answer| answer.saturating_sub(request));
        columns.answer.push(after);
        last_request = request;
        (last, last_index) = (begin.time, begin.index as i64);
        for line in [&row.what, &row.came] {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    let mut text = serde_json::to_string(&columns).unwrap_or_default();
    text.push('\n');
    text + &lines
}

fn shade(fault: Fault) -> Shade {
    let nanoseconds = |seconds: f64| (seconds * 1e9) as i64;
    let each = || {
        let deaf = fault.deaf.iter().filter(|(_, unheard)| !unheard.is_empty());
        let words =
            deaf.map(|(node, unheard)| format!("{node} does not hear {}", unheard.join(" ")));
        words.collect::<Vec<String>>().join("; ")
    };
    let detail = fault.sides().unwrap_or_else(each);
    let detail = match (&*fault.kind, detail.is_empty()) {
        ("partition", true) => "cuts nobody off".into(),
        _ => cut(&detail, 300).into_owned(),
    };
    Shade {
        name: fault.name(),
        detail,
        begin: nanoseconds(fault.begin),
        end: nanoseconds(fault.end),
    }
}
