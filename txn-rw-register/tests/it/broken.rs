//! The chapter's broken node, `examples/write-by-write.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/write-by-write.rs"]
mod write_by_write;

use txn_rw_register::TxnRwRegister;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "write-by-write")
}

#[test]
fn halves_of_transactions_are_read() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, write_by_write::start)
            .assert_invalid("G1b: ");
        chapter.run(seed, TxnRwRegister::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(write_by_write::start);
}
