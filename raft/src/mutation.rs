//! Rules that can be broken, so that tests see what each is good for.

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Votes for whoever asks, as often as asked (paper, 5.2).
    VotesTwice,
    /// Forgets at a restart for whom it voted (paper, figure 2: persistent state).
    ForgetsVote,
    /// Does not save its log.
    ForgetsLog,
    /// Votes for candidates that lack entries (paper, 5.4.1).
    VotesForAnyLog,
    /// Wins with half of the votes.
    HalfIsEnough,
    /// Commits an entry of an older term because it is on a majority (paper,
    /// 5.4.2).
    CommitsOldTerms,
    /// Takes entries without looking at what comes before them (paper, 5.3).
    AppendsAnywhere,
    /// Leaves entries of a former leader in place (paper, 5.3).
    KeepsConflicts,
    /// Cuts its log off behind whatever a leader sends, be it old.
    TruncatesAlways,
    /// Commits what the leader has committed, be it that it has something else there
    /// (paper, figure 2: AppendEntries, 5).
    CommitsUnchecked,
    /// Acknowledges its whole log, whatever the leader knows of it.
    AcknowledgesAll,
    /// Takes a snapshot that is older than its state.
    RestoresBackwards,
    /// Answers reads without making sure that it is still the leader (paper, 8).
    ReadsUnconfirmed,
    /// Answers reads before it has committed an entry of its term (thesis, 6.4).
    NoNoop,
    /// Answers reads without what followers may have committed themselves.
    ReadsBelowFollowers,
    /// Votes while it should trust in the leader, and the leader in its lease
    /// (thesis, 6.4.1).
    VotesDuringLease,
    /// Keeps its lease when it tells another one to take over.
    KeepsLease,
    /// Takes a message of an old leader for one of its own.
    ObeysOldLeaders,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Mutation; 18] = [
        Mutation::VotesTwice,
        Mutation::ForgetsVote,
        Mutation::ForgetsLog,
        Mutation::VotesForAnyLog,
        Mutation::HalfIsEnough,
        Mutation::CommitsOldTerms,
        Mutation::AppendsAnywhere,
        Mutation::KeepsConflicts,
        Mutation::TruncatesAlways,
        Mutation::CommitsUnchecked,
        Mutation::AcknowledgesAll,
        Mutation::RestoresBackwards,
        Mutation::ReadsUnconfirmed,
        Mutation::NoNoop,
        Mutation::ReadsBelowFollowers,
        Mutation::VotesDuringLease,
        Mutation::KeepsLease,
        Mutation::ObeysOldLeaders,
    ];
}
