//! How many messages were sent and received, and the results that Maelstrom
//! makes of it.

use history::edn::Value;

/// Messages of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Sent, including those that were lost.
    pub sent: u64,
    /// Received; a duplicate counts each time.
    pub received: u64,
}

/// What the network has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// All messages.
    pub all: Count,
    /// Those with a client at either end.
    pub clients: Count,
}

impl Stats {
    /// Those between nodes and services only.
    pub fn servers(&self) -> Count {
        Count {
            sent: self.all.sent - self.clients.sent,
            received: self.all.received - self.clients.received,
        }
    }

    pub(super) fn sent(&mut self, has_client: bool) {
        self.all.sent += 1;
        self.clients.sent += u64::from(has_client);
    }

    pub(super) fn received(&mut self, has_client: bool) {
        self.all.received += 1;
        self.clients.received += u64::from(has_client);
    }

    /// The section `:net` of the results. `operations` is the number of
    /// invocations that are not the nemesis's; without any, nothing is given
    /// per operation.
    pub fn results(&self, operations: u64) -> Value {
        let section = |count: Count, per_op: bool| {
            let mut section = Value::map([
                ("send-count", count.sent.into()),
                ("recv-count", count.received.into()),
                ("msg-count", count.sent.into()),
            ]);
            if per_op && operations > 0 {
                // Single precision, as Maelstrom divides.
                let per_op = count.sent as f32 / operations as f32;
                section.insert("msgs-per-op", short(per_op).into());
            }
            section
        };
        Value::map([
            ("all", section(self.all, true)),
            ("clients", section(self.clients, false)),
            ("servers", section(self.servers(), true)),
            ("valid?", true.into()),
        ])
    }
}

/// The double that prints as the single does.
fn short(single: f32) -> f64 {
    single.to_string().parse().unwrap_or(f64::from(single))
}
