//! Which processes follow one another: after an operation with an unknown end a
//! thread goes on as process `p + concurrency`. They share a column.

use std::collections::BTreeMap;

use history::{History, OpType, Process};

/// How much is tried to find out the concurrency, in looks at a process.
const MOST_LOOKS: usize = 5_000_000;

/// What a history says of a process.
struct Life {
    /// The place of its first event.
    begin: usize,
    /// The place of the event after which it did nothing more.
    crash: Option<usize>,
}

/// How many clients a history's run had at a time, as its processes' numbers
/// tell: the least that makes every process the successor of one that had ended
/// without anyone knowing how, or one of the first.
pub(super) fn concurrency(history: &History) -> i64 {
    let mut lives: BTreeMap<i64, Life> = BTreeMap::new();
    for (place, op) in history.clients() {
        let Process::Client(process) = op.process else {
            continue;
        };
        let life = lives.entry(process).or_insert(Life {
            begin: place,
            crash: None,
        });
        if op.typ == OpType::Info {
            life.crash = Some(place);
        }
    }
    let most = lives.keys().last().copied().unwrap_or(0);
    let all = most.saturating_add(1).max(1);
    let Some((first, crash)) = lives.iter().find_map(|(p, life)| Some((*p, life.crash?))) else {
        return all;
    };
    let mut looks = 0;
    // The first of all to end so has a successor, or nobody tells.
    let later = lives.iter().filter(|(_, life)| life.begin > crash);
    let mut candidates = later.filter_map(|(p, _)| p.checked_sub(first).filter(|c| *c > 0));
    let fits = |c: &i64| {
        lives.range(*c..).all(|(p, life)| {
            looks += 1;
            let before = p.checked_sub(*c).and_then(|p| lives.get(&p));
            let crash = before.and_then(|before| before.crash);
            looks < MOST_LOOKS && crash.is_some_and(|crash| crash < life.begin)
        })
    };
    candidates.find(fits).unwrap_or(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(events: &[(i64, &str)]) -> i64 {
        let lines: String = events
            .iter()
            .map(|(p, typ)| format!("{{:process {p}, :type :{typ}, :f :x}}\n"))
            .collect();
        concurrency(&History::read(&lines).unwrap())
    }

    #[test]
    fn it_follows_from_the_successors() {
        assert_eq!(of(&[]), 1);
        let calm = [(0, "invoke"), (0, "ok"), (2, "invoke"), (2, "ok")];
        assert_eq!(of(&calm), 3);
        let crash = [
            (0, "invoke"),
            (1, "invoke"),
            (0, "info"),
            (3, "invoke"),
            (1, "ok"),
            (2, "invoke"),
            (3, "info"),
            (6, "invoke"),
            (6, "ok"),
        ];
        assert_eq!(of(&crash), 3);
        // Nobody followed it.
        assert_eq!(of(&crash[..3]), 2);
    }

    #[test]
    fn odd_numbers_are_no_trouble() {
        let far = [
            (i64::MIN, "invoke"),
            (i64::MIN, "info"),
            (i64::MAX, "invoke"),
            (-5, "invoke"),
        ];
        assert_eq!(of(&far), i64::MAX);
        assert_eq!(of(&[(-5, "invoke")]), 1);
    }
}
