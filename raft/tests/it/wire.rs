//! What entries and snapshots are like as JSON. Where members never change, it is what it was
//! before they could: programs of either age understand each other, and what is on disks.

use raft::{Configuration, Entry, Member, Position, Snapshot};
use serde_json::{Value, from_value, json, to_value};

const LAST: Position = Position { term: 2, index: 7 };

fn snapshot(configuration: Option<Configuration>) -> Snapshot<u64> {
    Snapshot {
        last: LAST,
        state: 5,
        configuration,
    }
}

fn entry(configuration: Option<Configuration>) -> Entry<u64> {
    Entry {
        term: 2,
        command: None,
        configuration,
    }
}

#[test]
fn nothing_is_said_of_members_that_stay_who_they_are() {
    let written = json!({"term": 2, "command": null});
    assert_eq!(to_value(entry(None)).unwrap(), written);
    assert_eq!(from_value::<Entry<u64>>(written).unwrap(), entry(None));
    let written = json!({"last": {"term": 2, "index": 7}, "state": 5});
    assert_eq!(to_value(snapshot(None)).unwrap(), written);
    assert_eq!(
        from_value::<Snapshot<u64>>(written).unwrap(),
        snapshot(None)
    );
}

#[test]
fn others_are_written_by_their_numbers() {
    let voters = || [0, 2].map(Member);
    let check = |configuration: Configuration, written: Value| {
        let (entry, snapshot) = (
            entry(Some(configuration.clone())),
            snapshot(Some(configuration)),
        );
        let as_entry = to_value(&entry).unwrap();
        assert_eq!(as_entry["configuration"], written);
        assert_eq!(from_value::<Entry<u64>>(as_entry).unwrap(), entry);
        let as_snapshot = to_value(&snapshot).unwrap();
        assert_eq!(as_snapshot["configuration"], written);
        assert_eq!(from_value::<Snapshot<u64>>(as_snapshot).unwrap(), snapshot);
    };
    let written = json!({"voters": [0, 2]});
    check(Configuration::new(voters(), []), written);
    let written = json!({"voters": [0, 2], "learners": [3]});
    check(Configuration::new(voters(), [Member(3)]), written);
}
