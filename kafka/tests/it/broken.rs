//! The chapter's broken node, `examples/own-offsets.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/own-offsets.rs"]
mod own_offsets;

use kafka::{Acks, Kafka};
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "own-offsets")
}

#[test]
fn two_records_get_one_offset() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, own_offsets::start)
            .assert_invalid(": at offset ");
        chapter
            .run(seed, |node| Kafka::new(&node, Acks::One))
            .assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(own_offsets::start);
}
