//! The chapter's broken node, `examples/shared-buffer.rs`, is convicted of what the
//! chapter says, with the chapter's command; the sound one is not.

#[allow(dead_code)] // its main
#[path = "../../examples/shared-buffer.rs"]
mod shared_buffer;

use echo::Echo;
use simulation::host::Noise;
use simulation::run::Config;
use workloads::chapter::Chapter;

fn chapter() -> Chapter<'static> {
    Chapter::of(include_str!("../../README.md"), "shared-buffer")
}

#[test]
fn one_gets_what_another_sent() {
    let chapter = chapter();
    for seed in 1..=10 {
        chapter
            .run(seed, shared_buffer::start)
            .assert_invalid("came back");
        chapter.run(seed, |_node| Echo).assert_valid();
    }
}

#[test]
fn a_tired_machine_changes_nothing() {
    let chapter = chapter();
    for seed in 1..=10 {
        for noise in Noise::LEVELS {
            let config = Config {
                noise,
                ..chapter.config(seed)
            };
            let simulated = chapter.run_with(&config, |_node| Echo);
            simulated.assert_valid();
            assert_eq!(simulated.figure("availability.ok-fraction"), Some(1.0));
        }
    }
}

#[test]
fn the_chapter_quotes_the_report() {
    chapter().assert_quotes_what_comes_of_it(shared_buffer::start);
}
