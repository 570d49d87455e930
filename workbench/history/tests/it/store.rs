//! A `test.jepsen` and a `test.fressian` of a history say the same as its `history.edn`.

use history::edn::Value;
use history::read::{Format, Found, read_bytes};
use history::{History, Op};

use crate::writer::{Fressian, Kind, Store, test};

/// Histories of every workload.
fn histories() -> impl Iterator<Item = (String, History)> {
    let workloads = [
        "broadcast",
        "echo",
        "g-counter",
        "g-set",
        "kafka",
        "lin-kv",
        "pn-counter",
        "txn-list-append",
        "txn-rw-register",
        "unique-ids",
    ];
    workloads.into_iter().flat_map(|workload| {
        let cases = corpus::cases(workload).into_iter().take(8);
        cases.map(|case| (case.name, History::read(&case.history).unwrap()))
    })
}

/// Maelstrom's, with a nemesis and errors.
fn history() -> History {
    let case = corpus::case("lin-kv", "stale-read-061");
    History::read(&case.history).unwrap()
}

/// How far a run got.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// Its first operations are being written.
    Begun,
    /// So many blocks of operations were completed, and more are being written.
    Blocks(usize),
    /// It is over.
    Over,
}

/// A file as Jepsen writes it, with so many operations in a block.
fn store(ops: &[Op], in_block: usize, until: Until) -> Vec<u8> {
    let mut store = Store::new(1);
    let history = store.add(Kind::Fressian, &Fressian::of(&Value::Nil));
    let root = store.add(Kind::Fressian, &test(history, None));
    store.set_root(root);
    store.index();
    let mut chunks = Vec::new();
    let blocks = ops.chunks(in_block).chain(ops.is_empty().then_some(ops));
    for (i, block) in blocks.enumerate() {
        let mut writer = Fressian::default();
        block.iter().for_each(|op| writer.op(op));
        if until == Until::Begun || until == Until::Blocks(i) {
            // No header yet, and the last bytes are not on the disk.
            store.bytes.extend([0; 28]);
            writer.bytes.truncate(writer.bytes.len() - 5);
            store.bytes.extend(writer.bytes);
            return store.bytes;
        }
        let number = store.add(Kind::Stream, &writer.bytes);
        chunks.push((i * in_block, number));
        let count = ops.len().min((i + 1) * in_block);
        store.put(history, Kind::BigVector, &Store::big_vector(count, &chunks));
        store.index();
    }
    let root = store.add(Kind::Fressian, &test(history, None));
    store.set_root(root);
    store.index();
    let more = [
        &[0; 4][..],
        &Fressian::of(&Value::map([("stats", 5i64.into())])),
    ]
    .concat();
    let more = store.add(Kind::PartialMap, &more);
    let valid = Fressian::of(&Value::map([("valid?", true.into())]));
    let valid = [&more.to_be_bytes()[..], &valid].concat();
    let results = store.add(Kind::PartialMap, &valid);
    let root = store.add(Kind::Fressian, &test(history, Some(results)));
    store.set_root(root);
    store.index();
    store.bytes
}

#[track_caller]
fn read(bytes: &[u8]) -> Found {
    read_bytes(bytes).unwrap_or_else(|e| panic!("{e}"))
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    read_bytes(bytes).unwrap_err().to_string()
}

/// An operation as a map, as it was before it was a record.
fn map(op: &Op) -> Value {
    match op.to_edn() {
        Value::Tagged(record) => record.value.clone(),
        map => map,
    }
}

#[test]
fn a_store_says_what_the_edn_says() {
    let mut count = 0;
    for (name, history) in histories() {
        for in_block in [16_384, 50] {
            let found = read(&store(history.ops(), in_block, Until::Over));
            assert_eq!(found.format, Format::Store);
            assert!(found.history == history, "{name}");
            assert_eq!(found.notes, [""; 0], "{name}");
        }
        count += history.ops().len();
    }
    assert!(count > 10_000, "{count}");
}

#[test]
fn so_do_older_ones() {
    for (name, history) in histories() {
        let list = Value::list(history.ops().iter().map(map));
        // Version 0: the history is a value.
        let mut store = Store::new(0);
        let root = store.add(Kind::Fressian, &Fressian::of(&Value::map([])));
        store.set_root(root);
        store.index();
        let ops = store.add(Kind::Fressian, &Fressian::of(&list));
        let root = store.add(Kind::Fressian, &test(ops, None));
        store.set_root(root);
        store.index();
        let found = read(&store.bytes);
        assert!(found.history == history, "{name}");
        assert_eq!(found.notes, [""; 0], "{name}");
        // Before there were blocks: all of a test, or its history alone.
        let test = Value::map([
            ("name", "a".into()),
            ("history", list.clone()),
            ("x", 1i64.into()),
        ]);
        let found = read(&Fressian::of(&test));
        assert_eq!(found.format, Format::Fressian);
        assert!(found.history == history, "{name}");
        assert!(read(&Fressian::of(&list)).history == history, "{name}");
        // One after the other.
        let mut writer = Fressian::default();
        history.ops().iter().for_each(|op| writer.op(op));
        assert!(read(&writer.bytes).history == history, "{name}");
    }
}

#[test]
fn a_root_may_be_in_parts() {
    let history = history();
    let mut store = Store::new(1);
    let mut writer = Fressian::default();
    history.ops().iter().for_each(|op| writer.op(op));
    let ops = store.add(Kind::Stream, &writer.bytes);
    let rest = store.add(Kind::PartialMap, &[&[0; 4][..], &test(ops, None)].concat());
    let first = Fressian::of(&Value::map([("name", "a".into())]));
    let root = [&rest.to_be_bytes()[..], &first].concat();
    let root = store.add(Kind::PartialMap, &root);
    store.set_root(root);
    store.index();
    assert_eq!(read(&store.bytes).history, history);
}

#[test]
fn of_a_run_that_was_broken_off_all_that_was_written_is_read() {
    let history = history();
    let ops = history.ops();
    let of = |until| {
        let found = read(&store(ops, 30, until));
        let read = found.history.ops();
        assert_eq!(read, &ops[..read.len()]);
        (read.len(), found.notes)
    };
    let (count, notes) = of(Until::Begun);
    assert_eq!(count, 29);
    let [note] = &notes[..] else {
        panic!("{notes:?}")
    };
    assert!(
        note.starts_with(
            "the run was broken off: of its history 0 operations were saved, and 29 more are \
             behind the last block that was completed, up to byte "
        ),
        "{note}"
    );
    let (count, notes) = of(Until::Blocks(2));
    assert_eq!(count, 89);
    assert!(
        notes[0].contains("60 operations were saved, and 29 more"),
        "{notes:?}"
    );
    // One that was completed, of which no index knows yet.
    let mut bytes = store(ops, 30, Until::Blocks(2));
    let mut writer = Fressian::default();
    ops[60..75].iter().for_each(|op| writer.op(op));
    let zeros = bytes
        .windows(28)
        .rposition(|window| window == [0; 28])
        .unwrap();
    bytes.truncate(zeros);
    let saved = read(&bytes);
    assert_eq!(
        saved.notes,
        ["the run was broken off: its history ends with the 60 operations that were saved"]
    );
    bytes.extend(crate::writer::block(Kind::Stream, &writer.bytes));
    let found = read(&bytes);
    assert_eq!(found.history.ops(), &ops[..75]);
    assert!(found.notes[0].contains("60 operations were saved, and 15 more"));
    // Before anything was: an index, a header, or not even that.
    let nothing = ["the run was broken off before any operation was saved"];
    let mut empty = Store::new(1);
    assert_eq!(read(&empty.bytes).notes, nothing);
    empty.index();
    assert_eq!(read(&empty.bytes).notes, nothing);
    empty.bytes.extend([0; 7]);
    let found = read(&empty.bytes);
    assert_eq!(found.notes, nothing);
    assert!(found.history.ops().is_empty());
}

#[test]
fn what_is_broken_is_told_with_its_block_and_byte() {
    let history = history();
    let whole = store(history.ops(), 16_384, Until::Over);
    // Offsets of the history's block of operations and of the last index.
    let stream = 18
        + [1, test(1, None).len(), 4 + 3 * 12]
            .iter()
            .map(|n| n + 28)
            .sum::<usize>();
    let index = u64::from_be_bytes(whole[10..18].try_into().unwrap()) as usize;
    let change = |at: usize, bytes: &[u8]| {
        let mut changed = whole.clone();
        changed[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&changed)
    };
    let length = whole.len();
    assert_eq!(
        refused(&whole[..9]),
        "byte 6: expected a version and where the block index is, 12 bytes, found the end after 3"
    );
    assert_eq!(
        change(9, &[2]),
        "byte 6: expected version 0 or 1 of Jepsen's files, found 2"
    );
    assert_eq!(
        refused(&whole[..index]),
        format!(
            "block index, byte {index}: expected a block, 28 bytes at least, found the end of the \
             file at byte {index}"
        )
    );
    assert_eq!(
        refused(&whole[..length - 1]),
        format!(
            "block index, byte {index}: expected a block of {} bytes, as its header says, 28 at \
             least, found {} up to the end of the file",
            length - index,
            length - index - 1
        )
    );
    assert_eq!(
        change(10, &[0xff; 8]),
        format!(
            "block index, byte {}: expected a block, 28 bytes at least, found the end of the file \
             at byte {length}",
            u64::MAX
        )
    );
    let error = change(stream + 1000, b"?");
    let said = format!("block 4, byte {stream}: expected ");
    assert!(
        error.starts_with(&said) && error.contains("with the checksum"),
        "{error}"
    );
    let error = change(stream, &[0; 8]);
    assert!(
        error.starts_with(&format!(
            "block 4, byte {stream}: expected a block of 0 bytes"
        )),
        "{error}"
    );
}

#[test]
fn what_blocks_say_of_each_other_is_held_against_them() {
    let ops = history();
    let mut writer = Fressian::default();
    ops.ops()[..10].iter().for_each(|op| writer.op(op));
    // A file of a stream and a vector of blocks, and where the vector's data are.
    let of = |vector: &[u8]| {
        let mut store = Store::new(1);
        let stream = store.add(Kind::Stream, &writer.bytes);
        assert_eq!(stream, 1);
        let history = store.add(Kind::BigVector, vector);
        let root = store.add(Kind::Fressian, &test(history, None));
        store.set_root(root);
        store.index();
        let at = store.offset(history) + 28;
        let found = read_bytes(&store.bytes).map(|found| found.history.ops().len());
        (at, found.map_err(|e| e.to_string()))
    };
    assert_eq!(of(&Store::big_vector(10, &[(0, 1)])).1, Ok(10));
    let (at, found) = of(&Store::big_vector(9, &[(0, 1)]));
    let why = format!("block 2, byte {at}: expected 9 operations, as it says here, found 10");
    assert_eq!(found, Err(why));
    let (at, found) = of(&Store::big_vector(10, &[(3, 1)]));
    let at = at + 8;
    let why = format!("block 2, byte {at}: expected 3 operations, as it says here, found 0");
    assert_eq!(found, Err(why));
    let (at, found) = of(&Store::big_vector(10, &[(0, 9)]));
    let at = at + 16;
    let why = format!("block 2, byte {at}: expected the number of a block of the index, found 9");
    assert_eq!(found, Err(why));
    let (at, found) = of(&[1, 2, 3]);
    let why = format!("block 2, byte {at}: expected a count, indices and blocks");
    assert_eq!(found, Err(why));
    let (_, found) = of(&Store::big_vector(10, &[(0, 3)]));
    let why = found.unwrap_err();
    assert!(
        why.ends_with("expected a list of operations, found something else"),
        "{why}"
    );
    // One that names itself, or another twice.
    let (_, found) = of(&Store::big_vector(0, &[(0, 2)]));
    let why = found.unwrap_err();
    assert!(
        why.contains("expected blocks that are named once and do not overlap"),
        "{why}"
    );
    let twice = [(0, 1), (10, 1), (20, 1), (30, 1)];
    let (_, found) = of(&Store::big_vector(40, &twice));
    let why = found.unwrap_err();
    assert!(
        why.contains("expected blocks that are named once and do not overlap"),
        "{why}"
    );
}
