//! Judges a real run of a database: clients in threads of their own record what they ask
//! and what they get, and the history is held against a model.
//!
//! ```sh
//! cargo run --package verdict --example recorded -- target/recorded.edn
//! cargo workbench check -m register --initial 0 target/recorded.edn
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use verdict::history::Recorder;
use verdict::history::recorder::Client;
use verdict::{Model, check};

/// The database under test: what there is for yours is a client that speaks its protocol.
#[derive(Default)]
struct Database {
    registers: Mutex<BTreeMap<i64, i64>>,
}

impl Database {
    fn read(&self, key: i64) -> Result<i64, String> {
        let registers = self.registers.lock().map_err(|e| e.to_string())?;
        Ok(registers.get(&key).copied().unwrap_or(0))
    }

    fn write(&self, key: i64, value: i64) -> Result<(), String> {
        let mut registers = self.registers.lock().map_err(|e| e.to_string())?;
        registers.insert(key, value);
        Ok(())
    }
}

/// What a client does: reads and writes of two keys. Values are `[key value]`, so that each
/// key is judged by itself.
fn work(client: &mut Client, database: &Database, number: i64) {
    for i in 0..100 {
        let key = i % 2;
        if (i + number) % 3 == 0 {
            let value = 1_000 * number + i;
            let write = client.invoke("write", (key, value));
            match database.write(key, value) {
                Ok(()) => write.ok((key, value)),
                // Whether it was written before the error, nobody knows.
                Err(why) => write.info(why),
            }
        } else {
            let read = client.invoke("read", (key, ()));
            match database.read(key) {
                Ok(value) => read.ok((key, value)),
                // A read changes nothing, so that one without an answer did not happen.
                Err(why) => read.fail(why),
            }
        }
    }
}

fn main() -> io::Result<ExitCode> {
    let database = Database::default();
    let recorder = Recorder::new();
    thread::scope(|scope| {
        for number in 0..4 {
            let (mut client, database) = (recorder.client(), &database);
            scope.spawn(move || work(&mut client, database, number));
        }
    });
    let history = recorder.history();
    if let Some(path) = std::env::args().nth(1) {
        let mut file = BufWriter::new(File::create(path)?);
        history.write_edn(&mut file)?;
        file.flush()?;
    }
    let checked = check(&history, &Model::register(0));
    checked.assert_valid();
    Ok(ExitCode::from(checked.valid.exit_status()))
}
