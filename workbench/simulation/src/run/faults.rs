//! What partitions do to the network, with its entries in the history.

use history::edn::Value;
use history::{OpType, Process};

use super::{Due, Event, Phase, Run};
use crate::client::Operation;
use crate::nemesis::partition::Action;

impl Run<'_> {
    pub(super) fn partition(&mut self) {
        if self.phase != Phase::Main {
            return;
        }
        let Some(partitions) = &mut self.partitions else {
            return;
        };
        let Some((action, next)) = partitions.act(self.start, self.now) else {
            return;
        };
        if let Some(next) = next {
            self.events.add(next, Due::Partition);
        }
        self.choose_partition(&action);
        match action {
            Action::Start(shape, pairs) => {
                let names = &self.config.nodes;
                // Node by node, whom it does not hear.
                let mut deaf = vec![Vec::new(); names.len()];
                for (src, dest) in &pairs {
                    deaf[*dest].push(*src);
                }
                let name = |node: &usize| Value::from(&*names[*node]);
                let entries = deaf.iter().enumerate();
                let entries = entries.filter(|(_, unheard)| !unheard.is_empty());
                let entries = entries.map(|(node, unheard)| {
                    let unheard = unheard.iter().map(name).collect();
                    (name(&node), Value::Set(unheard))
                });
                let isolated = [Value::keyword("isolated"), Value::Map(entries.collect())];
                self.network.cut(pairs);
                self.tell(Event::Partition { shape, deaf });
                let shape = Value::keyword(shape.to_string());
                self.record_nemesis("start-partition", shape, isolated.into());
            }
            Action::Stop => self.heal(),
        }
    }

    pub(super) fn heal(&mut self) {
        self.network.cut(Default::default());
        self.tell(Event::Heal);
        self.record_nemesis(
            "stop-partition",
            Value::Nil,
            Value::keyword("network-healed"),
        );
    }

    pub(super) fn record_nemesis(&mut self, f: &'static str, before: Value, after: Value) {
        for value in [before, after] {
            let operation = Operation::new(f, value);
            let op = self.op(OpType::Info, Process::Nemesis, &operation, Vec::new());
            self.history.push(op);
        }
    }
}
