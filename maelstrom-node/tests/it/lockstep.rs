//! Transcripts of a real process whose time and disk are the simulator's.

use maelstrom_node::LOCKSTEP;

use super::program::Program;

const INIT: &str = r#"{"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}"#;
const INIT_OK: &str = r#"{"src":"n1","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}"#;

/// A node that has agreed to lockstep.
fn program() -> Program {
    let mut program = Program::start(&[(LOCKSTEP, "1")]);
    assert_eq!(program.line().as_deref(), Some("= lockstep"));
    program
}

/// Tells it this, and gives all that it says up to the end of its turn, and its deadline or failure.
fn turn(program: &mut Program, line: &str) -> Vec<String> {
    program.tell(line);
    let mut said = Vec::new();
    loop {
        let line = program.line().expect("the end of a turn");
        let is_command = ["append", "replace", "truncate", "sync"]
            .iter()
            .any(|verb| line.starts_with(&format!("= {verb}")));
        let is_last = line.starts_with('=') && !is_command;
        said.push(line);
        if is_last {
            return said;
        }
    }
}

#[test]
fn its_disk_is_the_simulators() {
    let mut n1 = program();
    assert_eq!(turn(&mut n1, INIT), [INIT_OK, "= -"]);
    let add = r#"5 {"src":"c1","dest":"n1","body":{"type":"add","msg_id":2,"element":"a"}}"#;
    let said = turn(&mut n1, add);
    // The kind, the checksum before, the length, what was durable, the checksum, "a".
    let append = "ff4d4e65 00000000 03000000 0000000000000000 54870372 226122".replace(' ', "");
    let replace = "ff4d4e72 00000000 03000000 1b00000000000000 b31713c1 226122".replace(' ', "");
    let append = format!("= append elements.log {append}");
    let replace = format!("= replace last.record {replace}");
    assert_eq!(said, [&*append, &*replace, "= sync", "= -"]);
    let add_ok = r#"{"src":"n1","dest":"c1","body":{"type":"ok","in_reply_to":2}}"#;
    assert_eq!(turn(&mut n1, "7 = synced"), [add_ok, "= -"]);
    n1.kill();

    // The next one is told what is left: here, the log and the beginning of what came next.
    let hex = |line: &str| line.rsplit(' ').next().unwrap().to_owned();
    let mut n1 = program();
    n1.tell(&format!("= file elements.log {}ff4d", hex(&said[0])));
    let said = turn(&mut n1, INIT);
    assert_eq!(said, [INIT_OK, "= truncate elements.log 27", "= -"]);
    let read = r#"5 {"src":"c1","dest":"n1","body":{"type":"read","msg_id":2}}"#;
    let read_ok = r#"{"src":"n1","dest":"c1","body":{"type":"read_ok","elements":["a"],"last":null,"in_reply_to":2}}"#;
    assert_eq!(turn(&mut n1, read), [read_ok, "= -"]);
}

#[test]
fn a_sync_that_fails_ends_it() {
    let mut n1 = program();
    assert_eq!(turn(&mut n1, INIT), [INIT_OK, "= -"]);
    let add = r#"5 {"src":"c1","dest":"n1","body":{"type":"add","msg_id":2,"element":"a"}}"#;
    assert_eq!(turn(&mut n1, add).len(), 4);
    let said = turn(&mut n1, "7 = failed no space left");
    assert_eq!(said, ["= failed no space left"]);
    let (said, status, log) = n1.end();
    assert!(said.is_empty() && !status.success(), "{said:?} {status}");
    assert!(
        log.contains("ERROR maelstrom_node::stdio: no space left"),
        "{log}"
    );
}

#[test]
fn a_damaged_file_ends_it_before_it_says_anything() {
    let mut n1 = program();
    n1.tell("= file last.record 00");
    let said = turn(&mut n1, INIT);
    assert_eq!(
        said,
        [
            "= failed last.record is damaged at byte 0: expected the 24 bytes that a frame begins with, \
             since 1 bytes of it were durable. Put back a copy of it, or let this node begin anew, \
             with an empty disk and as one that remembers nothing"
        ]
    );
    assert!(!n1.end().1.success());
}

#[test]
fn a_sync_that_nobody_wanted_is_an_error() {
    let mut n1 = program();
    assert_eq!(turn(&mut n1, INIT), [INIT_OK, "= -"]);
    n1.tell("5 = synced");
    let (said, status, log) = n1.end();
    assert!(said.is_empty() && !status.success(), "{said:?} {status}");
    let why = "lockstep: expected no answer to what was not asked for, found 5 = synced";
    assert!(log.contains(why), "{log}");
}
