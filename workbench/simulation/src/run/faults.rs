//! What the nemesis does to the network, with its entries in the history.

use history::edn::Value;
use history::{OpType, Process};

use super::{Event, Phase, Run};
use crate::client::Operation;
use crate::nemesis::Action;

impl Run<'_> {
    pub(super) fn nemesis(&mut self) {
        if self.phase != Phase::Main {
            return;
        }
        let Some(nemesis) = &mut self.nemesis else {
            return;
        };
        let (action, gap) = nemesis.act();
        self.events.add(self.now + gap, Event::Nemesis);
        match action {
            Action::Start(shape, pairs) => {
                let names = &self.config.nodes;
                // Node by node, whom it does not hear.
                let deaf: Vec<_> = (names.iter().enumerate())
                    .filter_map(|(dest, name)| {
                        let unheard = pairs.iter().filter(|pair| pair.1 == dest);
                        let unheard: Vec<_> = unheard
                            .map(|pair| Value::Str(names[pair.0].clone()))
                            .collect();
                        let entry = (Value::Str(name.clone()), Value::Set(unheard.clone()));
                        (!unheard.is_empty()).then_some(entry)
                    })
                    .collect();
                self.network.cut(pairs);
                let shape = Value::keyword(shape.to_string());
                let isolated = Value::Vector(vec![Value::keyword("isolated"), Value::Map(deaf)]);
                self.record_nemesis("start-partition", shape, isolated);
            }
            Action::Stop => self.heal(),
        }
    }

    pub(super) fn heal(&mut self) {
        self.network.cut(Default::default());
        self.record_nemesis(
            "stop-partition",
            Value::Nil,
            Value::keyword("network-healed"),
        );
    }

    fn record_nemesis(&mut self, f: &'static str, before: Value, after: Value) {
        for value in [before, after] {
            let operation = Operation::new(f, value);
            let op = self.op(OpType::Info, Process::Nemesis, &operation, Vec::new());
            self.history.push(op);
        }
    }
}
