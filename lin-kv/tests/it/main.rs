//! The tests of this crate, in one program, so that they are linked once.

mod broken;
mod explored;
mod faults;
mod killed;
mod mutants;
mod transcripts;
mod workload;

/// As many as `LIN_KV_SEEDS` says for whoever has the time, or else this many; or `LIN_KV_SEED`
/// alone.
#[allow(clippy::disallowed_methods)] // not what happens depends on it, but how much
fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name| {
        std::env::var(name)
            .ok()
            .and_then(|value| value.parse().ok())
    };
    match (number("LIN_KV_SEED"), number("LIN_KV_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, seeds) => 0..seeds.unwrap_or(count),
    }
}
