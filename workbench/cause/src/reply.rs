//! Echoes that are not what was sent: whose they are.

use finding::{Evidence, Finding};
use history::OpType;
use history::edn::Value;

use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let mut mismatches = finding.cases.iter().filter_map(|case| match case {
        Evidence::Mismatch(mismatch) => Some(mismatch),
        _ => None,
    });
    // What came back is what another client asks at the same time.
    let (mismatch, other) = mismatches.find_map(|mismatch| {
        let came = match &mismatch.came {
            Value::Map(_) => mismatch.came.get("echo")?,
            value => value,
        };
        let other = run.history.clients().map(|(_, op)| op).find(|op| {
            op.typ == OpType::Invoke && op.process != mismatch.sent.process && op.value == *came
        })?;
        Some((mismatch, other))
    })?;
    let count = finding.count;
    let node = run.node_of(mismatch.sent.process)?;
    let replies = match count {
        1 => "a reply holds".to_owned(),
        count => format!("{count} replies hold"),
    };
    Some(Cause {
        kind: "cause",
        words: format!(
            "{replies} what another client sent: {node} answered operation {} with what client {} had sent it with \
             operation {}, so what it keeps of a request is overwritten by the next one before it answers",
            mismatch.sent.index, other.process, other.index,
        ),
        operations: vec![mismatch.sent.index, mismatch.got.index, other.index],
    })
}
