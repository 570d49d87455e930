//! A node of the workload g-set, without a library: in lockstep if it is asked for that, with its
//! elements on its disk; in real time if not, where it keeps them in memory alone.
//!
//! The transcript in `workbench/LOCKSTEP.md` is of this node.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Write, stdin, stdout};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use lockstep::{Command, Event, Turns};
use serde_json::{Value, json};

/// How often the others are told all elements.
const GOSSIP: Duration = Duration::from_secs(1);

/// No I/O and no clock: what it says and wants written is in lists.
#[derive(Default)]
struct Set {
    id: String,
    others: Vec<String>,
    elements: BTreeSet<i64>,
    /// What is on its way to the disk, in this sync and in the next, with whom it is owed to.
    syncing: Vec<(i64, Option<Value>)>,
    waiting: Vec<(i64, Option<Value>)>,
    gossip_at: Option<Duration>,
    said: Vec<String>,
    disk: Vec<Command>,
}

impl Set {
    fn found(&mut self, file: &[u8]) {
        // The last line may be torn.
        let whole = file.split_inclusive(|&byte| byte == b'\n');
        let lines = whole.filter_map(|line| std::str::from_utf8(line.strip_suffix(b"\n")?).ok());
        self.elements
            .extend(lines.filter_map(|line| line.parse::<i64>().ok()));
        self.gossip_at = (!self.elements.is_empty()).then_some(GOSSIP);
    }

    fn send(&mut self, dest: &str, body: Value) {
        let src = &self.id;
        // Field by field: serde_json sorts them.
        self.said.push(format!(
            r#"{{"src":"{src}","dest":"{dest}","body":{body}}}"#
        ));
    }

    fn reply(&mut self, request: &Value, mut body: Value) {
        body["in_reply_to"] = request["body"]["msg_id"].clone();
        self.send(request["src"].as_str().unwrap_or_default(), body);
    }

    fn message(&mut self, line: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Value>(line) else {
            return;
        };
        let body = &message["body"];
        match body["type"].as_str() {
            Some("init") => {
                self.id = body["node_id"].as_str().unwrap_or_default().to_owned();
                let ids = body["node_ids"].as_array().into_iter().flatten();
                let ids = ids.filter_map(Value::as_str).map(str::to_owned);
                self.others = ids.filter(|id| *id != self.id).collect();
                self.reply(&message, json!({"type": "init_ok"}));
            }
            Some("add") => self
                .waiting
                .extend((body["element"].as_i64()).map(|element| (element, Some(message.clone())))),
            Some("read") => {
                let value: Vec<i64> = self.elements.iter().copied().collect();
                self.reply(&message, json!({"type": "read_ok", "value": value}));
            }
            Some("gossip") => {
                let told = body["elements"].as_array().into_iter().flatten();
                let new = told.filter_map(Value::as_i64);
                let new = new.filter(|element| !self.elements.contains(element));
                self.waiting
                    .extend(new.map(|element| (element, None)).collect::<Vec<_>>());
            }
            _ if body["msg_id"].is_u64() => {
                let body = json!({"type": "error", "code": 10, "text": "not supported"});
                self.reply(&message, body);
            }
            _ => {}
        }
    }

    /// What waits goes to the disk, unless a sync is under way.
    fn write(&mut self) {
        if self.waiting.is_empty() || !self.syncing.is_empty() {
            return;
        }
        self.syncing = std::mem::take(&mut self.waiting);
        let lines = self
            .syncing
            .iter()
            .map(|(element, _)| format!("{element}\n"));
        let bytes = lines.collect::<String>().into_bytes();
        let file = "set".to_owned();
        self.disk
            .extend([Command::Append { file, bytes }, Command::Sync]);
    }

    fn synced(&mut self, now: Duration) {
        for (element, request) in std::mem::take(&mut self.syncing) {
            self.elements.insert(element);
            self.gossip_at.get_or_insert(now + GOSSIP);
            if let Some(request) = request {
                self.reply(&request, json!({"type": "add_ok"}));
            }
        }
    }

    /// Does what is due.
    fn advance(&mut self, now: Duration) {
        if self.gossip_at.is_some_and(|at| at <= now) {
            let elements: Vec<i64> = self.elements.iter().copied().collect();
            for other in self.others.clone() {
                self.send(&other, json!({"type": "gossip", "elements": elements}));
            }
            self.gossip_at = Some(now + GOSSIP);
        }
    }
}

fn in_lockstep(input: impl BufRead, output: impl Write) -> io::Result<()> {
    let mut turns = Turns::agree(input, output)?;
    let Some(start) = turns.start()? else {
        return Ok(());
    };
    let mut set = Set::default();
    set.found(start.files.get("set").map_or(&[][..], Vec::as_slice));
    let mut turn = Some((Duration::ZERO, Event::Message(start.init)));
    while let Some((now, event)) = turn {
        set.advance(now);
        match event {
            Event::Nothing => {}
            Event::Message(line) => set.message(&line),
            Event::Synced => set.synced(now),
            Event::Failed(why) => {
                turns.fail(&why)?;
                return Err(io::Error::other(why));
            }
        }
        set.write();
        for line in set.said.drain(..) {
            turns.say(line.as_bytes())?;
        }
        for command in set.disk.drain(..) {
            turns.disk(command)?;
        }
        turns.end(set.gossip_at)?;
        turn = turns.next()?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "this is real time")]
fn in_real_time(input: impl BufRead + Send + 'static, mut output: impl Write) -> io::Result<()> {
    let started = Instant::now();
    let (lines, arrived) = channel();
    std::thread::spawn(move || {
        input
            .split(b'\n')
            .map_while(Result::ok)
            .try_for_each(|line| lines.send(line))
    });
    let mut set = Set::default();
    loop {
        let far = Duration::from_secs(3600);
        let wait = set
            .gossip_at
            .map_or(far, |at| at.saturating_sub(started.elapsed()));
        match arrived.recv_timeout(wait) {
            Ok(line) => set.message(&line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
        set.advance(started.elapsed());
        set.write();
        set.disk.clear();
        set.synced(started.elapsed());
        for line in set.said.drain(..) {
            writeln!(output, "{line}")?;
        }
        output.flush()?;
    }
}

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "the messages")]
    let (input, output) = (BufReader::new(stdin()), stdout());
    let done = lockstep::asked_for().and_then(|asked| match asked {
        Some(_) => in_lockstep(input, output),
        None => in_real_time(input, output),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
