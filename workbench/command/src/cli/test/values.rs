//! What single flags of `workbench test` take: numbers and their ranges, and lists.

use std::ops::RangeInclusive;

use clap::ValueEnum;
use simulation::nemesis::{Fault, Target};
use simulation::run::limits;

use super::choices::{FaultName, TargetName};

/// Several of something; to clap, a vector would be a flag given several times.
#[derive(Clone, Debug)]
pub(super) struct Several<T>(pub(super) Vec<T>);

pub(super) fn faults(text: &str) -> Result<Several<Fault>, String> {
    several::<FaultName, _>(text)
}

pub(super) fn targets(text: &str) -> Result<Several<Target>, String> {
    several::<TargetName, _>(text)
}

fn several<N: ValueEnum + Into<T>, T>(text: &str) -> Result<Several<T>, String> {
    let one = |name: &str| N::from_str(name.trim(), false).map(N::into);
    let all = text.split(',').map(one).collect::<Result<_, _>>();
    all.map(Several).map_err(|_| {
        let all = N::value_variants().iter();
        let names: Vec<_> = (all.filter_map(N::to_possible_value))
            .map(|name| name.get_name().to_owned())
            .collect();
        format!("expected some of {}, with commas between", names.join(", "))
    })
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Concurrency {
    Clients(usize),
    PerNode(usize),
}

impl Concurrency {
    /// How many clients these are with this many nodes.
    pub(super) fn clients(self, nodes: usize) -> usize {
        match self {
            Concurrency::Clients(clients) => clients,
            Concurrency::PerNode(clients) => clients.saturating_mul(nodes),
        }
    }
}

impl std::str::FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let most = *limits::CONCURRENCY.end();
        let parsed = match text.strip_suffix('n') {
            Some(number) => number.parse().map(Concurrency::PerNode),
            None => text.parse().map(Concurrency::Clients),
        };
        match parsed {
            Ok(concurrency) if (1..=most).contains(&concurrency.clients(1)) => Ok(concurrency),
            _ => Err(format!(
                "expected a number from 1 to {}, or a multiple of the nodes' such as 2n",
                limits::Number(most)
            )),
        }
    }
}

/// Operations a second.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    limits::rate(text.parse().unwrap_or(f64::NAN)).map_err(|why| expected(&why))
}

pub(super) fn time_limit(text: &str) -> Result<f64, String> {
    number(text, &limits::TIME_LIMIT, "seconds")
}

pub(super) fn nemesis_interval(text: &str) -> Result<f64, String> {
    number(text, &limits::NEMESIS_INTERVAL, "seconds")
}

pub(super) fn sync_time(text: &str) -> Result<f64, String> {
    number(text, &(0.0..=60_000.0), "milliseconds")
}

pub(super) fn init_timeout(text: &str) -> Result<f64, String> {
    number(text, &limits::INIT_TIMEOUT, "seconds")
}

pub(super) fn probability(text: &str) -> Result<f64, String> {
    number(text, &limits::PROBABILITY, "")
}

fn number(text: &str, range: &RangeInclusive<f64>, unit: &str) -> Result<f64, String> {
    let number = text.parse().unwrap_or(f64::NAN);
    limits::within(range, unit, number).map_err(|why| expected(&why))
}

/// What was expected; what was found is told beside it, as it was given.
fn expected(why: &str) -> String {
    why.split(", found").next().unwrap_or_default().to_owned()
}
