//! What the names of anomalies mean, in a sentence each.
//!
//! Those of transactions are Adya's ("Weak Consistency", 1999) as Elle has them (Kingsbury
//! and Alvaro, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB
//! 2020); those of logs are those of Jepsen's Kafka workload; those of sets are those of its
//! checker `set-full`.
//!
//! ```
//! let meaning = finding::glossary::meaning("G-single-item-realtime").unwrap();
//! assert!(meaning.starts_with("read skew: "), "{meaning}");
//! assert!(meaning.ends_with("(the order of real time is part of it)"), "{meaning}");
//! ```

/// Each name and what it means.
pub const ENTRIES: [(&str, &str); 57] = [
    (
        "G0",
        "dirty write: transactions wrote over each other in a circle, each before the next",
    ),
    ("G1", "dirty read: one of G1a, G1b and G1c"),
    (
        "G1a",
        "aborted read: what a transaction wrote that failed was read",
    ),
    (
        "G1b",
        "intermediate read: what a transaction wrote and then wrote over itself was read",
    ),
    (
        "G1c",
        "circular information flow: transactions read from each other, or wrote over each other, in a circle",
    ),
    (
        "G-single",
        "read skew: a transaction saw one part of another, and not the other part",
    ),
    (
        "G-nonadjacent",
        "transactions missed each other's writes in a circle, but no two in a row",
    ),
    (
        "G2",
        "write skew: transactions missed each other's writes in a circle, so no order of them explains what they read",
    ),
    ("write-skew", "as G2"),
    (
        "lost-update",
        "transactions read the same version of a key and then wrote it: all but one of these writes are lost",
    ),
    (
        "incompatible-order",
        "two reads of a list neither of which is an earlier state of the other",
    ),
    (
        "duplicate-elements",
        "a list with an element twice that was appended once",
    ),
    (
        "internal",
        "a transaction contradicts what it has itself read or written before",
    ),
    ("future-read", "a transaction read what it wrote only later"),
    (
        "dirty-update",
        "a write that succeeded stands upon one that failed",
    ),
    (
        "empty-transaction-graph",
        "no transaction depends on any other, so there is nothing to judge",
    ),
    (
        "cycle-search-timeout",
        "there are too many transactions in one circle to look at all of it",
    ),
    ("garbage-read", "what nobody wrote was read"),
    (
        "cyclic-versions",
        "of a key's versions, each comes before the next in a circle",
    ),
    ("long-fork", "two reads saw two writes in opposite orders"),
    (
        "causal-reverse",
        "a write was seen, and an earlier one that it depends on was not",
    ),
    (
        "nonlinearizable",
        "no order of the operations, each between its beginning and its end, explains what they returned",
    ),
    (
        "lost",
        "what was acknowledged, or seen, is not there any more",
    ),
    ("never-read", "what was added was never seen by any read"),
    (
        "stale",
        "reads missed for a while what was known before they began",
    ),
    ("duplicated", "a read shows an element more than once"),
    ("repeated", "a read shows an element more than once"),
    ("invented", "a read shows what nobody had begun to add"),
    (
        "refused",
        "a read shows what was only added by operations that failed",
    ),
    (
        "duplicate",
        "the same was given, or stands, in more than one place",
    ),
    (
        "inconsistent-offsets",
        "at one offset of a log there are several messages",
    ),
    (
        "lost-write",
        "an acknowledged message of a log that polls went past without returning it",
    ),
    (
        "unseen",
        "acknowledged messages of a log that no poll returned up to the end",
    ),
    (
        "aborted-read",
        "a poll returned a message whose send had failed",
    ),
    (
        "precommitted-read",
        "a transaction polled what it had itself sent, before it was committed",
    ),
    (
        "poll-skip",
        "a client polled one message and then a later one, with others between them that it missed",
    ),
    ("int-poll-skip", "the same within one poll"),
    (
        "nonmonotonic-poll",
        "a client polled one message and then an earlier one, or the same again",
    ),
    ("int-nonmonotonic-poll", "the same within one poll"),
    (
        "int-send-skip",
        "messages that were sent one after the other in one transaction have others between them",
    ),
    (
        "nonmonotonic-send",
        "a client sent one message and then another, whose offset is lower",
    ),
    ("int-nonmonotonic-send", "the same within one transaction"),
    (
        "wrong-balance",
        "a read of all accounts shows another sum than there is",
    ),
    ("wrong-sum", "a read of a counter shows what no adds make"),
    ("several-records", "at one place there are several records"),
    ("unwritten-read", "what nobody wrote was read"),
    (
        "altered-reply",
        "a reply is about something else than was asked",
    ),
    ("no-collection", "a read returned what is no collection"),
    ("wrong", "a reply has not in it what was sent"),
    ("echo", "a reply has not in it what was sent"),
    (
        "unavailable",
        "fewer operations succeeded than were asked for",
    ),
    (
        "none-succeeded",
        "of a kind of operations not one succeeded",
    ),
    (
        "sequential",
        "a client's later write was seen, and its earlier one was not",
    ),
    (
        "causal",
        "what a client knew when it wrote was not seen with what it wrote",
    ),
    (
        "inconsistent-reads",
        "reads show states that are not one after the other",
    ),
    ("dirty-reads", "reads show what was not committed"),
    ("unexpected", "a read shows what was never put there"),
];

/// What is added to a name, and what that means.
const SUFFIXES: [(&str, &str); 3] = [
    ("-realtime", " (the order of real time is part of it)"),
    (
        "-process",
        " (the order of a client's own transactions is part of it)",
    ),
    ("-item", ""),
];

/// What the name of an anomaly means; none, if it is none of these.
pub fn meaning(anomaly: &str) -> Option<String> {
    if let Some((_, meaning)) = ENTRIES.iter().find(|(name, _)| *name == anomaly) {
        return Some((*meaning).to_owned());
    }
    if let Some(model) = anomaly.strip_suffix("-cycle-exists") {
        return Some(format!(
            "there is a circle of transactions that {model} forbids"
        ));
    }
    SUFFIXES.iter().find_map(|(suffix, more)| {
        let meaning = meaning(anomaly.strip_suffix(suffix)?)?;
        Some(meaning + more)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `GLOSSARY.md`, which is this for people. (Where it is absent, there is no repository around
    /// this crate.)
    #[test]
    fn the_glossary_is_written_down() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../GLOSSARY.md");
        let Ok(written) = std::fs::read_to_string(path) else {
            return;
        };
        for (name, meaning) in ENTRIES {
            let line = format!("| `{name}` | {meaning} |");
            assert!(written.lines().any(|written| written == line), "{line}");
        }
    }

    #[test]
    fn a_name_stands_there_once() {
        let mut names: Vec<&str> = ENTRIES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENTRIES.len());
    }

    #[test]
    fn what_is_added_to_a_name_is_added_to_its_meaning() {
        assert_eq!(meaning("G2-item"), meaning("G2"));
        let process = meaning("G-single-item-process").unwrap();
        assert_eq!(
            process,
            "read skew: a transaction saw one part of another, and not the other part (the order of a \
             client's own transactions is part of it)"
        );
        assert_eq!(meaning("G9"), None);
        assert_eq!(meaning("-item"), None);
    }
}
