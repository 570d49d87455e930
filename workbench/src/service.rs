//! The services beside the nodes: `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso`,
//! with just the guarantees that Maelstrom's have, and no better ones.
//!
//! A request that a service does not know gets no answer at all.

mod kv;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use maelstrom_node::Rng;
use maelstrom_node::wire::Body;
use serde_json::{Value as Json, json};

use kv::{Kv, Lww, Request};

/// The names of all services, as messages are sent to them.
pub const NAMES: [&str; 4] = ["lin-kv", "seq-kv", "lww-kv", "lin-tso"];

/// How many past states `seq-kv` keeps.
pub const SEQ_KV_STATES: usize = 32;

/// A service, with what it remembers.
#[derive(Debug)]
pub enum Service {
    /// Every operation acts on the newest state.
    LinKv(Kv),
    /// Operations that change nothing may act on an old state.
    SeqKv(Sequential),
    /// Two replicas, which merge now and then.
    LwwKv([Lww; 2]),
    /// Counts up.
    LinTso(u64),
}

/// A store whose readers may lag behind.
#[derive(Debug)]
pub struct Sequential {
    /// The last states, the newest at the end.
    states: VecDeque<Rc<Kv>>,
    /// The number of the newest, from 0.
    newest: usize,
    /// Per client, the number of the newest state it has seen.
    seen: BTreeMap<String, usize>,
}

impl Service {
    /// All services with their names, empty.
    pub fn all() -> [(&'static str, Service); 4] {
        let sequential = Sequential {
            states: VecDeque::from([Rc::new(Kv::default())]),
            newest: 0,
            seen: BTreeMap::new(),
        };
        let [lin_kv, seq_kv, lww_kv, lin_tso] = NAMES;
        [
            (lin_kv, Service::LinKv(Kv::default())),
            (seq_kv, Service::SeqKv(sequential)),
            (lww_kv, Service::LwwKv(Default::default())),
            (lin_tso, Service::LinTso(0)),
        ]
    }

    /// The body of the answer to a request of `client`, without `in_reply_to`.
    pub fn handle(&mut self, client: &str, body: &Body<'_>, rng: &Rng) -> Option<Json> {
        if let Service::LinTso(next) = self {
            return (body.kind.as_deref() == Some("ts")).then(|| {
                *next += 1;
                json!({"type": "ts_ok", "ts": *next - 1})
            });
        }
        let request: Request = body.decode().ok()?;
        Some(match self {
            Service::LinKv(kv) => kv.handle(request).0,
            Service::SeqKv(sequential) => sequential.handle(client, request, rng),
            Service::LwwKv(replicas) => {
                let any = || rng.below(2) as usize;
                let (from, to, at) = (any(), any(), any());
                let merged = replicas[from].merge(&replicas[to]);
                replicas[to] = merged;
                replicas[at].handle(request)
            }
            Service::LinTso(_) => return None,
        })
    }
}

impl Sequential {
    fn handle(&mut self, client: &str, request: Request, rng: &Rng) -> Json {
        let oldest = self.newest + 1 - self.states.len();
        let seen = self.seen.get(client).copied().unwrap_or(0).max(oldest);
        let chosen = rng.range(seen as u64..self.newest as u64 + 1) as usize;
        let mut state = Kv::clone(&self.states[chosen - oldest]);
        let (answer, changed) = state.handle(request.clone());
        if !changed {
            self.seen.insert(client.to_owned(), chosen);
            return answer;
        }
        // It would rewrite history there, so it is done in the present.
        let mut state = self
            .states
            .back()
            .map(|newest| Kv::clone(newest))
            .unwrap_or_default();
        let (answer, _) = state.handle(request);
        self.newest += 1;
        self.states.push_back(Rc::new(state));
        if self.states.len() > SEQ_KV_STATES {
            self.states.pop_front();
        }
        self.seen.insert(client.to_owned(), self.newest);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maelstrom_node::wire::Message;

    fn service(name: &str) -> Service {
        let mut all = Service::all().into_iter();
        all.find(|(known, _)| *known == name).unwrap().1
    }

    fn ask(service: &mut Service, client: &str, body: &str, rng: &Rng) -> Option<String> {
        let line = format!(r#"{{"src":"{client}","dest":"s","body":{body}}}"#);
        let message = Message::parse(line.as_bytes()).unwrap();
        Some(service.handle(client, &message.body, rng)?.to_string())
    }

    #[test]
    fn lin_kv_reads_writes_and_compares() {
        let rng = Rng::new(0);
        let mut kv = service("lin-kv");
        for (request, answer) in [
            (
                r#"{"type":"read","key":"k"}"#,
                r#"{"code":20,"text":"key does not exist","type":"error"}"#,
            ),
            (
                r#"{"type":"cas","key":"k","from":1,"to":2}"#,
                r#"{"code":20,"text":"key does not exist","type":"error"}"#,
            ),
            (
                r#"{"type":"cas","key":"k","from":1,"to":2,"create_if_not_exists":true}"#,
                r#"{"type":"cas_ok"}"#,
            ),
            (
                r#"{"type":"read","key":"k"}"#,
                r#"{"type":"read_ok","value":2}"#,
            ),
            (
                r#"{"type":"cas","key":"k","from":1,"to":3}"#,
                r#"{"code":22,"text":"current value 2 is not 1","type":"error"}"#,
            ),
            (
                r#"{"type":"write","key":[1],"value":{"a":null}}"#,
                r#"{"type":"write_ok"}"#,
            ),
            (
                r#"{"type":"read","key":[1]}"#,
                r#"{"type":"read_ok","value":{"a":null}}"#,
            ),
        ] {
            assert_eq!(
                ask(&mut kv, "n1", request, &rng).as_deref(),
                Some(answer),
                "{request}"
            );
        }
        assert_eq!(
            ask(&mut kv, "n1", r#"{"type":"delete","key":1}"#, &rng),
            None
        );
        assert_eq!(ask(&mut kv, "n1", r#"{"type":"read"}"#, &rng), None);
    }

    #[test]
    fn seq_kv_may_be_old_but_never_goes_back_and_a_change_is_fresh() {
        let mut was_old = false;
        for seed in 0..50 {
            let rng = Rng::new(seed);
            let mut kv = service("seq-kv");
            for value in 0..40 {
                let write = format!(r#"{{"type":"write","key":"k","value":{value}}}"#);
                ask(&mut kv, "n1", &write, &rng);
            }
            let read = r#"{"type":"read","key":"k"}"#;
            let mut last = 0;
            for _ in 0..10 {
                let answer = ask(&mut kv, "n2", read, &rng).unwrap();
                let value: i64 = serde_json::from_str::<Json>(&answer).unwrap()["value"]
                    .as_i64()
                    .unwrap();
                assert!(
                    value >= last.max(40 - SEQ_KV_STATES as i64),
                    "{value} after {last}"
                );
                was_old |= value < 39;
                last = value;
            }
            ask(
                &mut kv,
                "n3",
                r#"{"type":"write","key":"own","value":1}"#,
                &rng,
            );
            assert_eq!(
                ask(&mut kv, "n3", read, &rng).unwrap(),
                r#"{"type":"read_ok","value":39}"#
            );
        }
        assert!(was_old);
    }

    #[test]
    fn lww_kv_may_lose_sight_of_a_write_but_converges() {
        let (mut missed, mut seen) = (0, 0);
        for seed in 0..100 {
            let rng = Rng::new(seed);
            let mut kv = service("lww-kv");
            ask(
                &mut kv,
                "n1",
                r#"{"type":"write","key":"k","value":1}"#,
                &rng,
            );
            let read = r#"{"type":"read","key":"k"}"#;
            match ask(&mut kv, "n1", read, &rng).unwrap().contains("read_ok") {
                true => seen += 1,
                false => missed += 1,
            }
            for _ in 0..50 {
                ask(&mut kv, "n1", read, &rng);
            }
            assert!(ask(&mut kv, "n1", read, &rng).unwrap().contains("read_ok"));
        }
        assert!(missed > 10 && seen > 10, "{missed} missed, {seen} seen");
    }

    #[test]
    fn lin_tso_counts_from_0() {
        let rng = Rng::new(0);
        let mut tso = service("lin-tso");
        let ts = r#"{"type":"ts"}"#;
        assert_eq!(
            ask(&mut tso, "n1", ts, &rng).unwrap(),
            r#"{"ts":0,"type":"ts_ok"}"#
        );
        assert_eq!(
            ask(&mut tso, "n2", ts, &rng).unwrap(),
            r#"{"ts":1,"type":"ts_ok"}"#
        );
    }
}
