//! What single flags of `workbench test` take: numbers and their ranges.

#[derive(Clone, Copy, Debug)]
pub(super) enum Concurrency {
    Clients(usize),
    PerNode(usize),
}

impl std::str::FromStr for Concurrency {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.strip_suffix('n') {
            Some(number) => number.parse().map(Concurrency::PerNode),
            None => text.parse().map(Concurrency::Clients),
        };
        match parsed {
            Ok(Concurrency::Clients(1..=100_000) | Concurrency::PerNode(1..=1000)) => {
                parsed.map_err(|_| String::new())
            }
            _ => Err("expected a number such as 10, or a multiple of the nodes' such as 2n".into()),
        }
    }
}

/// A century; more is a mistake, and overflows somewhere.
const MOST_SECONDS: f64 = 3.2e9;

pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=MOST_SECONDS).contains(&number) => Ok(number),
        _ => Err("expected a number, at least 0".into()),
    }
}

pub(super) fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
        _ => Err("expected a probability, from 0 to 1".into()),
    }
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("expected a number above 0".into()),
    }
}
