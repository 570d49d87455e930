//! lin-kv: registers under keys, which clients read, write and compare-and-set;
//! each must be linearizable.
//!
//! Clients are split into groups of twice as many as there are nodes. A group
//! works on one key at a time, half of it only reading, and goes on to the next
//! key that nobody had when more processes than [`PROCESS_LIMIT`] would touch
//! it: the harder a history is to check, the more processes crashed in it.
//! (Jepsen's linearizable-register, as Maelstrom has it.)

use std::collections::BTreeSet;
use std::time::Duration;

use history::History;
use history::edn::Value;
use maelstrom_node::Rng;
use verdict::{self, Checked, Rules};

use simulation::client::{Client, Completion, Operation, Step, expect};
use simulation::wire::Body;
use simulation::workload::{Workload, ask, value};

/// How many processes may touch a key.
pub const PROCESS_LIMIT: usize = 20;
/// Values are those below.
const VALUES: u64 = 5;

/// The lin-kv workload.
#[derive(Clone, Debug)]
pub struct LinKv {
    /// How many clients share a key, the first half of them readers.
    group_size: usize,
    timeout: Duration,
    groups: Vec<Group>,
    next_key: i64,
    /// What a register holds at first.
    initial: Value,
}

/// The clients that share a key.
#[derive(Clone, Debug)]
struct Group {
    key: i64,
    /// Those that touched it.
    processes: BTreeSet<i64>,
}

impl LinKv {
    /// For this many nodes, and messages with this mean latency, of which
    /// clients wait for ten: for a second at least.
    pub fn new(nodes: usize, latency: Duration) -> Self {
        LinKv {
            group_size: 2 * nodes.max(1),
            timeout: Duration::max(10 * latency, Duration::from_secs(1)),
            groups: Vec::new(),
            next_key: 0,
            initial: Value::Nil,
        }
    }

    /// For registers that hold this at first, instead of nil.
    #[must_use]
    pub fn with_initial(self, initial: Value) -> Self {
        LinKv { initial, ..self }
    }

    /// The key that a client works on.
    fn key(&mut self, client: Client) -> i64 {
        let group = client.thread / self.group_size;
        while self.groups.len() <= group {
            let new = self.new_group();
            self.groups.push(new);
        }
        let processes = &self.groups[group].processes;
        if processes.len() == PROCESS_LIMIT && !processes.contains(&client.process) {
            self.groups[group] = self.new_group();
        }
        let Group { key, processes } = &mut self.groups[group];
        processes.insert(client.process);
        *key
    }

    fn new_group(&mut self) -> Group {
        self.next_key += 1;
        Group {
            key: self.next_key - 1,
            processes: BTreeSet::new(),
        }
    }
}

fn pair(a: Value, b: Value) -> Value {
    Value::from([a, b])
}

/// The key and the argument of an operation's value.
fn parts(value: &Value) -> (&Value, &Value) {
    match value.items() {
        Some([key, argument]) => (key, argument),
        _ => (&Value::Nil, &Value::Nil),
    }
}

impl Workload for LinKv {
    fn name(&self) -> &'static str {
        "lin-kv"
    }

    /// # Errors
    /// If the clients cannot be split into groups.
    fn suits(&self, concurrency: usize) -> Result<(), String> {
        let size = self.group_size;
        if concurrency > 0 && concurrency.is_multiple_of(size) {
            return Ok(());
        }
        Err(format!(
            "lin-kv works with groups of {size} clients, two for each node, and {concurrency} \
             cannot be split into such; pass --concurrency 2n, 4n, 6n, ..."
        ))
    }

    fn generate(&mut self, client: Client, rng: &Rng) -> Operation {
        let key = Value::Int(self.key(client));
        if client.thread % self.group_size < self.group_size / 2 {
            return Operation::new("read", pair(key, Value::Nil));
        }
        let value = || Value::Int(rng.below(VALUES) as i64);
        match rng.below(3) {
            0 => Operation::new("write", pair(key, value())),
            _ => Operation::new("cas", pair(key, pair(value(), value()))),
        }
    }

    fn request(&mut self, _: Client, operation: &Operation) -> Step {
        let (key, argument) = parts(&operation.value);
        let key = ("key", key.to_json());
        match &*operation.f {
            "read" => ask("read", [key]),
            "write" => ask("write", [key, ("value", argument.to_json())]),
            _ => {
                let (from, to) = parts(argument);
                ask("cas", [key, ("from", from.to_json()), ("to", to.to_json())])
            }
        }
    }

    fn complete(
        &mut self,
        _: Client,
        operation: &Operation,
        reply: &Body<'_>,
    ) -> Result<Step, String> {
        let done = Completion::ok(operation.value.clone());
        match &*operation.f {
            "read" => {
                expect(reply, "read_ok", &["value"])?;
                let (key, _) = parts(&operation.value);
                let found = pair(key.clone(), value(reply, "value")?);
                return Ok(Completion::ok(found).into());
            }
            "write" => expect(reply, "write_ok", &[])?,
            _ => expect(reply, "cas_ok", &[])?,
        }
        Ok(done.into())
    }

    fn timeout(&self) -> Duration {
        self.timeout
    }

    fn is_idempotent(&self, f: &str) -> bool {
        f == "read"
    }

    fn reuses_clients(&self) -> bool {
        true
    }

    fn check(&self, history: &History, rules: Rules) -> Checked {
        verdict::linearizability::check(
            history,
            &verdict::linearizability::Options {
                rules,
                initial: self.initial.clone(),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(thread: usize, process: i64) -> Client {
        Client { thread, process }
    }

    #[test]
    fn groups_share_a_key_until_too_many_processes_touched_it() {
        let mut workload = LinKv::new(2, Duration::ZERO);
        let keys = |workload: &mut LinKv, clients: &[(usize, i64)]| {
            let key = |&(thread, process): &(usize, i64)| workload.key(client(thread, process));
            clients.iter().map(key).collect::<Vec<_>>()
        };
        assert_eq!(
            keys(&mut workload, &[(0, 0), (3, 3), (4, 4), (7, 7), (0, 0)]),
            [0, 0, 1, 1, 0]
        );
        // Thread 1 crashes again and again: processes 1, 9, 17, ...
        let crashes: Vec<(usize, i64)> = (0..18).map(|i| (1, 1 + 8 * i)).collect();
        assert_eq!(keys(&mut workload, &crashes), [0; 18]);
        assert_eq!(
            keys(&mut workload, &[(0, 0), (1, 145), (0, 0), (5, 5)]),
            [0, 2, 2, 1]
        );
    }

    #[test]
    fn half_of_a_group_reads_and_the_other_changes() {
        let mut workload = LinKv::new(3, Duration::ZERO);
        let rng = Rng::new(1);
        let mut counts = [0; 3];
        for i in 0..6000 {
            let thread = i % 12;
            let operation = workload.generate(client(thread, thread as i64), &rng);
            let (key, argument) = parts(&operation.value);
            assert_eq!(key.as_int(), Some(thread as i64 / 6));
            let f = ["read", "write", "cas"].map(|f| f == operation.f);
            assert_eq!(f[0], thread % 6 < 3);
            let is_value = |value: &Value| (0..5).contains(&value.as_int().unwrap());
            assert!(match &*operation.f {
                "read" => *argument == Value::Nil,
                "write" => is_value(argument),
                _ => argument.items().unwrap().iter().all(is_value),
            });
            counts
                .iter_mut()
                .zip(f)
                .for_each(|(n, is)| *n += usize::from(is));
        }
        let [reads, writes, cas] = counts;
        assert_eq!(reads, 3000);
        assert!((900..1100).contains(&writes) && writes + cas == 3000);
    }

    #[test]
    fn clients_wait_for_ten_latencies_and_a_second_at_least() {
        let timeout = |ms| LinKv::new(3, Duration::from_millis(ms)).timeout();
        assert_eq!(timeout(0), Duration::from_secs(1));
        assert_eq!(timeout(100), Duration::from_secs(1));
        assert_eq!(timeout(250), Duration::from_millis(2500));
    }

    #[test]
    fn the_number_of_clients_is_a_multiple_of_twice_the_nodes() {
        let workload = LinKv::new(3, Duration::ZERO);
        assert_eq!(workload.suits(12), Ok(()));
        assert_eq!(
            workload.suits(3).unwrap_err(),
            "lin-kv works with groups of 6 clients, two for each node, and 3 cannot be split \
             into such; pass --concurrency 2n, 4n, 6n, ..."
        );
        assert!(workload.suits(0).is_err());
    }
}
