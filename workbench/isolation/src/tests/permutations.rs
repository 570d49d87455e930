//! Small random histories, judged as whoever tries every order of their transactions.

use std::collections::BTreeMap;

use rng::Rng;

use super::*;

/// A transaction: its beginning and its end, whether it succeeded or nobody knows, and its
/// reads and writes of keys; a read with what it found.
#[derive(Clone, Debug)]
struct Txn {
    client: u64,
    begin: usize,
    end: Option<usize>,
    /// Whether it was refused at its end, and did not happen.
    is_refused: bool,
    steps: Vec<(bool, u64, Vec<u64>)>,
}

/// Whether some order of these, each after what had ended before it began, explains all
/// reads. Of what has no end nobody knows whether it happened.
fn has_order(txns: &[Txn], left: &[usize], state: &BTreeMap<u64, Vec<u64>>, is_list: bool) -> bool {
    let known = left.iter().filter_map(|i| txns[*i].end);
    let Some(first_end) = known.min() else {
        return true;
    };
    left.iter().enumerate().any(|(at, i)| {
        let txn = &txns[*i];
        if txn.begin > first_end {
            return false;
        }
        let mut state = state.clone();
        for (is_read, key, value) in &txn.steps {
            let now = state.entry(*key).or_default();
            match (is_read, is_list) {
                (true, _) if txn.end.is_none() => {}
                (true, _) if now != value => return false,
                (true, _) => {}
                (false, true) => now.extend(value),
                (false, false) => now.clone_from(value),
            }
        }
        let mut rest = left.to_vec();
        rest.remove(at);
        has_order(txns, &rest, &state, is_list)
    })
}

/// Transactions of a store that now and then reads what was there before.
fn any(rng: &Rng, is_list: bool, values: u64) -> Vec<Txn> {
    let mut states: Vec<BTreeMap<u64, Vec<u64>>> = vec![BTreeMap::new()];
    let (clients, count) = (1 + rng.below(3), 2 + rng.below(5));
    let mut next = 0;
    let mut open: Vec<Option<Txn>> = vec![None; clients as usize];
    let mut done = Vec::new();
    let mut place = 0;
    let mut begun = 0;
    while begun < count || open.iter().any(Option::is_some) {
        let client = rng.below(clients) as usize;
        match open[client].take() {
            None if begun < count => {
                begun += 1;
                open[client] = Some(Txn {
                    client: client as u64,
                    begin: place,
                    end: None,
                    is_refused: false,
                    steps: Vec::new(),
                });
            }
            None => continue,
            Some(mut txn) => {
                let mut state = states[states.len() - 1].clone();
                let old = rng.choose(&states).unwrap().clone();
                let is_stale = rng.chance(0.3);
                for _ in 0..1 + rng.below(3) {
                    let key = rng.below(2);
                    if rng.chance(0.5) {
                        let from = if is_stale { &old } else { &state };
                        let found = from.get(&key).cloned().unwrap_or_default();
                        txn.steps.push((true, key, found));
                    } else {
                        next = if next < values { next + 1 } else { 1 };
                        let now = state.entry(key).or_default();
                        match is_list {
                            true => now.push(next),
                            false => *now = vec![next],
                        }
                        txn.steps.push((false, key, vec![next]));
                    }
                }
                txn.end = (!rng.chance(0.1)).then_some(place);
                txn.is_refused = txn.end.is_some() && rng.chance(0.15);
                // Now and then it shows all the same.
                if !txn.is_refused || rng.chance(0.1) {
                    states.push(state);
                }
                done.push(txn);
            }
        }
        place += 1;
    }
    done
}

fn history_of(txns: &[Txn], is_list: bool) -> History {
    let step = |(is_read, key, value): &(bool, u64, Vec<u64>), is_asked: bool| {
        let list: Vec<String> = value.iter().map(u64::to_string).collect();
        match (is_read, is_asked, is_list) {
            (true, true, _) => format!("[:r {key} nil]"),
            (true, false, true) => format!("[:r {key} [{}]]", list.join(" ")),
            (true, false, false) => {
                format!("[:r {key} {}]", list.first().map_or("nil", |v| v))
            }
            (false, _, true) => format!("[:append {key} {}]", list[0]),
            (false, _, false) => format!("[:w {key} {}]", list[0]),
        }
    };
    let steps = |txn: &Txn, is_asked: bool| -> String {
        let steps = txn.steps.iter().map(|s| step(s, is_asked));
        steps.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (i, txn) in txns.iter().enumerate() {
        // One without an end is of a client that does nothing more.
        let process = match txn.end {
            Some(_) => txn.client,
            None => 100 + i as u64,
        };
        let line = |typ: &str, steps: String| {
            format!("{{:process {process}, :type :{typ}, :f :txn, :value [{steps}]}}\n")
        };
        lines.push((txn.begin, line("invoke", steps(txn, true))));
        match txn.end {
            Some(end) if txn.is_refused => lines.push((end, line("fail", steps(txn, true)))),
            Some(end) => lines.push((end, line("ok", steps(txn, false)))),
            None => {}
        }
    }
    lines.sort();
    let text: String = lines.into_iter().map(|(_, line)| line).collect();
    History::read(&text).unwrap()
}

/// Nothing that has an order is convicted; and hardly anything that has none is passed.
#[test]
fn what_has_an_order_is_never_convicted() {
    let rng = Rng::new(11);
    let options = Options::default();
    for is_list in [true, false] {
        let (mut good, mut bad, mut convicted) = (0, 0, 0);
        for i in 0..8000 {
            // Now and then a register gets the same value again.
            let values = if is_list || i % 4 > 0 { u64::MAX } else { 3 };
            let txns = any(&rng, is_list, values);
            let happened = |i: &usize| !txns[*i].is_refused;
            let all: Vec<usize> = (0..txns.len()).filter(happened).collect();
            let expected = has_order(&txns, &all, &BTreeMap::new(), is_list);
            let history = history_of(&txns, is_list);
            let checked = match is_list {
                true => check_list_append(&history, &options),
                false => check_rw_register(&history, &options),
            };
            match expected {
                true => {
                    good += 1;
                    let words = checked.sentences();
                    assert_ne!(checked.valid, Validity::Invalid, "{txns:#?}\n{words:#?}");
                }
                // Of those there may be no telling.
                false if values < u64::MAX => {}
                false => {
                    bad += 1;
                    convicted += usize::from(checked.valid == Validity::Invalid);
                }
            }
        }
        assert!(good > 2000 && bad > 1000, "{good} good, {bad} bad");
        assert!(convicted * 100 > bad * 90, "{convicted} of {bad} convicted");
    }
}
