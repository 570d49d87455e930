//! One member, the commands that it can be told, and what it does in words.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Duration;

use raft::{
    Body, Change, ChangeError, Config, Configuration, Entry, Event, Match, Member, MessageOf,
    NotLeader, Position, Raft, Role, Saved, Snapshot, StateMachine,
};

/// A list of all commands.
#[derive(Default)]
struct Lines(Vec<String>);

impl StateMachine for Lines {
    type Command = String;
    type Response = usize;
    type Snapshot = Vec<String>;

    fn apply(&mut self, command: &String) -> usize {
        self.0.push(command.clone());
        self.0.len()
    }

    fn snapshot(&self) -> Vec<String> {
        self.0.clone()
    }

    fn restore(&mut self, snapshot: &Vec<String>) {
        self.0.clone_from(snapshot);
    }
}

type Message = MessageOf<Lines>;
type BodyOf = Body<String, Vec<String>>;

/// A member.
pub(crate) struct Told {
    raft: Raft<Lines>,
    config: Config,
    /// Its number, and how many the cluster began with.
    who: (Member, usize),
    now: Duration,
    /// When it sent the last message that is to be answered.
    sent: Duration,
}

impl Told {
    /// `0 of 3`, `0 of 3 that comes back in term 1`, `0 of 3 that keeps 1 of 3 entries`.
    pub(crate) fn new(member: &str) -> Told {
        let words = words(member);
        let [me, "of", count, what @ ..] = &words[..] else {
            panic!("a member of {member}?");
        };
        let mut config = Config {
            heartbeat: Duration::from_millis(75),
            election_min: Duration::from_millis(300),
            election_max: Duration::from_millis(600),
            ..Config::default()
        };
        let mut saved = Saved::default();
        match *what {
            [] => {}
            ["that", "comes", "back", "in", "term", term] => saved.term = parsed(term),
            ["that", "keeps", keep, "of", after, "entries"] => {
                (config.keep, config.compact_after) = (parsed(keep), parsed(after));
            }
            _ => panic!("a member of {member}?"),
        }
        let (me, machine, seed) = (Member(parsed(me)), Lines::default(), 1);
        let who = (me, parsed(count));
        let raft = Raft::restart(config, me, who.1, machine, seed, Duration::ZERO, saved);
        Told {
            raft,
            config,
            who,
            now: Duration::ZERO,
            sent: Duration::ZERO,
        }
    }

    /// Tells it something, and gives what can be said of that at once.
    pub(crate) fn perform(&mut self, command: &str) -> String {
        if let Some(said) = command.strip_prefix("from ") {
            let (from, message) = self.message(said);
            return match self.raft.receive(self.now, from, message) {
                Ok(()) => String::new(),
                Err(doubt) => format!("counts as lost: {doubt}\n"),
            };
        }
        match words(command)[..] {
            ["after", time, "ms"] => self.pass(Duration::from_millis(parsed(time))),
            ["campaign"] => self.raft.campaign(),
            ["propose", what] => return proposed(self.raft.propose(what.into(), None)),
            ["propose", what, "for", near] => {
                return proposed(self.raft.propose(what.into(), Some(Member(parsed(near)))));
            }
            ["read"] => {
                if let Err(NotLeader { leader }) = self.raft.read() {
                    return format!("refused: {}\n", leader_is(leader));
                }
            }
            ["hand", "over", "to", to] => {
                let handed_over = self.raft.hand_over(Member(parsed(to)));
                handed_over.expect("it is the leader");
            }
            ["add", who] => return self.change(Change::AddLearner(Member(parsed(who)))),
            ["promote", who] => return self.change(Change::Promote(Member(parsed(who)))),
            ["remove", who] => return self.change(Change::Remove(Member(parsed(who)))),
            ["comes", "back"] => self.come_back(),
            ["members"] => return format!("{}\n", members(self.raft.configuration())),
            ["state"] => return self.state(),
            ["lead"] => return self.lead(),
            _ => panic!("what is {command:?}?"),
        }
        String::new()
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.raft.tick(self.now);
    }

    fn change(&mut self, change: Change) -> String {
        match self.raft.change(change) {
            Ok(position) => format!("is to be {}\n", place(position)),
            Err(ChangeError::NotLeader(NotLeader { leader })) => {
                format!("refused: {}\n", leader_is(leader))
            }
            Err(why) => format!("refused: {why}\n"),
        }
    }

    /// It was stopped, and has found again what it had saved.
    fn come_back(&mut self) {
        let saved = Saved {
            term: self.raft.term(),
            vote: self.raft.vote(),
            snapshot: self.raft.snapshot().cloned(),
            log: self.raft.log().clone(),
        };
        let (me, count) = self.who;
        let (config, machine, seed) = (self.config, Lines::default(), 2);
        self.raft = Raft::restart(config, me, count, machine, seed, self.now, saved);
    }

    /// Makes it the leader of the next term of three members, which answer its first message.
    fn lead(&mut self) -> String {
        let term = self.raft.term() + 1;
        let index = self.raft.log().last().index + 1;
        let mut said = String::new();
        for command in [
            "campaign".to_owned(),
            format!("from 1 in term {term}: would vote"),
            format!("from 1 in term {term}: has voted"),
            format!("from 1 in term {term}: has up to {index}"),
            format!("from 2 in term {term}: has up to {index}"),
        ] {
            said += &self.perform(&command);
            said += &self.says();
        }
        said
    }

    fn state(&self) -> String {
        let raft = &self.raft;
        let role = match raft.role() {
            Role::Follower => "follows",
            Role::PreCandidate => "asks whether it would be elected",
            Role::Candidate => "asks for votes",
            Role::Leader => "leads",
        };
        let (from, to) = (place(raft.log().base()), place(raft.log().last()));
        let lease = if raft.has_lease() {
            ", has a lease"
        } else {
            ""
        };
        let (term, commit) = (raft.term(), raft.commit());
        let lines = list(raft.machine().0.iter().cloned());
        format!(
            "{role} in term {term}{lease}; log after {from} to {to}, commit {commit}; did {lines}\n"
        )
    }

    /// What it says now.
    pub(crate) fn says(&mut self) -> String {
        let output = self.raft.output();
        let mut said = String::new();
        for (Member(to), Message { term, body }) in output.messages {
            writeln!(said, "to {to} in term {term}: {}", text(&body)).unwrap();
            if let Body::Append { sent, .. } | Body::Install { sent, .. } = body {
                self.sent = sent;
            }
        }
        for event in output.events {
            let event = match event {
                Event::Leader(leader) => leader_is(leader),
                Event::Applied { position, response } => {
                    format!("applied {}: {response}", place(position))
                }
                Event::Changed { position } => format!("changed {}", place(position)),
                Event::Restored { last } => format!("restored {}", place(last)),
                Event::ReadReady(id) => format!("read {} is ready", id.0),
                Event::ReadLost(id) => format!("read {} is lost", id.0),
            };
            writeln!(said, "{event}").unwrap();
        }
        said
    }

    /// The message in `1 in term 2: would vote`, and whose it is.
    fn message(&self, said: &str) -> (Member, Message) {
        let (head, body) = said.split_once(": ").expect("a message after a colon");
        let [from, "in", "term", term] = words(head)[..] else {
            panic!("who says what in {said:?}?")
        };
        let term = parsed(term);
        let body = self.body(body);
        (Member(parsed(from)), Message { term, body })
    }

    /// The inverse of [`text`].
    fn body(&self, said: &str) -> BodyOf {
        let (what, sent) = match said.split_once(", sent at ") {
            Some((what, secs)) => (what, Duration::new(parsed(secs), 0)),
            None => (said, self.sent),
        };
        let appended = |result| Body::Appended { result, sent };
        let sent = Duration::from_millis(1);
        let (head, tail) = what.split_once(": ").unwrap_or((what, ""));
        match words(head)[..] {
            ["would", "you", "vote?", "log", "ends", last] => Body::PreVote { last: at(last) },
            ["would", "vote"] => Body::PreVoted { granted: true },
            ["would", "not", "vote"] => Body::PreVoted { granted: false },
            ["vote!", "log", "ends", last] => Body::RequestVote {
                last: at(last),
                hand_over: false,
            },
            ["vote!", "handed", "over,", "log", "ends", last] => Body::RequestVote {
                last: at(last),
                hand_over: true,
            },
            ["has", "voted"] => Body::Voted { granted: true },
            ["has", "not", "voted"] => Body::Voted { granted: false },
            ["append", "after", previous] => {
                let (entries, commit) = tail.split_once(", commit ").expect("what is committed");
                let entries = words(entries).into_iter().filter(|word| *word != "nothing");
                Body::Append {
                    previous: at(previous),
                    entries: entries.map(entry).collect(),
                    commit: parsed(commit),
                    sent,
                }
            }
            ["install", last, ref of @ ..] => Body::Install {
                snapshot: Snapshot {
                    last: at(last),
                    state: words(tail).into_iter().map(str::to_owned).collect(),
                    configuration: of.last().map(|written| configuration(written)),
                },
                sent,
            },
            ["has", "up", "to", index] => appended(Match::UpTo(parsed(index))),
            ["differs", "at", previous, "perhaps", "not", "before", hint] => {
                let previous = parsed(previous.trim_end_matches(','));
                let hint = parsed(hint);
                appended(Match::Differs { previous, hint })
            }
            ["take", "over!"] => Body::TakeOver,
            _ => panic!("what does {said:?} say?"),
        }
    }
}

/// A message's body in words.
fn text(body: &BodyOf) -> String {
    let not = |granted: &bool| if *granted { "" } else { "not " };
    match body {
        Body::PreVote { last } => format!("would you vote? log ends {}", place(*last)),
        Body::PreVoted { granted } => format!("would {}vote", not(granted)),
        Body::RequestVote { last, hand_over } => {
            let why = if *hand_over { "handed over, " } else { "" };
            format!("vote! {why}log ends {}", place(*last))
        }
        Body::Voted { granted } => format!("has {}voted", not(granted)),
        Body::Append {
            previous,
            entries,
            commit,
            ..
        } => {
            let written = |entry: &Entry<String>| {
                let configuration = entry.configuration.as_ref().map(members);
                let command = entry.command.clone().or(configuration);
                format!("{}/{}", command.as_deref().unwrap_or("-"), entry.term)
            };
            let entries = list(entries.iter().map(written));
            let previous = place(*previous);
            format!("append after {previous}: {entries}, commit {commit}")
        }
        Body::Install { snapshot, .. } => {
            let state = list(snapshot.state.iter().cloned());
            let of = snapshot.configuration.as_ref().map(members);
            let of = of.map_or(String::new(), |of| format!(" of {of}"));
            format!("install {}{of}: {state}", place(snapshot.last))
        }
        Body::Appended { result, .. } => match result {
            Match::UpTo(index) => format!("has up to {index}"),
            Match::Differs { previous, hint } => {
                format!("differs at {previous}, perhaps not before {hint}")
            }
            Match::Outdated => "that is over".into(),
        },
        Body::TakeOver => "take over!".into(),
    }
}

fn leader_is(leader: Option<Member>) -> String {
    match leader {
        Some(Member(leader)) => format!("leader {leader}"),
        None => "no leader".into(),
    }
}

fn proposed(proposed: Result<Position, NotLeader>) -> String {
    match proposed {
        Ok(position) => format!("is to be {}\n", place(position)),
        Err(NotLeader { leader }) => format!("refused: {}\n", leader_is(leader)),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    match items.collect::<Vec<_>>() {
        none if none.is_empty() => "nothing".into(),
        some => some.join(" "),
    }
}

fn place(position: Position) -> String {
    format!("{}/{}", position.index, position.term)
}

fn at(place: &str) -> Position {
    let (index, term) = place.split_once('/').expect("index/term");
    Position {
        index: parsed(index),
        term: parsed(term),
    }
}

fn entry(written: &str) -> Entry<String> {
    let (command, term) = written.split_once('/').expect("command/term");
    let is_members = command.starts_with('<');
    Entry {
        term: parsed(term),
        command: (command != "-" && !is_members).then(|| command.to_owned()),
        configuration: is_members.then(|| configuration(command)),
    }
}

/// `<0,1,2>`; learners are written behind a plus, `<0,1,2+3>`.
fn members(configuration: &Configuration) -> String {
    let numbers = |members: &BTreeSet<Member>| {
        let numbers: Vec<String> = members.iter().map(|member| member.0.to_string()).collect();
        numbers.join(",")
    };
    let learners = match numbers(configuration.learners()) {
        none if none.is_empty() => none,
        some => format!("+{some}"),
    };
    format!("<{}{learners}>", numbers(configuration.voters()))
}

/// The inverse.
fn configuration(written: &str) -> Configuration {
    let inner = written.trim_matches(['<', '>']);
    let (voters, learners) = inner.split_once('+').unwrap_or((inner, ""));
    let members = |numbers: &str| {
        let numbers = numbers.split(',').filter(|number| !number.is_empty());
        numbers
            .map(|number| Member(parsed(number)))
            .collect::<Vec<_>>()
    };
    Configuration::new(members(voters), members(learners))
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[track_caller]
fn parsed<T: std::str::FromStr>(number: &str) -> T {
    match number.parse() {
        Ok(number) => number,
        Err(_) => panic!("{number:?} is no number"),
    }
}
