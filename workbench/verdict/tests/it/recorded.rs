//! Real threads that work with a register, record what they see, and are judged.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use history::recorder::Client;
use history::{OpType, Recorder};
use verdict::{Evidence, Model, Validity, check};

/// A register that all clients share.
#[derive(Clone, Default)]
struct Register(Arc<Mutex<i64>>);

impl Register {
    fn read(&self) -> i64 {
        *self.0.lock().unwrap()
    }

    fn write(&self, value: i64) {
        *self.0.lock().unwrap() = value;
    }

    /// Whether it held the first, and now holds the second.
    fn cas(&self, from: i64, to: i64) -> bool {
        let mut value = self.0.lock().unwrap();
        let is_from = *value == from;
        if is_from {
            *value = to;
        }
        is_from
    }
}

#[test]
fn a_register_behind_a_lock_is_linearizable() {
    fn work(client: &mut Client, register: &Register, number: i64) {
        for i in 0..200 {
            match (i + number) % 4 {
                0 => {
                    let write = client.invoke("write", i % 5);
                    register.write(i % 5);
                    // The client gives up now and then before the answer is there.
                    if i % 50 != 0 {
                        write.ok(i % 5);
                    }
                }
                1 => {
                    let cas = client.invoke("cas", (i % 5, number));
                    match register.cas(i % 5, number) {
                        true => cas.ok((i % 5, number)),
                        false => cas.fail("it held another value"),
                    }
                }
                _ => {
                    let read = client.invoke("read", ());
                    read.ok(register.read());
                }
            }
        }
    }
    let (recorder, register) = (Recorder::new(), Register::default());
    thread::scope(|scope| {
        for number in 0..4 {
            let (mut client, register) = (recorder.client(), register.clone());
            scope.spawn(move || work(&mut client, &register, number));
        }
    });
    let history = recorder.history();
    assert_eq!(history.begun(), 800);
    let ends = |typ| history.ops().iter().filter(|op| op.typ == typ).count();
    assert!(ends(OpType::Info) >= 4, "{}", ends(OpType::Info));
    check(&history, &Model::register(0)).assert_valid();
}

/// A client that remembers what it read, and is never told that somebody wrote.
struct Cached {
    register: Register,
    cache: Option<i64>,
}

impl Cached {
    fn read(&mut self) -> i64 {
        *self.cache.get_or_insert_with(|| self.register.read())
    }
}

#[test]
fn a_register_behind_a_cache_that_is_never_told_is_not() {
    let (recorder, register) = (Recorder::new(), Register::default());
    let mut reader = recorder.client();
    let mut writer = recorder.client();
    let mut cached = Cached {
        register: register.clone(),
        cache: None,
    };
    // One waits for the other, so that every run is this one.
    let (has_read, may_write) = channel();
    let (has_written, may_read) = channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            reader.invoke("read", ()).ok(cached.read());
            has_read.send(()).unwrap();
            may_read.recv().unwrap();
            let read = reader.invoke("read", ());
            read.ok(cached.read());
        });
        scope.spawn(move || {
            may_write.recv().unwrap();
            let write = writer.invoke("write", 1);
            register.write(1);
            write.ok(1);
            has_written.send(()).unwrap();
        });
    });
    let checked = check(&recorder.history(), &Model::register(0));
    assert_eq!(checked.valid, Validity::Invalid);
    assert_eq!(
        checked.to_string(),
        "INVALID\n- the register is not linearizable: whatever the value was before, no order \
         explains these operations: client 1 writes 1 (operations 2 to 3); client 0 reads 0 \
         (operations 4 to 5)"
    );
    let Evidence::Window(window) = &checked.findings[0].cases[0] else {
        panic!("{checked}");
    };
    assert_eq!((window.calls.len(), window.stuck), (2, 5));
}
