//! What is said of histories of objects of any kind.

use crate::models::{Counter, Lock, Map, Queue, Semaphore, Set};
use crate::*;

/// A line each: process, type, function, value.
fn told<M: Sequential>(model: &M, transcript: &str) -> String {
    let lines = transcript.lines().map(|line| {
        let words: Vec<&str> = line.trim().splitn(4, ' ').collect();
        let [process, typ, f, value] = words[..] else {
            panic!("expected four words, found {line}")
        };
        format!("{{:process {process}, :type :{typ}, :f :{f}, :value {value}}}\n")
    });
    let history = History::read(&lines.collect::<String>()).unwrap();
    let checked = check_model(&history, model);
    match checked.sentences().as_slice() {
        [] => format!("{:?}", checked.valid),
        sentences => sentences.join("\n"),
    }
}

#[test]
fn a_lock_is_held_by_one_at_a_time_whatever_was_before() {
    let transcript = "0 invoke acquire nil
                      0 ok acquire nil
                      0 invoke release nil
                      0 ok release nil
                      1 invoke acquire nil
                      1 ok acquire nil
                      2 invoke acquire nil
                      2 ok acquire nil
                      1 invoke release nil
                      1 ok release nil";
    let both = "no order of these operations lets client 2's acquire succeed: client 1's acquire \
                (operation 5), client 2's acquire (operation 7)";
    assert_eq!(
        told(&Lock::mutex(), transcript),
        format!("whatever the mutex was before, {both}")
    );
    assert_eq!(
        told(&Lock::owner_aware(), transcript),
        format!("whatever the owner-aware mutex was before, {both}")
    );
    assert_eq!(told(&Semaphore { permits: 2 }, transcript), "Valid");
}

#[test]
fn a_lock_may_have_been_released_by_what_has_no_known_end() {
    let released_by = |process| {
        format!(
            "0 invoke acquire nil
             0 ok acquire nil
             {process} invoke release nil
             {process} info release nil
             1 invoke acquire nil
             1 ok acquire nil"
        )
    };
    assert_eq!(told(&Lock::mutex(), &released_by(0)), "Valid");
    assert_eq!(told(&Lock::mutex(), &released_by(2)), "Valid");
    assert_eq!(told(&Lock::owner_aware(), &released_by(0)), "Valid");
    assert_ne!(told(&Lock::owner_aware(), &released_by(2)), "Valid");
}

/// As those of Hazelcast's test have it.
#[test]
fn a_fence_is_greater_than_those_before() {
    let fences = |first, second| {
        format!(
            "0 invoke acquire {{:client \"a\"}}
             0 ok acquire {{:client \"a\", :fence {first}}}
             1 invoke release {{:client \"a\"}}
             1 ok release {{:client \"a\"}}
             0 invoke acquire {{:client \"b\"}}
             0 ok acquire {{:client \"b\", :fence {second}}}"
        )
    };
    let lock = Lock::owner_aware().fenced();
    assert_eq!(told(&lock, &fences(1, 2)), "Valid");
    assert_eq!(told(&lock, &fences(2, 0)), "Valid");
    assert!(told(&lock, &fences(2, 2)).contains("client 0's acquire end with"));
    assert!(told(&lock, &fences(2, 1)).contains("on a fenced mutex"));
}

#[test]
fn a_queue_gives_first_what_came_first_and_other_values_are_no_part_of_the_proof() {
    let transcript = "0 invoke enqueue 1
                      0 ok enqueue 1
                      0 invoke enqueue 2
                      0 ok enqueue 2
                      0 invoke enqueue 3
                      0 ok enqueue 3
                      1 invoke dequeue nil
                      1 ok dequeue 2
                      1 invoke dequeue nil
                      1 ok dequeue 1";
    assert_eq!(
        told(&Queue::Fifo, transcript),
        "no order of these operations on a FIFO queue lets client 1's dequeue end with 2: client \
         0's enqueue (operation 1), client 0's enqueue (operation 3), client 1's dequeue \
         (operation 7)"
    );
    assert_eq!(told(&Queue::Unordered, transcript), "Valid");
    let twice = "0 invoke enqueue 1
                 0 ok enqueue 1
                 1 invoke dequeue nil
                 1 ok dequeue 1
                 1 invoke dequeue nil
                 1 ok dequeue 1";
    assert!(told(&Queue::Unordered, twice).contains("client 1's dequeue end with 1"));
}

#[test]
fn a_read_of_all_misses_nothing_that_was_added_before() {
    let transcript = |elements| {
        format!(
            "0 invoke add 1
             0 ok add 1
             0 invoke add 2
             1 invoke read nil
             1 ok read {elements}"
        )
    };
    assert_eq!(told(&Set, &transcript("#{1}")), "Valid");
    assert_eq!(told(&Set, &transcript("[2 1]")), "Valid");
    assert!(told(&Set, &transcript("#{2}")).contains("end with #{2}"));
    assert_eq!(told(&Counter::default(), &transcript("3")), "Valid");
    assert_eq!(told(&Counter { initial: 1 }, &transcript("2")), "Valid");
    assert_ne!(told(&Counter::default(), &transcript("2")), "Valid");
}

#[test]
fn there_is_an_object_for_each_key() {
    let told = told(
        &Map,
        "0 invoke put [7 \"a\"]
         0 ok put [7 \"a\"]
         0 invoke append [7 \"b\"]
         0 ok append [7 \"b\"]
         1 invoke get [7 nil]
         1 ok get [7 \"ab\"]
         1 invoke get [8 nil]
         1 ok get [8 \"ab\"]",
    );
    assert_eq!(
        told,
        "key 8: no order of these operations on a map lets client 1's get end with [8 \"ab\"]: client \
         1's get (operation 7)"
    );
    let own = |found| {
        let history = History::read(&format!(
            "{{:process 0, :type :invoke, :f :put, :key \"8\", :value \"x\"}}
             {{:process 0, :type :ok, :f :put, :key \"8\", :value \"x\"}}
             {{:process 0, :type :invoke, :f :get, :key \"9\", :value nil}}
             {{:process 0, :type :ok, :f :get, :key \"9\", :value \"{found}\"}}"
        ));
        check_model(&history.unwrap(), &Map).valid
    };
    assert_eq!(own(""), Validity::Valid);
    assert_eq!(own("x"), Validity::Invalid);
}

#[test]
fn what_is_no_operation_or_says_nothing_is_unknown() {
    for (transcript, why) in [
        (
            "0 invoke lock nil",
            "operation 0 is lock nil, expected acquire or release",
        ),
        (
            "0 invoke acquire nil\n0 fail acquire nil",
            "no operation says anything of a mutex",
        ),
    ] {
        assert_eq!(told(&Lock::mutex(), transcript), why);
    }
}

/// It may have begun at any time after what its client did before.
#[test]
fn of_what_has_no_beginning_the_end_is_judged() {
    assert_eq!(told(&Lock::mutex(), "0 ok acquire nil"), "Valid");
    assert_eq!(
        told(&Queue::Fifo, "0 ok dequeue 1\n1 ok enqueue 1"),
        "Valid"
    );
    let why = told(&Queue::Fifo, "0 ok dequeue 1\n0 ok enqueue 1");
    assert!(why.contains("lets client 0's dequeue end with 1"), "{why}");
}

/// Whoever never gets an answer may do so at any time: the more of them there are, the more
/// orders.
#[test]
fn too_many_orders_are_unknown_and_why() {
    let mut transcript = String::new();
    for process in 0..24 {
        transcript += &format!("{process} invoke add {}\n", 1u64 << process);
    }
    transcript += "99 invoke read nil\n99 ok read 1\n";
    for process in 0..24 {
        transcript += &format!("{process} ok add {}\n", 1u64 << process);
    }
    assert_eq!(told(&Counter::default(), transcript.trim()), "Valid");
    let never = transcript.replace("99 ok read 1", "99 ok read -1");
    let told = told(&Counter::default(), never.trim());
    assert!(told.starts_with("there are too many orders"), "{told}");
}
