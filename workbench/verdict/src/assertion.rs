//! Limits on the figures of a run: `--assert 'net.servers.msgs-per-op < 20'`.
//! What Maelstrom leaves to whoever runs it is thus part of the verdict.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use history::edn::Value;

use crate::{Checked, Finding, Validity};

/// A limit: a figure of the results, how to compare it, and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    path: String,
    operator: &'static str,
    limit: f64,
}

const OPERATORS: [&str; 5] = ["<=", ">=", "<", ">", "="];

/// A path of keys with dots between, one of `<`, `<=`, `>`, `>=` and `=`, and a
/// number.
impl FromStr for Assertion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = OPERATORS.iter().find_map(|operator| {
            let (path, limit) = text.split_once(operator)?;
            let limit: f64 = limit.trim().parse().ok()?;
            let path = path.trim().to_owned();
            (!path.is_empty() && limit.is_finite()).then_some(Assertion {
                path,
                operator,
                limit,
            })
        });
        parsed.ok_or_else(|| {
            "expected a figure, one of < <= > >= =, and a number, such as \
             'net.servers.msgs-per-op < 20'"
                .into()
        })
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.path, self.operator, self.limit)
    }
}

impl Assertion {
    fn holds(&self, found: f64) -> bool {
        match self.operator {
            "<" => found < self.limit,
            "<=" => found <= self.limit,
            ">" => found > self.limit,
            ">=" => found >= self.limit,
            _ => found == self.limit,
        }
    }
}

/// Compares the figures of results with all limits. A figure that is not there
/// breaks its limit.
pub fn check(results: &Value, assertions: &[Assertion]) -> Checked {
    let mut findings = Vec::new();
    let mut sections = Vec::new();
    for assertion in assertions {
        let found = figure(results, &assertion.path);
        let holds = found.is_some_and(|found| assertion.holds(found));
        sections.push(Value::map([
            ("assert", assertion.to_string().as_str().into()),
            ("found", found.map_or(Value::Nil, Value::Float)),
            ("valid?", holds.into()),
        ]));
        match found {
            _ if holds => {}
            Some(found) => findings.push(Finding::statement(
                "limit",
                format!("{assertion} does not hold: it is {found}"),
            )),
            None => findings.push(Finding::statement(
                "limit",
                format!(
                    "{assertion} cannot be checked: the results have no such number; those there \
                     are are in results.edn"
                ),
            )),
        }
    }
    let valid = Validity::from(findings.is_empty());
    Checked {
        valid,
        results: Value::map([("valid?", valid.to_edn()), ("assertions", sections.into())]),
        findings,
    }
}

/// A number of results by its path: keys with dots between. A key may hold dots
/// itself, such as the quantile 0.99.
pub fn figure(results: &Value, path: &str) -> Option<f64> {
    match (results, path) {
        (Value::Int(int), "") => Some(*int as f64),
        (Value::Float(float), "") => Some(*float),
        (Value::Map(entries), _) => entries.iter().find_map(|(key, value)| {
            let key = match key {
                Value::Keyword(key) => key.clone(),
                Value::Str(key) => Cow::Borrowed(&**key),
                other => Cow::Owned(other.to_string()),
            };
            match path.strip_prefix(&*key)? {
                "" => figure(value, ""),
                rest => figure(value, rest.strip_prefix('.')?),
            }
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use history::edn;

    #[test]
    fn limits_hold_or_do_not() {
        let results =
            edn::read("{:net {:servers {:msgs-per-op 19.5}}, :q {0.99 500, 1 700}, :valid? true}");
        let results = results.unwrap();
        for (assertion, valid) in [
            ("net.servers.msgs-per-op < 20", true),
            ("net.servers.msgs-per-op<=19.5", true),
            ("net.servers.msgs-per-op > 19.5", false),
            ("q.0.99 < 600", true),
            ("q.1 < 600", false),
            ("q.1 = 700", true),
            ("q >= 0", false),
            ("valid? >= 0", false),
            ("no.such < 1", false),
        ] {
            let assertions = [assertion.parse().unwrap()];
            let checked = check(&results, &assertions);
            assert_eq!(checked.valid == Validity::Valid, valid, "{assertion}");
            assert_eq!(checked.findings.is_empty(), valid);
        }
        for text in ["", "a", "a <", "< 1", "a < b", "a ~ 1"] {
            assert!(text.parse::<Assertion>().is_err(), "{text}");
        }
    }
}
