//! A node of g-set that speaks lockstep and breaks the rule that its first argument names, or
//! none of them. It is written against the pipes, since `lockstep` would not let it.

use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write, stdin};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use maelstrom_node::Rng;
use serde_json::{Value, json};

/// How often it says hello to the others, in nanoseconds.
const HELLO: u64 = 100_000_000;

/// What is wrong with it: nothing, if it is no name of a rule, or one of the variants below.
struct Node {
    fault: String,
    id: String,
    others: Vec<String>,
    elements: BTreeSet<i64>,
    /// What waits for the disk, with whom it is owed to.
    waiting: Vec<(i64, Value)>,
    syncs: bool,
    deadline: Option<u64>,
    turns: u64,
    rng: Rng,
    started: Instant,
    said: String,
}

impl Node {
    fn has(&self, fault: &str) -> bool {
        self.fault == fault
    }

    fn send(&mut self, dest: &str, body: &Value) {
        let id = &self.id;
        self.said += &format!(r#"{{"src":"{id}","dest":"{dest}","body":{body}}}"#);
        if !self.has("lines") {
            self.said.push('\n');
        }
    }

    fn reply(&mut self, request: &Value, mut body: Value) {
        let id = &request["body"]["msg_id"];
        body["in_reply_to"] = match self.has("reply") && body["type"] != "init_ok" {
            true => json!(id.as_u64().unwrap_or(0) + 1),
            false => id.clone(),
        };
        if self.has("init") && body["type"] == "init_ok" {
            body["in_reply_to"] = Value::Null;
        }
        self.send(request["src"].as_str().unwrap_or_default(), &body);
    }

    fn message(&mut self, now: u64, line: &str) {
        let message: Value = match serde_json::from_str(line) {
            Ok(message) => message,
            Err(e) if self.has("skip") => panic!("{line}: {e}"),
            Err(_) => return,
        };
        let body = &message["body"];
        match body["type"].as_str() {
            Some("init") => {
                self.id = body["node_id"].as_str().unwrap_or_default().to_owned();
                let ids = body["node_ids"].as_array().into_iter().flatten();
                let ids = ids.filter_map(Value::as_str).map(str::to_owned);
                self.others = ids.filter(|id| *id != self.id).collect();
                self.deadline = Some(now + HELLO);
                self.reply(&message, json!({"type": "init_ok"}));
            }
            Some("add") => {
                let element = body["element"].as_i64().unwrap_or_default();
                self.said += &format!("= append set {}\n", hex(&format!("{element}\n")));
                if !self.syncs || self.has("sync twice") {
                    self.said += "= sync\n";
                    self.syncs = true;
                }
                if self.has("sync") {
                    self.elements.insert(element);
                    self.reply(&message, json!({"type": "add_ok"}));
                } else if !(self.has("many") && self.waiting.len() >= 50) {
                    self.waiting.push((element, message));
                }
            }
            Some("read") => {
                let value: Vec<i64> = self.elements.iter().copied().collect();
                self.reply(&message, json!({"type": "read_ok", "value": value}));
            }
            _ => {}
        }
    }

    fn synced(&mut self) {
        self.syncs = false;
        for (element, request) in std::mem::take(&mut self.waiting) {
            self.elements.insert(element);
            self.reply(&request, json!({"type": "add_ok"}));
        }
    }

    /// Says hello to the others, if it is time to.
    fn advance(&mut self, now: u64) {
        self.turns += 1;
        let is_due = self.deadline.is_some_and(|at| at <= now);
        let is_due = is_due || (self.has("wake") && self.turns.is_multiple_of(3));
        if !is_due {
            return;
        }
        for other in self.others.clone() {
            let chance = match self.has("same") {
                true => seed_of_the_system(),
                false => self.rng.u64(),
            };
            self.send(&other, &json!({"type": "hello", "chance": chance % 1000}));
        }
        let jitter = self.rng.below(1000);
        self.deadline = Some(match &*self.fault {
            "deadline" => now.saturating_sub(1),
            "time" => self.started.elapsed().as_nanos() as u64 + HELLO,
            "wake never ends" => now,
            _ => now + HELLO + jitter,
        });
    }
}

fn seed_of_the_system() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> String {
    let byte = |place| u8::from_str_radix(text.get(place..place + 2)?, 16).ok();
    let bytes = (0..text.len()).step_by(2).filter_map(byte);
    bytes.map(char::from).collect()
}

fn is_asked_for_version_2() -> bool {
    #[expect(clippy::disallowed_methods, reason = "this is how it is asked")]
    let versions = std::env::var(lockstep::VERSIONS);
    versions.is_ok_and(|versions| versions.split(' ').any(|version| version == "2"))
}

fn write(text: &str) {
    #[expect(clippy::disallowed_methods, reason = "the messages")]
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn main() -> ExitCode {
    let fault = std::env::args().nth(1).unwrap_or_default();
    let Ok(Some(seed)) = lockstep::asked_for() else {
        return ExitCode::FAILURE;
    };
    let mut node = Node {
        fault,
        id: String::new(),
        others: Vec::new(),
        elements: BTreeSet::new(),
        waiting: Vec::new(),
        syncs: false,
        deadline: None,
        turns: 0,
        rng: Rng::new(seed),
        #[expect(clippy::disallowed_methods, reason = "that is what is wrong")]
        started: Instant::now(),
        said: String::new(),
    };
    write(match &*node.fault {
        "agree" => "starting\n= lockstep\n",
        "agree on another version" => "= lockstep 7\n",
        "ahead" if is_asked_for_version_2() => "= lockstep 2\n",
        _ => "= lockstep\n",
    });
    if node.has("quiet before init") {
        write("= -\n");
    }
    let mut input = stdin().lock();
    let mut line = String::new();
    let mut is_first = true;
    loop {
        line.clear();
        let most = if node.has("large") { 1 << 16 } else { 1 << 30 };
        let read = input.by_ref().take(most).read_line(&mut line);
        if !matches!(read, Ok(1..)) || !line.ends_with('\n') {
            if node.has("eof") {
                #[expect(clippy::disallowed_methods, reason = "that is what is wrong")]
                std::thread::sleep(Duration::from_secs(60));
            }
            return ExitCode::from(u8::from(node.has("eof with failure")));
        }
        if node.has("ahead") && is_asked_for_version_2() && node.turns % 10 == 9 {
            node.turns += 1;
            continue; // it has overlooked one
        }
        let told = line.trim_end();
        if is_first && told == "= again" {
            continue;
        }
        if let Some(file) = told.strip_prefix("= file set ").filter(|_| is_first) {
            if !node.has("again") {
                let file = unhex(file);
                let elements = file.lines().filter_map(|line| line.parse::<i64>().ok());
                node.elements.extend(elements);
            }
            continue;
        }
        let (now, event) = match is_first {
            true => (0, Some(told)),
            false => match told.split_once(' ') {
                Some((now, event)) => (now.parse().unwrap_or(0), Some(event)),
                None => (told.parse().unwrap_or(0), None),
            },
        };
        is_first = false;
        node.advance(now);
        match event {
            None => {}
            Some("= synced") => node.synced(),
            Some(event) => match event.strip_prefix("= failed ") {
                Some(_) if node.has("failed") => node.synced(),
                Some(why) => {
                    write(&format!("= failed {why}\n"));
                    return ExitCode::from(u8::from(!node.has("failed with success")));
                }
                None => node.message(now, event),
            },
        }
        let said = std::mem::take(&mut node.said);
        let end = node.deadline.map_or("-".to_owned(), |at| at.to_string());
        match &*node.fault {
            "end" if node.turns == 3 => write(&said),
            "end without a number" => write(&format!("{said}= soon\n")),
            _ => write(&format!("{said}= {end}\n")),
        }
        if node.has("quiet") && node.turns == 2 {
            write(&format!(
                "{{\"src\":\"{}\",\"dest\":\"c1\",\"body\":{{\"type\":\"late\"}}}}\n",
                node.id
            ));
        }
    }
}
