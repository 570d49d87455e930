//! Histories as a transcript, and whether they have an order; random ones
//! against a search that tries every order there is.

use std::collections::BTreeSet;

use maelstrom_node::Rng;

use super::calls::{Action, Call, NIL};
use super::decide::{Answer, Start, decide};
use super::*;

/// A line each: process, type, function, value. The key is 0.
fn history(transcript: &str) -> History {
    let lines = transcript.lines().enumerate().map(|(time, line)| {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        let [process, typ, f, value] = words[..] else {
            panic!("expected four words, found {line}")
        };
        format!(
            "{{:time {time}000000, :process {process}, :type :{typ}, :f :{f}, :value [0 {value}]}}\n"
        )
    });
    History::read(&lines.collect::<String>()).unwrap()
}

/// The verdict, and what is said of it.
fn judge(transcript: &str) -> String {
    let checked = check(&history(transcript));
    match checked.findings.as_slice() {
        [] => format!("{:?}", checked.valid),
        findings => findings.join("\n"),
    }
}

#[test]
fn a_read_finds_what_was_written_last() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             1 invoke read nil
             1 ok read 1"
        ),
        "Valid"
    );
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             0 invoke write 2
             0 ok write 2
             1 invoke read nil
             1 ok read 1"
        ),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 writes 2 (operations 2 to 3); client 1 reads 1 (operations 4 to 5)"
    );
}

#[test]
fn a_read_during_a_write_finds_either_value_but_not_the_new_one_and_then_the_old() {
    let transcript = |first, second| {
        format!(
            "0 invoke write 1
             0 ok write 1
             0 invoke write 2
             1 invoke read nil
             1 ok read {first}
             1 invoke read nil
             1 ok read {second}
             0 ok write 2"
        )
    };
    assert_eq!(judge(&transcript(1, 1)), "Valid");
    assert_eq!(judge(&transcript(1, 2)), "Valid");
    assert_eq!(judge(&transcript(2, 2)), "Valid");
    assert_eq!(
        judge(&transcript(2, 1)),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 writes 2 (operations 2 to 7), perhaps before; client 1 reads 2 \
         (operations 3 to 4); client 1 reads 1 (operations 5 to 6)"
    );
}

#[test]
fn what_nobody_wrote_cannot_be_read() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             1 invoke read nil
             1 ok read 7
             0 invoke write 7
             0 ok write 7"
        ),
        "key 0 is not linearizable: nobody can have written this before: client 1 reads 7 \
         (operations 2 to 3)"
    );
}

#[test]
fn nil_is_the_first_value_and_always_legal_to_read() {
    assert_eq!(judge("0 invoke cas [nil 1]\n0 ok cas [nil 1]"), "Valid");
    assert_eq!(
        judge("0 invoke write 1\n0 ok write 1\n1 invoke read nil\n1 ok read nil"),
        "Valid"
    );
    assert_ne!(
        judge("0 invoke write 1\n0 ok write 1\n1 invoke cas [nil 1]\n1 ok cas [nil 1]"),
        "Valid"
    );
}

#[test]
fn of_two_cas_from_one_value_one_succeeds() {
    assert_eq!(
        judge(
            "0 invoke write 1
             0 ok write 1
             0 invoke cas [1 2]
             1 invoke cas [1 3]
             0 ok cas [1 2]
             1 ok cas [1 3]"
        ),
        "key 0 is not linearizable: whatever the value was before, no order explains these \
         operations: client 0 changes 1 to 2 (operations 2 to 4); client 1 changes 1 to 3 \
         (operations 3 to 5)"
    );
}

#[test]
fn a_failed_write_did_not_happen_and_one_without_outcome_may_have_at_any_time() {
    let transcript = |typ| {
        format!(
            "0 invoke write 1
             0 {typ} write 1
             1 invoke write 2
             1 ok write 2
             1 invoke read nil
             1 ok read 1"
        )
    };
    assert_eq!(judge(&transcript("info")), "Valid");
    assert!(judge(&transcript("fail")).contains("nobody can have written this"));
    // But only once.
    let again = "1 invoke write 2
                 1 ok write 2
                 1 invoke read nil
                 1 ok read 1";
    let verdict = judge(&format!("{}\n{again}", transcript("info")));
    assert!(
        verdict.contains("client 1 reads 1 (operations 8 to 9)"),
        "{verdict}"
    );
}

#[test]
fn each_key_is_judged_by_itself() {
    let text = "{:process 0, :type :invoke, :f :write, :value [3 1]}
                {:process 0, :type :ok, :f :write, :value [3 1]}
                {:process 1, :type :invoke, :f :read, :value [\"x\" nil]}
                {:process 1, :type :ok, :f :read, :value [\"x\" 1]}
                {:process 2, :type :invoke, :f :append, :value [4 1]}
                {:process 3, :type :invoke, :f :cas, :value [5 1]}
                {:process 3, :type :info, :f :cas, :value [5 1]}
                {:process 4, :type :ok, :f :read, :value [6 1]}";
    let checked = check(&History::read(text).unwrap());
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(
        checked.results.get("failures").unwrap().to_string(),
        "[\"x\"]"
    );
    assert_eq!(
        checked.findings,
        [
            "key \"x\" is not linearizable: nobody can have written this before: client 1 reads \
             1 (operations 2 to 3)",
            "key 4: operation 4 is append [4 1], expected a read, a write or a cas",
            "key 5: operation 5 is cas [5 1], expected [from to]",
            "key 6: operation 7 of client 4 ended, but never began",
        ]
    );
    let checked = check(&History::read("{:process 0, :type :invoke, :f :read}").unwrap());
    assert_eq!(checked.valid, Validity::Unknown);
    assert_eq!(check(&History::default()).valid, Validity::Valid);
}

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
        let Verdict::Not(proof, _) = judge_only_key(&history) else {
            continue;
        };
        proofs += 1;
        let (calls, is_early): (Vec<Call>, Vec<bool>) = proof.calls_alone().into_iter().unzip();
        let early: Vec<usize> = (0..calls.len()).filter(|i| is_early[*i]).collect();
        let all: BTreeSet<usize> = (0..calls.len()).collect();
        let found = match proof.starts_anywhere() {
            true => has_order_from_anywhere(&calls, &early),
            false => has_order(&calls, &all, NIL),
        };
        assert!(!found, "{text}{proof}");
    }
    assert!(proofs > 1000, "{proofs}");
}

fn judge_only_key(history: &History) -> Verdict<'_> {
    let mut keys = super::judge(history).unwrap();
    keys.pop()
        .map_or(Verdict::Linearizable(Value::Nil), |judged| judged.verdict)
}

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
fn a_search_ends_before_memory_does() {
    for count in [60, 100, 1000] {
        let (answer, work) = decide(&all_at_once(count), 6, Start::Nil, MOST_WORK);
        assert_eq!(answer, Answer::Unknown(Limit::Memory), "{count} calls");
        assert!(work < 2 * MOST_WORK, "{count} calls: {work}");
    }
}

/// Many keys that are too hard do not take many times as long as a few.
#[test]
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
    let told = check(&history(8)).findings;
    assert_eq!(told.len(), 8);
    let memory = "there are too many orders to keep in memory";
    let little = "there are too many orders to try: no answer after 65536 steps";
    assert_eq!(told[0], format!("key 0: {memory}"));
    assert_eq!(told[7], format!("key 7: {little}"));
}
