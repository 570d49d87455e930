//! Nodes that send on what they have sent on before.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::run::Part;
use crate::words::seconds;
use crate::{Cause, Run};

/// Fewer messages between nodes than this for each operation are no storm.
const MANY: usize = 100;
/// The same to the same node fewer times than this is no storm: it may be sent until it is acknowledged.
const OFTEN: usize = 20;

pub(crate) fn cause(run: &Run<'_>) -> Option<Cause> {
    let is_between = |end: usize| run.part(end) == Part::Node;
    let between = run
        .messages
        .iter()
        .filter(|message| is_between(message.src) && is_between(message.dest));
    if between.clone().count() <= MANY * run.history.begun().max(1) {
        return None;
    }
    let mut same: BTreeMap<(usize, u64), (usize, &recording::Recorded<'_>)> = BTreeMap::new();
    for message in between {
        let Some(body) = crate::run::body(message) else {
            continue;
        };
        let mut hasher = DefaultHasher::new();
        let mut fields: Vec<_> = body.as_object()?.iter().collect();
        fields.retain(|(name, _)| !["msg_id", "in_reply_to"].contains(&name.as_str()));
        fields
            .iter()
            .for_each(|(name, value)| (name, value.to_string()).hash(&mut hasher));
        same.entry((message.dest, hasher.finish()))
            .or_insert((0, message))
            .0 += 1;
    }
    let (count, message) = same.into_values().max_by_key(|(count, _)| *count)?;
    let kind = crate::run::body(message)?.get("type")?.to_string();
    (count >= OFTEN).then(|| Cause {
        kind: "storm",
        words: format!(
            "a storm: {} was sent the same {kind} {count} times (first by {} at {}), so whoever gets it sends it on, \
             though it has been there before",
            run.name(message.dest),
            run.name(message.src),
            seconds(message.sent),
        ),
        operations: Vec::new(),
    })
}
