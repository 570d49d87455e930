//! The checker by itself, on histories of a few lines.

use finding::Validity;
use history::History;

/// What becomes of a read of client 0, before which client 1 began a transfer.
fn verdict(read: &str) -> (Validity, Vec<String>) {
    let history = History::read(&format!(
        "{{:index 0, :time 0, :type :invoke, :process 1, :f :transfer, :value [0 3 4]}}
         {{:index 1, :time 1, :type :invoke, :process 0, :f :read, :value nil}}
         {{:index 2, :time 2, :type :ok, :process 0, :f :read, :value {read}}}
         {{:index 3, :time 3, :type :ok, :process 1, :f :transfer, :value [0 3 4]}}"
    ));
    let checked = bank::check(&history.unwrap());
    (checked.valid, checked.sentences())
}

#[test]
fn money_is_only_moved() {
    for good in ["[10 10 10 10 10]", "[6 10 10 14 10]", "[0 0 0 0 50]"] {
        assert_eq!(verdict(good), (Validity::Valid, vec![]));
    }
    let operations = "client 0's read (operation 2), client 1's transfer (operation 3)";
    for (wrong, why) in [
        ("[6 10 10 10 10]", "a read shows 46 in all, of 50"),
        ("[-4 10 10 24 10]", "a read shows an account with -4"),
        ("[50]", "a read does not show 5 balances"),
        ("[10 10 10 10 nil]", "a read does not show 5 balances"),
        ("nil", "a read does not show 5 balances"),
    ] {
        let expected = vec![format!("{why}: {operations}")];
        assert_eq!(verdict(wrong), (Validity::Invalid, expected), "{wrong}");
    }
}

#[test]
fn without_a_read_there_is_no_telling() {
    let checked = bank::check(&History::default());
    assert_eq!(checked.valid, Validity::Unknown);
}
