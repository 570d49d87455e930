//! What fraction of the operations succeeded, and whether that is enough.

use std::str::FromStr;

use history::edn::{Value, single};
use history::{History, OpType};

use super::{Checked, Finding, Validity};

/// How much must succeed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Availability {
    /// Every operation.
    Total,
    /// At least this fraction of them, from 0 to 1.
    AtLeast(f64),
}

/// As the flag takes it: `total`, or a number from 0 to 1.
impl FromStr for Availability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // Maelstrom reads it as EDN, so 99/100 is a number, too.
        let number = match (text.parse(), history::edn::read(text)) {
            (Ok(number), _) | (_, Ok(Value::Float(number))) => Some(number),
            _ => None,
        };
        match (text, number) {
            ("total", _) => Ok(Availability::Total),
            (_, Some(fraction)) if (0.0..=1.0).contains(&fraction) => {
                Ok(Availability::AtLeast(fraction))
            }
            _ => Err("expected 'total' or a number from 0 to 1".into()),
        }
    }
}

/// Compares the fraction with what is asked, if anything is. The fraction is
/// in single precision, as Maelstrom's: 9 of 10 are not at least 0.9.
pub fn check(history: &History, asked: Option<Availability>) -> Checked {
    let count = |typ| history.ops().iter().filter(|op| op.typ == typ).count();
    let (ok, begun) = (count(OpType::Ok), count(OpType::Invoke));
    let fraction = match begun {
        0 => 1.0,
        _ => (ok as f64 / begun as f64) as f32,
    };
    let valid = match asked {
        None => true,
        Some(Availability::Total) => fraction == 1.0,
        Some(Availability::AtLeast(least)) => least <= f64::from(fraction),
    };
    let words = match (valid, asked) {
        (false, Some(Availability::Total)) => Some(format!(
            "{ok} of {begun} operations succeeded, where all should"
        )),
        (false, Some(Availability::AtLeast(least))) => Some(format!(
            "{ok} of {begun} operations succeeded, a fraction of {fraction}, where at least \
             {least} should"
        )),
        _ => None,
    };
    let findings = words.map(|words| Finding::statement("unavailable", words));
    let shown = match begun {
        0 => Value::Int(1),
        _ => single(fraction),
    };
    Checked {
        valid: Validity::from(valid),
        results: Value::map([("valid?", valid.into()), ("ok-fraction", shown)]),
        findings: findings.into_iter().collect(),
    }
}
