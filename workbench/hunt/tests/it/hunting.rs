//! Hunts find what is wrong, and the same hunt is the same each time.

use hunt::{Failure, Hunt, Seen};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use specimens::flood::{Fault, Flood};
use workloads::broadcast::{Broadcast, Topology};

fn flooded(config: &Config, fault: Fault) -> Simulated {
    let mut workload = Broadcast::new(Topology::Line);
    simulate(config, &mut workload, move |node| Flood::new(node, fault))
}

/// After how many runs, and which.
fn hunt(fault: Fault, most: u64) -> Option<(u64, Config)> {
    let mut hunt = Hunt::new(Config::struck(1, 3));
    while hunt.runs() < most {
        let config = hunt.next_run();
        let run = flooded(&config, fault);
        if Failure::of(&run).is_some() {
            return Some((hunt.runs(), config));
        }
        let mut seen = Seen::default();
        run.again(&mut seen);
        hunt.learn(seen);
    }
    None
}

#[test]
fn what_is_broken_is_found() {
    let (runs, config) = hunt(Fault::NoRetry, 50).expect("messages are lost");
    let again = hunt(Fault::NoRetry, 50).map(|(runs, config)| (runs, config.seed));
    assert_eq!(again, Some((runs, config.seed)));
}

/// Whatever a hunt tries comes to an end, and its schedule can be followed.
#[test]
fn every_run_of_a_hunt_can_be_followed() {
    let mut hunt = Hunt::new(Config::struck(2, 3));
    let mut situations = 0;
    for _ in 0..60 {
        let config = hunt.next_run();
        let run = flooded(&config, Fault::None);
        let again = flooded(&run.schedule().config(), Fault::None);
        assert_eq!(again.outcome.history, run.outcome.history, "{config:?}");
        let mut seen = Seen::default();
        run.again(&mut seen);
        hunt.learn(seen);
        assert!(hunt.situations() >= situations);
        situations = hunt.situations();
    }
    assert!(situations > 100, "{situations}");
}
