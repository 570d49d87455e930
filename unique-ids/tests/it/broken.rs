//! The chapter's broken node, `examples/nameless.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/nameless.rs"]
pub(crate) mod nameless;

use unique_ids::UniqueIds;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "nameless")
}

#[test]
fn ids_are_given_twice() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, nameless::start)
            .assert_invalid("was given");
        chapter.run(seed, UniqueIds::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(nameless::start);
}
