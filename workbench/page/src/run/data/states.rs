//! What nodes showed of their states, as what changed when: the script applies that again.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use simulation::recording::StateChange;

use super::Part;
use crate::run::Page;

/// How large they may become when they are compressed, before base64, in bytes.
const BUDGET: usize = 500_000;

/// The first line of the part.
#[derive(Debug, Default, Serialize)]
struct Columns<'a> {
    /// The nodes' names.
    nodes: &'a [String],
    /// When, as differences.
    time: Vec<i64>,
    /// Whose, by its place among the nodes.
    node: Vec<usize>,
    /// When the first was that is not here, if one is not.
    end: Option<i64>,
}

/// Packs them: all, or as many of the first ones as there is room for.
pub(super) fn pack(page: &Page<'_>) -> Part {
    let all: Vec<StateChange<'_>> = page.recording.states().collect();
    let mut kept = all.len();
    loop {
        let text = encode(page.recording.nodes(), &all, kept);
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(text.as_bytes(), 4);
        if packed.len() <= BUDGET || kept == 0 {
            return Part {
                text: STANDARD.encode(&packed),
                count: all.len() as u64,
                omitted: (all.len() - kept) as u64,
            };
        }
        kept = (kept as f64 * 0.9 * BUDGET as f64 / packed.len() as f64) as usize;
    }
}

fn encode(nodes: &[String], all: &[StateChange<'_>], kept: usize) -> String {
    let mut columns = Columns {
        nodes,
        end: all.get(kept).map(|change| change.time),
        ..Columns::default()
    };
    let mut lines = String::new();
    let mut last = 0;
    for StateChange {
        time,
        node,
        changes,
    } in &all[..kept]
    {
        columns.time.push(time - last);
        columns.node.push(*node);
        last = *time;
        lines.push('\n');
        lines += &serde_json::to_string(changes).unwrap_or_default();
    }
    serde_json::to_string(&columns).unwrap_or_default() + &lines
}
