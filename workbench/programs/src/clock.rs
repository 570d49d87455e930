//! What time nodes are to have, and what they run on in virtual time.

use std::time::Duration;

use simulation::host::{DiskConfig, Noise};
use simulation::run;

/// What time nodes are to have.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// Real time, whatever they are.
    Real,
    /// Virtual time, if they go in lockstep, on such machines: see [`Clock::of`].
    Virtual(Machines),
    /// Virtual time for programs that know nothing of lockstep and only react to messages:
    /// see [`Clock::reactive`].
    Reactive(Machines),
}

/// What nodes in virtual time run on, as a [`run::Config`] has it.
#[derive(Clone, Copy, Debug)]
pub struct Machines {
    /// What the nodes' random numbers follow from.
    pub(super) seed: u64,
    pub(super) noise: Noise,
    pub(super) noise_seed: u64,
    pub(super) disk: DiskConfig,
    pub(super) disk_seed: u64,
    /// Whether clocks or disks are to be wrong, as only those of virtual time can be.
    pub(super) has_virtual_faults: bool,
    /// Whether nodes are asked for their states.
    pub(super) shows_states: bool,
    /// How long one of the nodes may take for its first line, in real time.
    pub(super) patience: Duration,
}

impl Clock {
    /// Virtual time, for a run of this configuration: the nodes do just what they do in
    /// [`simulate()`](simulation::simulate()).
    pub fn of(config: &run::Config) -> Clock {
        Clock::Virtual(Machines {
            seed: !config.seed,
            noise: config.noise,
            noise_seed: config.noise_seed(),
            disk: config.disk,
            disk_seed: config.disk_seed(),
            has_virtual_faults: config.has_virtual_faults(),
            shows_states: config.states,
            patience: config.init_timeout,
        })
    }

    /// Virtual time, for a run of this configuration, of programs without timers: a node's turn
    /// ends when it has read all of its input and waits for more. Such a program is not told the
    /// time, nor given a seed or a disk. One that is found to wait for a time is
    /// [refused](crate::Programs::refused).
    pub fn reactive(config: &run::Config) -> Clock {
        match Clock::of(config) {
            Clock::Virtual(machines) => Clock::Reactive(machines),
            other => other,
        }
    }
}
