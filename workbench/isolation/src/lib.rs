//! The isolation of transactions: which anomalies a history shows, and so which
//! consistency models it does not keep to.
//!
//! Dependencies between transactions are inferred from what they read and wrote
//! (`list_append`, `rw_register`) and from when they did so (`relation`);
//! cycles of them are anomalies (`cycles`, `pattern`, `search`, `exists`),
//! and so are some reads by themselves. The theory is Adya's, the inference that of
//! Kingsbury and Alvaro ("Elle: Inferring Isolation Anomalies from Experimental
//! Observations", VLDB 2020), and the verdicts and their names are those that
//! Elle gives, set up as Maelstrom does.
//!
//! ```
//! use finding::Validity;
//! use history::History;
//! use isolation::options::Options;
//! use isolation::check_list_append;
//!
//! // A transaction reads what another appended, and that one what the first appended.
//! let history = History::read(
//!     "{:process 0, :type :invoke, :f :txn, :value [[:append 1 1] [:r 2 nil]]}
//!      {:process 1, :type :invoke, :f :txn, :value [[:append 2 1] [:r 1 nil]]}
//!      {:process 0, :type :ok, :f :txn, :value [[:append 1 1] [:r 2 [1]]]}
//!      {:process 1, :type :ok, :f :txn, :value [[:append 2 1] [:r 1 [1]]]}",
//! )?;
//! let options = Options { models: "read-committed".parse()?, ..Options::default() };
//! let checked = check_list_append(&history, &options);
//! assert_eq!(checked.valid, Validity::Invalid);
//! assert!(checked.findings[0].anomaly == "G1c");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`options`]: what is asked for, and what is known.
//! - [`model`], [`anomaly`]: which model forbids what.
//! - `sessions`: models of what clients see, from `read-your-writes` to `linearizable`.
//! - `instance`, `evidence`: what shows an anomaly.
//! - [`graph`]: what cycles are found in.

pub mod anomaly;
mod by_key;
pub mod clojure_order;
mod cycles;
mod evidence;
mod exists;
pub mod graph;
mod instance;
mod list_append;
mod lost_update;
pub mod model;
mod names;
pub mod options;
mod pattern;
mod reason;
mod relation;
mod replies;
mod rw_register;
mod search;
mod sessions;
#[cfg(test)]
mod tests;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};

use history::edn::Value;
use history::{History, Op};

use self::anomaly::{Anomaly, by_severity};
use self::graph::Graph;
use self::instance::{Instance, Teller};
use self::list_append::Lists;
use self::model::Model;
use self::options::Options;
use self::pattern::PATTERNS;
use self::reason::Reasons;
use self::relation::{Edges, TimeOrder};
use self::rw_register::Registers;
use self::sessions::{Sessions, Verdict};
use self::transaction::{Datatype, Transaction, Transactions};
use finding::{Checked, Evidence, LISTED, Reply, Rules, Validity, found};

/// Judges transactions over lists, of reads and appends.
pub fn check_list_append(history: &History, options: &Options) -> Checked {
    check(history, Datatype::List, options)
}

/// Judges transactions over registers, of reads and writes.
pub fn check_rw_register(history: &History, options: &Options) -> Checked {
    check(history, Datatype::Register, options)
}

fn check(history: &History, datatype: Datatype, options: &Options) -> Checked {
    let models = &options.models.0;
    let rules = options.rules;
    let by = |models: &[Model]| options.forbidden(models.iter().copied());
    if !rules.are_sound() {
        return judged(history, datatype, &by(models), options);
    }
    let history = &*history.completed();
    let models = models.iter().map(|model| model.judged_as());
    let (of_clients, models): (Vec<Model>, Vec<Model>) =
        models.partition(|model| sessions::is_asked(*model));
    let forbidden = by(&models);
    if of_clients.is_empty() {
        return match forbidden.is_empty() {
            true => Checked::unknown("nobody said what it is held against: no model, no anomaly"),
            false => judged(history, datatype, &forbidden, options),
        };
    }
    let transactions = match Transactions::read(history, datatype) {
        Ok(transactions) if transactions.all.is_empty() => {
            return Checked::unknown("no transaction: there is nothing to judge");
        }
        Ok(transactions) => transactions,
        Err(why) => return Checked::unknown(why),
    };
    let mut checked = match forbidden.is_empty() {
        false => judged(history, datatype, &forbidden, options),
        true => {
            let mut checked = Checked {
                valid: Validity::Valid,
                results: Value::map([("valid?", true.into())]),
                findings: Vec::new(),
            };
            tell_replies(history, &transactions, rules, &mut checked);
            checked
        }
    };
    let mut why = None;
    match Sessions::new(history, &transactions, options) {
        Err(reason) => why = Some(reason),
        Ok(sessions) => {
            for model in of_clients {
                match sessions.judge(model) {
                    Verdict::Valid => {}
                    Verdict::Invalid(finding) => {
                        checked.set(Validity::Invalid);
                        add_type(&mut checked, &finding.anomaly);
                        checked.findings.push(*finding);
                    }
                    Verdict::Unknown(reason) => why = why.or(Some(reason)),
                }
            }
        }
    }
    if let (Some(why), Validity::Valid) = (why, checked.valid) {
        checked.set_unknown(why);
    }
    checked
}

/// Says that there is an anomaly of this type as well.
fn add_type(checked: &mut Checked, name: &str) {
    let types = checked.results.get("anomaly-types").and_then(Value::items);
    let types = types.unwrap_or_default().iter().cloned();
    let mut types: Vec<Value> = types.collect();
    if !types.contains(&Value::keyword(name)) {
        types.push(Value::keyword(name));
    }
    checked.results.remove("anomaly-types");
    checked.results.insert("anomaly-types", Value::list(types));
}

/// By the absence of these anomalies.
fn judged(
    history: &History,
    datatype: Datatype,
    forbidden: &BTreeSet<Anomaly>,
    options: &Options,
) -> Checked {
    let rules = options.rules;
    let transactions = match Transactions::read(history, datatype) {
        Ok(transactions) => transactions,
        Err(why) => return Checked::unknown(why),
    };
    if rules.are_sound() && transactions.all.is_empty() {
        return Checked::unknown("no transaction: there is nothing to judge");
    }
    let time = time_order(forbidden);
    let judge = Judge {
        history,
        transactions: &transactions,
        forbidden,
        rules,
        time,
    };
    let judged = match datatype {
        Datatype::List => Lists::new(&transactions, rules).and_then(|lists| {
            let found = lists.anomalies()?;
            judge.all(&lists, lists.edges(), found)
        }),
        Datatype::Register => {
            let registers = Registers::new(&transactions, rules, time, options.keys);
            registers.and_then(|registers| {
                let found = registers.anomalies();
                judge.all(&registers, registers.edges(), found)
            })
        }
    };
    let mut checked = judged.unwrap_or_else(Checked::unknown);
    tell_replies(history, &transactions, rules, &mut checked);
    checked
}

/// The order of time that is asked for where these are forbidden.
fn time_order(forbidden: &BTreeSet<Anomaly>) -> TimeOrder {
    let forbids = |suffix| {
        let patterns = PATTERNS.iter().map(|pattern| pattern.anomaly);
        let mut variants = patterns.filter(|anomaly| anomaly.name().ends_with(suffix));
        variants.any(|anomaly| forbidden.contains(&anomaly))
    };
    // That of the clock has that of clients in it.
    if forbids("-realtime") {
        TimeOrder::Realtime
    } else if forbids("-process") {
        TimeOrder::Process
    } else {
        TimeOrder::None
    }
}

/// What anomalies are looked for in, and by what they are judged.
struct Judge<'a> {
    history: &'a History,
    transactions: &'a Transactions,
    forbidden: &'a BTreeSet<Anomaly>,
    rules: Rules,
    time: TimeOrder,
}

impl Judge<'_> {
    /// Looks for cycles, and judges all anomalies together.
    ///
    /// # Errors
    /// That there are too many dependencies.
    fn all(
        &self,
        reasons: &dyn Reasons,
        mut edges: Edges,
        found: Vec<(Anomaly, Instance)>,
    ) -> Result<Checked, String> {
        let Judge {
            history,
            transactions,
            ..
        } = *self;
        match self.time {
            TimeOrder::Realtime => relation::add_realtime_order(&mut edges, transactions),
            TimeOrder::Process => relation::add_process_order(&mut edges, transactions),
            TimeOrder::None => {}
        }
        if edges.too_many {
            return Err(format!(
                "there are more than {} dependencies between {} transactions: too many read the same \
             version of a key before others write it",
                edges.edges.len(),
                transactions.all.len()
            ));
        }
        let any = edges.any;
        let graph = Graph::new(transactions.all.len(), &edges.edges);
        drop(edges);
        let mut anomalies: BTreeMap<Anomaly, Vec<Instance>> = BTreeMap::new();
        let index = |txn: &Transaction| history.ops()[txn.place].index;
        let hash = |txn| clojure_order::hash_operation(index(txn));
        let hashes: Vec<u32> = transactions.all.iter().map(hash).collect();
        let cycles = cycles::find(&graph, &hashes, reasons);
        for (anomaly, instance) in found.into_iter().chain(cycles) {
            anomalies.entry(anomaly).or_default().push(instance);
        }
        if !any {
            anomalies.insert(Anomaly::EmptyTransactionGraph, vec![Instance::Empty]);
        }
        let teller = Teller {
            history,
            transactions,
            reasons,
        };
        Ok(results(&teller, &anomalies, self.forbidden, self.rules))
    }
}

/// Those that make a verdict unknown rather than false.
const UNKNOWN: [Anomaly; 2] = [Anomaly::EmptyTransactionGraph, Anomaly::CycleSearchTimeout];

fn results(
    teller: &Teller<'_>,
    anomalies: &BTreeMap<Anomaly, Vec<Instance>>,
    forbidden: &BTreeSet<Anomaly>,
    rules: Rules,
) -> Checked {
    let is_register = teller.transactions.datatype == Datatype::Register;
    let mut reported: Vec<Anomaly> = anomalies
        .keys()
        .filter(|anomaly| forbidden.contains(anomaly) || UNKNOWN.contains(anomaly))
        .copied()
        .collect();
    let any_forbidden = reported.iter().any(|anomaly| forbidden.contains(anomaly));
    // That there is a cycle somewhere says nothing where others say more.
    let told = reported.iter().filter(|anomaly| !anomaly.is_cycle_exists());
    let ruled_out = model::ruled_out_by(told.copied());
    reported.retain(|anomaly| {
        let model = exists::model_of(*anomaly);
        model.is_none_or(|model| !ruled_out.contains(&model))
    });
    let any_reported = !reported.is_empty();
    let valid = match is_register && !rules.are_sound() {
        true => {
            // As Maelstrom has it: nearly every history has cycles that cannot
            // be searched for in time, and none of them matters.
            reported.retain(|anomaly| *anomaly != Anomaly::CycleSearchTimeout);
            Validity::from(reported.is_empty())
        }
        false if any_forbidden => Validity::Invalid,
        false if any_reported => Validity::Unknown,
        false => Validity::Valid,
    };
    reported.sort_unstable_by_key(|anomaly| anomaly.name());
    let mut results = Value::map([("valid?", valid.to_edn())]);
    if any_reported || is_register {
        let names = reported
            .iter()
            .map(|anomaly| Value::keyword(anomaly.name()));
        results.insert("anomaly-types", Value::list(names));
    }
    if any_reported {
        let mut cases = Value::map([]);
        let mut counts = Value::map([]);
        for anomaly in &reported {
            let all = &anomalies[anomaly];
            let shown = &all[..all.len().min(LISTED)];
            cases.insert(anomaly.name(), teller.cases(*anomaly, shown));
            counts.insert(anomaly.name(), all.len().into());
        }
        results.insert("anomalies", cases);
        results.insert("anomaly-counts", counts);
        let ruled_out = model::ruled_out_by(anomalies.keys().copied());
        let [weakest, others] = model::boundary(&ruled_out);
        for (key, names) in [("not", weakest), ("also-not", others)] {
            let names = names.into_iter().map(Value::keyword);
            results.insert(key, Value::Set(names.collect()));
        }
    } else if is_register {
        results.insert("anomalies", Value::Nil);
    }
    let findings = by_severity(&reported).into_iter().filter_map(|anomaly| {
        let name = anomaly.name();
        let finding = found(name, name, &anomalies[&anomaly], |case| {
            teller.evidence(case)
        });
        // One cycle is like the other.
        finding.map(|finding| finding.telling(1))
    });
    Checked {
        valid,
        results,
        findings: findings.collect(),
    }
}

/// A read of what nobody wrote.
const GARBAGE_READ: &str = "garbage-read";

/// Adds what is wrong with replies; Elle, and so Maelstrom, lets it pass.
fn tell_replies(
    history: &History,
    transactions: &Transactions,
    rules: Rules,
    checked: &mut Checked,
) {
    let garbage = replies::garbage(transactions);
    if !garbage.is_empty() {
        let op = |case: &replies::Garbage| -> &Op {
            &history.ops()[transactions.all[case.transaction as usize].place]
        };
        let name = |case: &replies::Garbage| {
            (
                transactions.keys.value(case.key),
                transactions.values.value(case.value),
            )
        };
        let cases = garbage.iter().take(LISTED).map(|case| {
            let (key, value) = name(case);
            Value::map([
                ("key", key.clone()),
                ("value", value.clone()),
                ("op", op(case).to_edn()),
            ])
        });
        let cases = Value::Vector(cases.collect());
        checked.results.insert("garbage-reads", cases);
        let evidence = |case: &replies::Garbage| {
            let (key, value) = name(case);
            Evidence::Reply(Reply::Garbage {
                transaction: op(case).into(),
                key: key.clone(),
                value: value.clone(),
            })
        };
        let what = "values were read that nobody wrote";
        let found = found(GARBAGE_READ, what, &garbage, evidence);
        match rules {
            Rules::Maelstrom => checked.findings.extend(found),
            // No model allows it.
            Rules::Sound => {
                checked.findings.splice(0..0, found);
                checked.set(Validity::Invalid);
                add_type(checked, GARBAGE_READ);
            }
        }
    }
    let altered = replies::altered(history);
    if !altered.is_empty() {
        let cases = altered.iter().take(LISTED).map(|(asked, answered)| {
            Value::map([
                ("asked", asked.value.clone()),
                ("answered", answered.to_edn()),
            ])
        });
        let cases = Value::Vector(cases.collect());
        checked.results.insert("altered-replies", cases);
        let what = "replies are not about what was asked";
        let found = found("altered-reply", what, &altered, |(asked, answered)| {
            Evidence::Reply(Reply::Altered {
                ended: (*answered).into(),
                asked: asked.value.clone(),
                answered: answered.value.clone(),
            })
        });
        checked.findings.extend(found);
    }
}
