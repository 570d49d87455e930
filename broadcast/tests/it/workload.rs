//! The workload in virtual time: under every fault, and within the challenges'
//! limits.

use std::time::Duration;

use broadcast::{Broadcast, Options};
use simulation::host::Noise;
use simulation::network::{self, Distribution, Latency};
use simulation::run::Config;
use simulation::{Simulated, simulate};
use workloads::broadcast::{Broadcast as Workload, Topology};

const SHORT: fn() -> Options = Options::default;
const FAST: fn() -> Options = || Options::Fast;
const LONG: fn() -> Options = || Options::Within(Duration::from_millis(1900));

fn run(config: &Config, options: Options) -> Simulated {
    let mut workload = Workload::new(Topology::Grid);
    let simulated = simulate(config, &mut workload, move |node| {
        Broadcast::new(&node, options)
    });
    simulated.assert_valid();
    assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
    simulated
}

/// Challenges 3d and 3e.
fn challenge(seed: u64) -> Config {
    Config {
        rate: 100.0,
        time_limit: Duration::from_secs(20),
        network: network::Config {
            latency: Latency {
                mean: Duration::from_millis(100),
                distribution: Distribution::Constant,
            },
            ..network::Config::default()
        },
        ..Config::for_nodes(25).seed(seed)
    }
}

/// The medians, over five seeds, of these figures.
fn medians<const N: usize>(options: Options, paths: [&str; N]) -> [f64; N] {
    let runs: Vec<_> = (0..5).map(|seed| run(&challenge(seed), options)).collect();
    paths.map(|path| {
        let figures = runs.iter().map(|run| run.figure(path).expect(path));
        let mut figures: Vec<f64> = figures.collect();
        figures.sort_by(f64::total_cmp);
        figures[2]
    })
}

#[test]
fn within_the_limits_of_3d_and_3e() {
    let paths = [
        "net.servers.msgs-per-op",
        "workload.stable-latencies.0.5",
        "workload.stable-latencies.1",
    ];
    for (options, limits) in [
        (SHORT(), [0.95, 330.0, 589.0]),
        (FAST(), [12.2, 90.0, 110.0]),
        (LONG(), [0.42, 949.0, 1899.0]),
    ] {
        let found = medians(options, paths);
        eprintln!("{options:?}: {found:?}, limits {limits:?}");
        for (path, (found, limit)) in paths.iter().zip(found.iter().zip(limits)) {
            assert!(
                *found <= limit,
                "{options:?}: {path} is {found}, limit {limit}"
            );
        }
    }
}

/// How many seeds are tried on a tired machine; each night more.
#[allow(clippy::disallowed_methods)] // not what happens depends on it, but how much
fn seeds() -> u64 {
    let told = std::env::var("BROADCAST_SEEDS").ok();
    told.map_or(8, |count| {
        count.parse().expect("BROADCAST_SEEDS is a number")
    })
}

/// How many of these seeds do not stay within fly.io's limits of messages per operation, and of
/// stable latencies in the median and at most, in milliseconds: of each list of limits.
fn beyond<const N: usize>(noise: Noise, options: Options, limits: [[f64; 3]; N]) -> [u64; N] {
    let mut beyond = [0; N];
    for seed in 0..seeds() {
        let config = Config {
            noise,
            ..challenge(seed)
        };
        let simulated = run(&config, options);
        let figure = |path| simulated.figure(path).expect(path);
        let found = [
            figure("net.servers.msgs-per-op"),
            figure("workload.stable-latencies.0.5"),
            figure("workload.stable-latencies.1"),
        ];
        for (beyond, limits) in beyond.iter_mut().zip(limits) {
            let mut both = found.iter().zip(limits);
            if !both.all(|(found, limit)| *found < limit) {
                eprintln!("{noise:?}, {options:?}, seed {seed}: {found:?}, limits {limits:?}");
                *beyond += 1;
            }
        }
    }
    beyond
}

#[test]
fn the_promise_is_kept_on_a_tired_machine() {
    let light = Noise::LIGHT;
    assert_eq!(beyond(light, SHORT(), [[1.2, 400.0, 600.0]]), [0]);
    assert_eq!(beyond(light, LONG(), [[0.6, 1000.0, 2000.0]]), [0]);
    assert_eq!(beyond(Noise::BUSY, LONG(), [[20.0, 1000.0, 2000.0]]), [0]);
    // One hop: what a node has acknowledged it has sent.
    assert_eq!(beyond(Noise::BUSY, FAST(), [[30.0, 400.0, 600.0]]), [0]);
    // A node that stands still for 400 ms before anything let expect that cannot keep it: one
    // run in four may be late.
    let limits = [[30.0, 400.0, f64::MAX], [30.0, 400.0, 600.0]];
    let [median, most] = beyond(Noise::BUSY, SHORT(), limits);
    assert_eq!(median, 0);
    assert!(most * 4 <= seeds(), "{most} of {}", seeds());
}

#[test]
fn valid_whatever_the_network_does() {
    for seed in 0..200 {
        let config = Config {
            rate: 20.0,
            time_limit: Duration::from_secs(15),
            network: network::Config {
                latency: Latency {
                    mean: Duration::from_millis(seed % 70),
                    distribution: [Distribution::Constant, Distribution::Exponential]
                        [seed as usize % 2],
                },
                loss: 0.05,
                duplicate: 0.05,
                reorder: 0.05,
                ideal: seed.is_multiple_of(5),
            },
            partitions: Some(Duration::from_secs(2)),
            one_way: seed.is_multiple_of(3),
            noise: Noise::LEVELS[seed as usize / 2 % 3],
            ..Config::for_nodes(1 + seed as usize % 9).seed(seed)
        };
        run(&config, [SHORT, FAST, LONG][seed as usize % 3]());
    }
}

#[test]
fn valid_with_25_nodes_and_partitions() {
    for options in [SHORT(), FAST(), LONG()] {
        let config = Config {
            partitions: Some(Duration::from_secs(2)),
            ..challenge(1)
        };
        run(&config, options);
    }
}
