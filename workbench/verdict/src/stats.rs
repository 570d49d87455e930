//! How many operations ended how, by function. A function of which none ever
//! succeeded is invalid, and makes the whole so (but for a few that may all fail).

use std::collections::BTreeMap;

use history::edn::Value;
use history::{History, OpType};

use super::{Checked, Finding, Validity};

/// What kafka's clients do on purpose and without success.
const EXEMPT: [&str; 2] = ["crash", "debug-topic-partitions"];

#[derive(Clone, Copy, Default)]
struct Counts {
    ok: usize,
    fail: usize,
    info: usize,
}

impl Counts {
    fn add(&mut self, typ: OpType) {
        match typ {
            OpType::Invoke => {}
            OpType::Ok => self.ok += 1,
            OpType::Fail => self.fail += 1,
            OpType::Info => self.info += 1,
        }
    }

    fn results(self, valid: bool) -> [(&'static str, Value); 5] {
        [
            ("valid?", valid.into()),
            ("count", (self.ok + self.fail + self.info).into()),
            ("ok-count", self.ok.into()),
            ("fail-count", self.fail.into()),
            ("info-count", self.info.into()),
        ]
    }
}

/// Adds the counts to what another checker says, as `:stats` of its results. That nothing of
/// a kind succeeded is told, but is no proof of anything.
pub fn add(checked: &mut Checked, history: &History) {
    let mut stats = check(history);
    stats.set(Validity::Valid);
    checked.results.insert("stats", stats.results);
    checked.findings.extend(stats.findings);
}

/// Counts the operations of clients that ended.
pub fn check(history: &History) -> Checked {
    let mut all = Counts::default();
    let mut by_f: BTreeMap<&str, Counts> = BTreeMap::new();
    for (_, op) in history.clients().filter(|(_, op)| op.typ != OpType::Invoke) {
        all.add(op.typ);
        by_f.entry(&op.f).or_default().add(op.typ);
    }
    let mut findings = Vec::new();
    let mut valid = true;
    let mut sections = Vec::new();
    for (f, counts) in by_f {
        let succeeded = counts.ok > 0;
        if !succeeded && !EXEMPT.contains(&f) {
            valid = false;
            let Counts { fail, info, .. } = counts;
            let words = format!("not one {f} succeeded: {fail} failed, and of {info} nobody knows");
            findings.push(Finding::statement("none-succeeded", words));
        }
        sections.push((Value::keyword(f), Value::map(counts.results(succeeded))));
    }
    let mut results = Value::map(all.results(valid));
    results.insert("by-f", Value::Map(sections.into()));
    Checked {
        valid: Validity::from(valid),
        results,
        findings,
    }
}
