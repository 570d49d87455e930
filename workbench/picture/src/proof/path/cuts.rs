//! What the nemesis did while an element was on its way: when a fault held, and
//! who did not hear whom.

use crate::plot::fault::Fault;

/// The faults of a run.
pub(super) struct Cuts {
    /// Each with its name, and from when to when it held, in nanoseconds.
    held: Vec<(String, i64, i64, Fault)>,
}

impl Cuts {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        let nanos = |seconds: f64| (seconds * 1e9).round() as i64;
        let held = faults.into_iter().map(|fault| {
            let name = match &fault.detail {
                Some(detail) => format!("{}: {detail}", fault.kind),
                None => fault.kind.clone(),
            };
            (name, nanos(fault.begin), nanos(fault.end), fault)
        });
        Cuts {
            held: held.collect(),
        }
    }

    fn held_at(&self, time: i64) -> impl Iterator<Item = (&str, &Fault)> {
        let held = self.held.iter();
        let held = held.filter(move |(_, from, to, _)| (*from..*to).contains(&time));
        held.map(|(name, .., fault)| (&**name, fault))
    }

    /// The fault that holds at this time, if there is one.
    pub(super) fn at(&self, time: i64) -> Option<&str> {
        self.held_at(time).next().map(|(name, _)| name)
    }

    /// Whether one does not hear the other at this time.
    pub(super) fn cut(&self, time: i64, src: &str, dest: &str) -> bool {
        let mut deaf = self.held_at(time).flat_map(|(_, fault)| &fault.deaf);
        deaf.any(|(node, unheard)| node == dest && unheard.iter().any(|name| name == src))
    }
}

#[cfg(test)]
mod tests {
    use history::History;

    use super::*;
    use crate::plot::fault::faults;

    #[test]
    fn a_partition_cuts_who_does_not_hear_whom() {
        let history = History::read(
            r#"{:time 5, :type :info, :process :nemesis, :f :start-partition, :value :one}
               {:time 5, :type :info, :process :nemesis, :f :start-partition, :value [:isolated {"n1" #{"n0"}}]}
               {:time 900, :type :info, :process :nemesis, :f :stop-partition, :value nil}
               {:time 2000, :type :invoke, :process 0, :f :read, :value nil}"#,
        );
        let cuts = Cuts::new(faults(&history.unwrap()));
        assert!(cuts.cut(5, "n0", "n1") && cuts.cut(899, "n0", "n1"));
        assert!(!cuts.cut(4, "n0", "n1") && !cuts.cut(900, "n0", "n1"));
        assert!(!cuts.cut(5, "n1", "n0"));
        assert_eq!((cuts.at(4), cuts.at(6)), (None, Some("partition: one")));
    }
}
