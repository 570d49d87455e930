//! What the node is told, and what it says: `tests/transcripts/*.txt`, in the form of
//! [`maelstrom_node::testing::play`].
//! `UPDATE_EXPECT=1 cargo test --package broadcast transcripts` writes them anew.

use broadcast::{Broadcast, Options};
use expect_test::expect_file;
use maelstrom_node::testing::play;

#[test]
fn clients() {
    let transcript = expect_file!["../transcripts/clients.txt"];
    let new = |_: &str, node| Broadcast::new(&node, Options::default());
    transcript.assert_eq(&play(&transcript.data(), new));
}
