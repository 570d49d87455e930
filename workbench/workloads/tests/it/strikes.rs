//! Nodes that are killed, paused, and have clocks and disks that are wrong: what a node
//! promises that syncs first is kept, and what one promises that does not is lost, and the
//! run says who died.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use history::edn::Value;
use history::{OpType, Process};
use maelstrom_node::disk::{Disk, Log};
use maelstrom_node::{Node, NodeId, Result, Server};
use serde::{Deserialize, Serialize};
use simulation::host::{Health, Noise};
use simulation::nemesis::{Moment, NodeFault, NodeFaults, Rule, Target};
use simulation::recording::{Recording, Wrong};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use specimens::registers::{self, Registers};
use verdict::Validity;
use workloads::g_set::GSet;

/// A set on one node, on its disk.
struct Set {
    disk: Disk,
    log: Log<i64>,
    seen: RefCell<BTreeSet<i64>>,
    /// Whether it answers when it has synced, and not before.
    is_patient: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    Add { element: i64 },
    Read,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Response {
    AddOk,
    ReadOk { value: BTreeSet<i64> },
}

impl Set {
    fn start(node: &Node, is_patient: bool) -> Set {
        let disk = node.disk();
        let (log, seen) = disk.log("set");
        let seen = RefCell::new(seen.into_iter().collect());
        Set {
            disk,
            log,
            seen,
            is_patient,
        }
    }
}

impl Server for Set {
    type Request = Request;
    type Response = Response;

    async fn handle(&self, request: Request, _from: &NodeId) -> Result<Response> {
        match request {
            Request::Add { element } => {
                self.log.append(&element);
                if self.is_patient {
                    self.disk.sync().await;
                }
                self.seen.borrow_mut().insert(element);
                Ok(Response::AddOk)
            }
            Request::Read => Ok(Response::ReadOk {
                value: self.seen.borrow().clone(),
            }),
        }
    }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// One node, ten additions a second for ten seconds, with these faults each second.
fn config(seed: u64, kinds: impl IntoIterator<Item = NodeFault>) -> Config {
    Config {
        rate: 10.0,
        concurrency: 20,
        time_limit: Duration::from_secs(10),
        noise: Noise::LEVELS[seed as usize % 3],
        node_faults: Some(NodeFaults::new(kinds, Duration::from_secs(1))),
        ..Config::for_nodes(1).seed(seed)
    }
}

fn run(config: &Config, is_patient: bool) -> Simulated {
    let start = move |node: Node| Set::start(&node, is_patient);
    simulate(config, &mut GSet::default(), start)
}

const HONEST: [NodeFault; 4] = [
    NodeFault::Kill,
    NodeFault::Pause,
    NodeFault::Clock,
    NodeFault::Disk,
];

#[test]
fn who_syncs_before_it_answers_loses_nothing() {
    let (mut restarts, mut kept) = (0, 0.0);
    for seed in 0..50 {
        let simulated = run(&config(seed, HONEST), true);
        simulated.assert_valid();
        let ops = simulated.outcome.history.ops().iter();
        let nemesis = ops.filter(|op| op.process == Process::Nemesis && &*op.f == "start");
        restarts += nemesis.count();
        kept += simulated.figure("workload.stable-count").unwrap();
    }
    assert!(restarts > 200 && kept > 400.0, "{restarts}, {kept}");
}

#[test]
fn who_answers_before_it_syncs_is_convicted() {
    let lost = (0..50).filter(|seed| {
        let simulated = run(&config(*seed, [NodeFault::Kill]), false);
        simulated.checked.valid == Validity::Invalid
    });
    assert!(lost.count() > 25);
}

#[test]
fn no_node_keeps_a_promise_on_a_disk_that_lies() {
    let kinds = [NodeFault::Kill, NodeFault::LostWrites];
    let lost = (0..50).filter(|seed| {
        let simulated = run(&config(*seed, kinds), true);
        simulated.checked.valid == Validity::Invalid
    });
    assert!(lost.count() > 10);
}

/// No noise, no chance: the third addition, and what happens to it.
fn at_the_third(rule: Rule) -> Config {
    Config {
        rules: vec![rule],
        noise: Noise::NONE,
        node_faults: None,
        ..config(1, [])
    }
}

fn third_write() -> Moment {
    Moment::Writes {
        node: 0,
        file: "set.log".to_owned(),
        nth: 3,
    }
}

#[test]
fn a_rule_strikes_between_a_write_and_its_answer() {
    let rule = Rule::new(third_write(), NodeFault::Kill, vec![0]).lasts(millis(200));
    let simulated = run(&at_the_third(rule), true);
    simulated.assert_valid();
    let mut recording = Recording::default();
    let outcome = simulated.again(&mut recording);
    let troubles: Vec<_> = recording.troubles().collect();
    assert_eq!(troubles.len(), 1);
    let killed = &troubles[0];
    assert_eq!((killed.node, killed.wrong), ("n0", &Wrong::Killed));
    assert_eq!(killed.ended.unwrap() - killed.began, 200_000_000);
    // It had answered two, and never answered the third.
    let ops = outcome.history.ops().iter();
    let adds = ops.filter(|op| &*op.f == "add" && op.typ != OpType::Invoke);
    let before = adds.filter(|op| op.time <= killed.began);
    assert_eq!(before.filter(|op| op.typ == OpType::Ok).count(), 2);
    let adds = outcome.history.ops().iter().filter(|op| &*op.f == "add");
    let open: Vec<i64> = adds
        .filter(|op| op.typ == OpType::Info)
        .filter_map(|op| op.value.as_int())
        .collect();
    assert!(open.contains(&2), "{open:?}");
}

#[test]
fn a_rule_strikes_between_an_answer_and_its_sync() {
    let moment = Moment::Sends {
        node: 0,
        kind: "add_ok".to_owned(),
        nth: 3,
    };
    let outcomes = (0..20).map(|seed| {
        let rule = Rule::new(moment.clone(), NodeFault::Kill, vec![0]).lasts(millis(200));
        let config = at_the_third(rule).seed(seed);
        run(&config, true).assert_valid();
        let hasty = run(&config, false);
        let is_convicted = hasty.checked.valid == Validity::Invalid;
        if is_convicted {
            hasty.assert_invalid("(add) at ");
            hasty.assert_invalid("what it had written to its disk since ");
        }
        is_convicted
    });
    let convicted = outcomes.filter(|convicted| *convicted).count();
    assert!(convicted > 5, "{convicted}");
}

#[test]
fn a_node_whose_disk_fails_ends_and_comes_back_when_it_is_well() {
    for (health, said) in [
        (Health::Full, "no space left on device"),
        (Health::Failing, "input/output error"),
    ] {
        let rule = Rule::new(third_write(), NodeFault::Disk, vec![0]);
        let simulated = run(&at_the_third(rule.health(health)), true);
        simulated.assert_valid();
        let mut recording = Recording::default();
        let _ = simulated.again(&mut recording);
        let failed = recording
            .troubles()
            .find_map(|trouble| match trouble.wrong {
                Wrong::DiskFailed(why) => Some(why.clone()),
                _ => None,
            });
        assert!(
            failed.as_ref().is_some_and(|why| why.contains(said)),
            "{failed:?}"
        );
    }
}

#[test]
fn a_paused_node_says_nothing_and_then_goes_on() {
    let rule = Rule::new(Moment::At(millis(2000)), NodeFault::Pause, vec![0]).lasts(millis(1500));
    let simulated = run(&at_the_third(rule), true);
    simulated.assert_valid();
    let mut recording = Recording::default();
    let outcome = simulated.again(&mut recording);
    let n0 = recording.endpoints().iter().position(|name| name == "n0");
    let said = recording
        .messages()
        .filter(|message| Some(message.src) == n0);
    let silent = 2_000_000_000..3_500_000_000;
    let said: Vec<i64> = said.map(|message| message.sent).collect();
    assert!(!said.iter().any(|time| silent.contains(time)), "{said:?}");
    // The three clients, and nobody gave up.
    let waited = said
        .iter()
        .filter(|time| (silent.end..silent.end + 5_000_000).contains(*time));
    let waited = waited.count();
    assert!(waited >= 3, "{waited}");
    let clients = outcome
        .history
        .ops()
        .iter()
        .filter(|op| op.process != Process::Nemesis);
    assert_eq!(clients.filter(|op| op.typ == OpType::Info).count(), 0);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..5 {
        let config = config(seed, NodeFault::ALL);
        let first = run(&config, true);
        let second = run(&config, true);
        assert!(first.outcome.history == second.outcome.history);
        assert_eq!(first.checked.results, second.checked.results);
    }
}

/// All others ask the first node, and it answers: that is seen, and nobody had to say so.
#[test]
fn primaries_are_those_through_whom_everything_goes() {
    let faults = NodeFaults {
        targets: vec![Target::Primaries],
        ..NodeFaults::new([NodeFault::Pause], Duration::from_secs(1))
    };
    let config = Config {
        rate: 50.0,
        concurrency: 10,
        time_limit: Duration::from_secs(30),
        node_faults: Some(faults),
        ..Config::for_nodes(5).seed(1)
    };
    let mut workload = workloads::lin_kv::LinKv::new(5, Duration::ZERO);
    let run = simulate(&config, &mut workload, |node| {
        Registers::new(node, registers::Fault::None)
    });
    let mut struck = Vec::new();
    for op in run.outcome.history.ops() {
        if op.f == "pause"
            && let Value::Map(nodes) = &op.value
        {
            struck.extend(nodes.iter().filter_map(|(name, _)| name.as_str()));
        }
    }
    let first = struck.iter().filter(|name| **name == "n0").count();
    assert!(
        struck.len() > 8 && first * 10 >= struck.len() * 9,
        "{struck:?}"
    );
}
