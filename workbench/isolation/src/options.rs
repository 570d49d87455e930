//! What transactions are held against, and what may be taken for granted of the store that
//! they ran in: the options of Elle's checkers.

use std::collections::BTreeSet;
use std::str::FromStr;

use finding::Rules;

use super::anomaly::{Anomaly, implying};
use super::model::{self, Model, Models};

/// What transactions are held against. The default is what Maelstrom asks for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// By whose rules.
    pub rules: Rules,
    /// The models that are all to hold; there may be none.
    pub models: Models,
    /// Anomalies that may not be there, whatever the models say.
    pub anomalies: Anomalies,
    /// What is known of each key by itself.
    pub keys: Keys,
}

/// What is known of each key of a store of registers by itself, though perhaps not of all
/// together. The order of its versions follows, and so dependencies that reads and writes
/// do not show; where versions come out in a circle, that is the anomaly `cyclic-versions`.
/// Lists show the order of their versions, so for them this means nothing.
///
/// That writes follow reads within a transaction (Elle's `:wfr-keys?`) is always taken for
/// granted, as Maelstrom sets Elle up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Each is sequentially consistent: no client sees an older version than it saw or
    /// wrote before (`:sequential-keys?`).
    pub are_sequential: bool,
    /// Each is linearizable: what begins when another has ended sees no older version
    /// (`:linearizable-keys?`).
    pub are_linearizable: bool,
}

/// Anomalies that are all to be absent; as a flag has them, names with commas between, and
/// spaces if one likes. An empty text is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anomalies(pub Vec<Anomaly>);

/// Further names, and what shows them: Adya's of snapshot isolation. Of GSIa, a read of
/// what was not there yet when a transaction began, no history tells.
const ALIASES: [(&str, &[Anomaly]); 3] = [
    ("GSI", &[Anomaly::GSingle]),
    ("GSIa", &[]),
    ("GSIb", &[Anomaly::GSingle]),
];

impl FromStr for Anomalies {
    type Err = String;

    /// # Errors
    /// The first name that is none, and all that are.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut anomalies = Vec::new();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let named = Anomaly::ALL.iter().find(|anomaly| anomaly.name() == name);
            let alias = || ALIASES.iter().find(|(alias, _)| *alias == name);
            match (named, alias()) {
                (Some(anomaly), _) => anomalies.push(*anomaly),
                (None, Some((_, shown_by))) => anomalies.extend(*shown_by),
                (None, None) => {
                    let known = Anomaly::ALL.iter().map(|anomaly| anomaly.name());
                    let known: Vec<&str> = known.chain(ALIASES.map(|(name, _)| name)).collect();
                    return Err(format!(
                        "{name:?} is no anomaly; expected some of {}",
                        known.join(", ")
                    ));
                }
            }
        }
        Ok(Anomalies(anomalies))
    }
}

impl Options {
    /// What may not be there, if these of the models are to hold.
    pub(super) fn forbidden(&self, models: impl IntoIterator<Item = Model>) -> BTreeSet<Anomaly> {
        let mut forbidden = model::forbidden(models);
        forbidden.append(&mut implying(self.anomalies.0.iter().copied()));
        forbidden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anomalies_are_read_by_their_names() {
        let both = Ok(Anomalies(vec![Anomaly::G0, Anomaly::LostUpdate]));
        assert_eq!("G0, lost-update".parse(), both);
        assert_eq!("".parse(), Ok(Anomalies::default()));
        assert_eq!("GSIb".parse(), Ok(Anomalies(vec![Anomaly::GSingle])));
        let error = "G0,G9".parse::<Anomalies>().unwrap_err();
        assert!(error.starts_with("\"G9\" is no anomaly; expected some of G0, "));
        for anomaly in Anomaly::ALL {
            assert_eq!(anomaly.name().parse(), Ok(Anomalies(vec![*anomaly])));
        }
    }

    #[test]
    fn an_anomaly_is_forbidden_with_what_implies_it() {
        let options = Options {
            models: Models(Vec::new()),
            anomalies: "G1c".parse().unwrap(),
            ..Options::default()
        };
        let forbidden = options.forbidden([]);
        assert!(forbidden.contains(&Anomaly::G0) && !forbidden.contains(&Anomaly::G1a));
    }
}
