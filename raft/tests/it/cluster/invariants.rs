//! What must hold after every step (paper, figure 3).

use std::collections::BTreeMap;

use raft::{Body, Doubt, Entry, Event, Index, Member, ReadId, Role, Term};

use super::{Digest, Message, Node};
use raft::StateMachine;

/// What has happened so far, and what was found wrong with it.
pub(crate) struct Invariants {
    count: usize,
    leaders: BTreeMap<Term, Member>,
    votes: BTreeMap<(Term, Member), Member>,
    /// Every entry that ever was, with the term of the one before it.
    entries: BTreeMap<(Index, Term), (Option<Term>, Option<u64>)>,
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
    /// The first thing that does not hold.
    pub(crate) broken: Option<String>,
}

impl Invariants {
    pub(crate) fn new(count: usize) -> Self {
        Invariants {
            count,
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
            broken: None,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count
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
                self.leader_completeness(member, term, raft.log());
            }
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
            let found = (log.term(index - 1), entry.command);
            let known = *self.entries.entry((index, entry.term)).or_insert(found);
            self.require(known == found, || {
                let term = entry.term;
                format!(
                    "log matching: entry {index} of term {term} is {found:?} at {member:?}, elsewhere \
                     {known:?} (term before it, command)"
                )
            });
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
            let (before, _) = self.entries.get(&(at.index, at.term))?;
            (at.index, at.term) = (at.index - 1, (*before)?);
        }
        let (_, command) = *self.entries.get(&(index, at.term))?;
        let term = at.term;
        Some(Entry { term, command })
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
            let holders = nodes.iter().filter(|node| has(node)).count();
            self.require(2 * holders > self.count, || {
                format!("{member:?} committed entry {index}, which only {holders} have saved")
            });
            let last = |node: &Node| node.disk.durable.log.last();
            let could_win = |candidate: &&Node| {
                let votes = nodes.iter().filter(|voter| last(voter) <= last(candidate));
                !has(candidate) && 2 * votes.count() > self.count
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
