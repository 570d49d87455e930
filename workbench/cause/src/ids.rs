//! Ids that were given more than once: by whom.

use finding::{Evidence, Finding};

use crate::words::{listed, plural};
use crate::{Cause, Run};

pub(crate) fn cause(finding: &Finding, run: &Run<'_>) -> Option<Cause> {
    let mut by_several = None;
    let mut by_one = None;
    for case in &finding.cases {
        let Evidence::Twins(twins) = case else {
            continue;
        };
        let mut nodes: Vec<&str> = Vec::new();
        for operation in &twins.operations {
            nodes.push(run.node_of(operation.process)?);
        }
        let given = nodes.len();
        nodes.sort_unstable();
        nodes.dedup();
        let operations: Vec<usize> = twins.operations.iter().map(|op| op.index).collect();
        let first = if nodes.len() == given {
            &mut by_several
        } else {
            &mut by_one
        };
        first.get_or_insert((twins, nodes, operations));
    }
    let several = plural(finding.count, "an id is", "ids are");
    let count = match finding.count {
        1 => several.to_owned(),
        count => format!("{count} {several}"),
    };
    Some(match (by_one, by_several) {
        (None, Some((twins, nodes, operations))) => Cause {
            kind: "cause",
            words: format!(
                "{count} given more than once for one reason: different nodes give the same one, so nothing in it says \
                 which node made it: {} {} gave {}",
                listed(&nodes),
                plural(nodes.len() - 1, "both", "all"),
                twins.id,
            ),
            operations,
        },
        (Some((twins, nodes, operations)), _) => {
            let (first, last) = (twins.operations.first()?, twins.operations.last()?);
            let node = nodes.first()?;
            let died = match run.died(node, first.time, last.time) {
                true => {
                    ", and died in between: it began anew with ids that it had given before its death"
                }
                false => ", without a death in between: what it makes an id of comes twice",
            };
            Cause {
                kind: "cause",
                words: format!(
                    "{count} given more than once: {node} itself gave {} twice{died}",
                    twins.id
                ),
                operations,
            }
        }
        (None, None) => return None,
    })
}
