//! The chapter's broken node, `examples/overwrites.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/overwrites.rs"]
mod overwrites;

use g_set::GSet;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "overwrites")
}

#[test]
fn elements_are_lost() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, overwrites::start)
            .assert_invalid("is lost");
        chapter.run(seed, GSet::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(overwrites::start);
}
