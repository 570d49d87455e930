//! The chapter's broken node, `examples/read-then-write.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/read-then-write.rs"]
mod read_then_write;

use g_counter::GCounter;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "read-then-write")
}

#[test]
fn updates_are_lost() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, read_then_write::start)
            .assert_invalid("where the adds make");
        chapter.run(seed, GCounter::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(read_then_write::start);
}
