//! Who the members are, and which of them count (thesis, 4).
//!
//! A configuration is an entry of the log like any other, but for when it takes effect: at once,
//! wherever it is appended, not only where it is committed (thesis, 4.1). So which one holds is a
//! question of a log, and [`Configurations`] answers it for every place of one.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::log::{Index, Log};
use crate::message::{Member, Snapshot};
use crate::raft::NotLeader;
use crate::rules::{Kept, Rules};

/// The members, from an entry of the log on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    voters: BTreeSet<Member>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    learners: BTreeSet<Member>,
}

impl Configuration {
    /// The first so many members, all with a vote: what a cluster begins with.
    pub fn first(count: usize) -> Self {
        Configuration::new((0..count).map(Member), [])
    }

    /// These voters, and these learners, as far as they are no voters.
    pub fn new(
        voters: impl IntoIterator<Item = Member>,
        learners: impl IntoIterator<Item = Member>,
    ) -> Self {
        let voters: BTreeSet<Member> = voters.into_iter().collect();
        let learners = learners.into_iter();
        let learners = learners.filter(|member| !voters.contains(member)).collect();
        Configuration { voters, learners }
    }

    /// Those of whom a majority elects a leader and commits.
    pub fn voters(&self) -> &BTreeSet<Member> {
        &self.voters
    }

    /// Those that are sent the log, and count for nothing.
    pub fn learners(&self) -> &BTreeSet<Member> {
        &self.learners
    }

    /// Both.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.voters.iter().chain(&self.learners).copied()
    }

    /// Whether it can be one: someone has a vote, and nobody is two things.
    pub(crate) fn is_sound(&self) -> bool {
        !self.voters.is_empty() && self.voters.is_disjoint(&self.learners)
    }

    /// The configuration that a change makes of this one. Its voters are the same, but for one at
    /// most: so any majority of either has a member in common with any of the other.
    ///
    /// # Errors
    /// If there is nothing to change, or no one would be left to vote.
    pub fn after(&self, change: Change) -> Result<Configuration, ChangeError> {
        let mut next = self.clone();
        let is_voter = |member| self.voters.contains(&member);
        match change {
            Change::AddLearner(member) if is_voter(member) || !next.learners.insert(member) => {
                return Err(ChangeError::AlreadyThere(member));
            }
            Change::AddLearner(_) => {}
            Change::Promote(member) if is_voter(member) => {
                return Err(ChangeError::AlreadyThere(member));
            }
            Change::Promote(member) | Change::Remove(member) => {
                if !next.learners.remove(&member) && !next.voters.remove(&member) {
                    return Err(ChangeError::Unknown(member));
                }
                if let Change::Promote(_) = change {
                    next.voters.insert(member);
                }
                if next.voters.is_empty() {
                    return Err(ChangeError::LastVoter);
                }
            }
        }
        Ok(next)
    }

    /// The greatest value that a majority has reached, of one for each member; and so, of yes and
    /// no, whether a majority says yes. `None` if nobody has a vote.
    ///
    /// `me` is who counts: one that has no vote itself counts those of the others (thesis,
    /// 4.2.2).
    pub(crate) fn agreed<T: Ord + Copy>(
        &self,
        rules: &Kept,
        me: Member,
        value: impl Fn(Member) -> T,
    ) -> Option<T> {
        let mut reached: Vec<T> = rules.counted(self, me).into_iter().map(value).collect();
        reached.sort_unstable_by(|a, b| b.cmp(a));
        let last = rules.majority(self.voters.len()).checked_sub(1)?;
        reached.get(last).copied()
    }
}

/// One step from a configuration to the next (thesis, 4.1 and 4.2.1).
///
/// Whoever is to vote begins as a learner: a voter that has nothing yet would be one more that
/// must be waited for, and none that can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is sent the log.
    AddLearner(Member),
    /// A learner votes from now on.
    Promote(Member),
    /// A learner or a voter is no member any more. The leader may be removed, too.
    Remove(Member),
}

/// Why the members stay who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeError {
    /// Only the leader can do this, and none that is about to hand over.
    NotLeader(NotLeader),
    /// The leader has yet to commit the entry that its term began with: until then, a
    /// configuration of a former leader may come back that this one knows nothing of.
    TermBegins,
    /// The last change is not committed yet.
    InFlight(Index),
    /// A learner that is one already, or a voter.
    AlreadyThere(Member),
    /// No member.
    Unknown(Member),
    /// A learner that lacks more entries than go into one message
    /// ([`Config::batch`](crate::Config::batch)).
    Behind {
        /// Which.
        member: Member,
        /// How many.
        lacks: u64,
    },
    /// A learner that does not answer, or has not yet.
    Silent(Member),
    /// No one would be left to vote.
    LastVoter,
}

impl From<NotLeader> for ChangeError {
    fn from(not_leader: NotLeader) -> Self {
        ChangeError::NotLeader(not_leader)
    }
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ChangeError::NotLeader(NotLeader { leader: None }) => {
                write!(
                    f,
                    "expected a leader, and no other is known: ask again later"
                )
            }
            ChangeError::NotLeader(NotLeader {
                leader: Some(Member(leader)),
            }) => write!(f, "expected the leader: ask member {leader}"),
            ChangeError::TermBegins => write!(
                f,
                "expected a leader that has committed an entry of its term: ask again when it has"
            ),
            ChangeError::InFlight(index) => write!(
                f,
                "expected the last change to be committed: ask again when entry {index} is"
            ),
            ChangeError::AlreadyThere(Member(member)) => {
                write!(f, "expected someone new, and member {member} is there")
            }
            ChangeError::Unknown(Member(member)) => {
                write!(f, "expected a member, and {member} is none: add it first")
            }
            ChangeError::Behind {
                member: Member(member),
                lacks,
            } => write!(
                f,
                "expected a learner that has caught up, and member {member} lacks {lacks} \
                 entries: ask again later"
            ),
            ChangeError::Silent(Member(member)) => write!(
                f,
                "expected a learner that answers, and member {member} does not: see that it runs"
            ),
            ChangeError::LastVoter => {
                write!(
                    f,
                    "expected someone to be left who votes: promote another first"
                )
            }
        }
    }
}

impl std::error::Error for ChangeError {}

/// The configurations of a log, from the one at its snapshot on.
#[derive(Debug)]
pub(crate) struct Configurations {
    /// What the cluster began with.
    first: Configuration,
    /// Each with its entry; never empty. The first stands for what a snapshot stands for.
    known: Vec<(Index, Configuration)>,
}

impl Configurations {
    /// What is to be found in a member's snapshot and, behind that, in its log.
    pub(crate) fn found<C, S>(
        first: Configuration,
        snapshot: Option<&Snapshot<S>>,
        log: &Log<C>,
    ) -> Self {
        let base = snapshot.map_or(0, |snapshot| snapshot.last.index);
        let at_base = snapshot.and_then(|snapshot| snapshot.configuration.clone());
        let mut known = vec![(base, at_base.unwrap_or_else(|| first.clone()))];
        let start = base.max(log.base().index) + 1;
        for (entry, index) in log.from(start).iter().zip(start..) {
            known.extend(entry.configuration.clone().map(|found| (index, found)));
        }
        Configurations { first, known }
    }

    /// What the cluster began with.
    pub(crate) fn first(&self) -> &Configuration {
        &self.first
    }

    /// The one that holds for a log that ends with this entry, and where it is. `commit` is what
    /// is known to be committed.
    pub(crate) fn at(&self, rules: &Kept, index: Index, commit: Index) -> &(Index, Configuration) {
        let holds =
            |(at, _): &&(Index, Configuration)| *at <= index && rules.is_in_force(*at, commit);
        let found = self.known.iter().rfind(holds);
        found.unwrap_or(&self.known[0])
    }

    /// The one that holds for a log that ends with this entry, and all later ones.
    pub(crate) fn since(&self, index: Index) -> impl Iterator<Item = &Configuration> {
        let before = self.known.iter().take_while(|(at, _)| *at <= index).count();
        let known = &self.known[before.saturating_sub(1)..];
        known.iter().map(|(_, configuration)| configuration)
    }

    /// Where the last one is.
    pub(crate) fn last(&self) -> Index {
        self.known.last().map_or(0, |(at, _)| *at)
    }

    /// There is one more.
    pub(crate) fn push(&mut self, index: Index, configuration: Configuration) {
        self.known.push((index, configuration));
    }

    /// This entry is gone, and all that follow: so are their configurations.
    pub(crate) fn truncate(&mut self, index: Index) {
        let kept = self.known.iter().take_while(|(at, _)| *at < index).count();
        self.known.truncate(kept.max(1));
    }

    /// A snapshot stands for the entries up to this one.
    pub(crate) fn compact(&mut self, index: Index) {
        let covered = self.known.iter().take_while(|(at, _)| *at <= index).count();
        self.known.drain(..covered.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(members: &[usize]) -> impl Iterator<Item = Member> {
        members.iter().copied().map(Member)
    }

    /// All configurations of up to five members, and all steps from them.
    #[test]
    fn majorities_before_and_after_a_step_overlap() {
        let subset = |bits: usize| (0..5).filter(move |at| bits >> at & 1 == 1).map(Member);
        let majorities = |configuration: &Configuration| {
            let voters = configuration.voters().clone();
            let needed = voters.len() / 2 + 1;
            (0..32_usize)
                .map(move |bits| subset(bits).collect::<BTreeSet<_>>())
                .filter(move |some| some.is_subset(&voters) && some.len() >= needed)
                .collect::<Vec<_>>()
        };
        let mut steps = 0;
        for voters in 1..32 {
            for learners in 0..32 {
                let before = Configuration::new(subset(voters), subset(learners));
                for member in (0..5).map(Member) {
                    for change in [
                        Change::AddLearner(member),
                        Change::Promote(member),
                        Change::Remove(member),
                    ] {
                        let Ok(after) = before.after(change) else {
                            continue;
                        };
                        steps += 1;
                        assert!(after.is_sound() && after != before);
                        for old in majorities(&before) {
                            for new in majorities(&after) {
                                assert!(!old.is_disjoint(&new), "{before:?} {change:?}");
                            }
                        }
                    }
                }
            }
        }
        assert!(steps > 3000, "{steps}");
    }

    #[test]
    fn a_majority_is_of_the_voters() {
        let rules = Kept::default();
        let configuration = Configuration::new(members(&[0, 1, 2, 4]), members(&[3]));
        let matched = |Member(member)| [5, 9, 4, 100, 7][member];
        // 9, 7 and 5 are three of four.
        let agreed = |me| configuration.agreed(&rules, Member(me), matched);
        assert_eq!(agreed(0), Some(5));
        assert_eq!(agreed(3), Some(5));
        let nobody = Configuration::new([], members(&[1]));
        assert_eq!(nobody.agreed(&rules, Member(1), |_| true), None);
    }
}
