//! What must hold after every step (paper, figure 3).

mod rivals;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use raft::{Body, Configuration, Doubt, Entry, Event, Index, Member, Position, ReadId, Role, Term};

use super::{Digest, Message, Node};
use raft::StateMachine;

/// What has happened so far, and what was found wrong with it.
pub(crate) struct Invariants {
    /// Who the members were at the beginning.
    first: Rc<Since>,
    leaders: BTreeMap<Term, Member>,
    votes: BTreeMap<(Term, Member), Member>,
    /// Every entry that ever was, and who the members are by a log that ends with it.
    entries: BTreeMap<Position, (Was, Rc<Since>)>,
    /// Changes of the members that were looked at.
    begun: BTreeSet<Position>,
    /// What is committed, from index 1 on.
    committed: Vec<Entry<u64>>,
    /// In which term each of them was.
    committed_in: Vec<Term>,
    /// The state after each of these, and before the first.
    states: Vec<Digest>,
    commits: Vec<Index>,
    reads: BTreeMap<(Member, ReadId), Index>,
    pub(crate) ready: u64,
    pub(crate) lost: u64,
    pub(crate) restored: u64,
    /// Changes of the members that are committed, each as often as anyone knew first.
    pub(crate) changed: u64,
    /// The first thing that does not hold.
    pub(crate) broken: Option<String>,
}

/// Who the members are, from which entry on.
struct Since {
    at: Position,
    members: Configuration,
}

/// An entry: the term of the one before it, its command, and what it says of the members.
type Was = (Option<Term>, Option<u64>, Option<Configuration>);

fn is_majority(of: &BTreeSet<Member>, says: impl Fn(Member) -> bool) -> bool {
    2 * of.iter().filter(|&&voter| says(voter)).count() > of.len()
}

impl Invariants {
    /// Of so many members, and so many who are or may become one.
    pub(crate) fn new(founders: usize, count: usize) -> Self {
        Invariants {
            first: Rc::new(Since {
                at: Position::default(),
                members: Configuration::first(founders),
            }),
            begun: BTreeSet::new(),
            leaders: BTreeMap::new(),
            votes: BTreeMap::new(),
            entries: BTreeMap::new(),
            committed: Vec::new(),
            committed_in: Vec::new(),
            states: vec![Digest::default()],
            commits: vec![0; count],
            reads: BTreeMap::new(),
            ready: 0,
            lost: 0,
            restored: 0,
            changed: 0,
            broken: None,
        }
    }

    /// Who the members are by a log that ends there: by what it holds, not by what the
    /// one says whose log it is.
    fn members_at(&self, end: Position) -> &Since {
        let found = self.entries.get(&end);
        found.map_or(&self.first, |(_, members)| members)
    }

    /// Who the members are by what is committed.
    pub(crate) fn members(&self) -> Configuration {
        let index = self.committed();
        let term = self.committed.last().map_or(0, |entry| entry.term);
        let end = Position { term, index };
        self.members_at(end).members.clone()
    }

    /// How many terms had a leader.
    pub(crate) fn reigns(&self) -> usize {
        self.leaders.len()
    }

    /// The last entry that anyone knows to be committed.
    pub(crate) fn committed(&self) -> Index {
        self.committed.len() as Index
    }

    /// A member is asked for a read, which must see everything up to `floor`.
    pub(crate) fn asked(&mut self, member: Member, id: ReadId, floor: Index) {
        self.reads.insert((member, id), floor);
    }

    pub(crate) fn crashed(&mut self, member: Member) {
        self.reads.retain(|(asked, _), _| *asked != member);
        self.commits[member.0] = 0;
    }

    fn require(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(what());
        }
    }

    /// Members say what can be, also to one that has begun anew.
    pub(crate) fn believed(&mut self, member: Member, received: Result<(), Doubt>) {
        self.require(received.is_ok(), || {
            format!("{member:?} doubts what it is told: {received:?}")
        });
    }

    /// Looks at a member that has just done something, and at what it says.
    pub(crate) fn look(
        &mut self,
        member: Member,
        nodes: &[Node],
        messages: &[(Member, Message)],
        events: &[Event<Digest>],
    ) {
        let Some(raft) = &nodes[member.0].raft else {
            return;
        };
        self.votes(member, messages);
        self.log_matching(member, raft.log());
        self.state_machine_safety(member, nodes);
        if raft.role() == Role::Leader {
            let term = raft.term();
            let before = self.leaders.insert(term, member);
            self.require(before.is_none_or(|before| before == member), || {
                format!("election safety: {before:?} and {member:?} are leaders of term {term}")
            });
            if before.is_none() {
                self.elected(member, term, raft.log().last());
                self.leader_completeness(member, term, raft.log());
            }
            self.no_rivals(member, nodes);
        }
        for event in events {
            match *event {
                Event::ReadReady(id) => {
                    let floor = self.reads.remove(&(member, id)).unwrap_or(0);
                    self.ready += 1;
                    self.require(raft.commit() >= floor, || {
                        format!(
                            "linearizable reads: {member:?} read the state after entry {}, and {floor} \
                             was committed before",
                            raft.commit()
                        )
                    });
                }
                Event::ReadLost(id) => {
                    self.reads.remove(&(member, id));
                    self.lost += 1;
                }
                Event::Restored { .. } => self.restored += 1,
                _ => {}
            }
        }
    }

    /// A leader was voted for by a majority of who the members are by its log.
    fn elected(&mut self, leader: Member, term: Term, end: Position) {
        let voters = self.members_at(end).members.voters().clone();
        let vote = |voter| voter == leader || self.votes.get(&(term, voter)) == Some(&leader);
        let is_elected = is_majority(&voters, vote);
        self.require(is_elected, || {
            format!(
                "election: {leader:?} leads in {term}, and a majority of {voters:?} is not for it"
            )
        });
    }

    fn votes(&mut self, member: Member, messages: &[(Member, Message)]) {
        for (to, message) in messages {
            let chosen = match message.body {
                Body::Voted { granted: true } => *to,
                // Who asks for votes has its own.
                Body::RequestVote { .. } => member,
                _ => continue,
            };
            let before = self.votes.insert((message.term, member), chosen);
            self.require(before.is_none_or(|before| before == chosen), || {
                let term = message.term;
                format!("one vote a term: {member:?} votes for {before:?} and {chosen:?} in {term}")
            });
        }
    }

    /// If two logs hold an entry of the same index and term, they are the same up
    /// to it: since each entry is the same everywhere, and so is the term of the
    /// one before it.
    fn log_matching(&mut self, member: Member, log: &raft::Log<u64>) {
        let base = log.base().index;
        for (entry, index) in log.from(base + 1).iter().zip(base + 1..) {
            let term = entry.term;
            let position = Position { term, index };
            let term_before = log.term(index - 1);
            if let Some((known, _)) = self.entries.get(&position) {
                let (before, command, configuration) = known;
                let is_same = *before == term_before
                    && *command == entry.command
                    && *configuration == entry.configuration;
                let known = (!is_same).then(|| known.clone());
                self.require(is_same, || {
                    format!(
                        "log matching: entry {index} of term {term} is {entry:?} at {member:?}, \
                         elsewhere {known:?} (term before it, command, members)"
                    )
                });
                continue;
            }
            let members = match &entry.configuration {
                Some(configuration) => Rc::new(Since {
                    at: position,
                    members: configuration.clone(),
                }),
                None => {
                    let term = term_before.unwrap_or(0);
                    let index = index - 1;
                    let before = self.entries.get(&Position { term, index });
                    before.map_or_else(|| self.first.clone(), |(_, since)| since.clone())
                }
            };
            let was = (term_before, entry.command, entry.configuration.clone());
            self.entries.insert(position, (was, members));
        }
    }

    /// An entry of a log. It may be compacted already: then what came before the base is
    /// known from the one after it.
    fn entry(&self, log: &raft::Log<u64>, index: Index) -> Option<Entry<u64>> {
        let mut at = log.base();
        if index > at.index {
            return log.get(index).cloned();
        }
        while at.index > index {
            let ((before, ..), _) = self.entries.get(&at)?;
            (at.index, at.term) = (at.index - 1, (*before)?);
        }
        let ((_, command, configuration), _) = self.entries.get(&at)?;
        Some(Entry {
            term: at.term,
            command: *command,
            configuration: configuration.clone(),
        })
    }

    /// All carry out the same commands in the same order, and none before it is on
    /// the disks of a majority.
    fn state_machine_safety(&mut self, member: Member, nodes: &[Node]) {
        let Some(raft) = &nodes[member.0].raft else {
            return;
        };
        let known = self.committed();
        for index in known + 1..=raft.commit() {
            let Some(entry) = self.entry(raft.log(), index) else {
                self.require(false, || {
                    format!("{member:?} committed {index}, which no one had")
                });
                return;
            };
            let has = |node: &Node| {
                let (log, snapshot) = (&node.disk.durable.log, &node.disk.durable.snapshot);
                log.term(index) == Some(entry.term)
                    || (snapshot.as_ref()).is_some_and(|has| has.last.index >= index)
            };
            let holds = |Member(voter): Member| has(&nodes[voter]);
            // By who the members are at that entry, or at a later one that is in the log with it.
            let here = Position {
                term: entry.term,
                index,
            };
            let later = (index + 1..=raft.log().last().index)
                .filter_map(|index| raft.log().term(index).map(|term| Position { term, index }));
            let is_held = [here]
                .into_iter()
                .chain(later)
                .any(|end| is_majority(self.members_at(end).members.voters(), holds));
            self.require(is_held, || {
                let holders: Vec<usize> = (0..nodes.len()).filter(|&at| has(&nodes[at])).collect();
                format!("{member:?} committed entry {index}, which only {holders:?} have saved")
            });
            let last = |node: &Node| node.disk.durable.log.last();
            let could_win = |candidate: &&Node| {
                let voters = &self.members_at(last(candidate)).members;
                let votes = |Member(voter): Member| last(&nodes[voter]) <= last(candidate);
                !has(candidate) && is_majority(voters.voters(), votes)
            };
            let rival = nodes.iter().find(could_win).map(last);
            self.require(rival.is_none(), || {
                format!(
                    "{member:?} committed entry {index}, and one that lacks it could be elected: \
                     its log ends with {rival:?}"
                )
            });
            let mut state = self.states[self.states.len() - 1];
            if let Some(command) = &entry.command {
                state.apply(command);
            }
            self.changed += u64::from(entry.configuration.is_some());
            self.committed.push(entry);
            self.committed_in.push(raft.term());
            self.states.push(state);
        }
        let commit = raft.commit();
        let before = std::mem::replace(&mut self.commits[member.0], commit);
        self.require(before <= commit, || {
            format!("{member:?} went back from entry {before} to {commit}")
        });
        let expected = self.states.get(commit as usize).copied();
        self.require(expected == Some(*raft.machine()), || {
            let found = raft.machine();
            format!(
                "state machine safety: {member:?} is at {found:?} after entry {commit}, expected \
                 {expected:?}"
            )
        });
    }

    /// A leader has everything that was committed in former terms. (Later ones may
    /// have begun before its votes reached it.)
    fn leader_completeness(&mut self, leader: Member, term: Term, log: &raft::Log<u64>) {
        let base = log.base().index;
        let missing = (base + 1..=self.committed()).find(|&index| {
            let at = index as usize - 1;
            self.committed_in[at] < term && log.term(index) != Some(self.committed[at].term)
        });
        self.require(missing.is_none(), || {
            format!("leader completeness: {leader:?} lacks entry {missing:?}, which is committed")
        });
    }
}
