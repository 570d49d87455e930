//! The chapters' broken nodes, `examples/*.rs`, are convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/local-reads.rs"]
mod local_reads;

#[allow(dead_code)] // its main
#[path = "../../examples/answers-early.rs"]
mod answers_early;

use lin_kv::LinKv;
use simulation::Simulated;
use workloads::chapter::Chapter;

const README: &str = include_str!("../../README.md");

fn chapter() -> Chapter<'static> {
    Chapter::of(README, "local-reads")
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

fn second_chapter() -> Chapter<'static> {
    Chapter::of(README, "answers-early")
}

#[test]
fn what_was_answered_early_is_lost() {
    let chapter = second_chapter();
    let is_lost = |simulated: &Simulated| {
        let sentences = simulated.checked.sentences();
        (sentences.iter()).any(|words| words.contains("is not linearizable"))
    };
    let convicted = (1..=30).filter(|seed| {
        assert!(!is_lost(&chapter.run(*seed, LinKv::new)), "seed {seed}");
        is_lost(&chapter.run(*seed, answers_early::start))
    });
    assert!(convicted.count() >= 2);
}

#[test]
fn the_second_chapter_quotes_the_report() {
    let quoted = README.split_once("## Answering before it is on disk");
    let (_, quoted) = quoted.expect("it is a chapter");
    let chapter = second_chapter();
    let simulated = chapter.run(chapter.seed(), answers_early::start);
    simulated.assert_quoted(quoted);
}
