//! The services beside the nodes: `lin-kv`, `seq-kv`, `lww-kv` and `lin-tso`,
//! with just the guarantees that Maelstrom's have, and no better ones.
//!
//! A request that a service does not know gets no answer at all.

mod kv;

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use maelstrom_node::Rng;

use crate::wire::Body;
use kv::{Answer, Kv, Lww, Request};

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
///
/// A reader that lags behind by more states than there are left is given any of
/// those, and so may even go back: Maelstrom counts from the newest and then round
/// and round.
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

    /// The body of the answer to a request of `client`, as JSON. Where more than one answer
    /// is right, `choose` is asked for one of so many, from 0: of states, how many back it is
    /// from the newest. [`by_chance`] draws it.
    ///
    /// # Errors
    /// Why there is none.
    pub fn handle(
        &mut self,
        client: &str,
        body: &Body<'_>,
        choose: &mut dyn FnMut(u64) -> u64,
    ) -> Result<String, String> {
        let answer = self.fields(client, body, choose)?;
        // Its request's, whatever that is, and null if it has none.
        let msg_id = body.get("msg_id").map_or("null", |id| id.get());
        Ok(format!("{{{answer},\"in_reply_to\":{msg_id}}}"))
    }

    fn fields(
        &mut self,
        client: &str,
        body: &Body<'_>,
        choose: &mut dyn FnMut(u64) -> u64,
    ) -> Result<String, String> {
        if let Service::LinTso(next) = self {
            if body.kind() != Some("ts") {
                return Err("it knows requests of the type ts alone".into());
            }
            *next += 1;
            return Ok(format!(r#""type":"ts_ok","ts":{}"#, *next - 1));
        }
        let request = Request::parse(body).map_err(|e| e.to_string())?;
        let request = request.ok_or("it knows requests of the types read, write and cas alone")?;
        let answer = match self {
            Service::LinKv(kv) => {
                let (answer, change) = kv.answer(&request);
                change.into_iter().for_each(|change| kv.put(change));
                answer
            }
            Service::SeqKv(sequential) => sequential.handle(client, &request, choose),
            Service::LwwKv(replicas) => {
                let mut any = || usize::from(choose(2) == 0);
                let (from, to, at) = (any(), any(), any());
                let merged = replicas[from].merge(&replicas[to]);
                replicas[to] = merged;
                replicas[at].handle(&request)
            }
            Service::LinTso(_) => return Err(String::new()),
        };
        Ok(answer.fields())
    }
}

/// Any of so many, each as likely as the others.
pub fn by_chance(rng: &Rng) -> impl FnMut(u64) -> u64 {
    |options| options.saturating_sub(1) - rng.below(options)
}

impl Sequential {
    /// The state so many before the newest.
    fn state(&self, back: usize) -> &Rc<Kv> {
        let kept = self.states.len();
        &self.states[kept - 1 - back % kept]
    }

    fn handle(
        &mut self,
        client: &str,
        request: &Request,
        choose: &mut dyn FnMut(u64) -> u64,
    ) -> Answer {
        let seen = self.seen.get(client).copied().unwrap_or(0);
        let back = self.newest - seen;
        let chosen = self.newest - back.min(choose(back as u64 + 1) as usize);
        let state = self.state(self.newest - chosen);
        let (answer, change) = state.answer(request);
        if change.is_none_or(|change| state.is_old(&change)) {
            self.seen.insert(client.to_owned(), chosen);
            return answer;
        }
        // It would rewrite history there, so it is done in the present.
        let mut newest = Kv::clone(self.state(0));
        let (answer, change) = newest.answer(request);
        change.into_iter().for_each(|change| newest.put(change));
        self.newest += 1;
        self.states.push_back(Rc::new(newest));
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

    fn service(name: &str) -> Service {
        let mut all = Service::all().into_iter();
        all.find(|(known, _)| *known == name).unwrap().1
    }

    fn ask(service: &mut Service, client: &str, body: &str, rng: &Rng) -> String {
        let answer = service.handle(client, &Body::parse(body).unwrap(), &mut by_chance(rng));
        let end = r#","in_reply_to":null}"#;
        answer.map_or_else(
            |why| format!("no answer: {why}"),
            |answer| answer.strip_suffix(end).unwrap().to_owned() + "}",
        )
    }

    const MISSING: &str = r#"{"type":"error","code":20,"text":"key does not exist"}"#;
    const CAS_OK: &str = r#"{"type":"cas_ok"}"#;
    const WRITE_OK: &str = r#"{"type":"write_ok"}"#;

    /// Requests and what is answered.
    #[track_caller]
    fn transcript(service: &mut Service, lines: &[(&str, &str)]) {
        for (request, answer) in lines {
            let found = ask(service, "n1", request, &Rng::new(0));
            assert_eq!(found, *answer, "{request}");
        }
    }

    #[test]
    fn lin_kv_reads_writes_and_compares() {
        let mut kv = service("lin-kv");
        transcript(
            &mut kv,
            &[
                (r#"{"type":"read","key":"k"}"#, MISSING),
                (r#"{"type":"cas","key":"k","from":1,"to":2}"#, MISSING),
                (
                    r#"{"type":"cas","key":"k","from":1,"to":2,"create_if_not_exists":true}"#,
                    CAS_OK,
                ),
                (
                    r#"{"type":"read","key":"k"}"#,
                    r#"{"type":"read_ok","value":2}"#,
                ),
                (
                    r#"{"type":"cas","key":"k","from":1,"to":3}"#,
                    r#"{"type":"error","code":22,"text":"current value 2 is not 1"}"#,
                ),
                (r#"{"type":"write","key":[1],"value":{"a":null}}"#, WRITE_OK),
                (
                    r#"{"type":"read","key":[1]}"#,
                    r#"{"type":"read_ok","value":{"a":null}}"#,
                ),
                (r#"{"type":"read","key":[1.0]}"#, MISSING),
            ],
        );
    }

    #[test]
    fn values_come_back_exactly_and_are_compared_as_clojure_does() {
        let big = "123456789012345678901234567890";
        let mut kv = service("lin-kv");
        transcript(
            &mut kv,
            &[
                (
                    &format!(r#"{{"type":"write","key":{big},"value":[{big},2.50]}}"#),
                    WRITE_OK,
                ),
                (
                    &format!(r#"{{"type":"read","key":{big}}}"#),
                    &format!(r#"{{"type":"read_ok","value":[{big},2.50]}}"#),
                ),
                (
                    r#"{"type":"read","key":123456789012345678901234567891}"#,
                    MISSING,
                ),
                (
                    r#"{"type":"write","key":{"a":1,"b":2},"value":2}"#,
                    WRITE_OK,
                ),
                (
                    r#"{"type":"cas","key":{"b":2,"a":1},"from":2.0,"to":3}"#,
                    r#"{"type":"error","code":22,"text":"current value 2 is not 2.0"}"#,
                ),
                (
                    r#"{"type":"cas","key":{"b":2,"a":1},"from":"2","to":3}"#,
                    r#"{"type":"error","code":22,"text":"current value 2 is not \"2\""}"#,
                ),
            ],
        );
    }

    #[test]
    fn a_missing_key_is_null() {
        for name in ["lin-kv", "seq-kv"] {
            transcript(
                &mut service(name),
                &[
                    (r#"{"type":"read"}"#, MISSING),
                    (r#"{"type":"cas","key":"k"}"#, MISSING),
                    (
                        r#"{"type":"cas","key":"k","create_if_not_exists":true,"to":1}"#,
                        CAS_OK,
                    ),
                    (
                        r#"{"type":"cas","key":"k","to":2}"#,
                        r#"{"type":"error","code":22,"text":"current value 1 is not nil"}"#,
                    ),
                    (r#"{"type":"cas","key":"k","from":1}"#, CAS_OK),
                    (r#"{"type":"cas","key":"k","to":5}"#, CAS_OK),
                    (r#"{"type":"write","key":"k"}"#, WRITE_OK),
                    (r#"{"type":"cas","key":"k","from":null,"to":null}"#, CAS_OK),
                    (r#"{"type":"write","value":7}"#, WRITE_OK),
                ],
            );
        }
        let mut kv = service("lin-kv");
        transcript(
            &mut kv,
            &[
                (r#"{"type":"write","value":7}"#, WRITE_OK),
                (r#"{"type":"read"}"#, r#"{"type":"read_ok","value":7}"#),
                (
                    r#"{"type":"read","key":null}"#,
                    r#"{"type":"read_ok","value":7}"#,
                ),
                (r#"{"type":"write","key":"k"}"#, WRITE_OK),
                (
                    r#"{"type":"read","key":"k"}"#,
                    r#"{"type":"read_ok","value":null}"#,
                ),
            ],
        );
    }

    #[test]
    fn whatever_is_neither_null_nor_false_creates() {
        for (create, answer) in [
            ("null", MISSING),
            ("false", MISSING),
            ("true", CAS_OK),
            ("0", CAS_OK),
            (r#""false""#, CAS_OK),
            ("[]", CAS_OK),
        ] {
            let cas = format!(
                r#"{{"type":"cas","key":"k","from":1,"to":2,"create_if_not_exists":{create}}}"#
            );
            transcript(&mut service("lin-kv"), &[(&cas, answer)]);
            transcript(&mut service("seq-kv"), &[(&cas, answer)]);
            transcript(&mut service("lww-kv"), &[(&cas, MISSING)]);
        }
    }

    #[test]
    fn lww_kv_says_differently_what_differs() {
        let mut kv = service("lww-kv");
        let rng = Rng::new(0);
        // Until both replicas have it.
        for _ in 0..50 {
            ask(
                &mut kv,
                "n1",
                r#"{"type":"write","key":1,"value":"a b"}"#,
                &rng,
            );
        }
        transcript(
            &mut kv,
            &[
                (
                    r#"{"type":"cas","key":1,"from":"c d","to":2}"#,
                    r#"{"type":"error","code":22,"text":"current value \"a b\" is not c d"}"#,
                ),
                (
                    r#"{"type":"cas","key":1,"to":2}"#,
                    r#"{"type":"error","code":22,"text":"current value \"a b\" is not "}"#,
                ),
            ],
        );
    }

    #[test]
    fn the_answers_number_is_the_requests_whatever_that_is() {
        for id in ["1", r#""a1""#, "-1.5", "[null]", "null"] {
            let body = format!(r#"{{"type":"ts","msg_id":{id}}}"#);
            let answer = service("lin-tso").handle("n1", &Body::parse(&body).unwrap(), &mut |_| 0);
            assert_eq!(
                answer.unwrap(),
                format!(r#"{{"type":"ts_ok","ts":0,"in_reply_to":{id}}}"#)
            );
        }
    }

    #[test]
    fn what_a_service_does_not_know_is_not_answered() {
        let kv = "no answer: it knows requests of the types read, write and cas alone";
        let tso = "no answer: it knows requests of the type ts alone";
        for (name, why) in [
            ("lin-kv", kv),
            ("seq-kv", kv),
            ("lww-kv", kv),
            ("lin-tso", tso),
        ] {
            transcript(
                &mut service(name),
                &[
                    (r#"{"type":"delete","key":1}"#, why),
                    (r#"{"type":7,"key":1}"#, why),
                    (r#"{"key":1}"#, why),
                ],
            );
        }
        let deep = format!(
            r#"{{"type":"read","key":{}{}}}"#,
            "[".repeat(600),
            "]".repeat(600)
        );
        let why = "no answer: expected at most 504 levels of nesting, found more";
        transcript(&mut service("lin-kv"), &[(&deep, why)]);
    }

    #[test]
    fn seq_kv_may_be_old_but_does_not_go_back_and_a_change_is_fresh() {
        let mut was_old = false;
        for seed in 0..50 {
            let rng = Rng::new(seed);
            let mut kv = service("seq-kv");
            for value in 0..30 {
                let write = format!(r#"{{"type":"write","key":"k","value":{value}}}"#);
                ask(&mut kv, "n1", &write, &rng);
            }
            let mut last = -1;
            for _ in 0..10 {
                let value = read(&mut kv, "n2", &rng);
                assert!(value >= last, "{value} after {last}");
                was_old |= value < 29;
                last = value;
            }
            let write = r#"{"type":"write","key":"own","value":1}"#;
            ask(&mut kv, "n3", write, &rng);
            assert_eq!(read(&mut kv, "n3", &rng), 29);
        }
        assert!(was_old);
    }

    /// What key k holds, as far as this client can see; -1 is nothing.
    fn read(kv: &mut Service, client: &str, rng: &Rng) -> i64 {
        let answer = ask(kv, client, r#"{"type":"read","key":"k"}"#, rng);
        Body::parse(&answer).unwrap().integer("value").unwrap_or(-1)
    }

    #[test]
    fn who_lags_behind_more_states_than_seq_kv_has_may_go_back() {
        let mut went_back = 0;
        for seed in 0..50 {
            let rng = Rng::new(seed);
            let mut kv = service("seq-kv");
            for value in 0..200 {
                let write = format!(r#"{{"type":"write","key":"k","value":{value}}}"#);
                ask(&mut kv, "n1", &write, &rng);
            }
            let seen = [(); 3].map(|()| read(&mut kv, "n2", &rng));
            let kept = 200 - SEQ_KV_STATES as i64..200;
            assert!(seen.iter().all(|value| kept.contains(value)), "{seen:?}");
            went_back += usize::from(!seen.is_sorted());
        }
        assert!(went_back > 10, "{went_back}");
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
            match ask(&mut kv, "n1", read, &rng).contains("read_ok") {
                true => seen += 1,
                false => missed += 1,
            }
            for _ in 0..50 {
                ask(&mut kv, "n1", read, &rng);
            }
            assert!(ask(&mut kv, "n1", read, &rng).contains("read_ok"));
        }
        assert!(missed > 10 && seen > 10, "{missed} missed, {seen} seen");
    }

    #[test]
    fn lin_tso_counts_from_0() {
        let mut tso = service("lin-tso");
        let ts = r#"{"type":"ts"}"#;
        transcript(
            &mut tso,
            &[
                (ts, r#"{"type":"ts_ok","ts":0}"#),
                (
                    r#"{"type":"read"}"#,
                    "no answer: it knows requests of the type ts alone",
                ),
                (ts, r#"{"type":"ts_ok","ts":1}"#),
            ],
        );
    }
}
