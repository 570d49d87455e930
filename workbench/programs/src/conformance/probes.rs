//! What is done to the program, to see whether it keeps the rules.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use lockstep::{Event, Files};
use serde_json::Value;

use super::requests::{self, Requests};
use super::session::{Bench, Session};
use super::{Breach, Found, Rule};
use super::{ahead, twins};

/// How many messages come at once.
const MANY: usize = 100;
/// How much longer a large message is, in bytes.
const LARGE: usize = 1 << 20;
/// How often it is asked what it shows after it was killed, a second apart.
const AGAIN: usize = 10;
/// How often a program may be woken at the same moment.
const SAME_MOMENT: usize = 1000;

/// A probe's result: it ran, or a rule was broken before its end.
type Probed = io::Result<Result<(), Breach>>;

/// Everything, the rules that all else rests on first.
pub(super) fn all(bench: &Bench, found: &mut Found) -> io::Result<()> {
    if let Err(breach) = basics(bench, found)? {
        // It may be so because its time is another one.
        if breach.rule == Rule::Deadline {
            twins::probe(bench, found, None)?.unwrap_or_else(|breach| found.broken(breach));
        }
        found.broken(breach);
        return Ok(());
    }
    let requests = find_requests(bench, found)?;
    wake(bench, found, requests.as_ref())?.unwrap_or_else(|breach| found.broken(breach));
    twins::probe(bench, found, requests.as_ref())?.unwrap_or_else(|breach| found.broken(breach));
    skip(bench, found, requests.as_ref())?.unwrap_or_else(|breach| found.broken(breach));
    eof(bench, found)?.unwrap_or_else(|breach| found.broken(breach));
    let Some(requests) = requests else {
        let why = "no workload's requests are answered";
        for rule in [
            Rule::Reply,
            Rule::Large,
            Rule::Many,
            Rule::Ahead,
            Rule::Sync,
            Rule::Failed,
        ] {
            found.not_tried(rule, why);
        }
        again(bench, found, None)?.unwrap_or_else(|breach| found.broken(breach));
        return Ok(());
    };
    let probes: [fn(&Bench, &mut Found, &Requests) -> Probed; 5] =
        [reply, large, many, ahead::probe, disk];
    for probe in probes {
        probe(bench, found, &requests)?.unwrap_or_else(|breach| found.broken(breach));
    }
    again(bench, found, Some(&requests))?.unwrap_or_else(|breach| found.broken(breach));
    Ok(())
}

/// A program that ends, or does not end its turn, at this has broken this rule.
pub(super) fn at<T>(rule: Rule, done: Result<T, Breach>) -> Result<T, Breach> {
    done.map_err(|breach| match breach.rule {
        Rule::End | Rule::Init => Breach { rule, ..breach },
        _ => breach,
    })
}

/// Starts it and tells it `init`, as one of so many nodes.
pub(super) fn begin(bench: &Bench, nodes: usize) -> io::Result<Result<Session, Breach>> {
    Ok(bench.start()?.and_then(|mut session| {
        session.init(nodes)?;
        Ok(session)
    }))
}

/// Starts it, and does this with it.
fn with(
    bench: &Bench,
    nodes: usize,
    then: impl FnOnce(&mut Session) -> Result<(), Breach>,
) -> Probed {
    Ok(begin(bench, nodes)?.and_then(|mut session| then(&mut session)))
}

fn basics(bench: &Bench, found: &mut Found) -> Probed {
    let mut session = match bench.start()? {
        Ok(session) => session,
        Err(breach) => return Ok(Err(breach)),
    };
    found.kept(Rule::Agree, "its first line is = lockstep");
    let mut run = || -> Result<(), Breach> {
        session.is_quiet()?;
        session.init(3)?;
        found.kept(Rule::Init, "init_ok, with init's msg_id");
        session.is_quiet()?;
        let mut turns = 1;
        for at in [1, 2, 500, 1000].map(Duration::from_millis) {
            session.now = at;
            session.tell(Event::Nothing)?;
            session.is_quiet()?;
            turns += 1;
        }
        found.kept(Rule::End, format!("each of {turns} turns"));
        found.kept(Rule::Lines, "messages, and lines of the protocol");
        found.kept(
            Rule::Quiet,
            "for 100 ms after the agreement, init and turns",
        );
        found.kept(Rule::Deadline, "none before its turn");
        Ok(())
    };
    Ok(run())
}

/// It is woken before its deadline, and at it.
fn wake(bench: &Bench, found: &mut Found, requests: Option<&Requests>) -> Probed {
    let mut woken = 0;
    for nodes in [1, 3] {
        let probed = with(bench, nodes, |session| {
            // With something to do, which the others do not help it with.
            if let Some(requests) = requests {
                session.now += Duration::from_millis(1);
                for body in requests.before.iter().chain([&requests.first]) {
                    session.request("c1", body)?;
                }
                // One for each request, if a sync began before the second came.
                for _ in 0..AGAIN {
                    if session.sync.is_some() {
                        session.synced(Ok(()))?;
                    }
                }
            }
            for _ in 0..10 {
                let Some(deadline) = session.deadline else {
                    break;
                };
                let early = session.now + deadline.saturating_sub(session.now) / 2;
                if early < deadline {
                    session.now = early;
                    let turn = session.tell(Event::Nothing)?;
                    let expected = format!(
                        "the same deadline, = {}, and no message before it",
                        deadline.as_nanos()
                    );
                    if !turn.messages.is_empty() || session.deadline != Some(deadline) {
                        let came = turn.lines.join("; ");
                        return Err(session.breach(Rule::Wake, expected, came));
                    }
                }
                session.now = deadline;
                for turns in 1.. {
                    session.tell(Event::Nothing)?;
                    woken += 1;
                    if session.deadline != Some(deadline) {
                        break;
                    }
                    if turns == SAME_MOMENT {
                        let expected = format!(
                            "a later deadline, or none, after {turns} turns at {}",
                            deadline.as_nanos()
                        );
                        let came = format!("= {}", deadline.as_nanos());
                        return Err(session.breach(Rule::Wake, expected, came));
                    }
                }
            }
            Ok(())
        })?;
        if probed.is_err() {
            return Ok(probed);
        }
    }
    match woken {
        0 => found.not_tried(Rule::Wake, "it asked for no wake-up"),
        _ => found.kept(
            Rule::Wake,
            format!("before and at each deadline, {woken} wake-ups"),
        ),
    }
    Ok(Ok(()))
}

/// Looks for requests that it answers.
fn find_requests(bench: &Bench, found: &mut Found) -> io::Result<Option<Requests>> {
    let wanted = bench.options.workload.as_deref();
    let all = requests::all().into_iter();
    for requests in all.filter(|it| wanted.is_none_or(|name| name == it.workload)) {
        let answer = begin(bench, 1)?.and_then(|mut session| {
            let answer = session.ask("c1", &requests.first)?;
            match session.wrong_reply(&answer) {
                Some(breach) if answer.body.is_none() => Err(breach),
                _ => Ok(answer),
            }
        });
        match answer {
            Ok(answer) if answer.is_understood() => return Ok(Some(requests)),
            // That it ends at a request of another workload is no fault.
            Ok(_) => {}
            Err(breach) if breach.rule == Rule::End => {}
            Err(breach) => found.broken(breach),
        }
    }
    Ok(None)
}

fn reply(bench: &Bench, found: &mut Found, requests: &Requests) -> Probed {
    with(bench, 1, |session| {
        let mut answered = 0;
        let bodies = std::iter::once(&requests.first).chain(&requests.read);
        for (place, body) in bodies.cycle().take(6).enumerate() {
            let answer = session.ask(&format!("c{}", place + 1), body)?;
            if let Some(breach) = session.wrong_reply(&answer) {
                return Err(breach);
            }
            answered += usize::from(answer.body.is_some());
        }
        let workload = requests.workload;
        found.kept(
            Rule::Reply,
            format!("{answered} answers to 6 requests of {workload}"),
        );
        Ok(())
    })
}

fn skip(bench: &Bench, found: &mut Found, requests: Option<&Requests>) -> Probed {
    with(bench, 1, |session| {
        session.now += Duration::from_millis(1);
        let lines = [
            "no message",
            r#"{"src":"c1","dest":"n1","body":{"type":"#,
            "{}",
            "[]",
            "\u{fffd}",
        ];
        for line in lines {
            let turn = at(Rule::Skip, session.tell(Event::Message(line.as_bytes())))?;
            let to_it = turn
                .messages
                .iter()
                .find(|message| message["body"]["type"] != "error");
            if let Some(message) = to_it.filter(|message| message["dest"] == "c1") {
                let came = message.to_string();
                return Err(session.breach(
                    Rule::Skip,
                    "no answer to a line that is no message",
                    came,
                ));
            }
        }
        if let Some(requests) = requests {
            let answer = at(Rule::Skip, session.ask("c1", &requests.first))?;
            if answer.body.is_none() {
                let expected = "an answer to the request behind the skipped lines";
                return Err(session.breach(Rule::Skip, expected, "none within 20 s of its time"));
            }
        }
        found.kept(Rule::Skip, format!("{} lines, and it went on", lines.len()));
        Ok(())
    })
}

fn large(bench: &Bench, found: &mut Found, requests: &Requests) -> Probed {
    with(bench, 1, |session| {
        session.now += Duration::from_millis(1);
        let (id, line) = session.request_line("c1", &requests.first);
        // Spaces mean nothing in JSON, so that it is large for whoever reads it.
        let mut large = line[..1].to_vec();
        large.resize(LARGE, b' ');
        large.extend_from_slice(&line[1..]);
        let mut turn = at(Rule::Large, session.tell(Event::Message(&large)))?;
        let end = session.now + Duration::from_secs(20);
        let answers =
            |messages: &[Value]| messages.iter().any(|it| it["body"]["in_reply_to"] == id);
        while !answers(&turn.messages) {
            let Some(next) = session.next().filter(|at| *at <= end) else {
                let expected = "an answer to a request with a MiB of spaces in it";
                return Err(session.breach(Rule::Large, expected, "none within 20 s of its time"));
            };
            turn = at(Rule::Large, session.go(next))?;
        }
        found.kept(Rule::Large, "a request of 1 MiB was answered");
        Ok(())
    })
}

fn many(bench: &Bench, found: &mut Found, requests: &Requests) -> Probed {
    with(bench, 1, |session| {
        // Whoever has to find a leader first, has.
        let _ = session.ask("c1", &requests.first)?;
        session.now += Duration::from_millis(1);
        let mut owed = BTreeSet::new();
        let take = |owed: &mut BTreeSet<u64>, messages: &[Value]| {
            for message in messages {
                owed.remove(&message["body"]["in_reply_to"].as_u64().unwrap_or_default());
            }
        };
        for client in 0..MANY {
            let (id, turn) = at(
                Rule::Many,
                session.request(&format!("c{}", client + 1), &requests.first),
            )?;
            owed.insert(id);
            take(&mut owed, &turn.messages);
        }
        let end = session.now + Duration::from_secs(60);
        while !owed.is_empty() {
            let Some(next) = session.next().filter(|at| *at <= end) else {
                let count = owed.len();
                let expected = format!("an answer to each of {MANY} requests at the same time");
                let came = format!("none to {count} of them within 60 s of its time");
                return Err(session.breach(Rule::Many, expected, came));
            };
            let turn = at(Rule::Many, session.go(next))?;
            take(&mut owed, &turn.messages);
        }
        found.kept(
            Rule::Many,
            format!("{MANY} requests at the same time, all answered"),
        );
        Ok(())
    })
}

/// What is promised is durable, and a disk that fails is the end.
fn disk(bench: &Bench, found: &mut Found, requests: &Requests) -> Probed {
    let mut wrote = false;
    let promised = with(bench, 1, |session| {
        let answer = session.ask("c1", &requests.first)?;
        wrote = answer.wrote;
        if answer.is_early && answer.is_ok() {
            let expected = "its answer after = synced, since the request was written to the disk";
            let came = answer.body.unwrap_or_default().to_string();
            return Err(session.breach(Rule::Sync, expected, came));
        }
        Ok(())
    })?;
    if promised.is_err() {
        found.not_tried(Rule::Failed, "sync was broken");
        return Ok(promised);
    }
    if !wrote {
        for rule in [Rule::Sync, Rule::Failed] {
            found.not_tried(rule, "it wrote nothing on its disk");
        }
        return Ok(Ok(()));
    }
    found.kept(Rule::Sync, "it answered when its disk had");
    let failed = begin(bench, 1)?.and_then(|mut session| {
        session.now += Duration::from_millis(1);
        session.request("c1", &requests.first)?;
        for _ in 0..SAME_MOMENT {
            if session.sync.is_some() {
                break;
            }
            let Some(next) = session.next() else { break };
            session.go(next)?;
        }
        let why = "input/output error".to_owned();
        let turn = at(Rule::Failed, session.synced(Err(why)))?;
        let expected = "= failed and why, and an exit with failure";
        if turn.failed.is_none() {
            let came = turn.lines.join("; ");
            return Err(session.breach(Rule::Failed, expected, came));
        }
        let told = session.told.clone();
        let (_, how, log) = session.end(b"");
        let is_failure = how.as_deref().is_some_and(|how| how != "exit status 0");
        let came = how.unwrap_or_else(|| "it went on".to_owned());
        match is_failure {
            true => Ok(()),
            false => Err(Breach {
                rule: Rule::Failed,
                told,
                expected: expected.to_owned(),
                came,
                log,
            }),
        }
    });
    if failed.is_ok() {
        found.kept(Rule::Failed, "it said why, and exited with failure");
    }
    Ok(failed)
}

/// It is killed, and started again with what was durable.
fn again(bench: &Bench, found: &mut Found, requests: Option<&Requests>) -> Probed {
    let mut files = Files::new();
    let mut services = Vec::new();
    let mut before = None;
    let lived = with(bench, 1, |session| {
        let Some(requests) = requests else {
            return Ok(());
        };
        session.ask("c1", &requests.first)?;
        if let Some(read) = &requests.read {
            before = session.ask("c2", read)?.body;
        }
        // What is left to be done is done.
        for _ in 0..10 {
            let Some(done) = session.sync else { break };
            session.go(done)?;
        }
        files = session.files.clone();
        services = std::mem::take(&mut session.services);
        Ok(())
    })?;
    if lived.is_err() {
        return Ok(lived);
    }
    let started = bench.start()?;
    Ok(started.and_then(|mut session| {
        session.begin_again(&files, services);
        at(Rule::Again, session.init(1))?;
        let read = requests.and_then(|requests| requests.read.as_ref());
        let (Some(read), Some(before), false) = (read, before, files.is_empty()) else {
            found.kept(Rule::Again, "= again is taken; it had no files");
            return Ok(());
        };
        let value = |body: &Value| {
            let mut body = body.clone();
            if let Some(fields) = body.as_object_mut() {
                fields.remove("in_reply_to");
                fields.remove("msg_id");
            }
            body
        };
        let mut after = Value::Null;
        // It may have to ask others first.
        for _ in 0..AGAIN {
            let answer = at(Rule::Again, session.ask("c2", read))?;
            after = value(&answer.body.unwrap_or_default());
            if after == value(&before) {
                break;
            }
            let end = session.now + Duration::from_secs(1);
            while let Some(next) = session.next().filter(|next| *next < end) {
                at(Rule::Again, session.go(next))?;
            }
            session.now = end;
        }
        if after != value(&before) {
            let expected = format!("what it showed before it was killed, {}", value(&before));
            return Err(session.breach(Rule::Again, expected, after.to_string()));
        }
        let count = files.len();
        found.kept(
            Rule::Again,
            format!("from {count} files it shows what it did before"),
        );
        Ok(())
    }))
}

/// Its input ends, after half a line.
fn eof(bench: &Bench, found: &mut Found) -> Probed {
    Ok(begin(bench, 1)?.and_then(|session| {
        let (said, how, log) = session.end(br#"5 {"src":"c1""#);
        let came = match &how {
            Some(how) if said.is_empty() => how.clone(),
            Some(how) => format!("{}, and {how}", super::session::shown(&said)),
            None => "it went on".to_owned(),
        };
        match said.is_empty() && how.as_deref() == Some("exit status 0") {
            true => {
                found.kept(Rule::Eof, "it ended with its input");
                Ok(())
            }
            false => Err(Breach {
                rule: Rule::Eof,
                told: r#"5 {"src":"c1", and the end of the input"#.to_owned(),
                expected: "its end, with exit status 0, and no word".to_owned(),
                came,
                log,
            }),
        }
    }))
}
