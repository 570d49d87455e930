//! The chapter's broken node, `examples/local-reads.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/local-reads.rs"]
mod local_reads;

use lin_kv::LinKv;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "local-reads")
}

#[test]
fn reads_are_stale() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, local_reads::start)
            .assert_invalid("key 0 is not linearizable");
        chapter.run(seed, LinKv::new).assert_valid();
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(local_reads::start);
}
