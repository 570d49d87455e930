//! Every checker beside its definition, in the simplest way there is: on small random
//! histories, of which half are of something broken, the two never contradict each other.
//!
//! - `runs`: how random histories are made.
//! - `objects`: what is linearizable, by trying all orders.
//! - `transactions`: what is serializable or has snapshots, by trying all orders.
//! - `collections`: sets, counters, ids and echoes.
//! - `logs`: kafka's errors, a kind each.
//!
//! `crate::metamorphic` has the same histories changed in ways that change no verdict.

mod collections;
mod logs;
mod objects;
mod runs;
mod transactions;

use history::History;
use history::edn;
use maelstrom_node::Rng;
use simulation::judge;
use verdict::Validity::{Invalid, Unknown, Valid};
use verdict::{Rules, Validity, models};

/// A checker, histories for it, and its definition.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    /// The workload or the model, by its name.
    pub(crate) name: &'static str,
    /// What transactions must keep to.
    pub(crate) consistency: &'static str,
    /// What registers hold at first.
    pub(crate) initial: &'static str,
    pub(crate) history: fn(&Rng) -> History,
    /// The verdicts that are right.
    right: fn(&Subject, &History) -> &'static [Validity],
    /// Of a hundred histories that are wrong, how many are found to be at least. 0: nothing is
    /// said of those.
    found: usize,
}

/// It has an explanation, but a checker need not find that there is anything to judge.
const NOT_WRONG: &[Validity] = &[Valid, Unknown];
/// It has no explanation, but that may need a search that a checker does not do.
const WRONG: &[Validity] = &[Valid, Unknown, Invalid];

impl Subject {
    /// One that is always right.
    const fn exact(
        name: &'static str,
        history: fn(&Rng) -> History,
        right: fn(&Subject, &History) -> &'static [Validity],
    ) -> Self {
        Subject {
            name,
            consistency: "strict-serializable",
            initial: "nil",
            history,
            right,
            found: 100,
        }
    }

    /// The verdict, by sound rules.
    pub(crate) fn judge(&self, history: &History) -> Validity {
        let initial = edn::read(self.initial).unwrap();
        if let Some(workload) = workloads::find(self.name, &workloads::Options::default()) {
            return judge::history(&*workload, history, None, Rules::Sound).valid;
        }
        let options = models::Options {
            initial,
            permits: Some(2),
            consistency_models: self.consistency.parse().unwrap(),
            ..models::Options::default()
        };
        let model = models::find(self.name).unwrap();
        model.check(history, &options).valid
    }

    /// What it is called when a test fails.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.name, self.consistency)
    }
}

/// All of them.
pub(crate) fn subjects() -> impl Iterator<Item = Subject> {
    let all = [
        &objects::ALL[..],
        &transactions::ALL[..],
        &collections::ALL[..],
        &logs::ALL[..],
    ];
    all.into_iter().flatten().copied()
}

/// A history as text, for whoever wants to see it.
pub(crate) fn text(history: &History) -> String {
    let mut out = Vec::new();
    history.write_edn(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_checker_agrees_with_its_definition() {
    let rounds = corpus::rounds(400);
    for subject in subjects() {
        let rng = Rng::new(29);
        let (mut verdicts, mut wrong, mut found) = ([0; 3], 0, 0);
        for _ in 0..rounds {
            let history = (subject.history)(&rng);
            let right = (subject.right)(&subject, &history);
            let valid = subject.judge(&history);
            assert!(
                right.contains(&valid),
                "{}: {valid:?}, where {right:?} is right:\n{}",
                subject.title(),
                text(&history)
            );
            verdicts[valid as usize] += 1;
            if right.contains(&Invalid) {
                wrong += 1;
                found += usize::from(valid == Invalid);
            }
        }
        let title = subject.title();
        let [valid, _, invalid] = verdicts;
        // What is asked of weaker models is only that they convict nobody.
        let has_both = valid > 0 && (invalid > 0 || subject.found == 0);
        assert!(has_both, "{title}: {verdicts:?}");
        assert!(
            found * 100 >= wrong * subject.found,
            "{title}: {found} of {wrong}"
        );
    }
}
