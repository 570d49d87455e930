//! Causal consistency by one definition each: that of convergence, and that of memory.

use super::*;

/// Whether a client has an order of all writes and of its own reads, with the causal past of
/// each in it, by which every read shows the last write, or all there were.
fn has_memory(told: &Told<'_>, session: usize) -> bool {
    fn go(told: &Told<'_>, left: &[usize], state: &BTreeMap<u64, Vec<u64>>) -> bool {
        left.is_empty()
            || left.iter().enumerate().any(|(at, next)| {
                let is_first = !left.iter().any(|other| told.views[*next][*other]);
                let op = &told.ops[*next];
                let mut state = state.clone();
                let now = state.entry(op.key).or_default();
                let is_right = match (&op.read, IS_LIST.get()) {
                    (Some(read), _) => read == now,
                    (None, is_list) => {
                        now.truncate(if is_list { now.len() } else { 0 });
                        now.push(op.value);
                        true
                    }
                };
                let mut rest = left.to_vec();
                rest.remove(at);
                is_first && is_right && go(told, &rest, &state)
            })
    }
    let is_meant = |i: &usize| told.is_write(*i) || told.ops[*i].session == session;
    let left: Vec<usize> = (0..told.ops.len()).filter(is_meant).collect();
    !told.is_impossible && go(told, &left, &BTreeMap::new())
}

/// By both definitions, whether these hold.
fn by_definition(ops: &[Op]) -> [(Model, bool); 2] {
    let told = Told::new(ops, [true; 4]);
    let reads: Vec<usize> = (0..ops.len()).filter(|i| ops[*i].read.is_some()).collect();
    [
        (Model::CausalConvergence, told.has_orders(&[reads])),
        (
            Model::CausalMemory,
            (0..3).all(|session| has_memory(&told, session)),
        ),
    ]
}

#[test]
fn of_single_operations_either_definition_is_known() {
    let rng = Rng::new(9);
    for is_list in [false, true] {
        IS_LIST.set(is_list);
        let mut counts = [[0; 2]; 2];
        for _ in 0..3 * HISTORIES {
            let ops = any(&rng, is_list, 1);
            let both = by_definition(&ops);
            for (model, holds) in both {
                let (found, words) = verdict(&ops, is_list, model);
                assert_eq!(found, Validity::from(holds), "{model} {ops:#?} {words:#?}");
            }
            counts[usize::from(both[0].1)][usize::from(both[1].1)] += 1;
        }
        assert!(counts[0][0] > 100 && counts[1][1] > 100, "{counts:?}");
    }
}

#[test]
fn of_transactions_what_is_said_holds_for_their_operations() {
    let rng = Rng::new(10);
    for is_list in [false, true] {
        IS_LIST.set(is_list);
        let mut counts = [0; 3];
        for _ in 0..HISTORIES {
            let ops = any(&rng, is_list, 3);
            for (model, holds) in by_definition(&ops) {
                let (found, words) = verdict(&ops, is_list, model);
                let is_invalid = found == Validity::Invalid;
                assert_eq!(is_invalid, !holds, "{model} {ops:#?} {words:#?}");
                counts[found as usize] += 1;
            }
        }
        assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    }
}

/// The histories of Bouajjani et al. (POPL 2017, figure 3) that tell the two apart.
#[test]
fn neither_definition_follows_from_the_other() {
    let valid = |sessions: [&str; 2], model: &str| {
        let text: String = (sessions.iter().enumerate())
            .flat_map(|(process, steps)| {
                let line = move |step: &str| {
                    format!("{{:process {process}, :type :ok, :f :txn, :value [[:{step}]]}}\n")
                };
                steps.split(", ").map(line).collect::<Vec<_>>()
            })
            .collect();
        let options = Options {
            models: model.parse().unwrap(),
            ..Options::default()
        };
        check_rw_register(&History::read(&text).unwrap(), &options).valid
    };
    // Two clients that see two writes in two orders.
    let memory = ["w 1 1, r 1 2", "w 1 2, r 1 1"];
    // The second knew of nothing of the first when it had written; its own write is the last.
    let convergent = ["w 3 1, w 1 1, w 2 1", "w 1 2, r 3 nil, r 2 1, r 1 2"];
    for (history, model, expected) in [
        (memory, "causal-memory", Validity::Valid),
        (memory, "CCv", Validity::Invalid),
        (convergent, "CM", Validity::Invalid),
        (convergent, "causal-convergence", Validity::Valid),
        (convergent, "sequential", Validity::Invalid),
    ] {
        assert_eq!(valid(history, model), expected, "{model}");
    }
}
