//! Logs in the style of Kafka: nothing acknowledged is lost, every offset has
//! one message for all, and whoever polls gets all there is, in order.
//!
//! What all clients saw is put together into one log per key (`log`); then
//! every send and every poll is held against it. The kinds of errors, each a key
//! of the results:
//!
//! | key | what |
//! |---|---|
//! | `lost-write` | an acknowledged message that polls went past (`loss`) |
//! | `unseen` | an acknowledged message that no poll returned up to the end |
//! | `garbage-read` | a polled message that nobody sent; Maelstrom has no verdict then |
//! | `G1a` | a polled message whose send was refused |
//! | `precommitted-read` | a transaction's poll of its own send |
//! | `inconsistent-offsets` | several messages at one offset |
//! | `duplicate` | one message at several offsets |
//! | `int-poll-skip`, `poll-skip` | a poll that leaves messages out, within itself or after the client's last (`order`) |
//! | `int-nonmonotonic-poll`, `nonmonotonic-poll` | a poll that goes back or gets the same again |
//! | `int-nonmonotonic-send`, `nonmonotonic-send` | a later send of a client at a lower offset |
//! | `G1c`, `G1c-realtime`, `...-cycle-exists` | effects before their causes (`cycles`) |
//! | `G0`, `G0-realtime` | with [`Options::ww_deps`]: sends in two orders, by two keys (`cycles`) |
//!
//! `int-send-skip` is found, but allowed: the sends of clients may alternate. So are cycles
//! that are none without the order of offsets.
//! The rules are those of Jepsen's `jepsen.tests.kafka` with `assign`, so the
//! verdicts are the same; but for this: with `:ww-deps` Jepsen allows every cycle, also one
//! of polls alone, which by [`Rules::Sound`] is as wrong with it as without.

mod action;
mod cycles;
mod lag;
mod log;
mod loss;
mod naming;
mod order;
mod report;

#[cfg(test)]
mod tests;

use action::Actions;
use cycles::{Cycle, Kind};
use history::edn::Value;
use history::{History, OpType};
use lag::Lag;
use log::Fates;
use report::{Reporter, Section};

use super::{Checked, Finding, Rules, Validity};

/// What logs are held against. The default is what Maelstrom asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// By whose rules.
    pub rules: Rules,
    /// Whether to say, too, in what order clients sent, by the offsets of what they sent:
    /// Jepsen's `:ww-deps`. Cycles of that kind are told; they are no errors, since Kafka does
    /// not isolate writes.
    pub ww_deps: bool,
}

impl From<Rules> for Options {
    fn from(rules: Rules) -> Self {
        Options {
            rules,
            ..Options::default()
        }
    }
}

/// Judges sends, polls and assignments.
///
/// ```
/// use verdict::kafka::{Options, check};
/// use verdict::{Rules, Validity};
///
/// // Two transactions each send to two keys, and are first in one of them.
/// let history = history::History::read(
///     "{:process 0, :type :invoke, :f :txn, :value [[:send :x 1] [:send :y 1]]}
///      {:process 1, :type :invoke, :f :txn, :value [[:send :x 2] [:send :y 2]]}
///      {:process 0, :type :ok, :f :txn, :value [[:send :x [0 1]] [:send :y [1 1]]]}
///      {:process 1, :type :ok, :f :txn, :value [[:send :x [1 2]] [:send :y [0 2]]]}
///      {:process 2, :type :invoke, :f :poll, :value [[:poll]]}
///      {:process 2, :type :ok, :f :poll, :value [[:poll {:x [[0 1] [1 2]], :y [[0 2] [1 1]]}]]}",
/// )?;
/// assert!(check(&history, Rules::Sound).findings.is_empty());
/// let checked = check(&history, Options { ww_deps: true, ..Options::default() });
/// assert_eq!(checked.valid, Validity::Valid);
/// assert_eq!(checked.findings[0].anomaly, "G0");
/// # Ok::<(), history::HistoryError>(())
/// ```
pub fn check(history: &History, options: impl Into<Options>) -> Checked {
    let options = options.into();
    if !options.rules.are_sound() {
        return judge(history, options).unwrap_or_else(Checked::unknown);
    }
    let is_done = |f: &str| matches!(f, "send" | "poll" | "txn");
    if !history.clients().any(|(_, op)| is_done(&op.f)) {
        return Checked::unknown("no send or poll: there is nothing to judge");
    }
    judge(&history.completed(), options).unwrap_or_else(Checked::unknown)
}

fn judge(history: &History, options: Options) -> Result<Checked, String> {
    let rules = options.rules;
    let actions = Actions::read(history)?;
    if let Some(why) = loss::sent_again(&actions).filter(|_| rules.are_sound()) {
        return Err(why);
    }
    let lag = lag::worst(history, &actions);
    let mut sections = errors(history, &actions, options)?;
    let findings = sections
        .iter_mut()
        .filter_map(|section| section.finding.take())
        .collect();
    sections.sort_by_key(|section| section.name);
    let names = |is_named: fn(&&Section) -> bool| -> Value {
        let named = sections.iter().filter(is_named);
        Value::list(named.map(|section| Value::keyword(section.name)))
    };
    let bad = names(|section| !section.is_allowed);
    let valid = match bad.items().unwrap_or_default() {
        [] => Validity::Valid,
        // That is no proof of anything.
        [only] if rules.are_sound() && *only == Value::keyword(EMPTY) => Validity::Unknown,
        _ => Validity::Invalid,
    };
    let mut results = Value::map([
        ("valid?", valid.to_edn()),
        ("worst-realtime-lag", Lag::to_edn(lag, &actions)),
        ("bad-error-types", bad),
        ("error-types", names(|_| true)),
        ("info-txn-causes", causes(history)),
    ]);
    for section in sections {
        results.insert(section.name, section.results);
    }
    Ok(Checked {
        valid,
        results,
        findings,
    })
}

/// The kinds of errors that were found, the gravest first.
fn errors(
    history: &History,
    actions: &Actions<'_>,
    options: Options,
) -> Result<Vec<Section>, String> {
    let rules = options.rules;
    let fates = &Fates::new(actions);
    let unsent = loss::unsent(actions, fates);
    let garbage = match (rules, &unsent[..]) {
        (Rules::Maelstrom, [first, ..]) => return Err(loss::no_writer(actions, first)),
        (Rules::Maelstrom, []) => Vec::new(),
        (Rules::Sound, unsent) => loss::garbage(history, actions, unsent),
    };
    let logs = &log::logs(actions, fates);
    let report = Reporter {
        actions,
        logs,
        fates,
    };
    let ordered = options.ww_deps.then_some(&logs[..]);
    let cycles = cycles::find(history, actions, fates, ordered, rules.are_sound());
    let of = |kind: Kind| -> Vec<&Cycle> {
        let cycles = cycles.cycles.iter();
        cycles.filter(|cycle| cycle.kind == kind).collect()
    };
    let exists = |name, not, kind| Reporter::cycle_exists(name, not, &of(kind), actions);
    let within_polls = order::within(actions, logs, order::POLLED);
    let within_sends = order::within(actions, logs, order::SENT);
    let polls = order::between_polls(actions, logs);
    let sends = order::between_sends(actions, logs);
    let sections = [
        report.garbage(&garbage),
        report.lost(&loss::lost(actions, logs, fates, rules)?),
        report.inconsistent_offsets(),
        report.duplicates(),
        report.aborted(&loss::aborted(actions, fates)),
        report.precommitted(&loss::precommitted(actions)),
        report.jumps("int-poll-skip", true, &within_polls.skips),
        report.jumps("int-nonmonotonic-poll", true, &within_polls.nonmonotonic),
        report.jumps("poll-skip", true, &polls.skips),
        report.jumps("nonmonotonic-poll", true, &polls.nonmonotonic),
        (report.jumps("int-send-skip", false, &within_sends.skips)).map(Section::usual),
        report.jumps("int-nonmonotonic-send", false, &within_sends.nonmonotonic),
        report.jumps("nonmonotonic-send", false, &sends.nonmonotonic),
        report.cycles(Kind::G0, &of(Kind::G0)),
        report.cycles(Kind::G0Realtime, &of(Kind::G0Realtime)),
        report.cycles(Kind::G1c, &of(Kind::G1c)),
        report.cycles(Kind::G1cRealtime, &of(Kind::G1cRealtime)),
        exists("PL-1-cycle-exists", "read-uncommitted", Kind::G0),
        exists(
            "strong-PL-1-cycle-exists",
            "strong-read-uncommitted",
            Kind::G0Realtime,
        ),
        exists("PL-2-cycle-exists", "read-committed", Kind::G1c),
        exists(
            "strong-PL-2-cycle-exists",
            "strong-read-committed",
            Kind::G1cRealtime,
        ),
        report.unseen(&loss::unseen(actions, fates)),
        cycles.is_empty.then(nothing_to_order),
    ];
    Ok(sections.into_iter().flatten().collect())
}

/// What Elle calls a history of which nothing follows on anything.
const EMPTY: &str = "empty-transaction-graph";

fn nothing_to_order() -> Section {
    let why = "no operation follows on another, so there is nothing to judge";
    Section {
        name: EMPTY,
        results: Value::map([("count", Value::Int(1)), ("errs", Value::Bool(true))]),
        finding: Some(Finding::statement(EMPTY, why)),
        is_allowed: false,
    }
}

/// Why nobody knows what came of operations, each reason once.
fn causes(history: &History) -> Value {
    let mut causes: Vec<Value> = Vec::new();
    for (_, op) in history.clients() {
        if op.typ == OpType::Info && matches!(&*op.f, "send" | "poll" | "txn") {
            let cause = op.get("error").cloned().unwrap_or_default();
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    Value::list(causes)
}
