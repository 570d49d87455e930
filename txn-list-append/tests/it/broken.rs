//! The chapter's broken node, `examples/key-by-key.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/key-by-key.rs"]
mod key_by_key;

use txn_list_append::TxnListAppend;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "key-by-key")
}

#[test]
fn lists_lose_what_was_appended() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, key_by_key::start)
            .assert_invalid("incompatible-order: ");
        chapter.run(seed, TxnListAppend::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(key_by_key::start);
}
