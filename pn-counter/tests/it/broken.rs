//! The chapter's broken node, `examples/one-total.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/one-total.rs"]
mod one_total;

use pn_counter::PnCounter;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "one-total")
}

#[test]
fn the_final_reads_are_not_the_sum() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, one_total::start)
            .assert_invalid("where the adds make");
        chapter.run(seed, PnCounter::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(one_total::start);
}
