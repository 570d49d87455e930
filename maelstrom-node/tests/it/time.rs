//! How time passes for a node, its tasks and its dice.

use std::rc::Rc;
use std::time::Duration;

use maelstrom_node::Node;
use maelstrom_node::testing::TestNode;
use serde_json::json;

use super::script::{Note, Script, done, ms, run};

#[test]
fn time_passes_in_sleeps_and_ticks() {
    let mut n1 = run(|node| async move {
        let mut times = Vec::new();
        let mut at = async |wait: maelstrom_node::Sleep| {
            wait.await;
            times.push(node.now().as_millis() as u64);
        };
        at(node.sleep(ms(5))).await;
        at(node.sleep(Duration::ZERO)).await;
        at(node.sleep_until(ms(3))).await;
        let mut interval = node.interval(ms(10));
        times.push(interval.tick().await.as_millis() as u64);
        node.sleep(ms(27)).await; // misses the ticks at 25 and 35
        times.push(interval.tick().await.as_millis() as u64);
        times.push(interval.tick().await.as_millis() as u64);
        Ok(times)
    });
    assert_eq!(
        done(&n1.pass(ms(100))),
        (45, json!({"ok": [5, 5, 5, 15, 35, 45]}))
    );
    assert_eq!(n1.engine().deadline(), None);
}

#[test]
fn a_task_gives_its_output_or_is_aborted() {
    let mut n1 = run(|node| async move {
        let sleeper = node.clone();
        let task = node.spawn(async move {
            sleeper.sleep(ms(10)).await;
            "slept"
        });
        let sleeper = node.clone();
        let aborted = node.spawn(async move { sleeper.sleep(ms(20)).await });
        let output = task.await?;
        aborted.abort();
        Ok(output)
    });
    assert_eq!(done(&n1.pass(ms(10))), (10, json!({"ok": "slept"})));
    assert_eq!(n1.engine().pending(), (0, 0));
}

#[test]
fn whoever_awaits_a_task_that_is_aborted_hears_of_it() {
    // Aborted before it is awaited, and while it is.
    for delay in [0, 10] {
        let mut n1 = run(move |node| async move {
            let sleeper = node.clone();
            let task = Rc::new(node.spawn(async move { sleeper.sleep(ms(20)).await }));
            let (aborter, aborted) = (node.clone(), Rc::clone(&task));
            let abort = node.spawn(async move {
                aborter.sleep(ms(delay)).await;
                aborted.abort();
            });
            abort.await?;
            let task = Rc::into_inner(task).expect("the other one is gone");
            task.await?;
            Ok(())
        });
        let refusal = json!({"code": 14, "text": "the task was aborted before it was done"});
        assert_eq!(done(&n1.pass(ms(100))), (delay, refusal));
        assert_eq!(n1.engine().pending(), (0, 0));
    }
}

#[test]
fn a_task_that_is_done_cannot_be_aborted() {
    let mut n1 = run(|node| async move {
        let task = node.spawn(async { 7 });
        node.sleep(ms(1)).await;
        task.abort();
        assert!(task.is_finished());
        Ok(task.await?)
    });
    assert_eq!(done(&n1.pass(ms(10))), (1, json!({"ok": 7})));
}

#[test]
fn random_numbers_follow_from_the_seed() {
    let draw = |seed| {
        let mut n1 = TestNode::new(seed, |node: Node| {
            node.send(
                "n1",
                &Note::Ask {
                    number: node.rng().u64(),
                },
            )
            .unwrap();
            Script
        });
        n1.tell(
            r#"{"src":"c0","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1"]}}"#,
        )
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}
