//! Members that break a rule of durability are convicted, by what their clients saw: nothing else is
//! looked at here.

use std::time::Duration;

use lin_kv::LinKv;
use lin_kv::mutation::Mutation;
use raft::Config as Raft;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::run::Config;
use simulation::simulate;
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

fn is_convicted(seed: u64, rule: Mutation) -> bool {
    let config = deadly(seed);
    let mut workload = Workload::new(3, config.network.latency.mean);
    let raft = Raft {
        compact_after: 10,
        keep: 3,
        ..Raft::default()
    };
    let simulated = simulate(&config, &mut workload, move |node| {
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
