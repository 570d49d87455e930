//! What a recording knows of a run, beside what the history says.

use std::fmt::Write;
use std::time::Duration;

use history::edn::Value;
use history::{OpType, Process};
use maelstrom_node::Rng;
use simulation::host::in_process::in_process;
use simulation::nemesis::{NodeFault, NodeFaults};
use simulation::recording::{About, Recording, Wrong};
use simulation::run::{self, Config, Event, EventLine, Message, MessageEvent, Observer, Outcome};
use specimens::flood::{Fault, Flood};
use workloads::broadcast::{Broadcast, Topology};

/// Records a run, and writes it down as the files of its folder have it.
#[derive(Default)]
struct Both {
    recording: Recording,
    messages: String,
    events: String,
}

impl Observer for Both {
    fn message(&mut self, message: Message<'_>) {
        self.recording.message(message);
        let Message { time, id, line, .. } = message;
        let time = time.as_nanos();
        let line = std::str::from_utf8(line).unwrap();
        let _ = match message.event {
            MessageEvent::Sent => writeln!(
                self.messages,
                r#"{{"time":{time},"event":"send","id":{id},"message":{line}}}"#
            ),
            MessageEvent::Received => writeln!(
                self.messages,
                r#"{{"time":{time},"event":"recv","id":{id}}}"#
            ),
            MessageEvent::Lost => writeln!(
                self.messages,
                r#"{{"time":{time},"event":"lost","id":{id}}}"#
            ),
        };
    }

    fn event(&mut self, time: Duration, event: &Event) {
        self.recording.event(time, event);
        let line = EventLine { time, event };
        self.events += &serde_json::to_string(&line).unwrap();
        self.events += "\n";
    }
}

/// Five nodes with lost messages and partitions, so that some operations never end.
fn run(seed: u64) -> (Outcome, Both) {
    run_with(&Config::rough(seed, 5))
}

fn run_with(config: &Config) -> (Outcome, Both) {
    let mut workload = Broadcast::new(Topology::default());
    let host = in_process(5, &Rng::new(4), |node| Flood::new(node, Fault::None));
    let mut host = host.with_noise(config.noise, config.noise_seed());
    let mut both = Both::default();
    let outcome = run::run(config, &mut workload, &mut host, &mut both);
    (outcome, both)
}

#[test]
fn it_knows_the_messages_of_an_operation_and_the_node_of_a_client() {
    let (outcome, Both { recording, .. }) = run(1);
    let messages: Vec<_> = recording.messages().collect();
    let name = |endpoint: usize| &*recording.endpoints()[endpoint];
    let mut answered = 0;
    for (place, op) in outcome.history.clients() {
        let Process::Client(process) = op.process else {
            continue;
        };
        if op.typ != OpType::Invoke {
            continue;
        }
        let exchange = recording.exchange(op.index).unwrap();
        let request = messages[exchange.request as usize];
        assert_eq!(request.sent, op.time);
        assert_eq!(request.about, Some(About::Request(op.index)));
        assert_eq!(Some(name(request.dest)), recording.node_of(process));
        assert_eq!(
            recording.node_of(process),
            Some(&*format!("n{}", process % 5))
        );
        let ended = outcome.history.pair(place);
        let ok = ended.filter(|end| end.typ == OpType::Ok);
        assert_eq!(exchange.answer.is_some(), ok.is_some());
        if let (Some(answer), Some(ok)) = (exchange.answer, ok) {
            let answer = messages[answer as usize];
            assert_eq!(answer.received, Some(ok.time));
            assert_eq!((answer.src, answer.dest), (request.dest, request.src));
            assert_eq!(answer.about, Some(About::Answer(op.index)));
            answered += 1;
        }
    }
    assert!(answered > 100, "{answered}");
    let prepares = |about: Option<About>| about == Some(About::Preparation);
    let preparation = messages.iter().filter(|message| prepares(message.about));
    // init and topology, and the answers to both.
    assert_eq!(preparation.clone().count(), 20);
    assert!(preparation.into_iter().all(|message| message.sent <= 0));
    assert_eq!(recording.node_of(-1), None);
    assert_eq!(recording.exchange(usize::MAX), None);
}

#[test]
fn it_knows_the_partitions_that_the_history_names() {
    let (outcome, Both { recording, .. }) = run(2);
    let nemesis = outcome.history.ops().iter();
    let nemesis: Vec<_> = nemesis
        .filter(|op| op.process == Process::Nemesis)
        .collect();
    let mut starts = nemesis.iter().filter(|op| &*op.f == "start-partition");
    let mut stops = nemesis.iter().filter(|op| &*op.f == "stop-partition");
    let mut count = 0;
    for partition in recording.partitions() {
        let (shape, isolated) = (starts.next().unwrap(), starts.next().unwrap());
        assert_eq!(shape.value, Value::keyword(partition.shape.to_string()));
        assert_eq!(partition.began, shape.time);
        let name = |name: &str| Value::from(name);
        let deaf = partition.deaf().map(|(node, unheard)| {
            let unheard = unheard.into_iter().map(name).collect();
            (name(node), Value::Set(unheard))
        });
        let expected = vec![Value::keyword("isolated"), Value::Map(deaf.collect())];
        assert_eq!(isolated.value, expected.into());
        assert_eq!(partition.ended, stops.next().map(|stop| stop.time));
        let (dest, unheard) = partition.deaf().next().unwrap();
        assert!(partition.cuts(unheard[0], dest) && !partition.cuts(dest, dest));
        assert!(partition.holds_at(partition.began) && !partition.holds_at(partition.began - 1));
        assert!(partition.ended.is_none_or(|end| !partition.holds_at(end)));
        stops.next();
        count += 1;
    }
    assert_eq!(starts.next(), None);
    assert!(count > 10, "{count}");
}

#[test]
fn what_is_written_is_read_back() {
    let (outcome, both) = run(3);
    let mut read = Recording::read_messages(&both.messages).unwrap();
    read.read_events(&both.events).unwrap();
    let told = |recording: &Recording| {
        let messages = recording.messages().map(|message| format!("{message:?}\n"));
        let partitions = recording.partitions().map(|cut| format!("{cut:?}\n"));
        let troubles = recording.troubles().map(|trouble| format!("{trouble:?}\n"));
        let processes = (0..200).map(|process| format!("{:?}\n", recording.node_of(process)));
        let operations = 0..outcome.history.ops().len();
        let exchanges = operations.map(|op| format!("{:?}\n", recording.exchange(op)));
        let all = messages.chain(partitions).chain(troubles);
        all.chain(processes).chain(exchanges).collect::<String>()
    };
    assert!(both.recording.troubles().count() > 3);
    assert!(told(&read) == told(&both.recording));
    let why = read.read_events("{\"time\":5,\"event\":\"begin\"}\n{}");
    let why = why.unwrap_err().to_string();
    assert!(why.starts_with("line 2: missing field"), "{why}");
}

/// Nobody is there to receive them, and whoever was there has received all others.
#[test]
fn messages_to_dead_nodes_are_lost_there() {
    let (mut lost, mut received) = (0, 0);
    for seed in 0..5 {
        let faults = NodeFaults::new([NodeFault::Kill], Duration::from_secs(1));
        let config = Config {
            node_faults: Some(faults),
            partitions: None,
            ..Config::rough(seed, 5)
        };
        let (_, Both { recording, .. }) = run_with(&config);
        let names = recording.endpoints();
        for message in recording.messages() {
            let dest = &*names[message.dest];
            // At the moment of its death it may do one thing more, and so when it is there again.
            let was_dead = |time: i64, inside: i64| {
                recording.troubles().any(|it| {
                    let is_death = it.node == dest && *it.wrong == Wrong::Killed;
                    let is_over = it.ended.is_some_and(|end| end < time + inside);
                    is_death && it.began + inside <= time && !is_over
                })
            };
            match (message.received, message.lost) {
                (Some(time), None) => {
                    assert!(!was_dead(time, 1), "{dest} received at {time}");
                    received += 1;
                }
                (None, Some((time, _))) => {
                    assert!(was_dead(time, 0), "{dest} was there at {time}");
                    lost += 1;
                }
                (None, None) => {}
                both => panic!("{both:?}"),
            }
        }
    }
    assert!(lost > 100 && received > 1000, "{lost} {received}");
}
