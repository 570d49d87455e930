//! One life of the program: what it is told and says, turn by turn, with all that binds every
//! turn looked at.

use std::io;
use std::time::Duration;

use lockstep::{Command, Event, Files, Said, Told};
use serde_json::{Value, json};
use simulation::host::Ending;
use simulation::service::Service;
use simulation::wire;

use super::{Breach, Options, Rule};
use crate::Started;
use crate::live::now as real_time;
use crate::pipes::Poll;
use crate::process::{Nursery, allow_files};
use crate::{Program, live};

/// The program's name as a node.
pub(super) const NAME: &str = "n1";
/// How long a service and a disk take.
const WHILE: Duration = Duration::from_millis(1);
/// How long is waited for what must not come, in real time.
const QUIET: Duration = Duration::from_millis(100);

/// Where lives come from.
pub(super) struct Bench {
    program: Program,
    pub(super) options: Options,
}

impl Bench {
    pub(super) fn new(program: &Program, options: &Options) -> Self {
        allow_files(8);
        Bench {
            program: program.clone(),
            options: options.clone(),
        }
    }

    /// Starts the program, which has to agree.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(&self) -> io::Result<Result<Session, Breach>> {
        Ok(self.spawn()?.agree())
    }

    /// Starts the program, and does not wait for it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn spawn(&self) -> io::Result<Session> {
        self.spawn_in(&[lockstep::VERSION])
    }

    /// The same, asked for these versions.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn spawn_in(&self, versions: &'static [u32]) -> io::Result<Session> {
        let names = [NAME.to_owned()];
        let nursery = Nursery::new(&self.program, &names, Some(vec![self.options.seed]));
        let nursery = nursery.in_versions(versions);
        Ok(Session {
            started: nursery.start(0, 0, Duration::ZERO)?,
            patience: self.options.patience,
            now: Duration::ZERO,
            deadline: None,
            is_patient: false,
            told: "nothing yet".to_owned(),
            services: Vec::from(Service::all()),
            due: Vec::new(),
            files: Files::new(),
            open: Vec::new(),
            sync: None,
            next_id: 0,
            ahead: 0,
        })
    }
}

const AGREE: &str = "= lockstep, as its first line, before it is told anything";

/// What came in a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// All its lines, the one that ends it too.
    pub(super) lines: Vec<String>,
    /// The messages among them.
    pub(super) messages: Vec<Value>,
    /// Whether it wrote on its disk.
    pub(super) wrote: bool,
    /// Why it cannot go on.
    pub(super) failed: Option<String>,
}

/// A living process.
pub(super) struct Session {
    started: Started,
    patience: Duration,
    pub(super) now: Duration,
    pub(super) deadline: Option<Duration>,
    /// Whether a deadline that has passed is let pass.
    pub(super) is_patient: bool,
    /// What it was told last.
    pub(super) told: String,
    pub(super) services: Vec<(&'static str, Service)>,
    /// What services have answered, and when that arrives.
    due: Vec<(Duration, Vec<u8>)>,
    /// What is durable, and what is not.
    pub(super) files: Files,
    open: Vec<Command>,
    /// When the sync is done that is under way.
    pub(super) sync: Option<Duration>,
    next_id: u64,
    /// How many turns it was told of behind the one that it has.
    ahead: usize,
}

/// The beginning of a line, for a person.
pub(super) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(300)]).into_owned();
    match line.len() > 300 {
        true => format!("{text}... ({} bytes)", line.len()),
        false => text,
    }
}

impl Session {
    /// Waits for it to agree.
    pub(super) fn agree(mut self) -> Result<Session, Breach> {
        match self.agree_on()? {
            lockstep::VERSION => Ok(self),
            other => Err(self.breach(Rule::Agree, AGREE, format!("= lockstep {other}"))),
        }
    }

    /// Waits for it to agree, and says on which version.
    pub(super) fn agree_on(&mut self) -> Result<u32, Breach> {
        let line = self.line(Rule::Agree)?;
        let version = lockstep::agreed(&line).and_then(|version| u32::try_from(version).ok());
        version.ok_or_else(|| self.breach(Rule::Agree, AGREE, shown(&line)))
    }

    pub(super) fn breach(
        &mut self,
        rule: Rule,
        expected: impl Into<String>,
        came: impl Into<String>,
    ) -> Breach {
        Breach {
            rule,
            told: self.told.clone(),
            expected: expected.into(),
            came: came.into(),
            log: self.started.process.last_words(),
        }
    }

    /// Waits for a line. That none comes breaks this rule.
    fn line(&mut self, rule: Rule) -> Result<Vec<u8>, Breach> {
        let began = real_time();
        loop {
            if let Some(line) = self.started.lines.next() {
                return Ok(line);
            }
            let expected = match rule {
                Rule::Agree => AGREE.to_owned(),
                _ => format!(
                    "the end of its turn, = TIME or = -, within {:?}",
                    self.patience
                ),
            };
            let rest = shown(self.started.lines.rest());
            if self.started.lines.is_closed() {
                let how = match self.started.process.stop(true) {
                    Ending::Ended(how) => how,
                    Ending::Stopped => "it closed its stdout".to_owned(),
                };
                return Err(self.breach(rule, expected, format!("nothing: it has ended: {how}")));
            }
            if self.started.lines.is_too_long() {
                return Err(self.breach(Rule::Lines, live::too_long(), rest));
            }
            let left = self.patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                let came = match rest.is_empty() {
                    true => "nothing".to_owned(),
                    false => format!("{rest}, without the end of the line"),
                };
                return Err(self.breach(rule, expected, came));
            }
            self.wait(left);
        }
    }

    /// Waits for something to read, and reads it; writes meanwhile what is to be written.
    fn wait(&mut self, time: Duration) {
        let Started { feed, lines, .. } = &mut self.started;
        feed.write();
        let mut poll = Poll::default();
        poll.add_feed(feed);
        poll.add_lines(lines);
        poll.wait(time);
        if poll.has_news(lines) {
            lines.read();
        }
    }

    /// Nothing is said where it is nobody's turn.
    pub(super) fn is_quiet(&mut self) -> Result<(), Breach> {
        let began = real_time();
        while self.started.lines.rest().is_empty()
            && began.elapsed() < QUIET
            && !self.started.lines.is_closed()
        {
            self.wait(QUIET.saturating_sub(began.elapsed()));
        }
        self.said_nothing()
    }

    /// Nothing has been said since the end of its turn.
    fn said_nothing(&mut self) -> Result<(), Breach> {
        let rest = self.started.lines.rest().to_vec();
        match rest.is_empty() || self.ahead > 0 {
            true => Ok(()),
            false => Err(self.breach(Rule::Quiet, "nothing until its next turn", shown(&rest))),
        }
    }

    /// Tells it what comes before `init`: what an earlier life has left. Services outlive it.
    pub(super) fn begin_again(&mut self, files: &Files, services: Vec<(&'static str, Service)>) {
        self.services = services;
        let mut told = Vec::new();
        Told::Again.write(&mut told);
        for (name, bytes) in files {
            Told::File(name.clone(), bytes.clone()).write(&mut told);
        }
        self.started.feed.push(&told);
        self.files = files.clone();
    }

    /// Tells it `init`, as one of so many nodes, and drives it until it has answered.
    pub(super) fn init(&mut self, nodes: usize) -> Result<Vec<String>, Breach> {
        let names: Vec<String> = (1..=nodes).map(|node| format!("n{node}")).collect();
        let body = json!({"type": "init", "node_id": NAME, "node_ids": names, "msg_id": 1});
        let line = wire::line(0, "c0", NAME, &body.to_string());
        self.next_id = 1;
        let mut told = Vec::new();
        Told::Init(&line).write(&mut told);
        let mut lines = Vec::new();
        let mut turn = self.turn(&told)?;
        let mut came = Vec::new();
        for _ in 0..1000 {
            lines.append(&mut turn.lines);
            came.extend(
                turn.messages
                    .iter()
                    .filter(|it| it["dest"] == "c0")
                    .cloned(),
            );
            let is_answer = |message: &&Value| {
                let body = &message["body"];
                body["type"] == "init_ok" && body["in_reply_to"] == 1 && message["src"] == NAME
            };
            if came.iter().any(|message| is_answer(&message)) {
                return Ok(lines);
            }
            let Some(next) = self.next() else { break };
            turn = self.go(next)?;
        }
        let expected =
            r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}, in time"#;
        let came = came
            .first()
            .map_or_else(|| "nothing of that kind".to_owned(), Value::to_string);
        Err(self.breach(Rule::Init, expected, came))
    }

    /// When next something happens by itself.
    pub(super) fn next(&self) -> Option<Duration> {
        let due = self.due.iter().map(|(at, _)| *at);
        let all = due.chain(self.sync).chain(self.deadline);
        all.min().map(|at| at.max(self.now))
    }

    /// Lets it have the turn that is due at this time: a sync's, a service's or its own.
    pub(super) fn go(&mut self, at: Duration) -> Result<Turn, Breach> {
        self.now = at;
        if self.sync.is_some_and(|done| done <= at) {
            return self.synced(Ok(()));
        }
        match self.due.iter().position(|(due, _)| *due <= at) {
            Some(place) => {
                let (_, line) = self.due.remove(place);
                self.tell(Event::Message(&line))
            }
            None => self.tell(Event::Nothing),
        }
    }

    /// Its disk has done what it had to, or not.
    pub(super) fn synced(&mut self, result: Result<(), String>) -> Result<Turn, Breach> {
        self.sync = None;
        let open = std::mem::take(&mut self.open);
        match result {
            Ok(()) => {
                let covers = open.iter().position(|it| *it == Command::Sync);
                let covers = covers.map_or(open.len(), |place| place + 1);
                open[..covers]
                    .iter()
                    .for_each(|it| it.apply(&mut self.files));
                self.open = open[covers..].to_vec();
                self.tell(Event::Synced)
            }
            Err(why) => self.tell(Event::Failed(why)),
        }
    }

    /// Has a turn now, in which this happens.
    pub(super) fn tell(&mut self, event: Event<&[u8]>) -> Result<Turn, Breach> {
        let mut told = Vec::new();
        Told::Turn(self.now, event).write(&mut told);
        self.turn(&told)
    }

    /// A message of a client, now. Its number comes with the turn.
    pub(super) fn request(&mut self, client: &str, body: &Value) -> Result<(u64, Turn), Breach> {
        let (id, line) = self.request_line(client, body);
        Ok((id, self.tell(Event::Message(&line))?))
    }

    pub(super) fn request_line(&mut self, client: &str, body: &Value) -> (u64, Vec<u8>) {
        self.next_id += 1;
        let id = self.next_id;
        let mut body = body.clone();
        body["msg_id"] = id.into();
        (id, wire::line(id, client, NAME, &body.to_string()))
    }

    /// Tells it this line, and reads what it says in its turn.
    pub(super) fn turn(&mut self, told: &[u8]) -> Result<Turn, Breach> {
        self.said_nothing()?;
        self.told = shown(told.strip_suffix(b"\n").unwrap_or(told));
        self.started.feed.push(told);
        self.answer()
    }

    /// Tells it all these messages at once, now, and reads its turns.
    pub(super) fn tell_ahead(&mut self, messages: &[Vec<u8>]) -> Result<Vec<Turn>, Breach> {
        self.said_nothing()?;
        let mut told = Vec::new();
        for message in messages {
            Told::Turn(self.now, Event::Message(message)).write(&mut told);
        }
        let first = told.split(|&byte| byte == b'\n').next().unwrap_or_default();
        self.told = format!("{}, and {} more", shown(first), messages.len() - 1);
        self.started.feed.push(&told);
        let turn = |place| {
            self.ahead = messages.len() - 1 - place;
            self.answer()
        };
        (0..messages.len()).map(turn).collect()
    }

    /// Reads what it says in a turn.
    fn answer(&mut self) -> Result<Turn, Breach> {
        let mut turn = Turn::default();
        loop {
            let line = self.line(Rule::End)?;
            turn.lines.push(String::from_utf8_lossy(&line).into_owned());
            let said = match Said::parse(&line) {
                Ok(said) => said,
                Err(wrong) => return Err(self.breach(Rule::Lines, wrong.expected, wrong.found)),
            };
            match said {
                Said::Message(text) => match serde_json::from_slice::<Value>(text) {
                    Ok(message) if message["body"].is_object() && message["dest"].is_string() => {
                        self.route(&message, text);
                        turn.messages.push(message);
                    }
                    _ => {
                        let expected = "a message, an object of src, dest and body, or a line of \
                                        the protocol that begins with \"= \"";
                        return Err(self.breach(Rule::Lines, expected, shown(text)));
                    }
                },
                Said::Disk(command) => self.disk(command, &mut turn)?,
                Said::State(json) => {
                    if serde_json::from_str::<Value>(json).is_err() {
                        let expected = "\"= state\" and its state as JSON";
                        return Err(self.breach(Rule::Lines, expected, shown(&line)));
                    }
                }
                Said::Failed(why) => {
                    turn.failed = Some(why.to_owned());
                    self.deadline = None;
                    return Ok(turn);
                }
                Said::End(deadline) => {
                    self.deadline = deadline;
                    let passed = deadline.filter(|at| *at < self.now && !self.is_patient);
                    if let Some(at) = passed {
                        let now = self.now.as_nanos();
                        let expected = format!("a deadline that is not before now, {now}");
                        let came = format!("= {}", at.as_nanos());
                        return Err(self.breach(Rule::Deadline, expected, came));
                    }
                    self.said_nothing()?;
                    return Ok(turn);
                }
            }
        }
    }

    fn disk(&mut self, command: Command, turn: &mut Turn) -> Result<(), Breach> {
        if command != Command::Sync {
            turn.wrote = true;
        } else if self.sync.is_some() {
            let expected = "no second = sync before the first is answered";
            return Err(self.breach(Rule::Sync, expected, "= sync"));
        } else {
            self.sync = Some(self.now + WHILE);
        }
        self.open.push(command);
        Ok(())
    }

    /// A request to a service is answered a little later.
    fn route(&mut self, message: &Value, text: &[u8]) {
        let dest = message["dest"].as_str().unwrap_or_default();
        let service = self.services.iter_mut().find(|(name, _)| *name == dest);
        let text = std::str::from_utf8(text).unwrap_or_default();
        let (Some((name, service)), Ok(envelope)) = (service, wire::Envelope::parse(text)) else {
            return;
        };
        let Ok(body) = wire::Body::parse(envelope.body) else {
            return;
        };
        if let Ok(answer) = service.handle(NAME, &body, &mut |_| 0) {
            self.next_id += 1;
            let line = wire::line(self.next_id, name, NAME, &answer);
            self.due.push((self.now + WHILE, line));
        }
    }

    /// Ends its input, after these bytes; gives what it says then, and how it ends, if it does.
    pub(super) fn end(mut self, last: &[u8]) -> (Vec<u8>, Option<String>, Vec<String>) {
        self.started.feed.push(last);
        while self.started.feed.waiting() > 0 && !self.started.lines.is_closed() {
            self.wait(QUIET);
        }
        let Started {
            mut process,
            feed,
            mut lines,
        } = self.started;
        drop(feed);
        let began = real_time();
        while !lines.is_closed() && began.elapsed() < self.patience {
            let mut poll = Poll::default();
            poll.add_lines(&lines);
            poll.wait(self.patience.saturating_sub(began.elapsed()));
            if poll.has_news(&lines) {
                lines.read();
            }
        }
        let how = match process.stop(lines.is_closed()) {
            Ending::Ended(how) => Some(how),
            Ending::Stopped => None,
        };
        (lines.rest().to_vec(), how, process.last_words())
    }
}
