//! Members that break a rule of durability are convicted, by what their clients saw: nothing else is
//! looked at here.

use std::time::Duration;

use lin_kv::LinKv;
use lin_kv::mutation::Mutation;
use maelstrom_node::Node;
use raft::Config as Raft;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use verdict::Validity;
use workloads::lin_kv::LinKv as Workload;

/// They die, often and many at a time, with disks that take a while.
fn deadly(seed: u64) -> Config {
    let interval = Duration::from_millis(300);
    let mut config = Config {
        concurrency: 24,
        rate: 200.0,
        time_limit: Duration::from_secs(10),
        partitions: seed.is_multiple_of(2).then_some(interval),
        node_faults: Some(NodeFaults::new([NodeFault::Kill], interval)),
        ..Config::for_nodes(3).seed(seed)
    };
    config.disk.sync = Duration::from_millis(20);
    config.network.latency.mean = Duration::from_millis(1 + seed % 5);
    config
}

fn run(config: &Config, start: impl Fn(Node, Raft) -> LinKv + Clone + 'static) -> Simulated {
    let mut workload = Workload::new(3, config.network.latency.mean);
    let raft = Raft {
        compact_after: 10,
        keep: 3,
        ..Raft::default()
    };
    simulate(config, &mut workload, move |node| start(node, raft))
}

fn is_convicted(seed: u64, rule: Mutation) -> bool {
    let simulated = run(&deadly(seed), move |node, raft| {
        LinKv::breaking(node, raft, rule)
    });
    let sentences = simulated.checked.sentences();
    let words = sentences
        .iter()
        .find(|words| words.contains("not linearizable"));
    let Some(words) = words.filter(|_| simulated.checked.valid == Validity::Invalid) else {
        return false;
    };
    let said = &sentences[0];
    eprintln!("{rule:?}, seed {seed}: {said}\n{words}");
    assert!(
        said.contains(" acknowledged operation "),
        "it says first which death it was: {said}"
    );
    true
}

#[test]
fn who_breaks_a_rule_is_convicted() {
    for rule in Mutation::ALL {
        // No workload asks without a number: its test is among the transcripts.
        if rule == Mutation::NumbersAnew {
            continue;
        }
        let is_found_out = (0..1000).any(|seed| is_convicted(seed, rule));
        assert!(is_found_out, "{rule:?} is not found out by 1000 runs");
    }
}

fn base(start: u64) -> Config {
    Config {
        concurrency: 12,
        rate: 60.0,
        ..Config::struck(start, 3)
    }
}

/// `cargo test --release --package lin-kv how_small -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_small_each_becomes() {
    let say = |rule: String, start: &dyn Fn(&Config) -> Simulated| {
        eprint!("{rule}:\n{}", hunt::how_small(base, start));
    };
    for rule in Mutation::ALL {
        if rule == Mutation::NumbersAnew {
            continue;
        }
        say(format!("{rule:?}"), &|config| {
            run(config, move |node, raft| LinKv::breaking(node, raft, rule))
        });
    }
    for rule in raft::mutation::Mutation::ALL {
        say(format!("raft's {rule:?}"), &|config| {
            run(config, move |node, raft| {
                LinKv::breaking_raft(node, raft, rule)
            })
        });
    }
}

/// `cargo test --release --package lin-kv how_soon -- --ignored --nocapture`
#[test]
#[ignore = "it is a figure, and takes minutes"]
fn how_soon_each_is_found() {
    for rule in Mutation::ALL {
        if rule == Mutation::NumbersAnew {
            continue;
        }
        let figure = hunt::how_soon(base, |config| {
            run(config, move |node, raft| LinKv::breaking(node, raft, rule))
        });
        eprintln!("{rule:?}: {figure}");
    }
    for rule in [
        raft::mutation::Mutation::VotesForAnyLog,
        raft::mutation::Mutation::ReadsUnconfirmed,
    ] {
        let figure = hunt::how_soon(base, |config| {
            run(config, move |node, raft| {
                LinKv::breaking_raft(node, raft, rule)
            })
        });
        eprintln!("raft's {rule:?}: {figure}");
    }
}
