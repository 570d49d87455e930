//! The chapter's broken node, `examples/fire-and-forget.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/fire-and-forget.rs"]
mod fire_and_forget;

use broadcast::{Broadcast, Options};
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "fire-and-forget")
}

#[test]
fn a_partition_loses_messages() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, fire_and_forget::start)
            .assert_invalid("is lost");
        chapter
            .run(seed, |node| Broadcast::new(&node, Options::default()))
            .assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(fire_and_forget::start);
}
