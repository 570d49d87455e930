//! What keeps a search busy: many calls under way at a time, many without an outcome.

use rng::Rng;

use crate::calls::{Action, Call, NIL};
use crate::decide::{Answer, Start, decide};
use crate::*;

/// What ten clients do one after another with a register that is as it should be,
/// after some calls of unknown outcome, half of which take effect now and then.
fn good_calls(rng: &Rng, count: usize, values: u32, offers: usize) -> Vec<Call> {
    let value = || rng.below(u64::from(values)) as u32;
    let mut calls = Vec::new();
    let mut waiting = Vec::new();
    for invoked in 0..offers {
        let action = match rng.chance(0.5) {
            true => Action::Write(value()),
            false => Action::Cas(value(), value()),
        };
        calls.push(Call {
            action,
            invoked,
            returned: None,
        });
        waiting.extend(rng.chance(0.5).then_some(action));
    }
    let mut state = NIL;
    // The call of each client, and whether it has taken effect.
    let mut clients: [Option<(Call, bool)>; 10] = [None; 10];
    for place in offers..offers + 3 * count {
        let client = rng.below(10) as usize;
        if !waiting.is_empty() && rng.chance(0.01) {
            match waiting.swap_remove(rng.below(waiting.len() as u64) as usize) {
                Action::Write(to) => state = to,
                Action::Cas(from, to) if from == state => state = to,
                _ => {}
            }
        }
        clients[client] = match clients[client] {
            None => {
                let action = match (client < 5, rng.below(3)) {
                    (true, _) => Action::Read(NIL),
                    (_, 0) => Action::Write(value()),
                    _ => Action::Cas(value(), value()),
                };
                let (invoked, returned) = (place, None);
                let call = Call {
                    action,
                    invoked,
                    returned,
                };
                Some((call, false))
            }
            Some((mut call, false)) => match &mut call.action {
                Action::Cas(from, _) if *from != state => None,
                Action::Read(found) => {
                    *found = state;
                    Some((call, true))
                }
                Action::Write(to) | Action::Cas(_, to) => {
                    state = *to;
                    Some((call, true))
                }
            },
            Some((mut call, true)) => {
                call.returned = Some(place);
                calls.push(call);
                None
            }
        };
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

#[test]
fn many_calls_of_unknown_outcome_do_not_hide_a_stale_read() {
    for values in [5, 50] {
        let mut calls = good_calls(&Rng::new(5), 2000, values, 300);
        for (i, action) in [values, values + 1]
            .map(Action::Write)
            .into_iter()
            .enumerate()
        {
            let invoked = 10_000 + 2 * i;
            let returned = Some(invoked + 1);
            calls.push(Call {
                action,
                invoked,
                returned,
            });
        }
        calls.push(Call {
            action: Action::Read(values),
            invoked: 10_004,
            returned: Some(10_005),
        });
        let (answer, _) = decide(&calls, values as usize + 2, Start::Nil, 1 << 21);
        let stuck = calls.len() - 1;
        assert_eq!(answer, Answer::Not { stuck }, "{values} values");
    }
}

#[test]
fn an_order_is_found_among_many_calls_of_unknown_outcome() {
    for seed in 0..5 {
        let calls = good_calls(&Rng::new(seed), 2000, 5, 100);
        let (answer, _) = decide(&calls, 5, Start::Nil, 4 * MOST_WORK);
        assert_eq!(answer, Answer::Linearizable, "seed {seed}");
    }
}

#[test]
fn what_is_too_hard_is_unknown_and_says_so() {
    // Many writes of unknown outcome and reads that need some of them: whether
    // the last read fits takes counting them all.
    let rng = Rng::new(4);
    let mut calls = Vec::new();
    let call = |action, place: &mut usize, is_known: bool| {
        *place += 2;
        Call {
            action,
            invoked: *place - 1,
            returned: is_known.then_some(*place),
        }
    };
    let mut place = 0;
    for from in 0..12 {
        for to in (0..12).filter(|to| *to != from) {
            calls.push(call(Action::Cas(from, to), &mut place, false));
        }
    }
    for _ in 0..400 {
        calls.push(call(Action::Read(rng.below(12) as u32), &mut place, true));
    }
    let (answer, _) = decide(&calls, 12, Start::Nil, 1 << 16);
    assert_eq!(answer, Answer::Unknown(Limit::Work(1 << 16)));

    let wide: Vec<Call> = (0..2000)
        .map(|i| Call {
            action: Action::Write(1),
            invoked: i,
            returned: Some(10_000 + i),
        })
        .collect();
    let (answer, _) = decide(&wide, 2, Start::Nil, 1 << 16);
    assert_eq!(answer, Answer::Unknown(Limit::Width(1024)));
}

/// Calls of which all are under way at the same time, and a read after them that finds
/// what nobody wrote: all their orders would have to be tried.
fn all_at_once(count: usize) -> Vec<Call> {
    let rng = Rng::new(1);
    let value = || rng.below(5) as u32;
    let mut calls: Vec<Call> = (0..count)
        .map(|i| Call {
            action: match i % 2 {
                0 => Action::Cas(value(), value()),
                _ => Action::Write(value()),
            },
            invoked: i,
            returned: Some(count + i),
        })
        .collect();
    calls.push(Call {
        action: Action::Read(5),
        invoked: 2 * count,
        returned: Some(2 * count + 1),
    });
    calls
}

#[test]
#[ignore = "20 s: CI does it every night"]
fn a_search_ends_before_memory_does() {
    for count in [60, 100, 1000] {
        let (answer, work) = decide(&all_at_once(count), 6, Start::Nil, MOST_WORK);
        assert_eq!(answer, Answer::Unknown(Limit::Memory), "{count} calls");
        assert!(work < 2 * MOST_WORK, "{count} calls: {work}");
    }
}

/// Many keys that are too hard do not take many times as long as a few.
#[test]
#[ignore = "30 s: CI does it every night"]
fn after_enough_work_each_key_gets_little() {
    let calls = all_at_once(60);
    let (read, others) = calls.split_last().unwrap();
    let history = |keys: usize| {
        let line = |typ: &str, key: usize, i: usize, call: &Call| {
            let action = match call.action {
                Action::Read(value) => format!(":f :read, :value [{key} {value}]"),
                Action::Write(value) => format!(":f :write, :value [{key} {value}]"),
                Action::Cas(a, b) => format!(":f :cas, :value [{key} [{a} {b}]]"),
            };
            format!("{{:type :{typ}, :process {}, {action}}}\n", 100 * key + i)
        };
        let mut text = String::new();
        for key in 0..keys {
            for typ in ["invoke", "ok"] {
                for (i, call) in others.iter().enumerate() {
                    text += &line(typ, key, i, call);
                }
            }
            for typ in ["invoke", "ok"] {
                text += &line(typ, key, others.len(), read);
            }
        }
        History::read(&text).unwrap()
    };
    let told = check(&history(8), &Options::default()).sentences();
    assert_eq!(told.len(), 8);
    let memory = "there are too many orders to keep in memory";
    let little = "there are too many orders to try: no answer after 65536 steps";
    assert_eq!(told[0], format!("key 0: {memory}"));
    assert_eq!(told[7], format!("key 7: {little}"));
}
