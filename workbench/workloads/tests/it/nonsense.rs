//! Histories that no client made: whatever is in them, every checker comes to a verdict,
//! by either rules.

use history::edn::Value;
use history::{History, Op, OpType};
use maelstrom_node::Rng;
use simulation::judge;
use verdict::{Rules, Validity};

/// How many histories are made of each workload's.
const EACH: usize = 150;
/// Only the beginnings of long ones.
const MOST_OPS: usize = 60;

/// A history with some operations lost, twice, elsewhere, of others, or with values of
/// others.
fn mutated(ops: &[Op], rng: &Rng) -> History {
    let mut ops = ops.to_vec();
    for _ in 0..1 + rng.below(6) {
        if ops.is_empty() {
            break;
        }
        let at = || rng.below(ops.len() as u64) as usize;
        let (a, b) = (at(), at());
        match rng.below(8) {
            0 => drop(ops.remove(a)),
            1 => ops.insert(b, ops[a].clone()),
            2 => ops.swap(a, b),
            3 => ops[a].value = ops[b].value.clone(),
            4 => ops[a].f = ops[b].f.clone(),
            5 => ops[a].process = ops[b].process,
            6 => {
                let types = [OpType::Invoke, OpType::Ok, OpType::Fail, OpType::Info];
                ops[a].typ = *rng.choose(&types).unwrap();
            }
            _ => {
                let odd = [
                    Value::Nil,
                    Value::Int(i64::MIN),
                    Value::BigInt("99999999999999999999".into()),
                    Value::Float(f64::NAN),
                    Value::Str("x".into()),
                    Value::from([Value::Nil, Value::Nil]),
                    Value::Map([(Value::Nil, Value::Nil)].into()),
                ];
                ops[a].value = rng.choose(&odd).unwrap().clone();
            }
        }
    }
    for (index, op) in ops.iter_mut().enumerate() {
        op.index = index;
    }
    History::new(ops)
}

#[test]
fn every_checker_has_a_verdict_on_anything() {
    let rng = Rng::new(9);
    let options = workloads::Options::default();
    let mut verdicts = [0; 3];
    for (of, _) in workloads::ALL {
        let cases = corpus::cases(of);
        for _ in 0..EACH {
            let case = rng.choose(&cases).unwrap();
            let whole = History::read(&case.history).unwrap();
            let begin = &whole.ops()[..whole.ops().len().min(MOST_OPS)];
            let history = mutated(begin, &rng);
            for (name, _) in workloads::ALL {
                // Mostly those of its own kind: others have little to judge.
                if name != of && !rng.chance(0.1) {
                    continue;
                }
                let workload = workloads::find(name, &options).unwrap();
                for rules in [Rules::Sound, Rules::Maelstrom] {
                    let checked = judge::history(&*workload, &history, None, rules);
                    let is_told = !checked.sentences().is_empty();
                    assert!(
                        checked.valid == Validity::Valid || is_told,
                        "{name} of {of}"
                    );
                    verdicts[checked.valid as usize] += 1;
                }
            }
        }
    }
    assert!(verdicts.iter().all(|count| *count > 200), "{verdicts:?}");
}
