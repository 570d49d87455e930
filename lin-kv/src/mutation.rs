//! The rules of [`crate::rules`], each broken on purpose, so that tests see what it is good for.
//! Only with the feature `mutations`, which this crate's own tests and examples turn on.

use maelstrom_node::{Node, Rng};
use raft::{Body, Config, MessageOf, Raft};

use crate::LinKv;
use crate::rules::Rules;
use crate::store::Store;

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Answers clients while what it answers is on its way to the disk.
    AnswersBeforeSync,
    /// Acknowledges the leader's entries while they are on their way to the disk.
    AcknowledgesBeforeSync,
    /// As the leader, sends entries that are on their way to its disk: where two make a
    /// majority, the follower counts them as kept by the leader.
    AppendsBeforeSync,
    /// Keeps a snapshot, and not the entries that go on from it.
    ForgetsWhatFollows,
    /// Numbers requests from 1, in each life.
    NumbersAnew,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 5] = [
        Mutation::AnswersBeforeSync,
        Mutation::AcknowledgesBeforeSync,
        Mutation::AppendsBeforeSync,
        Mutation::ForgetsWhatFollows,
        Mutation::NumbersAnew,
    ];
}

impl LinKv {
    /// A node that breaks a rule.
    pub fn breaking(node: Node, config: Config, rule: Mutation) -> Self {
        let broken = Some(Broken::Here(rule));
        LinKv::keeping(node, config, Kept { broken })
    }

    /// A node whose member breaks a rule of Raft.
    pub fn breaking_raft(node: Node, config: Config, rule: raft::mutation::Mutation) -> Self {
        let broken = Some(Broken::Raft(rule));
        LinKv::keeping(node, config, Kept { broken })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    Here(Mutation),
    Raft(raft::mutation::Mutation),
}

/// All rules, but for one that may be broken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kept {
    broken: Option<Broken>,
}

impl Kept {
    fn keeps(self, rule: Mutation) -> bool {
        self.broken != Some(Broken::Here(rule))
    }
}

/// The rules as they are.
struct Right;

impl Rules for Right {}

impl Rules for Kept {
    fn waits(&self, message: &MessageOf<Store>) -> bool {
        let rule = match message.body {
            Body::Append { .. } => Mutation::AppendsBeforeSync,
            Body::Appended { .. } => Mutation::AcknowledgesBeforeSync,
            _ => return Right.waits(message),
        };
        Right.waits(message) && self.keeps(rule)
    }

    fn answers_wait(&self) -> bool {
        Right.answers_wait() && self.keeps(Mutation::AnswersBeforeSync)
    }

    fn keeps_what_follows(&self) -> bool {
        Right.keeps_what_follows() && self.keeps(Mutation::ForgetsWhatFollows)
    }

    fn brief(&self, raft: &mut Raft<Store>) {
        if let Some(Broken::Raft(rule)) = self.broken {
            raft.break_rule(rule);
        }
    }

    fn first_number(&self, rng: &Rng) -> u64 {
        match self.keeps(Mutation::NumbersAnew) {
            true => Right.first_number(rng),
            false => 0,
        }
    }
}
