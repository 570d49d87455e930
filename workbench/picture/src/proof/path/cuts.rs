//! What the nemesis did while an element was on its way: when a fault held, and
//! who did not hear whom.

use history::edn::Value;
use history::{History, Process};

use crate::plot::fault::faults;

/// The faults of a history.
pub(super) struct Cuts {
    /// From when to when, in nanoseconds, and what.
    held: Vec<(i64, i64, String)>,
    /// When it changed who does not hear whom: pairs of a source and a
    /// destination.
    deaf: Vec<(i64, Vec<(String, String)>)>,
}

impl Cuts {
    pub(super) fn new(history: &History) -> Self {
        let held = faults(history).into_iter().map(|fault| {
            let name = match fault.detail {
                Some(detail) => format!("{}: {detail}", fault.kind),
                None => fault.kind,
            };
            ((fault.begin * 1e9) as i64, (fault.end * 1e9) as i64, name)
        });
        let nemesis = history
            .ops()
            .iter()
            .filter(|op| op.process == Process::Nemesis);
        let deaf = nemesis.filter_map(|op| match (&*op.f, op.value.items()) {
            ("start-partition", Some([_, Value::Map(deaf)])) => Some((op.time, pairs(deaf))),
            ("stop-partition", _) => Some((op.time, Vec::new())),
            _ => None,
        });
        Cuts {
            held: held.collect(),
            deaf: deaf.collect(),
        }
    }

    /// The fault that holds at this time, if there is one.
    pub(super) fn at(&self, time: i64) -> Option<&str> {
        let mut held = self.held.iter();
        let fault = held.find(|(from, to, _)| (from..to).contains(&&time))?;
        Some(&fault.2)
    }

    /// Whether one does not hear the other at this time.
    pub(super) fn cut(&self, time: i64, src: &str, dest: &str) -> bool {
        let before = self.deaf.iter().rev().find(|(from, _)| *from <= time);
        before.is_some_and(|(_, pairs)| pairs.iter().any(|(s, d)| s == src && d == dest))
    }
}

/// A map from each node to those whom it does not hear, as pairs of a source and
/// a destination.
fn pairs(deaf: &[(Value, Value)]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (dest, unheard) in deaf {
        for src in unheard.items().unwrap_or_default() {
            if let (Some(src), Some(dest)) = (src.as_str(), dest.as_str()) {
                pairs.push((src.to_owned(), dest.to_owned()));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_cuts_who_does_not_hear_whom() {
        let history = History::read(
            r#"{:time 5, :type :info, :process :nemesis, :f :start-partition, :value :one}
               {:time 5, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n1" #{"n0"}}]}
               {:time 900, :type :info, :process :nemesis, :f :stop-partition, :value nil}
               {:time 2000, :type :invoke, :process 0, :f :read, :value nil}"#,
        );
        let cuts = Cuts::new(&history.unwrap());
        assert!(cuts.cut(5, "n0", "n1") && cuts.cut(899, "n0", "n1"));
        assert!(!cuts.cut(4, "n0", "n1") && !cuts.cut(900, "n0", "n1"));
        assert!(!cuts.cut(5, "n1", "n0"));
        assert_eq!((cuts.at(4), cuts.at(6)), (None, Some("partition: one")));
    }
}
