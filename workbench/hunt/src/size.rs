//! How much there is to a schedule.

use std::fmt;

use simulation::nemesis::NodeFault;
use simulation::schedule::{Choice, Schedule};

/// What a person has to understand of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// How many nodes there are.
    pub nodes: usize,
    /// How many operations are begun in the main phase.
    pub operations: usize,
    /// How many partitions begin.
    pub partitions: usize,
    /// How often nodes are struck, by kind; at moments that are said as well.
    pub strikes: Vec<(NodeFault, usize)>,
    /// How many messages are lost by chance.
    pub lost: usize,
    /// How many take another time than others, or arrive twice.
    pub late: usize,
    /// How many answers of services are not their newest.
    pub old_answers: usize,
}

impl Size {
    /// That of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        let mut size = Size {
            nodes: schedule.world.nodes.len(),
            ..Size::default()
        };
        for rule in &schedule.world.rules {
            size.struck(rule.fault);
        }
        for choice in &schedule.choices {
            match choice {
                Choice::Operation { .. } => size.operations += 1,
                Choice::Partition { .. } => size.partitions += 1,
                Choice::Strike { fault, .. } => size.struck(*fault),
                Choice::Message { takes, .. } if takes.is_empty() => size.lost += 1,
                Choice::Message { .. } => size.late += 1,
                Choice::Answer { .. } => size.old_answers += 1,
                Choice::Heal { .. } | Choice::Relief { .. } => {}
            }
        }
        size.strikes.sort_unstable();
        size
    }

    fn struck(&mut self, fault: NodeFault) {
        match self.strikes.iter_mut().find(|(kind, _)| *kind == fault) {
            Some((_, count)) => *count += 1,
            None => self.strikes.push((fault, 1)),
        }
    }

    /// How many faults there are: partitions and strikes.
    pub fn faults(&self) -> usize {
        let strikes = self.strikes.iter();
        self.partitions + strikes.map(|(_, count)| count).sum::<usize>()
    }
}

/// "3 nodes, 4 operations, 1 partition": what there is none of is left out.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strikes = self.strikes.iter().map(|(fault, count)| {
            let (one, many) = match fault {
                NodeFault::Kill => ("kill", "kills"),
                NodeFault::Pause => ("pause", "pauses"),
                NodeFault::Clock => ("wrong clock", "wrong clocks"),
                NodeFault::Disk => ("disk fault", "disk faults"),
                NodeFault::LostWrites => ("lying disk", "lying disks"),
            };
            (*count, one, many)
        });
        let parts = [
            (self.nodes, "node", "nodes"),
            (self.operations, "operation", "operations"),
            (self.partitions, "partition", "partitions"),
        ];
        let rest = [
            (self.lost, "lost message", "lost messages"),
            (self.late, "late message", "late messages"),
            (self.old_answers, "old answer", "old answers"),
        ];
        let parts = parts.into_iter().chain(strikes).chain(rest);
        let words = parts.filter(|(count, ..)| *count > 0);
        let words = words.map(|(count, one, many)| match count {
            1 => format!("1 {one}"),
            _ => format!("{count} {many}"),
        });
        f.write_str(&words.collect::<Vec<_>>().join(", "))
    }
}
