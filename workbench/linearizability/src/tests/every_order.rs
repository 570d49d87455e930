//! Random calls, judged as a search judges them that tries every order there is.

use std::collections::BTreeSet;

use finding::window::{self, Effect};
use rng::Rng;

use super::history;
use crate::calls::{Action, Call, NIL};
use crate::decide::{Answer, Start, decide};
use crate::*;

/// Whether there is an order, by trying all.
fn has_order(calls: &[Call], left: &BTreeSet<usize>, state: u32) -> bool {
    let until = left.iter().filter_map(|i| calls[*i].returned).min();
    let Some(until) = until else { return true };
    left.iter().any(|&i| {
        let call = &calls[i];
        let next = match call.action {
            _ if call.invoked > until => return false,
            Action::Read(found) if found != state => return false,
            Action::Cas(from, _) if from != state => return false,
            Action::Read(_) => state,
            Action::Write(to) | Action::Cas(_, to) => to,
        };
        let mut left = left.clone();
        left.remove(&i);
        has_order(calls, &left, next)
    })
}

/// The same from any value, where some of the calls may have been before.
fn has_order_from_anywhere(calls: &[Call], early: &[usize]) -> bool {
    (0..1 << early.len()).any(|subset: u32| {
        let is_before = |i| early.iter().position(|e| *e == i).map(|e| subset >> e & 1);
        let left = (0..calls.len()).filter(|i| is_before(*i) != Some(1));
        let left: BTreeSet<usize> = left.collect();
        (0..=12).any(|state| has_order(calls, &left, state))
    })
}

/// Calls at random: few values, much overlap, and sense in most of them.
fn any_calls(rng: &Rng, values: u32) -> Vec<Call> {
    let mut state = NIL;
    let mut open: Vec<Call> = Vec::new();
    let mut calls = Vec::new();
    let mut place = 0;
    let value = || rng.below(u64::from(values)) as u32;
    let most = 2 + rng.below(7) as usize;
    while calls.len() + open.len() < most || !open.is_empty() {
        place += 1;
        if calls.len() + open.len() < most && (open.is_empty() || rng.chance(0.6)) {
            let sensible = rng.chance(0.8);
            let action = match rng.below(4) {
                0 => Action::Write(value()),
                1 => Action::Cas(if sensible { state } else { value() }, value()),
                _ => Action::Read(if sensible { state } else { value() }),
            };
            if let Action::Write(to) | Action::Cas(_, to) = action
                && rng.chance(0.7)
            {
                state = to;
            }
            open.push(Call {
                action,
                invoked: place,
                returned: None,
            });
            continue;
        }
        let mut call = open.remove(rng.below(open.len() as u64) as usize);
        let is_known = rng.chance(0.7) || matches!(call.action, Action::Read(_));
        call.returned = is_known.then_some(place);
        calls.push(call);
    }
    calls.sort_by_key(|call| call.invoked);
    calls
}

#[test]
fn the_verdict_is_that_of_trying_every_order() {
    let rng = Rng::new(1);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..20_000 {
        let values = 2 + rng.below(3) as u32;
        let calls = any_calls(&rng, values);
        let all: BTreeSet<usize> = (0..calls.len()).collect();
        let returns = calls.iter().filter_map(|call| call.returned);
        let first_return = returns.min().unwrap_or(usize::MAX);
        let early = |i: &usize| calls[*i].invoked < first_return && calls[*i].returned.is_some();
        let mut early: Vec<usize> = (0..calls.len()).filter(early).collect();
        early.truncate(rng.below(4) as usize);
        let pending = early.len();
        for start in [Start::Nil, Start::Anything { pending }] {
            let expected = match start {
                Start::Nil => has_order(&calls, &all, NIL),
                Start::Anything { .. } => has_order_from_anywhere(&calls, &early),
            };
            let (answer, _) = decide(&calls, values as usize, start, 1 << 20);
            let found = match answer {
                Answer::Linearizable => true,
                Answer::Not { .. } => false,
                Answer::Unknown(limit) => panic!("{limit:?}: {calls:?}"),
            };
            assert_eq!(found, expected, "{start:?} {calls:?}");
            match expected {
                true => good += 1,
                false => bad += 1,
            }
        }
    }
    assert!(good > 5000 && bad > 5000, "{good} good, {bad} bad");
}

/// Each search by itself agrees, where it has an answer at all.
#[test]
fn every_search_comes_to_the_same_answer() {
    use super::beam::Beam;
    use super::bits::Bits;
    use super::frontier::Configuration;
    use super::multisets::Multisets;
    use super::search::{Ended, Search};
    use super::trace::{Detail, Trace};
    use super::{depth_first::DepthFirst, sweep::Sweep};

    let rng = Rng::new(2);
    let mut convicted = [0; 2];
    for _ in 0..10_000 {
        let calls = any_calls(&rng, 4);
        let all: BTreeSet<usize> = (0..calls.len()).collect();
        let expected = has_order(&calls, &all, NIL);
        let trace = |detail| Trace::<16>::new(&calls, 4, detail).unwrap();
        let start = [Configuration {
            step: 0,
            state: NIL,
            used: Multisets::EMPTY,
            done: Bits::EMPTY,
        }];
        let is_good =
            |search: &mut dyn Search| search.run(1 << 20).unwrap() == Some(Ended::Linearizable);
        let exact = trace(Detail::Exact);
        assert_eq!(is_good(&mut Sweep::new(&exact, start, 1 << 20)), expected);
        assert_eq!(
            is_good(&mut DepthFirst::new(&exact, start, 1 << 20)),
            expected
        );
        assert_eq!(is_good(&mut Beam::new(&exact, start, 1 << 20)), expected);
        for (convicted, detail) in convicted
            .iter_mut()
            .zip([Detail::ByValue, Detail::Unlimited])
        {
            let trace = trace(detail);
            let passes = is_good(&mut Sweep::new(&trace, start, 1 << 20));
            assert!(passes || !expected, "{detail:?} {calls:?}");
            *convicted += usize::from(!passes);
        }
    }
    assert!(
        convicted[0] > convicted[1] && convicted[1] > 1000,
        "{convicted:?}"
    );
}

/// Random garbage as a history: a proof's operations have no order either, and
/// there is a proof for each conviction.
#[test]
fn a_proof_is_one_for_whoever_sees_only_its_operations() {
    let rng = Rng::new(3);
    let mut proofs = 0;
    for _ in 0..3000 {
        let clients = 2 + rng.below(4);
        let mut text = String::new();
        let mut open: Vec<Option<String>> = vec![None; clients as usize];
        let mut epoch = vec![0; clients as usize];
        for _ in 0..10 + rng.below(60) {
            let client = rng.below(clients) as usize;
            let process = client as u64 + clients * epoch[client];
            let (a, b) = (rng.below(3), rng.below(3));
            match open[client].take() {
                None => {
                    let op = match rng.below(3) {
                        0 => "read nil".to_owned(),
                        1 => format!("write {a}"),
                        _ => format!("cas [{a} {b}]"),
                    };
                    text += &format!("{process} invoke {op}\n");
                    open[client] = Some(op);
                }
                Some(op) if rng.chance(0.1) => {
                    text += &format!("{process} info {op}\n");
                    epoch[client] += 1;
                }
                Some(op) if op == "read nil" => text += &format!("{process} ok read {a}\n"),
                Some(op) if op.starts_with('c') && rng.chance(0.6) => {
                    text += &format!("{process} fail {op}\n");
                }
                Some(op) => text += &format!("{process} ok {op}\n"),
            }
        }
        let history = history(&text);
        let Verdict::Not(Failure { window, .. }) = judge_only_key(&history) else {
            continue;
        };
        proofs += 1;
        let calls: Vec<Call> = window.calls.iter().map(call).collect();
        let effects = window.calls.iter().map(|call| call.effect);
        let is_early: Vec<bool> = effects.map(|e| e == Effect::PerhapsBefore).collect();
        let early: Vec<usize> = (0..calls.len()).filter(|i| is_early[*i]).collect();
        let all: BTreeSet<usize> = (0..calls.len()).collect();
        let found = match window.before {
            None => has_order_from_anywhere(&calls, &early),
            Some(_) => has_order(&calls, &all, NIL),
        };
        assert!(!found, "{text}{window}");
    }
    assert!(proofs > 1000, "{proofs}");
}

/// A call as the evidence has it, for whoever knows no others.
fn call(call: &window::Call) -> Call {
    let id = |value: &Value| value.as_int().map_or(NIL, |int| NIL + 1 + int as u32);
    Call {
        action: match &call.action {
            window::Action::Read(found) => Action::Read(id(found)),
            window::Action::Write(to) => Action::Write(id(to)),
            window::Action::Cas(from, to) => Action::Cas(id(from), id(to)),
        },
        invoked: call.began.0,
        returned: call.ended.map(|(index, _)| index),
    }
}

fn judge_only_key(history: &History) -> Verdict {
    let mut keys = crate::judge(history, Shape::Keyed, &Value::Nil).unwrap();
    keys.pop()
        .map_or(Verdict::Linearizable(Value::Nil), |judged| judged.verdict)
}
