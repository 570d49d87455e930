//! Single members, told one thing after another: what they say is written below
//! what they are told.

use std::fmt::Write;
use std::time::Duration;

use raft::{
    Body, Config, Entry, Event, Match, Member, MessageOf, Position, Raft, Role, Saved, Snapshot,
    StateMachine,
};

/// A list of all commands.
#[derive(Default)]
struct Lines(Vec<&'static str>);

impl StateMachine for Lines {
    type Command = &'static str;
    type Response = usize;
    type Snapshot = Vec<&'static str>;

    fn apply(&mut self, command: &&'static str) -> usize {
        self.0.push(command);
        self.0.len()
    }

    fn snapshot(&self) -> Vec<&'static str> {
        self.0.clone()
    }

    fn restore(&mut self, snapshot: &Vec<&'static str>) {
        self.0.clone_from(snapshot);
    }
}

type Message = MessageOf<Lines>;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn config() -> Config {
    Config {
        heartbeat: ms(75),
        election_min: ms(300),
        election_max: ms(600),
        drift: 0.05,
        ..Config::default()
    }
}

/// One member, and what it has said.
struct Told {
    raft: Raft<Lines>,
    now: Duration,
    /// When it sent the last message that is to be answered.
    sent: Duration,
}

impl Told {
    fn new(count: usize, config: Config) -> Told {
        Told::restarted(count, config, Saved::default())
    }

    fn restarted(
        count: usize,
        config: Config,
        saved: Saved<&'static str, Vec<&'static str>>,
    ) -> Told {
        let (me, machine, seed) = (Member(0), Lines::default(), 1);
        let raft = Raft::restart(config, me, count, machine, seed, Duration::ZERO, saved);
        Told {
            raft,
            now: Duration::ZERO,
            sent: Duration::ZERO,
        }
    }

    /// What it says now.
    fn says(&mut self) -> String {
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
                Event::Leader(None) => "no leader".into(),
                Event::Leader(Some(Member(leader))) => format!("leader {leader}"),
                Event::Applied { position, response } => {
                    format!("applied {}: {response}", place(position))
                }
                Event::Restored { last } => format!("restored {}", place(last)),
                Event::ReadReady(id) => format!("read {} is ready", id.0),
                Event::ReadLost(id) => format!("read {} is lost", id.0),
            };
            writeln!(said, "{event}").unwrap();
        }
        said
    }

    fn hears(
        &mut self,
        from: usize,
        term: u64,
        body: Body<&'static str, Vec<&'static str>>,
    ) -> String {
        let message = Message { term, body };
        match self.raft.receive(self.now, Member(from), message) {
            Ok(()) => self.says(),
            Err(doubt) => {
                assert_eq!(self.says(), "", "it counts as lost");
                doubt.to_string()
            }
        }
    }

    fn after(&mut self, time: Duration) -> String {
        self.now += time;
        self.raft.tick(self.now);
        self.says()
    }

    /// Makes it the leader of the next term, and members 1 and 2 answer its first message.
    fn leads(&mut self) {
        let term = self.raft.term() + 1;
        self.raft.campaign();
        self.says();
        self.hears(1, term, Body::PreVoted { granted: true });
        self.hears(1, term, Body::Voted { granted: true });
        assert_eq!(self.raft.role(), Role::Leader);
        let last = self.raft.log().last().index;
        self.answers(1, last);
        self.answers(2, last);
    }

    /// A member answers what was just sent.
    fn answers(&mut self, from: usize, index: u64) -> String {
        let term = self.raft.term();
        let sent = self.sent;
        let result = Match::UpTo(index);
        self.hears(from, term, Body::Appended { result, sent })
    }
}

fn place(position: Position) -> String {
    format!("{}/{}", position.index, position.term)
}

fn text(body: &Body<&'static str, Vec<&'static str>>) -> String {
    let entry = |entry: &Entry<&'static str>| match entry.command {
        Some(command) => format!("{command}/{}", entry.term),
        None => format!("-/{}", entry.term),
    };
    match body {
        Body::PreVote { last } => format!("would you vote? log ends {}", place(*last)),
        Body::PreVoted { granted } => format!("would vote: {granted}"),
        Body::RequestVote { last, hand_over } => {
            let why = if *hand_over { ", handed over" } else { "" };
            format!("vote! log ends {}{why}", place(*last))
        }
        Body::Voted { granted } => format!("voted: {granted}"),
        Body::Append {
            previous,
            entries,
            commit,
            ..
        } => {
            let entries: Vec<String> = entries.iter().map(entry).collect();
            format!(
                "append after {}: {entries:?}, commit {commit}",
                place(*previous)
            )
        }
        Body::Install { snapshot, .. } => {
            format!("install {}: {:?}", place(snapshot.last), snapshot.state)
        }
        Body::Appended { result, .. } => format!("{result:?}"),
        Body::TakeOver => "take over!".into(),
    }
}

fn at(index: u64, term: u64) -> Position {
    Position { index, term }
}

fn append(
    previous: Position,
    entries: &[(u64, &'static str)],
    commit: u64,
) -> Body<&'static str, Vec<&'static str>> {
    let entries = entries.iter().map(|&(term, command)| Entry {
        term,
        command: Some(command),
    });
    Body::Append {
        previous,
        entries: entries.collect(),
        commit,
        sent: ms(1),
    }
}

#[test]
fn an_election_asks_first_then_votes_then_begins_with_an_entry() {
    let mut n0 = Told::new(3, config());
    assert_eq!(n0.after(ms(299)), "");
    assert_eq!(
        n0.after(ms(301)),
        "to 1 in term 1: would you vote? log ends 0/0\n\
         to 2 in term 1: would you vote? log ends 0/0\n"
    );
    // No term has begun yet.
    assert_eq!(n0.raft.term(), 0);
    assert_eq!(
        n0.hears(2, 1, Body::PreVoted { granted: true }),
        "to 1 in term 1: vote! log ends 0/0\n\
         to 2 in term 1: vote! log ends 0/0\n"
    );
    assert_eq!(
        n0.hears(2, 1, Body::Voted { granted: true }),
        "to 1 in term 1: append after 0/0: [\"-/1\"], commit 0\n\
         to 2 in term 1: append after 0/0: [\"-/1\"], commit 0\n\
         leader 0\n"
    );
}

#[test]
fn a_vote_goes_to_one_candidate_and_not_to_one_that_lacks_entries() {
    let mut n0 = Told::new(3, config());
    let vote = |last| Body::RequestVote {
        last,
        hand_over: false,
    };
    assert_eq!(
        n0.hears(1, 1, vote(at(0, 0))),
        "to 1 in term 1: voted: true\n"
    );
    assert_eq!(
        n0.hears(2, 1, vote(at(9, 9))),
        "to 2 in term 1: voted: false\n"
    );
    // It may be the same question again.
    assert_eq!(
        n0.hears(1, 1, vote(at(0, 0))),
        "to 1 in term 1: voted: true\n"
    );
    n0.hears(1, 1, append(at(0, 0), &[(1, "a"), (1, "b")], 0));
    n0.after(ms(300));
    n0.says();
    assert_eq!(
        n0.hears(2, 4, vote(at(1, 1))),
        "to 2 in term 4: voted: false\nno leader\n"
    );
    assert_eq!(
        n0.hears(2, 5, vote(at(1, 3))),
        "to 2 in term 5: voted: true\n"
    );
}

#[test]
fn a_vote_of_a_former_term_counts_for_nothing() {
    let mut n0 = Told::new(3, config());
    for term in [1, 2] {
        n0.raft.campaign();
        n0.hears(1, term, Body::PreVoted { granted: true });
    }
    assert_eq!((n0.raft.role(), n0.raft.term()), (Role::Candidate, 2));
    n0.says();
    assert_eq!(n0.hears(2, 1, Body::Voted { granted: true }), "");
    assert_eq!(n0.raft.role(), Role::Candidate);
    n0.hears(2, 2, Body::Voted { granted: true });
    assert_eq!(n0.raft.role(), Role::Leader);
}

#[test]
fn who_hears_of_a_leader_listens_to_no_candidate() {
    let mut n0 = Told::new(3, config());
    n0.hears(1, 1, append(at(0, 0), &[], 0));
    let last = at(7, 7);
    n0.now += ms(299);
    let vote = |hand_over| Body::RequestVote { last, hand_over };
    assert_eq!(
        n0.hears(2, 2, Body::PreVote { last }),
        "to 2 in term 1: would vote: false\n"
    );
    assert_eq!(n0.hears(2, 2, vote(false)), "");
    assert_eq!(n0.raft.term(), 1);
    // Unless the leader wants it so.
    assert_eq!(
        n0.hears(2, 2, vote(true)),
        "to 2 in term 2: voted: true\nno leader\n"
    );
}

#[test]
fn a_promise_outlives_a_restart() {
    let saved = Saved {
        term: 1,
        ..Saved::default()
    };
    let mut n0 = Told::restarted(3, config(), saved);
    let vote = Body::RequestVote {
        last: at(7, 7),
        hand_over: false,
    };
    n0.now += ms(299);
    assert_eq!(n0.hears(2, 2, vote.clone()), "");
    n0.now += ms(1);
    assert_eq!(n0.hears(2, 2, vote), "to 2 in term 2: voted: true\n");
}

#[test]
fn entries_of_a_former_leader_give_way() {
    let mut n0 = Told::new(5, config());
    let old = [(1, "a"), (2, "b"), (2, "c"), (2, "d")];
    n0.hears(1, 2, append(at(0, 0), &old, 1));
    assert_eq!(
        n0.hears(2, 4, append(at(4, 3), &[(4, "z")], 1)),
        "to 2 in term 4: Differs { previous: 4, hint: 2 }\nno leader\nleader 2\n"
    );
    assert_eq!(
        n0.hears(2, 4, append(at(1, 1), &[(3, "x"), (3, "y")], 3)),
        "to 2 in term 4: UpTo(3)\napplied 2/3: 2\napplied 3/3: 3\n"
    );
    assert_eq!(n0.raft.log().last(), at(3, 3));
    // What was sent before, and comes late, takes nothing away.
    assert_eq!(
        n0.hears(2, 4, append(at(1, 1), &[(3, "x")], 2)),
        "to 2 in term 4: UpTo(2)\n"
    );
    assert_eq!(n0.raft.log().last(), at(3, 3));
    assert_eq!(n0.raft.machine().0, ["a", "x", "y"]);
}

#[test]
fn an_older_terms_entry_is_committed_with_the_first_of_the_own() {
    let mut n0 = Told::new(5, config());
    n0.hears(1, 1, append(at(0, 0), &[(1, "a")], 0));
    n0.after(ms(600));
    for peer in [1, 2] {
        n0.hears(peer, 2, Body::PreVoted { granted: true });
    }
    for peer in [1, 2] {
        n0.hears(peer, 2, Body::Voted { granted: true });
    }
    // Three of five have the entry of term 1: that is not enough (paper, figure 8).
    n0.answers(1, 1);
    n0.answers(2, 1);
    assert_eq!(n0.raft.commit(), 0);
    n0.answers(1, 2);
    assert_eq!(n0.answers(2, 2), "applied 1/1: 1\n");
    assert_eq!(n0.raft.commit(), 2);
}

#[test]
fn who_asked_is_sent_the_entry_first_and_knows_itself_that_it_is_committed() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.raft.propose("a", Some(Member(2))).unwrap();
    n0.raft.propose("b", Some(Member(2))).unwrap();
    // Both together, and to one: two of three are a majority.
    assert_eq!(
        n0.says(),
        "to 2 in term 1: append after 1/1: [\"a/1\", \"b/1\"], commit 1\n"
    );
    // The other gets them with the next heartbeat.
    assert_eq!(n0.answers(2, 3), "applied 2/1: 1\napplied 3/1: 2\n");
    assert_eq!(
        n0.after(ms(75)),
        "to 1 in term 1: append after 1/1: [\"a/1\", \"b/1\"], commit 3\n\
         to 2 in term 1: append after 3/1: [], commit 3\n"
    );

    let mut n0 = Told::new(3, config());
    assert_eq!(
        n0.hears(2, 1, append(at(0, 0), &[(1, "a")], 0)),
        "to 2 in term 1: UpTo(1)\nleader 2\napplied 1/1: 1\n"
    );
    // Of five, three must have it.
    let mut n0 = Told::new(5, config());
    assert_eq!(
        n0.hears(2, 1, append(at(0, 0), &[(1, "a")], 0)),
        "to 2 in term 1: UpTo(1)\nleader 2\n"
    );
}

#[test]
fn if_one_is_late_the_others_are_sent_it() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.raft.propose("a", Some(Member(2))).unwrap();
    n0.says();
    let deadline = n0.raft.deadline();
    assert!(deadline < ms(75), "{deadline:?}");
    assert_eq!(
        n0.after(deadline),
        "to 1 in term 1: append after 1/1: [\"a/1\"], commit 1\n\
         to 2 in term 1: append after 1/1: [\"a/1\"], commit 1\n"
    );
    assert_eq!(n0.answers(1, 2), "applied 2/1: 1\n");
}

#[test]
fn a_lease_answers_at_once_and_without_one_a_majority_is_asked() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.raft.read().unwrap();
    assert_eq!(n0.says(), "read 1 is ready\n");
    // The lease is less than the 300 ms for which the others do not vote: clocks differ.
    n0.now += ms(272);
    n0.raft.tick(n0.now);
    n0.says();
    n0.raft.read().unwrap();
    assert_eq!(
        n0.says(),
        "to 1 in term 1: append after 1/1: [], commit 1\n\
         to 2 in term 1: append after 1/1: [], commit 1\n"
    );
    assert_eq!(n0.answers(1, 1), "read 2 is ready\n");
}

#[test]
fn a_read_waits_for_what_a_follower_may_have_committed() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.raft.propose("a", Some(Member(2))).unwrap();
    n0.says();
    n0.raft.read().unwrap();
    assert_eq!(n0.says(), "");
    assert_eq!(n0.answers(2, 2), "applied 2/1: 1\nread 1 is ready\n");
}

#[test]
fn who_has_lost_the_others_stops() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.after(ms(400));
    n0.raft.read().unwrap();
    n0.says();
    assert!(n0.after(ms(201)).ends_with("read 1 is lost\nno leader\n"));
    assert!(n0.raft.propose("a", None).is_err());
}

#[test]
fn a_leader_hands_over_when_the_other_has_everything() {
    let mut n0 = Told::new(3, config());
    n0.leads();
    n0.says();
    n0.raft.propose("a", Some(Member(1))).unwrap();
    n0.says();
    n0.raft.hand_over(Member(1)).unwrap();
    assert!(n0.raft.propose("b", None).is_err());
    assert!(n0.answers(1, 2).contains("to 1 in term 1: take over!\n"));
    // From now on someone else may be elected at any time.
    assert!(!n0.raft.has_lease());
    assert_eq!(
        n0.hears(
            1,
            2,
            Body::RequestVote {
                last: at(2, 1),
                hand_over: true
            }
        ),
        "to 1 in term 2: voted: true\nno leader\n"
    );

    let mut n0 = Told::new(3, config());
    n0.hears(1, 1, append(at(0, 0), &[], 0));
    assert_eq!(
        n0.hears(1, 1, Body::TakeOver),
        "to 1 in term 2: vote! log ends 0/0, handed over\n\
         to 2 in term 2: vote! log ends 0/0, handed over\n\
         no leader\n"
    );
}

#[test]
fn who_lacks_the_beginning_is_sent_the_state() {
    let config = Config {
        compact_after: 3,
        keep: 1,
        ..config()
    };
    let mut n0 = Told::new(3, config);
    n0.leads();
    n0.says();
    for command in ["a", "b", "c"] {
        n0.raft.propose(command, Some(Member(1))).unwrap();
    }
    n0.says();
    n0.answers(1, 4);
    assert_eq!(
        (n0.raft.log().base(), n0.raft.log().last()),
        (at(3, 1), at(4, 1))
    );
    // Member 2 did not answer.
    let said = n0.after(ms(75));
    assert!(
        said.contains("to 2 in term 1: install 4/1: [\"a\", \"b\", \"c\"]\n"),
        "{said}"
    );

    let mut n0 = Told::new(3, config);
    let snapshot = raft::Snapshot {
        last: at(4, 1),
        state: vec!["a", "b", "c"],
    };
    let install = Body::Install {
        snapshot,
        sent: ms(1),
    };
    assert_eq!(
        n0.hears(1, 1, install),
        "to 1 in term 1: UpTo(4)\nleader 1\nrestored 4/1\n"
    );
    assert_eq!(
        n0.hears(1, 1, append(at(4, 1), &[(1, "d")], 5)),
        "to 1 in term 1: UpTo(5)\napplied 5/1: 4\n"
    );
}

#[test]
fn one_member_alone_needs_no_one() {
    let mut n0 = Told::new(1, config());
    n0.raft.campaign();
    n0.raft.propose("a", None).unwrap();
    n0.raft.read().unwrap();
    assert_eq!(n0.says(), "leader 0\napplied 2/1: 1\nread 1 is ready\n");
}

/// As far ahead as is believed.
const FAR: u64 = 1 << 32;

#[test]
fn what_cannot_be_true_counts_as_lost() {
    const MAX: u64 = u64::MAX;
    let mut n0 = Told::new(3, config());
    n0.leads();
    let (granted, last) = (false, at(0, 0));
    let far = |found: u64| {
        format!("expected a term up to 4294967296 ahead of this member's, 1, found {found}")
    };
    let vote = Body::RequestVote {
        last,
        hand_over: true,
    };
    assert_eq!(n0.hears(1, MAX, vote), far(MAX));
    let refusal = Body::PreVoted { granted };
    assert_eq!(n0.hears(1, 2 + FAR, refusal), far(2 + FAR));
    assert_eq!(n0.hears(1, 1 << 63, Body::Voted { granted }), far(1 << 63));
    assert_eq!(n0.hears(1, MAX, append(last, &[], 0)), far(MAX));
    assert_eq!(n0.hears(1, MAX, Body::TakeOver), far(MAX));
    let ask = Body::PreVote { last };
    assert_eq!(n0.hears(1, MAX, ask), far(MAX));
    // An answer to a message that is yet to be sent would make a lease of centuries.
    let sent = Duration::MAX;
    let result = Match::UpTo(1);
    assert_eq!(
        n0.hears(1, 1, Body::Appended { result, sent }),
        "expected an answer to a message sent at 3ns or before, found one to \
         18446744073709551615.999999999s"
    );
    let snapshot = |last| Body::Install {
        snapshot: Snapshot {
            last,
            state: vec!["evil"],
        },
        sent,
    };
    assert_eq!(
        n0.hears(1, 2, snapshot(at(MAX, 2))),
        "expected a snapshot that ends up to 281474976710656 behind this member's log, at 1, \
         found one at 18446744073709551615"
    );
    let of_later_term = "expected entries up to the message's term, 2, found one of 3";
    assert_eq!(n0.hears(1, 2, snapshot(at(9, 3))), of_later_term);
    let entries = append(at(1, 1), &[(3, "evil")], 2);
    assert_eq!(n0.hears(1, 2, entries), of_later_term);
    // It is as it was.
    assert_eq!((n0.raft.role(), n0.raft.term()), (Role::Leader, 1));
    assert_eq!(n0.raft.log().last(), at(1, 1));
}

/// Whoever believed the latest term that is believed can be heard by those that did not.
#[test]
fn a_term_as_far_ahead_as_is_believed_cuts_nobody_off() {
    let mut n0 = Told::new(3, config());
    let (granted, last) = (false, at(0, 0));
    n0.hears(1, FAR, Body::Voted { granted });
    assert_eq!(n0.raft.term(), FAR);
    // It asks in the term that would come next,
    let asks = n0.after(ms(600));
    let question = format!("to 1 in term {}: would you vote? log ends 0/0\n", FAR + 1);
    assert!(asks.starts_with(&question), "{asks}");
    // which one that is still in term 0 answers,
    let mut n1 = Told::new(3, config());
    let ask = Body::PreVote { last };
    let grants = format!("to 1 in term {}: would vote: true\n", FAR + 1);
    assert_eq!(n1.hears(1, FAR + 1, ask), grants);
    // and a leader of term 0 is told that it is over.
    assert_eq!(
        n0.hears(1, 1, append(last, &[], 0)),
        format!("to 1 in term {FAR}: Outdated\n")
    );
}
